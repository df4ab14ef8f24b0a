"""What a mail about a topic says, in plain values: dates in the words of its reader's language.

A mail about a step is the same for everybody of a language; one about a result adds how the reader's own
choices did. Those stand under `decisions`, which is forgotten once the mail is out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import strip_tags

from members.models import Member, Option, TopicStep
from members.topics.loop import following

Kind = TopicStep.Kind


@dataclass(frozen=True)
class Letter:
    """A step with what its mails need, read once for all of them."""

    step: TopicStep
    story: dict[str, str]
    options: list[Option]
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, step: TopicStep) -> "Letter":
        """Read what the mails say: at most two queries."""
        options: list[Option] = []
        if step.round is not None and step.kind in (Kind.WON, Kind.NOT_CHOSEN):
            options = list(step.round.options.select_related("topic").order_by("-votes", "topic__proposed_at", "pk"))
        return cls(step, _story(step), options)

    def context(self, member: Member) -> dict[str, Any]:
        """What the mail about the step says to this member."""
        return self._in_words(member, self._said)

    def result(self, member: Member, voted: set[int], followed: set[int]) -> dict[str, Any]:
        """What the mail about a round's result says to this member; `voted` and `followed` are keys of topics."""
        own = [option for option in self.options if option.topic_id in voted | followed]
        rows = [_fate(option) for option in own]
        return {**self._in_words(member, self._counted), "decisions": rows, "has_voted": bool(voted)}

    def _in_words(self, member: Member, say: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `say` says in the member's language, once for all who read that one, and the member's way out."""
        language = member.language or settings.LANGUAGE_CODE
        if language not in self.made:
            with translation.override(language):
                self.made[language] = say()
        own = {"vote_url": _absolute(reverse("topics")), "mine": _absolute(reverse("topics_mine"))}
        return {**self.made[language], **own, "leave": following.stop_link(member.pk)}

    def _counted(self) -> dict[str, Any]:
        """What became of the round."""
        return {
            "question": self.step.round.question if self.step.round else "",
            "ballots": (self.step.round.ballots_counted or 0) if self.step.round else 0,
            "winners": [_place(option) for option in self.options if option.is_winner],
        }

    def _said(self) -> dict[str, Any]:
        step, topic = self.step, self.step.topic
        joined = topic.merged_into if step.kind == Kind.MERGED else None
        return {
            "kind": str(step.kind),
            "title": topic.title,
            "url": _absolute(topic.get_absolute_url()),
            "reason": step.note if step.kind == Kind.DECLINED else "",
            "joined": {"title": joined.title, "url": _absolute(joined.get_absolute_url())} if joined else None,
            "due": _month(topic.due_on) if step.kind == Kind.ASSIGNED else "",
            "story": self.story,
            "votes": topic.votes or 0,
            "question": step.round.question if step.round else "",
            "closes": _moment(step.round.closes_at) if step.round else "",
        }


def _place(option: Option) -> dict[str, Any]:
    topic = option.topic
    return {"title": topic.title, "url": _absolute(topic.get_absolute_url()), "votes": option.votes or 0}


def _fate(option: Option) -> dict[str, Any]:
    is_declined = option.topic.status == option.topic.Status.DECLINED
    return {**_place(option), "is_winner": option.is_winner, "is_declined": is_declined}


def _story(step: TopicStep) -> dict[str, str]:
    """Headline and address of the story a step tells of; its headline alone never says what the gate keeps."""
    if step.kind != Kind.PUBLISHED or step.story_id is None:
        return {}
    stories: Any = step.topic._meta.get_field("stories").related_model  # stories point at us; we name no other app
    found = stories.objects.filter(pk=step.story_id).only("headline", "standfirst", "slug", "published_on").first()
    if found is None:
        return {}
    said = {"headline": found.headline, "standfirst": strip_tags(found.standfirst)}
    return {**said, "url": _absolute(found.get_absolute_url())}


def _absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _month(day: date | None) -> str:
    return date_format(day, "F Y") if day else ""


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")
