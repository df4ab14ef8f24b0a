"""The verbs of moderators. Each changes one row, and only if nobody else did first.

Every decision is a row of its own: what it changed, who made it, why, and whether it was taken back.
"""

from datetime import datetime

from django.db import transaction

from comments.models import Discussion, Reply, Report, Ruling, Sanction
from comments.notices import telling
from members.models import AuditEntry, Member

Status = Reply.Status


def approve(reply: Reply, *, by: Member, now: datetime) -> Ruling | None:
    """Let a held reply be seen. None if somebody decided already. Tells those it answers, once."""
    return _decide(reply, "approve", Status.PUBLISHED, {Status.HELD}, by=by, now=now)


def reject(
    reply: Reply, *, by: Member, now: datetime, reason: str = "", message: str = "", sanction: Sanction | None = None
) -> Ruling | None:
    """Hide a reply and with it its branch, whose own decisions stay. None if somebody decided already."""
    before = {Status.HELD, Status.PUBLISHED}
    return _decide(reply, "reject", Status.REJECTED, before, by=by, now=now, words=(reason, message), sanction=sanction)


def remove(reply: Reply, *, by: Member, now: datetime, reason: str = "", message: str = "") -> Ruling | None:
    """Leave a stub in a reply's place; its branch stays. None if somebody decided already."""
    return _decide(reply, "remove", Status.REMOVED, {Status.PUBLISHED}, by=by, now=now, words=(reason, message))


def restore(reply: Reply, *, by: Member, now: datetime) -> Ruling | None:
    """Publish what was rejected or removed: the branch is exactly as before. None if there is nothing to restore."""
    return _decide(reply, "restore", Status.PUBLISHED, {Status.REJECTED, Status.REMOVED}, by=by, now=now)


def undo(ruling: Ruling, *, by: Member, now: datetime) -> bool:
    """Put a reply back to what it was before the ruling. False if something happened to it since.

    Reports that the decision settled stay settled.
    """
    with transaction.atomic():
        Discussion.objects.select_for_update().only("pk").get(pk=ruling.reply.discussion_id)
        newer = Ruling.objects.standing().filter(reply=ruling.reply_id, pk__gt=ruling.pk)
        if newer.exists() or not Ruling.objects.standing().filter(pk=ruling.pk).update(undone_at=now):
            return False
        rows = Reply.objects.filter(pk=ruling.reply_id, status=ruling.after)
        if not rows.update(status=ruling.before, decided_by=by, decided_at=now, reason=""):
            transaction.set_rollback(True)
            return False
        reply: Reply = Reply.objects.get(pk=ruling.reply_id)
        AuditEntry.objects.note("undo", by=by, subject=reply, reason=ruling.verb)
        _tell(reply)
        return True


def feature(reply: Reply, *, by: Member, is_featured: bool) -> bool:
    """Mark a published reply as picked by the editors, or no longer. False if it was so already."""
    with transaction.atomic():
        rows = Reply.objects.published().filter(pk=reply.pk, is_featured=not is_featured)
        if not rows.update(is_featured=is_featured):
            return False
        AuditEntry.objects.note("feature" if is_featured else "unfeature", by=by, subject=reply)
        telling.changed(reply)
        return True


def _decide(
    reply: Reply,
    verb: str,
    after: Reply.Status,
    before: set[Reply.Status],
    *,
    by: Member,
    now: datetime,
    words: tuple[str, str] = ("", ""),
    sanction: Sanction | None = None,
) -> Ruling | None:
    """Change one row under its discussion's lock if its status is one of `before`; children are not touched."""
    reason, message = words
    with transaction.atomic():
        Discussion.objects.select_for_update().only("pk").get(pk=reply.discussion_id)
        current = Reply.objects.filter(pk=reply.pk).values("status", "rule").get()
        rows = Reply.objects.filter(pk=reply.pk, status__in=before).exclude(rule=Reply.WITHDRAWN)
        if not rows.update(status=after, decided_by=by, decided_at=now, reason=reason[:300]):
            return None
        made = Ruling.objects.create(
            reply_id=reply.pk,
            verb=verb,
            before=current["status"],
            after=after,
            rule=current["rule"],
            reason=reason[:300],
            message=message,
            by=by,
            at=now,
            sanction=sanction,
        )
        AuditEntry.objects.note(verb, by=by, subject=reply, reason=reason[:300])
        if after != Status.PUBLISHED:
            Report.objects.unsettled().filter(reply=reply).update(settled_at=now, outcome=verb, settled_by=by)
        reply.status = after
        _tell(reply)
        telling.decided(made, reply.author_id)
        return made


def _tell(reply: Reply) -> None:
    """Stale pages; if it became visible, those it answers."""
    if reply.status == Status.PUBLISHED:
        telling.became_visible(reply)
    else:
        telling.changed(reply)
