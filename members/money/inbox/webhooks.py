"""Stripe's inbox: a webhook is a doorbell. Verify, store the id, answer; a job fetches and believes only that."""

import logging
from collections.abc import Callable

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from members.models import Price, StripeEvent, Tier
from members.money.joining import checkout
from members.money.record import ledger
from members.money.record.subscriptions import Unmatched, sync_customer, sync_subscription
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Gone, Misconfigured, TryLater
from members.money.stripe_api.fitting import fitter
from members.money.stripe_api.payments import API_VERSION, Teller
from members.money.stripe_api.states import EventNote

log = logging.getLogger(__name__)
Verb = Callable[[str, list[StripeEvent], Teller], bool | str]  # True: done; a text: done, with a word for the desk
LARGEST = 1024 * 1024  # bytes
WAITS_FOR_MATCH = 6  # looks, some ten minutes: our own commit may be behind the event
GIVES_UP_AFTER = 300  # looks, some three days
FAILED = "checkout.session.async_payment_failed"


def _checkout(object_id: str, rows: list[StripeEvent], teller: Teller) -> bool:
    has_failed = any(row.type == FAILED for row in rows)
    return checkout.sync_checkout(object_id, teller=teller, has_failed=has_failed) is not None


def _subscription(object_id: str, rows: list[StripeEvent], teller: Teller) -> bool:
    return sync_subscription(object_id, teller=teller) is not None


def _invoice(object_id: str, rows: list[StripeEvent], teller: Teller) -> bool:
    return ledger.sync_invoice(object_id, teller=teller)


def _money(object_id: str, rows: list[StripeEvent], teller: Teller) -> bool:
    return ledger.sync_money(object_id, teller=teller)


def _customer(object_id: str, rows: list[StripeEvent], teller: Teller) -> bool:
    return sync_customer(object_id, teller=teller)


def _catalogue(object_id: str, rows: list[StripeEvent], teller: Teller) -> bool | str:
    """Somebody changed our catalogue elsewhere: said on the desk and in the log, never followed."""
    from members.money import catalogue

    if not (Price.objects.filter(stripe_id=object_id).exists() or Tier.objects.filter(product_id=object_id).exists()):
        return False
    found = catalogue.drift(fitter())
    if found:
        log.error("%s changed at Stripe: %s", object_id, "; ".join(found))
    return "; ".join(found) or True


_VERBS: dict[Verb, str] = {
    _checkout: "checkout.session. completed async_payment_succeeded async_payment_failed expired",
    _subscription: "customer.subscription. created updated deleted paused resumed trial_will_end "
    "pending_update_applied pending_update_expired",
    _invoice: "invoice. paid payment_failed payment_action_required finalization_failed marked_uncollectible voided",
    _money: "charge. refunded dispute.created dispute.updated dispute.closed dispute.funds_withdrawn "
    "dispute.funds_reinstated",
    _customer: "customer. updated deleted",
}
VERBS: dict[str, Verb] = {
    f"{words.split()[0]}{word}": verb for verb, words in _VERBS.items() for word in words.split()[1:]
} | {
    "refund.created": _money,
    "refund.updated": _money,
    "refund.failed": _money,
    "radar.early_fraud_warning.created": _money,
    "price.updated": _catalogue,
    "product.updated": _catalogue,
}


def receive(note: EventNote, *, source: str = "webhook") -> bool:
    """Put a verified event into the inbox and have its object looked at; False if it was there.

    One transaction: row and job. An unknown type keeps id and type only and needs no job; one of the wrong
    mode is parked.
    """
    from members.money import jobs

    is_known = note.type in VERBS
    is_ours = note.livemode == payments.is_live()
    status = StripeEvent.Status.IGNORED
    if is_known:
        status = StripeEvent.Status.PENDING if is_ours else StripeEvent.Status.PARKED
    with transaction.atomic():
        row, is_new = StripeEvent.objects.get_or_create(
            stripe_id=note.id,
            defaults={
                "type": note.type,
                "object_id": note.object_id if is_known else "",
                "customer_id": note.customer_id if is_known else "",
                "api_version": note.api_version if is_known else "",
                "livemode": note.livemode,
                "created": note.created,
                "source": source,
                "status": status,
                "error": "" if is_ours or not is_known else "a test event on a live site, or the reverse",
            },
        )
        if is_new and status == StripeEvent.Status.PENDING:
            jobs.look_at(row)
    if is_known and note.api_version != API_VERSION:
        log.warning("Event %s speaks API version %s, we speak %s.", note.id, note.api_version, API_VERSION)
    return is_new


def process(object_id: str) -> int:
    """Look at one object for all its pending events; how many were settled. Runs any number of times.

    Raises TryLater, Misconfigured and (for some minutes) Unmatched: the events stay pending, the job returns.
    """
    rows = list(StripeEvent.objects.pending().filter(object_id=object_id).order_by("pk"))
    if not rows:
        return 0
    taken = StripeEvent.objects.filter(pk__in=[row.pk for row in rows])
    taken.update(attempts=F("attempts") + 1)
    try:
        outcome = VERBS[rows[0].type](object_id, rows, payments.in_job())
    except Gone as error:
        return _settle(taken, StripeEvent.Status.PARKED, f"Stripe knows no such object: {error}")
    except Unmatched as error:
        if max(row.attempts for row in rows) + 1 < WAITS_FOR_MATCH:
            taken.update(error=str(error))
            raise
        return _settle(taken, StripeEvent.Status.PARKED, str(error))
    except (TryLater, Misconfigured) as error:
        if isinstance(error, Misconfigured):  # waiting mends nothing: a person has to act, then the sweep goes on
            log.critical("Stripe refuses what we ask about %s; run stripe_doctor: %s", object_id, error)
        taken.update(error=f"{type(error).__name__}: {error}"[:1000])
        raise
    note = outcome if isinstance(outcome, str) else ""
    return _settle(taken, StripeEvent.Status.DONE if outcome else StripeEvent.Status.IGNORED, note[:1000])


def _settle(taken: "QuerySet[StripeEvent]", status: str, error: str) -> int:
    if status == StripeEvent.Status.PARKED:
        log.error("Parked: %s", error)
    return taken.update(status=status, error=error, processed_at=timezone.now())


def retry(event: StripeEvent) -> None:
    """Have a parked or pending event looked at again."""
    from members.money import jobs

    with transaction.atomic():
        StripeEvent.objects.filter(pk=event.pk).exclude(status=StripeEvent.Status.DONE).update(
            status=StripeEvent.Status.PENDING, error="", attempts=0, processed_at=None
        )
        jobs.look_at(event)
