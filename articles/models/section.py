"""Where stories belong: sections, tags, series; and the one table of names under the site's root."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from articles.models.listing import ListedQuerySet
from members.gate import Audience, ReplyRight

RESERVED_NAMES = frozenset(
    [
        "account",
        "accounts",
        "admin",
        "api",
        "archive",
        "author",
        "card",
        "corrections",
        "feed",
        "feed.json",
        "gift",
        "healthz",
        "letters",
        "media",
        "membership",
        "news-sitemap.xml",
        "opensearch.xml",
        "preview",
        "reads",
        "readyz",
        "replies",
        "robots.txt",
        "search",
        "series",
        "sitemap.xml",
        "static",
        "stripe",
        "tag",
        "topics",
        "tour",
    ]
)

TONES = ("1", "2", "3", "4", "5", "6")


def validate_name(path: str) -> None:
    """Raise ValidationError where a section or page may not live: reserved words and years."""
    first = path.split("/", 1)[0]
    if first in RESERVED_NAMES or (first.isdigit() and len(first) == 4):
        raise ValidationError(_("“%(name)s” is a name the site itself uses. Choose another."), params={"name": first})


class Section(models.Model):
    """A part of the paper. Its audience, where set, is the default of its new stories."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True, allow_unicode=True, validators=[validate_name])
    description = models.CharField(max_length=300, blank=True)
    colour = models.CharField(max_length=20, blank=True, help_text=_("One of the design's section colours."))
    position = models.PositiveSmallIntegerField(default=0)
    is_in_menu = models.BooleanField(default=True)
    is_opinion = models.BooleanField(default=False, help_text=_("Set apart: the author's name comes first."))
    audience = models.CharField(max_length=10, choices=Audience.choices, blank=True)
    reply_right = models.CharField(
        _("who may reply"), max_length=10, choices=ReplyRight.choices, blank=True, help_text=_("Empty: the site's.")
    )
    appeal_title = models.CharField(_("appeal, title"), max_length=120, blank=True, help_text=_("Empty: the site's."))
    appeal_text = models.TextField(
        _("appeal, text"),
        blank=True,
        help_text=_("Under this section's stories; empty: the site's. {from_price} becomes the lowest monthly price."),
    )

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """`/<slug>/`."""
        return reverse("place", args=[self.slug])

    @property
    def tone(self) -> int:
        """Its colour as one of the design's six: the chosen one, else by its place in the menu."""
        chosen = self.colour.removeprefix("tone-")
        return int(chosen) if chosen in TONES else self.position % len(TONES) + 1

    def clean(self) -> None:
        """Refuse a slug that a page already holds."""
        rows = Name.objects.filter(path=self.slug)
        if (rows.exclude(section=self) if self.pk else rows).exists():
            raise ValidationError({"slug": _("A page already lives there.")})


class Name(models.Model):
    """One table of names for sections and pages, so that no two claim one address."""

    path = models.CharField(max_length=300, unique=True, validators=[validate_name])
    section = models.OneToOneField(Section, null=True, blank=True, on_delete=models.CASCADE, related_name="name_row")
    page = models.OneToOneField("Page", null=True, blank=True, on_delete=models.CASCADE, related_name="name_row")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(section__isnull=True, page__isnull=False) | Q(section__isnull=False, page__isnull=True),
                name="name_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return self.path


class Tag(models.Model):
    """A word that describes stories."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its list of stories."""
        return reverse("tag", args=[self.slug])


class Tagging(models.Model):
    """That a story has a tag. `published_at`: its story's, kept by the database."""

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")
    published_at = models.DateTimeField(null=True, editable=False)

    objects = ListedQuerySet["Tagging"].as_manager()

    class Meta:
        db_table = "articles_article_tags"
        unique_together = [("article", "tag")]  # so Django names it in the table it made itself
        indexes = [
            models.Index(
                fields=["tag", "-published_at", "-article"],
                condition=Q(published_at__isnull=False),
                name="tagging_newest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tag}"


class Series(models.Model):
    """Stories told in parts."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its parts in order."""
        return reverse("series", args=[self.slug])


class SectionLimit(models.Model):
    """A section a journalist is limited to. Somebody with none works in all of them."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="section_limits")
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="limits")

    class Meta:
        verbose_name = _("limit to a section")
        verbose_name_plural = _("limits to sections")
        constraints = [models.UniqueConstraint(fields=["member", "section"], name="section_limit_once")]

    def __str__(self) -> str:
        return f"{self.member} – {self.section}"
