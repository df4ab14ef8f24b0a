"""Steering an issue: when it goes out, pausing, going on, stopping. Two people cannot both take a step."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from members.letters.issues import rendering
from members.letters.sending import mailings
from members.models import AuditEntry, Issue, Mailing, Member

State = Issue.State


class SteeringError(Exception):
    """Why the step cannot be taken now; fit to show."""


def schedule(issue: Issue, *, at: datetime, by: Member | None, now: datetime) -> None:
    """Have the draft go out at `at`. Raises SteeringError when it is none any more."""
    _step(issue, [State.DRAFT], State.SCHEDULED, "letter.schedule", by=by, send_at=at)


def unschedule(issue: Issue, *, by: Member, now: datetime) -> None:
    """Make a draft again of a scheduled issue that has not begun. Raises SteeringError."""
    _step(issue, [State.SCHEDULED], State.DRAFT, "letter.unschedule", by=by, send_at=None)


def pause(issue: Issue, *, by: Member, now: datetime) -> None:
    """Hold what is not handed over yet. Raises SteeringError unless it is on its way."""
    _step(issue, [State.SENDING], State.PAUSED, "letter.pause", by=by)


def resume(issue: Issue, *, by: Member, now: datetime) -> None:
    """Go on with it. Raises SteeringError unless it is paused."""
    _step(issue, [State.PAUSED], State.SENDING, "letter.resume", by=by)


def stop(issue: Issue, *, reason: str, by: Member, now: datetime) -> None:
    """Send no further copy, for good. Raises SteeringError without a reason or when it is out."""
    if not reason.strip():
        raise SteeringError(_("Say why it is stopped: it goes into the record."))
    with transaction.atomic():
        _step(issue, [State.SCHEDULED, State.SENDING, State.PAUSED], State.STOPPED, "letter.stop", by=by, reason=reason)
        queued = Mailing.objects.filter(issue=issue, status=Mailing.Status.QUEUED)
        queued.update(status=Mailing.Status.SUPPRESSED, error="stopped", settled_at=now)


def send_again(issue: Issue, *, by: Member, now: datetime) -> int:
    """Queue the copies nobody knows of once more; how many. Raises SteeringError before it is out."""
    with transaction.atomic():
        _step(issue, [State.SENT, State.STOPPED, State.SENDING], State.SENDING, "letter.send_again", by=by)
        unsure = Mailing.objects.filter(issue=issue, status=Mailing.Status.UNSURE)
        return unsure.update(status=Mailing.Status.QUEUED)


def send_test(issue: Issue, words: rendering.Rendered, *, to: Member, by: Member, now: datetime) -> bool:
    """Mail the rendered issue to somebody of the desk, in no figure of it. False if that was just done."""
    context = {"subject": words.subject, "text": words.text, "html": words.html}
    with transaction.atomic():
        AuditEntry.objects.note("letter.test", by=by, subject=issue, reason=to.name)
        key = f"test-{issue.pk}-{to.pk}-{now:%Y%m%d%H%M%S}"
        return mailings.queue(key, template="members/issue_test", context=context, member=to)


def _step(
    issue: Issue, before: list[str], after: str, verb: str, *, by: Member | None, reason: str = "", **fields: object
) -> None:
    with transaction.atomic():
        moved = Issue.objects.filter(pk=issue.pk, state__in=before).update(state=after, **fields)
        if not moved:
            raise SteeringError(_("That cannot be done with it as it stands now."))
        issue.refresh_from_db()
        AuditEntry.objects.note(verb, by=by, subject=issue, reason=reason)
