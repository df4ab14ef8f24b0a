"""Support that is no subscription: one-off payments, offline money, access given on the desk."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from members.models import AuditEntry, CheckoutAttempt, Complimentary, Grant, Member, OfflinePayment, Payment, Tier
from members.money.joining import checkout
from members.money.joining.offers import offers


def donate(*, amount: int, member: Member | None, email: str, message: str, return_path: str, now: datetime) -> str:
    """Begin a one-off payment of `amount` minor units; the address to send the giver to.

    Needs no account. Raises CheckoutError.
    """
    details = {"message": message, "name": _("One-off support")}
    attempt = checkout.new_attempt(
        kind=CheckoutAttempt.Kind.DONATE, member=member, amount=amount, email=email,
        details=details, return_path=return_path, now=now,
    )  # fmt: skip
    return checkout.open_one_off(attempt)


def buy_gift(
    *,
    tier: Tier,
    months: int,
    member: Member | None,
    email: str,
    recipient_email: str,
    giver_name: str,
    message: str,
    deliver_at: datetime | None,
    now: datetime,
) -> str:
    """Begin buying a gift; the address to send the giver to. Raises CheckoutError."""
    amount = next((offer.as_gift(months) for offer in offers(now=now) if offer.tier == tier), None)
    if amount is None:
        raise checkout.CheckoutError(_("This gift is not offered any more."))
    details = {
        "tier": tier.pk,
        "months": months,
        "recipient_email": recipient_email,
        "giver_name": giver_name,
        "message": message,
        "deliver_at": deliver_at.isoformat() if deliver_at else None,
        "name": _("A gift: %(tier)s, %(months)s months") % {"tier": tier.name, "months": months},
    }
    attempt = checkout.new_attempt(
        kind=CheckoutAttempt.Kind.GIFT, member=member, amount=amount, email=email,
        details=details, return_path="", now=now,
    )  # fmt: skip
    return checkout.open_one_off(attempt)


def changed(row: Complimentary | OfflinePayment, *, by: Member, verb: str, now: datetime, changes: Any = None) -> None:
    """Given access or recorded money was saved: rewrite its member's grants, and write down who did it.

    `changes`: {field: [old, new]}, for the record.
    """
    with transaction.atomic():
        Grant.objects.rebuild(row.member, now=now)
        reason = getattr(row, "reason", "")
        AuditEntry.objects.note(verb, by=by, subject=row, reason=reason, changes=changes)


def message_of(payment: Payment) -> str:
    """What the giver wrote with a one-off payment or a gift; empty for none."""
    return str(payment.attempt.details.get("message", "")) if payment.attempt else ""


def void_offline(row: OfflinePayment, *, by: Member, now: datetime) -> bool:
    """Take recorded money back: its access ends. False if it was void before."""
    with transaction.atomic():
        if not OfflinePayment.objects.filter(pk=row.pk, voided_at=None).update(voided_at=now):
            return False
        changed(row, by=by, verb="void offline payment", now=now)
    return True


def end_complimentary(row: Complimentary, *, by: Member, now: datetime) -> bool:
    """End given access now. False if it had ended or not begun."""
    with transaction.atomic():
        running = Complimentary.objects.filter(pk=row.pk, ends_at__gt=now, starts_at__lt=now)
        if not running.update(ends_at=now):
            return False
        changed(row, by=by, verb="end complimentary access", now=now)
    return True
