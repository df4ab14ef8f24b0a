"""Money in templates: `{% load money %}{{ price.unit_amount|money:price.currency }}` is `5 €`; reasons in words."""

from django import template

from members.money.amounts import spelled
from members.money.leaving import reason_words

register = template.Library()
register.filter("reason_words", reason_words)


@register.filter
def money(amount: int | None, currency: str) -> str:
    """The amount (minor units of `currency`) as readers see it; nothing for nothing."""
    return "" if amount is None else spelled(amount, currency)
