"""What is read of a story before anybody asks who reads it: loaded in three queries, and kept on a shelf.

Time is no part of it: whether the story, a linked one or a part of its series is live is asked on every read. Only
stories that are out stand on the shelf, never for the desk, which may read what waits and changes it unannounced.
"""

import dataclasses
import itertools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db.models import BigIntegerField, DateField, TextField

from articles.models import Article, Byline, Correction, RelatedLink, Tag, gathered
from members.gate import Reader
from newsroom import caching
from newsroom.prepared import Prepared, Slot
from newsroom.shelf import Kept, Shelf

MOST_BYTES = 8_000_000
KEPT_FOR = 600  # seconds, as long as a page: what changed without a word (an import, a hand in the database) ends too
STORY_BYTES = 6_000  # a row with its section, tier and picture, without its texts
ROW_BYTES = 1_500

_numbers = itertools.count()

Made = TypeVar("Made")


class WithdrawnError(Exception):
    """The story was taken back. `article` carries the reason; nothing else of it may be shown."""

    def __init__(self, article: Article) -> None:
        super().__init__(article.withdrawal_reason)
        self.article = article


@dataclass(frozen=True, slots=True)
class Told:
    """A story with all that its page names. `links`, `parts` and `translations` hold stories to come, too: who shows
    them asks whether they are live. `number`: no two on the shelf ever have the same; None where it is not for it.
    """

    article: Article
    bylines: tuple[Byline, ...]
    links: tuple[RelatedLink, ...]
    parts: tuple[Article, ...]
    corrections: tuple[Correction, ...]
    tags: tuple[Tag, ...]
    translations: tuple[Article, ...] = ()
    number: int | None = None

    @property
    def keys(self) -> frozenset[str]:
        """What its page falls with, live entries and the discussion apart."""
        article = self.article
        keys = {f"article-{article.pk}", *(f"article-{link.story_id}" for link in self.links if link.story_id)}
        keys |= {f"author-{byline.author_id}" for byline in self.bylines} | {f"tag-{tag.pk}" for tag in self.tags}
        if article.original_id:
            keys.add(f"article-{article.original_id}")  # falls with each of its translations
        if article.series_id:
            keys.add(f"series-{article.series_id}")
        if article.topic_id:
            keys.add(f"topic-{article.topic_id}")
        return frozenset(keys)

    @property
    def size(self) -> int:
        """The bytes it holds, roughly."""
        rows = len(self.bylines) + len(self.parts) + len(self.corrections) + len(self.tags)
        stories = 1 + len(self.links) + len(self.translations)
        texts = sum(map(sys.getsizeof, vars(self.article).values())) + sum(len(row.text) for row in self.corrections)
        return stories * STORY_BYTES + rows * ROW_BYTES + texts


shelf: Shelf[Any] = Shelf(MOST_BYTES)  # of `Told`, and of what is rendered of them
caching.follow(shelf)

_STORIES: Prepared[Article] = Prepared(
    lambda: Article.objects.for_reading().filter(
        published_on=Slot("published_on", DateField()), slug=Slot("slug", TextField())
    )
)
_BYLINES: Prepared[Byline] = Prepared(
    lambda: (
        Byline.objects.select_related("author__portrait")
        .filter(article=Slot("article", BigIntegerField()))
        .order_by("position", "pk")
    )
)
_LINKS: Prepared[RelatedLink] = Prepared(
    lambda: (
        RelatedLink.objects.with_targets().filter(article=Slot("article", BigIntegerField())).order_by("position", "pk")
    )
)
_PARTS: Prepared[Article] = Prepared(
    lambda: (
        Article.objects.filter(series=Slot("series", BigIntegerField()), status=Article.Status.PUBLISHED)
        .in_series_order()
        .only("headline", "slug", "published_on", "series_part", "status", "live_from")
    )
)


def told_at(published_on: date, slug: str, *, reader: Reader, now: datetime) -> Told:
    """The story at this address. Three queries, four for a part of a series, none from the shelf.

    Raises Article.DoesNotExist where no live story is (staff see what waits), WithdrawnError where one was.
    """

    def load() -> Told:
        rows = _STORIES.rows(published_on=published_on, slug=slug)
        if not rows:
            raise Article.DoesNotExist
        refuse_unseen(rows[0], reader=reader, now=now)  # before it is kept
        return told_of(rows[0])

    if reader.on_staff:
        return load()
    found: Told = shelf.get((published_on, slug, int(now.timestamp() // KEPT_FOR)), lambda: _kept(load()))
    refuse_unseen(found.article, reader=reader, now=now)
    return found


def told_of(article: Article) -> Told:
    """A story loaded `for_reading`, with what its page names: two queries, three for a part of a series."""
    rows: Any = article  # annotated by for_reading
    return Told(
        article=article,
        bylines=tuple(_BYLINES.rows(article=article.pk)),
        links=tuple(_LINKS.rows(article=article.pk)),
        parts=tuple(_PARTS.rows(series=article.series_id)) if article.series_id else (),
        corrections=tuple(Correction.from_list(row) for row in rows.correction_list),
        tags=tuple(Tag(**row) for row in rows.tag_list),
        translations=tuple(gathered.translation(row) for row in rows.translation_list),
    )


def refuse_unseen(article: Article, *, reader: Reader, now: datetime) -> None:
    """Raise what `told_at` raises where readers may not know of the story."""
    if article.status == Article.Status.WITHDRAWN and article.live_from and article.live_from <= now:
        raise WithdrawnError(article)
    if not article.is_live(now) and not reader.on_staff:
        raise Article.DoesNotExist


def made_of(told: Told, name: tuple[Any, ...], make: Callable[[], Kept[Made]]) -> Made:
    """What `make` makes of `told`, kept on the shelf under `name` where that is from there.

    It goes with this very `told`: what was made of one that fell meanwhile is never asked for again.
    """
    if told.number is None:
        return make().value
    made: Made = shelf.get((told.number, *name), make)
    return made


def _kept(told: Told) -> Kept[Any]:
    """Section and tier are the site's."""
    return Kept(dataclasses.replace(told, number=next(_numbers)), told.keys | {"site"}, told.size)
