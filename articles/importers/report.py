"""What an import did, in a form a publisher can read and keep."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class ImportReport:
    """What came, what was skipped and why, and what a person should look at.

    `without_alt`: pictures nobody who cannot see them is told of, by their key.
    """

    came: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    without_alt: dict[str, str] = field(default_factory=dict)
    broken: str = ""

    def note(self, title: str, what: str) -> None:
        """Remember something about a story or page that a person should look at."""
        self.notes.append(f"“{title}” {what}")

    def lines(self) -> Iterator[str]:
        """The report, line by line; parts with nothing in them are left out."""
        yield from _counts("What came", self.came)
        yield from _counts("Skipped", self.skipped)
        yield from _list("To look at", self.notes)
        yield from _list("Pictures that need an alternative text", list(dict.fromkeys(self.without_alt.values())))
        if not +self.came:
            yield "Nothing new."


def _counts(title: str, counts: Counter[str]) -> Iterator[str]:
    if +counts:
        yield f"{title}:"
        width = len(str(max(counts.values())))
        yield from (f"  {number:>{width}}  {what}" for what, number in sorted((+counts).items()))


def _list(title: str, rows: list[str]) -> Iterator[str]:
    if rows:
        yield f"{title} ({len(rows)}):"
        yield from (f"  {row}" for row in rows)
