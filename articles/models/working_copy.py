"""What somebody is writing and has not saved, and who has a story open."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WorkingCopy(models.Model):
    """One person's unsaved form of one story, or of one that is no row yet. Never shown to readers.

    `content` is what the form would post; `edition` the story's when the form was opened.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    article = models.ForeignKey("Article", null=True, on_delete=models.CASCADE, related_name="working_copies")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="working_copies")
    edition = models.PositiveIntegerField(default=0)
    content = models.JSONField(default=dict)
    kept_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("working copy")
        verbose_name_plural = _("working copies")
        constraints = [
            models.UniqueConstraint(
                fields=["article", "member"], condition=Q(article__isnull=False), name="working_copy_one_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.content.get('headline', '')}"


class Presence(models.Model):
    """That somebody has a story open on the desk. Old once no heartbeat came for a minute."""

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="presences")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now)
    is_writing = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [models.UniqueConstraint(fields=["article", "member"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.member}"
