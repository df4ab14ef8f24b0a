"""The parts of the spike as Markdown."""

from collections.abc import Callable
from typing import Any

from tests.bench import targets
from tests.bench.tables import figure, table

Json = dict[str, Any]
HEAD = ("Who", "requests", "errors", "half within", "99 % within", "slowest", "reach")


def _line(title: str, row: Json, requests: int, reach: str = "") -> tuple[str, ...]:
    took = [figure(row.get(name), ".0f" if name == "worst_ms" else ".1f", " ms") for name in
            ("median_ms", "slow_ms", "worst_ms")]  # fmt: skip
    return (title, f"{requests:,}", f"{row.get('errors', 0)}", *took, reach)


def _readers(found: Json, suffix: str = "") -> list[tuple[str, ...]]:
    def no_error(row: Json) -> str:
        return targets.said(targets.NO_ERROR, row["errors"]) if not suffix else ""

    return [
        _line(f"Anonymous readers{suffix}", found["anonymous"], found["requests"], no_error(found["anonymous"])),
        _line(f"Patrons{suffix}", found["patrons"], found["patrons"]["requests"], no_error(found["patrons"])),
        _line(f"Replies{suffix}", found["replies"], found["replies"]["requests"], no_error(found["replies"])),
    ]


def spike(found: Json) -> str:
    """Breaking news."""
    delays, corrections = found["seen_after_s"], found["corrections"]
    return "\n".join(
        (
            f"## Breaking news: {found['connections']} connections, {found['seconds']:g} s, two web processes",
            table(HEAD, _readers(found)),
            "",
            f"{found['rate']:,.0f} requests/s; the page was made {found['renders']} times for anonymous readers; "
            f"{corrections['done']} corrections, {corrections['failed']} failed.",
            f"Stalest answer begun after a commit: {found['stalest_s'] * 1e3:.0f} ms "
            f"({targets.said(targets.STALE, found['stalest_s'])}); a correction was seen after "
            f"{_ms(delays.get('median'))}, at the latest {_ms(delays.get('worst'))}.",
        )
    )


def stopped(found: Json) -> str:
    """PostgreSQL stopped and started."""
    down, heals, alive = found["while_down"], found["healing"], found["alive"]
    return "\n".join(
        (
            f"## PostgreSQL stopped for {found['down_s']:.1f} s of {found['seconds']:g}",
            table(HEAD, _readers(found, ", the whole time")),
            "",
            f"While it was away ({down['cached_seconds']} whole seconds): a kept page {_counts(down['beside'])}; the "
            f"story, which may have been corrected at that moment, {_counts(down['story'])}; "
            f"patrons {_counts(down['private'])} (99 % within {_ms_of(down['private_times'])}); "
            f"a page nobody kept {_counts(down['uncached'])} (99 % within {_ms_of(down['uncached_times'])}).",
            f"After it took connections again: patrons read after {_s(heals['private_again_s'])} and were refused for "
            f"the last time after {_s(heals['private_refused_until_s'])}; a page nobody kept came after "
            f"{_s(heals['uncached_again_s'])}; a correction was committed after "
            f"{_s(heals['correction_committed_s'])} and seen after {_s(heals['correction_seen_s'])}.",
            f"Stalest answer begun after a commit: {found['stalest_s'] * 1e3:.0f} ms "
            f"({targets.said(targets.STALE, found['stalest_s'])}). Not started again and alive: "
            f"web processes {_yes(alive['web'])}; worker {_yes(alive['worker'])} (who keeps services starts it again).",
        )
    )


def stripe(found: Json) -> str:
    """A Stripe that never answers."""
    refused = found["refused_at_once"]
    return "\n".join(
        (
            f"## A Stripe that never answers: {found['joiners']} members press join, {found['seconds']:g} s",
            table(HEAD, [*_readers(found["without"], ", nobody joins"), *_readers(found["with"], ", members wait")]),
            "",
            f"At most {found['most_waiting']} waited for Stripe at once; answers to join: {_counts(found['answers'])}; "
            f"{refused['count']} had their sentence at once (99 % within {_ms_of(refused)}), the longest waited "
            f"{found['longest_s']:.1f} s.",
        )
    )


def webhooks(found: Json) -> str:
    """The inbox."""
    return "\n".join(
        (
            f"## Stripe's inbox: {found['events']} events in any order, {found['sent'] - found['events']} twice",
            f"{found['rate']:,.0f} webhooks/s, half within {found['median_ms']:.1f} ms, 99 % within "
            f"{found['slow_ms']:.1f} ms; answers {_counts(found['statuses'])}; {found['rows']} rows, {found['jobs']} "
            "jobs.",
        )
    )


def memory(found: Json) -> str:
    """What the processes hold."""
    rows = [(f"Web process {number}", size) for number, size in enumerate(found["web_mb"], start=1)]
    rows.append((f"The first, page cache full ({found['pages']} pages asked for)", found["full_mb"]))
    lines = [(title, f"{size:.0f}", targets.said(targets.MEMORY, size)) for title, size in rows]
    return "\n".join(
        ("## Memory", table(("Process", "MB", "reach"), [*lines, ("Worker", figure(found["worker_mb"], ".0f"), "")]))
    )


def _counts(statuses: dict[Any, int]) -> str:
    return ", ".join(f"{count:,} × {status or 'no answer'}" for status, count in sorted(statuses.items())) or "none"


def _ms(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds * 1e3:.0f} ms"


def _ms_of(row: Json) -> str:
    return f"{row['slow_ms']:.0f} ms" if "slow_ms" in row else "–"


def _s(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.1f} s"


def _yes(value: bool) -> str:
    return "yes" if value else "NO"


REPORTS: dict[str, Callable[[Json], str]] = {
    "spike": spike,
    "stopped": stopped,
    "stripe": stripe,
    "webhooks": webhooks,
    "memory": memory,
}
