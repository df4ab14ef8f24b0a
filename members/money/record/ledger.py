"""The ledger: what was paid, given back or disputed, and what follows from it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from members.letters import mailings
from members.models import AuditEntry, CheckoutAttempt, Grant, Member, Payment, StripeRef, Subscription
from members.money.amounts import spelled
from members.money.giving import gifts
from members.money.keeping.standing import day
from members.money.record.subscriptions import database_clock, sync_subscription
from members.money.stripe_api.errors import Refused
from members.money.stripe_api.payments import Teller
from members.money.stripe_api.states import PaymentState


def sync_payment(payment_intent: str, *, teller: Teller, email: str = "") -> Payment | None:
    """Make our row of one payment agree with Stripe's; None for money that is not ours or did not come.

    May make or void a gift, rewrites the member's grants, queues thanks. A wholly refunded latest period
    also ends its subscription at Stripe. `email`: where a buyer without account reads the thanks. Raises
    Gone, TryLater, Misconfigured, Unmatched.
    """
    asked_at = database_clock()
    seen = teller.fetch_payment(payment_intent)
    known = Payment.objects.filter(payment_intent=payment_intent).first()
    if known is None and not seen.succeeded:
        return None
    subscription = _subscription_of(seen, known, teller=teller)
    attempt = _attempt_of(seen)
    if known is None and subscription is None and attempt is None:
        return None
    with transaction.atomic(durable=True):
        member = _lock_member(subscription, attempt)
        payment = _record(seen, subscription, attempt, member, asked_at)
        _effects(payment, attempt, member, email or seen.email)
    if subscription is not None and _is_latest_and_refunded(payment):
        teller.cancel(subscription.stripe_id)
        sync_subscription(subscription.stripe_id, teller=teller)
    return payment


def _subscription_of(seen: PaymentState, known: Payment | None, *, teller: Teller) -> Subscription | None:
    """By the invoice's parent, else by what we wrote down before."""
    if known is not None and known.subscription is not None:
        return known.subscription
    if seen.invoice is None or not seen.invoice.subscription_id:
        return None
    row = Subscription.objects.filter(stripe_id=seen.invoice.subscription_id).first()
    return row or sync_subscription(seen.invoice.subscription_id, teller=teller)


def _attempt_of(seen: PaymentState) -> CheckoutAttempt | None:
    """By our id in the metadata, else by the payment we hold."""
    by_payment = CheckoutAttempt.objects.filter(payment__payment_intent=seen.payment_intent).first()
    if by_payment is not None:
        return by_payment
    try:
        return CheckoutAttempt.objects.filter(pk=UUID(seen.attempt_id)).first()
    except ValueError:
        return None


def _lock_member(subscription: Subscription | None, attempt: CheckoutAttempt | None) -> Member | None:
    """Lock whose money it is: the member first, else the attempt of somebody without account."""
    member_id = subscription.customer.member_id if subscription else attempt.member_id if attempt else None
    if member_id is not None:
        found: Member | None = Member.objects.select_for_update().filter(pk=member_id).first()
        return found
    if attempt is not None:
        CheckoutAttempt.objects.select_for_update().filter(pk=attempt.pk).first()
    return None


def _record(
    seen: PaymentState,
    subscription: Subscription | None,
    attempt: CheckoutAttempt | None,
    member: Member | None,
    asked_at: datetime,
) -> Payment:
    before = Payment.objects.select_for_update().filter(payment_intent=seen.payment_intent).first()
    if before is not None and before.fetched_at >= asked_at:
        return before
    kind = Payment.Kind.INVOICE if subscription else Payment.Kind.DONATION
    if attempt is not None and attempt.kind == CheckoutAttempt.Kind.GIFT:
        kind = Payment.Kind.GIFT
    fields: dict[str, Any] = {
        "amount": seen.amount,
        "currency": seen.currency,
        "amount_refunded": seen.amount_refunded,
        "dispute_status": seen.dispute_status,
        "livemode": seen.livemode,
        "paid_at": seen.paid_at,
        "fetched_at": asked_at,
    }
    if before is None:
        fields |= {"kind": kind, "subscription": subscription, "attempt": attempt, "member": member}
    if seen.invoice is not None:
        fields |= {"period_start": seen.invoice.period_start, "period_end": seen.invoice.period_end}
    row, _made = Payment.objects.update_or_create(payment_intent=seen.payment_intent, defaults=fields)
    for reference in filter(None, (seen.charge_id, seen.invoice.id if seen.invoice else "")):
        StripeRef.objects.update_or_create(
            reference=reference, defaults={"payment": row, "subscription": row.subscription}
        )
    return row


