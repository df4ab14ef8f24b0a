"""Comparing Stripe with our tables: lost webhooks heal here, from events and from objects.

One customer, attempt or payment that fails is written down and the rest goes on; an interrupted run is run
again. What healing cannot mend (a customer linked to nobody, a catalogue changed elsewhere) is reported for a
person, and never followed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from members.models import CheckoutAttempt, Payment, Price, ReconcileRun, StripeCustomer, StripeEvent
from members.money import catalogue
from members.money.inbox import webhooks
from members.money.joining import checkout
from members.money.record import ledger
from members.money.record.rebuilding import rebuild_all
from members.money.record.subscriptions import Unmatched, differences, end_forgotten, sync_subscription
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Gone, PaymentError, TryLater
from members.money.stripe_api.fitting import fitter
from members.money.stripe_api.looking import NEWEST
from members.money.stripe_api.payments import Teller
from members.money.stripe_api.states import UTC_EPOCH

OVERLAP = timedelta(hours=1)
LOOKS_BACK = timedelta(days=29)  # Stripe lists events of 30 days
EVENTS_KEPT = timedelta(days=90)
RUNS_KEPT = timedelta(days=365)
TYPES_A_CALL = 20
GIVES_UP_AFTER = 3  # times in a row that Stripe did not answer
DECIDED = ("", "won", "lost", "warning_closed")  # no dispute, or one that moves no more
Say = Callable[[int, str], None]


@dataclass
class Report:
    """What differed and heals (`drifts`), what a person has to look at (`open`), what could not be compared."""

    drifts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything is not as it should be."""
        return bool(self.drifts or self.open)


class Silent(Exception):  # noqa: N818  # reads as a word
    """Stripe does not answer at all: comparing the rest is of no use now."""


@dataclass
class Comparison:
    """One run: what it asks with, when, whether it may change anything, and what it found."""

    teller: Teller
    now: datetime
    dry_run: bool
    say: Say
    report: Report = field(default_factory=Report)
    unanswered: int = 0

    def each(self, name: str, drifts: Iterator[str]) -> None:
        """Take the drifts of one thing; what goes wrong with it is a failure. Raises Silent."""
        try:
            self.report.drifts.extend(drifts)
            self.unanswered = 0
        except (PaymentError, Unmatched) as error:
            self.report.failures.append(f"{name}: {error}")
            self.unanswered = self.unanswered + 1 if isinstance(error, TryLater) else 0
            if self.unanswered >= GIVES_UP_AFTER:
                raise Silent from error

    def heals(self) -> bool:
        """Whether what differs is to be mended."""
        return not self.dry_run


def run(*, teller: Teller, now: datetime, dry_run: bool = False, say: Say = lambda done, of_what: None) -> Report:
    """Compare everything, heal what differs and write a ReconcileRun; `dry_run` only reports and writes nothing.

    `say` hears how far it is. Stripe's failures are collected in the report.
    """
    began = timezone.now()
    comparison = Comparison(teller, now, dry_run, say)
    try:
        for part in (_events, _attempts, _customers, _orphans, _money, _grants, _catalogue):
            part(comparison)
    except Silent:
        comparison.report.failures.append("Stripe does not answer; the rest was not compared")
    report = comparison.report
    if not dry_run:
        ReconcileRun.objects.create(
            started_at=began, ended_at=timezone.now(), drifts=[*report.drifts, *report.open], failures=report.failures
        )
    return report


def _events(comparison: Comparison) -> None:
    """Events Stripe has and our inbox has not, since the last run that missed nothing."""
    last = _last_whole_run(comparison)
    since = max(comparison.now - LOOKS_BACK, last - OVERLAP if last else comparison.now - LOOKS_BACK)
    types = sorted(webhooks.VERBS)
    for start in range(0, len(types), TYPES_A_CALL):
        comparison.say(start, "events")
        comparison.each("events", _missed(comparison, since, types[start : start + TYPES_A_CALL]))


