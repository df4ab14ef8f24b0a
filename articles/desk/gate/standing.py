"""For whom stories are now, said in SQL: the twin of `Terms.audience_at`, resting on the same stored facts."""

import re
from datetime import date, datetime, timedelta

from django.db.models import Case, CharField, F, Q, Value, When
from django.utils import timezone

from members.gate import STRICTNESS, Audience
from members.models import SiteRules

CLOSED = "unknown"  # what the gate calls an audience it does not know: closed to all but the desk
OLD_INTEREST = "interest"
A_YEAR = timedelta(days=365)
LAST = re.compile(r"last-([1-9]\d?)", re.ASCII)
PERIOD = re.compile(r"(?!0000)(\d{4})(?:-(0[1-9]|1[0-2]))?", re.ASCII)


def open_to(rules: SiteRules, now: datetime) -> Case:
    """The audience of a live story at `now` as an expression, public interest and the archive's rule considered."""
    known, archive = [*STRICTNESS], rules.archive_audience
    steps = [
        When(public_interest=True, then=Value(str(Audience.EVERYONE))),
        When(~Q(audience__in=known), then=Value(CLOSED)),
    ]
    old = Q(published_at__lte=border) if (border := archive_border(rules, now)) else None
    if old is not None and archive not in STRICTNESS:
        steps.append(When(old, then=Value(CLOSED)))
    elif old is not None and (looser := known[: STRICTNESS[archive]]):
        steps.append(When(old & Q(audience__in=looser), then=Value(str(archive))))
    return Case(*steps, default=F("audience"), output_field=CharField())


def archive_border(rules: SiteRules, now: datetime) -> datetime | None:
    """What was published then or before belongs to the archive; None where that is nothing."""
    return now - timedelta(days=rules.archive_days) if rules.archive_days is not None else None


def long_of_interest(now: datetime) -> Q:
    """The condition for what has been open as of public interest for more than a year."""
    return Q(public_interest=True, published_at__lt=now - A_YEAR)


def first_out_in(period: str, now: datetime) -> Q | None:
    """The condition for `2026-11`, `2025` or `last-12`: first published in that month, year or the last so many months.

    None for what names none of them.
    """
    if last := LAST.fullmatch(period):
        return Q(published_on__gte=months_ago(int(last[1]) - 1, now))
    found = PERIOD.fullmatch(period)
    if found is None:
        return None
    within = Q(published_on__year=int(found[1]))
    return within & Q(published_on__month=int(found[2])) if found[2] else within


def months_ago(months: int, now: datetime) -> date:
    """The first day of the month so many before this one, in the site's calendar."""
    today = timezone.localdate(now)
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1)
