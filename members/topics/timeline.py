"""How far a topic is, for its page: what was, from stored rows, and what is to come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from members.models import Member, Option, Topic, TopicStep
from members.topics import showing

Kind = TopicStep.Kind
OWN_STEPS = (Kind.ASSIGNED, Kind.PUBLISHED, Kind.WITHDRAWN, Kind.DECLINED)  # of votes the ballots themselves tell


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `votes` is None while the tally is hidden; `is_to_come` stands for a plan."""

    kind: str
    at: datetime
    option: Option | None = None
    votes: int | None = None
    note: str = ""
    story: Any = None
    is_to_come: bool = False


def timeline_of(topic: Topic, stories: list[Any], now: datetime) -> list[Entry]:
    """Every step in its order, then what is to come. `topic` with its options and rounds; one query, four while a
    tally is counted."""
    entries = [Entry("proposed", topic.proposed_at), *_of_votes(topic, now), *_of_steps(topic, stories)]
    return sorted(entries, key=lambda entry: (entry.is_to_come, entry.at))


def _of_votes(topic: Topic, now: datetime) -> Iterator[Entry]:
    for option in topic.options.all():
        round_ = option.round
        if round_.opens_at > now:
            yield Entry("coming", round_.opens_at, option, is_to_come=True)
            continue
        yield Entry("in_vote", round_.opens_at, option)
        if round_.is_open(now):
            yield Entry("closes", round_.closes_at, option, showing.votes_of(option, now), is_to_come=True)
        elif option.votes is not None:
            yield Entry("won" if option.is_winner else "not_chosen", round_.closes_at, option, option.votes)
        else:
            votes, is_winner = showing.result_of(option, now)
            yield Entry("won" if is_winner else "not_chosen", round_.closes_at, option, votes)


def _of_steps(topic: Topic, stories: list[Any]) -> Iterator[Entry]:
    live, told = {story.pk: story for story in stories}, set()
    steps = list(topic.steps.filter(kind__in=OWN_STEPS).order_by("at", "pk"))
    last = next((step for step in reversed(steps) if step.kind == Kind.ASSIGNED), None)
    for step in steps:
        if step.kind == Kind.PUBLISHED:
            told.add(step.story_id)
            if step.story_id in live:
                yield Entry("published", step.at, story=live[step.story_id])
        elif step.kind != Kind.ASSIGNED or step == last:
            yield Entry(str(step.kind), step.at, note=step.note if step.kind == Kind.DECLINED else "")
    for story in stories:
        if story.pk not in told:
            yield Entry("published", story.published_at, story=story)


def byline_of(member: Member | None) -> tuple[str, str]:
    """Name and address of the colleague's page for readers; empty for who signs no stories. One query."""
    if member is None:
        return "", ""
    authors: Any = Member._meta.get_field("author").related_model  # authors point at us; we name no other app
    author = authors.objects.filter(member=member).first()
    return (author.name, author.get_absolute_url()) if author else ("", "")
