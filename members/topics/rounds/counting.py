"""How a round stands, from stored rows alone: any order of votes and changes gives the same tally."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from members.models import Ballot, Choice, Option, Round


@dataclass(frozen=True, slots=True)
class Place:
    """One option with its votes; `is_winner` as the round's rules say (of a running one: as if it closed now)."""

    option: Option
    votes: int
    is_winner: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """The places, first place first, how many ballots count, and how many do not by standing."""

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
    counting = Ballot.objects.counting(round_, now).filter(choices__isnull=False).values("pk")
    votes = dict(
        Choice.objects.filter(ballot__in=counting).values("option").annotate(n=Count("pk")).values_list("option", "n")
    )
    options = list(round_.options.select_related("topic"))
    return Tally(
        places(round_, [(option, votes.get(option.pk, 0)) for option in options]),
        counting.distinct().count(),
        left_out(round_, now),
    )


def stored(round_: Round) -> Tally:
    """The result the close kept."""
    options = round_.options.select_related("topic")
    found = [Place(option, option.votes or 0, option.is_winner) for option in options]
    return Tally(sorted(found, key=_order), round_.ballots_counted or 0, {})


def left_out(round_: Round, now: datetime) -> dict[str, int]:
    """How many ballots do not count, by standing."""
    ballots = round_.ballots.filter(choices__isnull=False)
    if round_.closed_at is None:
        ballots, standing = Ballot.objects.filter(pk__in=ballots.values("pk")).with_standing(round_, now), "judged"
    else:
        standing = "standing"
    rows = ballots.values(standing).annotate(n=Count("pk", distinct=True)).values_list(standing, "n")
    return {str(name): number for name, number in rows if name != Ballot.Standing.COUNTED}


def places(round_: Round, votes: list[tuple[Option, int]]) -> list[Place]:
    """Order and winners by the round's rules. Pure: the same pairs in any order give the same places.

    Whoever has votes and was not declined can win; of equals the topic proposed first, or all, as the tie rule says.
    """
    plain = [Place(option, number, False) for option, number in votes]
    ordered = sorted(plain, key=_order)
    standing = [place for place in ordered if place.votes and place.option.topic.status != "declined"]
    winning = standing[: round_.winners]
    if round_.tie_rule == Round.Tie.ALL and winning:
        winning = [place for place in standing if place.votes >= winning[-1].votes]
    chosen = {place.option.pk for place in winning}
    return [Place(place.option, place.votes, place.option.pk in chosen) for place in ordered]


def _order(place: Place) -> tuple[int, datetime, int]:
    return (-place.votes, place.option.topic.proposed_at, place.option.topic.pk)
