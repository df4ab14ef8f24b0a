"""The Customer Portal, switches, endings."""

import pytest
import stripe

from tests.fakestripe.shop import Shop


def test_a_portal_cancel_sets_the_date_and_not_the_flag(shop: Shop) -> None:
    subscription = shop.joined()
    portal = shop.portal()
    shop.fake.in_portal(portal.id, subscription.id, "cancel")
    ending = shop.subscription(subscription.id)
    assert (ending.cancel_at, ending.cancel_at_period_end) == (ending.items.data[0].current_period_end, False)
    assert ending.status == "active"
    shop.fake.in_portal(portal.id, subscription.id, "resume")
    assert shop.subscription(subscription.id).cancel_at is None
    shop.fake.in_portal(portal.id, subscription.id, "cancel")
    shop.fake.advance(days=32)
    assert shop.subscription(subscription.id).status == "canceled"


def test_an_api_cancel_at_period_end_sets_the_flag(shop: Shop) -> None:
    subscription = shop.joined()
    ending = shop.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert (ending.cancel_at, ending.cancel_at_period_end) == (None, True)
    shop.fake.advance(days=32)
    assert shop.subscription(subscription.id).status == "canceled"
    assert shop.v1.subscriptions.list({"customer": shop.customer.id}).data == []
    assert len(shop.v1.subscriptions.list({"customer": shop.customer.id, "status": "all"}).data) == 1


def test_a_dearer_plan_is_charged_now_and_a_cheaper_one_waits(shop: Shop) -> None:
    subscription = shop.joined()
    portal = shop.portal()
    shop.fake.in_portal(portal.id, subscription.id, "switch", price=shop.dear.id)
    dearer = shop.subscription(subscription.id)
    assert dearer.items.data[0].price.id == shop.dear.id
    assert shop.v1.invoices.retrieve(dearer.latest_invoice).amount_paid == 1000
    shop.fake.in_portal(portal.id, subscription.id, "switch", price=shop.month.id)
    assert shop.subscription(subscription.id).items.data[0].price.id == shop.dear.id
    shop.fake.advance(days=32)
    assert shop.subscription(subscription.id).items.data[0].price.id == shop.month.id


def test_an_upgrade_that_is_not_paid_changes_nothing_until_it_is(shop: Shop) -> None:
    subscription = shop.joined()
    shop.fake.new_card(shop.customer.id, "declined")
    wanted = {"items": [{"id": subscription.items.data[0].id, "price": shop.dear.id}]}
    changed = shop.v1.subscriptions.update(
        subscription.id,
        {**wanted, "proration_behavior": "always_invoice", "payment_behavior": "pending_if_incomplete"},
    )
    assert changed.items.data[0].price.id == shop.month.id
    assert changed.pending_update.subscription_items[0].price.id == shop.dear.id
    assert changed.status == "active"
    shop.fake.new_card(shop.customer.id)
    assert shop.subscription(subscription.id).items.data[0].price.id == shop.dear.id


def test_a_preview_names_the_difference_and_keeps_nothing(shop: Shop) -> None:
    subscription = shop.joined()
    items = [{"id": subscription.items.data[0].id, "price": shop.dear.id}]
    seen = shop.v1.invoices.create_preview(
        {
            "subscription": subscription.id,
            "subscription_details": {"items": items, "proration_behavior": "always_invoice"},
        }
    )
    assert seen.amount_due == 1000
    assert len(shop.v1.invoices.list({"subscription": subscription.id}).data) == 1


def test_leaving_out_the_item_id_adds_a_second_item(shop: Shop) -> None:
    subscription = shop.joined()
    changed = shop.v1.subscriptions.update(subscription.id, {"items": [{"price": shop.dear.id}]})
    assert len(changed.items.data) == 2


def test_a_deleted_customer_answers_deleted_and_ends_its_subscriptions(shop: Shop) -> None:
    subscription = shop.joined()
    shop.v1.customers.delete(shop.customer.id)
    assert shop.v1.customers.retrieve(shop.customer.id).deleted
    assert shop.subscription(subscription.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        shop.session()
