"""The verbs of moderators. Each changes one row, and only if nobody else did first.

Every decision is a row of its own: what it changed, who made it, why, and whether it was taken back.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from comments.models import Discussion, Reply, Ruling, Sanction
from comments.moderation import deciding
from comments.moderation.deciding import Said
from comments.notices import telling
from members.models import AuditEntry, Member
from newsroom.caching import purge


def approve(reply: Reply, *, by: Member, now: datetime) -> Ruling | None:
    """Let a held reply be seen. None if somebody decided already, or its text changed since `reply` was read.

    Tells those it answers, once.
    """
    as_read = Q(edited_at=reply.edited_at)
    return _one(deciding.decide([reply.pk], deciding.APPROVE, Said(), by=by, now=now, only_if=as_read), reply)


def reject(
    reply: Reply, *, by: Member, now: datetime, reason: str = "", message: str = "", sanction: Sanction | None = None
) -> Ruling | None:
    """Hide a reply and with it its branch, whose own decisions stay. None if somebody decided already."""
    said = Said(reason, message, sanction)
    return _one(deciding.decide([reply.pk], deciding.REJECT, said, by=by, now=now), reply)


def remove(reply: Reply, *, by: Member, now: datetime, reason: str = "", message: str = "") -> Ruling | None:
    """Leave a stub in a reply's place; its branch stays. None if somebody decided already."""
    return _one(deciding.decide([reply.pk], deciding.REMOVE, Said(reason, message), by=by, now=now), reply)


def restore(reply: Reply, *, by: Member, now: datetime) -> Ruling | None:
    """Publish what was rejected or removed: the branch is exactly as before. None if there is nothing to restore."""
    return _one(deciding.decide([reply.pk], deciding.RESTORE, Said(), by=by, now=now), reply)


def undo(ruling: Ruling, *, by: Member, now: datetime) -> bool:
    """Put a reply back to exactly what it was before the ruling. False if something happened to it since.

    It is as if the ruling had not been: the reports it settled are open again, and an appeal against it that
    nobody answered is granted.
    """
    return bool(deciding.undo([ruling], by=by, now=now))


def feature(reply: Reply, *, by: Member, is_featured: bool) -> bool:
    """Mark a published reply as picked by the editors, or any as no longer. False if it was so already."""
    with transaction.atomic():
        rows = Reply.objects.published() if is_featured else Reply.objects.all()
        if not rows.filter(pk=reply.pk, is_featured=not is_featured).update(is_featured=is_featured):
            return False
        AuditEntry.objects.note("feature" if is_featured else "unfeature", by=by, subject=reply)
        telling.changed(reply)
        return True


def pin(reply: Reply, *, by: Member, now: datetime) -> bool:
    """Let a reply that everybody sees stand first in its discussion, instead of another. False if it does already, or
    cannot be seen. `now`: as with every verb; a pin keeps no moment."""
    with transaction.atomic():
        rows = Discussion.objects.filter(pk=reply.discussion_id).exclude(pinned=reply.pk)
        shown = Reply.objects.visible().published().filter(pk=reply.pk)
        if not shown.exists() or not rows.update(pinned=reply.pk):
            return False
        AuditEntry.objects.note("pin", by=by, subject=reply)
        telling.changed(reply)
        return True


def unpin(discussion: Discussion, *, by: Member) -> bool:
    """Let no reply of the discussion stand first any more. False if none did."""
    with transaction.atomic():
        if not Discussion.objects.filter(pk=discussion.pk, pinned__isnull=False).update(pinned=None):
            return False
        AuditEntry.objects.note("unpin", by=by, subject=discussion)
        purge(discussion.cache_key)
        return True


def _one(made: list[Ruling], reply: Reply) -> Ruling | None:
    """The ruling, if there is one; the caller's reply knows its new status."""
    if not made:
        return None
    reply.status = made[0].after
    return made[0]
