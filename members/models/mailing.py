"""What goes out: issues of letters, one row per message and person, what providers say of it, and whom we spare.

A row's state is never better than what is known: "accepted" only when a mail server took the message,
"delivered" only when the provider's signed event says so.
"""

from datetime import datetime
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.letter import Letter, LetterSubscription
from members.models.member import Member


class IssueQuerySet(models.QuerySet["Issue"]):
    """Words for issues."""

    def due(self, now: datetime) -> Self:
        """Those whose time has come and that are not out yet: to be written down, or to be sent on."""
        return self.filter(state__in=[Issue.State.SCHEDULED, Issue.State.SENDING], send_at__lte=now)

    def sent(self) -> Self:
        """Those that are out or on their way, newest first."""
        return self.filter(state__in=[Issue.State.SENDING, Issue.State.PAUSED, Issue.State.SENT]).order_by("-send_at")


class Issue(models.Model):
    """One mailing of a letter. Its words are fixed when it is scheduled.

    `content`: {"intro_html", "stories": [{"story_id", "headline", "standfirst", "teaser_html", "body_html", "path",
    "terms", "carries", "note"}]}: what everybody may read of each story is its teaser; the gate decides per
    recipient whether the body goes along.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("On its way")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")
        SENT = "sent", _("Out")

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="issues")
    subject = models.CharField(_("subject"), max_length=200)
    preheader = models.CharField(
        _("preview line"), max_length=200, blank=True, help_text=_("Mail programs show it beside the subject.")
    )
    story_id = models.BigIntegerField(null=True, blank=True, editable=False)
    period = models.CharField(max_length=10, null=True, blank=True, editable=False, help_text=_("Of a digest."))
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    send_at = models.DateTimeField(_("goes out at"), null=True, blank=True)
    written_to = models.BigIntegerField(
        default=0, editable=False, help_text=_("The last subscription written down; all below it have their row.")
    )
    is_written = models.BooleanField(default=False, editable=False)
    waits_since = models.DateTimeField(null=True, blank=True, editable=False)
    waits_because = models.CharField(max_length=300, blank=True, editable=False)
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text=_("Its story was withdrawn; nobody reads it."))
    left = models.PositiveIntegerField(default=0, editable=False, help_text=_("How many left by its link."))

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        constraints = [
            models.UniqueConstraint(fields=["letter", "story_id"], name="issue_once_per_story"),
            models.UniqueConstraint(fields=["letter", "period"], name="issue_once_per_period"),
        ]
        indexes = [
            models.Index(fields=["send_at"], condition=Q(state__in=["scheduled", "sending"]), name="issue_due"),
            GinIndex(fields=["content"], opclasses=["jsonb_path_ops"], name="issue_by_story"),
        ]

    def __str__(self) -> str:
        return self.subject


class IssueLink(models.Model):
    """A link of an issue to a page of ours, and how often it was followed, in sum."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField()
    path = models.CharField(max_length=500)
    clicks = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("link of an issue")
        verbose_name_plural = _("links of issues")
        constraints = [models.UniqueConstraint(fields=["issue", "position"], name="issue_link_by_position")]

    def __str__(self) -> str:
        return self.path


class MailingQuerySet(models.QuerySet["Mailing"]):
    """Words for mailings."""

    def queued(self) -> Self:
        """Those not begun yet."""
        return self.filter(status=Mailing.Status.QUEUED)

    def due(self, now: datetime) -> Self:
        """Those to be handed over now."""
        return self.queued().filter(queued_at__lte=now)

    def on_the_desk(self) -> Self:
        """Those the desk may list: mails about topics would say who voted for what."""
        return self.exclude(template__startswith="members/topic")


class Mailing(models.Model):
    """One message to one address, and the best that is known of it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        HANDING = "handing", _("Being handed over")
        UNSURE = "unsure", _("Unsure: we died while handing it over")
        ACCEPTED = "accepted", _("Accepted by the mail server")
        DELIVERED = "delivered", _("Delivered")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Called spam by its reader")
        FAILED = "failed", _("Refused")
        SUPPRESSED = "suppressed", _("Not sent")

    key = models.CharField(max_length=200, unique=True, help_text=_("Kind, object and period: never twice."))
    issue = models.ForeignKey(Issue, null=True, blank=True, on_delete=models.CASCADE, related_name="mailings")
    subscription = models.ForeignKey(LetterSubscription, null=True, blank=True, on_delete=models.CASCADE)
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.CASCADE, related_name="mailings")
    email = models.EmailField()
    template = models.CharField(max_length=100)
    context = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    message_id = models.CharField(max_length=200, blank=True, help_text=_("The provider's name for it, or our own."))
    tries = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    objects = MailingQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        indexes = [
            models.Index(fields=["queued_at"], condition=Q(status="queued"), name="mailing_queued"),
            models.Index(fields=["issue", "status", "id"], name="mailing_of_issue"),
            models.Index(fields=["message_id"], condition=~Q(message_id=""), name="mailing_by_message"),
            models.Index(Upper("email"), name="mailing_by_address"),
        ]

    def __str__(self) -> str:
        return self.key


class MailEvent(models.Model):
    """What a provider told us of one message, kept once however often it is told. Unknown messages name no mailing."""

    key = models.CharField(max_length=200, unique=True, help_text=_("Provider and the event's own name."))
    kind = models.CharField(max_length=40)
    provider = models.CharField(max_length=40)
    mailing = models.ForeignKey(Mailing, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(default=timezone.now)
    is_lasting = models.BooleanField(default=False, help_text=_("A bounce that will not pass."))
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("event of a mail")
        verbose_name_plural = _("events of mails")
        indexes = [models.Index(fields=["mailing", "at"], name="mail_event_in_order")]

    def __str__(self) -> str:
        return self.key


class Suppression(models.Model):
    """An address no letter and no notice goes to. Codes to sign in and mails about money still do."""

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("It does not exist any more")
        KEEPS_BOUNCING = "bouncing", _("It keeps refusing mail")
        COMPLAINED = "complained", _("Its reader called a mail of ours spam")
        ASKED = "asked", _("Its owner asked never to be written to")
        DESK = "desk", _("Put here by the desk")

    email = models.EmailField()
    reason = models.CharField(max_length=10, choices=Reason.choices)
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        constraints = [models.UniqueConstraint(Lower("email"), name="suppression_once_per_address")]

    def __str__(self) -> str:
        return self.email
