"""What the bench runs: production settings over an embedded database of its own, servers that end with it."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

from newsroom import database
from newsroom.demo.processes import end, free_port
from tests.bench.load import answer_of

START_SECONDS = 60
GRANIAN = ("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--blocking-threads", "16", "--no-ws")
WEBHOOK_SECRET = "whsec_bench"


def say(what: str) -> None:
    """Progress, beside the report."""
    print(what, file=sys.stderr, flush=True)


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
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "STATIC_ROOT": str(here / "static"),
        "MEDIA_ROOT": str(here / "media"),
        "LOG_LEVEL": "WARNING",
        "MALLOC_ARENA_MAX": "2",  # as in the image
        "DEBUG": "0",
    }


def run(environment: dict[str, str], *arguments: str, feed: str = "") -> str:
    """What one of our programs prints; `feed` is what it reads. Raises CalledProcessError."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, input=feed, stdout=subprocess.PIPE, text=True, check=True).stdout


def port_of(environment: dict[str, str]) -> int:
    """The port of the site's address."""
    return int(environment["SITE_URL"].rsplit(":", 1)[1])


@contextmanager
def started(arguments: tuple[str, ...], environment: dict[str, str], log: Path | None = None) -> Iterator[psutil.Popen]:
    """One of our programs in the background, ended with its children; its words go to `log`, or are ours."""
    words: IO[str] | None = log.open("a", encoding="utf-8") if log else None
    process = psutil.Popen([sys.executable, *arguments], env=environment, stdout=words, stderr=words)
    try:
        yield process
    finally:
        children = process.children(recursive=True) if process.is_running() else []
        end([process, *children], 5)
        if words:
            words.close()


@contextmanager
def served(
    application: str, port: int, environment: dict[str, str], log: Path | None = None
) -> Iterator[psutil.Process]:
    """`application` under granian on `port`; the process that answers."""
    arguments = (*GRANIAN, "--port", str(port), "--log-level", "error", application)
    with started(arguments, environment, log) as server:
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


def wait_until_kept(port: int, path: str) -> None:
    """Until the page comes from the cache: its listener begins with the first request."""
    until = time.monotonic() + START_SECONDS
    while "age" not in {name.lower() for name, _value in answer_of(port, path)[1]}:
        if time.monotonic() > until:
            raise RuntimeError(f"{path} is not kept")
        time.sleep(0.1)
