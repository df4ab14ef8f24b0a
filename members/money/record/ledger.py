"""The ledger: what was paid, given back or disputed, and what follows from it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from members.letters.sending import mailings
from members.models import AuditEntry, CheckoutAttempt, Grant, Member, Payment, StripeRef, Subscription
from members.money.amounts import spelled
from members.money.giving import gifts
from members.money.keeping.standing import day
from members.money.notices import tell_staff
from members.money.record.subscriptions import database_clock, sync_subscription
from members.money.stripe_api.errors import Refused
from members.money.stripe_api.payments import Teller
from members.money.stripe_api.states import PaymentState

LATE = timedelta(days=3)  # as long as Stripe tries to deliver


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
        if (member and member.erased_at) or (subscription and subscription.customer.is_forgotten):
            seen, member, email = replace(seen, email=""), None, ""  # who it was is not written down again
        before = Payment.objects.select_for_update().filter(payment_intent=payment_intent).first()
        if before is not None and before.fetched_at >= asked_at:
            return before
        payment = _record(seen, subscription, attempt, member, asked_at, is_new=before is None)
        _effects(payment, before, attempt, member, email or seen.email)
    if subscription is not None:
        _end_if_refunded(payment, subscription, teller=teller)
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
    *,
    is_new: bool,
) -> Payment:
    kind = Payment.Kind.INVOICE if subscription else Payment.Kind.DONATION
    if attempt is not None and attempt.kind == CheckoutAttempt.Kind.GIFT:
        kind = Payment.Kind.GIFT
    fields: dict[str, Any] = {
        "amount": seen.amount,
        "currency": seen.currency,
        "amount_refunded": seen.amount_refunded,
        "dispute_status": seen.dispute_status,
        "tax": seen.tax,
        "receipt_number": seen.receipt_number,
        "invoice_number": seen.invoice.number if seen.invoice else "",
        "billing_email": seen.email[:254],
        "livemode": seen.livemode,
        "paid_at": seen.paid_at,
        "fetched_at": asked_at,
    }
    if is_new:
        fields |= {"kind": kind, "subscription": subscription, "attempt": attempt, "member": member}
    if seen.invoice is not None:
        fields |= {"period_start": seen.invoice.period_start, "period_end": seen.invoice.period_end}
    row, _made = Payment.objects.update_or_create(payment_intent=seen.payment_intent, defaults=fields)
    for reference in filter(None, (seen.charge_id, seen.invoice.id if seen.invoice else "")):
        StripeRef.objects.update_or_create(
            reference=reference, defaults={"payment": row, "subscription": row.subscription}
        )
    return row


def _effects(
    payment: Payment, before: Payment | None, attempt: CheckoutAttempt | None, member: Member | None, email: str
) -> None:
    """What follows from a payment as it stands now: a gift, thanks, flags, news; grants always."""
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
    if before is None and payment.paid_at < timezone.now() - LATE:
        return  # an import, a deploy, a reconcile: old news
    _tell_of_support(payment, member)
    _tell_of_refund(payment, before, member, email)
    _tell_of_dispute(payment, before)


def _tell_of_support(payment: Payment, member: Member | None) -> None:
    """Somebody of the staff may want to hear of a gift or a donation; once a payment."""
    if payment.kind != Payment.Kind.INVOICE and not payment.is_void:
        told = {"amount": spelled(payment.amount, payment.currency), "gives": payment.kind}
        person = {"name": str(member or ""), "email": member.email if member else payment.billing_email}
        tell_staff("gift", f"{payment.kind}-{payment.pk}", {**told, **person})


def _tell_of_refund(payment: Payment, before: Payment | None, member: Member | None, email: str) -> None:
    """A mail for each amount given back; a flag when it was a part, or when the bank sent it back to us."""
    was, now = before.amount_refunded if before else 0, payment.amount_refunded
    if now < was:
        _flag(payment, f"a refund failed: {spelled(was - now, payment.currency)} came back")
    elif 0 < now < payment.amount:
        _flag(payment, "payment partly refunded")
    if now <= was or (member is None and not email):
        return
    with translation.override((member.language if member else "") or settings.LANGUAGE_CODE):
        told = {
            "refunded": spelled(now - was, payment.currency),
            "amount": spelled(payment.amount, payment.currency),
            "paid_on": day(payment.paid_at),
            "is_whole": now >= payment.amount and not was,
            "ends": now >= payment.amount and payment.kind != Payment.Kind.DONATION,
        }
    key, template = f"refund-{payment.pk}-{now}", "members/refunded"
    mailings.queue(key, template=template, context=told, member=member, email=email)


def _tell_of_dispute(payment: Payment, before: Payment | None) -> None:
    """A person looks at every turn of a dispute."""
    status = payment.dispute_status
    if not status or (before is not None and before.dispute_status == status):
        return
    if payment.is_disputed:
        _flag(payment, f"payment disputed: {status}")
    what = _("disputed: %(state)s") % {"state": status.replace("_", " ")}
    _tell_of_trouble(payment, f"dispute-{payment.pk}-{status}", what)


def _tell_of_trouble(payment: Payment, key: str, what: str) -> None:
    person = {"name": str(payment.member or ""), "email": payment.billing_email}
    told = {"amount": spelled(payment.amount, payment.currency), "dispute": what}
    tell_staff("failed", key, {**told, **person})


def _flag(payment: Payment, reason: str) -> None:
    """Have a person look at the subscription this payment was for."""
    if payment.subscription_id is not None:
        Subscription.objects.filter(pk=payment.subscription_id).update(needs_review=reason[:200])


def _end_if_refunded(payment: Payment, subscription: Subscription, *, teller: Teller) -> None:
    """End at Stripe what was wholly paid back. Before that we learn of later payments that we have not heard of."""
    if not _is_latest_and_refunded(payment):
        return
    paid = [each.payment_intent for each in teller.fetch_subscription(subscription.stripe_id).invoices
            if each.status == "paid" and each.payment_intent]  # fmt: skip
    known = set(Payment.objects.filter(payment_intent__in=paid).values_list("payment_intent", flat=True))
    for payment_intent in paid:
        if payment_intent not in known:
            sync_payment(payment_intent, teller=teller)
    if _is_latest_and_refunded(payment):
        teller.cancel(subscription.stripe_id)
        sync_subscription(subscription.stripe_id, teller=teller)


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
    """Look at the payment behind a charge, refund, dispute or fraud warning. False when it is not ours.

    A fraud warning is flagged: giving the money back in time may save a dispute.
    """
    intent = teller.payment_behind(object_id)
    payment = sync_payment(intent, teller=teller) if intent else None
    if payment is not None and object_id.startswith("issfr_"):
        with transaction.atomic():
            _flag(payment, "early fraud warning: refund before it becomes a dispute?")
            _tell_of_trouble(payment, f"fraud-{object_id}", _("early fraud warning"))
    return payment is not None


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


def refund(payment: Payment, *, by: Member, teller: Teller, amount: int | None = None) -> None:
    """Give a payment back on the desk's word: all that is left, or `amount` minor units. Audited.

    When all of it is gone back its subscription ends with it. Pressed twice from one look at the payment, or
    again after Stripe did not answer, it refunds once: the audit row is the same, and its id is the key.
    Raises Refused (disputed, more than is left), TryLater.
    """
    before = payment.amount_refunded
    after = payment.amount if amount is None else before + amount
    if before >= payment.amount and amount is None:
        sync_payment(payment.payment_intent, teller=teller)
        return
    if not before < after <= payment.amount:
        left = spelled(payment.amount - before, payment.currency)
        raise Refused(_("There are %(left)s left to give back.") % {"left": left})
    entry = _wish(payment, by=by, after=after)
    try:
        teller.refund(payment.payment_intent, key=f"refund-{entry.pk}", amount=after - before)
    except Refused:
        seen = teller.fetch_payment(payment.payment_intent)
        if seen.amount_refunded < after:
            raise
    sync_payment(payment.payment_intent, teller=teller)


def _wish(payment: Payment, *, by: Member, after: int) -> AuditEntry:
    """The audit row of a refund, committed before Stripe hears of it: a new one, or that of the press before."""
    changes = {"amount_refunded": [payment.amount_refunded, after], "seen": payment.fetched_at.isoformat()}
    with transaction.atomic():
        Payment.objects.select_for_update().get(pk=payment.pk)
        made = AuditEntry.objects.about(payment).filter(verb="refund", changes=changes)
        return made.first() or AuditEntry.objects.create(
            by=by, verb="refund", subject_type=payment._meta.label, subject_id=str(payment.pk),
            subject_name=str(payment)[:200], changes=changes,
        )  # fmt: skip


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
