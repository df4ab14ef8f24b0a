"""One digest to each moderator instead of thirty mails: what waits, since when, what was reported, what to open.

Headlines and numbers; never what somebody wrote. The links lead to the desk, whose own session decides who
may open it. A digest belongs to an hour or a morning and is keyed by it: late or twice, there is one.
"""

from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from comments.access import MODERATE
from comments.models import Appeal, Discussion, NoticeWishes, Pace, Reply, Report
from comments.notices import links, outbox
from members.letters.sending import mailings
from members.models import Mailing, Member

MORNING = time(8)  # in the site's time zone
TEMPLATE = "comments/moderation"
STORIES = 5  # named in a digest, those with the most waiting


def mail_digests(now: datetime) -> int:
    """Mail each moderator what waits since before their hour or morning began. Returns how many mails that made.

    Nothing waits: no mail. By the hour: only if something came since the last digest.
    """
    waiting = _what_waits()
    if not waiting:
        return 0
    everybody, made = list(people()), 0
    wishes = NoticeWishes.objects.in_bulk([member.pk for member in everybody])
    for member in everybody:
        pace = (wishes.get(member.pk) or NoticeWishes(member=member)).moderation
        slot = _slot_of(pace, now)
        if slot is not None and _is_told(waiting, member, pace, slot):
            key = f"moderation-{member.pk}-{slot:%Y-%m-%dT%H}"
            with translation.override(member.language or settings.LANGUAGE_CODE):
                context = _context(waiting, member)
            made += mailings.queue(key, template=TEMPLATE, context=context, member=member)
    return made


def people() -> QuerySet[Member]:
    """Who may moderate, by a group or a permission of their own. A superuser without either is not written to."""
    allowed = Permission.objects.filter(content_type__app_label="comments", codename=MODERATE.partition(".")[2])
    by_right = Q(groups__permissions__in=allowed) | Q(user_permissions__in=allowed)
    found: QuerySet[Member] = Member.objects.filter(by_right, is_active=True, is_staff=True, erased_at=None)
    return found.distinct()


def _slot_of(pace: str, now: datetime) -> datetime | None:
    """When the hour or the morning began that a digest at `now` belongs to; None for who wants none, or at night."""
    if pace == Pace.NEVER:
        return None
    if pace == Pace.DAILY:
        local = timezone.localtime(now, timezone.get_default_timezone())
        return outbox.morning_of(local.date(), MORNING) if local.time() >= MORNING else None
    return now.replace(minute=0, second=0, microsecond=0)


def _is_told(waiting: dict[str, Any], member: Member, pace: str, slot: datetime) -> bool:
    """Whether something waited when the slot began; by the hour, whether some of it came since the last digest."""
    since = None
    if pace != Pace.DAILY:
        told = Mailing.objects.filter(member=member, template=TEMPLATE).order_by("-queued_at")
        since = told.values_list("queued_at", flat=True).first()
    return any(moment < slot and (since is None or moment >= since) for moment in waiting["moments"])


def _what_waits() -> dict[str, Any]:
    """Everything nobody has decided: held replies, reports, appeals. Empty if there is nothing."""
    held = list(Reply.objects.held().values_list("posted_at", flat=True))
    reports = list(Report.objects.unsettled().values_list("reported_at", "reason", "reply"))
    appeals = list(Appeal.objects.open().values_list("made_at", flat=True))
    moments = sorted([*held, *(reported_at for reported_at, *_rest in reports), *appeals])
    if not moments:
        return {}
    illegal = {reply for _at, reason, reply in reports if reason == Report.Reason.ILLEGAL}
    return {
        "moments": moments,
        "held": len(held),
        "reported": len({reply for _at, _reason, reply in reports}),
        "illegal": len(illegal),
        "appeals": len(appeals),
        "stories": _stories(),
    }


def _stories() -> list[dict[str, Any]]:
    """Where the most is held."""
    held = Q(replies__status=Reply.Status.HELD)
    busiest = Discussion.objects.with_subject().annotate(held=Count("replies", filter=held)).filter(held__gt=0)
    return [
        {"title": str(one.subject), "held": one.held}  # type: ignore[attr-defined]  # annotated above
        for one in busiest.order_by("-held", "-pk")[:STORIES]
    ]


def _context(waiting: dict[str, Any], member: Member) -> dict[str, Any]:
    leave = links.wishes_link(member.pk, ["moderation"])
    queue = settings.SITE_URL + reverse("admin:comments_reply_changelist")
    return {
        **{name: value for name, value in waiting.items() if name != "moments"},
        "oldest": date_format(timezone.localtime(waiting["moments"][0]), "j F, H:i"),
        "queue": queue,
        "reports": settings.SITE_URL + reverse("admin:comments_report_changelist"),
        "appeals_path": settings.SITE_URL + reverse("admin:comments_appeal_changelist"),
        "leave": leave,
        "mine": settings.SITE_URL + reverse("reply_mine"),
    }
