"""The REST API: addresses to verbs, keys and versions checked, every request and answer judged."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import stripe

from tests.fakestripe import (
    billing,
    cards,
    catalogue,
    checkout,
    customers,
    discounts,
    events,
    faults,
    invoices,
    money,
    portal,
    schedules,
    subscriptions,
    switching,
)
from tests.fakestripe.contract import faults_of, read_params
from tests.fakestripe.forms import decode
from tests.fakestripe.idempotency import Keys
from tests.fakestripe.refusals import Refused
from tests.fakestripe.render import page, serve
from tests.fakestripe.state import Json, State, merge_metadata

Verb = Callable[[State, Json, Json], Json]


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire. Status 0 means: close the connection."""

    status: int
    body: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """One request as tests may look at it afterwards."""

    method: str
    path: str
    params: Json
    key: str | None


def retrieve(kind: str) -> Verb:
    """GET of one object."""
    return lambda state, params, ident: state.get(ident["id"], kind)


def relabel(kind: str) -> Verb:
    """POST on one object, of which only metadata (and `active`) can change."""

    def verb(state: State, params: Json, ident: Json) -> Json:
        thing = state.get(ident["id"], kind)
        merge_metadata(thing, params)
        thing |= {field: params[field] for field in ("active", "name") if field in params}
        return thing

    return verb


def browse(kind: str, url: str, *fields: str) -> Verb:
    """GET of a list, by the named fields."""

    def verb(state: State, params: Json, ident: Json) -> Json:
        found = [t for t in state.every(kind) if all(t.get(f) == params[f] for f in fields if f in params)]
        return page(state, found, params, url)

    return verb


