"""The outbox: one row for each thing one member is told, mailed by itself or in a digest."""

from datetime import datetime, timedelta

from comments.models import Notice, NoticeWishes, Pace, Reply
from members.models import Member

WAITS: dict[str, timedelta] = {
    Pace.AT_ONCE: timedelta(),
    Pace.HOURLY: timedelta(hours=1),
    Pace.DAILY: timedelta(days=1),
}


def note(member: Member, kind: str, *, about: str, now: datetime, reply: Reply | None = None) -> bool:
    """Have the member told of `about` (`reply-17`, `ruling-4`), once, at the pace they wish for `kind`.

    False where they wish to hear nothing of the kind, or were told already. In the caller's transaction.
    """
    wishes = NoticeWishes.objects.filter(member=member).first() or NoticeWishes(member=member)
    pace = getattr(wishes, kind)
    if pace == Pace.NEVER:
        return False
    defaults = {"kind": kind, "reply": reply, "made_at": now, "due_at": now + WAITS[pace]}
    _notice, is_new = Notice.objects.get_or_create(member=member, about=about, defaults=defaults)
    return is_new
