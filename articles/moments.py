"""The stored times of this app at which pages change by themselves."""

from collections.abc import Iterator
from datetime import datetime

from articles.models import Article, FrontSlot
from newsroom.caching import EVERYTHING, Moment

KNOWN_AHEAD = 200


def upcoming(now: datetime) -> Iterator[Moment]:
    """Scheduled stories go live: front, feeds, archive, their section, authors, tags, series. Pins run out.

    Only the next 200; where there are more, the last one ends every page, so that none is missed.
    """
    soon = Article.objects.scheduled(now).order_by("live_from").prefetch_related("bylines", "tags")
    rows = list(soon.without_text()[: KNOWN_AHEAD + 1])
    for row in rows[:KNOWN_AHEAD]:
        if row.live_from is not None:
            yield Moment(row.live_from, frozenset(row.cache_keys()))
    if len(rows) > KNOWN_AHEAD and (last := rows[KNOWN_AHEAD].live_from) is not None:
        yield Moment(last, frozenset({EVERYTHING}))
    for at in FrontSlot.objects.filter(pinned_until__gt=now).values_list("pinned_until", flat=True):
        if at is not None:
            yield Moment(at, frozenset({"front"}))
