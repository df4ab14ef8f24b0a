"""The vocabulary of replies, on django-comments-xtd's rows.

The package keeps content type, object, site and text; everything else is ours. `is_public` is False on
every row and never read: visibility is `visible()`, computed from each reply's own status.
"""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Left
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_comments_xtd.models import XtdComment

from articles.models import Article, Page
from members.models import Member, Topic

PATH_STEP = 8
MAX_DEPTH = 5


class Discussion(models.Model):
    """The replies under one story, topic or page; the row that is locked while posting."""

    story = models.OneToOneField(Article, null=True, blank=True, on_delete=models.CASCADE, related_name="discussion")
    topic = models.OneToOneField(Topic, null=True, blank=True, on_delete=models.CASCADE, related_name="discussion")
    page = models.OneToOneField(Page, null=True, blank=True, on_delete=models.CASCADE, related_name="discussion")
    is_open = models.BooleanField(default=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True, help_text=_("Until then every reply is held."))
    slow_seconds = models.PositiveIntegerField(default=0)

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
    def subject(self) -> Article | Topic | Page:
        """What is discussed."""
        found = self.story or self.topic or self.page
        assert found is not None  # the constraint counts them
        return found

    def is_closed(self, now: datetime) -> bool:
        """Whether it takes no more replies."""
        return not self.is_open or (self.closes_at is not None and self.closes_at <= now)


class ReplyQuerySet(models.QuerySet["Reply"]):
    """Words for replies."""

    def seen(self) -> Self:
        """Those whose own status shows something: the text, or a stub."""
        return self.filter(status__in=[Reply.Status.PUBLISHED, Reply.Status.REMOVED, Reply.Status.ERASED])

    def unseen(self) -> Self:
        """Held and rejected ones: they hide their branch."""
        return self.filter(status__in=[Reply.Status.HELD, Reply.Status.REJECTED])

    def visible(self) -> Self:
        """Seen, and no ancestor is held or rejected."""
        ancestors = [Left(OuterRef("path"), PATH_STEP * depth) for depth in range(1, MAX_DEPTH)]
        hiding = Reply.objects.unseen().filter(discussion=OuterRef("discussion"), path__in=ancestors)
        return self.seen().filter(~Exists(hiding))

    def held(self) -> Self:
        """Those that wait for a moderator."""
        return self.filter(status=Reply.Status.HELD)

    def in_thread_order(self) -> Self:
        """Parents before children, oldest first."""
        return self.order_by("path")


class ReplyPath(models.CharField):  # type: ignore[type-arg]  # generic only in the stubs
    """The path ending in the row's own id: known here, since the parent tables are written first."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Fill the path of a new reply from the one it stands under."""
        reply: Any = model_instance
        if add and not reply.path:
            reply.path = f"{reply.parent_path}{reply.pk:08x}"
        return reply.path


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
    reply_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="answers")
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

    objects: ClassVar[Any] = models.Manager.from_queryset(ReplyQuerySet)()
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
            models.Index(
                fields=["discussion", "path"],
                condition=Q(status__in=["held", "rejected"]),
                name="reply_unseen",
            ),
            models.Index(fields=["status", "posted_at"], condition=Q(status="held"), name="reply_queue"),
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

    @property
    def depth(self) -> int:
        """How deep it stands, from 1."""
        return len(self.path) // PATH_STEP

    @property
    def shown_name(self) -> str:
        """Who said it, as readers see it."""
        if self.author is not None:
            return self.author.display_name
        return self.display_name or str(_("Deleted account"))


class Report(models.Model):
    """A reader's report of a reply. Only moderators read who made it."""

    class Reason(models.TextChoices):
        INSULT = "insult", _("Insult or harassment")
        HATE = "hate", _("Hate speech")
        SPAM = "spam", _("Spam or advertising")
        ILLEGAL = "illegal", _("Illegal content")
        OTHER = "other", _("Something else")

    reply = models.ForeignKey(Reply, on_delete=models.CASCADE, related_name="reports")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=8, choices=Reason.choices)
    note = models.TextField(blank=True)
    reported_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [models.UniqueConstraint(fields=["reply", "member"], name="report_once")]

    def __str__(self) -> str:
        return self.get_reason_display()


class Reaction(models.Model):
    """One member's recommendation of a reply."""

    reply = models.ForeignKey(Reply, on_delete=models.CASCADE, related_name="reactions")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reply", "member"], name="reaction_once")]

    def __str__(self) -> str:
        return f"{self.pk}"


class Sanction(models.Model):
    """What a moderator decided about a member, with a beginning and an end."""

    class Kind(models.TextChoices):
        HOLD = "hold", _("Hold every reply")
        MUTE = "mute", _("May not reply")
        BAN = "ban", _("Banned")

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="sanctions")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    reason = models.CharField(max_length=300, blank=True)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("sanction")
        verbose_name_plural = _("sanctions")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.member}"
