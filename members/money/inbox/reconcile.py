"""Comparing Stripe with our tables: lost webhooks heal here, from events and from objects."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max

from members.models import CheckoutAttempt, Grant, Member, Payment, StripeCustomer, StripeEvent, Subscription
from members.models.grant import spans_of
from members.money.inbox import webhooks
from members.money.joining import checkout
from members.money.record import ledger
from members.money.record.subscriptions import Unmatched, sync_subscription
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Gone, PaymentError
from members.money.stripe_api.payments import Teller

OVERLAP = timedelta(hours=1)
LOOKS_BACK = timedelta(days=29)  # Stripe lists events of 30 days
EVENTS_KEPT = timedelta(days=90)
TYPES_A_CALL = 20


@dataclass
class Report:
    """What differed (`drifts`), and what could not be looked at (`failures`)."""

    drifts: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def run(*, teller: Teller, now: datetime, dry_run: bool = False) -> Report:
    """Compare everything and heal what differs; `dry_run` only reports. Stripe's failures are collected."""
    report = Report()
    for part in (_events, _attempts, _customers, _money, _grants):
        try:
            for drift in part(teller, now, dry_run):
                report.drifts.append(drift)
        except (PaymentError, Unmatched) as error:
            report.failures.append(f"{part.__name__.strip('_')}: {error}")
    return report


def _events(teller: Teller, now: datetime, dry_run: bool) -> Iterator[str]:
    """Events Stripe has and our inbox has not."""
    last = StripeEvent.objects.filter(created__lte=now).aggregate(last=Max("created"))["last"]
    since = max(now - LOOKS_BACK, last - OVERLAP if last else now - LOOKS_BACK)
    types = sorted(webhooks.VERBS)
    for start in range(0, len(types), TYPES_A_CALL):
        for note in teller.events_since(since, types[start : start + TYPES_A_CALL]):
            if StripeEvent.objects.filter(stripe_id=note.id).exists():
                continue
            yield f"event {note.id} ({note.type}) never arrived"
            if not dry_run:
                webhooks.receive(note, source="reconcile")


def _attempts(teller: Teller, now: datetime, dry_run: bool) -> Iterator[str]:
    """Open attempts that Stripe has settled; those whose Session was never made and whose time is up."""
    for attempt in CheckoutAttempt.objects.filter(status=CheckoutAttempt.Status.OPEN):
        if attempt.session_id is None:
            if attempt.expires_at < now and not dry_run:
                CheckoutAttempt.objects.filter(pk=attempt.pk).update(status=CheckoutAttempt.Status.EXPIRED)
            continue
        try:
            seen = teller.fetch_checkout(attempt.session_id)
        except Gone:
            yield f"attempt {attempt.pk}: Stripe knows no such Session"
            continue
        if seen.status != "open" and not (seen.is_waiting and attempt.details.get("waiting")):
            yield f"attempt {attempt.pk} is {seen.status} at Stripe"
            if not dry_run:
                checkout.record(seen, teller=teller)


def _customers(teller: Teller, now: datetime, dry_run: bool) -> Iterator[str]:
    """Subscriptions of every customer we know, ended ones included."""
    known = StripeCustomer.objects.filter(deleted_at=None, livemode=payments.is_live())
    for customer in known.order_by("pk").iterator(chunk_size=200):
        try:
            ids = teller.list_subscriptions(customer.stripe_id)
        except Gone:
            yield f"customer {customer.stripe_id} is unknown to Stripe"
            continue
        for stripe_id in ids:
            yield from _subscription(stripe_id, teller, now, dry_run)


def _subscription(stripe_id: str, teller: Teller, now: datetime, dry_run: bool) -> Iterator[str]:
    before = Subscription.objects.filter(stripe_id=stripe_id).first()
    seen = teller.fetch_subscription(stripe_id)
    if before is None or before.status != seen.status or before.period_end != seen.period_end or _ends(before) != (
        seen.cancel_at is not None or seen.ends_with_period or seen.status == "canceled"
    ):  # fmt: skip
        yield f"subscription {stripe_id} is {seen.status} at Stripe, {before.status if before else 'unknown'} here"
    if not dry_run:
        sync_subscription(stripe_id, teller=teller)
    intents = [each.payment_intent for each in seen.invoices if each.status == "paid" and each.payment_intent]
    held = set(Payment.objects.filter(payment_intent__in=intents).values_list("payment_intent", flat=True))
    for intent in intents:
        if intent not in held:
            yield f"payment {intent} is not in the ledger"
            if not dry_run:
                ledger.sync_payment(intent, teller=teller)


def _ends(row: Subscription) -> bool:
    return row.ends_at is not None


def _money(teller: Teller, now: datetime, dry_run: bool) -> Iterator[str]:
    """Refunds and disputes of thirty days."""
    touched = teller.money_gone_since(now - timedelta(days=30))
    for payment in Payment.objects.filter(payment_intent__in=touched):
        seen = teller.fetch_payment(payment.payment_intent)
        if (payment.amount_refunded, payment.dispute_status) != (seen.amount_refunded, seen.dispute_status):
            yield f"payment {payment.payment_intent} was refunded or disputed at Stripe"
            if not dry_run:
                ledger.sync_payment(payment.payment_intent, teller=teller)


def _grants(teller: Teller, now: datetime, dry_run: bool) -> Iterator[str]:
    """Grants that are not what their sources say."""
    members = Member.objects.filter(pk__in=_members_with_sources()).order_by("pk")
    for member in members.iterator(chunk_size=200):
        held = {(g.source, g.source_id, g.tier_id, g.starts_at, g.ends_at) for g in member.grants.all()}
        owed = {(s.source, s.source_id, s.tier_id, s.starts_at, s.ends_at) for s in spans_of(member)}
        if held != owed:
            yield f"grants of member {member.pk} differ from their sources"
            if not dry_run:
                Grant.objects.rebuild(member, now=now)


def _members_with_sources() -> set[int]:
    found: set[int] = set(Grant.objects.values_list("member_id", flat=True))
    customers = StripeCustomer.objects.exclude(member=None).filter(subscriptions__isnull=False)
    return found | set(customers.values_list("member_id", flat=True))


def forget_old_events(now: datetime) -> int:
    """Delete settled events older than ninety days. Returns how many."""
    settled = [StripeEvent.Status.DONE, StripeEvent.Status.IGNORED]
    return StripeEvent.objects.filter(status__in=settled, received_at__lt=now - EVENTS_KEPT).delete()[0]
