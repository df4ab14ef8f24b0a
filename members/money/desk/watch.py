"""What needs a look about money: facts for the money desk's first page and for the desk's home. One query."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone

from members.models import (
    AccessRequest,
    CheckoutAttempt,
    Member,
    Payment,
    Price,
    ReconcileRun,
    StripeEvent,
    Subscription,
)
from members.money.stripe_api import payments

COUNTED = 100  # from there on a number is "100 and more"
OVERDUE = timedelta(minutes=15)
COMPARED_EVERY = timedelta(hours=26)
OPEN_DISPUTES = ("needs_response", "warning_needs_response", "under_review", "warning_under_review")
COUNTS = (
    "parked_events", "overdue_events", "flagged_subscriptions", "open_disputes", "access_requests",
    "prices_not_at_stripe",
)  # fmt: skip


def asked(now: datetime) -> dict[str, Any]:
    """The facts as expressions over one row of any model: `count_…` are lists of keys, `last_comparison` JSON."""
    live = payments.is_live()
    events = StripeEvent.objects.all()
    subscriptions = Subscription.objects.exclude(needs_review="").filter(livemode=live)
    last = ReconcileRun.objects.order_by("-started_at").values(
        json=JSONObject(started_at="started_at", drifts="drifts", failures="failures")
    )
    return {
        "count_parked_events": _keys(events.filter(status=StripeEvent.Status.PARKED)),
        "count_overdue_events": _keys(events.overdue(now - OVERDUE)),
        "count_flagged_subscriptions": _keys(subscriptions),
        "count_open_disputes": _keys(Payment.objects.filter(dispute_status__in=OPEN_DISPUTES, livemode=live)),
        "count_access_requests": _keys(AccessRequest.objects.filter(settled_at=None)),
        "count_prices_not_at_stripe": _keys(Price.objects.offered().filter(Q(stripe_id=None) | ~Q(livemode=live))),
        "has_slept": ArraySubquery(_attempts_before(now - COMPARED_EVERY)),
        "last_comparison": ArraySubquery(last[:1]),
    }


def _attempts_before(moment: datetime) -> "QuerySet[Any]":
    """Something to compare that a night has passed over."""
    return (
        CheckoutAttempt.objects.exclude(session_id=None).filter(created_at__lt=moment).order_by("pk").values("pk")[:1]
    )


def _keys(rows: "QuerySet[Any]") -> ArraySubquery:
    return ArraySubquery(rows.order_by("pk").values("pk")[:COUNTED])


def read(facts: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The facts as templates take them: numbers, and `comparison`: "" in order, else "old", "failed" or "never".

    Takes what `asked` asked for out of `facts`; empty where nothing was asked.
    """
    if "last_comparison" not in facts:
        return {}
    last, has_slept = next(iter(facts.pop("last_comparison")), None), bool(facts.pop("has_slept"))
    found: dict[str, Any] = {name: len(facts.pop(f"count_{name}")) for name in COUNTS}
    compared_at = timezone.localtime(datetime.fromisoformat(last["started_at"])) if last else None
    found["compared_at"] = compared_at
    found["drifts"] = last["drifts"] if last else []
    found["failures"] = last["failures"] if last else []
    found["comparison"] = ""
    if last is None:
        found["comparison"] = "never" if has_slept else ""
    elif last["failures"]:
        found["comparison"] = "failed"
    elif compared_at is not None and compared_at < now - COMPARED_EVERY:
        found["comparison"] = "old"
    found["is_troubled"] = any([found["comparison"], *(found[name] for name in COUNTS)])
    return found


def look(now: datetime) -> dict[str, Any]:
    """What needs a look now. One query."""
    row: dict[str, Any] = Member.objects.order_by("pk").values(**asked(now))[:1].get()
    return read(row, now)
