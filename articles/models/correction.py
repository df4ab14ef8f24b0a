"""What was put right after publication, and when."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.listing import follows


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Words for corrections."""

    def of_live_stories(self, now: datetime) -> Self:
        """Those under stories readers may know of, newest first, with the story's name and address."""
        return (
            self.filter(article__status="published", article__live_from__lte=now)
            .select_related("article")
            .only("kind", "text", "made_at", "article__headline", "article__slug", "article__published_on")
            .order_by("-made_at", "-pk")
        )

    def before(self, moment: datetime, pk: int) -> Self:
        """What follows the correction (`moment`, `pk`) in a list of newest first."""
        return self.filter(follows("made_at", moment, "pk", pk))


class Correction(models.Model):
    """A dated note under a story and on `/corrections/`."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", _("Correction")
        CLARIFICATION = "clarification", _("Clarification")
        UPDATE = "update", _("Update")
        NOTE = "note", _("Editor’s note")
        RETRACTION = "retraction", _("Retraction")

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="corrections")
    kind = models.CharField(max_length=13, choices=Kind.choices, default=Kind.CORRECTION)
    text = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        indexes = [models.Index(fields=["-made_at"], name="correction_newest")]

    def __str__(self) -> str:
        return self.text[:80]

    @classmethod
    def from_list(cls, row: dict[str, Any]) -> Self:
        """One of a story's `correction_list`, as the database writes it."""
        return cls(**{**row, "made_at": datetime.fromisoformat(row["made_at"])})
