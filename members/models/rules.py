"""What a publisher decides on the desk, live at once, and the record of who did what."""

from datetime import datetime
from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.gate import Audience, ReplyRight
from members.models.member import Member

LONGEST_ARCHIVE_DAYS = 36_500  # a date has to come of it


class BannerLevel(models.TextChoices):
    """How loud the urgent banner is."""

    BREAKING = "breaking", _("Breaking news")
    NOTICE = "notice", _("A notice")


class SiteRules(models.Model):
    """The one row of site-wide rules. Out of the box everything is open."""

    name = models.CharField(_("name of the site"), max_length=80, default="Newsroom")
    tagline = models.CharField(_("tagline"), max_length=160, blank=True)
    description = models.TextField(_("description"), blank=True, help_text=_("For search engines and feeds."))
    publisher = models.CharField(_("publisher"), max_length=120, blank=True)
    contact_email = models.EmailField(_("contact"), blank=True)
    logo = models.ImageField(_("logo"), upload_to="site", blank=True)
    footer = models.TextField(_("footer"), blank=True)

    brief = models.TextField(_("today in brief"), blank=True, help_text=_("A sentence or two; may hold links."))
    brief_until = models.DateTimeField(_("brief until"), null=True, blank=True)
    banner = models.CharField(_("urgent banner"), max_length=200, blank=True)
    banner_level = models.CharField(
        _("how urgent"), max_length=8, choices=BannerLevel.choices, default=BannerLevel.BREAKING
    )
    banner_url = models.URLField(_("banner links to"), blank=True)
    banner_from = models.DateTimeField(_("banner from"), null=True, blank=True)
    banner_until = models.DateTimeField(_("banner until"), null=True, blank=True)

    default_audience = models.CharField(
        _("audience of new stories"), max_length=10, choices=Audience.choices, default=Audience.EVERYONE
    )
    meter_limit = models.PositiveSmallIntegerField(
        _("metered stories a month without an account"), default=0, help_text=_("0 switches the meter off.")
    )
    meter_limit_members = models.PositiveSmallIntegerField(_("metered stories a month for members"), default=0)
    archive_days = models.PositiveIntegerField(
        _("archive closes after days"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_ARCHIVE_DAYS)],
        help_text=_("Empty: the archive stays open."),
    )
    archive_audience = models.CharField(
        _("audience of the archive"), max_length=10, choices=Audience.choices, default=Audience.MEMBERS
    )
    grace_days = models.PositiveSmallIntegerField(_("grace after a failed payment, days"), default=14)

    reply_right = models.CharField(
        _("who may reply"), max_length=10, choices=ReplyRight.choices, default=ReplyRight.MEMBERS
    )
    hold_first_replies = models.PositiveSmallIntegerField(_("hold a new account's first replies"), default=1)
    patrons_are_known = models.BooleanField(
        _("patrons' first replies are not held"), default=False, help_text=_("Whoever pays is no stranger.")
    )
    links_in_replies = models.PositiveSmallIntegerField(
        _("links in a reply"), default=2, help_text=_("With more of them it is held.")
    )
    young_held_until = models.DateTimeField(
        _("young accounts are held until"), null=True, blank=True, help_text=_("Against a raid; ends by itself.")
    )
    young_days = models.PositiveSmallIntegerField(_("an account is young for days"), default=7)
    close_replies_after_days = models.PositiveSmallIntegerField(_("close replies after days"), null=True, blank=True)
    close_silent_after_days = models.PositiveSmallIntegerField(
        _("close a silent discussion after days"), null=True, blank=True, help_text=_("Since its last reply.")
    )
    networks_kept_days = models.PositiveSmallIntegerField(
        _("keep the hash of a network, days"), default=30, help_text=_("Limits look back ten minutes.")
    )
    held_words = models.TextField(_("words that hold a reply"), blank=True, help_text=_("One a line."))
    blocked_words = models.TextField(_("words that are refused"), blank=True, help_text=_("One a line."))
    reported_words = models.TextField(
        _("words that are reported"), blank=True, help_text=_("One a line. The reply is shown, moderators hear of it.")
    )
    replaced_words = models.TextField(
        _("words that are replaced"), blank=True, help_text=_("One a line: word = what stands instead, or word alone.")
    )

    appeal_title = models.CharField(_("appeal, title"), max_length=120, blank=True)
    appeal_text = models.TextField(
        _("appeal, text"), blank=True, help_text=_("{from_price} becomes the lowest monthly price.")
    )
    other_support = models.TextField(
        _("other ways to support, in words"), blank=True, help_text=_("Stands above the list of other ways.")
    )
    won_unassigned_days = models.PositiveSmallIntegerField(
        _("days until a chosen topic that nobody is on is a warning"), default=14
    )
    hardship_asks = models.BooleanField(_("who cannot pay may ask for access"), default=True)
    hardship_months = models.PositiveSmallIntegerField(_("access given so, months"), default=12)
    review_step = models.BooleanField(
        _("a second person approves every story"), default=False, help_text=_("Adds a step before a story goes out.")
    )
    legal_step = models.BooleanField(
        _("stories can be flagged for a lawyer"), default=False, help_text=_("A flagged story waits to be cleared.")
    )
    live_coverage = models.BooleanField(_("stories can be told live, entry by entry"), default=False)
    shows_most_read = models.BooleanField(_("the front page shows what is read most today"), default=False)
    backed_up_at = models.DateTimeField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("site rules")
        verbose_name_plural = _("site rules")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="site_rules_one_row"),
            models.CheckConstraint(
                condition=Q(archive_days=None) | Q(archive_days__lte=LONGEST_ARCHIVE_DAYS),
                name="site_rules_archive_within_a_century",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "SiteRules":
        """The row, or the defaults where none was saved yet. One query; pages use the furniture's copy."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def meter_is_on(self) -> bool:
        """Whether metered stories cost views."""
        return self.meter_limit > 0


class MenuItem(models.Model):
    """A link of the site's menu or footer."""

    class Place(models.TextChoices):
        MENU = "menu", _("Menu")
        FOOTER = "footer", _("Footer")

    place = models.CharField(max_length=6, choices=Place.choices)
    label = models.CharField(max_length=60)
    path = models.CharField(max_length=300, help_text=_("/about/ or https://…"))
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("menu item")
        verbose_name_plural = _("menu items")

    def __str__(self) -> str:
        return self.label


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Words for the record, and its one writer."""

    def newest_first(self) -> Self:
        """The order the record is read in; one index serves it."""
        return self.order_by("-at", "-pk")

    def before(self, moment: datetime, pk: int) -> Self:
        """What follows the entry (`moment`, `pk`) in a list of newest first."""
        return self.filter(Q(at__lt=moment) | Q(at=moment, pk__lt=pk))

    def about(self, subject: models.Model) -> Self:
        """What was done to one row."""
        return self.filter(subject_type=subject._meta.label, subject_id=str(subject.pk))

    def with_people(self) -> Self:
        """Each with who did it, in the same query."""
        return self.select_related("by")

    def note(self, verb: str, *, by: Member | None, subject: Any, reason: str = "", changes: Any = None) -> Self:
        """Write down that `by` did `verb` to `subject` (any saved row); `changes` is {field: [old, new]}."""
        self.create(
            by=by,
            verb=verb,
            subject_type=subject._meta.label,
            subject_id=str(subject.pk),
            subject_name=str(subject)[:200],
            reason=reason,
            changes=changes or {},
        )
        return self


class AuditEntry(models.Model):
    """Who did what, to what, when and why. Never changed."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    verb = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=80)
    subject_id = models.CharField(max_length=80)
    subject_name = models.CharField(max_length=200)
    reason = models.CharField(max_length=300, blank=True)
    changes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [models.Index(fields=["-at"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.verb}: {self.subject_name}"
