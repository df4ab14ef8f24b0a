"""From the SDK's objects to our frozen values. Imports no SDK: it takes what `payments` hands it.

`StripeObject` is no dict: a field that may be absent is asked for with `field`.
"""

import calendar
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from members.money.stripe_api.states import (
    UTC_EPOCH,
    Card,
    CatalogPrice,
    CatalogProduct,
    Change,
    CheckoutState,
    CustomerState,
    Discount,
    Endpoint,
    EventNote,
    InvoiceState,
    Item,
    PaymentState,
    PortalState,
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


def expanded(thing: Any) -> Any:
    """What is served either as an id or expanded, if it was expanded."""
    return None if isinstance(thing, str) else thing


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


def subscription(
    found: Any,
    invoices: Sequence[Any],
    *,
    card: Card | None = None,
    needs_action: bool = False,
    next_amount: int | None = None,
) -> SubscriptionState:
    """A subscription with its newest invoices, and what further calls told."""
    pause, why = found.pause_collection, found.cancellation_details
    return SubscriptionState(
        id=found.id,
        customer_id=ident(found.customer),
        status=found.status,
        items=tuple(_item(item) for item in found.items.data),
        started_at=moment(found.start_date) or UTC_EPOCH,
        cancel_at=moment(found.cancel_at),
        ends_with_period=found.cancel_at_period_end,
        ended_at=moment(found.ended_at),
        is_pause=pause is not None,
        resumes_at=moment(pause.resumes_at) if pause else None,
        invoices=tuple(invoice(each) for each in invoices),
        livemode=found.livemode,
        trial_ends_at=moment(found.trial_end),
        next_amount=next_amount,
        discounts=tuple(discount(each) for each in found.discounts if expanded(each)),
        change=change(found),
        cancel_reason=(why.feedback or why.reason or "") if why else "",
        cancel_comment=(why.comment or "") if why else "",
        card=card,
        needs_action=needs_action,
    )


def _item(found: Any) -> Item:
    return Item(
        id=found.id,
        price_id=found.price.id,
        product_id=ident(found.price.product),
        quantity=field(found, "quantity") or 1,
        period_start=moment(found.current_period_start) or UTC_EPOCH,
        period_end=moment(found.current_period_end) or UTC_EPOCH,
        unit_amount=field(found.price, "unit_amount") or 0,
    )


def discount(found: Any) -> Discount:
    """A discount whose coupon was expanded; named by the code people typed, where there was one."""
    coupon, code = found.source.coupon, found.promotion_code
    typed = field(expanded(code), "code")
    percent = field(coupon, "percent_off")
    return Discount(
        name=typed or field(coupon, "name") or coupon["id"],
        percent_off=None if percent is None else Decimal(str(percent)).normalize(),
        amount_off=field(coupon, "amount_off"),
        currency=(field(coupon, "currency") or "").upper(),
        lasts=coupon["duration"],
        ends_at=moment(found.end),
    )


def change(found: Any) -> Change | None:
    """The price of the schedule's next phase, if it is another one than today's."""
    schedule = found.schedule
    if expanded(schedule) is None:
        return None
    running = field(schedule, "current_phase")
    ends = running.end_date if running else 0
    after = sorted((each for each in schedule.phases if each.start_date >= ends), key=lambda each: each.start_date)
    if not running or not after or not after[0]["items"]:
        return None
    wanted = ident(after[0]["items"][0].price)
    today = {item.price.id for item in found.items.data}
    return None if wanted in today else Change(wanted, moment(after[0].start_date) or UTC_EPOCH)


def card(method: Any) -> Card | None:
    """An expanded payment method; a bank debit has neither brand nor end."""
    if expanded(method) is None:
        return None
    details = field(method, method.type)
    month, year = field(details, "exp_month"), field(details, "exp_year")
    last = date(year, month, calendar.monthrange(year, month)[1]) if month and year else None
    return Card(str(field(details, "brand") or method.type)[:30], str(field(details, "last4") or "")[:4], last)


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
        number=found.number or "",
        tax=sum(each.amount for each in found.total_taxes or []),
        email=found.customer_email or "",
    )


def payment(intent: Any, disputes: Sequence[Any], invoice: InvoiceState | None, *, tax: int = 0) -> PaymentState:
    """A payment intent with its expanded charge, newest dispute and invoice; `tax` of one without invoice."""
    charge = expanded(intent.latest_charge)
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
        email=email or (invoice.email if invoice else ""),
        livemode=intent.livemode,
        tax=invoice.tax if invoice else tax,
        receipt_number=(charge.receipt_number if charge else "") or "",
    )


def price(found: Any) -> CatalogPrice:
    """A recurring price."""
    recurring = found.recurring
    return CatalogPrice(
        lookup_key=found.lookup_key or "",
        currency=found.currency.upper(),
        amount=found.unit_amount or 0,
        interval=recurring.interval if recurring and recurring.interval_count == 1 else "",
        active=found.active,
        tax_behavior=field(found, "tax_behavior") or "unspecified",
    )


def product(found: Any) -> CatalogProduct:
    """A product; a deleted one is not active."""
    return CatalogProduct(
        id=found.id,
        name=field(found, "name") or "",
        description=field(found, "description") or "",
        active=bool(field(found, "active")),
    )


def portal(found: Any) -> PortalState:
    """A portal configuration."""
    cancel, update = found.features.subscription_cancel, found.features.subscription_update
    return PortalState(
        id=found.id,
        prices=frozenset(each for product in update.products or [] for each in product.prices),
        cancel_mode=cancel.mode if cancel.enabled else "off",
        asks_why=bool(cancel.cancellation_reason and cancel.cancellation_reason.enabled),
        later=frozenset(each.type for each in update.schedule_at_period_end.conditions),
    )


def endpoint(found: Any) -> Endpoint:
    """A webhook endpoint."""
    return Endpoint(found.url, found.api_version or "", found.status, frozenset(found.enabled_events))
