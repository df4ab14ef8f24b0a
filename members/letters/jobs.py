"""Jobs of letters. Issues share one lock and yield to single mails: a code is not behind a hundred thousand copies."""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from members.letters.sending import events, keeping, mailings, outbox
from members.models import Mailing

UNHURRIED = -20  # behind mails, money and pictures


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def send_mailing(mailing_id: int) -> None:
    """Send one queued mail."""
    mailings.send(Mailing.objects.get(pk=mailing_id))


def queue_mail(mailing_id: int) -> None:
    """Have a single mail sent that lost its job; does nothing where one was given it already."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        send_mailing.configure(queueing_lock=f"mailing-{mailing_id}").defer(mailing_id=mailing_id)


def queue_issue(issue_id: int) -> None:
    """Have an issue go on; does nothing where that is queued. Commits with the caller."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        send_issue.configure(queueing_lock=f"issue-{issue_id}").defer(issue_id=issue_id)


@app.task(queue="letters", lock="letters", priority=UNHURRIED, pass_context=True)
def send_issue(context: JobContext, issue_id: int) -> None:
    """A slice of an issue; the rest by the next such job, so that other issues have their turn."""
    if outbox.go_on(issue_id, is_ending=context.should_abort):
        queue_issue(issue_id)


@app.periodic(cron="* * * * *")
@app.task(queue="letters", queueing_lock="send_issues_due")
def send_issues_due(timestamp: int) -> None:
    """Have every issue whose time has come, or which lost its job, go on."""
    for issue_id in outbox.due(timezone.now()):
        queue_issue(issue_id)


@app.periodic(cron="*/15 * * * *")
@app.task(queue="mail", queueing_lock="send_forgotten_mails")
def send_forgotten_mails(timestamp: int) -> None:
    """Give single mails that lost their job another."""
    mailings.send_forgotten(timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(queue="mail", queueing_lock="adopt_mail_events")
def adopt_mail_events(timestamp: int) -> None:
    """Give events that were told before their message's name was stored to its mailing."""
    events.adopt(now=timezone.now())


@app.periodic(cron="41 3 * * *")
@app.task(queue="letters", priority=UNHURRIED, queueing_lock="forget_old_mails")
def forget_old_mails(timestamp: int) -> None:
    """Forget old events, and of old copies whose they were."""
    keeping.forget_old(now=timezone.now())
