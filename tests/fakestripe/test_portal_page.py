"""The Portal and the hosted invoice, as a browser without JavaScript sees them."""

from typing import Any

from tests.fakestripe.shop import Shop, browse, path_of


def test_the_portal_page_switches_cancels_resumes_and_goes_back(served: Shop) -> None:
    subscription = served.joined()
    path = path_of(served.portal().url)
    text = browse(served.fake, path)[1]
    for words in ("Renews on", "Switch plan", "Cancel subscription", "New card", "Invoices", "Back to site"):
        assert words in text
    location = browse(served.fake, path, {"act": "cancel", "sub": subscription.id})[2]["Location"]
    assert "Ends on" in browse(served.fake, location)[1]
    assert served.subscription(subscription.id).cancel_at is not None
    browse(served.fake, path, {"act": "resume", "sub": subscription.id})
    assert served.subscription(subscription.id).cancel_at is None
    browse(served.fake, path, {"act": "switch", "sub": subscription.id, "price": served.dear.id})
    assert served.subscription(subscription.id).items.data[0].price.id == served.dear.id
    browse(served.fake, path, {"act": "card", "works": "declined"})
    location = browse(served.fake, path, {"act": "switch", "sub": subscription.id, "price": served.year.id})[2][
        "Location"
    ]
    assert location.endswith(("planned", "declined"))
    invoice = served.v1.invoices.list({"subscription": subscription.id}).data[0]
    assert "Total" in browse(served.fake, path_of(invoice.hosted_invoice_url))[1]


def ask_why(shop: Shop, configuration: Any) -> None:
    """Let the Portal ask for a reason."""
    asked = {"enabled": True, "options": ["too_expensive", "other"]}
    features = {"subscription_cancel": {"enabled": True, "cancellation_reason": asked}}
    shop.v1.billing_portal.configurations.update(configuration, {"features": features})


def test_leaving_names_the_last_day_and_asks_why_only_where_that_is_wanted(served: Shop) -> None:
    subscription = served.joined()
    portal = served.portal()
    path = path_of(portal.url)
    text = browse(served.fake, path)[1]
    assert "It goes on until" in text
    assert "Why do you leave?" not in text
    ask_why(served, portal.configuration)
    text = browse(served.fake, path)[1]
    assert "Why do you leave?" in text
    assert ">It is too expensive<" in text
    assert ">I miss something<" not in text
    form = {"act": "cancel", "sub": subscription.id, "reason": "too_expensive", "comment": "<i>Rent</i>"}
    assert browse(served.fake, path, form)[0] == 303
    said = served.v1.subscriptions.retrieve(subscription.id).cancellation_details
    assert (said.feedback, said.comment) == ("too_expensive", "<i>Rent</i>")
    assert browse(served.fake, path, {**form, "reason": "nonsense"})[0] == 400


def test_a_switch_is_quoted_before_it_is_confirmed(served: Shop) -> None:
    subscription = served.joined()
    path = path_of(served.portal().url)
    status, text, _ = browse(served.fake, f"{path}?sub={subscription.id}&price={served.dear.id}")
    assert status == 200
    assert "To pay today: €10.00" in text
    assert ">Confirm<" in text
    assert served.subscription(subscription.id).items.data[0].price.id == served.month.id
    browse(served.fake, path, {"act": "switch", "sub": subscription.id, "price": served.dear.id})
    text = browse(served.fake, f"{path}?sub={subscription.id}&price={served.month.id}")[1]
    assert "Nothing to pay today" in text
    assert "You keep Benefactor" in text
    browse(served.fake, path, {"act": "switch", "sub": subscription.id, "price": served.month.id})
    assert "Changes to Patron" in browse(served.fake, path)[1]
    assert browse(served.fake, path, {"act": "keep", "sub": subscription.id})[2]["Location"].endswith("kept")


def test_a_plan_that_is_not_offered_cannot_be_had(served: Shop) -> None:
    subscription = served.joined()
    path = path_of(served.portal().url)
    other = served.v1.prices.create(
        {"product": served.month.product, "currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
    )
    browse(served.fake, path, {"act": "switch", "sub": subscription.id, "price": other.id})
    stranger = served.v1.customers.create({"email": "eve@example.org"})
    theirs = served.joined(customer=stranger.id)
    browse(served.fake, path, {"act": "cancel", "sub": theirs.id})
    assert served.subscription(subscription.id).items.data[0].price.id == served.month.id
    assert served.subscription(theirs.id).cancel_at is None


def test_a_switch_may_ask_the_bank_first(served: Shop) -> None:
    subscription = served.joined()
    served.fake.set_card(served.customer.id, works="action")
    path = path_of(served.portal().url)
    wanted = {"act": "switch", "sub": subscription.id, "price": served.dear.id}
    assert ">Succeed<" in browse(served.fake, path, wanted)[1]
    assert browse(served.fake, path, {**wanted, "bank": "no"})[2]["Location"].endswith("declined")
    assert served.subscription(subscription.id).items.data[0].price.id == served.month.id
    assert browse(served.fake, path, {**wanted, "bank": "yes"})[2]["Location"].endswith("switched")
    assert served.subscription(subscription.id).items.data[0].price.id == served.dear.id


def test_card_and_discount_are_named(served: Shop) -> None:
    code = served.fake.promote("TEA", percent_off=20, duration="repeating", months=3)
    served.joined(discounts=[{"promotion_code": code}])
    served.fake.set_card(served.customer.id, expires="2020-01")
    text = browse(served.fake, path_of(served.portal().url))[1]
    assert "Discount: 20 % for 3 months." in text
    assert "Visa ending in 4242, good until 01/2020, a card that has expired." in text


def test_the_hosted_invoice_is_confirmed_or_paid_with_another_card(served: Shop) -> None:
    subscription = served.joined()
    served.fake.fail_next_renewal("action")
    served.fake.advance(days=31)
    invoice = served.v1.invoices.list({"subscription": subscription.id}).data[0]
    path = path_of(invoice.hosted_invoice_url)
    text = browse(served.fake, path)[1]
    assert ">Confirm<" in text
    assert ">Pay with another card<" in text
    location = browse(served.fake, path, {"act": "refuse"})[2]["Location"]
    assert "did not confirm" in browse(served.fake, location)[1]
    assert served.subscription(subscription.id).status == "past_due"
    assert ">Pay<" in browse(served.fake, path)[1]
    browse(served.fake, path, {"act": "pay"})
    assert "This invoice is paid" in browse(served.fake, path)[1]
    assert served.subscription(subscription.id).status == "active"
