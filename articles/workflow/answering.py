"""A story that answers a topic of patrons': it goes out, is taken back, or is given to another topic.

Called by `publishing` inside its transactions. A story that is imported, backdated or older than a day tells nobody.
"""

from datetime import datetime, timedelta

from articles.models import Article, Revision
from members.topics.loop import stories

ONE_DAY = timedelta(hours=24)


def goes_out(article: Article, now: datetime) -> None:
    """The story is live: its topic is answered, and those who asked for it hear so, once."""
    if article.topic_id is not None and article.is_live(now):
        tells = article.published_at is not None and article.published_at > now - ONE_DAY
        stories.published(article.topic_id, story_id=article.pk, headline=article.headline, tells=tells, now=now)


def taken_back(article: Article, now: datetime) -> None:
    """The story is withdrawn: its topic waits for another one."""
    if article.topic_id is not None:
        stories.withdrawn(article.topic_id, story_id=article.pk, now=now)


def corrected(article: Article, before: Revision | None, now: datetime) -> None:
    """A story that is out was saved: it may have been given a topic, or taken from one."""
    had = before.content.get("topic_id") if before else None
    if had is not None and had != article.topic_id:
        stories.withdrawn(had, story_id=article.pk, now=now)
    if article.topic_id is not None and (before is None or had != article.topic_id):
        goes_out(article, now)
