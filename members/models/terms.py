"""What a patron agrees to: numbered versions, none of them ever changed once somebody accepted it."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class TermsQuerySet(models.QuerySet["Terms"]):
    """Words for terms."""

    def in_force(self, now: datetime) -> "Terms | None":
        """The version that holds at `now`; None where the newsroom wrote none."""
        return self.filter(in_force_from__lte=now).order_by("-in_force_from", "-pk").first()


class Terms(models.Model):
    """One version of the terms of membership."""

    version = models.CharField(_("version"), max_length=20, unique=True, help_text=_("Such as 2026-11."))
    text = models.TextField(_("text"), help_text=_("Plain paragraphs; a line that begins with # is a heading."))
    in_force_from = models.DateTimeField(_("in force from"))

    objects = TermsQuerySet.as_manager()

    class Meta:
        verbose_name = _("terms of membership")
        verbose_name_plural = _("terms of membership")

    def __str__(self) -> str:
        return self.version
