"""From the SDK's objects to our frozen values. Imports no SDK: it takes what `payments` hands it.

`StripeObject` is no dict: a field that may be absent is asked for with `field`.
"""

from collections.abc import Sequence
from typing import Any

from members.money.stripe_api.states import (
    UTC_EPOCH,
    CatalogPrice,
    CheckoutState,
    CustomerState,
    EventNote,
    InvoiceState,
    Item,
    PaymentState,
    SubscriptionState,
    moment,
)


def event(event: Any) -> EventNote:
    """A verified event, ids only."""
    thing = event.data.object
    customer = thing["id"] if event.type.startswith("customer.") and "subscription" not in event.type else ""
    return EventNote(
        id=event.id,
        type=event.type,
        object_id=str(field(thing, "id") or ""),
        customer_id=customer or ident(field(thing, "customer")),
        api_version=event.api_version or "",
        livemode=event.livemode,
        created=moment(event.created) or UTC_EPOCH,
    )


def field(thing: Any, name: str) -> Any:
    """A field that may be absent: `StripeObject` is no dict and raises."""
    return thing[name] if thing is not None and name in thing else None


def ident(thing: Any) -> str:
    """The id of what is served either as an id or expanded."""
    return "" if thing is None else thing if isinstance(thing, str) else str(thing["id"])


def customer(found: Any) -> CustomerState:
    """A Customer that exists."""
    return CustomerState(
        id=found.id,
        email=field(found, "email") or "",
        name=field(found, "name") or "",
        created=moment(found.created) or UTC_EPOCH,
        livemode=found.livemode,
    )


def checkout(session: Any) -> CheckoutState:
    """A Checkout Session."""
    details = session.customer_details
    told = session.metadata.to_dict() if session.metadata else {}
    return CheckoutState(
        id=session.id,
        status=session.status or "",
        payment_status=session.payment_status,
        attempt_id=session.client_reference_id or str(told.get("attempt", "")),
        customer_id=ident(session.customer),
        subscription_id=ident(session.subscription),
        payment_intent=ident(session.payment_intent),
        email=(details.email if details else "") or "",
        url=session.url or "",
        livemode=session.livemode,
    )


def subscription(found: Any, invoices: Sequence[Any]) -> SubscriptionState:
    """A subscription with its newest invoices."""
    pause = found.pause_collection
    return SubscriptionState(
        id=found.id,
        customer_id=ident(found.customer),
        status=found.status,
        items=tuple(
            Item(
                id=item.id,
                price_id=item.price.id,
                product_id=ident(item.price.product),
                quantity=field(item, "quantity") or 1,
                period_start=moment(item.current_period_start) or UTC_EPOCH,
                period_end=moment(item.current_period_end) or UTC_EPOCH,
            )
            for item in found.items.data
        ),
        started_at=moment(found.start_date) or UTC_EPOCH,
        cancel_at=moment(found.cancel_at),
        ends_with_period=found.cancel_at_period_end,
        ended_at=moment(found.ended_at),
        is_pause=pause is not None,
        resumes_at=moment(pause.resumes_at) if pause else None,
        invoices=tuple(invoice(each) for each in invoices),
        livemode=found.livemode,
    )


def invoice(found: Any) -> InvoiceState:
    """An invoice; its payments only where they were expanded."""
    parent = found.parent.subscription_details if found.parent else None
    payments = field(found, "payments")
    intents = [ident(field(each.payment, "payment_intent")) for each in payments.data] if payments else []
    periods = [line.period for line in found.lines.data]
    return InvoiceState(
        id=found.id or "",
        status=found.status or "",
        subscription_id=ident(parent.subscription) if parent else "",
        customer_id=ident(found.customer),
        payment_intent=next(filter(None, intents), ""),
        amount_due=found.amount_due,
        currency=found.currency.upper(),
        period_start=moment(min((each.start for each in periods), default=found.period_start)) or UTC_EPOCH,
        period_end=moment(max((each.end for each in periods), default=found.period_end)) or UTC_EPOCH,
        hosted_url=field(found, "hosted_invoice_url") or "",
        is_renewal=found.billing_reason == "subscription_cycle",
    )


def payment(intent: Any, disputes: Sequence[Any], invoice: InvoiceState | None) -> PaymentState:
    """A payment intent with its expanded charge, newest dispute and invoice."""
    charge = intent.latest_charge if not isinstance(intent.latest_charge, str) else None
    told = intent.metadata.to_dict() if intent.metadata else {}
    email = charge.billing_details.email if charge and charge.billing_details else ""
    return PaymentState(
        payment_intent=intent.id,
        succeeded=intent.status == "succeeded",
        charge_id=charge.id if charge else "",
        customer_id=ident(intent.customer),
        attempt_id=str(told.get("attempt", "")),
        invoice=invoice,
        amount=intent.amount_received or intent.amount,
        currency=intent.currency.upper(),
        amount_refunded=charge.amount_refunded if charge else 0,
        dispute_status=disputes[0].status if disputes else "",
        paid_at=moment(charge.created if charge else intent.created) or UTC_EPOCH,
        email=email or "",
        livemode=intent.livemode,
    )


def price(found: Any) -> CatalogPrice:
    """A recurring price."""
    recurring = found.recurring
    return CatalogPrice(
        lookup_key=found.lookup_key or "",
        currency=found.currency.upper(),
        amount=found.unit_amount or 0,
        interval=recurring.interval if recurring else "",
        active=found.active,
    )
