"""`make bench`: what pages cost on this machine, as a table. Nothing is asserted, everything is thrown away.

The site runs as in the demo (granian, one process) with production settings over an embedded database of
its own. The bare application returns the very bytes of the cached story on the same server; the two are
asked in turns, since only their ratio says something on a busy machine.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from newsroom import database
from newsroom.demo.processes import end, free_port
from tests.bench.load import Load, answer_of, bear
from tests.bench.weight import weigh

STORIES, REPLIES = 300, 50
ROUNDS, SECONDS = 4, 3.0
WARM_UP_SECONDS = 1.0
START_SECONDS = 30
NOT_FOR_A_CLIENT = {"date", "server", "content-length", "transfer-encoding", "connection"}
GRANIAN = ("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--blocking-threads", "16", "--no-ws")


def main() -> None:
    """Set up, measure, print."""
    with tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder:
        here = Path(folder)
        here.chmod(0o755)  # as root the database runs as another user, who must get through
        environment = production(here)
        say("Filling a database …")
        run(environment, "manage.py", "migrate", "--verbosity", "0")
        run(environment, "manage.py", "createcachetable")
        run(environment, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        pages = json.loads(run(environment, "-m", "tests.bench.paper", str(STORIES), str(REPLIES)))
        say("Rendering …")
        costs = json.loads(run(environment, "-m", "tests.bench.renders", json.dumps(pages)))
        say("Asking …")
        print(report(costs, *ask(here, environment, pages["open"])))
        database.stop(here / "postgres")


def production(here: Path) -> dict[str, str]:
    """The environment of a production process under `here`; starts its database."""
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")},
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DATABASE_URL": database.embedded(here / "postgres"),
        "SITE_URL": f"http://127.0.0.1:{free_port()}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEFAULT_FROM_EMAIL": "bench@example.org",
        "STATIC_ROOT": str(here / "static"),
        "MEDIA_ROOT": str(here / "media"),
        "LOG_LEVEL": "WARNING",
        "DEBUG": "0",
    }


def run(environment: dict[str, str], *arguments: str) -> str:
    """What one of our programs prints. Raises CalledProcessError."""
    done = subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


@contextmanager
def served(application: str, port: int, environment: dict[str, str]) -> Iterator[psutil.Process]:
    """`application` under granian on `port`; the process that answers."""
    command = [sys.executable, *GRANIAN, "--port", str(port), "--log-level", "error", application]
    server = psutil.Popen(command, env=environment)
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                answer_of(port, "/healthz")
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{application} did not start") from None
                time.sleep(0.1)
        yield server.children()[0]
    finally:
        end([server, *server.children(recursive=True)])


def ask(here: Path, environment: dict[str, str], path: str) -> tuple[dict[str, Any], dict[str, int], float]:
    """Load of both applications (with their CPU µs a request), the page's weight, the site's memory in MB."""
    port, bare_port = int(environment["SITE_URL"].rsplit(":", 1)[1]), free_port()
    with served("newsroom.wsgi:application", port, environment) as site:
        wait_until_kept(port, path)
        weight = weigh(port, path)
        _status, headers, body = answer_of(port, path)
        kept = [pair for pair in headers if pair[0].lower() not in NOT_FOR_A_CLIENT]
        kept.append(("content-length", str(len(body))))
        answer = here / "answer.json"
        answer.write_text(json.dumps({"headers": kept, "body": body.hex()}))
        with served("tests.bench.bare:application", bare_port, {**environment, "BENCH_ANSWER": str(answer)}) as bare:
            loads: dict[str, Any] = {"bare": [], "cached": []}
            for at in (bare_port, port):
                bear(at, path, WARM_UP_SECONDS)
            for _ in range(ROUNDS):
                loads["bare"].append(borne(bare, bare_port, path))
                loads["cached"].append(borne(site, port, path))
        return loads, weight, site.memory_info().rss / 1e6


def wait_until_kept(port: int, path: str) -> None:
    """Until the page comes from the cache: its listener begins with the first request."""
    until = time.monotonic() + START_SECONDS
    while "age" not in {name.lower() for name, _value in answer_of(port, path)[1]}:
        if time.monotonic() > until:
            raise RuntimeError(f"{path} is not kept")
        time.sleep(0.1)


def borne(process: psutil.Process, port: int, path: str) -> tuple[Load, float]:
    """The load a server bore, and its CPU µs a request."""
    before = sum(process.cpu_times()[:2])
    load = bear(port, path, SECONDS)
    return load, (sum(process.cpu_times()[:2]) - before) / (load.rate * SECONDS) * 1e6


def report(costs: dict[str, Any], loads: dict[str, Any], weight: dict[str, int], memory: float) -> str:
    """The table."""
    rates = {name: median(load.rate for load, _cpu in rounds) for name, rounds in loads.items()}
    cpus = {name: median(cpu for _load, cpu in rounds) for name, rounds in loads.items()}
    slow = {name: median(load.slow_ms for load, _cpu in rounds) for name, rounds in loads.items()}
    ratio = median(cached[0].rate / bare[0].rate for bare, cached in zip(loads["bare"], loads["cached"], strict=True))
    shares = {"bare": 1.0, "cached": ratio}
    lines = ["", "| Page | requests/s | of bare | 99 % within | queries | CPU ms |", "|---|--:|--:|--:|--:|--:|"]
    for name, title in (("bare", "Bare WSGI application, same bytes"), ("cached", "Story, cached")):
        queries = costs["cached"]["queries"] if name == "cached" else 0
        served_at = f"{rates[name]:,.0f} | {shares[name]:.0%} | {slow[name]:.1f} ms"
        lines.append(f"| {title} | {served_at} | {queries} | {cpus[name] / 1000:.3f} |")
    for name, title in (("uncached", "Story, not cached"), ("patron", f"Patron's story, {REPLIES} replies")):
        lines.append(f"| {title} | | | | {costs[name]['queries']} | {costs[name]['cpu_ms']:.1f} |")
    kinds = ", ".join(f"{kind} {size / 1000:.1f}" for kind, size in weight.items())
    return "\n".join(
        (
            *lines,
            "",
            f"Memory of the site's process: {memory:.0f} MB.",
            f"A story without pictures: {sum(weight.values()) / 1000:.1f} kB compressed ({kinds}).",
            f"{STORIES} stories; medians of {ROUNDS} turns of {SECONDS:.0f} s; CPU of the lower two: the best batch.",
        )
    )


def say(what: str) -> None:
    """Progress, beside the report."""
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
