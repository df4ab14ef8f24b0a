"""Everybody around one story at once: anonymous readers, patrons and an editor, each in processes of their own."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import psutil

from newsroom.demo.processes import end

HAMMERS = 2  # processes that ask, as many as there are cores
GET_READY_SECONDS = 3.0
SESSIONS, ACCOUNTS = 8, 12  # an account replies at most three times a minute
Json = dict[str, Any]


@dataclass
class Seen:
    """What the crowd tells. Moments are of the monotonic clock, which every process of a machine shares."""

    begins: float
    seconds: float
    hammers: list[Json]
    patrons: Json
    editor: Json

    @property
    def statuses(self) -> Counter[int]:
        """Answers to anonymous readers by status."""
        return sum((counted(log["statuses"]) for log in self.hammers), Counter())

    @property
    def commits(self) -> dict[int, float]:
        """When each correction was committed."""
        return {number: committed for number, _begun, committed in self.editor["done"]}

    def looks(self, after: float = 0.0, before: float = float("inf")) -> list[list[float]]:
        """Patrons' looks begun in a span of time: (begun, took, status, number)."""
        return [look for look in self.patrons["looks"] if after <= look[0] < before]

    def last_begun(self) -> dict[int, float]:
        """By correction shown, anonymous or to patrons: when the last such request began."""
        found: dict[int, float] = {}
        seen = [(int(number), at) for log in self.hammers for number, at in log["last_begun"].items()]
        for number, at in [*seen, *((look[3], look[0]) for look in self.looks() if look[2] == 200)]:
            found[number] = max(at, found.get(number, 0.0))
        return found

    def first_seen(self) -> dict[int, float]:
        """By correction: when the first anonymous reader had it."""
        found: dict[int, float] = {}
        for log in self.hammers:
            for number, at in log["first_seen"].items():
                found[int(number)] = min(at, found.get(int(number), at))
        return found

    def stalest(self) -> float:
        """The latest moment after a commit, in seconds, at which a request began that was shown what was before it."""
        worst, commits = 0.0, sorted(self.commits.items())
        for number, begun in self.last_begun().items():
            after = next((at for later, at in commits if later > number), None)
            worst = max(worst, begun - after) if after is not None else worst
        return worst

    def delays(self) -> list[float]:
        """Seconds from each commit to the first anonymous reader who had it."""
        seen = self.first_seen()
        return [max(0.0, seen[number] - at) for number, at in self.commits.items() if number in seen]

    def renders(self) -> int:
        """How often the page was made for anonymous readers: pages told apart by their ETag, and those given once."""
        kept = {tuple(pair) for log in self.hammers for pair in log["renders"]}
        return len(kept) + sum(log["given_once"] for log in self.hammers)


def counted(statuses: Json) -> Counter[int]:
    """Counts by status as they were before they were JSON."""
    return Counter({int(status): count for status, count in statuses.items()})


def times(seconds: list[float]) -> dict[str, float]:
    """The middle, the slowest hundredth and the slowest, in milliseconds; nothing of nothing."""
    if len(seconds) < 2:
        return {}
    return {
        "median_ms": median(seconds) * 1e3,
        "slow_ms": quantiles(seconds, n=100)[98] * 1e3,
        "worst_ms": max(seconds) * 1e3,
    }


class Crowd:
    """Processes under way; `gather` waits for what they tell."""

    def __init__(self, environment: dict[str, str], begins: float, seconds: float) -> None:
        self.begins = begins
        self.seconds = seconds
        self._environment = environment
        self._running: dict[str, subprocess.Popen[str]] = {}

    def send(self, name: str, *arguments: str, feed: Json | None = None) -> None:
        """Start one of the bench's programs."""
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(feed or {}))
        process.stdin.close()
        process.stdin = None
        self._running[name] = process

    def gather(self) -> Seen:
        """Wait for all of them. Raises RuntimeError where one failed."""
        told = {name: process.communicate()[0] for name, process in self._running.items()}
        failed = [name for name, process in self._running.items() if process.returncode]
        if failed:
            raise RuntimeError(f"Failed: {', '.join(failed)}")
        found = {name: json.loads(words) for name, words in told.items()}
        hammers = [log for name, log in found.items() if name.startswith("hammer")]
        return Seen(
            self.begins, self.seconds, hammers, found["patrons"], found.get("editor", {"done": [], "failed": []})
        )

    def end(self) -> None:
        """End who is still there."""
        end([psutil.Process(process.pid) for process in self._running.values() if process.poll() is None], 2)


@contextmanager
def crowd(
    environment: dict[str, str], ports: list[int], story: Json, *, seconds: float, connections: int, is_edited: bool
) -> Iterator[Crowd]:
    """Readers over `connections`, patrons and, if the story `is_edited`, an editor, who all begin at one moment."""
    begins = max(time.monotonic() + GET_READY_SECONDS, story["published"] + 5)
    found = Crowd(environment, begins, seconds)
    span = {"begins": begins, "seconds": seconds}
    try:
        for number in range(HAMMERS):
            plan = {"ports": ports, "path": story["path"], "connections": connections // HAMMERS, **span}
            found.send(f"hammer {number}", "tests.bench.hammer", json.dumps(plan))
        people = {"accounts": story["accounts"], "path": story["path"], "reply_to": story["reply_to"]}
        found.send("patrons", "tests.bench.patrons", feed={"ports": ports, **people, **span})
        if is_edited:
            found.send("editor", "tests.bench.editor", "correct", str(story["story"]), str(begins), str(seconds))
        yield found
    finally:
        found.end()
