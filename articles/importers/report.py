"""What an import did, in a form a publisher can read and keep."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MOST_LISTED = 10_000


@dataclass(frozen=True)
class MissingFile:
    """A file that did not come over: its old address, why, and the titles of what shows it."""

    url: str
    why: str
    seen_in: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.url}: {self.why} ({_seen(self.seen_in)})"


@dataclass
class ImportReport:
    """What came, what was skipped and why, and what a person should look at.

    `without_alt`: pictures nobody who cannot see them is told of, by their key. `missing`: files that did not come.
    `heading`: what was brought in and when, for a report that is kept. A list of more than `MOST_LISTED` is cut, and
    says so: nobody reads on, and memory is bounded.
    """

    came: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    without_alt: dict[str, str] = field(default_factory=dict)
    missing: list[MissingFile] = field(default_factory=list)
    broken: str = ""
    heading: str = ""
    unlisted: int = 0
    said: set[str] = field(default_factory=set, repr=False)

    def note(self, title: str, what: str) -> None:
        """Remember something about a story or page that a person should look at; each thing once."""
        said = f"“{title}” {what}"
        if said in self.said:
            return
        if len(self.notes) >= MOST_LISTED:
            self.unlisted += 1
            return
        self.said.add(said)
        self.notes.append(said)

    def lines(self) -> Iterator[str]:
        """The report, line by line; parts with nothing in them are left out."""
        yield from _counts("What came", self.came)
        yield from _counts("Skipped", self.skipped)
        yield from _list("To look at", self.notes)
        if self.unlisted:
            yield f"  … and {self.unlisted} more of the like"
        yield from _list("Files that are missing", [str(missing) for missing in self.missing])
        yield from _list("Pictures that need an alternative text", list(dict.fromkeys(self.without_alt.values())))
        if not +self.came:
            yield "Nothing new."

    def to_file(self, path: Path) -> None:
        """Keep the report as text, in place of what was there. Raises OSError."""
        heading = [self.heading, ""] if self.heading else []
        path.write_text("\n".join([*heading, *self.lines(), ""]), encoding="utf-8")


def _seen(titles: tuple[str, ...]) -> str:
    return "in " + ", ".join(f"“{title}”" for title in titles) if titles else "nothing shows it"


def _counts(title: str, counts: Counter[str]) -> Iterator[str]:
    if +counts:
        yield f"{title}:"
        width = len(str(max(counts.values())))
        yield from (f"  {number:>{width}}  {what}" for what, number in sorted((+counts).items()))


def _list(title: str, rows: list[str]) -> Iterator[str]:
    if rows:
        yield f"{title} ({len(rows)}):"
        yield from (f"  {row}" for row in rows)
