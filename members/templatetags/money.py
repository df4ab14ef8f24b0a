"""Money in templates: `{% load money %}{{ price.unit_amount|money:price.currency }}` is `5 €`; reasons in words."""

from datetime import date, datetime

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from members.money.amounts import spelled
from members.money.keeping import standing
from members.money.leaving import reason_words

register = template.Library()
register.filter("reason_words", reason_words)


@register.filter
def money(amount: int | None, currency: str) -> str:
    """The amount (minor units of `currency`) as readers see it; nothing for nothing."""
    return "" if amount is None else spelled(amount, currency)


@register.filter
def day(moment: date | None) -> str:
    """A moment, or a date, as a day in the site's time zone, with the year when it is another one."""
    if moment is None or isinstance(moment, datetime):
        return standing.day(moment)
    return date_format(moment, _("j F Y"))
