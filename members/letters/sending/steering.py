"""Steering an issue: schedule it, pause, resume and stop it, send again what did not arrive, try it on the desk.

Each step is a conditional update: of two people who take it at once one is told that somebody was faster. Audited.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from members.letters.sending import mailings
from members.models import AuditEntry, Issue, Mailing, Member
from newsroom import mail
from newsroom.caching import purge

State = Issue.State
STOPPED = "stopped"
UNDER_WAY = [State.SCHEDULED, State.SENDING, State.PAUSED]


class SteeringError(Exception):
    """The step cannot be taken now; the message says why, fit to show."""


def schedule(issue: Issue, *, at: datetime, by: Member | None, now: datetime) -> None:
    """Have a draft go out at `at`, or at once where that is past. A scheduled one gets another time.

    `by` is None for what schedules itself. Raises SteeringError. Effects: a job, if its time has come.
    """
    if issue.state not in (State.DRAFT, State.SCHEDULED):
        raise SteeringError(_already(issue))
    if not issue.letter.is_active:
        raise SteeringError(_("“%s” is not sent any more: switch the letter on first.") % issue.letter.name)
    if issue.withdrawn_at is not None:
        raise SteeringError(_("Its story was withdrawn: there is nothing to send."))
    if not issue.subject.strip():
        raise SteeringError(_("It has no subject yet."))
    with transaction.atomic():
        before = Issue.objects.filter(pk=issue.pk, state=issue.state, send_at=issue.send_at, withdrawn_at=None)
        _take(before, issue, by, "letter.schedule", changes={"send_at": [issue.send_at, max(at, now)]},
              state=State.SCHEDULED, send_at=max(at, now), waits_since=None, waits_because="")  # fmt: skip
        if at <= now:
            _wake(issue)


def unschedule(issue: Issue, *, by: Member, now: datetime) -> None:
    """Make a draft again of a scheduled issue that has not begun. Raises SteeringError."""
    with transaction.atomic():
        before = Issue.objects.filter(pk=issue.pk, state=State.SCHEDULED)
        _take(before, issue, by, "letter.unschedule", state=State.DRAFT, send_at=None)


def pause(issue: Issue, *, by: Member, now: datetime) -> None:
    """Hold an issue that is on its way; what is being handed over still goes. Raises SteeringError."""
    with transaction.atomic():
        before = Issue.objects.filter(pk=issue.pk, state=State.SENDING)
        _take(before, issue, by, "letter.pause", state=State.PAUSED, waits_since=None, waits_because="")
        _wake(issue)


def resume(issue: Issue, *, by: Member, now: datetime) -> None:
    """Have a paused issue go on where it was. Raises SteeringError."""
    with transaction.atomic():
        before = Issue.objects.filter(pk=issue.pk, state=State.PAUSED, withdrawn_at=None)
        _take(before, issue, by, "letter.resume", state=State.SENDING, waits_since=None, waits_because="")
        _wake(issue)


def begin(issue_id: int, *, now: datetime) -> None:
    """Put a scheduled issue whose time has come on its way; its letter's page names it. For the sender."""
    with transaction.atomic():
        row = Issue.objects.filter(pk=issue_id)
        if row.filter(state=State.SCHEDULED, send_at__lte=now).update(state=State.SENDING):
            purge(row.get().letter.page_key)


def stop(issue: Issue, *, reason: str, by: Member | None, now: datetime) -> int:
    """End an issue for good: nobody whose copy was not begun gets one. A person says why.

    Returns how many copies are not sent; where nobody decided it they say `reason`. Raises SteeringError. Effects:
    the issue, its copies, the letter's page, a job.
    """
    if by is not None and not reason.strip():
        raise SteeringError(_("Say why it is stopped: it goes into the record."))
    with transaction.atomic():
        before = Issue.objects.filter(pk=issue.pk, state__in=UNDER_WAY)
        _take(before, issue, by, "letter.stop", reason=reason,
              state=State.STOPPED, done_at=now, waits_since=None, waits_because="")  # fmt: skip
        because = STOPPED if by is not None else reason
        number = mailings.suppress(Mailing.objects.filter(issue=issue), because=because, now=now)
        purge(issue.letter.page_key)
        _wake(issue)
    return number


def halt(issue: Issue, *, because: str, now: datetime) -> None:
    """Pause an issue that cannot go on by itself, for a person to look at. For the sender."""
    with transaction.atomic():
        before = Issue.objects.filter(pk=issue.pk, state=State.SENDING)
        if before.update(state=State.PAUSED, waits_since=now, waits_because=because):
            AuditEntry.objects.note("letter.halt", by=None, subject=issue, reason=because)


def send_again(issue: Issue, *, by: Member, now: datetime) -> int:
    """Send what is unsure, or was refused for a reason that passes, once more. Returns how many copies.

    Whoever got an unsure one may get it twice. Raises SteeringError, also where there is none.
    """
    with transaction.atomic():
        before = Issue.objects.filter(pk=issue.pk, state__in=[State.SENT, State.SENDING], withdrawn_at=None)
        _take(before, issue, by, "letter.send_again", state=State.SENDING, done_at=None)
        number = mailings.queue_again(not_arrived(issue), now=now)
        if not number:
            raise SteeringError(_("There is nothing to send again."))
        _wake(issue)
    return number


def not_arrived(issue: Issue) -> "QuerySet[Mailing]":
    """The copies `send_again` sends: unsure, or refused with a passing reply of the mail server (4xx)."""
    passing = Q(status=Mailing.Status.FAILED, error__startswith="4")
    return Mailing.objects.filter(Q(status=Mailing.Status.UNSURE) | passing, issue=issue)


def send_test(issue: Issue, words: mail.Rendered, *, to: Member, by: Member, now: datetime) -> bool:
    """Mail the rendered issue to somebody of the desk, in no figure of it. False if that was just done."""
    context = {"subject": words.subject, "text": words.text, "html": words.html}
    with transaction.atomic():
        AuditEntry.objects.note("letter.test", by=by, subject=issue, reason=to.name)
        key = f"test-{issue.pk}-{to.pk}-{now:%Y%m%d%H%M%S}"
        return mailings.queue(key, template="members/issue_test", context=context, member=to)


def _take(
    before: "QuerySet[Issue]",
    issue: Issue,
    by: Member | None,
    verb: str,
    *,
    reason: str = "",
    changes: dict[str, list[object]] | None = None,
    **fields: object,
) -> None:
    """The step, if the row is still as it has to be; `issue` shows it. Raises SteeringError. Audited."""
    if not before.update(**fields):
        issue.refresh_from_db(fields=["state", "send_at", "withdrawn_at"])
        raise SteeringError(_already(issue))
    AuditEntry.objects.note(verb, by=by, subject=issue, reason=reason, changes=changes)
    for name, value in fields.items():
        setattr(issue, name, value)


def _already(issue: Issue) -> str:
    """Why nothing can be done with it now."""
    if issue.withdrawn_at is not None:
        return _("Its story was withdrawn: it is not sent.")
    return {
        State.DRAFT: _("It is a draft: schedule it first."),
        State.SCHEDULED: _("It is scheduled; perhaps somebody else just set its time."),
        State.SENDING: _("It is on its way already."),
        State.PAUSED: _("It is paused already."),
        State.STOPPED: _("It was stopped; that is for good."),
        State.SENT: _("It is out already."),
    }[State(issue.state)]


def _wake(issue: Issue) -> None:
    """Have the sender look at it at once."""
    from members.letters import jobs

    jobs.queue_issue(issue.pk)
