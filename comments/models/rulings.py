"""What moderators decided about replies, and the appeals against it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models.conduct import Sanction
from comments.models.reply import Reply
from members.models import Member


class RulingQuerySet(models.QuerySet["Ruling"]):
    """Words for rulings."""

    def standing(self) -> Self:
        """Those nobody took back."""
        return self.filter(undone_at=None)

    def by_people(self) -> Self:
        """Those that somebody made: what a rule said is not taken back."""
        return self.exclude(verb=Ruling.BY_RULE)

    def against(self) -> Self:
        """Those that took a reply from sight."""
        return self.filter(after__in=Ruling.AGAINST)


class Ruling(models.Model):
    """A decision about one reply, kept for good. `rule`: the one that had held it.

    Before the first decision about what a rule spoke of stands a row of the rule itself (`rule`, by nobody), so that
    undoing brings its reason back and the history begins where it began.
    """

    AGAINST = (Reply.Status.REJECTED, Reply.Status.REMOVED)
    BY_RULE = "rule"  # the verb of what a rule said of a reply; nobody did it

    reply = models.ForeignKey(Reply, on_delete=models.CASCADE, related_name="rulings")
    verb = models.CharField(max_length=20)
    before = models.CharField(max_length=9, choices=Reply.Status.choices)
    after = models.CharField(max_length=9, choices=Reply.Status.choices)
    rule = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text=_("Whoever wrote reads it."))
    message = models.TextField(blank=True, help_text=_("To whoever wrote, beside the reason."))
    by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    sanction = models.ForeignKey(Sanction, null=True, blank=True, on_delete=models.SET_NULL, related_name="rulings")
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = RulingQuerySet.as_manager()

    class Meta:
        verbose_name = _("ruling")
        verbose_name_plural = _("rulings")
        indexes = [
            models.Index(fields=["reply", "-at"], name="ruling_of_reply"),
            models.Index(fields=["-at"], name="ruling_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.verb}: {self.reply_id}"

    @property
    def reference(self) -> str:
        """The number whoever wrote can name."""
        return f"D-{self.pk:06d}"

    @property
    def is_by_rule(self) -> bool:
        """Whether it is what a rule of the site said, which nobody takes back."""
        return self.verb == Ruling.BY_RULE


class AppealQuerySet(models.QuerySet["Appeal"]):
    """Words for appeals."""

    def open(self) -> Self:
        """Those nobody has answered."""
        return self.filter(settled_at=None)

    def made_since(self, moment: datetime) -> Self:
        """Those made after `moment`."""
        return self.filter(made_at__gt=moment)


class Appeal(models.Model):
    """One appeal against one decision or sanction, by whom it met; settled by a second moderator."""

    class Outcome(models.TextChoices):
        GRANTED = "granted", _("The decision was taken back")
        DISMISSED = "dismissed", _("The decision stands")

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="appeals")
    ruling = models.OneToOneField(Ruling, null=True, blank=True, on_delete=models.CASCADE, related_name="appeal")
    sanction = models.OneToOneField(Sanction, null=True, blank=True, on_delete=models.CASCADE, related_name="appeal")
    text = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        constraints = [
            models.CheckConstraint(
                condition=Q(ruling__isnull=False, sanction__isnull=True)
                | Q(ruling__isnull=True, sanction__isnull=False),
                name="appeal_against_one_thing",
            )
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """The number whoever appealed can name."""
        return f"A-{self.pk:06d}"


class Version(models.Model):
    """A text its author replaced, and when. Only moderators read it."""

    reply = models.ForeignKey(Reply, on_delete=models.CASCADE, related_name="versions")
    text = models.TextField()
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("earlier text")
        verbose_name_plural = _("earlier texts")

    def __str__(self) -> str:
        return f"{self.pk}"
