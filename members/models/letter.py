"""What we mail on request: letters, and who gets them with which consent."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.gate import Audience
from members.models.member import Member
from members.models.tier import Tier


class LetterQuerySet(models.QuerySet["Letter"]):
    """Words for letters."""

    def offered(self) -> Self:
        """Those readers can ask for, in the order the desk gave them, the default first."""
        return self.filter(is_active=True).order_by("-is_default", "position", "name")

    def ticked(self, value: str) -> "Letter | None":
        """The letter a ticked box asks for: by its slug, or the default where the box only says yes."""
        if not value or "\x00" in value:
            return None
        return self.filter(slug=value, is_active=True).first() or self.filter(is_default=True, is_active=True).first()

    def of_new_stories(self) -> Self:
        """Those that send each new story."""
        return self.filter(is_active=True, sends_new_stories=True)

    def digests(self) -> Self:
        """Those that put themselves together by a schedule."""
        return self.filter(is_active=True).exclude(digest=Letter.Digest.NONE)


class Letter(models.Model):
    """A newsletter readers can ask for: written by hand, with each new story, or put together by a schedule."""

    class Digest(models.TextChoices):
        NONE = "none", _("Never")
        DAILY = "daily", _("Every day")
        WORKDAYS = "workdays", _("Monday to Friday")
        WEEKLY = "weekly", _("Once a week")

    class Carries(models.TextChoices):
        LINES = "lines", _("Headlines with a line each")
        TEASER = "teaser", _("The beginning of each story")
        WHOLE = "whole", _("Whole stories, as far as the reader may read them")

    AUDIENCES = [choice for choice in Audience.choices if choice[0] != Audience.METERED]

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    about = models.TextField(_("what to expect"), blank=True, help_text=_("Stands on its page, above the form."))
    audience = models.CharField(
        _("who gets it"), max_length=10, choices=AUDIENCES, default=Audience.EVERYONE,
    )  # fmt: skip
    minimum_tier = models.ForeignKey(
        Tier, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("from tier")
    )
    section_ids = models.JSONField(
        _("sections"), default=list, blank=True, help_text=_("Keys of sections. None: stories of every section.")
    )
    sends_new_stories = models.BooleanField(_("sends each new story"), default=False)
    digest = models.CharField(_("puts itself together"), max_length=8, choices=Digest.choices, default=Digest.NONE)
    digest_at = models.TimeField(_("at"), null=True, blank=True, help_text=_("In the site's time zone."))
    digest_weekday = models.PositiveSmallIntegerField(
        _("weekday"), default=1, validators=[MinValueValidator(1), MaxValueValidator(7)], help_text=_("1 is Monday.")
    )
    digest_most = models.PositiveSmallIntegerField(_("stories at most"), default=10, validators=[MinValueValidator(1)])
    digest_waits = models.BooleanField(
        _("waits for a person to send it"), default=False, help_text=_("Otherwise it goes out by itself.")
    )
    carries = models.CharField(_("carries"), max_length=6, choices=Carries.choices, default=Carries.TEASER)
    from_name = models.CharField(_("sender's name"), max_length=80, blank=True)
    reply_to = models.EmailField(_("answers go to"), blank=True)
    is_default = models.BooleanField(_('offered by "Discover more"'), default=False)
    is_active = models.BooleanField(_("is offered and sent"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints = [
            models.CheckConstraint(condition=~Q(audience=Audience.METERED), name="letter_costs_no_view"),
            models.CheckConstraint(
                condition=Q(digest="none") | Q(digest_at__isnull=False), name="letter_digest_has_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def page_key(self) -> str:
        """The key of its own page, which names its last issues."""
        return f"letter-{self.pk}"


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
    """Somebody's wish to get a letter. Its proof, with all that came before, are its `Consent` rows."""

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


class Consent(models.Model):
    """One line of the proof: asked, confirmed or left; when, on which page of ours, in which words. Never changed."""

    class Act(models.TextChoices):
        ASKED = "asked", _("Asked for it")
        CONFIRMED = "confirmed", _("Confirmed")
        LEFT = "left", _("Left")
        STOPPED = "stopped", _("Stopped by us: the address does not take mail, or complained")

    subscription = models.ForeignKey(LetterSubscription, on_delete=models.CASCADE, related_name="consents")
    act = models.CharField(max_length=9, choices=Act.choices)
    at = models.DateTimeField(default=timezone.now)
    where = models.CharField(max_length=300, blank=True)
    wording = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["subscription", "at"], name="consent_in_order")]

    def __str__(self) -> str:
        return f"{self.subscription_id}: {self.act}"
