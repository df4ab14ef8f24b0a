"""Stripe, and nothing else: the only module that imports its SDK. Knows no model.

Takes plain values, returns frozen dataclasses, raises Gone, TryLater, Misconfigured (and kinds of them).
Amounts are minor units; moments are aware UTC datetimes. `in_request()` waits 5 s, never tries twice and
lets at most four threads of this process wait at once; `in_job()` waits 10 s and makes three attempts.
Source: SDK 16.1.0, API 2026-10-28.endive.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

import stripe
from django.conf import settings
from django.db import connection

from members.money.stripe_api import looking, translate
from members.money.stripe_api.errors import (
    Busy,
    ClockWrong,
    Forbidden,
    Forged,
    Full,
    Gone,
    Misconfigured,
    Refused,
    Spoilt,
    TryLater,
    Unreadable,
)
from members.money.stripe_api.states import (
    CheckoutState,
    CustomerState,
    EventNote,
    InvoiceState,
    OneOff,
    PaymentState,
    SubscriptionState,
)

V1 = stripe.V1Services
API_VERSION = str(stripe.api_version)
FAKE_KEY = "sk_test_demo"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
logging.getLogger("stripe").setLevel(logging.WARNING)  # it tells of every call otherwise
WAITING = threading.BoundedSemaphore(4)


def is_live() -> bool:
    """Whether the configured key moves real money."""
    return settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))


def check_settings() -> None:
    """Raise Misconfigured unless key and API base go together: the fake only in development."""
    key, base = settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE
    if not key:
        raise Misconfigured("STRIPE_SECRET_KEY is not set.")
    if base:
        parts = urlsplit(base)
        if not settings.DEBUG or key != FAKE_KEY or parts.scheme != "http" or parts.hostname not in LOOPBACK:
            raise Misconfigured("STRIPE_API_BASE is for the demo: DEBUG, http on this machine, the demo's own key.")
    elif key == FAKE_KEY:
        raise Misconfigured("The demo's key needs the demo's STRIPE_API_BASE.")
    if is_live() and settings.DEBUG:
        raise Misconfigured("A live key with DEBUG on.")
    if not is_live() and not settings.STRIPE_ALLOW_TEST_KEY:
        raise Misconfigured("A test key in production needs STRIPE_ALLOW_TEST_KEY=1.")


@lru_cache(maxsize=4)
def _client(key: str, base: str, timeout: int, retries: int) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=timeout),
        base_addresses={"api": base} if base else {},
    )


def in_request() -> "Teller":
    """Stripe for a thread in which a person waits: 5 s, one attempt, four at once."""
    check_settings()
    return Teller(_client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, 5, 0), WAITING)


def in_job() -> "Teller":
    """Stripe for a job or a command: 10 s, three attempts under one key."""
    return Teller(patient_client(), None)


def patient_client() -> stripe.StripeClient:
    """The client of jobs and commands. Raises Misconfigured."""
    check_settings()
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, 10, 2)


def refuse_inside_transaction() -> None:
    """No open transaction and no row lock while talking to Stripe (the frame of a test case aside)."""
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("Stripe was called inside atomic(): a row may be locked while we wait for the network.")


@contextmanager
def calling(slots: threading.BoundedSemaphore | None) -> Iterator[None]:
    """Around every call: guards before, our errors after."""
    refuse_inside_transaction()
    if slots is not None and not slots.acquire(blocking=False):
        raise Full("Four others wait for Stripe already.")
    try:
        yield
    except stripe.InvalidRequestError as error:
        raise (Gone if error.code == "resource_missing" else Refused)(error.user_message or str(error)) from error
    except stripe.PermissionError as error:
        raise Forbidden(str(error)) from error
    except (stripe.AuthenticationError, stripe.IdempotencyError) as error:
        raise Misconfigured(str(error)) from error
    except stripe.CardError as error:
        raise Refused(error.user_message or str(error)) from error
    except stripe.StripeError as error:
        raise _for_later(error) from error
    finally:
        if slots is not None:
            slots.release()


def _for_later(error: stripe.StripeError) -> TryLater:
    if error.http_status == 409:
        return Busy(str(error))
    replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
    return (Spoilt if replayed else TryLater)(str(error))


def read_event(body: bytes, header: str) -> EventNote:
    """What a webhook tells us, once one of our secrets proves who sent it. Only ids are taken from it.

    Raises Forged (ClockWrong when only its age is wrong) and Unreadable (thin events, no JSON).
    """
    failure = "no secret is configured"
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            return translate.event(stripe.Webhook.construct_event(body, header, secret))
        except stripe.SignatureVerificationError as error:
            failure = str(error)
            if "outside the tolerance" in failure:
                raise ClockWrong(failure) from error
        except (ValueError, KeyError, AttributeError) as error:
            raise Unreadable(str(error)) from error
    raise Forged(failure)


class Teller:
    """Somebody at Stripe's counter, with a client and a measure of patience. Every method may raise our errors."""

    def __init__(self, client: stripe.StripeClient, slots: threading.BoundedSemaphore | None) -> None:
        self._v1 = client.v1
        self._slots = slots

    # -- people

    def create_customer(self, *, email: str, member_id: int, key: str) -> str:
        """A new Customer; its id."""
        with calling(self._slots):
            made = self._v1.customers.create(
                {"email": email, "metadata": {"member": str(member_id)}}, {"idempotency_key": key}
            )
        return made.id

    def is_customer(self, customer_id: str) -> bool:
        """False for one that was deleted; raises Gone for one that never was."""
        with calling(self._slots):
            return not translate.field(self._v1.customers.retrieve(customer_id), "deleted")

    def update_customer(self, customer_id: str, *, email: str, key: str) -> None:
        """Tell Stripe a Customer's new address: receipts and dunning mail go there. Raises Gone for a deleted one."""
        with calling(self._slots):
            self._v1.customers.update(customer_id, {"email": email}, {"idempotency_key": key})

    def delete_customer(self, customer_id: str) -> None:
        """Have Stripe forget the person; it ends what they still pay for. One that is gone already is no error."""
        try:
            with calling(self._slots):
                self._v1.customers.delete(customer_id)
        except Gone:
            return

    def find_customers(self, wanted: str) -> list[CustomerState]:
        """Customers with this e-mail, newest first, at most ten; or the one with this id, unless it was deleted."""
        with calling(self._slots):
            by_id = wanted.startswith("cus_")
            found = (
                [self._v1.customers.retrieve(wanted)]
                if by_id
                else self._v1.customers.list({"email": wanted, "limit": 10}).data
            )
        return [translate.customer(each) for each in found if not translate.field(each, "deleted")]

    # -- Checkout and Portal

    def open_checkout(
        self,
        attempt_id: str,
        *,
        price_id: str,
        customer_id: str,
        success_url: str,
        cancel_url: str,
        expires_at: datetime,
        trial_days: int = 0,
    ) -> CheckoutState:
        """A Checkout Session for a subscription; `attempt_id` is its key and reference. `trial_days`: 0 for none."""
        told = {"attempt": attempt_id}
        params: stripe.params.checkout.SessionCreateParams = {
            "mode": "subscription",
            "line_items": [{"price": price_id, "quantity": 1}],
            "customer": customer_id,
            "client_reference_id": attempt_id,
            "metadata": told,
            "subscription_data": {"metadata": told},
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": int(expires_at.timestamp()),
            "adaptive_pricing": {"enabled": False},
            "allow_promotion_codes": True,
        }
        if settings.STRIPE_TAX:
            params["automatic_tax"] = {"enabled": True}
            params["customer_update"] = {"address": "auto"}
        if trial_days:
            params["subscription_data"] = {
                "metadata": told,
                "trial_period_days": trial_days,
                "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
            }
        with calling(self._slots):
            return translate.checkout(self._v1.checkout.sessions.create(params, {"idempotency_key": attempt_id}))

    def open_one_off(self, attempt_id: str, wanted: OneOff) -> CheckoutState:
        """A Checkout Session for a donation or a gift: one payment, no Customer."""
        told = {"attempt": attempt_id}
        params: stripe.params.checkout.SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {
                    "price_data": {
                        "currency": wanted.currency.lower(),
                        "unit_amount": wanted.amount,
                        "product_data": {"name": wanted.name},
                    },
                    "quantity": 1,
                }
            ],
            "client_reference_id": attempt_id,
            "customer_creation": "if_required",
            "metadata": told,
            "payment_intent_data": {"metadata": told},
            "success_url": wanted.success_url,
            "cancel_url": wanted.cancel_url,
            "expires_at": int(wanted.expires_at.timestamp()),
            "adaptive_pricing": {"enabled": False},
            "submit_type": "donate" if wanted.is_donation else "pay",
        }
        if settings.STRIPE_TAX and not wanted.is_donation:
            params["automatic_tax"] = {"enabled": True}
        if wanted.email:
            params["customer_email"] = wanted.email
        with calling(self._slots):
            return translate.checkout(self._v1.checkout.sessions.create(params, {"idempotency_key": attempt_id}))

    def fetch_checkout(self, session_id: str) -> CheckoutState:
        """A Checkout Session as it stands."""
        with calling(self._slots):
            return translate.checkout(self._v1.checkout.sessions.retrieve(session_id))

    def expire_checkout(self, session_id: str) -> CheckoutState:
        """Close an open Session; one that is over already is returned as it stands."""
        try:
            with calling(self._slots):
                return translate.checkout(self._v1.checkout.sessions.expire(session_id))
        except Refused:
            return self.fetch_checkout(session_id)

    def open_portal(self, customer_id: str, *, configuration: str, return_url: str) -> str:
        """The address of a new Portal Session. It signs its holder in: redirect at once, keep it nowhere."""
        params: stripe.params.billing_portal.SessionCreateParams = {"customer": customer_id, "return_url": return_url}
        if configuration:
            params["configuration"] = configuration
        with calling(self._slots):
            return self._v1.billing_portal.sessions.create(params).url

    def find_portal(self) -> str:
        """The id of our portal configuration; empty when `stripe_setup` made none."""
        with calling(self._slots):
            found = self._v1.billing_portal.configurations.list({"active": True, "limit": 100}).data
        return next((each.id for each in found if translate.field(each.metadata, "newsroom")), "")

    # -- subscriptions

    def fetch_subscription(self, subscription_id: str) -> SubscriptionState:
        """A subscription with what is known of its last invoices. Two to five calls."""
        with calling(self._slots):
            return looking.subscription(self._v1, subscription_id)

    def list_subscriptions(self, customer_id: str) -> list[str]:
        """The ids of every subscription of a customer, ended ones included."""
        with calling(self._slots):
            pages = self._v1.subscriptions.list({"customer": customer_id, "status": "all", "limit": 100})
            return [each.id for each in pages.auto_paging_iter()]

    def pause(self, subscription_id: str, *, resumes_at: datetime, key: str) -> None:
        """Void what falls due until `resumes_at`."""
        until = int(resumes_at.timestamp())
        with calling(self._slots):
            self._v1.subscriptions.update(
                subscription_id,
                {"pause_collection": {"behavior": "void", "resumes_at": until}},
                {"idempotency_key": key},
            )

    def resume(self, subscription_id: str, *, key: str) -> None:
        """End our pause now."""
        with calling(self._slots):
            self._v1.subscriptions.update(subscription_id, {"pause_collection": ""}, {"idempotency_key": key})

    def cancel(self, subscription_id: str) -> None:
        """End it at once; one that is over already is no error."""
        try:
            with calling(self._slots):
                self._v1.subscriptions.cancel(subscription_id)
        except Gone:
            return

    def restart(self, subscription_id: str, *, key: str) -> None:
        """Begin anew, and charge, what rests since its trial ended without a card."""
        with calling(self._slots):
            self._v1.subscriptions.resume(subscription_id, {}, {"idempotency_key": key})

    # -- money

    def refund(self, payment_intent: str, *, key: str, amount: int | None = None) -> None:
        """Give all that is left of a payment back, or `amount` minor units. Refused when disputed."""
        params: stripe.params.RefundCreateParams = {"payment_intent": payment_intent}
        if amount is not None:
            params["amount"] = amount
        with calling(self._slots):
            self._v1.refunds.create(params, {"idempotency_key": key})

    def fetch_invoice(self, invoice_id: str) -> InvoiceState:
        """An invoice as it stands."""
        with calling(self._slots):
            return translate.invoice(self._v1.invoices.retrieve(invoice_id, {"expand": ["payments"]}))

    def fetch_payment(self, payment_intent: str) -> PaymentState:
        """A payment with refunds, dispute, and the invoice it paid. Two to four calls."""
        with calling(self._slots):
            return looking.payment(self._v1, payment_intent, is_taxed=settings.STRIPE_TAX)

    def payment_behind(self, object_id: str) -> str:
        """The payment intent behind a charge, refund, dispute or fraud warning; empty when there is none."""
        with calling(self._slots):
            return looking.payment_behind(self._v1, object_id)

    # -- comparing

    def payments_of(self, subscription_id: str) -> list[str]:
        """The payment intents of every paid invoice of a subscription, newest first."""
        with calling(self._slots):
            return looking.payments_of(self._v1, subscription_id)

    def money_gone_since(self, since: datetime) -> set[str]:
        """Payment intents refunded or disputed since."""
        with calling(self._slots):
            return looking.money_gone_since(self._v1, since)

    def events_since(self, since: datetime, types: Sequence[str]) -> Iterator[EventNote]:
        """Events of at most 20 `types`, newest first, 30 days back at most."""
        with calling(self._slots):
            yield from list(looking.events_since(self._v1, since, types))

    def subscribers_of(self, price_id: str) -> list[tuple[str, str]]:
        """Every subscription to a price that is not over: its id and its customer's."""
        with calling(self._slots):
            pages = self._v1.subscriptions.list({"price": price_id, "limit": 100})
            return [(each.id, translate.ident(each.customer)) for each in pages.auto_paging_iter()]
