"""The stored times of this app at which pages change by themselves: replies end."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from articles.models import Article
from comments.closing import closes_by_age
from comments.models import Discussion
from members.models import SiteRules
from newsroom.caching import EVERYTHING, Moment

KNOWN_AHEAD = 200
AHEAD = timedelta(days=1)  # of ages: no page is kept longer without being asked for anew


def upcoming(now: datetime) -> Iterator[Moment]:
    """Discussions close at their date, and stories grow too old for replies.

    Only the next 200 of each; where there are more, the last one ends every page. Silence is no such moment: with
    every reply it moves, so a page that shows the way to write may stand for its ten minutes more, and leads to the
    sentence that says why.
    """
    closing = Discussion.objects.filter(closes_at__gt=now, is_open=True).order_by("closes_at")
    yield from _first([(row.closes_at, row.cache_key) for row in closing.only("closes_at")[: KNOWN_AHEAD + 1]])
    rules = SiteRules.current()
    if rules.close_replies_after_days is None:
        return
    since = now - timedelta(days=rules.close_replies_after_days)
    ageing = Article.objects.filter(published_at__gt=since, published_at__lte=since + AHEAD).order_by("published_at")
    rows = ageing.only("published_at")[: KNOWN_AHEAD + 1]
    yield from _first([(closes_by_age(row, rules), f"article-{row.pk}") for row in rows])


def _first(known: list[tuple[datetime | None, str]]) -> Iterator[Moment]:
    for at, key in known[:KNOWN_AHEAD]:
        if at is not None:
            yield Moment(at, frozenset({key}))
    if len(known) > KNOWN_AHEAD and (last := known[KNOWN_AHEAD][0]) is not None:
        yield Moment(last, frozenset({EVERYTHING}))
