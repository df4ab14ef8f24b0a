"""Markdown."""

from collections.abc import Iterable, Sequence


def figure(value: float | None, form: str, unit: str = "") -> str:
    """A number, or nothing where there is none."""
    return "" if value is None else f"{value:{form}}{unit}"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """The first column and the last to the left, the others to the right."""
    rule = ["---", *("--:" for _ in head[2:]), "---"]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))
