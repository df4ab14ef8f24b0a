"""Standing pages: about, imprint, privacy. Same editor, no feed, no gate."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.editor import StoryHTMLField
from articles.models.section import Name, validate_name


class PageQuerySet(models.QuerySet["Page"]):
    """Words for pages."""

    def published(self) -> Self:
        """Those readers may open."""
        return self.filter(is_published=True)


class Page(models.Model):
    """A page at `/<path>/`; a path may nest (`about/team`).

    `policy`: which of a newsroom's promises it states; search engines are told (schema.org, NewsMediaOrganization).
    """

    class Policy(models.TextChoices):
        """Named as schema.org names the property that points at such a page."""

        PRINCIPLES = "publishingPrinciples", _("Our principles")
        CORRECTIONS = "correctionsPolicy", _("How we correct mistakes")
        FACT_CHECKING = "verificationFactCheckingPolicy", _("How we check facts")
        ETHICS = "ethicsPolicy", _("Our code of ethics")
        OWNERSHIP = "ownershipFundingInfo", _("Who owns and pays for us")
        MASTHEAD = "masthead", _("Who we are")
        DIVERSITY = "diversityPolicy", _("Diversity")

    title = models.CharField(max_length=200)
    path = models.CharField(max_length=300, unique=True, validators=[validate_name])
    body = StoryHTMLField(blank=True)
    is_published = models.BooleanField(default=False)
    replies_open = models.BooleanField(default=False)
    policy = models.CharField(_("states our"), max_length=40, choices=Policy.choices, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)
    legacy_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)

    objects = PageQuerySet.as_manager()

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        constraints = [
            models.UniqueConstraint(fields=["policy"], condition=~models.Q(policy=""), name="page_one_per_policy")
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """`/<path>/`."""
        return reverse("place", args=[self.path])

    def clean(self) -> None:
        """Refuse a path that a section already holds."""
        self.path = self.path.strip("/")
        rows = Name.objects.filter(path=self.path)
        if (rows.exclude(page=self) if self.pk else rows).exists():
            raise ValidationError({"path": _("Something already lives there.")})

    def cache_keys(self) -> list[str]:
        """What goes stale when it changes."""
        return [f"page-{self.pk}", "site", "sitemap"]
