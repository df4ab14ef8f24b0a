"""What readers see of rounds and topics: ballots in an order of their own, results with what came of them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from members.models import Member, Round, Topic
from members.topics import voting

PAST_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One topic of a round. `votes` is None while the tally is hidden."""

    topic: Topic
    votes: int | None
    is_winner: bool
    is_yours: bool
    stories: list[Any]


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A round with its lines; `ballots` counts only once the tally shows, `most` scales the bars."""

    round: Round
    lines: list[Line]
    ballots: int | None
    most: int
    yours: set[int]


def open_rounds(now: datetime, member: Member | None) -> list[ShownRound]:
    """The rounds that take votes, options in an order stable for this reader."""
    return [_open(round_, now, member) for round_ in Round.objects.open(now).order_by("closes_at")]


def past_rounds(now: datetime) -> list[ShownRound]:
    """The last rounds with their results, newest first, and the stories that came of them."""
    rounds = list(Round.objects.closed(now).prefetch_related("topics")[:PAST_ROUNDS])
    tallies = [voting.result(round_) for round_ in rounds]
    stories = stories_of([topic for tally in tallies for topic, _votes in tally.places], now)
    return [_past(round_, tally, stories) for round_, tally in zip(rounds, tallies, strict=True)]


def stories_of(topics: list[Topic], now: datetime) -> dict[int, list[Any]]:
    """The live stories that answer each of the topics, by topic key. One query."""
    stories: Any = Topic._meta.get_field("stories").related_model  # stories point at us; we name no other app
    found: dict[int, list[Any]] = {}
    wanted = [topic.pk for topic in topics]
    rows = stories.objects.live(now).filter(topic__in=wanted).newest_first()
    for story in rows.only("headline", "standfirst", "published_on", "slug", "topic", "published_at"):
        found.setdefault(story.topic_id, []).append(story)
    return found


def votes_of(topic: Topic, now: datetime) -> int | None:
    """How many chose the topic; None while that is hidden or it was never in a vote."""
    if topic.round is None or not topic.round.shows_tally(now):
        return None
    if topic.round.closed_at is not None:
        return topic.votes
    return next((votes for other, votes in voting.count(topic.round).places if other == topic), None)


def in_own_order(topics: list[Topic], round_: Round, who: str) -> list[Topic]:
    """Shuffled, the same way each time for the same `who`."""
    return sorted(topics, key=lambda topic: hashlib.sha256(f"{round_.pk}-{who}-{topic.pk}".encode()).digest())


def _open(round_: Round, now: datetime, member: Member | None) -> ShownRound:
    yours = voting.choices_of(round_, member) if member else set()
    tally = voting.count(round_) if round_.shows_tally(now) else None
    votes: dict[int, int] = {topic.pk: number for topic, number in tally.places} if tally else {}
    topics = [topic for topic, _votes in tally.places] if tally else list(round_.topics.options())
    ordered = in_own_order(topics, round_, f"member-{member.pk}" if member else "everybody")
    lines = [Line(topic, votes.get(topic.pk), False, topic.pk in yours, []) for topic in ordered]
    return ShownRound(round_, lines, tally.ballots if tally else None, max(votes.values(), default=0), yours)


def _past(round_: Round, tally: voting.Tally, stories: dict[int, list[Any]]) -> ShownRound:
    lines = [
        Line(topic, votes, topic == tally.winner, False, stories.get(topic.pk, [])) for topic, votes in tally.places
    ]
    return ShownRound(round_, lines, tally.ballots, max((votes for _topic, votes in tally.places), default=0), set())
