"""Related stories: what the editor chose, what the text itself points to, the parts of a series."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from articles.models import Article, RelatedLink
from articles.models.article import UNSEEN_BY_LISTS
from members.models import AuditEntry, Member
from newsroom.caching import purge

CITING = 100


class RelatedError(Exception):
    """The story cannot be linked; the message is fit to show on the desk."""


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one story that may be shown now."""

    chosen: list[RelatedLink]
    in_body: dict[int, Article]


def live_links(rows: Iterable[RelatedLink], *, now: datetime) -> Links:
    """Of a story's links in order (`with_targets`): the editor's, and the stories of the body's insets, by key.

    Those to stories that are not live are left out.
    """
    live = [(row, row.story) for row in rows if row.story is None or row.story.is_live(now)]
    return Links(
        chosen=[row for row, _story in live if not row.in_body],
        in_body={story.pk: story for row, story in live if row.in_body and story is not None},
    )


def live_parts(parts: Iterable[Article], *, now: datetime) -> list[Article]:
    """Of the parts of a series in order those that are live; none where there is only one."""
    found = [part for part in parts if part.is_live(now)]
    return found if len(found) > 1 else []


def note_read_also(article: Article, story_ids: Iterable[int], *, had: list[int]) -> None:
    """Make the links of the body's *read also* insets agree with its text. The others stay as they are.

    `had`: the stories they named until now, in order. One query where the text names any.
    """
    wanted = [pk for pk in dict.fromkeys(story_ids) if pk != article.pk]
    known = set(Article.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    wanted = [pk for pk in wanted if pk in known]
    if had == wanted:
        return
    article.related_links.filter(in_body=True).delete()
    RelatedLink.objects.bulk_create(
        RelatedLink(article=article, story_id=pk, position=place, in_body=True) for place, pk in enumerate(wanted)
    )


def link_story(article: Article, story: Article, *, by: Member) -> bool:
    """Put `story` last among the editor's related links; False where it stands there already.

    Raises RelatedError for the story itself. Effects: a row, an audit entry, and the pages that show the story
    fall if readers may know it. No version is kept of this alone: the next save's has it.
    """
    if story.pk == article.pk:
        raise RelatedError(_("A story is not related to itself."))
    with transaction.atomic():
        Article.objects.select_for_update().only("pk").get(pk=article.pk)  # two presses make one link
        chosen = article.related_links.filter(in_body=False)
        if chosen.filter(story=story).exists():
            return False
        last = chosen.aggregate(last=Max("position"))["last"] or 0
        RelatedLink.objects.create(article=article, story=story, position=last + 1)
        AuditEntry.objects.note("story.relate", by=by, subject=article, reason=story.headline)
        if article.was_published:
            purge(*article.cache_keys())
    return True


def citing(article: Article, *, among: "QuerySet[Article]") -> list[RelatedLink]:
    """Who of `among` links here, in text or as related: one link a story, the newest first, live or not. One query."""
    unseen = [f"article__{name}" for name in UNSEEN_BY_LISTS]
    links = article.referring_links.filter(article__in=among).select_related("article")
    rows = links.defer(*unseen).order_by("-article_id", "-in_body", "pk")
    found: dict[int, RelatedLink] = {}
    for row in rows[:CITING]:
        found.setdefault(row.article_id, row)
    return list(found.values())


def host_of(url: str) -> str:
    """The host of an address, without `www.`."""
    return urlsplit(url).netloc.removeprefix("www.")
