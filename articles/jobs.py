"""Jobs of articles: telling the world of stories whose time has come, preparing pictures, cards and links."""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from articles import missing, pictures, publishing
from articles.attachments import link_cards
from articles.letters import digests
from articles.links import outgoing
from articles.models import Article, LinkPreview, OutgoingLink, Picture
from articles.reads import tally

AT_ONCE = 50
UNHURRIED = -10  # behind mails and money, whatever was asked for first


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


@app.task(queue="pictures", priority=UNHURRIED, retry=RetryStrategy(max_attempts=3, exponential_wait=5))
def prepare_picture(picture_id: int) -> None:
    """Make the versions of one picture."""
    pictures.prepare(Picture.objects.get(pk=picture_id), now=timezone.now())


def queue_look(link_id: int) -> None:
    """Have an outgoing link looked at soon; does nothing where that is queued. Commits with the caller."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        look_at_link.configure(queueing_lock=f"link-{link_id}").defer(link_id=link_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="look_after_links", lock="links")
def look_after_links(timestamp: int) -> None:
    """Look whether somebody still answers where our stories link to."""
    outgoing.look_after_due(now=timezone.now())


@app.task(lock="links", priority=UNHURRIED)
def look_at_link(link_id: int) -> None:
    """Look at one address again, because somebody asked."""
    for url in OutgoingLink.objects.filter(pk=link_id).values_list("url", flat=True):
        outgoing.record([link_id], outgoing.look_at(url), now=timezone.now())


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="forget_missed")
def forget_missed(timestamp: int) -> None:
    """Keep the list of missed addresses short."""
    missing.forget_seldom()


@app.periodic(cron="* * * * * */30")
@app.task(queueing_lock="fill_cards_due")
def fill_cards_due(timestamp: int) -> None:
    """Have every link card that waits filled by a job of its own."""
    for card_id in link_cards.due(timezone.now(), AT_ONCE):
        with suppress(AlreadyEnqueued), transaction.atomic():
            fill_card.configure(queueing_lock=f"card-{card_id}").defer(card_id=card_id)


@app.task(queue="cards", priority=UNHURRIED)
def fill_card(card_id: int) -> None:
    """Ask one page elsewhere what it is; a card that is gone or filled is left alone."""
    for card in LinkPreview.objects.filter(pk=card_id, fetched_at=None):
        link_cards.fill(card, now=timezone.now())


@app.periodic(cron="* * * * * 20")  # past the minute: what was announced in its last second is in the database
@app.task(queueing_lock="digests_due")
def digests_due(timestamp: int) -> None:
    """Have every digest whose hour has come put together by a job of its own."""
    for letter_id in digests.due(timezone.now()):
        with suppress(AlreadyEnqueued), transaction.atomic():
            make_digest.configure(queueing_lock=f"digest-{letter_id}").defer(letter_id=letter_id)


@app.task()
def make_digest(letter_id: int) -> None:
    """Put one digest together; one that was made, or has nothing new, is left alone."""
    digests.put_together(letter_id, now=timezone.now())


@app.periodic(cron="41 3 * * *")
@app.task(queueing_lock="forget_reads")
def forget_reads(timestamp: int) -> None:
    """Forget how often stories were read on days long past."""
    tally.forget_outdated(timezone.now())
