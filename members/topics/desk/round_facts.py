"""What the desk's page of a round tells: options, ballots by number, days left, the result and who heard of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from members.models import Ballot, Option, Round, TopicStep
from members.models.topic import FEWEST_OPTIONS
from members.topics.rounds import counting, drafting

TOO_FEW = _("Put at least two topics on its ballot before it opens: with fewer, readers see no ballot.")


@dataclass(frozen=True, slots=True)
class Facts:
    """`options` as they were proposed, which is how a tie is broken; `tally` only where readers see it too.

    `cast`: how many ballots, no more; `left_out`: (why, how many) that did not count; `told`: the steps of its
    topics that people hear of.
    """

    options: list[Option]
    cast: int
    tally: counting.Tally | None
    left_out: list[tuple[str, int]]
    told: list[TopicStep]
    is_frozen: bool
    is_open: bool
    is_over: bool
    has_ballot: bool
    until: datetime
    left: str


def of(round_: Round, now: datetime) -> Facts:
    """Everything, in seven queries at most."""
    options = list(round_.options.with_fate().order_by("topic__proposed_at", "topic"))
    tally = counting.tally_of(round_, now) if round_.shows_tally(now) else None
    steps = TopicStep.objects.filter(round=round_).select_related("topic").order_by("at", "pk")
    until = round_.closes_at if round_.opens_at <= now else round_.opens_at
    return Facts(
        options=options,
        cast=Ballot.objects.filter(round=round_).count(),
        tally=tally,
        left_out=_left_out(tally),
        told=list(steps.exclude(kind=TopicStep.Kind.IN_VOTE)),
        is_frozen=drafting.is_frozen(round_, now),
        is_open=round_.is_open(now),
        is_over=round_.closes_at <= now,
        has_ballot=len(options) >= FEWEST_OPTIONS,
        until=until,
        left=_days((until - now).days),
    )


def _left_out(tally: counting.Tally | None) -> list[tuple[str, int]]:
    found: dict[str, Any] = tally.left_out if tally else {}
    return [(str(Ballot.Standing(standing).label), number) for standing, number in sorted(found.items())]


def _days(days: int) -> str:
    return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
