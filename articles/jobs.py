"""Jobs of articles: telling the world of stories whose time has come, preparing pictures, filling link cards."""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from articles import link_cards, pictures, publishing
from articles.models import Article, LinkPreview, Picture

AT_ONCE = 50


def queue_preparation(picture_id: int) -> None:
    """Have the picture prepared soon; does nothing where that is queued. Commits with the caller."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        prepare_picture.configure(queueing_lock=f"picture-{picture_id}").defer(picture_id=picture_id)


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="announce_due")
def announce_due(timestamp: int) -> None:
    """Announce every live story the world was not told of."""
    now = timezone.now()
    for article in Article.objects.live(now).unannounced().order_by("live_from")[:AT_ONCE]:
        publishing.announce(article, now=now)


@app.periodic(cron="* * * * * */30")
@app.task(queueing_lock="prepare_due")
def prepare_due(timestamp: int) -> None:
    """Have every new picture prepared by a job of its own."""
    for picture_id in Picture.objects.unprepared(timezone.now()).values_list("pk", flat=True)[:AT_ONCE]:
        queue_preparation(picture_id)


@app.task(queue="pictures", retry=RetryStrategy(max_attempts=3, exponential_wait=5))
def prepare_picture(picture_id: int) -> None:
    """Make the versions of one picture."""
    pictures.prepare(Picture.objects.get(pk=picture_id), now=timezone.now())


@app.periodic(cron="* * * * * */30")
@app.task(queueing_lock="fill_cards_due")
def fill_cards_due(timestamp: int) -> None:
    """Have every link card that waits filled by a job of its own."""
    for card_id in link_cards.due(timezone.now(), AT_ONCE):
        with suppress(AlreadyEnqueued), transaction.atomic():
            fill_card.configure(queueing_lock=f"card-{card_id}").defer(card_id=card_id)


@app.task(queue="cards")
def fill_card(card_id: int) -> None:
    """Ask one page elsewhere what it is; a card that is gone or filled is left alone."""
    for card in LinkPreview.objects.filter(pk=card_id, fetched_at=None):
        link_cards.fill(card, now=timezone.now())
