"""How people behave: what readers report, whom they mute, and what moderators decide about a member."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models.reply import Reply
from members.models import Member

UPHELD = ("remove", "reject")  # the verbs that settle a report as right


class ReportQuerySet(models.QuerySet["Report"]):
    """Words for reports."""

    def unsettled(self) -> Self:
        """Those nobody has decided."""
        return self.filter(settled_at=None)

    def of(self, reply: Reply, member: Member) -> "Report | None":
        """The member's report of the reply, if there is one."""
        return self.filter(member=member, reply=reply).first()


class Report(models.Model):
    """A reader's report of a reply, or the word list's (no member). Only moderators read who made it."""

    class Reason(models.TextChoices):
        INSULT = "insult", _("Insult or harassment")
        HATE = "hate", _("Hate speech")
        SPAM = "spam", _("Spam or advertising")
        ILLEGAL = "illegal", _("Illegal content")
        WORD = "word", _("A word of the list")
        OTHER = "other", _("Something else")

    reply = models.ForeignKey(Reply, on_delete=models.CASCADE, related_name="reports")
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=8, choices=Reason.choices)
    note = models.TextField(blank=True)
    reported_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=200, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [models.UniqueConstraint(fields=["reply", "member"], name="report_once")]

    def __str__(self) -> str:
        return f"{self.reference}: {self.get_reason_display()}"

    @property
    def reference(self) -> str:
        """The number whoever reported can name."""
        return f"R-{self.pk:06d}"

    @property
    def is_upheld(self) -> bool:
        """Whether a moderator took the reply from sight for it."""
        return self.settled_at is not None and self.outcome in UPHELD


class SanctionQuerySet(models.QuerySet["Sanction"]):
    """Words for sanctions."""

    def in_force(self, now: datetime) -> Self:
        """Those that hold at `now`."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now, lifted_at=None)

    def newest_of_each_kind(self) -> Self:
        """Of each member's only the one of a kind that was decided last: what a face shows of them."""
        return self.order_by("member", "kind", "-starts_at", "-pk").distinct("member", "kind")


class Sanction(models.Model):
    """What a moderator decided about a member, with a beginning and an end."""

    class Kind(models.TextChoices):
        WARN = "warn", _("Warned")
        HOLD = "hold", _("Hold every reply")
        MUTE = "mute", _("May not reply")
        BAN = "ban", _("Banned")

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="sanctions")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    reason = models.CharField(max_length=300, blank=True, help_text=_("The member reads it."))
    note = models.TextField(blank=True, help_text=_("For moderators alone."))
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)  # by the member: a warning is read once
    lifted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        verbose_name = _("sanction")
        verbose_name_plural = _("sanctions")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.member}"

    @property
    def reference(self) -> str:
        """The number whoever it met can name."""
        return f"S-{self.pk:06d}"

    def is_in_force(self, now: datetime) -> bool:
        """Whether it holds at `now`; the twin of the queryset's word."""
        return self.lifted_at is None and self.starts_at <= now and (self.ends_at is None or self.ends_at > now)


class Mute(models.Model):
    """A reader does not want to read somebody. Only the reader knows."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="mutes")
    muted = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("muted person")
        verbose_name_plural = _("muted people")
        constraints = [
            models.UniqueConstraint(fields=["member", "muted"], name="mute_once"),
            models.CheckConstraint(condition=~Q(member=models.F("muted")), name="mute_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
