"""What replies stand under: one discussion for a story, topic or page."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Page
from articles.models.article import UNSEEN_BY_LISTS
from members.models import Topic

SUBJECTS: dict[str, type[models.Model]] = {"story": Article, "topic": Topic, "page": Page}
_SUBJECT_TEXTS = (*(f"story__{name}" for name in UNSEEN_BY_LISTS), "page__body", "topic__case")


class DiscussionQuerySet(models.QuerySet["Discussion"]):
    """Words for discussions."""

    def with_subject(self) -> Self:
        """Each with what is discussed, without its text."""
        return self.select_related("story__minimum_tier", "story__section", "topic", "page").defer(*_SUBJECT_TEXTS)

    def with_count(self) -> Self:
        """Each with `count`: how many replies can be read. Counted, never kept in steps."""
        from comments.models.reply import Reply  # which needs discussions first

        readable = Reply.objects.filter(discussion=OuterRef("pk")).visible().published()
        counted = readable.order_by().values("discussion").annotate(number=Count("path")).values("number")
        return self.annotate(count=Coalesce(Subquery(counted), 0))

    def with_last(self) -> Self:
        """Each with `last_at`: when its last published reply was posted, None where there is none."""
        from comments.models.reply import Reply  # which needs discussions first

        said = Reply.objects.filter(discussion=OuterRef("pk")).published().order_by("-posted_at")
        return self.annotate(last_at=Subquery(said.values("posted_at")[:1]))


class Discussion(models.Model):  # type: ignore[django-manager-missing]  # of replies: their base has no types
    """The replies under one story, topic or page; the row that is locked while posting."""

    story = models.OneToOneField(Article, null=True, blank=True, on_delete=models.CASCADE, related_name="discussion")
    topic = models.OneToOneField(Topic, null=True, blank=True, on_delete=models.CASCADE, related_name="discussion")
    page = models.OneToOneField(Page, null=True, blank=True, on_delete=models.CASCADE, related_name="discussion")
    is_open = models.BooleanField(default=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True, help_text=_("Until then every reply is held."))
    slow_seconds = models.PositiveIntegerField(
        default=0, help_text=_("A member waits this long between two replies here.")
    )

    pinned = models.ForeignKey(
        "comments.Reply", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    note = models.CharField(max_length=200, blank=True, help_text=_("A sentence of the moderators above the replies."))

    objects = DiscussionQuerySet.as_manager()

    class Meta:
        verbose_name = _("discussion")
        verbose_name_plural = _("discussions")
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(story__isnull=False, topic__isnull=True, page__isnull=True)
                    | Q(story__isnull=True, topic__isnull=False, page__isnull=True)
                    | Q(story__isnull=True, topic__isnull=True, page__isnull=False)
                ),
                name="discussion_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return str(self.subject)

    @property
    def kind(self) -> str:
        """`story`, `topic` or `page`."""
        return next(kind for kind in SUBJECTS if self.subject_id(kind))

    @property
    def subject(self) -> Article | Topic | Page:
        """What is discussed (loaded by `with_subject`)."""
        found: Article | Topic | Page = getattr(self, self.kind)
        return found

    def subject_id(self, kind: str) -> int | None:
        """The key of its story, topic or page; None for the two it does not hang on."""
        found: int | None = getattr(self, f"{kind}_id")
        return found

    @property
    def cache_key(self) -> str:
        """What goes stale when a reply of it comes, goes or changes."""
        return f"replies-{self.pk}"

    def is_closed(self, now: datetime) -> bool:
        """Whether it takes no more replies."""
        return not self.is_open or (self.closes_at is not None and self.closes_at <= now)
