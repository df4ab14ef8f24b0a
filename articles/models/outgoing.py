"""Links that lead out of our stories, and whether somebody still answers there."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OutgoingLink(models.Model):
    """One address a story links to. `failing_since` is set from the first look that found nobody."""

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="outgoing_links")
    url = models.URLField(max_length=1000)
    noted_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=120, blank=True)

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
