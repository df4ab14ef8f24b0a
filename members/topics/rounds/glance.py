"""The running vote as the rest of the site shows it: on the front page, under stories, on the desk's home."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from members.models import Option, Round
from members.topics.rounds import counting
from members.topics.rounds.order import in_own_order

SHOWN = 3


@dataclass(frozen=True, slots=True)
class GlanceLine:
    """An option; `votes` is None where the tally is hidden."""

    option: Option
    votes: int | None


@dataclass(frozen=True, slots=True)
class Glance:
    """An open round with a few of its options: the leading ones where it shows its tally, else others each hour.

    `ballots` is what the bars are measured against: how many count by now, None where that is hidden.
    """

    round: Round
    lines: tuple[GlanceLine, ...]
    ballots: int | None
    others: int

    @property
    def shows_tally(self) -> bool:
        """Whether there are bars to show: readers may see the tally, and somebody voted."""
        return bool(self.ballots)


def at(now: datetime) -> Glance | None:
    """The vote that is open at `now`, of several the one that closes first. Two queries, four of a live tally."""
    round_ = Round.objects.open(now).with_ballot().order_by("closes_at", "pk").first()
    if round_ is None:
        return None
    found: Any = round_.options.with_fate()
    options: list[Option] = list(found.exclude(was_settled=True))
    if not round_.shows_tally(now):
        hour = in_own_order(options, round_, f"{now:%Y-%m-%d %H}")[:SHOWN]  # or the same three always came first
        lines = tuple(GlanceLine(option, None) for option in hour)
        return Glance(round_, lines, None, len(options) - len(lines))
    tally = counting.count_among(round_, options, now)
    lines = tuple(GlanceLine(place.option, place.votes) for place in tally.places[:SHOWN])
    return Glance(round_, lines, tally.ballots, len(options) - len(lines))
