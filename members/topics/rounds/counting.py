"""How a round stands, from stored rows alone: any order of votes and changes gives the same tally."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from members.models import Ballot, Choice, Option, Round


@dataclass(frozen=True, slots=True)
class Place:
    """One option with its votes; `is_winner` as the round's rules say (of a running one: as if it closed now)."""

    option: Option
    votes: int
    is_winner: bool

    @property
    def is_off(self) -> bool:
        """Whether it was turned down before the close (`with_fate`): it cannot win."""
        return bool(self.option.was_settled)  # type: ignore[attr-defined]  # of `with_fate`


@dataclass(frozen=True, slots=True)
class Tally:
    """The places, first place first, how many ballots count, and how many do not, by standing."""

    places: list[Place]
    ballots: int
    left_out: dict[str, int]

    @property
    def winners(self) -> list[Option]:
        """The options that win; none where nobody voted."""
        return [place.option for place in self.places if place.is_winner]


def tally_of(round_: Round, now: datetime) -> Tally:
    """The result as stored, else the count by the rules as if it closed now (at its deadline, once past)."""
    return stored(round_) if round_.closed_at is not None else count(round_, now)


def count(round_: Round, now: datetime) -> Tally:
    """The tally from the stored ballots: of a closed round a recount of what the close kept. Three queries."""
    return count_among(round_, round_.options.with_fate(), now)


def count_among(round_: Round, options: Iterable[Option], now: datetime) -> Tally:
    """As `count`, for who has the round's options (`with_fate`) already. Two queries."""
    counting = Ballot.objects.counting(round_, now).values("pk")
    votes = dict(
        Choice.objects.filter(ballot__in=counting).values("option").annotate(n=Count("pk")).values_list("option", "n")
    )
    standings = standings_of(round_, now)
    ballots = standings.pop(Ballot.Standing.COUNTED, 0)
    return Tally(places(round_, [(option, votes.get(option.pk, 0)) for option in options]), ballots, standings)


def stored(round_: Round) -> Tally:
    """The result the close kept, with what did not count. Two queries."""
    left_out = {name: n for name, n in standings_of(round_, round_.closes_at).items() if name != "counted"}
    return stored_among(round_, round_.options.with_fate(), left_out)


def stored_among(round_: Round, options: Iterable[Option], left_out: dict[str, int] | None = None) -> Tally:
    """As `stored`, for who has the round's options already. No query."""
    found = [Place(option, option.votes or 0, option.is_winner) for option in options]
    return Tally(sorted(found, key=_order), round_.ballots_counted or 0, left_out or {})


def standings_of(round_: Round, now: datetime) -> dict[str, int]:
    """How many ballots stand how, by standing: what the close kept, else as if it closed now. One query."""
    ballots: Any = Ballot.objects.judged(round_, now)
    rows = ballots.order_by().values("judged").annotate(n=Count("pk"))
    return {str(row["judged"]): int(row["n"]) for row in rows}


def places(round_: Round, votes: list[tuple[Option, int]]) -> list[Place]:
    """Order and winners by the round's rules. Pure: the same pairs in any order give the same places.

    Whoever has votes and was neither declined nor answered before the close (`was_settled` of `with_fate`) can win;
    of equals the topic proposed first, or all, as the tie rule says.
    """
    ordered = sorted((Place(option, number, False) for option, number in votes), key=_order)
    standing = [place for place in ordered if place.votes and not place.is_off]
    winning = standing[: round_.winners]
    if round_.tie_rule == Round.Tie.ALL and winning:
        winning = [place for place in standing if place.votes >= winning[-1].votes]
    chosen = {place.option.pk for place in winning}
    return [Place(place.option, place.votes, place.option.pk in chosen) for place in ordered]


def differences(stored: Tally, again: Tally) -> list[str]:
    """What a recount found otherwise than the stored result says, a line each; none where they agree."""
    lines = []
    if stored.ballots != again.ballots:
        lines.append(f"ballots counted: stored {stored.ballots}, recounted {again.ballots}")
    found = {place.option.pk: place for place in again.places}
    for place in stored.places:
        other = found[place.option.pk]
        if (place.votes, place.is_winner) != (other.votes, other.is_winner):
            lines.append(f"“{place.option.topic}”: stored {_said(place)}, recounted {_said(other)}")
    return lines


def _said(place: Place) -> str:
    return f"{place.votes}, chosen" if place.is_winner else str(place.votes)


def _order(place: Place) -> tuple[int, datetime, int]:
    return (-place.votes, place.option.topic.proposed_at, place.option.topic.pk)
