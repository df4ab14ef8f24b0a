"""Jobs of letters."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from members.letters.issues import making
from members.letters.sending import mailings
from members.models import Issue, Mailing


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def send_mailing(mailing_id: int) -> None:
    """Send one queued mail."""
    mailings.send(Mailing.objects.get(pk=mailing_id))


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def queue_recipients(issue_id: int, after: int) -> None:
    """Write down the next page of an issue's recipients."""
    making.queue_page(Issue.objects.select_related("letter").get(pk=issue_id), after=after)
