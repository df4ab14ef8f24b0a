"""A live story's entries as readers get them: twenty a page, the key points above, and what is new since an entry.

Nothing here asks the gate: `reading.admit` and `reading.open_story` did, and only who may read the rest of the
story is given a stream.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.safestring import SafeString

from articles import reading
from articles.attachments.attached import attached_to
from articles.models import Article, LiveEntry
from articles.nodes import Body, plain_text, render
from members.models import SiteRules

PER_PAGE, KEY_POINTS, NEW_AT_ONCE = 20, 8, 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `text` is rendered HTML, `path` an address at which it will always be found."""

    key: int
    headline: str
    text: SafeString
    plain: str
    made_at: datetime
    changed_at: datetime | None
    is_key: bool
    is_removed: bool
    path: str


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """A link to an entry: within the page where it stands there, else to the page that begins with it."""

    words: str
    made_at: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Stream:
    """A page of a story's entries, newest first. `older`: the entry the next page begins with, 0 on the last.

    `path`: where the stream's pages are. `own`: where this reader's are instead, when only their meter or gift
    opens the story. `newest`: the highest key on the page, what to ask news after.
    """

    entries: list[Entry]
    key_points: list[KeyPoint]
    older: int
    newest: int
    path: str
    own: str
    is_running: bool
    is_first: bool

    @property
    def older_path(self) -> str:
        """The next page, empty on the last."""
        return f"{self.own or self.path}?from={self.older}" if self.older else ""


@dataclass(frozen=True, slots=True)
class News:
    """What came, changed and went since an entry: `entries` in the stream's order, `fresh` of them new.

    `has_gap`: so much came that the page is better loaded anew; then there are no entries.
    """

    entries: list[Entry]
    key_points: list[KeyPoint]
    fresh: int
    newest: int
    has_gap: bool
    is_running: bool


def has_stream(article: Article, rules: SiteRules) -> bool:
    """Whether the newsroom tells stories live and this is one."""
    return rules.live_coverage and article.coverage != Article.Coverage.NONE


def stream_of(article: Article, *, begin: int = 0, own: str = "") -> Stream:
    """The page of entries that begins with entry `begin` (0: the newest). One query, one more where pictures are.

    Raises LiveEntry.DoesNotExist when `begin` was never an entry of this story; a removed one still has a place.
    """
    entries, shown = article.live_entries.all(), article.live_entries.shown()
    page = shown
    if begin:
        made_at = Subquery(entries.filter(pk=begin).values("made_at")[:1])
        page = shown.filter(Q(made_at__lt=made_at) | Q(made_at=made_at, pk__lte=begin))
    wanted = Q(pk__in=_keys(page, PER_PAGE + 1)) | Q(pk__in=_key_points(article)) | Q(pk=begin)
    rows = list(entries.filter(wanted).newest_first())
    first = next((place for place, row in enumerate(rows) if row.pk == begin), None) if begin else 0
    if first is None:
        raise LiveEntry.DoesNotExist
    found = [row for row in rows[first:] if row.removed_at is None][: PER_PAGE + 1]
    here = found[:PER_PAGE]
    return Stream(
        entries=_rendered(article, here),
        key_points=_points(article, rows, {row.pk for row in here}),
        older=found[PER_PAGE].pk if len(found) > PER_PAGE else 0,
        newest=max((row.pk for row in here), default=0),
        path=live_path(article),
        own=own,
        is_running=article.coverage == Article.Coverage.RUNNING,
        is_first=not begin,
    )


def news_of(article: Article, *, after: int) -> News:
    """What happened in the stream since entry `after` (0: since ever). Two queries, one more where pictures are.

    Raises LiveEntry.DoesNotExist when `after` was never an entry of this story.
    """
    entries = article.live_entries.all()
    new = Q(pk__gt=after)
    if after:
        since = entries.values_list("made_at", flat=True).get(pk=after)
        new |= Q(changed_at__gt=since) | Q(removed_at__gt=since)
    happened = Q(pk__in=_keys(entries.filter(new), NEW_AT_ONCE + 1))
    rows = list(entries.filter(happened | Q(pk__in=_key_points(article))).newest_first())
    found = [row for row in rows if row.pk > after or (after and _last_change(row) > since)]
    has_gap = len(found) > NEW_AT_ONCE
    fresh = [row for row in found if row.pk > after and row.removed_at is None]
    return News(
        entries=[] if has_gap else _rendered(article, found),
        key_points=_points(article, rows, {row.pk for row in fresh}),
        fresh=len(fresh),
        newest=max([after, *(row.pk for row in found)]),
        has_gap=has_gap,
        is_running=article.coverage == Article.Coverage.RUNNING,
    )


def live_path(article: Article) -> str:
    """Where the pages of its stream are; empty while the story has no address."""
    if article.published_on is None:
        return ""
    return reverse("live", args=[article.published_on, article.slug])


def _keys(entries: "QuerySet[LiveEntry]", number: int) -> "QuerySet[Any, Any]":
    return entries.order_by("-made_at", "-pk").values("pk")[:number]


def _key_points(article: Article) -> "QuerySet[Any, Any]":
    return _keys(article.live_entries.shown().filter(is_key=True), KEY_POINTS)


def _last_change(row: LiveEntry) -> datetime:
    return max(filter(None, (row.made_at, row.changed_at, row.removed_at)))


def _points(article: Article, rows: Iterable[LiveEntry], here: set[int]) -> list[KeyPoint]:
    """The newest key points among `rows`; those of `here` are on the same page."""
    points = [row for row in rows if row.is_key and row.removed_at is None][:KEY_POINTS]
    return [
        KeyPoint(
            words=row.headline or plain_text(Body(row.text).blocks)[:120],
            made_at=row.made_at,
            path=f"#entry-{row.pk}" if row.pk in here else _permalink(article, row),
        )
        for row in points
    ]


def _permalink(article: Article, row: LiveEntry) -> str:
    return f"{live_path(article)}?from={row.pk}#entry-{row.pk}"


def _rendered(article: Article, rows: list[LiveEntry]) -> list[Entry]:
    bodies = {row.pk: _blocks(row) for row in rows}
    every = [block for blocks in bodies.values() for block in blocks]
    shown = reading.shown_in(every, attached_to(every), links_are_paid=article.kind == Article.Kind.SPONSORED)
    return [
        Entry(
            key=row.pk,
            headline=row.headline,
            plain=plain_text(bodies[row.pk]),
            text=render(bodies[row.pk], shown),
            made_at=row.made_at,
            changed_at=row.changed_at,
            is_key=row.is_key,
            is_removed=row.removed_at is not None,
            path=_permalink(article, row),
        )
        for row in rows
    ]


def _blocks(row: LiveEntry) -> list[Any]:
    """The blocks of an entry, nothing of a removed one; headings without names, which would not be the only ones."""
    blocks: list[Any] = Body(row.text if row.removed_at is None else "").blocks
    for named in (found for block in blocks for found in block.xpath("descendant-or-self::*[@id]")):
        del named.attrib["id"]
    return blocks
