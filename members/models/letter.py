"""What we mail on request: letters, who gets them with which consent, issues, and one row per mailing."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.member import Member


class LetterQuerySet(models.QuerySet["Letter"]):
    """Words for letters."""

    def offered(self) -> Self:
        """Those readers can ask for, the default first."""
        return self.filter(is_active=True).order_by("-is_default", "name")

    def ticked(self, value: str) -> "Letter | None":
        """The letter a ticked box asks for: by its slug, or the default where the box only says yes."""
        if not value or "\x00" in value:
            return None
        return self.filter(slug=value, is_active=True).first() or self.filter(is_default=True, is_active=True).first()

    def of_new_stories(self) -> Self:
        """Those that send each new story."""
        return self.filter(is_active=True, sends_new_stories=True)


class Letter(models.Model):
    """A newsletter readers can ask for."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    sends_new_stories = models.BooleanField(_("sends each new story"), default=False)
    is_default = models.BooleanField(_('offered by "Discover more"'), default=False)
    is_active = models.BooleanField(default=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")

    def __str__(self) -> str:
        return self.name


class LetterSubscriptionQuerySet(models.QuerySet["LetterSubscription"]):
    """Words for subscribers."""

    def receiving(self) -> Self:
        """Those who confirmed and did not leave."""
        return self.filter(confirmed_at__isnull=False, left_at=None)

    def row_of(self, letter: Letter, email: str) -> "LetterSubscription":
        """The row of this letter and address, whatever its case, locked; made (unconfirmed) if there was none."""
        LetterSubscription.objects.bulk_create([LetterSubscription(letter=letter, email=email)], ignore_conflicts=True)
        return self.select_for_update().get(letter=letter, email__iexact=email)


class LetterSubscription(models.Model):
    """Somebody's wish to get a letter, and the proof of it: when, where and in which words."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="subscriptions")
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.CASCADE, related_name="letters")
    email = models.EmailField()
    asked_at = models.DateTimeField(default=timezone.now)
    asked_on = models.CharField(max_length=300, blank=True)
    wording = models.CharField(max_length=300, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    objects = LetterSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter subscription")
        verbose_name_plural = _("letter subscriptions")
        constraints = [models.UniqueConstraint(Lower("email"), "letter", name="letter_once_per_address")]

    def __str__(self) -> str:
        return f"{self.letter}"

    @property
    def is_receiving(self) -> bool:
        """Whether the letter goes to this address: confirmed and not left."""
        return self.confirmed_at is not None and self.left_at is None


class Issue(models.Model):
    """One mailing of a letter: its words are fixed when it is made."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="issues")
    subject = models.CharField(max_length=200)
    story_id = models.BigIntegerField(null=True, blank=True)
    content = models.JSONField(default=dict, help_text=_("Headline, standfirst, teaser, path, terms."))
    queued_at = models.DateTimeField(default=timezone.now)
    stopped_at = models.DateTimeField(null=True, blank=True, help_text=_("Its story was withdrawn; nobody reads it."))

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        constraints = [models.UniqueConstraint(fields=["letter", "story_id"], name="issue_once_per_story")]

    def __str__(self) -> str:
        return self.subject


class MailingQuerySet(models.QuerySet["Mailing"]):
    """Words for mailings."""

    def due(self, now: datetime) -> Self:
        """Those not handed over yet."""
        return self.filter(status=Mailing.Status.QUEUED, queued_at__lte=now)


class Mailing(models.Model):
    """One message to one address. "Accepted" only when the mail server took it."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        ACCEPTED = "accepted", _("Accepted")
        FAILED = "failed", _("Failed")
        SUPPRESSED = "suppressed", _("Suppressed")

    key = models.CharField(max_length=200, unique=True, help_text=_("Kind, object and period: never twice."))
    issue = models.ForeignKey(Issue, null=True, blank=True, on_delete=models.CASCADE, related_name="mailings")
    subscription = models.ForeignKey(LetterSubscription, null=True, blank=True, on_delete=models.CASCADE)
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.CASCADE, related_name="mailings")
    email = models.EmailField()
    template = models.CharField(max_length=100)
    context = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    queued_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    objects = MailingQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        indexes = [models.Index(fields=["queued_at"], condition=Q(status="queued"), name="mailing_queued")]

    def __str__(self) -> str:
        return self.key
