"""Who wants to hear of what, how often, and what they were told."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models.discussion import Discussion
from comments.models.reply import Reply
from members.models import Member


class Pace(models.TextChoices):
    """How often somebody wants to hear."""

    AT_ONCE = "at_once", _("At once")
    HOURLY = "hourly", _("Once an hour")
    DAILY = "daily", _("Once a day")
    NEVER = "never", _("Never")


class Follow(models.Model):
    """A member follows a discussion, or one branch of it (`branch`: its root)."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="follows")
    discussion = models.ForeignKey(Discussion, on_delete=models.CASCADE, related_name="follows")
    branch = models.ForeignKey(Reply, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("followed discussion")
        verbose_name_plural = _("followed discussions")
        constraints = [
            models.UniqueConstraint(fields=["member", "discussion", "branch"], nulls_distinct=False, name="follow_once")
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class NoticeWishes(models.Model):
    """How often a member wants to hear of what; no row means the defaults."""

    member = models.OneToOneField(Member, primary_key=True, on_delete=models.CASCADE, related_name="notice_wishes")
    answers = models.CharField(_("answers to me"), max_length=7, choices=Pace.choices, default=Pace.AT_ONCE)
    followed = models.CharField(_("what I follow"), max_length=7, choices=Pace.choices, default=Pace.DAILY)
    decisions = models.CharField(
        _("decisions about my replies"), max_length=7, choices=Pace.choices, default=Pace.AT_ONCE
    )
    own_stories = models.CharField(
        _("replies under my stories"), max_length=7, choices=Pace.choices, default=Pace.NEVER
    )
    moderation = models.CharField(
        _("what waits for moderators"), max_length=7, choices=Pace.choices, default=Pace.DAILY
    )

    class Meta:
        verbose_name = _("wishes for notices")
        verbose_name_plural = _("wishes for notices")

    def __str__(self) -> str:
        return f"{self.pk}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Words for notices."""

    def due(self, now: datetime) -> Self:
        """Those to be mailed by now."""
        return self.filter(sent_at=None, due_at__lte=now)


class Notice(models.Model):
    """One thing one member is told once: by itself, or with others in a digest. The outbox of replies.

    `about` names the thing (`reply-17`, `ruling-4`) and is unique for the member, so that nobody hears twice.
    `kind` is a field of `NoticeWishes`. What is no longer fit to be told when it is due is dropped then.
    """

    class Kind(models.TextChoices):
        ANSWERS = "answers", _("An answer")
        FOLLOWED = "followed", _("Something followed")
        OWN_STORIES = "own_stories", _("Under one's own story")
        DECISIONS = "decisions", _("A decision")

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    about = models.CharField(max_length=40)
    reply = models.ForeignKey(Reply, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [models.UniqueConstraint(fields=["member", "about"], name="notice_once")]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(sent_at=None), name="notice_due")]

    def __str__(self) -> str:
        return f"{self.about}: {self.member_id}"
