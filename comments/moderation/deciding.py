"""How a decision about replies is made and taken back, whether about one or about hundreds at once.

All of it happens under the locks of the discussions. What was read before the lock was there is asked again
in the updates, so of two who decide at the same moment one wins. Children are never touched.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from procrastinate.types import JSONValue

from comments.models import Appeal, Discussion, Reply, Report, Ruling, Sanction
from comments.notices import telling
from members.models import AuditEntry, Member

Status = Reply.Status


@dataclass(frozen=True, slots=True)
class Act:
    """A verb of moderators: what it leaves, and on what it acts."""

    verb: str
    after: Reply.Status
    before: frozenset[str]


APPROVE = Act("approve", Status.PUBLISHED, frozenset({Status.HELD}))
REJECT = Act("reject", Status.REJECTED, frozenset({Status.HELD, Status.PUBLISHED}))
REMOVE = Act("remove", Status.REMOVED, frozenset({Status.PUBLISHED}))
RESTORE = Act("restore", Status.PUBLISHED, frozenset({Status.REJECTED, Status.REMOVED}))


@dataclass(frozen=True, slots=True)
class Said:
    """What a decision says: the reason and a message for whoever wrote, and the sanction it belongs to."""

    reason: str = ""
    message: str = ""
    sanction: Sanction | None = None


def decide(
    replies: Collection[int], act: Act, said: Said, *, by: Member | None, now: datetime, only_if: Q | None = None
) -> list[Ruling]:
    """Decide about the replies of these keys; a ruling for each that changed, none for what somebody else decided.

    `only_if`: what must still be so. Effects: status, ruling and audit of each, its open reports settled, stale
    pages; whoever wrote, reported or was answered hears of it by a job.
    """
    with transaction.atomic():
        rows = [row for row in _locked(replies) if row.was in act.before and row.rule != Reply.WITHDRAWN]
        rows = _changed(rows, act, said, by, now, only_if or Q())
        if not rows:
            return []
        made = _rulings(rows, act, said, by, now)
        if act.after != Status.PUBLISHED:
            settle_reports([row.reply_id for row in rows], outcome=act.verb, by=by, now=now)
        changed = [Reply(pk=row.reply_id, discussion_id=row.pk, status=act.after) for row in rows]
        _write_down(act.verb, changed, by, said.reason)
        _tell(changed)
        if said.sanction is None:  # which is told as one
            for ruling, row in zip(made, rows, strict=True):
                telling.decided(ruling, row.author_id)
    return made


def _locked(replies: Collection[int]) -> list[Any]:
    """The replies' discussions, locked in one order; with each reply as it was when the lock was asked for."""
    noted = Ruling.objects.standing().filter(reply=OuterRef("replies"), reason=OuterRef("reason"))
    return list(
        Discussion.objects.select_for_update(of=("self",))
        .annotate(
            reply_id=F("replies__pk"),
            was=F("replies__status"),
            rule=F("replies__rule"),
            reason=F("replies__reason"),
            author_id=F("replies__author"),
        )
        .annotate(is_noted=Exists(noted))
        .filter(reply_id__in=replies)
        .only("pk")
        .order_by("pk")
    )


def _changed(rows: list[Any], act: Act, said: Said, by: Member | None, now: datetime, only_if: Q) -> list[Any]:
    """Give the replies their new status; those of `rows` whose it was to change."""
    as_read = Q(pk=None)
    for status in {row.was for row in rows}:
        as_read |= Q(status=status, pk__in=[row.reply_id for row in rows if row.was == status])
    values = {"status": act.after, "decided_by": by, "decided_at": now, "reason": said.reason[:300]}
    changed = Reply.objects.filter(as_read, only_if).update(**values)
    if changed in (0, len(rows)):
        return rows if changed else []
    ours = Reply.objects.filter(pk__in=[row.reply_id for row in rows], status=act.after, decided_at=now)
    keys = set(ours.values_list("pk", flat=True))
    return [row for row in rows if row.reply_id in keys]


def _rulings(rows: list[Any], act: Act, said: Said, by: Member | None, now: datetime) -> list[Ruling]:
    """The rows that keep the decision; before the first the rule's own, so that its reason can come back."""
    by_rules = [
        Ruling(reply_id=row.reply_id, verb=Ruling.BY_RULE, before=row.was, after=row.was, rule=row.rule, at=now)
        for row in rows
        if row.was in (Status.HELD, Status.PUBLISHED) and row.reason and not row.is_noted
    ]
    reasons = {row.reply_id: row.reason for row in rows}
    for ruling in by_rules:
        ruling.reason = reasons[ruling.reply_id]
    own = {"verb": act.verb, "after": act.after, "by": by, "at": now, "sanction": said.sanction}
    words = {"reason": said.reason[:300], "message": said.message}
    made = [Ruling(reply_id=row.reply_id, before=row.was, rule=row.rule, **own, **words) for row in rows]
    Ruling.objects.bulk_create([*by_rules, *made])
    return made


