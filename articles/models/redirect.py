"""Old addresses and where they lead."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Redirect(models.Model):
    """One old address of this site (path with query, decoded) and its new path. Answered with one 301."""

    old_path = models.CharField(max_length=700, unique=True)
    new_path = models.CharField(max_length=700)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")

    def __str__(self) -> str:
        return f"{self.old_path} → {self.new_path}"


class MissedAddress(models.Model):
    """An address readers asked for and nobody answers, and how often."""

    path = models.CharField(max_length=300, unique=True)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("missed address")
        verbose_name_plural = _("missed addresses")
        indexes = [models.Index(fields=["-times"], name="missed_address_most")]

    def __str__(self) -> str:
        return self.path
