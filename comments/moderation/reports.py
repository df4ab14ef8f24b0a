"""What readers report to the moderators, and what came of it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from comments.models import Reply, Report
from comments.notices import telling
from comments.writing.posting import PostError
from comments.writing.texts import tidy
from members.models import AuditEntry, Member

REPORTS_A_DAY = 20


def report(reply: Reply, *, by: Member, reason: str, note: str, now: datetime) -> Report:
    """Report a reply to the moderators. A second report of the same reply answers with the first.

    Raises PostError past twenty a day. Effects: a row, a mail with its reference to whoever reported.
    """
    with transaction.atomic():
        made_today = Report.objects.filter(member=by, reported_at__gt=now - timedelta(days=1)).count()
        if made_today >= REPORTS_A_DAY:
            raise PostError(_("You have reported a lot today. Please write to us instead."), "too_fast")
        defaults = {"reason": reason, "note": tidy(note), "reported_at": now}
        found, is_new = Report.objects.get_or_create(reply=reply, member=by, defaults=defaults)
        if is_new:
            telling.confirm_report(found.reference, reply, by)
    return found


def flag(reply: Reply, *, note: str, now: datetime) -> Report:
    """Report a reply for the word list: nobody's report, with the words it found. One is open at a time."""
    found = Report.objects.unsettled().filter(reply=reply, member=None).first()
    if found is not None:
        return found
    return Report.objects.create(reply=reply, reason=Report.Reason.WORD, note=note, reported_at=now)


def settle(report: Report, *, outcome: str, by: Member, now: datetime) -> bool:
    """Close a report with what came of it. False if it was settled before."""
    with transaction.atomic():
        rows = Report.objects.unsettled().filter(pk=report.pk)
        if not rows.update(settled_at=now, outcome=outcome[:200]):
            return False
        AuditEntry.objects.note("settle", by=by, subject=report, reason=outcome)
        return True
