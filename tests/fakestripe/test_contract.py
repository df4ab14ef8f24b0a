"""The contract gate, idempotency keys, refusals."""

import json
from typing import Any

import pytest
import stripe

from tests.fakestripe import InProcess
from tests.fakestripe.contract import faults_of
from tests.fakestripe.shop import Shop


def test_a_slow_fake_times_out_in_process_without_waiting(shop: Shop) -> None:
    hasty = stripe.StripeClient(shop.fake.key, http_client=InProcess(shop.fake, timeout=5))
    shop.fake.slow(6)
    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.customers.retrieve(shop.customer.id)
    shop.fake.slow(0)
    assert hasty.v1.customers.retrieve(shop.customer.id).email == "ada@example.org"


def test_other_keys_and_versions_are_refused(shop: Shop) -> None:
    with pytest.raises(stripe.AuthenticationError):
        stripe.StripeClient("sk_live_1", http_client=InProcess(shop.fake)).v1.customers.list()
    with pytest.raises(stripe.InvalidRequestError, match="API version"):
        shop.v1.customers.list({}, {"stripe_version": "2020-08-27"})


def test_what_does_not_exist_is_resource_missing(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.subscriptions.retrieve("sub_none")
    assert (refused.value.code, refused.value.http_status) == ("resource_missing", 404)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.session(customer="cus_none")
    assert (refused.value.code, refused.value.http_status, refused.value.param) == ("resource_missing", 400, "customer")


RECURRING = {"interval": "month"}
REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("/v1/checkout/sessions", "ui_mode", {"mode": "payment", "ui_mode": "hosted"}, "must be one of"),
    ("/v1/checkout/sessions", "payment_method_types", {"payment_method_types": ["card"]}, "unknown parameter"),
    ("/v1/checkout/sessions", "subscription_data[coupon]", {"subscription_data": {"coupon": "X"}}, "unknown parameter"),
    ("/v1/subscriptions/sub_1", "coupon", {"coupon": "X"}, "unknown parameter"),
    ("/v1/promotion_codes", "coupon", {"coupon": "X"}, "unknown parameter"),
    ("/v1/prices", "currency", {"product": "p", "unit_amount": 5}, "Missing required param"),
    (
        "/v1/prices",
        "recurring[interval]",
        {"currency": "eur", "recurring": {"interval": "fortnight"}},
        "must be one of",
    ),
    ("/v1/prices", "unit_amount", {"currency": "eur", "unit_amount": 5.5}, "Invalid integer"),
    ("/v1/refunds", "reason", {"charge": "ch_1", "reason": "because"}, "must be one of"),
    ("/v1/subscriptions/sub_1", "cancel_at_period_end", {"cancel_at_period_end": "yes"}, "Invalid boolean"),
    ("/v1/subscriptions/sub_1", "cancel_at", {"cancel_at": "soon"}, "must be one of|Invalid"),
    ("/v1/customers", "e_mail", {"e_mail": "a@example.org"}, "unknown parameter"),
]


@pytest.mark.parametrize(("path", "param", "params", "says"), REFUSED, ids=[f"{p}-{w}" for p, w, _, _ in REFUSED])
def test_what_the_sdk_does_not_know_is_refused(
    shop: Shop, path: str, param: str, params: dict[str, Any], says: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=says) as refused:
        shop.client.raw_request("post", path, **params)
    assert refused.value.param == param
    assert len(shop.fake.violations) == 1
    shop.fake.violations.clear()


@pytest.mark.parametrize("needed", ["mode", "line_items", "success_url"])
def test_a_session_without_what_it_needs_is_refused(shop: Shop, needed: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.session(**{needed: None})
    assert (refused.value.code, refused.value.param) == ("parameter_missing", needed)


def test_payment_intent_data_is_illegal_for_a_subscription(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent_data"):
        shop.session(payment_intent_data={"description": "x"})


def test_a_removed_field_an_unallowed_null_and_a_missing_one_are_found(shop: Shop) -> None:
    subscription = shop.joined()
    invoice = shop.v1.invoices.retrieve(subscription.latest_invoice).to_dict()
    invoice = json.loads(json.dumps(invoice, default=str))
    assert faults_of(invoice) == []
    assert faults_of(invoice | {"subscription": "sub_1"}) == ["invoice.subscription is not a field"]
    assert faults_of(invoice | {"currency": None}) == ["invoice.currency is null"]
    del invoice["lines"]
    assert faults_of(invoice) == ["invoice.lines is missing"]
