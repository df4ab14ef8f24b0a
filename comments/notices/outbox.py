"""The outbox: one row for each thing one member is told, mailed by itself or in a digest.

A row says when it is due; `digests` mails what is. Who hears how often is the member's wish, asked when the
row is made, and asked again when it is mailed: whoever stopped a kind meanwhile hears nothing of it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from comments.models import Notice, NoticeWishes, Pace, Reply
from members.models import Member

DAILY_AT = time(7)  # in the site's time zone
BATCH = 500  # members told in one insert


def due_at(pace: str, now: datetime) -> datetime:
    """When something of this pace is mailed: now, on the next full hour, or the next morning at seven."""
    if pace == Pace.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if pace == Pace.DAILY:
        local = timezone.localtime(now, timezone.get_default_timezone())
        return morning_of(local.date() + timedelta(days=local.time() >= DAILY_AT), DAILY_AT)
    return now


def morning_of(day: date, at: time) -> datetime:
    """The moment of `at` on that day, in the site's time zone."""
    return datetime.combine(day, at, tzinfo=timezone.get_default_timezone())


def note(member: Member, kind: str, *, about: str, now: datetime, reply: Reply | None = None) -> bool:
    """Have the member told of `about` (`reply-17`, `ruling-4`), once, at the pace they wish for `kind`.

    False where they wish to hear nothing of the kind, or were told already. In the caller's transaction.
    Effects: a row, and a job if it is due at once.
    """
    from comments import jobs

    wishes = NoticeWishes.objects.filter(member=member).first() or NoticeWishes(member=member)
    pace = getattr(wishes, kind)
    if pace == Pace.NEVER or not member.is_active:
        return False
    defaults = {"kind": kind, "reply": reply, "made_at": now, "due_at": due_at(pace, now)}
    _notice, is_new = Notice.objects.get_or_create(member=member, about=about, defaults=defaults)
    if is_new and pace == Pace.AT_ONCE:
        jobs.mail_notices.configure().defer(timestamp=int(now.timestamp()))
    return is_new


def note_all(reply: Reply, reasons: Mapping[int, Sequence[str]], *, now: datetime) -> None:
    """Have each member told of the reply for the first of their reasons that they wish to hear of.

    `reasons`: kinds by member, the nearest first. Not told: who is gone, and who muted its author. Three
    queries for five hundred members. In the caller's transaction.
    """
    everybody = sorted(reasons)
    for place in range(0, len(everybody), BATCH):
        batch = everybody[place : place + BATCH]
        there = Member.objects.filter(pk__in=batch, is_active=True, erased_at=None)
        if reply.author_id is not None:
            there = there.exclude(mutes__muted=reply.author_id)
        wishes = NoticeWishes.objects.in_bulk(batch)
        rows = [
            _row(member, wishes.get(member) or NoticeWishes(member_id=member), reasons[member], reply, now)
            for member in there.values_list("pk", flat=True)
        ]
        Notice.objects.bulk_create(filter(None, rows), ignore_conflicts=True)


def _row(member_id: int, wishes: NoticeWishes, kinds: Sequence[str], reply: Reply, now: datetime) -> Notice | None:
    """The notice of the nearest kind that is wished for; None if there is none."""
    kind = next((kind for kind in kinds if getattr(wishes, kind) != Pace.NEVER), None)
    if kind is None:
        return None
    due = due_at(getattr(wishes, kind), now)
    return Notice(member_id=member_id, kind=kind, about=f"reply-{reply.pk}", reply=reply, made_at=now, due_at=due)


def forget_sent(before: datetime) -> int:
    """Drop the rows of what was mailed, or dropped as unfit, before then. Returns how many."""
    number, _by_model = Notice.objects.filter(sent_at__lt=before).delete()
    return number
