"""Stories on offer for an issue: what is new since the last one, and what somebody looks for. Only live ones."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from articles.models import Article
from members.models import Letter

NEW, FOUND = 20, 20
LATELY = timedelta(days=7)
WORDS = 8


def last_out(letter: Letter, now: datetime) -> datetime:
    """When the letter's last composed or digested issue went out; a week ago where there was none. One query."""
    issues = letter.issues.sent().filter(story_id=None, send_at__lte=now)
    return issues.values_list("send_at", flat=True).first() or now - LATELY


def new_since(letter: Letter, moment: datetime, *, without: Iterable[int], now: datetime) -> list[Article]:
    """Live stories of the letter's sections the world was told of after `moment`, newest first. One query."""
    stories = Article.objects.live(now).filter(live_from__gt=moment, announced_at__isnull=False)
    if letter.section_ids:
        stories = stories.filter(section__in=letter.section_ids)
    return list(stories.exclude(pk__in=list(without)).without_text().order_by("-live_from", "-pk")[:NEW])


def found(words: str, *, without: Iterable[int], now: datetime) -> list[Article]:
    """Live stories with all these words in their headline, of any section and age, newest first. One query."""
    stories = Article.objects.live(now)
    for word in words.split()[:WORDS]:
        stories = stories.filter(headline__icontains=word)
    return list(stories.exclude(pk__in=list(without)).without_text().newest_first()[:FOUND])
