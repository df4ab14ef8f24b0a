"""The spike: breaking news on two web processes and a worker over one database, and what breaks meanwhile."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from newsroom.demo.processes import free_port
from tests.bench import spike_report
from tests.bench.crowd import ACCOUNTS, SESSIONS, Crowd, Json, Seen, crowd, times
from tests.bench.load import Ask, answered
from tests.bench.money import SilentProxy, joining, ring, stripe_settings
from tests.bench.postgres import Postgres
from tests.bench.servers import port_of, run, say, served, started, wait_until_kept

SECONDS = 15.0
CONNECTIONS, FEW = 64, 16
JOINERS = 8
BEFORE, AWAY, AFTER = 0.2, 0.4, 0.6  # spans of the part without PostgreSQL, of the others' length
LONGEST_SECONDS = 90.0  # that part lasts as long as the database needs to recover
PROBE_SECONDS = 0.25
CACHE_MB = 32
HEALED_SECONDS = 5.0  # at least so long is looked at what comes after
PARTS = {
    "spike": "Breaking news",
    "stopped": "PostgreSQL stopped and started meanwhile",
    "stripe": "A Stripe that never answers",
    "webhooks": "Stripe's inbox",
    "memory": "Memory after all that",
}


@dataclass
class Site:
    """What runs: web processes on their ports and a worker; the story everybody reads."""

    environment: dict[str, str]
    ports: list[int]
    webs: list[psutil.Process]
    worker: psutil.Process
    postgres: Postgres
    proxy: SilentProxy
    paper: Json
    story: Json

    def crowd(self, seconds: float, connections: int = CONNECTIONS, **more: Any) -> AbstractContextManager[Crowd]:
        """Everybody around the story."""
        return crowd(self.environment, self.ports, self.story, seconds=seconds, connections=connections, **more)

    def tell(self, *words: str) -> Json:
        """What one of the editor's programs tells."""
        told: Json = json.loads(run(self.environment, "-m", "tests.bench.editor", *words))
        return told


def measure(
    here: Path, environment: dict[str, str], postgres: Postgres, paper: Json, *, parts: list[str], seconds: float
) -> Json:
    """The parts asked for, in their order, each printed as soon as it is there."""
    found: Json = {}
    with site_of(here, environment, postgres, paper) as site:
        for part in (name for name in PARTS if name in parts):
            say(f"{PARTS[part]} …")
            found[part] = MEASURES[part](site, seconds)
            print(f"\n{spike_report.REPORTS[part](found[part])}", flush=True)
    return found


@contextmanager
def site_of(here: Path, environment: dict[str, str], postgres: Postgres, paper: Json) -> Iterator[Site]:
    """Two web processes and a worker, as production runs them, with a silent way to Stripe; and a fresh story."""
    with ExitStack() as stack:
        proxy = stack.enter_context(SilentProxy())
        told = {**environment, **stripe_settings(proxy), "TRUSTED_PROXY_COUNT": "1"}
        ports = [port_of(environment), free_port()]
        webs = [
            stack.enter_context(served("newsroom.wsgi:application", port, told, here / f"web-{port}.log"))
            for port in ports
        ]
        worker = stack.enter_context(started(("manage.py", "worker"), told, here / "worker.log"))
        for port in ports:
            wait_until_kept(port, "/")
        words = json.loads(run(told, "-m", "tests.bench.editor", "publish", str(SESSIONS), str(ACCOUNTS)))
        yield Site(told, ports, webs, worker, postgres, proxy, paper, words)


def breaking(site: Site, seconds: float) -> Json:
    """One story five seconds old, hammered cold while it is corrected every second, read and replied to by patrons."""
    with site.crowd(seconds) as running:
        seen = running.gather()
    return {"connections": CONNECTIONS, **summary(seen)}