def list_invoices(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/invoices by customer, status and subscription."""
    found = [i for i in state.every("invoice") if all(i[f] == params[f] for f in ("customer", "status") if f in params)]
    if "subscription" in params:
        found = [i for i in found if i["parent"]["subscription_details"]["subscription"] == params["subscription"]]
    return page(state, found, params, "/v1/invoices")


def list_invoice_payments(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/invoice_payments: the only way from a payment intent to its invoice."""
    found = state.every("invoice_payment")
    for field in ("invoice", "status"):
        if field in params:
            found = [each for each in found if each[field] == params[field]]
    if wanted := params.get("payment", {}).get("payment_intent"):
        found = [each for each in found if each["payment"]["payment_intent"] == wanted]
    return page(state, found, params, "/v1/invoice_payments")


def pay_invoice(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/invoices/{id}/pay: an open one, with the card on file or the one named."""
    invoice = state.get(ident["id"], "invoice")
    if invoice["status"] not in ("open", "uncollectible"):
        raise Refused("Invoice is already paid" if invoice["status"] == "paid" else "This invoice is not open.",
                      code="invoice_not_editable")  # fmt: skip
    card = state.named(params, "payment_method", "payment_method")
    sub = billing.owner(state, invoice)
    outcome = cards.outcome(state, card) if card else billing.outcome_for(state, sub)
    if not billing.charge(state, invoice, money.SUCCESS if params.get("paid_out_of_band") else outcome):
        raise switching.declined(outcome)
    return invoice


def mark_uncollectible(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/invoices/{id}/mark_uncollectible: only an open one."""
    invoice = state.get(ident["id"], "invoice")
    if invoice["status"] != "open":
        raise Refused("You can only mark open invoices as uncollectible.", code="invoice_not_editable")
    invoices.give_up(state, invoice)
    return invoice


def void_invoice(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/invoices/{id}/void: only an open one."""
    invoice = state.get(ident["id"], "invoice")
    if invoice["status"] not in ("open", "uncollectible"):
        raise Refused("You can only pass in open invoices. This invoice isn't open.", code="invoice_not_editable")
    invoices.void(state, invoice)
    return invoice


# method, address after /v1/, the SDK's name of the parameters, verb
TABLE: list[tuple[str, str, str | None, Verb]] = [
    ("POST", "customers", "customer_create", customers.create_customer),
    ("GET", "customers", "customer_list", customers.list_customers),
    ("GET", "customers/:id", "customer_retrieve", retrieve("customer")),
    ("POST", "customers/:id", "customer_update", customers.update_customer),
    ("DELETE", "customers/:id", "customer_delete", customers.delete_customer),
    ("POST", "products", "product_create", catalogue.create_product),
    ("GET", "products", "product_list", catalogue.list_products),
    ("GET", "products/:id", "product_retrieve", retrieve("product")),
    ("POST", "products/:id", "product_update", catalogue.update_product),
    ("POST", "prices", "price_create", catalogue.create_price),
    ("GET", "prices", "price_list", catalogue.list_prices),
    ("GET", "prices/:id", "price_retrieve", retrieve("price")),
    ("POST", "prices/:id", "price_update", catalogue.update_price),
    ("POST", "coupons", "coupon_create", discounts.create_coupon),
    ("GET", "coupons", "coupon_list", browse("coupon", "/v1/coupons")),
    ("GET", "coupons/:id", "coupon_retrieve", retrieve("coupon")),
    ("POST", "promotion_codes", "promotion_code_create", discounts.create_promotion_code),
    ("GET", "promotion_codes", "promotion_code_list",
     browse("promotion_code", "/v1/promotion_codes", "code", "active")),
    ("GET", "promotion_codes/:id", "promotion_code_retrieve", retrieve("promotion_code")),
    ("POST", "promotion_codes/:id", "promotion_code_update", discounts.update_promotion_code),
    ("GET", "tax_rates/:id", "tax_rate_retrieve", retrieve("tax_rate")),
    ("POST", "webhook_endpoints", "webhook_endpoint_create", catalogue.create_endpoint),
    ("GET", "webhook_endpoints", "webhook_endpoint_list", browse("webhook_endpoint", "/v1/webhook_endpoints")),
    ("GET", "webhook_endpoints/:id", "webhook_endpoint_retrieve", retrieve("webhook_endpoint")),
    ("POST", "webhook_endpoints/:id", "webhook_endpoint_update", catalogue.update_endpoint),
    ("DELETE", "webhook_endpoints/:id", "webhook_endpoint_delete", catalogue.delete_endpoint),
    ("POST", "checkout/sessions", "checkout.session_create", checkout.create_session),
    ("GET", "checkout/sessions", "checkout.session_list", checkout.list_sessions),
    ("GET", "checkout/sessions/:id", "checkout.session_retrieve", retrieve("checkout.session")),
    ("POST", "checkout/sessions/:id", "checkout.session_update", relabel("checkout.session")),
    ("POST", "checkout/sessions/:id/expire", "checkout.session_expire", checkout.expire),
    ("GET", "checkout/sessions/:id/line_items", "checkout.session_line_item_list", checkout.list_lines),
    ("POST", "billing_portal/configurations", "billing_portal.configuration_create", portal.create_configuration),
    ("GET", "billing_portal/configurations", "billing_portal.configuration_list", portal.list_configurations),
    ("GET", "billing_portal/configurations/:id", "billing_portal.configuration_retrieve",
     retrieve("billing_portal.configuration")),
    ("POST", "billing_portal/configurations/:id", "billing_portal.configuration_update", portal.update_configuration),
    ("POST", "billing_portal/sessions", "billing_portal.session_create", portal.create_session),
    ("POST", "subscriptions", "subscription_create", subscriptions.create_subscription),
    ("GET", "subscriptions", "subscription_list", subscriptions.list_subscriptions),
    ("GET", "subscriptions/:id", "subscription_retrieve", retrieve("subscription")),
    ("POST", "subscriptions/:id", "subscription_update", subscriptions.update_subscription),
    ("DELETE", "subscriptions/:id", "subscription_cancel", subscriptions.cancel_subscription),
    ("POST", "subscriptions/:id/resume", "subscription_resume", subscriptions.resume_subscription),
    ("GET", "subscription_items", "subscription_item_list", subscriptions.list_items),
    ("GET", "subscription_schedules", "subscription_schedule_list", schedules.list_schedules),
    ("GET", "subscription_schedules/:id", "subscription_schedule_retrieve", retrieve("subscription_schedule")),
    ("POST", "subscription_schedules/:id/release", "subscription_schedule_release", schedules.release),
    ("POST", "invoices/create_preview", "invoice_create_preview", switching.preview),
    ("GET", "invoices", "invoice_list", list_invoices),
    ("GET", "invoices/:id", "invoice_retrieve", retrieve("invoice")),
    ("POST", "invoices/:id/pay", "invoice_pay", pay_invoice),
    ("POST", "invoices/:id/mark_uncollectible", "invoice_mark_uncollectible", mark_uncollectible),
    ("POST", "invoices/:id/void", "invoice_void_invoice", void_invoice),
    ("GET", "invoice_payments", "invoice_payment_list", list_invoice_payments),
    ("GET", "invoice_payments/:id", "invoice_payment_retrieve", retrieve("invoice_payment")),
    ("GET", "payment_intents", "payment_intent_list", browse("payment_intent", "/v1/payment_intents", "customer")),
    ("GET", "payment_intents/:id", "payment_intent_retrieve", retrieve("payment_intent")),
    ("GET", "payment_methods", "payment_method_list", cards.list_methods),
    ("GET", "payment_methods/:id", "payment_method_retrieve", retrieve("payment_method")),
    ("POST", "payment_methods/:id/attach", "payment_method_attach", cards.attach),
    ("POST", "payment_methods/:id/detach", "payment_method_detach", cards.detach),
    ("GET", "customers/:id/payment_methods", "customer_payment_method_list", cards.list_methods),
    ("GET", "setup_intents/:id", "setup_intent_retrieve", retrieve("setup_intent")),
    ("GET", "charges", "charge_list", browse("charge", "/v1/charges", "customer", "payment_intent")),
    ("GET", "charges/:id", "charge_retrieve", retrieve("charge")),
    ("POST", "refunds", "refund_create", money.create_refund),
    ("GET", "refunds", "refund_list", browse("refund", "/v1/refunds", "charge", "payment_intent")),
    ("GET", "refunds/:id", "refund_retrieve", retrieve("refund")),
    ("POST", "refunds/:id", "refund_update", money.update_refund),
    ("GET", "disputes", "dispute_list", browse("dispute", "/v1/disputes", "charge", "payment_intent")),
    ("GET", "disputes/:id", "dispute_retrieve", retrieve("dispute")),
    ("GET", "radar/early_fraud_warnings", "radar.early_fraud_warning_list",
     browse("radar.early_fraud_warning", "/v1/radar/early_fraud_warnings", "charge", "payment_intent")),
    ("GET", "radar/early_fraud_warnings/:id", "radar.early_fraud_warning_retrieve",
     retrieve("radar.early_fraud_warning")),
    ("GET", "events", "event_list", events.list_events),
    ("GET", "events/:id", "event_retrieve", retrieve("event")),
]  # fmt: skip
ROUTES = [
    (method, re.compile("/v1/" + address.replace(":id", r"(?P<id>[\w-]+)")), params, verb)
    for method, address, params, verb in TABLE
]


def _route(method: str, path: str) -> tuple[str | None, Verb, Json]:
    for wanted, address, name, verb in ROUTES:
        match = address.fullmatch(path) if wanted == method else None
        if match:
            return name, verb, match.groupdict()
    raise Refused(f"Unrecognized request URL ({method}: {path}).", status=404)


class Api:
    """Answers API calls on a state; `calls` remembers them for tests."""

    def __init__(self, state: State, key: str) -> None:
        self.state = state
        self.key = key
        self.keys = Keys(state)
        self.faults = faults.Faults()
        self.calls: list[Call] = []

    def answer(
        self, method: str, url: str, headers: Mapping[str, str], body: str, *, patience: float | None = None
    ) -> Answer:
        """One call, as it comes over the wire. Never raises: refusals are answers.

        A caller with less `patience` (seconds) than the fake is slow has gone before the answer.
        """
        head = {name.lower(): value for name, value in headers.items()}
        request = {"id": self.state.new_id("req"), "idempotency_key": head.get("idempotency-key")}
        back = {"Content-Type": "application/json", "Request-Id": str(request["id"])}
        if request["idempotency_key"]:
            back["Idempotency-Key"] = str(request["idempotency_key"])
        try:
            self._admit(head)
            status, text = self._once(method.upper(), url, body, request, back, patience)
        except Refused as refusal:
            status, text = refusal.status, json.dumps({"error": refusal.error})
        gone = patience is not None and self.faults.seconds > patience
        return Answer(faults.NO_ANSWER if gone else status, text, back)

    def _admit(self, head: Mapping[str, str]) -> None:
        sent = head.get("authorization", "").removeprefix("Bearer ")
        if sent != self.key:
            raise Refused(f"Invalid API Key provided: {sent[:8]}***", status=401)
        version = head.get("stripe-version")
        if version != stripe.api_version:
            raise Refused(f"Invalid Stripe API version: {version}. The fake speaks {stripe.api_version} only.")

    def _once(
        self, method: str, url: str, body: str, request: Json, back: dict[str, str], patience: float | None
    ) -> tuple[int, str]:
        key, path = request["idempotency_key"], urlsplit(url).path
        if method != "POST" or not key:
            return self._carry_out(method, url, body, request, patience)[1]
        stored = self.keys.begin(key, method, path, body)
        if stored is not None:
            back["Idempotent-Replayed"] = "true"
            return stored
        kept = (500, json.dumps(faults.body_of(500)))
        try:
            kept, told = self._carry_out(method, url, body, request, patience)
        except Refused as refusal:
            kept = told = (refusal.status, json.dumps({"error": refusal.error}))
        finally:
            self.keys.finish(key, method, path, body, kept)
        return told

    def _carry_out(
        self, method: str, url: str, body: str, request: Json, patience: float | None
    ) -> tuple[tuple[int, str], tuple[int, str]]:
        """The answer as a key keeps it, and as it is given: they differ when it was lost after the work was done."""
        call, fault = f"{method} {urlsplit(url).path}", self.faults.take()
        failed = (fault[0], json.dumps(faults.body_of(fault[0]))) if fault is not None else None
        if fault is not None and failed is not None and not fault[1]:
            return failed, failed
        self.faults.wait(call, after_write=False)
        answer = (200, json.dumps(self._serve(method, url, body, request)))
        self.faults.wait(call, after_write=True)
        if self.faults.seconds and (patience is None or self.faults.seconds <= patience):
            time.sleep(self.faults.seconds)
        if failed is None:
            return answer, answer
        return (failed if failed[0] == faults.STORED else answer), failed

    def _serve(self, method: str, url: str, body: str, request: Json) -> Json:
        parts = urlsplit(url)
        name, verb, ident = _route(method, parts.path)
        sent = decode(body if method == "POST" else parts.query)
        self.calls.append(Call(method, parts.path, sent, request["idempotency_key"]))
        try:
            params = read_params(name, sent)
        except Refused as refusal:
            self.state.violations.append(f"request {method} {parts.path}: {refusal}")
            raise
        with self.state.change():
            self.state.in_request = request
            try:
                made = verb(self.state, params, ident)
                served = _as_served(self.state, made, params)
            finally:
                self.state.in_request = None
        self.state.violations += [f"answer to {method} {parts.path}: {fault}" for fault in faults_of(served)]
        return served


def _as_served(state: State, made: Json, params: dict[str, Any]) -> Json:
    if made.get("object") == "list":
        return made
    expand = params.get("expand") or []
    return serve(state, made, expand)
