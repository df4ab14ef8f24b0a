"""`make bench`: what pages cost and what the site bears on this machine, as tables and as JSON.

Nothing is asserted, everything is thrown away. The site runs as in production (granian) over an embedded
database of its own; parts: see `PARTS`. `python -m tests.bench --only spike --only stopped` runs some.
`GROWTH=1` adds the archive of a million stories. The JSON goes to `.data/bench.json` (`BENCH_JSON`).
"""

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

from newsroom.demo.processes import heeding_signals
from tests.bench import pages, spike, targets
from tests.bench.postgres import Postgres
from tests.bench.servers import production, run, say
from tests.bench.tables import table

PARTS = {"pages": "costs of pages", **spike.PARTS}
RESULT = Path(__file__).resolve().parents[2] / ".data" / "bench.json"
GROWTH_SIZES = (1_000, 20_000, 1_000_000)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parts = ", ".join(f"{name} ({words})" for name, words in PARTS.items())
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=parts)
    parser.add_argument("--quick", action="store_true", help="few stories, short turns: to see that it works")
    parser.add_argument("--seconds", type=float, default=0, help="how long each part of the spike lasts")
    return parser.parse_args()


def main() -> None:
    """Set up, measure, print, write."""
    given = arguments()
    begun = time.monotonic()
    with heeding_signals(), tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder:
        here = Path(folder)
        here.chmod(0o755)  # as root the database runs as another user, who must get through
        environment = production(here)
        postgres = Postgres(here / "postgres")
        try:
            found = measure(here, environment, postgres, given)
        finally:
            postgres.end()
    found["machine"] = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    found["seconds"] = time.monotonic() - begun
    print(f"\nMeasured in {found['seconds']:.0f} s on {os.cpu_count()} cores, Python {platform.python_version()}.")
    write(found)


def measure(here: Path, environment: dict[str, str], postgres: Postgres, given: argparse.Namespace) -> dict[str, Any]:
    """Each part that was asked for, printed as soon as it is there."""
    wanted = given.only or list(PARTS)
    stories, replies = (pages.QUICK_STORIES if given.quick else pages.STORIES), pages.REPLIES
    paper = fill(environment, stories, replies)
    found: dict[str, Any] = {}
    if "pages" in wanted:
        effort = pages.QUICK if given.quick else pages.Effort()
        found["pages"] = pages.measure(here, environment, paper, effort)
        print(f"\n{pages.report(found['pages'])}", flush=True)
    if spikes := [part for part in wanted if part in spike.PARTS]:
        span = given.seconds or (2.0 if given.quick else spike.SECONDS)
        found |= spike.measure(here, environment, postgres, paper, parts=spikes, seconds=span)
    if os.environ.get("GROWTH") == "1" and not given.only:
        found["growth"] = grown(here)
        print(f"\n{growth_report(found['growth'])}", flush=True)
    return found


def grown(here: Path) -> dict[str, Any]:
    """The archive of a million stories, in a database of its own."""
    from tests.bench import growth  # takes long, and is seldom wanted

    say("Growing an archive …")
    folder = here / "growth"
    folder.mkdir()
    environment = production(folder)
    postgres = Postgres(folder / "postgres")
    try:
        run(environment, "manage.py", "migrate", "--verbosity", "0")
        run(environment, "manage.py", "createcachetable")
        return growth.measure(environment, GROWTH_SIZES)
    finally:
        postgres.end()


def growth_report(found: dict[str, Any]) -> str:
    """Queries and CPU by page and size, and what the largest costs of the smallest."""
    sizes = list(next(iter(found.values())))
    head = ("Page", *(f"{size:,} stories" for size in sizes), f"{sizes[-1]:,} of {sizes[0]:,}")
    lines = []
    for page, by_size in found.items():
        costs = [f"{row['queries']:g} queries, {row['cpu_ms']:.1f} ms" for row in by_size.values()]
        ratio = by_size[sizes[-1]]["wall_ms"] / by_size[sizes[0]]["wall_ms"]
        lines.append((page, *costs, f"{ratio:.2f} × ({targets.said(targets.GROWTH, ratio)})"))
    return f"## Growth\n{table(head, lines)}"


def fill(environment: dict[str, str], stories: int, replies: int) -> dict[str, Any]:
    """A paper in an empty database; the addresses to ask for."""
    say("Filling a database …")
    run(environment, "manage.py", "migrate", "--verbosity", "0")
    run(environment, "manage.py", "createcachetable")
    run(environment, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    paper: dict[str, Any] = json.loads(run(environment, "-m", "tests.bench.paper", str(stories), str(replies)))
    return paper


def write(found: dict[str, Any]) -> None:
    """Leave the figures where programs look for them."""
    result = Path(os.environ.get("BENCH_JSON") or RESULT)
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(found, indent=1))
    say(f"Figures: {result}")


if __name__ == "__main__":
    main()
