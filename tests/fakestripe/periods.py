"""Periods of a calendar: how long a month is, and what part of one is left."""

import calendar
from datetime import UTC, datetime

from tests.fakestripe.state import DAY, Json


def add_period(start: int, recurring: Json, anchor: int) -> int:
    """The end of a period that begins at `start`; months keep the anchor's day where they can."""
    count = int(recurring["interval_count"])
    if recurring["interval"] in ("day", "week"):
        return start + count * DAY * (7 if recurring["interval"] == "week" else 1)
    at = datetime.fromtimestamp(start, UTC)
    months = at.month - 1 + count * (12 if recurring["interval"] == "year" else 1)
    year, month = at.year + months // 12, months % 12 + 1
    wanted = max(at.day, datetime.fromtimestamp(anchor, UTC).day)
    return int(at.replace(year=year, month=month, day=min(wanted, calendar.monthrange(year, month)[1])).timestamp())


def part_of(amount: int, price: Json, start: int, end: int) -> int:
    """What `amount` for a whole period comes to from `start` to `end` (less than a period), in minor units."""
    whole = add_period(start, price["recurring"], start) - start
    return round(amount * min(1.0, (end - start) / whole))
