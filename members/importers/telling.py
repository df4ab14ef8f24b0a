"""What an import tells of the lines it did not bring: each kind counted, the first of them named."""

from collections import Counter
from typing import Protocol

MOST_NAMED = 1000  # lines of one kind


class Report(Protocol):
    """What an import fills: what came, what was left and why, what a person should look at."""

    came: Counter[str]
    skipped: Counter[str]
    notes: list[str]


class Telling:
    """Fills a report, without growing with the file. What is said of a batch counts once it is kept."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._named: Counter[str] = Counter()
        self.drop()

    def drop(self) -> None:
        """The batch did not come about: forget what was said of it."""
        self._came: Counter[str] = Counter()
        self._left: Counter[str] = Counter()
        self._notes: list[tuple[str, str]] = []

    def keep(self) -> None:
        """The batch is written: what was said of it stands in the report."""
        self.report.came += self._came
        self.report.skipped += self._left
        for kind, sentence in self._notes:
            self._named[kind] += 1
            if self._named[kind] <= MOST_NAMED:
                self.report.notes.append(sentence)
        self.drop()

    def came(self, what: str, number: int = 1) -> None:
        """Something is here now that was not."""
        self._came[what] += number

    def left(self, why: str, number: int = 1) -> None:
        """Something stays out, and nobody needs to look."""
        self._left[why] += number

    def list(self, kind: str, number: int, who: str, why: str = "") -> None:
        """Name a line that a person should look at; `kind` says in the plural what is counted."""
        self._left[kind] += 1
        self.note(kind, f"line {number}, {who or 'no address'}: {why or kind}")

    def note(self, kind: str, sentence: str) -> None:
        """Say something to look at; of a thousand of a kind the rest is only counted."""
        self._notes.append((kind, sentence))

    def close(self) -> None:
        """Keep what is open, and say of how many lines nothing more is said."""
        self.keep()
        for kind, number in self._named.items():
            if number > MOST_NAMED:
                self.report.notes.append(f"and {number - MOST_NAMED:,} more: {kind}")
        self._named.clear()
