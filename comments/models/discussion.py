"""What replies stand under: one discussion for a story, topic or page."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, When
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
        """Each with `count`, how many replies can be read: counted, never kept in steps. With it come `has_picks`,
        whether the editors picked one of them, and `pinned_path`, None unless what is pinned is published."""
        from comments.models.reply import Reply  # which needs discussions first

        own = Reply.objects.filter(discussion=OuterRef("pk"))
        readable = own.visible().published().order_by().values("discussion")
        counted = readable.annotate(number=Count("path")).values("number")
        pinned = Case(When(pinned__status=Reply.Status.PUBLISHED, then="pinned__path"))
        return self.annotate(count=Coalesce(Subquery(counted), 0), has_picks=Exists(own.picked()), pinned_path=pinned)

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
