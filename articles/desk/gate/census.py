"""The census: how many live stories are open, metered, members' and patrons' now, by section and month.

One grouped query whatever the number of stories; rows, sums and shares are made of its groups.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateField, Func, IntegerField, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.desk.gate.standing import CLOSED, long_of_interest, months_ago, open_to
from articles.models import Article
from members.gate import Audience
from members.models import SiteRules

MONTHS = 24  # so many one by one at least, back to a January; what is older by year
SPANS = (3, 12, 24)  # months that can be looked at together
OLDEST_YEAR = 1900
THE_WHOLE = 1000  # of a bar, in its own units

COLUMNS: dict[str, Any] = {
    Audience.EVERYONE.value: gettext_lazy("Open"),
    Audience.METERED.value: gettext_lazy("Metered"),
    Audience.MEMBERS.value: gettext_lazy("Members"),
    Audience.PATRONS.value: gettext_lazy("Patrons"),
    CLOSED: gettext_lazy("Closed to all"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A month, or a year of what is older. `name` as the list of stories takes it: `2026-11`, `2025`."""

    begins: date
    is_month: bool

    @property
    def name(self) -> str:
        """Its name in addresses."""
        return f"{self.begins:%Y-%m}" if self.is_month else f"{self.begins:%Y}"

    @property
    def label(self) -> str:
        """As people say it."""
        return date_format(self.begins, "M Y" if self.is_month else "Y")


@dataclass(frozen=True, slots=True)
class Group:
    """Live stories of one section and period that the gate treats alike.

    `audience` is their own, `opens` to whom they are open now; `old_interest`: those of them that are open for
    public interest for more than a year.
    """

    section: int | None
    period: int
    opens: str
    audience: str
    public_interest: bool
    tier: int | None
    stories: int
    old_interest: int

    @property
    def is_tightened(self) -> bool:
        """Whether the archive's rule makes them stricter than they are."""
        return self.opens != self.audience and not self.public_interest and self.opens != CLOSED


@dataclass(frozen=True, slots=True)
class Census:
    """All groups, and the periods they name by place, oldest first."""

    groups: tuple[Group, ...]
    periods: tuple[Period, ...]

    def of_section(self, name: str) -> "Census":
        """Only those of one section: its key, or `none`. Everything for what names neither."""
        wanted = int(name) if name.isdecimal() else None
        if wanted is None and name != "none":
            return self
        return replace(self, groups=tuple(group for group in self.groups if group.section == wanted))

    def among(self, sections: frozenset[int]) -> "Census":
        """Only those of certain sections; everything where none is named."""
        return replace(self, groups=tuple(g for g in self.groups if g.section in sections)) if sections else self

    def of_last(self, months: int) -> "Census":
        """Only those of the last so many months; everything for 0."""
        first = len(self.periods) - months if months else 0
        return replace(self, groups=tuple(group for group in self.groups if group.period >= first))

    def count(self, wanted: Callable[[Group], bool] = lambda group: True) -> int:
        """How many stories are in the groups `wanted`."""
        return sum(group.stories for group in self.groups if wanted(group))


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of the table: of which column, how many, which share of its row in percent, where to see them."""

    audience: str
    label: str
    stories: int
    share: int
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `bar`: (audience, begin, length) of each part, of 1000 together."""

    label: str
    cells: tuple[Cell, ...]
    stories: int
    address: str
    bar: tuple[tuple[str, int, int], ...]


def take(rules: SiteRules, now: datetime) -> Census:
    """Count every live story. One query."""
    periods = periods_at(now)
    begins = Value([period.begins for period in periods], output_field=ArrayField(DateField()))
    period = Func("published_on", begins, function="width_bucket", output_field=IntegerField())
    found: Any = (
        Article.objects.live(now)
        .values("section", "audience", "public_interest", "minimum_tier", period=period, opens=open_to(rules, now))
        .annotate(stories=Count("*"), old_interest=Count("live_from", filter=long_of_interest(now)))
        .order_by()
    )
    columns = ("section", "period", "opens", "audience", "public_interest", "minimum_tier", "stories", "old_interest")
    groups = (Group(*row) for row in found.values_list(*columns))
    return Census(tuple(replace(group, period=max(group.period - 1, 0)) for group in groups), periods)


def periods_at(now: datetime) -> tuple[Period, ...]:
    """The last 24 months of the site's calendar, back to a January, and every year before, oldest first."""
    first, today = months_ago(MONTHS - 1, now).year, timezone.localdate(now)
    single = [date(year, month, 1) for year in range(first, today.year + 1) for month in range(1, 13)]
    return (
        *(Period(date(year, 1, 1), is_month=False) for year in range(OLDEST_YEAR, first)),
        *(Period(month, is_month=True) for month in single if month <= today),
    )


def span_label(months: int) -> str:
    """The last so many months, as people say it."""
    return ngettext("The last %(n)d month", "The last %(n)d months", months) % {"n": months}


def by_section(census: Census, names: dict[int, str], **asked: str) -> list[Row]:
    """A row for each section that has stories, in the order of `names`, and one for those in none."""
    order: list[tuple[int | None, str]] = [*names.items(), (None, _("In no section"))]
    there = {group.section for group in census.groups}
    return [
        row_of(name, [group for group in census.groups if group.section == key], **asked, section=str(key or "none"))
        for key, name in order
        if key in there
    ]


def by_period(census: Census, **asked: str) -> list[Row]:
    """A row for each month or year that has stories, newest first; its own month takes the place of an asked one."""
    there = {group.period for group in census.groups}
    return [
        row_of(
            period.label, [group for group in census.groups if group.period == place], **{**asked, "month": period.name}
        )
        for place, period in reversed([*enumerate(census.periods)])
        if place in there
    ]


def columns(census: Census) -> dict[str, str]:
    """The audiences the table has a column for; what is closed to all only where something is."""
    is_closed = any(group.opens == CLOSED for group in census.groups)
    return {key: str(name) for key, name in COLUMNS.items() if key != CLOSED or is_closed}


def row_of(label: str, groups: Iterable[Group], **asked: str) -> Row:
    """The sums of `groups`. `asked`: what the list of stories is to be filtered by, beside what each number counts."""
    counted: Counter[str] = Counter()
    for group in groups:
        counted[group.opens] += group.stories
    total = counted.total()
    cells = tuple(
        Cell(
            key,
            str(COLUMNS[key]),
            counted[key],
            round(100 * counted[key] / total) if total else 0,
            listed(**asked, opens=key),
        )
        for key in COLUMNS
    )
    return Row(label, cells, total, listed(**asked), _bar(counted, total))


def _bar(counted: Counter[str], total: int) -> tuple[tuple[str, int, int], ...]:
    parts, done = [], 0
    for key in COLUMNS:
        begin, done = done, done + counted[key]
        if counted[key]:
            at = THE_WHOLE * begin // total
            parts.append((key, at, THE_WHOLE * done // total - at))
    return tuple(parts)


def listed(**asked: str) -> str:
    """The address of the list of live stories filtered so."""
    query = urlencode({"state": "live", **asked})
    return f"{reverse('admin:articles_article_changelist')}?{query}"
