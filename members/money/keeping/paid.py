"""What somebody paid us, for their account page: through Stripe and past it, newest first."""

from dataclasses import dataclass
from datetime import datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Member, OfflinePayment, Payment
from members.money.amounts import spelled


@dataclass(frozen=True)
class Paid:
    """One payment: when, for what, how much (spelled), what came of it (or nothing), its receipt's number."""

    at: datetime
    what: str
    amount: str
    note: str = ""
    receipt: str = ""


def paid_by(member: Member, *, most: int) -> list[Paid]:
    """The member's newest payments, `most` of them. Two queries."""
    rows = Payment.objects.filter(member=member).select_related("subscription__price__tier")
    found = [_seen(row) for row in rows.order_by("-paid_at", "-pk")[:most]]
    past = OfflinePayment.objects.filter(member=member).select_related("tier").order_by("-received_on", "-pk")
    found += [_seen_past(row) for row in past[:most]]
    return sorted(found, key=lambda paid: paid.at, reverse=True)[:most]


def _seen(row: Payment) -> Paid:
    price = row.subscription.price if row.subscription else None
    what = str(row.get_kind_display())
    if row.kind == Payment.Kind.INVOICE and price is not None:
        what = price.tier.name
    note = ""
    if row.amount_refunded:
        note = _("%(amount)s given back") % {"amount": spelled(row.amount_refunded, row.currency)}
    elif row.is_void:
        note = _("taken back by the bank")
    return Paid(row.paid_at, what, spelled(row.amount, row.currency), note, row.receipt_number or row.invoice_number)


def _seen_past(row: OfflinePayment) -> Paid:
    at = timezone.make_aware(datetime.combine(row.received_on, time(12)))
    note = _("voided") if row.voided_at else str(row.get_method_display())
    return Paid(at, row.tier.name, spelled(row.amount, row.currency), note, row.reference)
