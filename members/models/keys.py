"""Keys that read in somebody's stead: an app of the newsroom's, or a member's own feed. Kept as hashes."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.member import Member
from members.models.tier import Tier


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Words for keys of the content API."""

    def valid(self) -> Self:
        """Those nobody took back."""
        return self.filter(revoked_at=None)


class ApiKey(models.Model):
    """A key of the content API. It reads what everybody may read, or what a patron of `tier` may.

    Shown once, when it is made: `digest` is its SHA-256, `prefix` what the desk knows it by.
    """

    name = models.CharField(_("name"), max_length=80, help_text=_("Which app or site uses it."))
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    tier = models.ForeignKey(
        Tier,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("reads as a patron of"),
        help_text=_("Empty: only what everybody may read."),
    )
    made_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    used_on = models.DateField(null=True, blank=True, editable=False, help_text=_("The last day it was used."))

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return self.name


class FeedTokenQuerySet(models.QuerySet["FeedToken"]):
    """Words for members' own feeds."""

    def valid(self) -> Self:
        """Those nobody took back."""
        return self.filter(revoked_at=None)


class FeedToken(models.Model):
    """A member's own feed, through the gate with what they may read now. One at a time; only its hash is kept."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="feed_tokens")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = FeedTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("member's feed")
        verbose_name_plural = _("members' feeds")
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(revoked_at=None), name="feed_token_one_a_member")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} · {self.made_at:%Y-%m-%d}"
