"""Lists of stories in keyset pages: the newest first, the next page begins after the last story of this one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Min
from django.utils import timezone

from articles.models import Article, Correction
from articles.models.article import ArticleQuerySet
from articles.models.listing import ListedQuerySet
from articles.reading import Card, cards
from members.models import SiteRules

PER_PAGE = 20
SERIES_SHOWN = 100
KEPT_PAGES = 5  # pages beyond are made on demand and not stored
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class CursorError(ValueError):
    """The address names no place in the list."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after the story (`moment`, `pk`). `number` counts pages from 1."""

    moment: datetime
    pk: int
    number: int

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """From an address. Raises CursorError for anything we did not write."""
        try:
            microseconds, pk, number = (int(part) for part in text.split("-", 2))
            moment = EPOCH + microseconds * MICROSECOND
        except (ValueError, OverflowError) as error:
            raise CursorError(text) from error
        if min(microseconds, pk, number) < 0 or max(pk, number) >= 2**31:
            raise CursorError(text)
        return cls(moment, pk, number)

    def __str__(self) -> str:
        return f"{(self.moment - EPOCH) // MICROSECOND}-{self.pk}-{self.number}"


@dataclass(frozen=True, slots=True)
class StoryPage:
    """One page of a list. `older`: the cursor of the next, empty on the last."""

    cards: list[Card]
    older: str
    number: int

    @property
    def is_first(self) -> bool:
        """Whether it is where the list begins."""
        return self.number == 1

    @property
    def is_kept(self) -> bool:
        """Whether a cache may store it."""
        return self.number <= KEPT_PAGES


def page_of(
    stories: ArticleQuerySet | ListedQuerySet[Any],
    before: str,
    *,
    rules: SiteRules,
    now: datetime,
    most: int = PER_PAGE,
) -> StoryPage:
    """The page of at most `most` live ones among `stories` that begins at cursor `before` (empty: the first).

    `stories`: articles, or the bylines or taggings that lead to them. Two queries at any depth. Raises CursorError.
    """
    cursor = Cursor.read(before) if before else None
    wanted = stories.live(now).newest_first()
    if cursor is not None:
        wanted = wanted.before(cursor.moment, cursor.pk)
    found = wanted.page(most + 1)
    number = cursor.number if cursor else 1
    return StoryPage(
        cards=cards(found[:most], rules=rules, now=now),
        older=_after(found[most - 1], number) if len(found) > most else "",
        number=number,
    )


@dataclass(frozen=True, slots=True)
class CorrectionsPage:
    """One page of what was put right. `older`: the cursor of the next, empty on the last."""

    corrections: list[Correction]
    older: str
    number: int


def corrections_page(before: str, *, now: datetime) -> CorrectionsPage:
    """The corrections of live stories from cursor `before` on (empty: the newest). One query. Raises CursorError."""
    cursor = Cursor.read(before) if before else Cursor(EPOCH, 0, 1)
    wanted = Correction.objects.of_live_stories(now)
    found = list((wanted.before(cursor.moment, cursor.pk) if before else wanted)[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    older = str(Cursor(shown[-1].made_at, shown[-1].pk, cursor.number + 1)) if len(found) > PER_PAGE else ""
    return CorrectionsPage(shown, older, cursor.number)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The archive's calendar: every year there are stories of, newest first, and the chosen month."""

    years: list[int]
    year: int | None
    month: date | None
    months: list[date]

    def stories(self) -> ArticleQuerySet:
        """The stories of the chosen month, year, or of all time."""
        if self.month is not None:
            return Article.objects.in_month(self.month.year, self.month.month)
        return Article.objects.in_year(self.year) if self.year is not None else Article.objects.all()


def calendar(now: datetime, year: int | None, month: int | None) -> Calendar:
    """The archive around `year` and `month`. One query. Raises CursorError for a time with no archive."""
    zone = timezone.get_default_timezone()
    today = timezone.localtime(now, zone).date()
    oldest = Article.objects.live(now).aggregate(oldest=Min("published_at"))["oldest"]
    first = timezone.localtime(oldest, zone).date() if oldest else today
    if (year is not None and not first.year <= year <= today.year) or (month is not None and not 1 <= month <= 12):
        raise CursorError(f"{year}/{month}")
    months = [date(year, number, 1) for number in range(1, 13)] if year is not None else []
    return Calendar(
        years=list(range(today.year, first.year - 1, -1)) if oldest else [],
        year=year,
        month=date(year, month, 1) if year is not None and month is not None else None,
        months=[start for start in months if first.replace(day=1) <= start <= today],
    )


def _after(story: Article, number: int) -> str:
    moment = story.published_at or EPOCH  # a live story has a time, by constraint
    return str(Cursor(moment, story.pk, number + 1))
