"""Amounts as readers see and type them."""

from contextlib import suppress

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from members.money import amounts


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (500, "EUR", "5\u00a0€"), (550, "EUR", "5.50\u00a0€"), (0, "EUR", "0\u00a0€"), (1, "EUR", "0.01\u00a0€"),
        (150000, "EUR", "1,500\u00a0€"), (1500, "JPY", "1,500\u00a0¥"), (5000, "KWD", "5\u00a0KWD"),
        (5250, "KWD", "5.250\u00a0KWD"), (900, "DKK", "9\u00a0kr."), (50000, "ISK", "500\u00a0kr"),
        (12000, "UAH", "120\u00a0₴"), (700, "XXX", "7\u00a0XXX"), (500, "eur", "5\u00a0€"),
    ],
)  # fmt: skip
def test_fault_36_amounts_are_right_on_screen_in_every_currency(amount: int, currency: str, shown: str) -> None:
    rendered = Template("{% load money %}{{ amount|money:currency }}").render(
        Context({"amount": amount, "currency": currency})
    )
    assert rendered == shown


def test_amounts_follow_the_language() -> None:
    with translation.override("de"):
        assert amounts.spelled(123450, "EUR") == "1.234,50\u00a0€"


def test_no_amount_is_no_text() -> None:
    assert Template("{% load money %}[{{ amount|money:'EUR' }}]").render(Context({"amount": None})) == "[]"


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("10", "EUR", 1000), ("12,50", "EUR", 1250), ("12.50", "EUR", 1250), ("1 000", "EUR", 100000),
        ("1.000", "EUR", 100000), ("1,000", "EUR", 100000), ("1,234.50", "EUR", 123450), ("1.234,50", "EUR", 123450),
        ("5 €", "EUR", 500), ("1500", "JPY", 1500), ("1.250", "KWD", 1250), ("500", "ISK", 50000),
        ("€5", "EUR", 500), ("5 eur", "EUR", 500), ("EUR 5,50", "EUR", 550), ("50,-", "EUR", 5000),
        ("50 kr", "DKK", 5000), ("50 kr.", "DKK", 5000), ("1'000", "EUR", 100000), ("٥", "EUR", 500),
        ("1.000", "JPY", 1000), ("2,5", "KWD", 2500),
    ],
)  # fmt: skip
def test_what_people_type_becomes_minor_units(typed: str, currency: str, minor: int) -> None:
    assert amounts.read(typed, currency) == minor


@pytest.mark.parametrize(
    ("typed", "currency"),
    [
        ("10.5", "JPY"), ("1.255", "KWD"), ("5.50", "ISK"), ("0", "EUR"), ("1e9", "EUR"), ("-1", "EUR"), ("∞", "EUR"),
        ("\u22123", "EUR"), ("5-5", "EUR"), ("0x10", "EUR"), ("5 ½", "EUR"), ("²", "EUR"), ("1.2.3", "EUR"),
        ("9" * 20, "EUR"), ("NaN", "EUR"), ("", "EUR"), ("100001", "KWD"), ("99", "JPY"), (".", "EUR"),
    ],
)  # fmt: skip
def test_what_no_payment_can_be_is_refused(typed: str, currency: str) -> None:
    with pytest.raises(amounts.AmountError):
        amounts.read(typed, currency)


@pytest.mark.parametrize("typed", ["5 $", "USD 5", "£5", "5kr"])
def test_another_currency_is_named_not_taken_for_ours(typed: str) -> None:
    with pytest.raises(amounts.AmountError, match="in EUR"):
        amounts.read(typed, "EUR")


@given(st.integers(min_value=100, max_value=999_999), st.sampled_from(["EUR", "DKK", "USD", "UAH"]))
def test_what_a_field_holds_is_read_as_the_same_amount(minor: int, currency: str) -> None:
    minor = max(minor, amounts.scale(currency))
    assert amounts.read(amounts.written(minor, currency), currency) == minor


@given(st.integers(min_value=1, max_value=999), st.sampled_from(["EUR", "JPY", "KWD", "USD", "ISK", "XOF"]))
def test_what_is_shown_can_be_typed_back(whole: int, currency: str) -> None:
    minor = whole * amounts.scale(currency)
    with translation.override("en-gb"):
        assert amounts.read(amounts.spelled(minor, currency).split("\u00a0")[0], currency) == minor


@given(st.text(max_size=12))
def test_nothing_typed_breaks_the_form(typed: str) -> None:
    with suppress(amounts.AmountError):
        assert amounts.read(typed, "EUR") >= 100
