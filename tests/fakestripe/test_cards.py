"""Payment methods, receipts and numbers."""

import re
from datetime import UTC, datetime

import pytest
import stripe

from tests.fakestripe.shop import Shop


def test_checkout_puts_a_card_on_file_that_can_be_read_from_both_ends(shop: Shop) -> None:
    subscription = shop.joined()
    customer = shop.v1.customers.retrieve(shop.customer.id, {"expand": ["invoice_settings.default_payment_method"]})
    card = customer.invoice_settings.default_payment_method
    same = shop.v1.subscriptions.retrieve(subscription.id, {"expand": ["default_payment_method"]})
    assert same.default_payment_method.id == card.id
    assert (card.card.brand, card.card.last4, card.customer) == ("visa", "4242", shop.customer.id)
    assert card.card.exp_year > datetime.now(UTC).year
    assert [m.id for m in shop.v1.payment_methods.list({"customer": shop.customer.id, "type": "card"}).data] == [
        card.id
    ]
    assert [m.id for m in shop.v1.customers.payment_methods.list(shop.customer.id).data] == [card.id]
    assert shop.v1.payment_methods.retrieve(card.id).card.exp_month == card.card.exp_month


def test_a_card_about_to_expire_is_told_of_and_later_declined_as_expired(shop: Shop) -> None:
    subscription = shop.joined()
    shop.fake.deliver()
    shop.heard.clear()
    now = datetime.now(UTC)
    made = shop.fake.set_card(shop.customer.id, expires=f"{now.year}-{now.month:02d}")
    card = shop.v1.payment_methods.retrieve(made)
    assert (card.card.exp_year, card.card.exp_month) == (now.year, now.month)
    shop.fake.deliver()
    assert shop.kinds() == ["payment_method.attached", "customer.updated", "customer.subscription.updated"]
    assert shop.subscription(subscription.id).default_payment_method == made
    shop.fake.advance(days=32)
    late = shop.v1.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice.payments.data.payment"]})
    assert late.status == "past_due"
    intent = shop.v1.payment_intents.retrieve(late.latest_invoice.payments.data[0].payment.payment_intent)
    assert intent.last_payment_error.code == "expired_card"
    shop.fake.new_card(shop.customer.id)
    mended = shop.v1.subscriptions.retrieve(subscription.id, {"expand": ["default_payment_method"]})
    assert mended.status == "active"
    assert mended.default_payment_method.card.exp_year > now.year + 1


def test_a_card_can_be_made_the_default_and_be_taken_away(shop: Shop) -> None:
    subscription = shop.joined()
    first = shop.v1.customers.retrieve(shop.customer.id).invoice_settings.default_payment_method
    second = shop.fake.set_card(shop.customer.id, works="declined")
    shop.v1.customers.update(shop.customer.id, {"invoice_settings": {"default_payment_method": first}})
    shop.v1.subscriptions.update(subscription.id, {"default_payment_method": first})
    shop.fake.advance(days=32)
    assert shop.subscription(subscription.id).status == "active"
    shop.v1.payment_methods.detach(second)
    assert [m.id for m in shop.v1.payment_methods.list({"customer": shop.customer.id}).data] == [first]
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        shop.v1.payment_methods.detach(second)
    shop.v1.payment_methods.attach(second, {"customer": shop.customer.id})
    assert len(shop.v1.payment_methods.list({"customer": shop.customer.id}).data) == 2


def test_a_charge_knows_its_card_its_address_and_its_receipt(shop: Shop) -> None:
    shop.joined()
    charge = shop.v1.charges.list({"customer": shop.customer.id}).data[0]
    assert re.fullmatch(r"\d{4}-\d{4}", charge.receipt_number)
    assert charge.billing_details.email == "ada@example.org"
    card = charge.payment_method_details.card
    assert (charge.payment_method_details.type, card.brand, card.last4) == ("card", "visa", "4242")


def test_no_address_no_receipt(shop: Shop) -> None:
    nobody = shop.v1.customers.create({"name": "Nobody"})
    session = shop.session(customer=nobody.id)
    assert shop.fake.pay(session.id)
    assert shop.v1.charges.list({"customer": nobody.id}).data[0].receipt_number is None


def test_invoice_numbers_count_for_each_customer(shop: Shop) -> None:
    shop.joined()
    shop.fake.advance(days=32)
    numbers = [invoice.number for invoice in shop.v1.invoices.list({"customer": shop.customer.id}).data]
    prefix = shop.v1.customers.retrieve(shop.customer.id).invoice_prefix
    assert re.fullmatch(r"[0-9A-F]{8}", prefix)
    assert numbers == [f"{prefix}-0002", f"{prefix}-0001"]
