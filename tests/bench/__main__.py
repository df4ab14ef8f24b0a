"""`make bench`: what pages cost and what the site bears on this machine, as tables and as JSON.

Nothing is asserted, everything is thrown away. The site runs as in production (granian) over an embedded
database of its own; parts: see `PARTS`. `python -m tests.bench --only spike --only stopped` runs some.
`GROWTH=1` adds the archives. The JSON goes to `.data/bench.json` (`BENCH_JSON`).
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from newsroom.demo.processes import heeding_signals
from tests.bench import letters, pages, replies, spike, targets
from tests.bench.postgres import Postgres
from tests.bench.servers import production, run, say

PARTS = {
    "pages": "costs of pages",
    "replies": "few and many replies",
    "rules": "ten thousand listed words",
    "letters": "an issue to a hundred thousand recipients (RECIPIENTS=…)",
    **spike.PARTS,
    "growth": "archives of a thousand and a million stories",
}
RESULT = Path(__file__).resolve().parents[2] / ".data" / "bench.json"
GROWTH_SIZES = (1_000, 1_000_000)
QUICK_GROWTH = (1_000, 3_000)


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
    wanted = given.only or [part for part in PARTS if part != "growth" or os.environ.get("GROWTH") == "1"]
    found: dict[str, Any] = {}
    paper = fill(environment, pages.QUICK_STORIES if given.quick else pages.STORIES)
    if "pages" in wanted:
        effort = pages.QUICK if given.quick else pages.Effort()
        found["pages"] = pages.measure(here, environment, paper, effort)
        print(f"\n{pages.report(found['pages'])}", flush=True)
    if "replies" in wanted:
        found["replies"] = replies.measure(environment, replies.QUICK if given.quick else replies.SIZES)
        print(f"\n{replies.report(found['replies'])}", flush=True)
    if spikes := [part for part in wanted if part in spike.PARTS]:
        span = given.seconds or (2.0 if given.quick else spike.SECONDS)
        found |= spike.measure(here, environment, postgres, paper, parts=spikes, seconds=span)
    if "rules" in wanted:
        found["rules"] = json.loads(run(environment, "-m", "tests.bench.rules"))
        rows = [f"| {text} | {' | '.join(map(str, row.values()))} |" for text, row in found["rules"].items()]
        head = "| 3,000 characters | look | replace | all rules |\n|---|---|---|---|"
        print("\n## Rules for replies, ms of the processor\n" + "\n".join([head, *rows]), flush=True)
    if "letters" in wanted:
        number = letters.QUICK if given.quick else int(os.environ.get("RECIPIENTS") or letters.RECIPIENTS)
        found["letters"] = letters.measure(environment, number)
        print(f"\n{letters.report(found['letters'])}", flush=True)
    if "growth" in wanted:
        found["growth"] = grown(environment, QUICK_GROWTH if given.quick else GROWTH_SIZES)
    return found


def grown(environment: dict[str, str], sizes: tuple[int, int]) -> dict[str, Any]:
    """Pages on archives of two sizes."""
    from tests.bench import growth  # it imports this module

    say("Growing archives …")
    found = growth.measure(environment, sizes)
    print(f"\n## Growth\n{growth.table(found)}\n", flush=True)
    ratios = {page: rows[sizes[1]]["cpu_ms"] / rows[sizes[0]]["cpu_ms"] for page, rows in found.items()}
    grew = [page for page, ratio in ratios.items() if not targets.GROWTH.is_reached_by(ratio)]
    print(
        f"CPU at {sizes[1]:,} stories {targets.GROWTH.words}: {'no: ' + ', '.join(grew) if grew else 'yes'}.",
        flush=True,
    )
    return {page: {str(size): row for size, row in rows.items()} for page, rows in found.items()}


def fill(environment: dict[str, str], stories: int) -> dict[str, Any]:
    """A paper in an empty database; the addresses to ask for."""
    say("Filling a database …")
    run(environment, "manage.py", "migrate", "--verbosity", "0")
    run(environment, "manage.py", "createcachetable")
    run(environment, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    paper: dict[str, Any] = json.loads(run(environment, "-m", "tests.bench.paper", str(stories), str(pages.REPLIES)))
    return paper


def write(found: dict[str, Any]) -> None:
    """Leave the figures where programs look for them."""
    result = Path(os.environ.get("BENCH_JSON") or RESULT)
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(found, indent=1))
    say(f"Figures: {result}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # everything was ended on the way out
        sys.exit(130)
