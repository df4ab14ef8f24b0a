"""Related links: to a story of ours or to any address, ordered and typed."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.models.article import UNSEEN_BY_LISTS


class RelatedLinkQuerySet(models.QuerySet["RelatedLink"]):
    """Words for related links."""

    def with_targets(self) -> Self:
        """Each with the story it leads to, without its text, in the same query."""
        unseen = [f"story__{name}" for name in UNSEEN_BY_LISTS]
        return self.select_related("story__section", "story__lead_picture", "story__minimum_tier").defer(*unseen)


class RelatedLink(models.Model):
    """One related link of a story. Those from the body's *read also* are derived and not edited here."""

    class Kind(models.TextChoices):
        READ_ALSO = "read-also", _("Read also")
        BACKGROUND = "background", _("Background")
        SOURCE = "source", _("Source")
        DOCUMENT = "document", _("Document")
        ELSEWHERE = "elsewhere", _("Elsewhere")

    article = models.ForeignKey("Article", on_delete=models.CASCADE, related_name="related_links")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.READ_ALSO)
    story = models.ForeignKey(
        "Article", null=True, blank=True, on_delete=models.CASCADE, related_name="referring_links"
    )
    url = models.URLField(max_length=1000, blank=True)
    title = models.CharField(max_length=200, blank=True)
    publisher = models.CharField(max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    in_body = models.BooleanField(default=False, editable=False)

    objects = RelatedLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("related link")
        verbose_name_plural = _("related links")
        constraints = [
            models.CheckConstraint(
                condition=(Q(story__isnull=False) & Q(url="")) | (Q(story__isnull=True) & ~Q(url="")),
                name="related_link_one_target",
            ),
            models.CheckConstraint(
                condition=Q(story__isnull=True) | ~Q(story=models.F("article")),
                name="related_link_not_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url or str(self.story)
