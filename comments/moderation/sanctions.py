"""What moderators decide about a member: warn, hold, mute, ban; and taking it back."""

from datetime import datetime

from django.db import transaction

from comments.models import Reply, Ruling, Sanction
from comments.moderation import verbs
from comments.notices import telling
from members.models import AuditEntry, Member

AT_ONCE = 200  # replies rejected with a ban; a job does the rest


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
    rejected with it, and comes back when the sanction is lifted. Effects: rows, stale keys, a notice, audit.
    """
    with transaction.atomic():
        made = Sanction.objects.create(
            member=member, kind=kind, reason=reason[:300], note=note, starts_at=now, ends_at=until, decided_by=by
        )
        AuditEntry.objects.note(kind, by=by, subject=made, reason=reason[:300])
        if rejects_all:
            shown = Reply.objects.filter(author=member, status__in=[Reply.Status.HELD, Reply.Status.PUBLISHED])
            for reply in shown.order_by("discussion", "path")[:AT_ONCE]:
                verbs.reject(reply, by=by, now=now, reason=reason, sanction=made)
        telling.sanctioned(made)
    return made


def lift(sanction: Sanction, *, by: Member, now: datetime) -> bool:
    """End a sanction now and bring back what was rejected with it. False if it was lifted before."""
    with transaction.atomic():
        rows = Sanction.objects.filter(pk=sanction.pk, lifted_at=None)
        if not rows.update(lifted_at=now, lifted_by=by):
            return False
        AuditEntry.objects.note("lift", by=by, subject=sanction)
        for ruling in Ruling.objects.standing().filter(sanction=sanction).select_related("reply"):
            verbs.undo(ruling, by=by, now=now)
    return True
