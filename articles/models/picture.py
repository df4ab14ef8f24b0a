"""Pictures: one original, a focal point, what to say about it, and widths made by a job."""

import secrets
from datetime import date, datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from imagefield.fields import ImageField, PPOIField

WIDTHS = (480, 960, 1440, 1920)
PATH_OF_URL = "^[a-z]+://[^/]+(/[^?#]*)"
RIGHTS_WARN = timedelta(days=14)
FILE_NAME = r"\.(jpe?g|png|gif|webp|avif|heic|tiff?)\s*$|^\s*(img[_-]|dscf?|pxl_|screenshot|image)\S*\d\S*\s*$"


def picture_key() -> str:
    """A short random name, as story bodies quote it."""
    return secrets.token_hex(6)


def stood_at() -> Func:
    """The path of `source_url`: where an imported file stood on the old site. Indexed for old addresses."""
    return Func(F("source_url"), Value(PATH_OF_URL), function="substring")


class PictureQuerySet(models.QuerySet["Picture"]):
    """Words for pictures."""

    def unprepared(self, now: datetime) -> Self:
        """New ones whose versions do not exist yet; what could not be prepared within a day is left alone."""
        return self.filter(prepared_at=None, added_at__gt=now - timedelta(days=1)).exclude(file="").order_by("pk")

    def unfetched(self) -> Self:
        """Imported ones whose file is still on the old site, in a stable order."""
        return self.filter(file="").exclude(source_url="").order_by("pk")

    def without_alt(self) -> Self:
        """Those that tell a blind reader nothing: no alternative text, or what the file is called."""
        return self.filter(Q(alt__regex=r"^\s*$") | Q(alt__iregex=FILE_NAME))

    def rights_ended(self, today: date) -> Self:
        """Those we may not show any more."""
        return self.filter(rights_until__lt=today)

    def rights_ending(self, today: date) -> Self:
        """Those we may show today, and within two weeks no more."""
        return self.filter(rights_until__gte=today, rights_until__lte=today + RIGHTS_WARN)


class Picture(models.Model):
    """A picture of ours. Bodies name it by `key`; versions exist once `prepared_at` is set."""

    key = models.CharField(max_length=60, unique=True, default=picture_key, editable=False)
    file = ImageField(
        upload_to="pictures/%Y/%m", width_field="width", height_field="height", ppoi_field="focus", blank=True
    )
    width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    focus = PPOIField()
    alt = models.CharField(_("alternative text"), max_length=300, blank=True)
    caption = models.CharField(max_length=400, blank=True)
    credit = models.CharField(max_length=160, blank=True)
    rights = models.CharField(max_length=300, blank=True, help_text=_("Licence, and what it allows."))
    rights_until = models.DateField(null=True, blank=True, help_text=_("The last day we may show it; empty: no end."))
    source_url = models.URLField(max_length=1000, blank=True, help_text=_("Where an imported one came from."))
    fetched_at = models.DateTimeField(null=True, blank=True, editable=False, help_text=_("When its file came over."))
    fetch_trouble = models.CharField(
        max_length=300, blank=True, editable=False, help_text=_("Why its file did not come over, last time.")
    )
    added_at = models.DateTimeField(default=timezone.now)
    prepared_at = models.DateTimeField(null=True, blank=True, editable=False)
    legacy_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)

    objects = PictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        indexes = [
            models.Index(fields=["-added_at"], name="picture_newest"),
            models.Index(stood_at(), condition=~Q(source_url=""), name="picture_stood_at"),
        ]

    def __str__(self) -> str:
        return self.alt or self.key

    def rights_state(self, today: date) -> str:
        """`ended`, `ending` (within two weeks) or nothing: as the queryset's words say it."""
        if self.rights_until is None or self.rights_until > today + RIGHTS_WARN:
            return ""
        return "ended" if self.rights_until < today else "ending"