def _effects(payment: Payment, attempt: CheckoutAttempt | None, member: Member | None, email: str) -> None:
    if payment.subscription is not None:
        _flag(payment)
    if payment.kind == Payment.Kind.GIFT and attempt is not None:
        holder = gifts.keep_in_step(payment, attempt, email=email)
        if holder is not None:
            Grant.objects.rebuild(holder)
    if payment.kind == Payment.Kind.DONATION and not payment.is_void:
        told = {"amount": spelled(payment.amount, payment.currency), "on": day(payment.paid_at)}
        key, template = f"donation-{payment.pk}", "members/donation_thanks"
        if member is not None or email:
            mailings.queue(key, template=template, context=told, member=member, email=email)
    if member is not None:
        Grant.objects.rebuild(member)


def _flag(payment: Payment) -> None:
    """Have a person look at a dispute or a partial refund."""
    subscription = payment.subscription
    reason = ""
    if payment.dispute_status and payment.dispute_status not in ("won", "warning_closed"):
        reason = f"payment disputed: {payment.dispute_status}"
    elif 0 < payment.amount_refunded < payment.amount:
        reason = "payment partly refunded"
    if subscription is not None and reason:
        Subscription.objects.filter(pk=subscription.pk).update(needs_review=reason)


def _is_latest_and_refunded(payment: Payment) -> bool:
    """Whether the latest period's money went back whole while the subscription goes on."""
    subscription = payment.subscription
    if subscription is None or payment.amount == 0 or payment.amount_refunded < payment.amount:
        return False
    later = subscription.payments.filter(paid_at__gt=payment.paid_at, amount_refunded=0).exists()
    return not later and Subscription.objects.standing().filter(pk=subscription.pk).exists()


def sync_invoice(invoice_id: str, *, teller: Teller) -> bool:
    """Record an invoice's payment, then look at its subscription. False when it is no business of ours."""
    invoice = teller.fetch_invoice(invoice_id)
    if not invoice.subscription_id:
        return False
    row = sync_subscription(invoice.subscription_id, teller=teller)
    if row is not None and invoice.status == "paid" and invoice.payment_intent:
        sync_payment(invoice.payment_intent, teller=teller)
    return row is not None


def sync_money(object_id: str, *, teller: Teller) -> bool:
    """Look at the payment behind a charge, refund, dispute or fraud warning. False when it is not ours."""
    intent = teller.payment_behind(object_id)
    return bool(intent) and sync_payment(intent, teller=teller) is not None


def settle_double(subscription: Subscription, *, teller: Teller) -> bool:
    """End a subscription bought beside an older one and give its money back. Each step may run twice.

    Looks at the older ones first: if none of them runs any more, nothing is done and False returned.
    """
    older = Subscription.objects.standing().filter(
        customer__member=subscription.customer.member, started_at__lte=subscription.started_at
    )
    for row in older.exclude(pk=subscription.pk):
        sync_subscription(row.stripe_id, teller=teller)
    if not older.exclude(pk=subscription.pk).exists():
        Subscription.objects.filter(pk=subscription.pk).update(needs_review="")
        return False
    seen = teller.fetch_subscription(subscription.stripe_id)
    teller.cancel(subscription.stripe_id)
    for invoice in seen.invoices:
        if invoice.status == "paid" and invoice.payment_intent:
            _refund_once(invoice.payment_intent, teller=teller)
            sync_payment(invoice.payment_intent, teller=teller)
    sync_subscription(subscription.stripe_id, teller=teller)
    return True


def _refund_once(payment_intent: str, *, teller: Teller) -> None:
    """Refund; what was refunded or disputed before stays as it is."""
    try:
        teller.refund(payment_intent, key=f"refund-{payment_intent}")
    except Refused:
        if not teller.fetch_payment(payment_intent).amount_refunded:
            raise


def refund(payment: Payment, *, by: Member, teller: Teller) -> None:
    """Give a payment back, on the desk's word; its subscription ends with it. Audited.

    Raises Refused (disputed), TryLater.
    """
    AuditEntry.objects.note("refund", by=by, subject=payment)
    _refund_once(payment.payment_intent, teller=teller)
    sync_payment(payment.payment_intent, teller=teller)


def end(subscription: Subscription, *, by: Member, teller: Teller) -> None:
    """End a subscription at once, on the desk's word; nothing is refunded. Audited."""
    AuditEntry.objects.note("end subscription", by=by, subject=subscription)
    teller.cancel(subscription.stripe_id)
    sync_subscription(subscription.stripe_id, teller=teller)


def reviewed(subscription: Subscription, *, by: Member) -> None:
    """A person looked at what was flagged. Audited."""
    with transaction.atomic():
        AuditEntry.objects.note("reviewed", by=by, subject=subscription, reason=subscription.needs_review)
        Subscription.objects.filter(pk=subscription.pk).update(needs_review="")
