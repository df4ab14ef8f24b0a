"""Mails what is due: one mail for each member, with everything due by then.

A page of members is settled in one transaction: their rows are locked, marked as sent, and their mails put
into the outbox of mails. Killed before its end, nothing of it happened, and the next run does it; of two runs
at once each takes the members the other has not.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.types import JSONDict

from comments.models import Notice
from comments.notices.contents import Facts, mail_of
from members.letters.jobs import send_mailing
from members.models import Mailing

PAGE = 100  # members in one transaction
TEMPLATE = "comments/notices"


def mail_due(now: datetime) -> int:
    """Mail every member what is due at `now`. Returns how many mails that made. Effects: rows and jobs."""
    made, after = 0, 0
    while members := _next_members(now, after):
        made += _mail_page(members, now)
        after = members[-1]
    return made


def _next_members(now: datetime, after: int) -> list[int]:
    due = Notice.objects.due(now).filter(member__gt=after).order_by("member_id")
    return list(due.values_list("member_id", flat=True).distinct()[:PAGE])


def _mail_page(members: Sequence[int], now: datetime) -> int:
    """Settle what is due to these members: about twenty queries, whatever their number."""
    with transaction.atomic():
        due = Notice.objects.due(now).filter(member__in=members).order_by("member_id", "pk")
        rows = list(due.select_for_update(skip_locked=True))
        Notice.objects.filter(pk__in=[row.pk for row in rows]).update(sent_at=now)
        facts = Facts.of(rows, now)
        copies = []
        for member_id, theirs in groupby(rows, key=lambda row: row.member_id):
            if copy := _copy(member_id, list(theirs), facts):
                copies.append(copy)
        _queue(copies)
    return len(copies)


def _copy(member_id: int, notices: Sequence[Notice], facts: Facts) -> Mailing | None:
    """The member's mail, dates in their language; None where nothing is left to tell."""
    member: Any = facts.members.get(member_id)
    with translation.override((member and member.language) or settings.LANGUAGE_CODE):
        context = mail_of(member_id, notices, facts)
    if not context:
        return None
    key = f"notices-{member_id}-{notices[0].pk}-{notices[-1].pk}"
    return Mailing(key=key, template=TEMPLATE, context=context, member=member, email=member.email)


def _queue(copies: Sequence[Mailing]) -> None:
    """Put them into the outbox of mails with a job for each, as `mailings.queue` does one by one."""
    if not copies:
        return
    Mailing.objects.bulk_create(copies, ignore_conflicts=True)
    keys = [copy.key for copy in copies]
    queued = Mailing.objects.filter(key__in=keys, status=Mailing.Status.QUEUED).values_list("pk", flat=True)
    jobs: list[JSONDict] = [{"mailing_id": pk} for pk in queued]
    send_mailing.batch_defer(*jobs)


def unquote(replies: Collection[int]) -> int:
    """Take what these replies say, and who said it, out of the mails that quote them: sent ones keep no quotations.

    For who erases them; the mails still go out, with the rest. Returns how many that changed.
    """
    wanted, changed = {str(pk) for pk in replies}, 0
    with transaction.atomic():
        quoting = Mailing.objects.filter(template=TEMPLATE, context__has_key="stories").select_for_update()
        for mailing in quoting.filter(context__quotes__has_any_keys=sorted(wanted)):
            for said in (said for story in mailing.context["stories"] for said in story["replies"]):
                if said["url"].rstrip("/").rpartition("/")[2] in wanted:
                    said |= {"name": str(_("Deleted account")), "text": "", "quoted": ""}
            mailing.save(update_fields=["context"])
            changed += 1
    return changed
