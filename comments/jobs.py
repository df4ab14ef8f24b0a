"""Jobs of replies."""

from datetime import timedelta

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from comments.models import Reply
from comments.moderation import reports, sanctions
from comments.notices import telling

NETWORKS_KEPT = timedelta(days=30)


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def tell_answered(reply_id: int) -> None:
    """Tell those the reply answers."""
    telling.tell_answered(reply_id)


@app.task(queue="mail", retry=RetryStrategy(max_attempts=6, exponential_wait=5))
def tell_decided(ruling_id: int) -> None:
    """Tell whoever wrote the reply what a moderator decided about it."""
    telling.tell_decided(ruling_id)


@app.periodic(cron="17 4 * * *")
@app.task(queue="default")
def forget_networks(timestamp: int) -> None:
    """Drop the hashes of networks after thirty days: the limits look back ten minutes."""
    old = Reply.objects.filter(posted_at__lt=timezone.now() - NETWORKS_KEPT)
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