def settle_reports(replies: Collection[int], *, outcome: str, by: Member | None, now: datetime) -> int:
    """Settle all open reports of these replies; how many. Those who reported hear of it by a job."""
    from comments import jobs

    settled = Report.objects.unsettled().filter(reply__in=replies)
    number = settled.update(settled_at=now, outcome=outcome[:200], settled_by=by)
    if number:
        keys: list[JSONValue] = [*sorted(replies)]
        jobs.tell_reporters.configure(schedule_in={"seconds": telling.UNDO_SECONDS}).defer(reply_ids=keys)
    return number


def undo(rulings: Sequence[Ruling], *, by: Member | None, now: datetime) -> list[Ruling]:
    """Put the replies back to exactly what they were; those rulings of which nothing had happened since.

    The reports a ruling settled are open again, and an open appeal against it is granted.
    """
    with transaction.atomic():
        asked = [ruling.pk for ruling in rulings]
        rows = list(_with_what_was(asked))
        newer = Ruling.objects.standing().filter(reply=OuterRef("reply"), pk__gt=OuterRef("pk"))
        fit = Ruling.objects.standing().by_people().filter(~Exists(newer), pk__in=asked, reply__status=F("after"))
        taken = fit.update(undone_at=now)
        if taken != len(rows):
            ours = Ruling.objects.filter(pk__in=asked, undone_at=now).values_list("pk", flat=True) if taken else ()
            keys = set(ours)
            rows = [row for row in rows if row.pk in keys]
        if not rows:
            return []
        _put_back(rows)
        taken_back = [row.pk for row in rows]
        _reopen_reports(taken_back)
        grant_appeals(Q(ruling__in=taken_back), by=by, now=now)
        _write_down("undo", [row.reply for row in rows], by, rows[0].verb)
        _tell([row.reply for row in rows])
    return rows


def _with_what_was(rulings: list[int]) -> Any:
    """The rulings with their replies, whose discussions are locked in one order, and what stood before each."""
    before = Ruling.objects.standing().filter(reply=OuterRef("reply"), pk__lt=OuterRef("pk")).order_by("-pk")
    return (
        Ruling.objects.filter(pk__in=rulings)
        .select_related("reply__discussion")
        .annotate(
            verb_before=Subquery(before.values("verb")[:1]),
            by_before=Subquery(before.values("by")[:1]),
            at_before=Subquery(before.values("at")[:1]),
            reason_before=Subquery(before.values("reason")[:1]),
        )
        .only("reply__discussion_id", "reply__discussion__id", "reply__status", "verb", "before", "after")
        .select_for_update(of=("reply__discussion",))
        .order_by("reply__discussion", "pk")
    )


def _put_back(rows: list[Any]) -> None:
    """Give the replies what they had before the rulings: one update for all that had the same."""
    alike: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        decided = (None, None) if row.verb_before == Ruling.BY_RULE else (row.by_before, row.at_before)
        alike.setdefault((row.after, row.before, *decided, row.reason_before or ""), []).append(row)
    for (after, before, by, at, reason), same in alike.items():
        values = {"status": before, "decided_by": by, "decided_at": at, "reason": reason}
        Reply.objects.filter(pk__in=[row.reply_id for row in same], status=after).update(**values)
        for row in same:
            row.reply.status = before


def _reopen_reports(rulings: list[int]) -> None:
    """Have the reports that the rulings settled be open again."""
    settling = Ruling.objects.filter(
        pk__in=rulings, reply=OuterRef("reply"), at=OuterRef("settled_at"), verb=OuterRef("outcome")
    )
    Report.objects.filter(Exists(settling)).update(settled_at=None, settled_by=None, outcome="")


def grant_appeals(against: Q, *, by: Member | None, now: datetime) -> None:
    """Grant the open appeals against what was taken back without them; who appealed hears of it."""
    granted = Appeal.objects.open().filter(against)
    if granted.update(outcome=Appeal.Outcome.GRANTED, settled_at=now, settled_by=by):
        for appeal in Appeal.objects.filter(against, settled_at=now).select_related("member"):
            telling.appeal_settled(appeal)


def _write_down(verb: str, replies: list[Reply], by: Member | None, reason: str) -> None:
    for reply in replies:
        AuditEntry.objects.note(verb, by=by, subject=reply, reason=reason[:300])


def _tell(replies: list[Reply]) -> None:
    """Stale pages, once a discussion; of what became visible, those it answers."""
    for reply in replies:
        if reply.status == Status.PUBLISHED:
            telling.became_visible(reply)
    hidden = {reply.discussion_id: reply for reply in replies if reply.status != Status.PUBLISHED}
    for reply in hidden.values():
        telling.changed(reply)
