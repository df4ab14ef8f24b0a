"""How we look at Stripe's objects: which calls, with what expanded. Functions of the client `payments` hands over.

Imports no SDK. Kept to few calls: a quiet subscription costs two, one that is discounted, taxed, unpaid or
paid by its customer's own card one more each.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from members.money.stripe_api import translate
from members.money.stripe_api.states import Card, EventNote, PaymentState, SubscriptionState

if TYPE_CHECKING:
    from members.money.stripe_api.payments import V1

NEWEST = 5  # invoices that come with a subscription
RUNNING = ("trialing", "active", "past_due", "unpaid", "paused")
WANTS_THE_PATRON = ("authentication_required", "invoice_payment_intent_requires_action")


def subscription(v1: "V1", subscription_id: str) -> SubscriptionState:
    """A subscription with what is known of its last invoices. Two calls when it is quiet, five at most."""
    expand = ["default_payment_method", "discounts.source.coupon", "discounts.promotion_code", "schedule"]
    found = v1.subscriptions.retrieve(subscription_id, {"expand": expand})
    invoices = v1.invoices.list({"subscription": subscription_id, "limit": NEWEST, "expand": ["data.payments"]}).data
    return translate.subscription(
        found,
        invoices,
        card=_card(v1, found),
        needs_action=_needs_action(v1, invoices),
        next_amount=_next_amount(v1, found),
    )


def _card(v1: "V1", found: Any) -> Card | None:
    """The subscription's own means of payment, else its customer's; none is asked for once it is over."""
    own = translate.card(found.default_payment_method)
    if own is not None or found.status not in RUNNING:
        return own
    customer: Any = v1.customers.retrieve(
        translate.ident(found.customer), {"expand": ["invoice_settings.default_payment_method"]}
    )
    settings = translate.field(customer, "invoice_settings")
    return translate.card(translate.field(settings, "default_payment_method"))


def _needs_action(v1: "V1", invoices: Sequence[Any]) -> bool:
    """Whether the bank wants the patron to confirm the open invoice's payment."""
    waiting = next((translate.invoice(each) for each in invoices if each.status == "open"), None)
    if waiting is None or not waiting.payment_intent:
        return False
    intent = v1.payment_intents.retrieve(waiting.payment_intent)
    error = translate.field(intent, "last_payment_error")
    return intent.status == "requires_action" or translate.field(error, "code") in WANTS_THE_PATRON


def _next_amount(v1: "V1", found: Any) -> int | None:
    """What the next payment takes, in minor units: by Stripe's own preview where more than the price counts."""
    is_ending = found.cancel_at is not None or found.cancel_at_period_end
    if found.status not in ("trialing", "active") or is_ending or found.pause_collection is not None:
        return None
    tax = translate.field(found, "automatic_tax")
    if not found.discounts and not (tax and tax.enabled):
        return sum(
            (item.price.unit_amount or 0) * (translate.field(item, "quantity") or 1) for item in found.items.data
        )
    return v1.invoices.create_preview({"subscription": found.id}).amount_due


def payment(v1: "V1", payment_intent: str, *, is_taxed: bool) -> PaymentState:
    """A payment with refunds, dispute, and the invoice it paid. Two to four calls.

    `is_taxed`: what has no invoice has its tax in the Checkout Session; that is looked up too.
    """
    intent = v1.payment_intents.retrieve(payment_intent, {"expand": ["latest_charge"]})
    disputed = translate.field(translate.expanded(intent.latest_charge), "disputed")
    disputes = v1.disputes.list({"payment_intent": payment_intent, "limit": 1}).data if disputed else []
    paid = v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": payment_intent}, "expand": ["data.invoice"]}
    ).data
    invoice = translate.expanded(paid[0].invoice) if paid else None
    tax = _tax_of_session(v1, payment_intent) if is_taxed and invoice is None else 0
    return translate.payment(intent, disputes, translate.invoice(invoice) if invoice is not None else None, tax=tax)


def _tax_of_session(v1: "V1", payment_intent: str) -> int:
    sessions = v1.checkout.sessions.list({"payment_intent": payment_intent, "limit": 1}).data
    details = sessions[0].total_details if sessions else None
    return details.amount_tax if details else 0


def payment_behind(v1: "V1", object_id: str) -> str:
    """The payment intent behind a charge, refund, dispute or fraud warning; empty when there is none."""
    match object_id.split("_")[0]:
        case "pi":
            return object_id
        case "ch" | "py":
            return translate.ident(v1.charges.retrieve(object_id).payment_intent)
        case "re" | "pyr":
            return translate.ident(v1.refunds.retrieve(object_id).payment_intent)
        case "du" | "dp":
            return translate.ident(v1.disputes.retrieve(object_id).payment_intent)
        case "issfr":
            return translate.ident(v1.radar.early_fraud_warnings.retrieve(object_id).payment_intent)
    return ""


def payments_of(v1: "V1", subscription_id: str) -> list[str]:
    """The payment intents of every paid invoice of a subscription, newest first."""
    pages = v1.invoices.list(
        {"subscription": subscription_id, "status": "paid", "limit": 100, "expand": ["data.payments"]}
    )
    return [intent for each in pages.auto_paging_iter() if (intent := translate.invoice(each).payment_intent)]


def money_gone_since(v1: "V1", since: datetime) -> set[str]:
    """Payment intents refunded or disputed since."""
    seconds = int(since.timestamp())
    refunds = v1.refunds.list({"created": {"gte": seconds}, "limit": 100}).auto_paging_iter()
    disputes = v1.disputes.list({"created": {"gte": seconds}, "limit": 100}).auto_paging_iter()
    return {translate.ident(each.payment_intent) for found in (refunds, disputes) for each in found} - {""}


def events_since(v1: "V1", since: datetime, types: Sequence[str]) -> Iterator[EventNote]:
    """Events of at most 20 `types`, newest first, 30 days back at most."""
    wanted: Any = {"types": list(types), "created": {"gte": int(since.timestamp())}, "limit": 100}
    yield from (translate.event(event) for event in v1.events.list(wanted).auto_paging_iter())
