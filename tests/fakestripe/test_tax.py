"""Automatic tax: on top or contained, in Sessions, invoices and switches."""

from typing import Any

import pytest
import stripe

from tests.fakestripe.shop import Shop

TAXED: dict[str, Any] = {"automatic_tax": {"enabled": True}, "customer_update": {"address": "auto"}}


def test_tax_comes_on_top(shop: Shop) -> None:
    shop.fake.tax_rate = 20
    session = shop.session(**TAXED)
    assert (session.amount_subtotal, session.amount_total) == (500, 600)
    assert session.total_details is not None
    assert session.total_details.amount_tax == 100
    assert (session.automatic_tax.enabled, session.automatic_tax.status) == (True, "complete")
    shop.fake.pay(session.id)
    seen = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice"]})
    assert seen.subscription.automatic_tax.enabled
    assert seen.customer_details.address.country == "DE"
    invoice = seen.subscription.latest_invoice
    (owed,) = invoice.total_taxes
    assert (owed.amount, owed.taxable_amount, owed.tax_behavior) == (100, 500, "exclusive")
    assert (invoice.subtotal, invoice.total_excluding_tax, invoice.total, invoice.amount_paid) == (500, 500, 600, 600)
    assert shop.v1.tax_rates.retrieve(owed.tax_rate_details.tax_rate).percentage == 20
    assert shop.v1.charges.list({"customer": shop.customer.id}).data[0].amount == 600


def test_tax_is_contained_where_the_price_says_so(shop: Shop) -> None:
    shop.fake.tax_rate = 20
    price = shop.v1.prices.create(
        {"product": shop.month.product, "currency": "eur", "unit_amount": 600, "recurring": {"interval": "month"},
         "tax_behavior": "inclusive"}
    )  # fmt: skip
    subscription = shop.joined(line_items=[{"price": price.id, "quantity": 1}], **TAXED)
    invoice = shop.v1.invoices.retrieve(subscription.latest_invoice)
    (owed,) = invoice.total_taxes
    assert (owed.amount, owed.tax_behavior) == (100, "inclusive")
    assert (invoice.subtotal, invoice.total_excluding_tax, invoice.amount_paid) == (600, 500, 600)


def test_tax_is_on_what_a_discount_leaves_and_on_renewals_too(shop: Shop) -> None:
    shop.fake.tax_rate = 10
    code = shop.fake.promote("HALF", percent_off=50)
    subscription = shop.joined(discounts=[{"promotion_code": code}], **TAXED)
    shop.fake.advance(days=31)
    invoices = shop.v1.invoices.list({"subscription": subscription.id}).data
    assert [(i.total_taxes[0].amount, i.amount_paid) for i in invoices] == [(50, 550), (25, 275)]


def test_a_switch_is_taxed_and_its_preview_says_so(shop: Shop) -> None:
    shop.fake.tax_rate = 20
    subscription = shop.joined(**TAXED)
    items = [{"id": subscription.items.data[0].id, "price": shop.dear.id}]
    asked = {"items": items, "proration_behavior": "always_invoice"}
    seen = shop.v1.invoices.create_preview({"subscription": subscription.id, "subscription_details": asked})
    assert (seen.total_excluding_tax, seen.amount_due) == (1000, 1200)
    changed = shop.v1.subscriptions.update(subscription.id, asked)
    assert shop.v1.invoices.retrieve(changed.latest_invoice).amount_paid == 1200


def test_without_rate_or_without_asking_there_is_no_tax(shop: Shop) -> None:
    assert shop.session(**TAXED).amount_total == 500
    shop.fake.tax_rate = 20
    assert shop.session().amount_total == 500


def test_the_exempt_pay_none(shop: Shop) -> None:
    shop.fake.tax_rate = 20
    shop.v1.customers.update(shop.customer.id, {"tax_exempt": "exempt"})
    subscription = shop.joined(**TAXED)
    (owed,) = shop.v1.invoices.retrieve(subscription.latest_invoice).total_taxes
    assert (owed.amount, owed.taxability_reason) == (0, "customer_exempt")


def test_a_one_off_payment_is_taxed_too(shop: Shop) -> None:
    shop.fake.tax_rate = 20
    line = {"price_data": {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Gift"}}, "quantity": 1}
    session = shop.session(
        mode="payment", line_items=[line], subscription_data=None, customer=None, automatic_tax={"enabled": True}
    )
    shop.fake.pay(session.id, email="a@example.org")
    assert shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]}).payment_intent.amount == 1200


def test_tax_needs_to_know_where_a_customer_lives(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.session(automatic_tax={"enabled": True})
    assert refused.value.code == "customer_tax_location_invalid"
    shop.v1.customers.update(shop.customer.id, {"address": {"country": "DE", "postal_code": "10115"}})
    assert shop.session(automatic_tax={"enabled": True}).automatic_tax.enabled
