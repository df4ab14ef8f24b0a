"""What we and Stripe know where no account was found: gifts, payments without one, customers of nobody."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import AuditEntry, Gift, Member, Payment, StripeCustomer, StripeEvent
from members.money.amounts import spelled
from members.money.desk.pages import StepError
from members.money.desk.row_words import event_words
from members.money.desk.search import payments_named
from members.money.desk.why import ORPHAN, Fix, Reason, why_gift
from members.money.giving.gifts import digest
from members.money.keeping.standing import day
from members.money.stripe_api.errors import Gone
from members.money.stripe_api.payments import Teller

KEPT = 600  # seconds: how long Stripe's answer stands on the page of whoever asked
FEW = 5


@dataclass(frozen=True)
class Stranger:
    """What is known without an account. `customers`: what Stripe answered; None while it was not asked."""

    lines: list[str] = field(default_factory=list)
    gifts: list[tuple[Gift, Reason]] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    event: StripeEvent | None = None
    customers: list[dict[str, Any]] | None = None
    may_ask: bool = False

    @property
    def gift_fixes(self) -> list[tuple[Gift, Fix]]:
        """Steps for gifts that need no account."""
        return [(gift, fix) for gift, reason in self.gifts for fix in reason.fixes if fix.name == "code"]

    @property
    def is_orphan(self) -> bool:
        """Whether an event waits for somebody to say whose customer it is of."""
        return self.event is not None and self.event.error.startswith(ORPHAN)


def about(text: str, by: Member, now: datetime) -> Stranger:
    """What is known of `text`, which no account fits. At most four queries."""
    gifts = Gift.objects.filter(Q(code_hash=digest(text)) | Q(recipient_email__iexact=text))
    told = [
        (gift, why_gift(gift, now)) for gift in gifts.select_related("payment__attempt", "tier").order_by("-pk")[:FEW]
    ]
    paid = list(_payments(text).order_by("-paid_at")[:FEW])
    event = StripeEvent.objects.filter(stripe_id=text).first() if text.startswith("evt_") else None
    lines = [reason.sentence for _gift, reason in told] + [_words(row) for row in paid]
    lines += [event_words(event)] if event else []
    return Stranger(
        lines=lines, gifts=told, payments=paid, event=event,
        customers=kept(text, by), may_ask="@" in text or text.startswith("cus_"),
    )  # fmt: skip


def _payments(text: str) -> Any:
    """Payments of people without an account."""
    named = payments_named(text) | Payment.objects.filter(payment_intent=text)
    billed = Payment.objects.filter(billing_email__iexact=text) if "@" in text else Payment.objects.none()
    return (named | billed).filter(member=None)


def _words(row: Payment) -> str:
    known = {"amount": spelled(row.amount, row.currency), "day": day(row.paid_at), "kind": row.get_kind_display()}
    return _("%(kind)s: %(amount)s on %(day)s, paid without an account.") % known


def ask(text: str, by: Member, *, teller: Teller) -> str:
    """Ask Stripe for the customers of an address, or for one by id; the answer is kept for ten minutes.

    A sentence. Audited. Raises StepError, PaymentError.
    """
    if "@" not in text and not text.startswith("cus_"):
        raise StepError(_("Stripe is asked by an e-mail address, or by a customer’s id (cus_…)."))
    try:
        seen = teller.find_customers(text)
    except Gone:
        seen = []
    known = dict(
        StripeCustomer.objects.filter(stripe_id__in=[each.id for each in seen], member__isnull=False).values_list(
            "stripe_id", "member__email"
        )
    )
    found = [
        {
            "id": each.id, "email": each.email, "name": each.name, "since": day(each.created),
            "subscriptions": len(teller.list_subscriptions(each.id)), "member": known.get(each.id, ""),
        }
        for each in seen
    ]  # fmt: skip
    cache.set(key_of(text, by), found, KEPT)
    AuditEntry.objects.note("ask Stripe", by=by, subject=by, reason=text[:300])
    return ngettext("Stripe knows %(n)d such customer.", "Stripe knows %(n)d such customers.", len(found)) % {
        "n": len(found)
    }


def kept(text: str, by: Member) -> list[dict[str, Any]] | None:
    """What Stripe answered this person within ten minutes; None where it was not asked."""
    found: list[dict[str, Any]] | None = cache.get(key_of(text, by))
    return found


def key_of(text: str, by: Member) -> str:
    """Under which name the cache keeps what Stripe answered this person."""
    return f"money-stranger-{by.pk}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
