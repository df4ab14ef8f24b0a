"""Figures of issues without spying: counted from the rows of mailings, from providers' events, from our own links.

Nothing here is known of a person. What a mail server does not tell is not guessed: a rate names its base, and
"delivered" is a number only where a provider told of this very issue.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from members.models import Consent, Issue, IssueLink, Letter, Mailing

Status = Mailing.Status
ACCEPTED = (Status.ACCEPTED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED)
COMPLAINTS_WARN, COMPLAINTS_BAD = 1, 3  # of a thousand delivered; the mailbox providers' rules for bulk mail
FEWEST = 200  # of fewer copies one complaint says nothing about a rate
LOOKS_BACK = timedelta(days=7)
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Link:
    """A page of ours an issue leads to, and how often it was followed, in sum."""

    path: str
    clicks: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of an issue, in copies. `accepted`: taken by the mail server, whatever was heard later; `left`:
    how many left by its link; `clicks`: on all its links, not people."""

    written: int = 0
    queued: int = 0
    accepted: int = 0
    delivered: int = 0
    bounced: int = 0
    complained: int = 0
    failed: int = 0
    suppressed: int = 0
    unsure: int = 0
    left: int = 0
    clicks: int = 0
    links: tuple[Link, ...] = ()

    def __add__(self, other: "Figures") -> "Figures":
        """The two issues as one; links are their own."""
        names = [field.name for field in fields(self) if field.name != "links"]
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def tells(self) -> bool:
        """Whether a provider told what became of accepted copies. Otherwise nobody knows what was delivered."""
        return bool(self.delivered or self.bounced or self.complained)

    @property
    def delivered_rate(self) -> float | None:
        """Percent of the accepted; None where nobody tells."""
        return percent(self.delivered, self.accepted) if self.tells else None

    @property
    def bounced_rate(self) -> float | None:
        """Percent of the accepted; None where nobody tells."""
        return percent(self.bounced, self.accepted) if self.tells else None

    @property
    def complained_rate(self) -> float | None:
        """Percent of the delivered, as the mailbox providers count; None where nobody tells."""
        return percent(self.complained, self.delivered) if self.tells else None

    @property
    def left_rate(self) -> float | None:
        """Percent of the accepted."""
        return percent(self.left, self.accepted)

    @property
    def level(self) -> str:
        """`bad` or `warn` where too many called it spam, else empty."""
        if self.delivered < FEWEST:
            return ""
        share = 1000 * self.complained / self.delivered
        return "bad" if share >= COMPLAINTS_BAD else "warn" if share >= COMPLAINTS_WARN else ""


@dataclass(frozen=True, slots=True)
class Month:
    """Whom a letter won and lost in a month, by the lines of their consent."""

    month: date
    gained: int
    left: int
    stopped: int


@dataclass(frozen=True, slots=True)
class Complaints:
    """A letter that too many call spam. `rate`: percent of the delivered; `level`: `warn` or `bad`."""

    letter_id: int
    name: str
    rate: float
    level: str


def percent(part: int, of: int) -> float | None:
    """`part` in percent of `of`, to a hundredth; None of nothing."""
    return round(100 * part / of, 2) if of else None


def of(issue: Issue) -> Figures:
    """The figures of one issue, with its links in their order. Two queries."""
    found = of_many([issue])[issue.pk]
    rows = IssueLink.objects.filter(issue=issue).order_by("position")
    links = tuple(Link(path, clicks) for path, clicks in rows.values_list("path", "clicks"))
    values = {field.name: getattr(found, field.name) for field in fields(found)}
    return Figures(**{**values, "links": links})


def of_many(issues: Iterable[Issue]) -> dict[int, Figures]:
    """The figures of each issue by its key, without its links one by one. Two queries: copies, over their index, and
    clicks."""
    rows = {issue.pk: issue for issue in issues}
    counted: dict[int, dict[str, int]] = {pk: {} for pk in rows}
    copies = Mailing.objects.filter(issue__in=rows).order_by().values_list("issue", "status")
    for pk, status, number in copies.annotate(number=Count("pk")):
        counted[pk][status] = number
    followed = IssueLink.objects.filter(issue__in=rows).order_by().values_list("issue")
    clicks = dict(followed.annotate(number=Sum("clicks")))
    return {pk: _figures(counted[pk], issue.left, clicks.get(pk, 0)) for pk, issue in rows.items()}


def _figures(counted: dict[str, int], left: int, clicks: int) -> Figures:
    def number(*states: str) -> int:
        return sum(counted.get(state, 0) for state in states)

    return Figures(
        written=sum(counted.values()),
        queued=number(Status.QUEUED, Status.HANDING),
        accepted=number(*ACCEPTED),
        delivered=number(Status.DELIVERED, Status.COMPLAINED),  # who complains has it
        bounced=number(Status.BOUNCED),
        complained=number(Status.COMPLAINED),
        failed=number(Status.FAILED),
        suppressed=number(Status.SUPPRESSED),
        unsure=number(Status.UNSURE),
        left=left,
        clicks=clicks,
    )


def months_of(letter: Letter, now: datetime) -> list[Month]:
    """Readers gained and lost in each of the last twelve months that had any, newest first. One query."""
    rows = Consent.objects.filter(subscription__letter=letter, at__gt=now - timedelta(days=31 * MONTHS))
    acts = Consent.Act
    found = (
        rows.annotate(month=TruncMonth("at"))
        .values_list("month")
        .annotate(
            gained=Count("pk", filter=Q(act=acts.CONFIRMED)),
            left=Count("pk", filter=Q(act=acts.LEFT)),
            stopped=Count("pk", filter=Q(act=acts.STOPPED)),
        )
        .filter(Q(gained__gt=0) | Q(left__gt=0) | Q(stopped__gt=0))
        .order_by("-month")
    )
    return [Month(month.date(), gained, left, stopped) for month, gained, left, stopped in found]


def by_letter(issues: Iterable[Issue]) -> dict[int, Figures]:
    """The issues of each letter as one, by the letter's key. Two queries."""
    rows = list(issues)
    counted, found = of_many(rows), dict[int, Figures]()
    for issue in rows:
        found[issue.letter_id] = found.get(issue.letter_id, Figures()) + counted[issue.pk]
    return found


def complaints(now: datetime) -> list[Complaints]:
    """Letters of the last week that too many call spam, the worst first. One query where nobody complained."""
    week = Issue.objects.filter(send_at__gt=now - LOOKS_BACK, send_at__lte=now)
    spam = Mailing.objects.filter(issue__in=week, status=Status.COMPLAINED)
    letters = dict(spam.order_by().values_list("issue__letter", "issue__letter__name").distinct())
    if not letters:
        return []
    found = by_letter(week.filter(letter__in=letters))
    told = [Complaints(pk, letters[pk], row.complained_rate or 0, row.level) for pk, row in found.items() if row.level]
    return sorted(told, key=lambda row: -row.rate)
