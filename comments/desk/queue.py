"""The moderators' queue: its saved questions, what waits in each, and one page of what was asked for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from articles.models.article import UNSEEN_BY_LISTS
from comments.models import Appeal, Discussion, Reply
from comments.parsing import number_in
from members.models import Member

PAGE = 25  # replies
LONGEST = 200  # characters of what is searched for


@dataclass(frozen=True, slots=True)
class Question:
    """A saved filter: its name on the desk, and the words that answer it. `waits`: it is counted, oldest first."""

    label: str | Promise
    asked_of: Callable[[Any], Any]
    waits: bool = False


QUESTIONS: dict[str, Question] = {
    "held": Question(_("Waiting"), lambda replies: replies.held(), waits=True),
    "reported": Question(_("Reported"), lambda replies: replies.reported(), waits=True),
    "new": Question(
        _("Of new accounts"), lambda replies: replies.held().filter(rule__in=("new_member", "young")), waits=True
    ),
    "published": Question(_("Published"), lambda replies: replies.published()),
    "refused": Question(_("Refused"), lambda replies: replies.refused()),
    "featured": Question(_("Picked"), lambda replies: replies.filter(is_featured=True)),
    "all": Question(_("All"), lambda replies: replies),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address of the queue asks for. `after`: the reply that the page follows."""

    queue: str = "held"
    discussion: int | None = None
    story: int | None = None
    text: str = ""
    after: int | None = None

    @classmethod
    def of(cls, params: QueryDict) -> Self:
        """As an address says it; what it says badly is not said. Words alone are searched for in all replies."""
        text = params.get("q", "").strip()[:LONGEST]
        named, otherwise = params.get("queue", ""), "all" if text else "held"
        keys = {name: number_in(params.get(name, "")) for name in ("discussion", "story", "after")}
        return cls(queue=named if named in QUESTIONS else otherwise, text=text, **keys)

    @property
    def address(self) -> str:
        """The query of its address, without what is empty."""
        values = {"queue": self.queue, "discussion": self.discussion, "story": self.story, "q": self.text}
        return f"?{urlencode({name: value for name, value in {**values, 'after': self.after}.items() if value})}"

    @property
    def waits(self) -> bool:
        """Whether it asks for what waits, which is shown oldest first."""
        return QUESTIONS[self.queue].waits

    def turned(self, **other: Any) -> Self:
        """The same from the beginning, but for what is said."""
        return replace(self, **{"after": None, **other})

    def places(self) -> list[tuple[str, Question, str]]:
        """Each saved filter with its name and the address that keeps the rest."""
        return [(name, question, self.turned(queue=name).address) for name, question in QUESTIONS.items()]


def within(asked: Asked) -> QuerySet[Reply]:
    """The replies of the discussion or story asked about, or all."""
    rows: QuerySet[Reply] = Reply.objects.all()
    if asked.discussion:
        rows = rows.filter(discussion=asked.discussion)
    return rows.filter(discussion__story=asked.story) if asked.story else rows


def page_of(asked: Asked) -> tuple[list[Reply], Asked | None]:
    """The replies of one page, and what asks for the next one. One query.

    What waits comes longest waiting first; all else newest first.
    """
    rows = QUESTIONS[asked.queue].asked_of(within(asked))
    if asked.text:
        said = Q(comment__icontains=asked.text) | Q(display_name__icontains=asked.text)
        rows = rows.filter(
            said | Q(author__name__icontains=asked.text) | Q(discussion__story__headline__icontains=asked.text)
        )
    found = list(with_surroundings(_following(rows, asked))[: PAGE + 1])
    shown = found[:PAGE]
    return shown, replace(asked, after=shown[-1].pk) if len(found) > PAGE else None


def _following(rows: Any, asked: Asked) -> Any:
    """`rows` in order, from where the page begins."""
    if not asked.waits:
        return (rows.filter(pk__lt=asked.after) if asked.after else rows).order_by("-pk")
    if asked.after:
        moment = Subquery(Reply.objects.filter(pk=asked.after).values("posted_at"))
        rows = rows.filter(Q(posted_at__gt=moment) | Q(posted_at=moment, pk__gt=asked.after))
    return rows.order_by("posted_at", "pk")


def with_surroundings(replies: Any) -> QuerySet[Reply]:
    """`replies` with author, what they answer and stand under, and who decided."""
    found: QuerySet[Reply] = replies.select_related(
        "author", "decided_by", "reply_to__author", "discussion__story", "discussion__topic", "discussion__page"
    ).defer(*(f"discussion__story__{name}" for name in UNSEEN_BY_LISTS), "discussion__page__body")
    return found


def for_moderators(replies: Any) -> QuerySet[Reply]:
    """`replies` with their surroundings and two figures of the account: `author_published`, `author_refused`."""
    own = Reply.objects.filter(author=OuterRef("author"))
    figures = {"author_published": number_of(own.published()), "author_refused": number_of(own.refused())}
    found: QuerySet[Reply] = with_surroundings(replies).annotate(**figures)
    return found


def waiting(member: Member, asked: Asked) -> dict[str, int]:
    """How many wait in each counted filter where it is asked about, and `appeals`, everywhere. One query."""
    here = within(asked)
    rows = {name: question.asked_of(here) for name, question in QUESTIONS.items() if question.waits}
    counts = {f"in_{name}": number_of(found) for name, found in {**rows, "appeals": Appeal.objects.open()}.items()}
    found: dict[str, int] = Member.objects.filter(pk=member.pk).values(**counts).get()
    return {name.removeprefix("in_"): number for name, number in found.items()}


def number_of(rows: Any) -> Coalesce:
    """How many `rows` there are, as a subquery."""
    grouped = rows.order_by().annotate(one=Value(1)).values("one")
    return Coalesce(Subquery(grouped.annotate(number=Count("pk")).values("number")), 0)


def discussion_of(asked: Asked) -> Discussion | None:
    """The one discussion asked about, by itself or by its story."""
    if not (asked.discussion or asked.story):
        return None
    rows = Discussion.objects.with_subject()
    return rows.filter(pk=asked.discussion).first() if asked.discussion else rows.filter(story=asked.story).first()
