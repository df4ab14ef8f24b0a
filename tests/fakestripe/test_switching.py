"""Switches: quotes, proration, anchors, cards that fail; invoices given up, paid by hand."""

from typing import Any

import pytest
import stripe

from tests.fakestripe.shop import Shop
from tests.fakestripe.state import DAY


def to(shop: Shop, subscription: stripe.Subscription, price: stripe.Price, **params: Any) -> stripe.Subscription:
    """Another price for the one item."""
    wanted = {"items": [{"id": subscription.items.data[0].id, "price": price.id}], **params}
    return shop.v1.subscriptions.update(subscription.id, wanted)  # type: ignore[no-any-return]  # services are Any


def half(shop: Shop, subscription: stripe.Subscription) -> None:
    """Let half of the period pass."""
    item = subscription.items.data[0]
    shop.fake.advance(days=(item.current_period_end - item.current_period_start) / DAY / 2)


def test_the_quote_is_what_is_charged(shop: Shop) -> None:
    subscription = shop.joined()
    half(shop, subscription)
    for price in (shop.dear, shop.year):
        details = {"items": [{"id": subscription.items.data[0].id, "price": price.id}],
                   "proration_behavior": "always_invoice"}  # fmt: skip
        quoted = shop.v1.invoices.create_preview(
            {"subscription": subscription.id, "subscription_details": details}
        ).amount_due
        changed = to(shop, subscription, price, proration_behavior="always_invoice")
        assert shop.v1.invoices.retrieve(changed.latest_invoice).amount_paid == quoted > 0


def test_half_a_month_of_the_difference_is_half_the_money(shop: Shop) -> None:
    subscription = shop.joined()
    half(shop, subscription)
    changed = to(shop, subscription, shop.dear, proration_behavior="always_invoice")
    invoice = shop.v1.invoices.retrieve(changed.latest_invoice)
    assert [line.amount for line in invoice.lines.data] == [-250, 750]
    assert all(line.parent.subscription_item_details.proration for line in invoice.lines.data)
    assert changed.items.data[0].current_period_end == subscription.items.data[0].current_period_end


def test_another_rhythm_begins_a_new_period_now(shop: Shop) -> None:
    subscription = shop.joined()
    half(shop, subscription)
    changed = to(shop, subscription, shop.year)
    item = changed.items.data[0]
    assert item.current_period_end - item.current_period_start >= 365 * DAY
    assert changed.billing_cycle_anchor == item.current_period_start
    assert shop.v1.invoices.retrieve(changed.latest_invoice).amount_paid == 4750
    unprorated = shop.joined()
    half(shop, unprorated)
    changed = to(shop, unprorated, shop.year, proration_behavior="none")
    assert shop.v1.invoices.retrieve(changed.latest_invoice).amount_paid == 5000


def test_prorations_wait_for_the_next_invoice_and_none_means_none(shop: Shop) -> None:
    for proration, renewal in (("create_prorations", 2000), ("none", 1500)):
        subscription = shop.joined()
        half(shop, subscription)
        assert len(shop.v1.invoices.list({"subscription": subscription.id}).data) == 1
        to(shop, subscription, shop.dear, proration_behavior=proration)
        shop.fake.advance(days=17)
        renewed = shop.subscription(subscription.id)
        assert shop.v1.invoices.retrieve(renewed.latest_invoice).amount_paid == renewal


def test_the_next_invoice_can_be_seen_beforehand(shop: Shop) -> None:
    subscription = shop.joined()
    assert shop.v1.invoices.create_preview({"subscription": subscription.id}).amount_due == 500
    details = {"items": [{"id": subscription.items.data[0].id, "price": shop.dear.id}], "proration_behavior": "none"}
    asked = {"subscription": subscription.id, "subscription_details": details}
    assert shop.v1.invoices.create_preview(asked).amount_due == 1500


@pytest.mark.parametrize(
    ("works", "code"), [("declined", "card_declined"), ("action", "subscription_payment_intent_requires_action")]
)
def test_a_switch_whose_card_fails_is_refused_and_the_old_plan_stays(shop: Shop, works: str, code: str) -> None:
    subscription = shop.joined()
    shop.fake.set_card(shop.customer.id, works=works)
    with pytest.raises(stripe.CardError) as refused:
        to(shop, subscription, shop.dear, proration_behavior="always_invoice", payment_behavior="error_if_incomplete")
    assert refused.value.code == code
    assert not shop.fake.in_portal(shop.portal().id, subscription.id, "switch", price=shop.dear.id)
    kept = shop.subscription(subscription.id)
    assert (kept.status, kept.items.data[0].price.id) == ("active", shop.month.id)


