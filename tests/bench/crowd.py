"""Everybody around one story at once: anonymous readers, patrons and an editor, each in processes of their own."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import psutil

from newsroom.demo.processes import end

BREATH_SECONDS = 0.2  # from the word to the start
OLD_SECONDS = 5.0  # how old breaking news is
SESSIONS, ACCOUNTS = 8, 16  # an account replies at most three times a minute
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

    def looks(self, after: float = 0.0, before: float = float("inf")) -> list[list[Any]]:
        """Patrons' looks begun in a span of time: (begun, took, status, number)."""
        return [look for look in self.patrons["looks"] if after <= look[0] < before]

    def last_begun(self) -> dict[int, float]:
        """By correction shown, anonymous or to patrons: when the last such request began."""
        found: dict[int, float] = {}
        seen = [(int(number), at) for log in self.hammers for number, at in log["last_begun"].items()]  # of the story
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

    def timeline(self, path: str) -> dict[int, dict[int, int]]:
        """Answers to anonymous readers of a page by second and status."""
        found: dict[int, Counter[int]] = {}
        for log in (log for log in self.hammers if log["path"] == path):
            for second, statuses in log["each_second"].items():
                found[int(second)] = found.get(int(second), Counter()) + counted(statuses)
        return {second: dict(found[second]) for second in sorted(found)}

    def renders(self) -> int:
        """How often the page was made for anonymous readers: pages told apart by their ETag, and those given once."""
        kept = {tuple(pair) for log in self.hammers for pair in log["renders"]}
        return len(kept) + int(sum(log["given_once"] for log in self.hammers))


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


def told() -> Json:
    """In a program of the crowd: its plan, the first line it reads."""
    plan: Json = json.loads(sys.stdin.readline())
    return plan


class Span:
    """In a program of the crowd: from the moment at which all begin until the time is up, or until one is called off.

    `begins`: of the monotonic clock. Making one says "ready" and waits for the word.
    """

    def __init__(self, seconds: float) -> None:
        print("ready", flush=True)
        self.begins = float(sys.stdin.readline())
        self._ends = self.begins + seconds
        self._called_off = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        if sys.stdin.readline():  # nothing: the others only hung up, and wait for what we tell
            self._called_off.set()

    def wait(self) -> None:
        """Until it begins."""
        time.sleep(max(0.0, self.begins - time.monotonic()))

    @property
    def is_over(self) -> bool:
        """Whether to stop and tell."""
        return self._called_off.is_set() or time.monotonic() >= self._ends


class Crowd:
    """Processes under way: they say when they are ready, then `begin`; `gather` waits for what they tell."""

    def __init__(self, environment: dict[str, str], seconds: float) -> None:
        self.begins = 0.0
        self.seconds = seconds  # at most
        self._environment = environment
        self._running: dict[str, subprocess.Popen[str]] = {}

    def send(self, name: str, program: str, **plan: Any) -> None:
        """Start one of the bench's programs."""
        process = subprocess.Popen(
            [sys.executable, "-m", program],
            env={**self._environment, "LOG_LEVEL": "CRITICAL"},  # an editor without a database has nothing to add
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running[name] = process
        self._say(process, json.dumps(plan))

    def begin(self, published: float) -> None:
        """Wait until all are ready, and give them their moment. Raises RuntimeError where one failed."""
        for name, process in self._running.items():
            if process.stdout is None or process.stdout.readline().strip() != "ready":
                raise RuntimeError(f"{name} did not get ready")
        self.begins = max(time.monotonic() + BREATH_SECONDS, published + OLD_SECONDS)
        for process in self._running.values():
            self._say(process, repr(self.begins))

    def call_off(self) -> None:
        """Have all of them stop now."""
        for process in self._running.values():
            self._say(process, "enough")
        self.seconds = time.monotonic() - self.begins

    @staticmethod
    def _say(process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()

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
    environment: dict[str, str],
    ports: list[int],
    story: Json,
    *,
    seconds: float,
    connections: int,
    is_edited: bool = True,
    beside: str = "",
) -> Iterator[Crowd]:
    """Readers over `connections`, patrons and, if the story `is_edited`, an editor, who all begin at one moment.

    Half of the anonymous readers ask for the page `beside`, where there is one.
    """
    found = Crowd(environment, seconds)
    about = {"ports": ports, "seconds": seconds}
    people = {"accounts": story["accounts"], "reply_to": story["reply_to"], "path": story["path"]}
    try:
        for number, path in enumerate((story["path"], beside or story["path"])):
            asks = {"path": path, "connections": connections // 2}
            found.send(f"hammer {number}", "tests.bench.hammer", **asks, **about)
        found.send("patrons", "tests.bench.patrons", **people, **about)
        if is_edited:
            found.send("editor", "tests.bench.correcting", story=story["story"], seconds=seconds)
        found.begin(story["published"])
        yield found
    finally:
        found.end()
