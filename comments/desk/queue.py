"""The moderators' queue: its saved questions, what a row shows, and which verbs can act on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from articles.models.article import UNSEEN_BY_LISTS
from comments.models import Reply, Report
from comments.moderation import verbs
from members.models import Member

Status = Reply.Status


@dataclass(frozen=True, slots=True)
class Question:
    """A saved filter: its name on the desk, and the words that answer it."""

    label: str | Promise
    asked_of: Callable[[Any], Any]


QUESTIONS: dict[str, Question] = {
    "held": Question(_("Waiting"), lambda replies: replies.held()),
    "reported": Question(_("Reported"), lambda replies: replies.reported()),
    "new": Question(_("Waiting, of new accounts"), lambda replies: replies.held().filter(rule="new_member")),
    "published": Question(_("Published"), lambda replies: replies.published()),
    "refused": Question(_("Rejected or removed"), lambda replies: replies.refused()),
    "featured": Question(_("Picked"), lambda replies: replies.filter(is_featured=True)),
}


@dataclass(frozen=True, slots=True)
class DeskVerb:
    """A verb as a button: its label, what it says when done, on which statuses it acts."""

    label: str | Promise
    done: str | Promise
    before: tuple[str, ...]
    act: Callable[[Reply, Member, datetime, str], bool]
    css: str = "desk-second"
    when_featured: bool | None = None  # only where the reply is picked, or only where it is not

    def acts_on(self, reply: Reply) -> bool:
        """Whether the button makes sense beside the reply."""
        fits = self.when_featured is None or self.when_featured == reply.is_featured
        return reply.status in self.before and fits and reply.rule != Reply.WITHDRAWN


VERBS: dict[str, DeskVerb] = {
    "approve": DeskVerb(
        _("Approve"),
        _("It is published."),
        (Status.HELD,),
        lambda reply, by, now, reason: verbs.approve(reply, by=by, now=now) is not None,
        css="desk-primary",
    ),
    "reject": DeskVerb(
        _("Reject"),
        _("It is rejected; nobody sees it or what answers it."),
        (Status.HELD, Status.PUBLISHED),
        lambda reply, by, now, reason: verbs.reject(reply, by=by, now=now, reason=reason) is not None,
    ),
    "remove": DeskVerb(
        _("Remove"),
        _("It is removed; a line in its place says so."),
        (Status.PUBLISHED,),
        lambda reply, by, now, reason: verbs.remove(reply, by=by, now=now, reason=reason) is not None,
    ),
    "restore": DeskVerb(
        _("Restore"),
        _("It is published again."),
        (Status.REJECTED, Status.REMOVED),
        lambda reply, by, now, reason: verbs.restore(reply, by=by, now=now) is not None,
    ),
    "feature": DeskVerb(
        _("Pick"),
        _("It is marked as picked by the editors."),
        (Status.PUBLISHED,),
        lambda reply, by, now, reason: verbs.feature(reply, by=by, is_featured=True),
        when_featured=False,
    ),
    "unfeature": DeskVerb(
        _("Pick no longer"),
        _("It is no longer marked."),
        (Status.PUBLISHED,),
        lambda reply, by, now, reason: verbs.feature(reply, by=by, is_featured=False),
        when_featured=True,
    ),
}


def for_moderators(replies: Any) -> QuerySet[Reply]:
    """`replies` with author, what they answer and stand under, open reports, and the account's record."""
    same = Reply.objects.filter(author=OuterRef("author")).order_by()
    reports = Report.objects.unsettled().filter(reply=OuterRef("pk")).order_by()

    found: QuerySet[Reply] = (
        replies.select_related(
            "author", "decided_by", "reply_to", "discussion__story", "discussion__topic", "discussion__page"
        )
        .defer(*(f"discussion__story__{name}" for name in UNSEEN_BY_LISTS), "discussion__page__body")
        .annotate(
            author_published=_number(same.published(), "author"),
            author_refused=_number(same.refused(), "author"),
            open_reports=_number(reports, "reply"),
        )
    )
    return found


def _number(rows: Any, of: str) -> Coalesce:
    """How many `rows` there are, as a subquery."""
    return Coalesce(Subquery(rows.values(of).annotate(number=Count("pk")).values("number")), 0)
