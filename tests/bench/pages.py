"""The part `pages`: what each page costs, and how a cached one compares with a bare application.

The bare application returns the very bytes of the cached story on the same server; both are asked in turns,
since only their ratio says something on a busy machine.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from newsroom.demo.processes import free_port
from tests.bench import targets
from tests.bench.load import Ask, Load, answered, bear
from tests.bench.servers import port_of, run, say, served, wait_until_kept
from tests.bench.tables import figure, table
from tests.bench.weight import weigh

STORIES, REPLIES, QUICK_STORIES = 300, 50, 20
NOT_FOR_A_CLIENT = {"date", "server", "content-length", "transfer-encoding", "connection"}
WARM_UP_SECONDS = 0.5
TITLES = {
    "bare": "Bare WSGI application, same bytes",
    "cached": "Story, cached",
    "cached_304": "Story, cached, not modified (304)",
    "cached_head": "Story, cached, HEAD",
    "cold": "Story nobody asked for before (each once)",
    "uncached": "Story, not cached",
    "replies": f"Story, not cached, {REPLIES} replies",
    "wall": "Patrons' story, anonymous, not cached",
    "member": "Signed-in member at the wall",
    "patron": f"Patron's story, {REPLIES} replies",
    "front": "Front page, not cached",
    "section": "Section, not cached",
    "author": "Author, not cached",
    "archive": "Archive, not cached",
    "feed": "Feed, not cached",
    "search_rare": "Search, a rare word",
    "search_common": "Search, a common word",
}
RARE, COMMON = "televisions", "years"  # in one text of 33, and in nearly all


@dataclass(frozen=True)
class Effort:
    """How long to look: turns of each server, and seconds of a turn."""

    turns: int = 4
    seconds: float = 3.0


QUICK = Effort(1, 0.5)


def measure(here: Path, environment: dict[str, str], paper: dict[str, Any], effort: Effort) -> dict[str, Any]:
    """Rows by name, the page's weight, encodings and the site's memory after it."""
    say("Rendering pages …")
    asked = {"pages": to_render(paper), "is_quick": effort is QUICK}
    costs = json.loads(run(environment, "-m", "tests.bench.renders", feed=json.dumps(asked)))
    say("Asking for a cached page …")
    found = _served(here, environment, paper["open"], effort)
    loads = found.pop("loads")
    rows = {name: {**costs.get(name, {"queries": 0}), **loads.get(name, {})} for name in TITLES}
    rows["bare"]["queries"] = 0
    for name in ("cached_304", "cached_head"):
        rows[name]["queries"] = costs["cached"]["queries"]
    for name, row in rows.items():
        row["targets"], row["reached"] = targets.verdict(targets.PAGES.get(name, ()), row)
    return {"rows": rows, **found, "turns": effort.turns, "turn_seconds": effort.seconds, "stories": len(paper["cold"])}


def to_render(paper: dict[str, Any]) -> list[dict[str, Any]]:
    """What `renders` is told, in its order: stories nobody asked for come after what warms the templates."""

    def page(name: str, *paths: str, session: str = "", is_cached: bool = False) -> dict[str, Any]:
        return {"name": name, "paths": list(paths), "session": session, "is_cached": is_cached}

    return [
        page("cached", paper["open"], is_cached=True),
        page("uncached", paper["open"]),
        page("replies", paper["replies"]),
        page("wall", paper["gated"]),
        page("member", paper["gated"], session=paper["member"]),
        page("patron", paper["gated"], session=paper["session"]),
        page("cold", *paper["cold"]),
        page("front", "/"),
        page("section", paper["section"]),
        page("author", paper["author"]),
        page("archive", "/archive/"),
        page("feed", "/feed/"),
        page("search_rare", f"/search/?q={RARE}"),
        page("search_common", f"/search/?q={COMMON}"),
    ]


def _served(here: Path, environment: dict[str, str], path: str, effort: Effort) -> dict[str, Any]:
    """Load of both applications by row, what the page weighs and the site's memory in MB."""
    port, bare_port = port_of(environment), free_port()
    with served("newsroom.wsgi:application", port, environment) as site:
        wait_until_kept(port, path)
        sizes = {"weight": weigh(port, path), "encodings": encodings(port, path)}
        answer = here / "answer.json"
        answer.write_text(json.dumps(_as_kept(Ask(port, path))))
        with served("tests.bench.bare:application", bare_port, {**environment, "BENCH_ANSWER": str(answer)}) as bare:
            loads = _in_turns(site, bare, Ask(port, path), bare_port, effort)
        return {"loads": loads, **sizes, "rss_mb": site.memory_info().rss / 1e6}