def _last_whole_run(comparison: Comparison) -> datetime | None:
    """When the last comparison that missed nothing began."""
    whole = ReconcileRun.objects.filter(failures=[], started_at__lte=comparison.now)
    found: datetime | None = whole.aggregate(at=Max("started_at"))["at"]
    return found


def _missed(comparison: Comparison, since: datetime, types: list[str]) -> Iterator[str]:
    notes = list(comparison.teller.events_since(since, types))
    known = set(StripeEvent.objects.filter(stripe_id__in=[n.id for n in notes]).values_list("stripe_id", flat=True))
    for note in notes:
        if note.id not in known:
            yield f"event {note.id} ({note.type}) never arrived"
            if comparison.heals():
                webhooks.receive(note, source="reconcile")


def _attempts(comparison: Comparison) -> None:
    """Open attempts that Stripe has settled; those whose Session was never made and whose time is up."""
    for done, attempt in enumerate(CheckoutAttempt.objects.filter(status=CheckoutAttempt.Status.OPEN), start=1):
        comparison.say(done, "attempts")
        comparison.each(f"attempt {attempt.pk}", _attempt(comparison, attempt))


def _attempt(comparison: Comparison, attempt: CheckoutAttempt) -> Iterator[str]:
    expired = CheckoutAttempt.objects.filter(pk=attempt.pk, status=CheckoutAttempt.Status.OPEN)
    if attempt.session_id is None:
        if attempt.expires_at < comparison.now and comparison.heals():
            expired.update(status=CheckoutAttempt.Status.EXPIRED)
        return
    try:
        seen = comparison.teller.fetch_checkout(attempt.session_id)
    except Gone:
        yield f"attempt {attempt.pk}: Stripe knows no such Session"
        if comparison.heals():
            expired.update(status=CheckoutAttempt.Status.EXPIRED)
        return
    is_known = seen.is_waiting and attempt.details.get("waiting")
    if seen.status != "open" and not is_known:
        yield f"attempt {attempt.pk} is {seen.status} at Stripe"
    if seen.status != "open" and comparison.heals():
        after = checkout.record(seen, teller=comparison.teller)
        if is_known and after is not None and after.status == CheckoutAttempt.Status.FAILED:
            yield f"attempt {attempt.pk} waits for a bank that has given up"


def _customers(comparison: Comparison) -> None:
    """Subscriptions of every customer we know, deleted and superseded ones and ended subscriptions included."""
    known = StripeCustomer.objects.filter(livemode=payments.is_live()).order_by("pk")
    for done, customer in enumerate(known.iterator(chunk_size=200), start=1):
        comparison.say(done, "customers")
        comparison.each(f"customer {customer.stripe_id}", _customer(comparison, customer))


def _customer(comparison: Comparison, customer: StripeCustomer) -> Iterator[str]:
    try:
        ids = comparison.teller.list_subscriptions(customer.stripe_id)
    except Gone:
        yield f"customer {customer.stripe_id} is unknown to Stripe"
        if comparison.heals():
            StripeCustomer.objects.filter(pk=customer.pk, deleted_at=None).update(deleted_at=comparison.now)
        return
    for stripe_id in ids:
        yield from _subscription(comparison, stripe_id)
    for row in customer.subscriptions.standing().exclude(stripe_id__in=ids):
        yield f"subscription {row.stripe_id} is unknown to Stripe"
        if comparison.heals():
            end_forgotten(row)


