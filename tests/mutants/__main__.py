"""`python -m tests.mutants [M5 M13 …]`: plants each mistake in a copy of the tree and runs the tests named for it.

Two at a time, in folders that are thrown away. Ends with 1 when a mistake survived.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit, urlunsplit

from newsroom import database
from tests.mutants.money import PLANTS, Plant

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".data", ".venv", "__pycache__", ".*_cache", ".hypothesis", "media")
AT_ONCE, LONGEST = 2, 180  # seconds; a quiet machine takes a tenth of it


def plant(one: Plant, tree: Path) -> None:
    """Make the mistake in a copy. Raises ValueError when its text is not there exactly once."""
    for change in one.changes:
        text = (tree / change.file).read_text(encoding="utf-8")
        if text.count(change.old) != 1:
            raise ValueError(f"{one.name}: {change.old!r} stands {text.count(change.old)} times in {change.file}")
        (tree / change.file).write_text(text.replace(change.old, change.new), encoding="utf-8")


def verdict(one: Plant, slot: int, server: str) -> tuple[str, str]:
    """`caught`, or what happened instead; and the end of what pytest said."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        plant(one, tree)
        name = f"mutant_{slot}_fresh" if one.fresh else f"mutant_{slot}"
        settings = {**os.environ, "DATABASE_URL": urlunsplit(urlsplit(server)._replace(path=f"/{name}"))}
        kept = "--create-db" if one.fresh else "--reuse-db"
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", kept, "-p", "no:cacheprovider", *one.tests]
        try:
            run = subprocess.run(
                command, cwd=tree, env=settings, capture_output=True, text=True, check=False, timeout=LONGEST
            )
        except subprocess.TimeoutExpired:
            return "took too long", ""
    if run.returncode == 1 and " failed" in run.stdout and one.shows in run.stdout:
        return "caught", run.stdout
    return {0: "SURVIVED", 1: "failed otherwise"}.get(run.returncode, "did not run"), run.stdout + run.stderr


def main(names: list[str]) -> int:
    """Plant those named, or all; how many were not caught."""
    chosen = [one for one in PLANTS if not names or one.name.split()[0] in names or one.name in names]
    server = os.environ.get("DATABASE_URL") or database.embedded(ROOT / ".data" / "test-postgres")
    slots: SimpleQueue[int] = SimpleQueue()
    for slot in range(AT_ONCE):
        slots.put(slot)

    def judge(one: Plant) -> bool:
        slot, began = slots.get(), time.monotonic()
        try:
            word, said = verdict(one, slot, server)
        finally:
            slots.put(slot)
        print(f"{one.name:<15} {word:<16} {time.monotonic() - began:4.0f} s  {one.mistake}", flush=True)
        if word != "caught":
            print(said[-3000:], flush=True)
        return word == "caught"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        caught = list(pool.map(judge, chosen))
    print(f"{sum(caught)} of {len(chosen)} caught")
    return len(chosen) - sum(caught)


if __name__ == "__main__":
    raise SystemExit(1 if main(sys.argv[1:]) else 0)
