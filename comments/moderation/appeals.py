"""One appeal against one decision or sanction, by whom it met; answered by a second moderator.

The EU's Digital Services Act asks for it in article 20: six months' time, no charge, a person who decides.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from comments.models import Appeal, Ruling, Sanction
from comments.moderation import reports, sanctions, verbs
from comments.moderation.statements import why_no_appeal
from comments.notices import moderators, telling
from comments.writing.texts import tidy
from members.models import AuditEntry, Member

LONGEST = 5000  # characters


class AppealError(Exception):
    """The appeal was not taken, or not settled; the message says why, fit to show."""


def appeal(
    member: Member, *, ruling: Ruling | None = None, sanction: Sanction | None = None, text: str, now: datetime
) -> Appeal:
    """Appeal against a ruling about one's reply or a sanction, once, within six months.

    Raises AppealError for an empty or endless text and for whatever `why_no_appeal` names; LookupError for what met
    somebody else. Effects: a row, audit.
    """
    text = tidy(text[: LONGEST * 4])
    if not text:
        raise AppealError(_("Write something first: why should it be decided otherwise?"))
    if len(text) > LONGEST:
        raise AppealError(_("Please say it in %d characters.") % LONGEST)
    thing = ruling or sanction
    if thing is None or member.pk != whom_it_met(thing):
        raise LookupError("somebody else's")
    with transaction.atomic():
        problem = why_no_appeal(thing, now)
        if problem:
            raise AppealError(problem)
        made, is_new = Appeal.objects.get_or_create(
            ruling=ruling, sanction=sanction, defaults={"member": member, "text": text, "made_at": now}
        )
        if not is_new:
            raise AppealError(_("You have appealed against this once."))
        AuditEntry.objects.note("appeal", by=member, subject=made)
    return made


def whom_it_met(thing: Ruling | Sanction) -> int | None:
    """The key of who wrote the reply, or is sanctioned."""
    found: int | None = thing.reply.author_id if isinstance(thing, Ruling) else thing.member_id
    return found


def settle(appeal: Appeal, *, by: Member, now: datetime, outcome: str, answer: str) -> bool:
    """Grant or dismiss an appeal. False if somebody settled it before.

    Granted takes the ruling back, or lifts the sanction. What was decided about the reply since then stands: it
    has its own reasons and its own appeal. Raises AppealError for who decided first, unless nobody else could, and
    without an answer. Effects: those rows, reports that a granted appeal answers, audit, a notice to whom it met.
    """
    answer = tidy(answer[: LONGEST * 4])
    if outcome not in Appeal.Outcome.values or not answer:
        raise AppealError(_("Write an answer: whoever appealed reads it."))
    if len(answer) > LONGEST:
        raise AppealError(_("Please say it in %d characters.") % LONGEST)
    alone = _must_be_second(appeal, by)
    with transaction.atomic():
        rows = Appeal.objects.open().filter(pk=appeal.pk)
        if not rows.update(settled_at=now, settled_by=by, outcome=outcome, answer=answer):
            return False
        appeal.settled_at, appeal.settled_by, appeal.outcome, appeal.answer = now, by, outcome, answer
        if outcome == Appeal.Outcome.GRANTED:
            _take_back(appeal, by, now)
        reason = _("Nobody else could decide.") if alone else ""
        AuditEntry.objects.note(f"appeal.{outcome}", by=by, subject=appeal, reason=reason)
        telling.appeal_settled(appeal)
    return True


def _take_back(appeal: Appeal, by: Member, now: datetime) -> None:
    """Undo the ruling or lift the sanction."""
    if appeal.sanction is not None:
        sanctions.lift(appeal.sanction, by=by, now=now)
    if appeal.ruling is not None:
        if verbs.undo(appeal.ruling, by=by, now=now):
            reports.keep(appeal.ruling.reply, by=by, now=now)  # looked at twice: they are not open again
        Ruling.objects.standing().filter(pk=appeal.ruling.pk).update(undone_at=now)


def _must_be_second(appeal: Appeal, by: Member) -> bool:
    """Raise AppealError unless `by` may settle it. True if they decided first, and nobody else is there."""
    problem = why_not_settle(appeal, by, others_than(by) if by.pk == decided_by(appeal) else frozenset())
    if problem:
        raise AppealError(problem)
    return by.pk == decided_by(appeal)


def why_not_settle(appeal: Appeal, by: Member, others: frozenset[int]) -> str:
    """Why `by` may not settle it; empty if they may. `others`: the keys of whoever else moderates."""
    if by.pk == appeal.member_id:
        return _("Nobody answers their own appeal.")
    if by.pk == decided_by(appeal) and others - {appeal.member_id}:
        return _("You decided this. Somebody else answers the appeal.")
    return ""


def decided_by(appeal: Appeal) -> int | None:
    """The key of the moderator against whose decision it goes."""
    if appeal.ruling is not None:
        return appeal.ruling.by_id
    return appeal.sanction.decided_by_id if appeal.sanction is not None else None


def others_than(by: Member) -> frozenset[int]:
    """The keys of everybody else who may moderate today."""
    may = Q(pk__in=moderators.people().values("pk")) | Q(is_superuser=True, is_active=True, is_staff=True)
    rows = Member.objects.filter(may)
    return frozenset(rows.exclude(pk=by.pk).values_list("pk", flat=True))
