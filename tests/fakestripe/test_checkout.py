"""Checkout Sessions, from creation to payment."""

import pytest
import stripe

from tests.fakestripe.shop import Shop
from tests.fakestripe.state import DAY


def test_paying_a_session_makes_subscription_and_paid_invoice(shop: Shop) -> None:
    session = shop.session()
    assert (session.status, session.payment_status, session.subscription) == ("open", "unpaid", None)
    assert shop.v1.subscriptions.list({"customer": shop.customer.id}).data == []
    shop.fake.pay(session.id)
    session = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "invoice.payments"]})
    assert (session.status, session.payment_status, session.amount_total) == ("complete", "paid", 500)
    subscription = session.subscription
    item = subscription.items.data[0]
    assert subscription.status == "active"
    assert item.price.id == shop.month.id
    assert 28 * DAY <= item.current_period_end - item.current_period_start <= 31 * DAY
    assert "current_period_end" not in subscription
    assert subscription.metadata.to_dict() == {"attempt": "attempt-1"}
    assert session.invoice.status == "paid"
    assert session.invoice.parent.subscription_details.subscription == subscription.id
    intent = session.invoice.payments.data[0].payment.payment_intent
    found = shop.v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent}})
    assert [each.invoice for each in found.data] == [session.invoice.id]


def test_the_events_of_a_checkout_arrive_signed(shop: Shop) -> None:
    shop.joined()
    assert set(shop.fake.deliver()) == {200}
    assert {"checkout.session.completed", "customer.subscription.created", "invoice.paid"} <= set(shop.kinds())
    assert {event.api_version for event in shop.heard} == {stripe.api_version}


def test_a_declined_card_leaves_the_session_open_and_nothing_behind(shop: Shop) -> None:
    session = shop.session()
    assert not shop.fake.pay(session.id, "declined")
    assert shop.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert shop.v1.subscriptions.list({"status": "all"}).data == []


def test_a_delayed_payment_is_complete_but_unpaid_until_the_bank_decides(shop: Shop) -> None:
    good, bad = shop.session(), shop.session()
    for session in (good, bad):
        shop.fake.pay(session.id, "processing")
        assert shop.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    subscription = shop.v1.checkout.sessions.retrieve(good.id).subscription
    assert shop.subscription(subscription).status == "incomplete"
    shop.fake.deliver()
    shop.fake.settle_payment(good.id, succeeds=True)
    shop.fake.settle_payment(bad.id, succeeds=False)
    shop.fake.deliver()
    assert shop.v1.checkout.sessions.retrieve(good.id).payment_status == "paid"
    assert shop.subscription(subscription).status == "active"
    assert shop.v1.charges.list().data[-1].status == "succeeded"
    assert "checkout.session.async_payment_succeeded" in shop.kinds()
    assert "checkout.session.async_payment_failed" in shop.kinds()


def test_a_guests_donation_has_no_customer(shop: Shop) -> None:
    line = {"price_data": {"currency": "jpy", "unit_amount": 1500, "product_data": {"name": "Donation"}}, "quantity": 1}
    session = shop.session(
        mode="payment", line_items=[line], customer=None, subscription_data=None, submit_type="donate",
        customer_creation="if_required", payment_intent_data={"metadata": {"attempt": "9"}},
    )  # fmt: skip
    shop.fake.pay(session.id, email="guest@example.org")
    session = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert session.customer is None
    assert session.customer_details.email == "guest@example.org"
    assert session.payment_intent.amount_received == 1500
    assert session.payment_intent.metadata.to_dict() == {"attempt": "9"}
    assert session.payment_intent.latest_charge.paid


def test_a_full_discount_and_a_trial_ask_for_no_payment(shop: Shop) -> None:
    coupon = shop.v1.coupons.create({"percent_off": 100, "duration": "forever"})
    code = shop.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "FREE"})
    free = shop.session(discounts=[{"promotion_code": code.id}])
    trial = shop.session(subscription_data={"trial_period_days": 14})
    for session, status in ((free, "active"), (trial, "trialing")):
        shop.fake.pay(session.id)
        session = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription.discounts"]})
        assert session.payment_status == "no_payment_required"
        assert session.subscription.status == status
    discounted = shop.v1.checkout.sessions.retrieve(free.id, {"expand": ["subscription.discounts"]})
    assert discounted.subscription.discounts[0].source.coupon == coupon.id


def test_a_session_expires_by_request_and_by_time(shop: Shop) -> None:
    first, second = shop.session(), shop.session()
    assert shop.v1.checkout.sessions.expire(first.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.checkout.sessions.expire(first.id)
    shop.fake.advance(days=2)
    assert shop.v1.checkout.sessions.retrieve(second.id).status == "expired"
    assert not shop.fake.pay(second.id)
