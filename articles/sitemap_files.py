"""What stands in which file of the sitemap, and the files' text, made piece by piece.

A month is one file; one of more addresses than a file may have goes on in others, each of which begins after a
story (`?after=2026-11-14-812345`). Nothing is counted where the whole paper fits one file. What search engines should
know by an address elsewhere stands in none.
Source: https://www.sitemaps.org/protocol.html (50,000 addresses, 50 MB).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Max, Min
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.html import escape

from articles.models import Article
from articles.structured_data import absolute

MOST = 25_000  # so that the longest addresses there are, 1.9 kB each, stay below 50 MB
AT_ONCE = 5_000  # stories in memory
MONTHS = """
    WITH RECURSIVE month AS (
        (SELECT date_trunc('month', published_on)::date AS first FROM articles_article
         WHERE status = 'published' AND live_from <= %(now)s AND canonical_url = '' ORDER BY published_on DESC LIMIT 1)
        UNION ALL
        SELECT (SELECT date_trunc('month', published_on)::date FROM articles_article
                WHERE status = 'published' AND live_from <= %(now)s AND canonical_url = ''
                AND published_on < month.first
                ORDER BY published_on DESC LIMIT 1)
        FROM month WHERE month.first IS NOT NULL
    )
    SELECT first FROM month WHERE first IS NOT NULL
"""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'


class PlaceError(ValueError):
    """The address names no place in a month."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One address of a sitemap. `changed_at` may be unknown; `title` and `language` are for the news."""

    url: str
    changed_at: datetime | None = None
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A story in the order of a sitemap: its day and key."""

    day: date
    pk: int

    @classmethod
    def read(cls, text: str) -> "Place":
        """From an address. Raises PlaceError for anything we did not write."""
        day, _dash, pk = text.rpartition("-")
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            raise PlaceError(text)
        try:
            return cls(date.fromisoformat(day), int(pk))
        except ValueError as error:
            raise PlaceError(text) from error

    def __str__(self) -> str:
        return f"{self.day.isoformat()}-{self.pk}"


def months(now: datetime) -> list[date]:
    """The first days of the months that have a live story, the newest first. One query: a step of the index each."""
    with connection.cursor() as cursor:
        cursor.execute(MONTHS, {"now": now})
        return [first for (first,) in cursor.fetchall()]


def files(now: datetime, *, most: int = MOST) -> list[str]:
    """The addresses of all months' files, the newest month first, each with at most `most` stories.

    Two queries while the paper has no more than `most`; beyond, one counts and each long month takes some more.
    """
    found = months(now)
    long = _longer_than(most, now) if _may_be_larger_than(most) else frozenset()
    return [path for month in found for path in _files_of(month, now, most, is_long=month in long)]


def stories_of(month: date, after: Place | None, now: datetime, *, most: int = MOST) -> Iterator[Article]:
    """The live stories of one file: those of `month` behind `after`, at most `most`. Few are in memory at once."""
    unseen = Article.objects.live(now).ours().of_month(month).only("slug", "published_on", "published_at", "updated_at")
    while most > 0:
        wanted = min(most, AT_ONCE)
        rows = list((unseen.behind(after.day, after.pk) if after else unseen).by_day()[:wanted])
        yield from rows
        if len(rows) < wanted or rows[-1].published_on is None:
            return
        after = Place(rows[-1].published_on, rows[-1].pk)
        most -= wanted


def text_of(entries: Iterable[Entry]) -> Iterator[str]:
    """A sitemap of `entries`, piece by piece."""
    yield HEAD
    lines = map(_line, entries)
    while piece := "".join(islice(lines, 500)):
        yield piece
    yield "</urlset>\n"


def _line(entry: Entry) -> str:
    changed = (
        f"<lastmod>{entry.changed_at.astimezone(UTC).isoformat('T', 'seconds')}</lastmod>" if entry.changed_at else ""
    )
    return f"  <url><loc>{escape(entry.url)}</loc>{changed}</url>\n"


def entry_of(story: Article) -> Entry:
    """A story's address and when it last changed."""
    return Entry(absolute(story.get_absolute_url()), story.updated_at or story.published_at)


def _may_be_larger_than(most: int) -> bool:
    """Whether there can be more than `most` stories at all. One query, two steps of the key's index."""
    ends = Article.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return ends["first"] is not None and ends["last"] - ends["first"] >= most


def _longer_than(most: int, now: datetime) -> frozenset[date]:
    """The months with more than `most` live stories. One query, through an index alone."""
    live = Article.objects.live(now).annotate(month=TruncMonth("published_on")).values("month").order_by()
    return frozenset(live.annotate(number=Count("pk")).filter(number__gt=most).values_list("month", flat=True))


def _files_of(month: date, now: datetime, most: int, *, is_long: bool) -> Iterator[str]:
    path = reverse("sitemap_month", args=[f"{month:%Y-%m}"])
    yield path
    after = _last_of_file(month, None, now, most) if is_long else None
    while after is not None:
        yield f"{path}?{urlencode({'after': str(after)})}"
        after = _last_of_file(month, after, now, most)


def _last_of_file(month: date, after: Place | None, now: datetime, most: int) -> Place | None:
    """The last story of the file behind `after`, if others follow. One query, of keys alone."""
    stories = Article.objects.live(now).ours().of_month(month).by_day()
    stories = stories.behind(after.day, after.pk) if after else stories
    found = [Place(day, pk) for day, pk in stories.values_list("published_on", "pk")[most - 1 : most + 1] if day]
    return found[0] if len(found) > 1 else None


def first_of(month: str) -> date:
    """The first day of `2026-11`. Raises PlaceError for what is no month."""
    try:
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise PlaceError(month) from error
