"""The desk's page of figures: how long decisions take, how many there are, how often each rule is overruled."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Aggregate, Count, DurationField, F, Min, Q
from django.db.models.functions import TruncDate
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from comments.desk.base import ROOMS
from comments.models import Appeal, Reply, Report, Ruling
from comments.moderation.rules import NAMES

DAYS = 30
REASONS = dict(Report.Reason.choices)


class Percentile(Aggregate):
    """The duration that this share of rows stays within (PostgreSQL's `percentile_cont`)."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()

    def __init__(self, expression: Any, share: float) -> None:
        super().__init__(expression, share=share)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how many replies that it held were decided, and how many of them approved."""

    name: str | Promise
    decided: int
    approved: int

    @property
    def share(self) -> int:
        """Percent approved: how often moderators overruled it."""
        return round(100 * self.approved / self.decided)


@dataclass(frozen=True, slots=True)
class Day:
    """What moderators decided on one day."""

    day: date
    approved: int
    refused: int
    other: int

    @property
    def number(self) -> int:
        """All decisions."""
        return self.approved + self.refused + self.other


@dataclass(frozen=True, slots=True)
class Reported:
    """Reports of one reason: open ones, those after which the reply went, and those after which it stayed."""

    name: str | Promise
    open: int
    upheld: int
    kept: int


@require_safe
def figures(request: Any) -> HttpResponse:
    """The last thirty days in figures. Six queries, whatever there is."""
    since = request.now - timedelta(days=DAYS)
    decided = Ruling.objects.standing().filter(at__gte=since)
    days = _days(decided)
    context = {
        "title": _("Figures of the replies"),
        "rooms": ROOMS,
        "days_told": DAYS,
        "waiting": Reply.objects.held().aggregate(number=Count("path"), since=Min("posted_at")),
        "times": _times(decided, request.now),
        "days": days,
        "most": max((day.number for day in days), default=0),
        "rules": _rules(decided),
        "reports": _reports(since),
        "appeals": _appeals(since),
    }
    return render(request, "admin/comments/figures.html", {**admin.site.each_context(request), **context})


def _times(decided: Any, now: datetime) -> dict[str, Any]:
    """How long held replies waited for their decision, in words: half of them, nine of ten."""
    waited = F("at") - F("reply__posted_at")
    shares = {"half": Percentile(waited, 0.5), "most": Percentile(waited, 0.9)}
    row = decided.filter(before=Reply.Status.HELD).aggregate(number=Count("pk"), **shares)
    spelled = {name: timesince(now - row[name], now) for name in shares if row[name] is not None}
    return {"number": row["number"], **spelled}


def _days(decided: Any) -> list[Day]:
    """Each day with a decision, the newest first."""
    refused = Q(after__in=[Reply.Status.REJECTED, Reply.Status.REMOVED])
    rows = (
        decided.annotate(day=TruncDate("at", tzinfo=timezone.get_current_timezone()))
        .values("day")
        .annotate(
            approved=Count("pk", filter=Q(verb="approve")),
            refused=Count("pk", filter=refused),
            other=Count("pk", filter=~refused & ~Q(verb="approve")),
        )
        .order_by("-day")
    )
    return [Day(**row) for row in rows]


def _rules(decided: Any) -> list[Rule]:
    """Each rule that held something, the one most often overruled first."""
    rows = (
        decided.filter(before=Reply.Status.HELD)
        .values("rule")
        .annotate(decided=Count("pk"), approved=Count("pk", filter=Q(verb="approve")))
    )
    found = [Rule(NAMES.get(row["rule"], row["rule"] or _("No rule")), row["decided"], row["approved"]) for row in rows]
    return sorted(found, key=lambda rule: (-rule.share, -rule.decided))


def _reports(since: datetime) -> list[Reported]:
    """Each reason that was given. Upheld: the reply is gone from sight now."""
    gone = Q(reply__status__in=[Reply.Status.REJECTED, Reply.Status.REMOVED])
    is_open = Q(settled_at=None)
    rows = (
        Report.objects.filter(reported_at__gte=since)
        .values("reason")
        .annotate(
            open=Count("pk", filter=is_open),
            upheld=Count("pk", filter=~is_open & gone),
            kept=Count("pk", filter=~is_open & ~gone),
        )
        .order_by("reason")
    )
    return [Reported(REASONS[row["reason"]], row["open"], row["upheld"], row["kept"]) for row in rows]


def _appeals(since: datetime) -> dict[str, int]:
    """How many appeals were made, and what came of them."""
    return Appeal.objects.made_since(since).aggregate(
        made=Count("pk"),
        granted=Count("pk", filter=Q(outcome=Appeal.Outcome.GRANTED)),
        dismissed=Count("pk", filter=Q(outcome=Appeal.Outcome.DISMISSED)),
    )
