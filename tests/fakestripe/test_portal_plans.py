"""The Portal: reasons for leaving, plans that wait for the end of the period."""

import pytest
import stripe

from tests.fakestripe.refusals import Refused
from tests.fakestripe.shop import Shop


def dear_patron(shop: Shop) -> tuple[stripe.Subscription, str]:
    """Somebody on the dear plan, and their Portal Session."""
    subscription = shop.joined(line_items=[{"price": shop.dear.id, "quantity": 1}])
    shop.fake.deliver()
    shop.heard.clear()
    return subscription, shop.portal().id


def test_a_portal_cancel_keeps_reason_and_comment_and_resuming_clears_them(shop: Shop) -> None:
    subscription, portal = dear_patron(shop)
    shop.fake.in_portal(portal, subscription.id, "cancel", reason="too_expensive", comment="Rent went up.")
    leaving = shop.v1.subscriptions.retrieve(subscription.id)
    said = leaving.cancellation_details
    assert (said.feedback, said.comment, said.reason) == ("too_expensive", "Rent went up.", "cancellation_requested")
    assert leaving.canceled_at is not None
    assert leaving.ended_at is None
    shop.fake.in_portal(portal, subscription.id, "resume")
    staying = shop.v1.subscriptions.retrieve(subscription.id)
    assert staying.cancellation_details.feedback is None
    assert staying.canceled_at is None
    with pytest.raises(Refused, match="Invalid feedback"):
        shop.fake.in_portal(portal, subscription.id, "cancel", reason="dunno")


def test_the_reason_outlives_the_end(shop: Shop) -> None:
    subscription, portal = dear_patron(shop)
    shop.fake.in_portal(portal, subscription.id, "cancel", reason="unused")
    shop.fake.advance(days=32)
    over = shop.v1.subscriptions.retrieve(subscription.id)
    assert (over.status, over.cancellation_details.feedback) == ("canceled", "unused")
    assert over.ended_at == over.items.data[0].current_period_end


def test_a_cheaper_plan_waits_in_a_schedule_and_takes_effect_at_renewal(shop: Shop) -> None:
    subscription, portal = dear_patron(shop)
    end = subscription.items.data[0].current_period_end
    shop.fake.in_portal(portal, subscription.id, "switch", price=shop.month.id)
    planned = shop.v1.subscriptions.retrieve(subscription.id, {"expand": ["schedule.phases.items.price"]})
    assert planned.items.data[0].price.id == shop.dear.id
    now, then = planned.schedule.phases
    assert (planned.schedule.status, planned.schedule.end_behavior) == ("active", "release")
    assert (now["items"][0].price.id, now.end_date) == (shop.dear.id, end)
    assert (then["items"][0].price.id, then.start_date) == (shop.month.id, end)
    assert then["items"][0].price.unit_amount == 500
    shop.fake.advance(days=32)
    renewed = shop.v1.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]})
    assert (renewed.items.data[0].price.id, renewed.schedule) == (shop.month.id, None)
    assert renewed.latest_invoice.amount_paid == 500
    released = shop.v1.subscription_schedules.retrieve(planned.schedule.id)
    assert (released.status, released.released_subscription) == ("released", subscription.id)
    shop.fake.deliver()
    told = [kind for kind in shop.kinds() if "schedule" in kind]
    assert told == ["subscription_schedule.created", "subscription_schedule.updated", "subscription_schedule.released"]


def test_a_planned_switch_can_be_replaced_and_given_up(shop: Shop) -> None:
    subscription, portal = dear_patron(shop)
    shop.fake.in_portal(portal, subscription.id, "switch", price=shop.month.id)
    first = shop.subscription(subscription.id).schedule
    shop.fake.in_portal(portal, subscription.id, "switch", price=shop.year.id)
    assert shop.subscription(subscription.id).schedule == first
    found = shop.v1.subscription_schedules.list({"customer": shop.customer.id}).data
    assert [schedule.phases[1]["items"][0].price for schedule in found] == [shop.year.id]
    shop.fake.in_portal(portal, subscription.id, "keep")
    assert shop.subscription(subscription.id).schedule is None
    shop.fake.advance(days=32)
    assert shop.subscription(subscription.id).items.data[0].price.id == shop.dear.id
    with pytest.raises(stripe.InvalidRequestError, match="cannot release"):
        shop.v1.subscription_schedules.release(first)


def test_a_schedule_guards_the_ending_until_it_is_released(shop: Shop) -> None:
    subscription, portal = dear_patron(shop)
    shop.fake.in_portal(portal, subscription.id, "switch", price=shop.month.id)
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        shop.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    shop.v1.subscription_schedules.release(shop.subscription(subscription.id).schedule)
    assert shop.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True}).cancel_at_period_end


def test_leaving_gives_the_planned_switch_up_and_ending_cancels_it(shop: Shop) -> None:
    subscription, portal = dear_patron(shop)
    shop.fake.in_portal(portal, subscription.id, "switch", price=shop.month.id)
    shop.fake.in_portal(portal, subscription.id, "cancel")
    assert shop.subscription(subscription.id).schedule is None
    shop.fake.in_portal(portal, subscription.id, "resume")
    shop.fake.in_portal(portal, subscription.id, "switch", price=shop.month.id)
    schedule = shop.subscription(subscription.id).schedule
    shop.v1.subscriptions.cancel(subscription.id)
    assert shop.v1.subscription_schedules.retrieve(schedule).status == "canceled"
