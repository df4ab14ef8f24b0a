"""Replies and recommendations, on django-comments-xtd's rows.

The package keeps content type, object, site and text; everything else is ours. `is_public` is False on
every row and never read: visibility is `visible()`, computed from each reply's own status.
"""

import functools
import hashlib
import operator
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_comments_xtd.models import XtdComment

from comments.models.discussion import SUBJECTS, Discussion
from comments.models.paths import MAX_DEPTH, PATH_STEP, HiddenByAncestor, ReplyPath
from members.models import Grant, Member

BUCKET_SECONDS = 600
EDITABLE_FOR = timedelta(minutes=5)


class ReplyQuerySet(models.QuerySet["Reply"]):
    """Words for replies."""

    def of(self, discussion: Discussion) -> Self:
        """Those of one discussion."""
        return self.filter(discussion=discussion)

    def seen(self) -> Self:
        """Those whose own status shows something: the text, or a stub."""
        return self.filter(status__in=SEEN)

    def visible(self) -> Self:
        """Seen, and no ancestor is held or rejected."""
        return self.seen().under_seen()

    def shown_to(self, member_id: int | None) -> Self:
        """The visible ones, and the member's own that wait for a moderator."""
        own = Q(author_id=member_id, status=Reply.Status.HELD) if member_id else Q(pk=None)
        return self.filter(own | Q(status__in=SEEN)).under_seen()

    def under_seen(self) -> Self:
        """Those none of whose ancestors is held or rejected."""
        return self.filter(~HiddenByAncestor("discussion_id", "path"))

    def published(self) -> Self:
        """Those whose text shows, were it not for their ancestors."""
        return self.filter(status=Reply.Status.PUBLISHED)

    def held(self) -> Self:
        """Those that wait for a moderator."""
        return self.filter(status=Reply.Status.HELD)

    def refused(self) -> Self:
        """Those a moderator rejected or removed."""
        return self.filter(status__in=[Reply.Status.REJECTED, Reply.Status.REMOVED], decided_at__isnull=False)

    def reported(self) -> Self:
        """Those with a report nobody has decided."""
        from comments.models.conduct import Report  # which needs replies first

        return self.filter(pk__in=Report.objects.unsettled().values("reply"))

    def roots(self) -> Self:
        """Those that answer the story itself."""
        return self.filter(reply_to=None)

    def between(self, first: str, last: str) -> Self:
        """Everything below the roots with paths `first` to `last`, as one range of the index."""
        return self.filter(below_any([(first, last)]))

    def inside(self, path: str) -> Self:
        """The reply at `path` and everything below it."""
        return self.filter(inside_of(path))

    def outside(self, path: str | None) -> Self:
        """All but the reply at `path` and what is below it; None leaves nothing out."""
        return self.filter(~inside_of(path)) if path else self

    def picked(self) -> Self:
        """Those that the editors picked and that can be read."""
        return self.visible().published().filter(is_featured=True)

    def in_thread_order(self) -> Self:
        """Parents before children, oldest first."""
        return self.order_by("path")

    def with_people(self, now: datetime, member_id: int | None = None) -> Self:
        """Each with its author, `patron_since` (None for who is none now), `answered_name` and what it is to the
        member, `is_liked` and `is_muted`: no query more.

        A patron is one since the first grant of any kind: given access is nobody's business.
        """
        from comments.models.conduct import Mute  # which needs replies first

        grants = Grant.objects.filter(member=OuterRef("author")).order_by().values("member")
        covering = Count("pk", filter=Q(starts_at__lte=now, ends_at__gt=now))
        since = grants.annotate(covering=covering, since=Min("starts_at")).filter(covering__gt=0).values("since")
        liked = Reaction.objects.filter(reply=OuterRef("pk"), member_id=member_id or 0)
        muted = Mute.objects.filter(muted=OuterRef("author"), member_id=member_id or 0)
        answered = Case(
            When(
                reply_to__status=Reply.Status.PUBLISHED,
                then=Coalesce("reply_to__author__name", "reply_to__display_name"),
            ),
            default=Value(""),
        )
        return (
            self.select_related("author")
            .annotate(
                patron_since=Subquery(since),
                is_liked=Exists(liked) if member_id else Value(False),
                is_muted=Exists(muted) if member_id else Value(False),
                answered_name=answered,
            )
            .only(*SHOWN)
        )

    def write(
        self, discussion: Discussion, parent: "Reply | None", *, text: str, posted_at: datetime, **own: Any
    ) -> "Reply":
        """Insert one reply under `parent` (None: under the story): one row in each of the three tables.

        The only place that makes replies. Callers hold the discussion's lock. A reply below the deepest
        level hangs beside the one it answers. Raises IntegrityError where the author said the same here
        in the same ten minutes.
        """
        kind = discussion.kind
        reply = Reply(
            discussion=discussion,
            reply_to=parent,
            comment=text,
            posted_at=posted_at,
            submit_date=posted_at,
            posted_bucket=int(posted_at.timestamp()) // BUCKET_SECONDS,
            text_digest=digest_of(text),
            content_type=ContentType.objects.get_for_model(SUBJECTS[kind]),
            object_pk=str(discussion.subject_id(kind)),
            site_id=settings.SITE_ID,
            is_public=False,
            **own,
        )
        if parent is not None:
            reply.parent_path = parent.path[: PATH_STEP * (MAX_DEPTH - 1)]
        reply.save()
        return reply


def inside_of(path: str) -> Q:
    """The condition of being the reply at `path` or below it, as one range of the index."""
    return Q(path__gte=path, path__lt=f"{path}g")