def _as_kept(ask: Ask) -> dict[str, Any]:
    """The answer for the bare application to give: the very bytes and headers."""
    _status, headers, body = answered(ask)
    kept = [pair for pair in headers if pair[0].lower() not in NOT_FOR_A_CLIENT]
    return {"headers": [*kept, ("content-length", str(len(body)))], "body": body.hex()}


def encodings(port: int, path: str) -> dict[str, int]:
    """Bytes of the page's body by encoding."""
    return {name: len(answered(Ask(port, path, encodings=name))[2]) for name in ("identity", "gzip", "br")}


def _in_turns(
    site: psutil.Process, bare: psutil.Process, whole: Ask, bare_port: int, effort: Effort
) -> dict[str, dict[str, float]]:
    etag = {name.lower(): value for name, value in answered(whole)[1]}["etag"]
    asks = {
        "bare": (bare, replace(whole, port=bare_port)),
        "cached": (site, whole),
        "cached_304": (site, replace(whole, extra=f"If-None-Match: {etag}\r\n", expects=304)),
        "cached_head": (site, replace(whole, method="HEAD")),
    }
    for _process, ask in asks.values():
        bear(ask, WARM_UP_SECONDS)
    borne: dict[str, list[tuple[Load, float]]] = {name: [] for name in asks}
    for _ in range(effort.turns):
        for name, (process, ask) in asks.items():
            borne[name].append(_borne(process, ask, effort.seconds))
    return {name: _middle(turns, borne["bare"]) for name, turns in borne.items()}


def _borne(process: psutil.Process, ask: Ask, seconds: float) -> tuple[Load, float]:
    """The load a server bore, and its CPU ms a request."""
    before = sum(process.cpu_times()[:2])
    load = bear(ask, seconds)
    return load, (sum(process.cpu_times()[:2]) - before) / (load.rate * seconds) * 1e3


def _middle(turns: list[tuple[Load, float]], bare: list[tuple[Load, float]]) -> dict[str, float]:
    """Medians of the turns; each is compared with the bare application's turn beside it."""
    found = {name: median(asdict(load)[name] for load, _cpu in turns) for name in ("rate", "median_ms", "slow_ms")}
    ratio = median(load.rate / beside.rate for (load, _), (beside, _) in zip(turns, bare, strict=True))
    return {**found, "of_bare": ratio, "cpu_ms": median(cpu for _load, cpu in turns)}


def report(found: dict[str, Any]) -> str:
    """The part as Markdown."""
    head = ("Page", "requests/s", "of bare", "half within", "99 % within", "queries", "CPU ms", "reach")
    lines = [
        (
            TITLES[name],
            figure(row.get("rate"), ",.0f"),
            figure(row.get("of_bare"), ".0%") if name in ("bare", "cached") else "",
            figure(row.get("median_ms"), ".1f", " ms"),
            figure(row.get("slow_ms"), ".1f", " ms"),
            figure(row.get("queries"), ".3g"),
            figure(row.get("cpu_ms"), ".3f" if "rate" in row else ".1f"),
            row["targets"],
        )
        for name, row in found["rows"].items()
    ]
    weight, kinds = sum(found["weight"].values()) / 1000, found["weight"].items()
    sizes = " · ".join(f"{name} {size / 1000:.1f} kB" for name, size in found["encodings"].items())
    return "\n".join(
        (
            "## Pages",
            table(head, lines),
            "",
            f"A story without pictures: {weight:.1f} kB compressed "
            f"({', '.join(f'{kind} {size / 1000:.1f}' for kind, size in kinds)}); "
            f"{targets.said(targets.WEIGHT, weight)}; scripts {targets.said(targets.SCRIPTS, _scripts(found))}.",
            f"Its HTML: {sizes}.",
            f"The process after it: {found['rss_mb']:.0f} MB ({targets.said(targets.MEMORY, found['rss_mb'])}).",
            f"Medians of {found['turns']} turns of {found['turn_seconds']:g} s; CPU of what is not cached: the best "
            f"batch ({found['stories']} stories nobody asked for before are asked for once each).",
        )
    )


def _scripts(found: dict[str, Any]) -> float:
    return float(found["weight"]["js"]) / 1000
