"""Who writes: authors and the ordered bylines of a story."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from articles.models.listing import ListedQuerySet


class Author(models.Model):
    """A person, guest or agency that signs stories. A journalist's account may be linked."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)
    role = models.CharField(max_length=120, blank=True)
    bio = models.TextField(blank=True)
    email = models.EmailField(blank=True)
    portrait = models.ForeignKey("Picture", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="author"
    )
    is_agency = models.BooleanField(default=False)
    is_guest = models.BooleanField(default=False, help_text=_("Writes here now and then."))
    legacy_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Their page."""
        return reverse("author", args=[self.slug])


class Byline(models.Model):
    """An author's place in a story's byline. `published_at`: its story's, kept by the database."""

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="bylines")
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="bylines")
    role = models.CharField(max_length=80, blank=True, help_text=_("Reporting, photography, translation …"))
    position = models.PositiveSmallIntegerField(default=0)
    published_at = models.DateTimeField(null=True, editable=False)

    objects = ListedQuerySet["Byline"].as_manager()

    class Meta:
        verbose_name = _("byline")
        verbose_name_plural = _("bylines")
        constraints = [models.UniqueConstraint(fields=["article", "author"], name="byline_once_per_author")]
        indexes = [
            models.Index(
                fields=["author", "-published_at", "-article"],
                condition=models.Q(published_at__isnull=False),
                name="byline_newest",
            )
        ]

    def __str__(self) -> str:
        return str(self.author)