def _subscription(comparison: Comparison, stripe_id: str) -> Iterator[str]:
    """Our row against Stripe's; then whether every paid invoice is in the ledger."""
    seen = comparison.teller.fetch_subscription(stripe_id)
    found = differences(seen)
    if found is None:
        return
    if found:
        yield f"subscription {stripe_id} is {seen.status} at Stripe; here differ: {', '.join(found)}"
        if comparison.heals():
            sync_subscription(stripe_id, teller=comparison.teller)
    intents = [each.payment_intent for each in seen.invoices if each.status == "paid" and each.payment_intent]
    if len(seen.invoices) == NEWEST:  # there are older ones
        intents = comparison.teller.payments_of(stripe_id)
    held = set(Payment.objects.filter(payment_intent__in=intents).values_list("payment_intent", flat=True))
    for intent in intents:
        if intent not in held:
            yield f"payment {intent} is not in the ledger"
            if comparison.heals():
                ledger.sync_payment(intent, teller=comparison.teller)


def _orphans(comparison: Comparison) -> None:
    """Subscriptions to our prices whose customer is linked to nobody: somebody pays and cannot read."""
    prices = Price.objects.filter(stripe_id__isnull=False, livemode=payments.is_live()).select_related("tier")
    for done, price in enumerate(prices.order_by("pk"), start=1):
        comparison.say(done, "prices")
        comparison.each(f"price {price.stripe_id}", _orphans_of(comparison, price))


def _orphans_of(comparison: Comparison, price: Price) -> Iterator[str]:
    subscribers = comparison.teller.subscribers_of(price.stripe_id or "")
    ours = StripeCustomer.objects.filter(stripe_id__in=[customer for _subscription_id, customer in subscribers])
    known = set(ours.values_list("stripe_id", flat=True))
    for stripe_id, customer in subscribers:
        if customer not in known:
            comparison.report.open.append(f"customer {customer} pays for {price.tier} ({stripe_id}), linked to nobody")
    yield from ()


def _money(comparison: Comparison) -> None:
    """Refunds and disputes of thirty days, or of all the time nobody looked; disputes still open of any age."""
    touched = list(Payment.objects.exclude(dispute_status__in=DECIDED).values_list("payment_intent", flat=True))
    since = min(comparison.now - timedelta(days=30), _last_whole_run(comparison) or UTC_EPOCH)

    def listed() -> Iterator[str]:
        touched.extend(comparison.teller.money_gone_since(since))
        yield from ()

    comparison.each("refunds and disputes", listed())
    for done, payment in enumerate(Payment.objects.filter(payment_intent__in=touched).order_by("pk"), start=1):
        comparison.say(done, "refunds and disputes")
        comparison.each(f"payment {payment.payment_intent}", _payment(comparison, payment))


def _payment(comparison: Comparison, payment: Payment) -> Iterator[str]:
    seen = comparison.teller.fetch_payment(payment.payment_intent)
    if (payment.amount_refunded, payment.dispute_status) != (seen.amount_refunded, seen.dispute_status):
        yield f"payment {payment.payment_intent} was refunded or disputed at Stripe"
        if comparison.heals():
            ledger.sync_payment(payment.payment_intent, teller=comparison.teller)


def _grants(comparison: Comparison) -> None:
    """Grants that are not what their sources say."""
    found = rebuild_all(
        now=comparison.now, dry_run=comparison.dry_run, progress=lambda done: comparison.say(done, "grants")
    )
    comparison.each("grants", found)


def _catalogue(comparison: Comparison) -> None:
    """Products, prices, portal and endpoint: reported, never followed."""
    comparison.say(0, "catalogue")

    def compared() -> Iterator[str]:
        comparison.report.open.extend(f"catalogue: {line}" for line in catalogue.drift(fitter()))
        yield from ()

    comparison.each("catalogue", compared())


def forget_old_events(now: datetime) -> int:
    """Delete settled events older than ninety days, and comparisons older than a year. Returns how many events."""
    settled = [StripeEvent.Status.DONE, StripeEvent.Status.IGNORED]
    ReconcileRun.objects.filter(started_at__lt=now - RUNS_KEPT).delete()
    return StripeEvent.objects.filter(status__in=settled, received_at__lt=now - EVENTS_KEPT).delete()[0]
