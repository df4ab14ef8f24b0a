"""Rows that put a story into a list of its own, an author's or a tag's, in the order of publication.

Such a row carries its story's time of publication while that is approved, so that a page of the list is one
short walk of one index, however many stories there are and however long ago the list's were. Triggers keep the
copy (migration `growth`), whoever writes: verbs, importers, bulk inserts.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from articles.models.article import Article, ArticleQuerySet

Row = TypeVar("Row", bound=models.Model, covariant=True)


def follows(time: str, moment: datetime, key: str, pk: int) -> Q:
    """What comes after the row (`moment`, `pk`) in a list of newest first, by the fields `time` and `key`.

    The first term alone bounds the walk of an index: as one OR the database would read the list from its top.
    """
    return Q(**{f"{time}__lte": moment}) & (Q(**{f"{time}__lt": moment}) | Q(**{f"{key}__lt": pk}))


class ListedQuerySet(models.QuerySet[Row]):
    """Words for bylines and taggings as lists of stories: those of `ArticleQuerySet`."""

    def live(self, now: datetime) -> Self:
        """Those whose stories readers may know of."""
        return self.filter(published_at__isnull=False, article__status="published", article__live_from__lte=now)

    def newest_first(self) -> Self:
        """By their stories' time of publication, the key breaking ties."""
        return self.order_by("-published_at", "-article_id")

    def before(self, moment: datetime, pk: int) -> Self:
        """What follows the story (`moment`, `pk`) in a list of newest first."""
        return self.filter(follows("published_at", moment, "article_id", pk))

    def page(self, most: int) -> "list[Article]":
        """The stories of the first `most`, newest first, with all that a list shows. Two queries."""
        return list(self._stories(most).for_lists())

    def for_feed(self, most: int) -> "list[Article]":
        """The stories of the first `most`, newest first, with all that a feed tells of them. Two queries."""
        return self._stories(most).for_feed(most)

    def _stories(self, most: int) -> "ArticleQuerySet":
        from articles.models.article import Article

        return Article.objects.filter(pk__in=self.values("article")[:most]).newest_first()