def test_an_update_that_was_never_paid_expires(shop: Shop) -> None:
    subscription = shop.joined()
    shop.fake.set_card(shop.customer.id, works="declined")
    to(shop, subscription, shop.dear, proration_behavior="always_invoice", payment_behavior="pending_if_incomplete")
    shop.fake.advance(days=1)
    shop.fake.deliver()
    assert "customer.subscription.pending_update_expired" in shop.kinds()
    assert shop.v1.invoices.list({"subscription": subscription.id}).data[0].status == "void"


def test_the_anchor_can_be_now_unchanged_or_in_the_future(shop: Shop) -> None:
    subscription = shop.joined()
    half(shop, subscription)
    same = shop.v1.subscriptions.update(subscription.id, {"billing_cycle_anchor": {"type": "unchanged"}})
    assert same.billing_cycle_anchor == subscription.billing_cycle_anchor
    fresh = shop.v1.subscriptions.update(subscription.id, {"billing_cycle_anchor": {"type": "now"}})
    assert fresh.billing_cycle_anchor > subscription.billing_cycle_anchor
    assert fresh.items.data[0].current_period_start == fresh.billing_cycle_anchor
    assert shop.v1.invoices.retrieve(fresh.latest_invoice).amount_paid == 250


@pytest.mark.parametrize(("proration", "today"), [("create_prorations", 250), ("none", 0)])
def test_a_session_may_name_when_full_periods_begin(shop: Shop, proration: str, today: int) -> None:
    clock = shop.fake.state.now
    month = shop.joined().items.data[0]
    anchor = clock() + (month.current_period_end - month.current_period_start) // 2
    data = {"billing_cycle_anchor": anchor, "proration_behavior": proration}
    session = shop.session(subscription_data=data)
    assert session.amount_total == today
    shop.fake.pay(session.id)
    subscription = shop.subscription(shop.v1.checkout.sessions.retrieve(session.id).subscription)
    assert (subscription.status, subscription.items.data[0].current_period_end) == ("active", anchor)
    assert shop.v1.invoices.retrieve(subscription.latest_invoice).amount_paid == today
    shop.fake.advance(days=17)
    renewed = shop.subscription(subscription.id)
    assert renewed.items.data[0].current_period_start == anchor
    with pytest.raises(stripe.InvalidRequestError, match="future"):
        shop.session(subscription_data={"billing_cycle_anchor": clock() - 5})


def owed(shop: Shop, how: str = "declined") -> stripe.Invoice:
    """The open invoice of a renewal that failed."""
    subscription = shop.joined()
    shop.fake.fail_next_renewal(how)
    shop.fake.advance(days=31)
    return shop.v1.invoices.list({"subscription": subscription.id}).data[0]  # type: ignore[no-any-return]  # Any


def test_a_renewal_the_bank_asks_about_waits_for_its_confirmation(shop: Shop) -> None:
    invoice = owed(shop, "action")
    payment = shop.v1.invoices.retrieve(invoice.id, {"expand": ["payments"]}).payments.data[0].payment
    assert shop.v1.payment_intents.retrieve(payment.payment_intent).status == "requires_action"
    assert (invoice.status, bool(invoice.hosted_invoice_url)) == ("open", True)
    assert not shop.fake.confirm(invoice.id, succeeds=False)
    assert shop.v1.invoices.retrieve(invoice.id).status == "open"
    assert shop.fake.confirm(invoice.id)
    assert shop.v1.invoices.retrieve(invoice.id).status == "paid"
    assert shop.v1.subscriptions.list({"customer": shop.customer.id}).data[0].status == "active"
    shop.fake.advance(days=31)
    assert shop.v1.subscriptions.list({"customer": shop.customer.id}).data[0].status == "past_due"


def test_an_invoice_is_paid_by_hand_or_refused(shop: Shop) -> None:
    invoice = owed(shop)
    with pytest.raises(stripe.CardError):
        shop.v1.invoices.pay(invoice.id)
    other = shop.fake.set_card(shop.customer.id)
    assert shop.v1.invoices.pay(invoice.id, {"payment_method": other}).status == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        shop.v1.invoices.pay(invoice.id)


def test_an_invoice_is_given_up_or_voided(shop: Shop) -> None:
    first = owed(shop)
    assert shop.v1.invoices.mark_uncollectible(first.id).status == "uncollectible"
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.invoices.mark_uncollectible(first.id)
    second = owed(shop)
    assert shop.v1.invoices.void_invoice(second.id).status == "void"
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.invoices.void_invoice(second.id)
    shop.fake.deliver()
    assert {"invoice.marked_uncollectible", "invoice.voided"} <= set(shop.kinds())
