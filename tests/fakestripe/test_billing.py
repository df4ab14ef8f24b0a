"""Renewals, dunning, trials, pauses, refunds and disputes."""

import time

import pytest
import stripe

from tests.fakestripe.shop import Shop
from tests.fakestripe.state import DAY


def test_a_renewal_moves_the_period_and_is_paid(shop: Shop) -> None:
    subscription = shop.joined()
    first_end = subscription.items.data[0].current_period_end
    shop.fake.advance(days=31)
    renewed = shop.subscription(subscription.id)
    assert renewed.items.data[0].current_period_start == first_end
    assert renewed.status == "active"
    invoices = shop.v1.invoices.list({"subscription": subscription.id}).data
    assert invoices[0].period_end == first_end  # an invoice's own period looks back; its lines say what is paid for
    assert invoices[0].lines.data[0].period.start == first_end
    assert [(i.status, i.billing_reason) for i in invoices] == [
        ("paid", "subscription_cycle"), ("paid", "subscription_create"),
    ]  # fmt: skip


def test_advancing_a_year_does_every_renewal_on_the_way(shop: Shop) -> None:
    subscription = shop.joined()
    shop.fake.advance(days=366)
    assert len(shop.v1.invoices.list({"subscription": subscription.id, "limit": 100}).data) == 13


def test_a_declined_renewal_is_past_due_then_retried_then_cancelled(shop: Shop) -> None:
    subscription = shop.joined()
    shop.fake.fail_next_renewal()
    shop.fake.advance(days=31)
    late = shop.subscription(subscription.id)
    assert late.status == "past_due"
    assert late.items.data[0].current_period_start == subscription.items.data[0].current_period_end
    invoice = shop.v1.invoices.retrieve(late.latest_invoice)
    assert (invoice.status, invoice.attempt_count) == ("open", 1)
    assert invoice.next_payment_attempt is not None
    shop.fake.advance(days=16)
    over = shop.subscription(subscription.id)
    assert over.status == "canceled"
    assert over.ended_at is not None
    shop.fake.deliver()
    assert shop.kinds().count("invoice.payment_failed") == 4
    assert shop.kinds()[-1] == "customer.subscription.deleted"


def test_a_new_card_mends_what_was_past_due(shop: Shop) -> None:
    subscription = shop.joined()
    shop.fake.fail_next_renewal("action")
    shop.fake.advance(days=31)
    shop.fake.deliver()
    assert "invoice.payment_action_required" in shop.kinds()
    assert shop.subscription(subscription.id).status == "past_due"
    shop.fake.new_card(shop.customer.id)
    assert shop.subscription(subscription.id).status == "active"


def test_ageing_shifts_the_dates_back_and_renews(shop: Shop) -> None:
    subscription = shop.joined()
    before = subscription.items.data[0].current_period_end
    shop.fake.age(1)
    assert shop.subscription(subscription.id).items.data[0].current_period_end == before - DAY
    shop.fake.age(31)
    aged = shop.subscription(subscription.id)
    assert all(event.created > time.time() - 60 for event in shop.v1.events.list({"limit": 100}).data)
    assert aged.items.data[0].current_period_end > time.time()
    assert shop.v1.invoices.retrieve(aged.latest_invoice).billing_reason == "subscription_cycle"


def test_a_trial_without_card_ends_in_a_pause_and_resumes_with_one(shop: Shop) -> None:
    subscription = shop.joined(
        payment_method_collection="if_required",
        subscription_data={
            "trial_period_days": 7, "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        },
    )  # fmt: skip
    shop.fake.advance(days=8)
    paused = shop.subscription(subscription.id)
    assert paused.status == "paused"
    shop.fake.deliver()
    assert "customer.subscription.trial_will_end" in shop.kinds()
    assert paused.status_details is not None
    assert paused.status_details.paused.subscription.type == "trial_end_without_payment_method"
    shop.fake.new_card(shop.customer.id)
    shop.v1.subscriptions.resume(subscription.id)
    resumed = shop.subscription(subscription.id)
    assert resumed.status == "active"
    assert shop.v1.invoices.retrieve(resumed.latest_invoice).amount_paid == 500


def test_paused_collection_voids_invoices_until_its_date(shop: Shop) -> None:
    subscription = shop.joined()
    resumes = subscription.items.data[0].current_period_end + 40 * DAY
    shop.v1.subscriptions.update(subscription.id, {"pause_collection": {"behavior": "void", "resumes_at": resumes}})
    shop.fake.advance(days=32)
    paused = shop.subscription(subscription.id)
    assert paused.status == "active"
    assert shop.v1.invoices.retrieve(paused.latest_invoice).status == "void"
    shop.fake.advance(days=70)
    resumed = shop.subscription(subscription.id)
    assert resumed.pause_collection is None
    assert shop.v1.invoices.retrieve(resumed.latest_invoice).status == "paid"


def test_an_incomplete_subscription_made_by_the_api_expires(shop: Shop) -> None:
    made = shop.v1.subscriptions.create({"customer": shop.customer.id, "items": [{"price": shop.month.id}]})
    assert made.status == "incomplete"
    shop.fake.advance(days=1)
    assert shop.subscription(made.id).status == "incomplete_expired"


def charge_of(shop: Shop) -> stripe.Charge:
    """The newest charge."""
    return shop.v1.charges.list({"customer": shop.customer.id}).data[0]  # type: ignore[no-any-return]  # Any


def test_refunds_add_up_and_may_fail_later(shop: Shop) -> None:
    shop.joined()
    charge = charge_of(shop)
    shop.v1.refunds.create({"payment_intent": charge.payment_intent, "amount": 200})
    second = shop.v1.refunds.create({"charge": charge.id, "reason": "requested_by_customer"})
    full = shop.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (full.amount_refunded, full.refunded, len(full.refunds.data)) == (500, True, 2)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"
    shop.fake.fail_refund(second.id)
    assert shop.v1.charges.retrieve(charge.id).amount_refunded == 200
    shop.fake.deliver()
    assert {"charge.refunded", "refund.created", "refund.failed"} <= set(shop.kinds())


@pytest.mark.parametrize("end", ["won", "lost"])
def test_a_disputed_charge_cannot_be_refunded(shop: Shop, end: str) -> None:
    shop.joined()
    charge = charge_of(shop)
    warning = shop.v1.radar.early_fraud_warnings.retrieve(shop.fake.warn_of_fraud(charge.id))
    assert warning.payment_intent == charge.payment_intent
    dispute = shop.fake.dispute(charge.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_disputed"
    shop.fake.move_dispute(dispute, "under_review")
    shop.fake.move_dispute(dispute, end)
    assert shop.v1.disputes.retrieve(dispute).status == end
    shop.fake.deliver()
    assert ("charge.dispute.funds_reinstated" in shop.kinds()) is (end == "won")
    assert "charge.dispute.closed" in shop.kinds()
