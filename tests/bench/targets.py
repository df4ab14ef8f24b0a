"""The figures to reach, of the design: what `make bench` says beside each figure it measures."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """A bound on one figure of a row."""

    figure: str
    bound: float
    words: str
    is_least: bool = False

    def is_reached_by(self, value: float) -> bool:
        """Whether the figure keeps the bound."""
        return value >= self.bound if self.is_least else value <= self.bound


def queries(bound: int) -> Target:
    """At most so many queries."""
    return Target("queries", bound, f"≤ {bound} queries")


def cpu(bound: float) -> Target:
    """At most so many CPU milliseconds."""
    return Target("cpu_ms", bound, f"≤ {bound:g} ms")


CACHED = (Target("of_bare", 0.7, "≥ 70 % of bare", is_least=True), queries(0), cpu(0.3))
LIST = (queries(6),)
PAGES: dict[str, tuple[Target, ...]] = {
    "cached": CACHED,
    "cached_304": (cpu(0.3),),
    "cached_head": (cpu(0.3),),
    "cold": (queries(8), cpu(6)),
    "uncached": (queries(8), cpu(6)),
    "replies": (queries(8), cpu(6)),
    "wall": (queries(8), cpu(6)),
    "member": (queries(12), cpu(10)),
    "patron": (queries(12), cpu(10)),
    "front": LIST,
    "section": LIST,
    "author": LIST,
    "archive": LIST,
    "feed": LIST,
    "search_rare": (queries(6), cpu(60)),
    "search_common": (queries(6), cpu(60)),
}
WEIGHT = Target("kB", 60, "≤ 60 kB")
SCRIPTS = Target("kB", 15, "≤ 15 kB")
MEMORY = Target("MB", 160, "≤ 160 MB")
STALE = Target("stalest_s", 1, "< 1 s")
GROWTH = Target("ratio", 1.5, "≤ 1.5 ×")
NO_ERROR = Target("errors", 0, "no errors")


def verdict(targets: tuple[Target, ...], row: dict[str, Any]) -> tuple[str, bool | None]:
    """The bounds in words with what is missed, and whether all are kept (None: there are none)."""
    if not targets:
        return "", None
    missed = [target.words for target in targets if not target.is_reached_by(row[target.figure])]
    words = ", ".join(target.words for target in targets)
    return f"{words}: {'no (' + ', '.join(missed) + ')' if missed else 'yes'}", not missed


def said(target: Target, value: float) -> str:
    """One bound in words, and whether it is kept."""
    return f"{target.words}: {'yes' if target.is_reached_by(value) else 'no'}"
