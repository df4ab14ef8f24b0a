"""Related stories: what the editor chose, what the text itself points to, the parts of a series."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from articles.models import Article, RelatedLink


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one story, as they stand now. `keys` name every story they could show, live or not."""

    chosen: list[RelatedLink]
    in_body: dict[int, Article]
    keys: frozenset[str]


def links_of(article: Article, *, now: datetime) -> Links:
    """The editor's links in order and the stories of the body's insets, those that are live. One query."""
    rows = list(article.related_links.with_targets().order_by("position", "pk"))
    stories = {row.story.pk: row.story for row in rows if row.story and row.story.is_live(now)}
    return Links(
        chosen=[row for row in rows if not row.in_body and (row.story_id is None or row.story_id in stories)],
        in_body={row.story.pk: row.story for row in rows if row.in_body and row.story and row.story.pk in stories},
        keys=frozenset(f"article-{row.story_id}" for row in rows if row.story_id),
    )


def series_parts(article: Article, *, now: datetime) -> list[Article]:
    """The live parts of the story's series in order; none where it is the only one. One query if it has a series."""
    if article.series_id is None:
        return []
    parts = Article.objects.live(now).filter(series_id=article.series_id).in_series_order()
    found = list(parts.only("headline", "slug", "published_on", "series_part"))
    return found if len(found) > 1 else []


def note_read_also(article: Article, story_ids: Iterable[int]) -> None:
    """Make the links of the body's *read also* insets agree with its text. The others stay as they are."""
    wanted = [pk for pk in dict.fromkeys(story_ids) if pk != article.pk]
    known = set(Article.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    had = list(article.related_links.filter(in_body=True).order_by("position", "pk").values_list("story_id", flat=True))
    wanted = [pk for pk in wanted if pk in known]
    if had == wanted:
        return
    article.related_links.filter(in_body=True).delete()
    RelatedLink.objects.bulk_create(
        RelatedLink(article=article, story_id=pk, position=place, in_body=True) for place, pk in enumerate(wanted)
    )


def host_of(url: str) -> str:
    """The host of an address, without `www.`."""
    return urlsplit(url).netloc.removeprefix("www.")
