"""Trials: begun in Checkout, announced, ended with and without a card."""

from typing import Any

import pytest
import stripe

from tests.fakestripe.shop import Shop
from tests.fakestripe.state import DAY


def trial(shop: Shop, end: str | None = None, days: int = 14, **params: Any) -> stripe.Subscription:
    """A subscription that begins with free days; `end`: without card, and what happens then."""
    data: dict[str, Any] = {"trial_period_days": days}
    if end:
        data["trial_settings"] = {"end_behavior": {"missing_payment_method": end}}
        params["payment_method_collection"] = "if_required"
    return shop.joined(subscription_data=data, **params)


def test_a_trial_asks_for_nothing_at_first_and_then_for_a_whole_period(shop: Shop) -> None:
    subscription = trial(shop)
    first = shop.v1.invoices.retrieve(subscription.latest_invoice)
    assert (subscription.status, first.status, first.total, first.billing_reason) == (
        "trialing", "paid", 0, "subscription_create",
    )  # fmt: skip
    assert subscription.trial_end == subscription.items.data[0].current_period_end
    shop.fake.advance(days=15)
    paid = shop.subscription(subscription.id)
    assert (paid.status, paid.items.data[0].current_period_start) == ("active", subscription.trial_end)
    assert shop.v1.invoices.retrieve(paid.latest_invoice).amount_paid == 500


def test_its_end_is_announced_three_days_before(shop: Shop) -> None:
    trial(shop)
    shop.fake.advance(days=10.9)
    shop.fake.deliver()
    assert "customer.subscription.trial_will_end" not in shop.kinds()
    shop.fake.advance(days=0.2)
    shop.fake.deliver()
    assert shop.kinds().count("customer.subscription.trial_will_end") == 1
    shop.fake.advance(days=1)
    shop.fake.deliver()
    assert shop.kinds().count("customer.subscription.trial_will_end") == 1


@pytest.mark.parametrize(
    ("end", "status"), [("pause", "paused"), ("cancel", "canceled"), ("create_invoice", "past_due")]
)
def test_without_a_card_it_ends_as_was_agreed(shop: Shop, end: str, status: str) -> None:
    subscription = trial(shop, end)
    assert shop.v1.customers.retrieve(shop.customer.id).invoice_settings.default_payment_method is None
    shop.fake.advance(days=14.5)
    assert shop.subscription(subscription.id).status == status


def test_a_card_given_in_time_pays(shop: Shop) -> None:
    subscription = trial(shop, "cancel")
    shop.fake.new_card(shop.customer.id)
    shop.fake.advance(days=15)
    assert shop.subscription(subscription.id).status == "active"


def test_a_trial_ends_now_or_later_on_request(shop: Shop) -> None:
    subscription = trial(shop)
    later = (subscription.trial_end or 0) + 7 * DAY
    shop.v1.subscriptions.update(subscription.id, {"trial_end": later})
    shop.fake.advance(days=15)
    assert shop.subscription(subscription.id).status == "trialing"
    shop.v1.subscriptions.update(subscription.id, {"trial_end": "now"})
    active = shop.subscription(subscription.id)
    assert (active.status, shop.v1.invoices.retrieve(active.latest_invoice).amount_paid) == ("active", 500)


def test_switching_during_a_trial_costs_nothing_by_the_api_and_ends_it_in_the_portal(shop: Shop) -> None:
    subscription = trial(shop)
    items = [{"id": subscription.items.data[0].id, "price": shop.year.id}]
    changed = shop.v1.subscriptions.update(subscription.id, {"items": items, "proration_behavior": "always_invoice"})
    assert (changed.status, changed.items.data[0].price.id, changed.trial_end) == (
        "trialing", shop.year.id, subscription.trial_end,
    )  # fmt: skip
    assert len(shop.v1.invoices.list({"subscription": subscription.id}).data) == 1
    shop.fake.in_portal(shop.portal().id, subscription.id, "switch", price=shop.dear.id)
    ended = shop.subscription(subscription.id)
    assert ended.status == "active"
    assert shop.v1.invoices.retrieve(ended.latest_invoice).amount_paid == 1500


def test_a_setup_session_keeps_a_card_and_charges_nothing(shop: Shop) -> None:
    session = shop.session(
        mode="setup", line_items=None, subscription_data=None, currency="eur",
        setup_intent_data={"metadata": {"member": "7"}},
    )  # fmt: skip
    shop.fake.pay(session.id)
    seen = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent.payment_method"]})
    assert (seen.status, seen.payment_status, seen.amount_total) == ("complete", "no_payment_required", None)
    assert seen.setup_intent.status == "succeeded"
    assert seen.setup_intent.metadata.to_dict() == {"member": "7"}
    assert seen.setup_intent.payment_method.customer == shop.customer.id
    assert shop.v1.setup_intents.retrieve(seen.setup_intent.id).usage == "off_session"
    assert shop.v1.charges.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="line_items"):
        shop.session(mode="setup", subscription_data=None)
