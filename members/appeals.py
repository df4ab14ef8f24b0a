"""The appeal's words: one text for the site on the desk and, if wanted, one for a section.

The price in them is never typed: `{from_price}` stands for the lowest month that can be paid for now.
"""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from members.models import Price
from members.money import amounts
from members.money.stripe_api import payments

FROM_PRICE = "{from_price}"
PLACEHOLDER = re.compile(r"\{[^{}\s]*\}?|\}")
NAMES = [re.escape(name) for name in {*amounts.SIGNS, *amounts.SIGNS.values(), settings.CURRENCY} if name.isalpha()]
MARKS = [re.escape(mark) for mark in amounts.SIGNS.values() if not mark.isalpha()]
SIGN = rf"(?:{'|'.join(MARKS)}|\b(?:{'|'.join(NAMES)}|euros?|dollars?|pounds?)\b)"
TYPED_PRICE = re.compile(rf"{SIGN}\s?\d[\d.,]*|\d[\d.,]*\s?{SIGN}", re.IGNORECASE)


def filled(text: str, price: str) -> str:
    """The text with the price in the place of its placeholder; without a price, in words that are never wrong."""
    return text.replace(FROM_PRICE, price or _("the price of a coffee"))


def check(text: str) -> None:
    """Raise ValidationError for a placeholder we do not know, in a sentence that says what to write."""
    unknown = next((found for found in PLACEHOLDER.findall(text) if found != FROM_PRICE), "")
    if unknown:
        raise ValidationError(
            _("“%(found)s” stands for nothing here. Write {from_price} where the lowest monthly price should stand."),
            params={"found": unknown},
        )


def typed_price(text: str) -> str:
    """The first price typed by hand in a text that takes none from Stripe; empty where there is none."""
    found = TYPED_PRICE.search(text) if FROM_PRICE not in text else None
    return found[0] if found else ""


def price_today() -> str:
    """What `{from_price}` becomes now; empty where nothing is sold. One query."""
    lowest = Price.objects.monthly(settings.CURRENCY, livemode=payments.is_live()).first()
    return amounts.spelled(lowest.unit_amount, lowest.currency) if lowest else ""


class AppealForm(forms.ModelForm):
    """A form with `appeal_title` and `appeal_text`: refuses unknown placeholders and says what the price is today."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"appeal_title", "appeal_text"} & set(self.fields):
            self.fields[name].validators.append(check)
        if "appeal_text" in self.fields:
            field, price = self.fields["appeal_text"], price_today()
            says = _("Today that is %(price)s.") if price else _("Nothing is sold today: it reads “%(price)s”.")
            field.help_text = f"{field.help_text} {says % {'price': price or filled(FROM_PRICE, '')}}"


def warn_of_typed_price(request: HttpRequest, form: Any) -> None:
    """Say on the next page that a saved appeal names a price typed by hand: it stays when the real one changes."""
    typed = typed_price(f"{form.cleaned_data.get('appeal_title', '')} {form.cleaned_data.get('appeal_text', '')}")
    if typed:
        says = _("The appeal names “%(price)s”, typed by hand: it stays when prices change. Use {from_price}.")
        messages.warning(request, says % {"price": typed})
