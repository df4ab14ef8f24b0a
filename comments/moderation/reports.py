"""What readers and the word list report to the moderators, and what came of it.

Reported for what is illegal, a reply meets article 16 of the EU's Digital Services Act: where it is (the reply),
why it is illegal, said in good faith by somebody with an address; a reference at once, the decision later.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from comments.models import Reply, Report
from comments.moderation import deciding
from comments.notices import telling
from comments.writing.posting import PostError
from comments.writing.texts import tidy
from members.models import AuditEntry, Member

REPORTS_A_DAY = 20
KEPT = "keep"  # the outcome of a report about a reply that stays


def report(reply: Reply, *, by: Member, reason: str, note: str, now: datetime) -> Report:
    """Report a reply to the moderators. A second report of the same reply answers with the first.

    Raises PostError for one's own reply, for what is gone, and past twenty a day. Effects: a row, a mail with its
    reference to whoever reported.
    """
    problem = why_not(reply, by)
    if problem:
        raise PostError(problem, "not_to_report")
    with transaction.atomic():
        made = Report.objects.filter(member=by)
        earlier = made.filter(reply=reply).first()
        if earlier is not None:
            return earlier
        if made.filter(reported_at__gt=now - timedelta(days=1)).count() >= REPORTS_A_DAY:
            raise PostError(_("You have reported a lot today. Please write to us instead."), "too_fast")
        defaults = {"reason": reason, "note": tidy(note), "reported_at": now}
        found, is_new = Report.objects.get_or_create(reply=reply, member=by, defaults=defaults)
        if is_new:
            telling.confirm_report(found.reference, reply, by)
    return found


def why_not(reply: Reply, by: Member) -> str:
    """Why this member cannot report the reply; empty if they can."""
    if reply.author_id == by.pk:
        return _("This is your own reply. You can delete it, where it stands.")
    return "" if reply.status == Reply.Status.PUBLISHED else _("This reply is gone already.")


def flag(reply: Reply, *, note: str, now: datetime) -> Report:
    """The word list's own report of a reply that is shown all the same; the open one, if it made one before."""
    open_one = Report.objects.unsettled().filter(reply=reply, member=None, reason=Report.Reason.WORD).first()
    if open_one is not None:
        return open_one
    return Report.objects.create(reply=reply, reason=Report.Reason.WORD, note=note, reported_at=now)


def keep(reply: Reply, *, by: Member, now: datetime, note: str = "") -> int:
    """Settle all open reports of a reply and leave it as it is; how many there were.

    `note`: for the record. Those who reported hear that it stays, by a job.
    """
    with transaction.atomic():
        number = deciding.settle_reports([reply.pk], outcome=KEPT, by=by, now=now)
        if number:
            AuditEntry.objects.note(KEPT, by=by, subject=reply, reason=note[:300])
    return number


def settle(report: Report, *, outcome: str, by: Member, now: datetime) -> bool:
    """Close one report with what came of it. False if it was settled before."""
    with transaction.atomic():
        rows = Report.objects.unsettled().filter(pk=report.pk)
        if not rows.update(settled_at=now, outcome=outcome[:200], settled_by=by):
            return False
        AuditEntry.objects.note("settle", by=by, subject=report, reason=outcome[:300])
        report.settled_at, report.outcome, report.settled_by = now, outcome[:200], by
        telling.report_settled(report)
        return True


def tell_reporters(reply_ids: list[int]) -> None:
    """Let those hear whose reports of these replies are settled and were not opened again meanwhile."""
    settled = Report.objects.filter(reply__in=reply_ids, settled_at__isnull=False, member__isnull=False)
    for found in settled.select_related("member"):
        telling.report_settled(found)
