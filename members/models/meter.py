"""What members read of metered stories, and stories given away by link. Stories are named by id alone:
members know nothing of articles."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.member import Member


class MeteredView(models.Model):
    """One metered story a member opened in one period (`2026-11`, in the site's time zone)."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="metered_views")
    story_id = models.BigIntegerField()
    period = models.CharField(max_length=7)
    viewed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "period", "story_id"], name="metered_view_once"),
        ]

    def __str__(self) -> str:
        return f"{self.story_id} ({self.period})"


class StoryGift(models.Model):
    """A link by which a patron opens one story for others: expiring, capped, revocable, naming nobody."""

    patron = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="story_gifts")
    story_id = models.BigIntegerField()
    token = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    openings = models.PositiveSmallIntegerField(default=0)
    openings_allowed = models.PositiveSmallIntegerField(default=50)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("gifted story")
        verbose_name_plural = _("gifted stories")
        indexes = [models.Index(fields=["patron", "-created_at"], name="story_gift_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(openings__lte=models.F("openings_allowed")), name="story_gift_within_cap"
            )
        ]

    def __str__(self) -> str:
        return f"{self.story_id}"
