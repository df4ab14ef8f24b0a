"""What moderators decide about a member: warn, hold, mute, ban; and taking it back.

A sanction ends by time alone. What a ban takes from sight is taken in batches, and comes back in batches: the
first at once, the rest by a job that may run again.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from comments.models import Reply, Ruling, Sanction
from comments.moderation import deciding
from comments.moderation.deciding import Said
from comments.notices import telling
from members.models import AuditEntry, Member
from newsroom.groups import DESK_GROUPS

AT_ONCE = 200  # replies taken or brought back in one transaction
Kind = Sanction.Kind


class SanctionError(Exception):
    """The sanction was not imposed; the message says why, fit to show."""


def impose(
    member: Member,
    kind: str,
    *,
    by: Member,
    now: datetime,
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
    rejects_all: bool = False,
) -> Sanction:
    """Warn, hold, mute or ban the member until then (None: for good). `kind` is a `Sanction.Kind`.

    `reason` is for the member, `note` for moderators. `rejects_all`: what they wrote and is seen or held is
    rejected with it, and comes back when the sanction is lifted. Raises SanctionError for oneself, for who works at
    the desk, for an erased account, for an end that is past. Effects: rows, stale keys, a notice, audit, a job.
    """
    from comments import jobs  # which call this module

    _must_be_fit(member, kind, by, until, now)
    with transaction.atomic():
        made = Sanction.objects.create(
            member=member, kind=kind, reason=reason[:300], note=note, starts_at=now, ends_at=until, decided_by=by
        )
        AuditEntry.objects.note(kind, by=by, subject=made, reason=reason[:300])
        telling.sanctioned(made)
        if rejects_all:
            _take(made, now)
            jobs.reject_all.defer(sanction_id=made.pk)  # also for what is being posted right now
    return made


def _must_be_fit(member: Member, kind: str, by: Member, until: datetime | None, now: datetime) -> None:
    """Raise SanctionError unless the member can be sanctioned so by this moderator."""
    if kind not in Kind.values:
        raise SanctionError(_("Choose what to decide."))
    if member.pk == by.pk:
        raise SanctionError(_("Nobody sanctions themselves."))
    if member.erased_at is not None:
        raise SanctionError(_("This account was erased."))
    if until is not None and until <= now:
        raise SanctionError(_("The end is in the past."))
    if member.is_superuser or member.groups.filter(name__in=DESK_GROUPS).exists():
        name = member.display_name
        raise SanctionError(
            _("%(name)s works at the desk. Speak with them, or have their role ended.") % {"name": name}
        )


def _take(sanction: Sanction, now: datetime) -> int:
    """Reject one batch of what the sanctioned member wrote; how many there were to take."""
    own = Reply.objects.filter(author=sanction.member_id, status__in=deciding.REJECT.before)
    own = own.exclude(rule=Reply.WITHDRAWN)
    if sanction.kind not in (Kind.MUTE, Kind.BAN):  # under which nobody goes on writing
        own = own.filter(posted_at__lte=sanction.starts_at)
    if sanction.ends_at is not None:
        own = own.filter(posted_at__lt=sanction.ends_at)
    batch = list(own.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    deciding.decide(batch, deciding.REJECT, Said(sanction.reason, "", sanction), by=sanction.decided_by, now=now)
    return len(batch)


def reject_all(sanction_id: int, *, now: datetime) -> None:
    """Take the rest of what the member wrote, batch after batch, unless the sanction was lifted meanwhile."""
    taken = 1
    while taken:
        with transaction.atomic():
            rows = Sanction.objects.select_for_update(of=("self",)).select_related("decided_by")
            sanction = rows.filter(pk=sanction_id, lifted_at=None).first()
            taken = _take(sanction, now) if sanction is not None else 0


def lift(sanction: Sanction, *, by: Member, now: datetime) -> bool:
    """End a sanction now and bring back what was rejected with it, and nothing else. False if it was lifted before.

    What was decided anew since stays as it is. An appeal against it that nobody answered is granted.
    """
    from comments import jobs  # which call this module

    with transaction.atomic():
        rows = Sanction.objects.filter(pk=sanction.pk, lifted_at=None)
        if not rows.update(lifted_at=now, lifted_by=by):
            return False
        AuditEntry.objects.note("lift", by=by, subject=sanction)
        deciding.grant_appeals(Q(sanction=sanction.pk), by=by, now=now)
        if _bring_back(sanction.pk, by, now=now, after=0) is not None:
            jobs.bring_back.defer(sanction_id=sanction.pk)
    sanction.lifted_at, sanction.lifted_by = now, by
    return True


def _bring_back(sanction_id: int, by: Member | None, *, now: datetime, after: int) -> int | None:
    """Undo one batch of the rulings that came with the sanction, past that key; the last key, None at the end."""
    rows = Ruling.objects.standing().filter(sanction=sanction_id, pk__gt=after).order_by("pk")
    batch = list(rows[:AT_ONCE])
    deciding.undo(batch, by=by, now=now)
    return batch[-1].pk if len(batch) == AT_ONCE else None


def bring_back(sanction_id: int, *, now: datetime) -> None:
    """Bring back the rest of what a lifted sanction took, batch after batch."""
    lifted = Sanction.objects.select_related("lifted_by").filter(pk=sanction_id, lifted_at__isnull=False).first()
    after: int | None = 0 if lifted is not None else None
    while lifted is not None and after is not None:
        after = _bring_back(lifted.pk, lifted.lifted_by, now=now, after=after)
