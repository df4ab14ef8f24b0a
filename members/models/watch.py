"""How the money is watched: the nightly comparisons, and who of the staff hears of what."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.member import Member


class ReconcileRun(models.Model):
    """One comparison of Stripe with our tables that healed what differed. `drifts`, `failures`: a line each."""

    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField()
    drifts = models.JSONField(default=list)
    failures = models.JSONField(default=list)

    class Meta:
        verbose_name = _("comparison with Stripe")
        verbose_name_plural = _("comparisons with Stripe")
        indexes = [models.Index(fields=["-started_at"], name="reconcile_newest")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"


class MoneyNotice(models.Model):
    """Which news about money a person of the staff wants by mail. No row: none."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="money_notice")
    on_join = models.BooleanField(_("somebody joins"), default=False)
    on_cancel = models.BooleanField(_("somebody cancels"), default=False)
    on_failed = models.BooleanField(_("a payment fails or is disputed"), default=False)
    on_gift = models.BooleanField(_("somebody gives: once, or a membership"), default=False)

    class Meta:
        verbose_name = _("notices about money")
        verbose_name_plural = _("notices about money")

    def __str__(self) -> str:
        return str(self.member)
