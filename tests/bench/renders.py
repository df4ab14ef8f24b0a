"""`python -m tests.bench.renders ADDRESSES`: queries and CPU of one page, rendered in this process.

Through the whole WSGI application as the server calls it, the page cache bypassed (and, to count a hit's
queries, not bypassed), with the furniture kept as in a process that hears of changes. No compression.
"""

import json
import sys
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from newsroom.wsgi import application, inner, store

WARM_UP = 20
BATCHES, BATCH = 10, 15


def ask(wsgi: Any, path: str, session: str = "") -> bytes:
    """The body of `path`, or an exception with its status."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "HTTP_HOST": urlsplit(settings.SITE_URL).netloc,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
    }
    if session:
        environ["HTTP_COOKIE"] = f"{settings.SESSION_COOKIE_NAME}={session}"
    statuses: list[str] = []
    response = wsgi(environ, lambda status, headers, *rest: statuses.append(status))
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    if not statuses[0].startswith("200"):
        raise RuntimeError(f"{path} answered {statuses[0]}")
    return body


def cost_of(call: Callable[[], bytes]) -> dict[str, float]:
    """Queries of one call and CPU milliseconds, after a warm-up: the best batch, since others use this machine."""
    for _ in range(WARM_UP):
        call()
    return {"queries": queries_of(call), "cpu_ms": min(batch_of(call) for _ in range(BATCHES))}


def batch_of(call: Callable[[], bytes]) -> float:
    """CPU milliseconds of a call, in the mean of a batch."""
    begun = time.process_time()
    for _ in range(BATCH):
        call()
    return (time.process_time() - begun) / BATCH * 1000


def queries_of(call: Callable[[], bytes]) -> int:
    """How many queries one call makes."""
    count = 0

    def counted(execute: Any, *arguments: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*arguments)

    with connection.execute_wrapper(counted):
        call()
    return count


def main(pages: dict[str, str]) -> None:
    """Measure and tell."""
    ask(application, pages["open"])  # the first request starts the listener
    until = time.monotonic() + 10
    while not store.heard()[1]:
        if time.monotonic() > until:
            raise RuntimeError("The page cache's listener hears nothing.")
        time.sleep(0.05)
    ask(application, pages["open"])
    costs = {
        "cached": {"queries": queries_of(lambda: ask(application, pages["open"])), "cpu_ms": None},
        "uncached": cost_of(lambda: ask(inner, pages["open"])),
        "patron": cost_of(lambda: ask(inner, pages["gated"], pages["session"])),
    }
    print(json.dumps(costs))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