def summary(seen: Seen) -> Json:
    """What a part says of its readers."""
    statuses, looks, replies = seen.statuses, seen.looks(), seen.patrons["replies"]
    broken = [words for log in seen.hammers for words in log["broken"]]
    anonymous = times([latency for log in seen.hammers for latency in log["latencies"]])
    bad = sum(count for status, count in statuses.items() if status != 200) + len(broken)
    bad += sum(log["unnumbered"] for log in seen.hammers if log["path"] == seen.hammers[0]["path"])
    bad_looks = sum(look[2] != 200 for look in looks)
    bad_replies = sum(reply[2] != 303 for reply in replies)
    delays = sorted(seen.delays())
    return {
        "seconds": seen.seconds,
        "requests": statuses.total(),
        "rate": statuses.total() / seen.seconds,
        "statuses": dict(statuses),
        "broken": broken[:5],
        "anonymous": {**anonymous, "worst_ms": max(log["worst"] for log in seen.hammers) * 1e3, "errors": bad},
        "patrons": {**times([look[1] for look in looks]), "requests": len(looks), "errors": bad_looks},
        "replies": {**times([reply[1] for reply in replies]), "requests": len(replies), "errors": bad_replies},
        "corrections": {"done": len(seen.commits), "failed": len(seen.editor["failed"])},
        "errors": bad + bad_looks + bad_replies + len(seen.editor["failed"]),
        "renders": seen.renders(),
        "stalest_s": seen.stalest(),
        "seen_after_s": {"median": delays[len(delays) // 2], "worst": delays[-1]} if delays else {},
    }


def stopped(site: Site, seconds: float) -> Json:
    """PostgreSQL dies under the readers and comes back. Nothing of ours is started again."""
    before = [process.pid for process in (*site.webs, site.worker)]
    probes: list[tuple[float, float, int]] = []
    with site.crowd(LONGEST_SECONDS, beside=site.paper["replies"]) as running, probing(site, running, probes):
        sleep_until(running.begins + seconds * BEFORE)
        down = time.monotonic()
        site.postgres.stop()
        sleep_until(down + seconds * AWAY)
        site.postgres.start()
        up = time.monotonic()
        sleep_until(up + max(seconds * AFTER, HEALED_SECONDS))
        running.call_off()
        seen = running.gather()
    alive = [is_alive(process) for process in (*site.webs, site.worker)]
    return {
        **summary(seen),
        "down_s": up - down,
        "span_s": [down - seen.begins, up - seen.begins],
        "while_down": while_down(site, seen, probes, down, up),
        "healing": healing(seen, probes, up),
        "alive": {"web": all(alive[:-1]), "worker": alive[-1], "processes": before},
    }


def while_down(site: Site, seen: Seen, probes: list[tuple[float, float, int]], down: float, up: float) -> Json:
    """Answers while there was no database: to anonymous readers, to patrons, to who asks for a page nobody kept."""
    first, last = int(down - seen.begins) + 1, int(up - seen.begins)
    story, beside = seen.timeline(site.story["path"]), seen.timeline(site.paper["replies"])

    def whole(timeline: dict[int, dict[int, int]]) -> dict[int, int]:
        return dict(sum((Counter(found) for second, found in timeline.items() if first <= second < last), Counter()))

    looks = seen.looks(down, up)
    asked = [probe for probe in probes if down <= probe[0] < up]
    return {
        "timelines": {"story": story, "beside": beside},
        "story": whole(story),
        "beside": whole(beside),
        "cached_seconds": max(0, last - first),
        "private": dict(Counter(int(look[2]) for look in looks)),
        "private_times": times([look[1] for look in looks]),
        "uncached": dict(Counter(probe[2] for probe in asked)),
        "uncached_times": times([probe[1] for probe in asked]),
    }


def healing(seen: Seen, probes: list[tuple[float, float, int]], up: float) -> Json:
    """Seconds after PostgreSQL took connections again: the last refusal, the first good answer, a correction seen."""
    looks = [(look[0], look[1], int(look[2])) for look in seen.looks(up)]
    later = [number for number, at in sorted(seen.commits.items()) if at > up]
    shown = [at for number, at in seen.first_seen().items() if later and number >= later[0]]

    def since(found: list[float]) -> float | None:
        return found[0] - up if found else None

    return {
        "private_again_s": since([begun + took for begun, took, status in looks if status == 200]),
        "private_refused_until_s": since([begun + took for begun, took, status in reversed(looks) if status != 200]),
        "uncached_again_s": since([begun + took for begun, took, status in probes if begun > up and status == 200]),
        "correction_committed_s": since([seen.commits[number] for number in later]),
        "correction_seen_s": since(sorted(shown)),
    }


@contextmanager
def probing(site: Site, running: Crowd, probes: list[tuple[float, float, int]]) -> Iterator[None]:
    """Somebody asks all the time for a story that nobody kept: (begun, seconds it took, status)."""
    ended = threading.Event()

    def probe() -> None:
        paths = iter(site.paper["cold"] * 5)
        while not ended.is_set():
            if (begun := time.monotonic()) >= running.begins:
                probes.append((begun, *asked_once(site.ports[0], next(paths))))
            ended.wait(PROBE_SECONDS)

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def asked_once(port: int, path: str) -> tuple[float, int]:
    """Seconds and status of one request; 0 where nothing came."""
    begun = time.monotonic()
    try:
        status = answered(Ask(port, path))[0]
    except (OSError, ValueError):
        status = 0
    return time.monotonic() - begun, status


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs: one that ended and was not asked for is none."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def sleep_until(moment: float) -> None:
    """Wait for a moment of the monotonic clock."""
    time.sleep(max(0.0, moment - time.monotonic()))


def hanging(site: Site, seconds: float) -> Json:
    """The same readers without and with members who wait for Stripe, all on the first process."""
    seconds = max(3.0, seconds / 2)
    found: Json = {"seconds": seconds, "joiners": JOINERS}
    told = site.tell("members", str(JOINERS))
    with site.crowd(seconds, FEW, is_edited=False) as running:
        found["without"] = summary(running.gather())
    with (
        site.crowd(seconds, FEW, is_edited=False) as running,
        joining(site.ports[0], told, running.begins, seconds) as answers,
    ):
        found["with"] = summary(running.gather())
    quick = [took for _status, took in answers if took < 1]
    return {
        **found,
        "most_waiting": site.proxy.most,
        "answers": dict(Counter(status for status, _took in answers)),
        "refused_at_once": {"count": len(quick), **times(quick)},
        "longest_s": max((took for _status, took in answers), default=0),
    }


def webhooks(site: Site, seconds: float) -> Json:
    """A thousand events in any order, with repeats; then what is in the inbox."""
    with resting(site.worker):  # so that what it would do about them is not measured
        rung = ring(site.ports)
        stored = site.tell("inbox")
    statuses = Counter(status for status, _took in rung["answers"])
    took = times([took for _status, took in rung.pop("answers")])
    return {**rung, **took, "statuses": dict(statuses), **stored, "rate": rung["sent"] / rung["seconds"]}


@contextmanager
def resting(process: psutil.Process) -> Iterator[None]:
    """A process stands still, if it runs."""
    if not is_alive(process):
        yield
        return
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def memory(site: Site, seconds: float) -> Json:
    """What each process holds after all that, and the first one with its page cache full."""
    after = [process.memory_info().rss / 1e6 for process in site.webs]
    worker = site.worker.memory_info().rss / 1e6 if is_alive(site.worker) else None
    pages, size = fill_cache(site)
    full = site.webs[0].memory_info().rss / 1e6
    return {"web_mb": after, "worker_mb": worker, "full_mb": full, "pages": pages, "asked_mb": size / 1e6}


def fill_cache(site: Site) -> tuple[int, int]:
    """Ask the first process for more pages than it may keep; how many, and their bytes as the cache counts them."""
    wire = http.client.HTTPConnection("127.0.0.1", site.ports[0], timeout=30)
    paths = [*site.paper["cold"], *(f"/membership/?next=/{number}/" for number in range(5000))]
    count = size = 0
    for path in paths:
        for encoding in ("identity", "br"):
            wire.request("GET", path, headers={"Accept-Encoding": encoding})
            answer = wire.getresponse()
            body = answer.read()
            size += len(body) * 2 if encoding == "identity" else 0
        count += 1
        if size > CACHE_MB * 1.1 * 2**20:
            break
    wire.close()
    return count, size


MEASURES: dict[str, Callable[[Site, float], Json]] = {
    "spike": breaking,
    "stopped": stopped,
    "stripe": hanging,
    "webhooks": webhooks,
    "memory": memory,
}
