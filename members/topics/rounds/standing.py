"""Whether a ballot counts, said of intervals in memory: what `Ballot.objects.with_standing` says in SQL.

A reader who votes is told from it, before the close, whether their vote will count.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from members.models import Ballot, Grant, Member, Round

Interval = tuple[datetime, datetime]
Standing = Ballot.Standing
A_MOMENT = timedelta(seconds=1)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in as few intervals as can be, in order. Each has its start and not its end."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def judge(intervals: Iterable[Interval], round_: Round, at: datetime) -> Standing:
    """How a ballot of whoever held `intervals` stands if the round closes at `at`. Pure."""
    spans = merged(intervals)
    held = next((span for span in spans if span[0] <= at < span[1]), None)
    if held is None:
        return Standing.NO_GRANT
    at_opening = any(start <= round_.opens_at < end for start, end in spans)
    long_enough = held[0] <= min(round_.closes_at - timedelta(days=round_.days_held), at)
    return Standing.COUNTED if at_opening or long_enough else Standing.TOO_NEW


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a patron is told of their vote: `since` when they are one, whether they joined in time to be counted.

    `joined_late`: after the opening, so that it counts only with `days_held` days at the close; `can_count`:
    whether it will if they stay; `ends_at`: when what they hold now runs out, if before the close.
    """

    since: datetime
    joined_late: bool
    can_count: bool
    ends_at: datetime | None


def outlook(round_: Round, member: Member, now: datetime) -> Outlook | None:
    """How the member's vote will stand if they stay a patron; None for whoever is none now. One query."""
    rows = Grant.objects.filter(member=member, starts_at__lte=round_.closes_at, ends_at__gt=round_.opens_at)
    spans = merged(rows.values_list("starts_at", "ends_at"))
    held = next((span for span in spans if span[0] <= now < span[1]), None)
    if held is None:
        return None
    staying = [*spans, (now, round_.closes_at + A_MOMENT)]
    return Outlook(
        since=held[0],
        joined_late=not any(start <= round_.opens_at < end for start, end in spans),
        can_count=judge(staying, round_, round_.closes_at) == Standing.COUNTED,
        ends_at=held[1] if held[1] <= round_.closes_at else None,
    )
