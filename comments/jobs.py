"""Jobs of replies."""

from datetime import timedelta

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from comments.models import Reply
from comments.moderation import reports, sanctions
from comments.notices import digests, moderators, outbox, telling
from members.models import SiteRules

NOTICES_KEPT = timedelta(days=90)


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def tell_answered(reply_id: int) -> None:
    """Tell those the reply concerns: whom it answers, who follows, who wrote the story."""
    telling.tell_answered(reply_id)


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def tell_decided(ruling_id: int) -> None:
    """Tell whoever wrote the reply what a moderator decided about it."""
    telling.tell_decided(ruling_id)


@app.periodic(cron="* * * * *")
@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def mail_notices(timestamp: int) -> None:
    """Mail what is due: at once, by the hour, by the day."""
    digests.mail_due(timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def mail_moderators(timestamp: int) -> None:
    """Tell moderators what waits for them, once an hour or a day as each wishes."""
    moderators.mail_digests(timezone.now())


@app.periodic(cron="17 4 * * *")
@app.task(queue="default")
def forget_networks(timestamp: int) -> None:
    """Drop the hashes of networks after as many days as the site's rules say: the limits look back ten minutes."""
    kept = timedelta(days=SiteRules.current().networks_kept_days)
    old = Reply.objects.filter(posted_at__lt=timezone.now() - kept)
    old.exclude(ip_digest="").update(ip_digest="")


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def tell_reporters(reply_ids: list[int]) -> None:
    """Tell those who reported the replies what came of it."""
    reports.tell_reporters(reply_ids)


@app.task(queue="default", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def reject_all(sanction_id: int) -> None:
    """Take from sight the rest of what a banned member wrote."""
    sanctions.reject_all(sanction_id, now=timezone.now())


@app.task(queue="default", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def bring_back(sanction_id: int) -> None:
    """Bring back the rest of what a lifted sanction took."""
    sanctions.bring_back(sanction_id, now=timezone.now())


@app.periodic(cron="27 4 * * *")
@app.task(queue="default")
def forget_notices(timestamp: int) -> None:
    """Drop the rows of notices mailed ninety days ago."""
    outbox.forget_sent(timezone.now() - NOTICES_KEPT)
