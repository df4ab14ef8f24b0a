"""Amounts: integers in a currency's smallest unit, everywhere. Division happens here, for the eye only.

Source: Stripe's list of zero- and three-decimal currencies. ISK and UGX have no fraction any more, yet
travel with two zeros; three-decimal amounts must end in 0.
"""

import re
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _

ZERO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
THREE_DECIMALS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
WHOLE_ONLY = frozenset(("ISK", "UGX"))
SIGNS = {
    "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "UAH": "₴", "PLN": "zł", "CZK": "Kč", "DKK": "kr.",
    "SEK": "kr", "NOK": "kr", "ISK": "kr", "INR": "₹", "KRW": "₩", "VND": "₫", "TRY": "₺", "ILS": "₪",
}  # fmt: skip
NO_BREAK = "\u00a0"
SMALLEST, LARGEST = 1, 10_000  # of a one-off payment, in whole units of a two-decimal currency
RUN_OF_UNITS = {"JPY": 100, "KRW": 1000, "VND": 10_000, "CLP": 1000, "XOF": 500, "XAF": 500, "UAH": 20, "INR": 50}


class AmountError(ValueError):
    """What was typed is no amount we take; the message says why."""


def decimals(currency: str) -> int:
    """How many digits of a minor-unit amount stand behind the point."""
    code = currency.upper()
    return 0 if code in ZERO_DECIMALS else 3 if code in THREE_DECIMALS else 2


def spelled(amount: int, currency: str) -> str:
    """An amount in minor units as readers see it: `5 €`, `12.50 €`, `1,500 ¥`. Unbreakable; active language."""
    places = decimals(currency)
    value = Decimal(amount).scaleb(-places)
    shown = 0 if value == value.to_integral_value() else places
    number = number_format(value, decimal_pos=shown, use_l10n=True, force_grouping=abs(value) >= 1000)
    return f"{number.replace(' ', NO_BREAK)}{NO_BREAK}{SIGNS.get(currency.upper(), currency.upper())}"


def scale(currency: str) -> int:
    """Minor units of what 1 is in a two-decimal currency of ordinary worth: 100 for EUR, 100 for JPY."""
    return int(10 ** decimals(currency)) * RUN_OF_UNITS.get(currency.upper(), 1)


def suggested(currency: str | None = None) -> list[int]:
    """Amounts to offer for a one-off payment, in minor units."""
    unit = scale(currency or settings.CURRENCY)
    return [5 * unit, 10 * unit, 25 * unit, 50 * unit]


def is_whole(text: str) -> bool:
    """Whether `text` is an ASCII whole number, as forms of ours send keys and amounts."""
    return text.isascii() and text.isdecimal()


def written(amount: int, currency: str) -> str:
    """An amount in minor units as a field holds it: `5`, `12.50`; no sign, no grouping."""
    places = decimals(currency)
    value = Decimal(amount).scaleb(-places)
    return f"{value:.{0 if value == value.to_integral_value() else places}f}"


def read(text: str, currency: str) -> int:
    """What somebody typed (`12,50`, `12.50`, `1 000`, `5 €`, `5,-`) in minor units, within what one payment may be.

    Raises AmountError for what is no number, another currency, too small, too large, or finer than the currency.
    """
    kept = _bare(text, currency)
    if re.fullmatch(r"[1-9]\d{0,2}([.,]\d{3})+", kept) and decimals(currency) != 3:
        kept = re.sub(r"[.,]", "", kept)  # 1,000 and 1.000 are a thousand
    elif re.fullmatch(r"\d{1,3}(,\d{3})+\.\d+", kept):
        kept = kept.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", kept):
        kept = kept.replace(".", "")
    try:
        value = Decimal(kept.replace(",", "."))
    except InvalidOperation as error:
        raise AmountError(_("Please write an amount, such as 10.")) from error
    minor = value.scaleb(decimals(currency))
    if minor != minor.to_integral_value():
        raise AmountError(_("This currency has no such small coins."))
    return checked(int(minor), currency)


def _bare(text: str, currency: str) -> str:
    """The digits, points and minus of what was typed. Raises AmountError where anything else is left."""
    code = currency.upper()
    sign = SIGNS.get(code, code)
    kept = re.sub(r"[\s'’]", "", text).replace("\u2212", "-").upper()
    for word in (code, sign.upper(), sign.upper().rstrip(".")):
        kept = kept.removeprefix(word).removesuffix(word)
    kept = re.sub(r"[.,][-–—]+$", "", kept)
    if not re.fullmatch(r"-?[\d.,]+", kept):
        foreign = kept.strip("-0123456789.,")
        if foreign in {*SIGNS, *(each.upper().rstrip(".") for each in SIGNS.values())}:
            raise AmountError(_("Please write the amount in %(currency)s.") % {"currency": code})
        raise AmountError(_("Please write an amount, such as 10."))
    return kept


def checked(amount: int, currency: str) -> int:
    """`amount` in minor units if one payment may be that. Raises AmountError."""
    unit = scale(currency)
    if amount < SMALLEST * unit:
        raise AmountError(_("The smallest amount is %(amount)s.") % {"amount": spelled(SMALLEST * unit, currency)})
    if amount > LARGEST * unit:
        largest = spelled(LARGEST * unit, currency)
        raise AmountError(_("For more than %(amount)s please write to us first.") % {"amount": largest})
    step = 10 if currency.upper() in THREE_DECIMALS else 100 if currency.upper() in WHOLE_ONLY else 1
    if amount % step:
        raise AmountError(_("This currency has no such small coins."))
    return amount
