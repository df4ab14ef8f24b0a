"""Memberships for somebody else: bought once, mailed as a code, redeemed once by a POST, gone if refunded.

The code is not stored: it is derived from the attempt's id with our secret, and its digest is.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.letters.sending import mailings
from members.models import AuditEntry, CheckoutAttempt, Gift, Grant, Member, Payment
from members.money.amounts import spelled
from members.money.keeping.standing import day

MONTHS = (1, 3, 12)
KEPT_FOR = timedelta(days=365)
REMINDED_BEFORE = timedelta(days=7)
SALT = b"newsroom-gift:"


class GiftError(Exception):
    """Why this code opens nothing; fit to show."""


def code_of(attempt: CheckoutAttempt, secret: str = "") -> str:
    """The code of the gift bought in this attempt: 16 letters and digits in fours."""
    key = (secret or settings.SECRET_KEY).encode()
    made = hmac.new(key, SALT + attempt.pk.bytes, hashlib.sha256).digest()
    text = base64.b32encode(made).decode()[:16]
    return "-".join(text[place : place + 4] for place in range(0, 16, 4))


def digest(code: str) -> str:
    """What we keep of a code; spaces, dashes and case do not matter, nor 0 and 1 for O and I."""
    plain = "".join(code.upper().split()).replace("-", "").replace("0", "O").replace("1", "I")
    return hashlib.sha256(plain.encode()).hexdigest()


def keep_in_step(payment: Payment, attempt: CheckoutAttempt, *, email: str) -> Member | None:
    """Make the gift of a payment, or void it if the money went back. Returns whose grants changed.

    Runs inside the ledger's transaction; a second call makes no second gift. The giver's receipt is queued, and
    the code if its day has come. Without a recipient the receipt carries the code.
    """
    gift = Gift.objects.select_for_update().filter(payment=payment).first()
    if gift is None:
        gift = _make(payment, attempt)
        _tell_giver(gift, attempt, email=attempt.email or email)
    is_refunded = payment.amount > 0 and payment.amount_refunded >= payment.amount
    voided_at = (gift.voided_at or timezone.now()) if is_refunded else None
    if voided_at != gift.voided_at:
        Gift.objects.filter(pk=gift.pk).update(voided_at=voided_at)
    if gift.delivered_at is None and not payment.is_void:
        deliver(gift, now=timezone.now())
    return gift.redeemed_by


def _make(payment: Payment, attempt: CheckoutAttempt) -> Gift:
    """The row. A code is good for a year from the day it is delivered."""
    wants = attempt.details
    day_of_delivery = datetime.fromisoformat(wants["deliver_at"]) if wants.get("deliver_at") else timezone.now()
    gift = Gift.objects.create(
        payment=payment,
        tier_id=wants["tier"],
        months=wants["months"],
        code_hash=digest(code_of(attempt)),
        giver_name=wants.get("giver_name", ""),
        message=wants.get("message", ""),
        recipient_email=wants.get("recipient_email", ""),
        deliver_at=day_of_delivery,
        expires_at=max(payment.paid_at, day_of_delivery) + KEPT_FOR,
    )
    gift.refresh_from_db()
    return gift


def _tell_giver(gift: Gift, attempt: CheckoutAttempt, *, email: str) -> None:
    """Queue the receipt: what was paid, and what becomes of the code."""
    if not email:
        return
    context = {
        "amount": spelled(gift.payment.amount, gift.payment.currency),
        "tier": gift.tier.name,
        "months": gift.months,
        "recipient": gift.recipient_email,
        "delivered_on": day(gift.deliver_at),
        "is_now": gift.deliver_at is None or gift.deliver_at <= timezone.now(),
        "code": "" if gift.recipient_email else code_of(attempt),
        "until": day(gift.expires_at),
    }
    mailings.queue(f"receipt-gift-{gift.pk}", template="members/gift_receipt", context=context, email=email)


def deliver(gift: Gift, *, now: datetime) -> bool:
    """Mail the code if its day has come; once. False when not yet, or when somebody already did."""
    attempt = gift.payment.attempt
    if gift.deliver_at is None or gift.deliver_at > now or attempt is None or gift.voided_at or gift.payment.is_void:
        return False
    with transaction.atomic():
        if not Gift.objects.filter(pk=gift.pk, delivered_at=None).update(delivered_at=now):
            return False
        if gift.recipient_email:
            context = _letter(gift, attempt)
            mailings.queue(f"gift-{gift.pk}", template="members/gift_code", context=context, email=gift.recipient_email)
    return True


def _letter(gift: Gift, attempt: CheckoutAttempt) -> dict[str, Any]:
    """What the letter with the code says."""
    return {
        "code": known_code(gift, attempt),
        "tier": gift.tier.name,
        "months": gift.months,
        "giver": gift.giver_name,
        "message": gift.message,
        "until": day(gift.expires_at),
    }


def known_code(gift: Gift, attempt: CheckoutAttempt) -> str:
    """The gift's code, by whichever of our secrets made it; empty when none did."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return next((code for code in (code_of(attempt, each) for each in secrets) if digest(code) == gift.code_hash), "")


def deliver_due(now: datetime) -> int:
    """Mail every code whose day has come. Returns how many."""
    due = Gift.objects.filter(deliver_at__lte=now, delivered_at=None, voided_at=None)
    return sum(deliver(gift, now=now) for gift in due.select_related("payment__attempt", "tier"))


def remind_due(now: datetime) -> int:
    """Write once, a week before, where a code is about to expire unused. Returns how many.

    To whom the code went: the recipient, else the giver.
    """
    ending = Gift.objects.filter(
        expires_at__gt=now, expires_at__lte=now + REMINDED_BEFORE, redeemed_at=None, voided_at=None,
        delivered_at__isnull=False,
    ).select_related("payment__attempt", "tier")  # fmt: skip
    return sum(_remind(gift) for gift in ending)


def _remind(gift: Gift) -> bool:
    attempt = gift.payment.attempt
    email = gift.recipient_email or (attempt.email if attempt else "")
    if attempt is None or gift.payment.is_void or not email:
        return False
    key, context = f"reminder-gift-{gift.pk}", _letter(gift, attempt)
    return mailings.queue(key, template="members/gift_reminder", context=context, email=email)


def redeem(code: str, *, by: Member, now: datetime) -> Gift:
    """Give `by` what the code holds: from now, or after what they have already. Once.

    Locks the member, then the gift; rewrites grants. Raises GiftError.
    """
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=by.pk)
        gift = (
            Gift.objects.select_for_update(of=("self",))
            .select_related("payment")
            .filter(code_hash=digest(code))
            .first()
        )
        if gift is None:
            raise GiftError(_("We know no such code. Please look at the letters once more."))
        _refuse_unless_whole(gift, now)
        gift.redeemed_by, gift.redeemed_at = by, now
        gift.save(update_fields=["redeemed_by", "redeemed_at"])
        Grant.objects.rebuild(by, now=now)
        gift.refresh_from_db(fields=["starts_at", "ends_at"])
        AuditEntry.objects.note("redeem gift", by=by, subject=gift)
    return gift


def _refuse_unless_whole(gift: Gift, now: datetime) -> None:
    if gift.redeemed_at is not None:
        raise GiftError(_("This gift has been used already."))
    if gift.voided_at is not None or gift.payment.is_void:
        raise GiftError(_("This gift was paid back, so it opens nothing any more."))
    if gift.expires_at <= now:
        raise GiftError(_("This gift was good until %(day)s.") % {"day": day(gift.expires_at)})
