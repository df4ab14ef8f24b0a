"""How often stories are read: sums a day, of nobody in particular."""

from datetime import date, datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.models.article import Article


class StoryReadsQuerySet(models.QuerySet["StoryReads"]):
    """Words for sums of reads."""

    def since(self, day: date) -> Self:
        """From `day` on."""
        return self.filter(day__gte=day)

    def on(self, day: date) -> Self:
        """Those of one day."""
        return self.filter(day=day)

    def of_live(self, now: datetime) -> Self:
        """Of stories readers may know of."""
        return self.filter(article__status="published", article__live_from__lte=now)

    def most_first(self) -> Self:
        """The most read first."""
        return self.order_by("-reads", "article")

    def outdated(self, today: date, *, kept: timedelta) -> Self:
        """Those older than we keep them."""
        return self.filter(day__lt=today - kept)


class StoryReads(models.Model):
    """How often one story was read on one day of the site's calendar. No row holds who, when or from where."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="reads")
    day = models.DateField()
    reads = models.PositiveIntegerField(default=0)

    objects = StoryReadsQuerySet.as_manager()

    class Meta:
        verbose_name = _("reads of a story")
        verbose_name_plural = _("reads of stories")
        constraints = [models.UniqueConstraint(fields=["article", "day"], name="story_reads_once_a_day")]
        indexes = [models.Index(fields=["day", "-reads", "article"], name="story_reads_most")]

    def __str__(self) -> str:
        return f"{self.article_id} · {self.day:%Y-%m-%d}: {self.reads}"
