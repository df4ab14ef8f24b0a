"""Jobs of letters."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from members.letters import mailings
from members.models import Mailing


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def send_mailing(mailing_id: int) -> None:
    """Send one queued mail."""
    mailings.send(Mailing.objects.get(pk=mailing_id))
