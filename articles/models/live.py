"""A live story's entries: timed, newest first, the key ones pinned above."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.editor import StoryHTMLField


class LiveEntryQuerySet(models.QuerySet["LiveEntry"]):
    """Words for entries."""

    def shown(self) -> Self:
        """Those readers may see."""
        return self.filter(removed_at=None)

    def newest_first(self) -> Self:
        """By time, the key breaking ties."""
        return self.order_by("-made_at", "-pk")


class LiveEntry(models.Model):
    """One entry. A removed one leaves the page and stays in the table."""

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="live_entries")
    headline = models.CharField(max_length=160, blank=True)
    text = StoryHTMLField()
    is_key = models.BooleanField(default=False, help_text=_("Also stands in the key points above."))
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = LiveEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("live entry")
        verbose_name_plural = _("live entries")
        indexes = [models.Index(fields=["article", "-made_at", "-id"], name="live_entry_newest")]

    def __str__(self) -> str:
        return self.headline or f"{self.made_at:%H:%M}"