def below_any(runs: Iterable[tuple[str, str]]) -> Q:
    """The condition of standing below a root of one of these runs, each from its first path to its last."""
    ranges = (Q(path__gt=first, path__lt=f"{last}g") for first, last in runs)
    return Q(functools.reduce(operator.or_, ranges, Q(pk__in=()))) & Q(reply_to__isnull=False)


def digest_of(text: str) -> str:
    """What tells two texts apart, whatever their case and spaces."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()


class Reply(XtdComment):
    """What somebody wrote under a story, page or topic."""

    class Status(models.TextChoices):
        PUBLISHED = "published", _("Published")
        HELD = "held", _("Held")
        REJECTED = "rejected", _("Rejected")
        REMOVED = "removed", _("Removed")
        ERASED = "erased", _("Erased")

    class Badge(models.TextChoices):
        NONE = "", "—"
        STAFF = "staff", _("Staff")
        AUTHOR = "author", _("Author of this story")

    discussion = models.ForeignKey(Discussion, on_delete=models.CASCADE, related_name="replies")
    reply_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.RESTRICT, related_name="answers")
    author = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="replies")
    display_name = models.CharField(max_length=80, blank=True, help_text=_("Only of imported replies."))
    posted_at = models.DateTimeField(default=timezone.now)
    path = ReplyPath(max_length=PATH_STEP * MAX_DEPTH, db_collation="C", editable=False)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.HELD)
    edited_at = models.DateTimeField(null=True, blank=True)
    score = models.IntegerField(default=0)
    badge = models.CharField(max_length=6, choices=Badge.choices, blank=True)
    is_featured = models.BooleanField(default=False)
    text_digest = models.CharField(max_length=64, blank=True)
    posted_bucket = models.BigIntegerField(default=0, editable=False, help_text=_("Ten-minute bucket of posting."))
    rule = models.CharField(max_length=40, blank=True, help_text=_("The rule that decided."))
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    announced_at = models.DateTimeField(null=True, blank=True)
    ip_digest = models.CharField(max_length=64, blank=True)
    legacy_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)

    WITHDRAWN = "withdrawn"  # the rule of a held reply that its author took back: not to be restored

    objects = ReplyQuerySet.as_manager()
    parent_path = ""  # set by the writer before the insert

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering: ClassVar[list[str]] = []
        default_manager_name = "objects"
        base_manager_name = "objects"
        permissions = [("moderate_reply", "Can moderate replies")]
        constraints = [
            models.UniqueConstraint(fields=["discussion", "path"], name="reply_one_per_path"),
            models.UniqueConstraint(
                fields=["discussion", "author", "text_digest", "posted_bucket"],
                condition=Q(author__isnull=False) & ~Q(text_digest=""),
                name="reply_said_once",
            ),
            models.CheckConstraint(
                condition=Q(author__isnull=False) | ~Q(display_name="") | Q(status="erased"),
                name="reply_has_somebody",
            ),
        ]
        indexes = [
            models.Index(F("discussion"), F("score").desc(), F("path"), name="reply_best"),
            models.Index(fields=["discussion", "path"], condition=Q(reply_to=None), name="reply_roots"),
            models.Index(
                fields=["discussion", "path"],
                condition=Q(status__in=["held", "rejected"]),
                name="reply_unseen",
            ),
            models.Index(fields=["status", "posted_at"], condition=Q(status="held"), name="reply_queue"),
            models.Index(fields=["discussion", "-posted_at"], name="reply_newest"),
            models.Index(fields=["discussion"], condition=Q(is_featured=True), name="reply_picked"),
            models.Index(fields=["author", "-posted_at"], name="reply_by_author"),
            models.Index(fields=["ip_digest", "-posted_at"], name="reply_by_network"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store it once. The package's own `save` would store twice and walk the thread."""
        super(XtdComment, self).save(*args, **kwargs)

    def get_absolute_url(self, anchor_pattern: str = "") -> str:
        """Its permalink, which leads to its place under the story."""
        return reverse("reply", args=[self.pk])

    def may_edit(self, member_id: int | None, now: datetime) -> bool:
        """Whether it is the member's own, and less than five minutes old."""
        return member_id is not None and self.author_id == member_id and is_editable(self.status, self.posted_at, now)

    @property
    def depth(self) -> int:
        """How deep it stands, from 1."""
        return len(self.path) // PATH_STEP

    @property
    def shown_name(self) -> str:
        """Who said it, as readers see it."""
        if self.author is not None:
            name: str = self.author.display_name
            return name
        return self.display_name or str(_("Deleted account"))


def is_editable(status: str, posted_at: datetime, now: datetime) -> bool:
    """Whether its author may still change a reply of that status, posted then: for five minutes."""
    return status in (Reply.Status.PUBLISHED, Reply.Status.HELD) and now - posted_at < EDITABLE_FOR


SEEN = (Reply.Status.PUBLISHED, Reply.Status.REMOVED, Reply.Status.ERASED)
SHOWN = (
    "comment",
    "discussion_id",
    "author__name",
    "display_name",
    "posted_at",
    "edited_at",
    "path",
    "status",
    "score",
    "badge",
    "is_featured",
)


class Reaction(models.Model):
    """One member's recommendation of a reply."""

    reply = models.ForeignKey(Reply, on_delete=models.CASCADE, related_name="reactions")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reply", "member"], name="reaction_once")]

    def __str__(self) -> str:
        return f"{self.pk}"
