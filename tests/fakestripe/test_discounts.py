"""Coupons and the codes people type for them."""

import time

import pytest
import stripe

from tests.fakestripe import checkout
from tests.fakestripe.shop import Shop


def paid_amounts(shop: Shop, subscription: str) -> list[int]:
    """What the invoices of a subscription brought, oldest first."""
    return [i.amount_paid for i in reversed(shop.v1.invoices.list({"subscription": subscription}).data)]


def joined_with(shop: Shop, code: str) -> stripe.Subscription:
    """A subscription whose code was typed on the hosted page."""
    session = shop.session(allow_promotion_codes=True)
    assert checkout.redeem(shop.fake.state, shop.fake.state.objects[session.id], code)
    assert shop.fake.pay(session.id)
    return shop.subscription(shop.v1.checkout.sessions.retrieve(session.id).subscription)


def refusal(shop: Shop, code: str) -> str:
    """What the hosted page answers to a code; empty when it takes it."""
    session = shop.session(allow_promotion_codes=True)
    return checkout.why_not(shop.fake.state, shop.fake.state.objects[session.id], code)


@pytest.mark.parametrize(
    ("duration", "months", "amounts"),
    [
        ("once", None, [400, 500, 500, 500]),
        ("repeating", 2, [400, 400, 500, 500]),
        ("forever", None, [400, 400, 400, 400]),
    ],
)
def test_a_discount_lasts_as_long_as_it_says(shop: Shop, duration: str, months: int | None, amounts: list[int]) -> None:
    code = shop.fake.promote("TEA", percent_off=20, duration=duration, months=months)
    subscription = joined_with(shop, "tea")
    for _ in range(3):
        shop.fake.advance(days=31)
    assert paid_amounts(shop, subscription.id) == amounts
    assert shop.v1.promotion_codes.retrieve(code).times_redeemed == 1
    seen = shop.v1.subscriptions.retrieve(
        subscription.id, {"expand": ["discounts.source.coupon", "discounts.promotion_code"]}
    )
    if duration == "forever":
        (discount,) = seen.discounts
        assert (discount.source.coupon.percent_off, discount.promotion_code.code) == (20, "TEA")
    else:
        assert seen.discounts == []


def test_an_invoice_says_which_discount_took_what(shop: Shop) -> None:
    shop.fake.promote("ONE", amount_off=120)
    subscription = joined_with(shop, "ONE")
    invoice = shop.v1.invoices.retrieve(subscription.latest_invoice)
    (taken,) = invoice.total_discount_amounts
    assert (invoice.subtotal, taken.amount, invoice.total, invoice.amount_paid) == (500, 120, 380, 380)
    assert invoice.discounts == [taken.discount]
    assert invoice.lines.data[0].discount_amounts[0].amount == 120


def test_the_session_shows_the_discount_before_it_is_paid(shop: Shop) -> None:
    code = shop.fake.promote("TEA", percent_off=25)
    session = shop.session(discounts=[{"promotion_code": code}])
    assert (session.amount_subtotal, session.amount_total) == (500, 375)
    assert session.total_details is not None
    assert session.total_details.amount_discount == 125
    (line,) = shop.v1.checkout.sessions.line_items.list(session.id).data
    assert (line.amount_subtotal, line.amount_discount, line.amount_total) == (500, 125, 375)


def test_a_code_for_one_payment_waits_for_the_end_of_a_trial(shop: Shop) -> None:
    code = shop.fake.promote("HALF", percent_off=50)
    subscription = shop.joined(discounts=[{"promotion_code": code}], subscription_data={"trial_period_days": 7})
    shop.fake.advance(days=8)
    shop.fake.advance(days=31)
    assert paid_amounts(shop, subscription.id) == [0, 250, 500]


