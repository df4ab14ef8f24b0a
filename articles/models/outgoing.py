"""Links that lead out of our stories, and whether somebody still answers there."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LOOK_AGAIN, LOOK_ANEW = timedelta(days=1), timedelta(days=7)


class OutgoingLinkQuerySet(models.QuerySet["OutgoingLink"]):
    """Words for outgoing links."""

    def dead(self) -> Self:
        """Those where nobody answered on two different days."""
        return self.filter(failing_since__isnull=False)

    def due(self, now: datetime) -> Self:
        """Those to look at: never seen, failed once a day ago, or last seen a week ago. Longest unseen first."""
        again = Q(failing_since=None, checked_at__lte=now - LOOK_AGAIN) & ~Q(trouble="")
        seen = Q(checked_at=None) | Q(checked_at__lte=now - LOOK_ANEW) | again
        return (
            self.filter(seen).exclude(article__status="withdrawn").order_by(F("checked_at").asc(nulls_first=True), "pk")
        )


class OutgoingLink(models.Model):
    """One address a story links to.

    `trouble`: what was wrong at the last look. `failing_since`: the first of two looks on different days that
    both found nobody; until the second, `checked_at` stays at the first.
    """

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="outgoing_links")
    url = models.URLField(max_length=1000)
    noted_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=120, blank=True)

    objects = OutgoingLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing link")
        verbose_name_plural = _("outgoing links")
        constraints = [models.UniqueConstraint(fields=["article", "url"], name="outgoing_link_once")]
        indexes = [
            models.Index(fields=["checked_at"], name="outgoing_link_due"),
            models.Index(fields=["failing_since"], condition=Q(failing_since__isnull=False), name="outgoing_link_dead"),
        ]

    def __str__(self) -> str:
        return self.url
