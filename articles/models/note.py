"""Talk about a story before it is out: notes of the newsroom, and links that let outsiders look and comment."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_NOTE = 4000


class StoryNoteQuerySet(models.QuerySet["StoryNote"]):
    """Words for notes."""

    def in_order(self) -> Self:
        """As they were said."""
        return self.order_by("made_at", "pk")

    def with_people(self) -> Self:
        """Each with who said it, for whom its link was made and who resolved it, in the same query."""
        return self.select_related("by", "preview_link", "resolved_by")

    def blocking(self) -> Self:
        """Those that keep their story from going out."""
        return self.filter(blocks=True, resolved_at=None)


class PreviewLink(models.Model):
    """Lets somebody without an account read a story that is not out, and comment. Its token is signed."""

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="preview_links")
    label = models.CharField(max_length=80, help_text=_("For whom."))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    times_opened = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")

    def __str__(self) -> str:
        return self.label

    def works(self, now: datetime) -> bool:
        """Whether it was neither revoked nor has run out. Its story has its own say."""
        return self.revoked_at is None and now < self.expires_at


class StoryNote(models.Model):
    """One note in a story's thread: by somebody of the newsroom, or by whom a preview link let in."""

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    preview_link = models.ForeignKey(PreviewLink, null=True, on_delete=models.SET_NULL, related_name="notes")
    said_by = models.CharField(max_length=80, blank=True, help_text=_("An outsider's own name."))
    text = models.TextField(max_length=LONGEST_NOTE)
    made_at = models.DateTimeField(default=timezone.now)
    blocks = models.BooleanField(default=False, help_text=_("The story does not go out before it is resolved."))
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = StoryNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes = [models.Index(fields=["article", "made_at"], name="note_thread")]

    def __str__(self) -> str:
        return self.text[:80]