def test_a_code_is_refused_in_words_that_say_why(shop: Shop) -> None:
    past = int(time.time()) - 60
    shop.fake.promote("LATE", percent_off=10, expires_at=past)
    shop.fake.promote("OLD", percent_off=10, redeem_by=past)
    off = shop.fake.promote("OFF", percent_off=10)
    shop.v1.promotion_codes.update(off, {"active": False})
    shop.fake.promote("YEN", amount_off=100, currency="jpy")
    shop.fake.promote("HERS", percent_off=10, customer=shop.v1.customers.create({"email": "eve@example.org"}).id)
    shop.fake.promote("NEW", percent_off=10, first_time=True)
    assert refusal(shop, "nonsense") == refusal(shop, "OFF") == "This code is not valid."
    assert refusal(shop, "late") == refusal(shop, "OLD") == "This code has expired."
    assert refusal(shop, "YEN") == "This code cannot be used in EUR."
    assert refusal(shop, "HERS") == "This code is for somebody else."
    assert refusal(shop, "NEW") == ""
    joined_with(shop, "NEW")
    assert refusal(shop, "NEW") == "This code is for first payments only."


def test_a_code_is_used_up(shop: Shop) -> None:
    code = shop.fake.promote("ONLY", percent_off=10, max_redemptions=1)
    assert shop.v1.promotion_codes.retrieve(code).active
    joined_with(shop, "ONLY")
    assert not shop.v1.promotion_codes.retrieve(code).active
    assert refusal(shop, "ONLY") == "This code has been used as often as it may be."
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.session(discounts=[{"promotion_code": code}])
    assert refused.value.code == "coupon_expired"


def test_a_coupon_itself_runs_out(shop: Shop) -> None:
    coupon = shop.v1.coupons.create({"percent_off": 10, "max_redemptions": 1})
    shop.joined(discounts=[{"coupon": coupon.id}])
    assert not shop.v1.coupons.retrieve(coupon.id).valid
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        shop.session(discounts=[{"coupon": coupon.id}])


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 10, "amount_off": 10, "currency": "eur"}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"amount_off": 10}, "currency"),
        ({"percent_off": 10, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 10, "duration": "always"}, "duration"),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused(shop: Shop, params: dict[str, object], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.coupons.create(params)
    assert refused.value.param == param
    shop.fake.violations.clear()


def test_a_spelling_is_active_once(shop: Shop) -> None:
    shop.fake.promote("TEA", percent_off=10)
    coupon = shop.v1.coupons.list().data[0]
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        shop.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "tea"})


def test_a_discount_is_given_to_and_taken_from_a_running_subscription(shop: Shop) -> None:
    subscription = shop.joined()
    coupon = shop.v1.coupons.create({"amount_off": 200, "currency": "eur"})
    shop.v1.subscriptions.update(subscription.id, {"discounts": [{"coupon": coupon.id}]})
    shop.fake.advance(days=31)
    shop.fake.advance(days=31)
    assert paid_amounts(shop, subscription.id) == [500, 300, 500]
    shop.v1.subscriptions.update(subscription.id, {"discounts": [{"coupon": coupon.id}]})
    shop.v1.subscriptions.update(subscription.id, {"discounts": ""})
    shop.fake.deliver()
    assert "customer.discount.created" in shop.kinds()
    assert "customer.discount.deleted" in shop.kinds()
    assert shop.subscription(subscription.id).discounts == []


def test_two_discounts_come_off_one_after_the_other(shop: Shop) -> None:
    shop.v1.coupons.create({"id": "tenth", "percent_off": 10, "duration": "forever"})
    shop.v1.coupons.create({"id": "euro", "amount_off": 100, "currency": "eur", "duration": "forever"})
    subscription = shop.joined(discounts=[{"coupon": "euro"}, {"coupon": "tenth"}])
    invoice = shop.v1.invoices.retrieve(subscription.latest_invoice)
    assert [taken.amount for taken in invoice.total_discount_amounts] == [100, 40]
    assert invoice.amount_paid == 360
