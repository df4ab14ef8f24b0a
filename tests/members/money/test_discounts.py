"""Promotion codes and tax: what the next payment really takes, in Stripe's own words."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from members.models import Member, Payment
from members.money import catalogue
from members.money.giving import support
from members.money.record.columns import discount_words
from members.money.stripe_api.fitting import fitter
from members.money.stripe_api.states import Discount, moment
from tests.factories import MemberFactory
from tests.members.money.lives import discounted, pay_with
from tests.members.money.till import Till

NBSP = "\u00a0"


def joined(till: Till, code: str, **terms: Any) -> Member:
    member: Member = MemberFactory()
    till.fake.promote(code, **terms)
    pay_with(till, till.join(member), code)
    till.deliver()
    return member


def test_a_discount_of_months_lowers_the_next_payment_and_names_its_end(till: Till) -> None:
    row = till.subscription(discounted(till))
    assert (row.next_amount, row.discount) == (400, "SPRING: 20 % off until 3 March 2027")
    till.advance(31)
    assert till.payment(row.customer.member).amount == 400  # type: ignore[arg-type]  # it has one


def test_a_discount_that_was_for_once_is_spent_with_the_first_payment(till: Till) -> None:
    member = joined(till, "HALF", percent_off=50)
    row = till.subscription(member)
    assert till.payment(member).amount == 250
    assert (row.next_amount, row.discount) == (500, "")


def test_an_amount_off_for_ever_is_told_as_money(till: Till) -> None:
    row = till.subscription(joined(till, "TWO", amount_off=200, duration="forever"))
    assert (row.next_amount, row.discount) == (300, f"TWO: 2{NBSP}€ off")


def test_fault_43_a_whole_discount_is_paid_with_nothing_and_says_so(till: Till) -> None:
    member = joined(till, "FREE", percent_off=100, duration="forever")
    assert till.has_access(member)
    assert till.subscription(member).next_amount == 0
    assert member.payments.count() == 0


@pytest.mark.parametrize(
    ("lasts", "ends", "words"),
    [
        ("once", None, "A: 12.5 % off once"),
        ("forever", None, "A: 12.5 % off"),
        ("repeating", 1803600000, "A: 12.5 % off until 26 February 2027"),
    ],
)
def test_the_words_of_a_discount(lasts: str, ends: int | None, words: str) -> None:
    assert discount_words((Discount("A", Decimal("12.5"), None, "", lasts, moment(ends)),)) == words


def test_tax_is_asked_for_subscriptions_and_gifts_and_never_for_donations(till: Till, settings: Any) -> None:
    settings.STRIPE_TAX = True
    catalogue.set_up(fitter())
    assert {p["tax_behavior"] for p in till.fake.state.every("price") if p["recurring"]} == {"inclusive"}
    assert catalogue.drift(fitter()) == []
    till.fake.tax_rate = 20
    member = till.patron()
    payment = till.payment(member)
    assert (payment.amount, payment.tax) == (500, 83)
    assert till.subscription(member).next_amount == 500


def test_a_gift_carries_its_tax_and_a_donation_none(till: Till, settings: Any) -> None:
    settings.STRIPE_TAX = True
    till.fake.tax_rate = 20
    now, tier = timezone.now(), till.price("tier-2").tier
    gift = support.buy_gift(
        tier=tier, months=3, member=None, email="a@example.org", recipient_email="b@example.org", giver_name="",
        message="", deliver_at=None, now=now,
    )  # fmt: skip
    donation = support.donate(amount=1000, member=None, email="a@example.org", message="", return_path="/", now=now)
    for address in (gift, donation):
        till.fake.pay(address.rsplit("/", 1)[-1])
    till.deliver()
    taxes = dict(Payment.objects.values_list("kind", "tax"))
    assert taxes["gift"] > 0
    assert taxes["donation"] == 0


def test_a_payment_keeps_the_numbers_people_quote(till: Till) -> None:
    member = till.patron()
    payment = till.payment(member)
    assert payment.receipt_number
    assert payment.invoice_number
    assert payment.billing_email == member.email
