"""What readers see of rounds and topics: ballots in an order of their own, results with what came of them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from members.models import Member, Option, Round, Topic
from members.topics.rounds import counting, voting
from members.topics.rounds.counting import Tally

PAST_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One option of a round. `votes` is None while the tally is hidden."""

    option: Option
    votes: int | None
    is_winner: bool
    is_yours: bool
    stories: list[Any]

    @property
    def topic(self) -> Topic:
        """What is voted on."""
        return self.option.topic


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
    rounds = list(Round.objects.closed(now)[:PAST_ROUNDS])
    tallies = [counting.tally_of(round_, now) for round_ in rounds]
    stories = stories_of([place.option.topic for tally in tallies for place in tally.places], now)
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


def votes_of(option: Option, now: datetime) -> int | None:
    """How many chose it in its round; None while that is hidden."""
    if not option.round.shows_tally(now):
        return None
    tally = counting.tally_of(option.round, now)
    return next((place.votes for place in tally.places if place.option.pk == option.pk), None)


def result_of(option: Option, now: datetime) -> tuple[int, bool]:
    """Its votes, and whether it won, in a round past its deadline."""
    places = counting.tally_of(option.round, now).places
    place = next(place for place in places if place.option.pk == option.pk)
    return place.votes, place.is_winner


def in_own_order(options: Iterable[Option], round_: Round, who: str) -> list[Option]:
    """Shuffled, the same way each time for the same `who`."""
    return sorted(options, key=lambda each: hashlib.sha256(f"{round_.pk}-{who}-{each.pk}".encode()).digest())


def _open(round_: Round, now: datetime, member: Member | None) -> ShownRound:
    yours = voting.choices_of(round_, member) if member else set()
    tally = counting.count(round_, now) if round_.shows_tally(now) else None
    votes: dict[int, int] = {place.option.pk: place.votes for place in tally.places} if tally else {}
    options = [place.option for place in tally.places] if tally else list(round_.options.select_related("topic"))
    ordered = in_own_order(options, round_, f"member-{member.pk}" if member else "everybody")
    lines = [Line(option, votes.get(option.pk), False, option.pk in yours, []) for option in ordered]
    return ShownRound(round_, lines, tally.ballots if tally else None, max(votes.values(), default=0), yours)


def _past(round_: Round, tally: Tally, stories: dict[int, list[Any]]) -> ShownRound:
    lines = [
        Line(place.option, place.votes, place.is_winner, False, stories.get(place.option.topic_id, []))
        for place in tally.places
    ]
    return ShownRound(round_, lines, tally.ballots, max((place.votes for place in tally.places), default=0), set())
