"""What an editor puts on the front page by hand. What no slot holds fills by itself."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class FrontSlotQuerySet(models.QuerySet["FrontSlot"]):
    """Words for slots."""

    def holding(self, now: datetime) -> Self:
        """Those whose pin has not run out, in the order of the page."""
        return self.filter(Q(pinned_until=None) | Q(pinned_until__gt=now)).order_by("place", "position", "pk")


class FrontSlot(models.Model):
    """A story in a place of the front page, until its pin runs out, it is withdrawn or somebody moves it."""

    class Place(models.TextChoices):
        LEAD = "lead", _("Lead")
        SECOND = "second", _("Second")
        STRIP = "strip", _("Strip of its section")

    class Shape(models.TextChoices):
        """How a place shows its story."""

        BESIDE = "beside", _("Picture beside the words")
        ABOVE = "above", _("Picture across, words under it")
        WORDS = "words", _("Words only")
        PACKAGE = "package", _("With its related stories as lines")

    place = models.CharField(max_length=6, choices=Place.choices)
    section = models.ForeignKey("Section", null=True, blank=True, on_delete=models.CASCADE, related_name="front_slots")
    position = models.PositiveSmallIntegerField(default=0)
    story = models.OneToOneField("Article", on_delete=models.CASCADE, related_name="front_slot")
    shape = models.CharField(max_length=7, choices=Shape.choices, default=Shape.BESIDE)
    pinned_until = models.DateTimeField(null=True, blank=True, help_text=_("Empty: until somebody moves it."))
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    placed_at = models.DateTimeField(default=timezone.now)

    objects = FrontSlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("place on the front page")
        verbose_name_plural = _("places on the front page")
        constraints = [
            models.CheckConstraint(
                condition=Q(place="strip", section__isnull=False) | ~Q(place="strip") & Q(section__isnull=True),
                name="front_slot_strip_has_section",
            )
        ]

    def __str__(self) -> str:
        return f"{self.place}: {self.story_id}"
