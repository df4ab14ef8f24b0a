"""`python -m tests.bench.renders`: queries and CPU of pages rendered in this process; reads them as JSON.

Through the whole WSGI application as the server calls it, the page cache bypassed (and, to count a hit's
queries, not bypassed), with everything a process keeps of the database kept, as where changes are heard of.
No compression.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from newsroom.wsgi import application, inner, store

WARM_UP = 20
BATCHES, BATCH = 10, 15
ONCE_BATCH = 25
_readers = count()


@dataclass(frozen=True)
class Page:
    """What to render: one address again and again or, where `paths` has several, each of them once."""

    name: str
    paths: list[str]
    session: str = ""
    is_cached: bool = False


def ask(wsgi: Any, path: str, session: str = "") -> bytes:
    """The body of `path`, or an exception with its status. Each reader comes from another network: search counts."""
    path, _, query = path.partition("?")
    number = next(_readers)
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_HOST": urlsplit(settings.SITE_URL).netloc,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": f"10.{number // 250 % 250}.{number % 250}.1",
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


def cost_of(call: Callable[[], bytes], is_quick: bool = False) -> dict[str, float]:
    """Queries of one call and CPU milliseconds, after a warm-up: the best batch, since others use this machine."""
    warm_up, batches, batch = (2, 1, 2) if is_quick else (WARM_UP, BATCHES, BATCH)
    for _ in range(warm_up):
        call()
    return {"queries": queries_of(call), "cpu_ms": min(batch_of(call, batch) for _ in range(batches))}


def batch_of(call: Callable[[], bytes], size: int) -> float:
    """CPU milliseconds of a call, in the mean of a batch."""
    begun = time.process_time()
    for _ in range(size):
        call()
    return (time.process_time() - begun) / size * 1000


def cost_once(calls: list[Callable[[], bytes]]) -> dict[str, float]:
    """The same of calls made once each: nothing any of them needs was looked at before. The best batch, too."""
    queries, costs = 0, []
    for first in range(0, len(calls), ONCE_BATCH):
        batch = calls[first : first + ONCE_BATCH]
        begun = time.process_time()
        queries += queries_of(lambda batch=batch: [call() for call in batch])  # type: ignore[misc]  # a default holds it
        costs.append((time.process_time() - begun) / len(batch) * 1000)
    return {"queries": queries / len(calls), "cpu_ms": min(costs)}


def queries_of(call: Callable[[], object]) -> int:
    """How many queries one call makes."""
    made = 0

    def counted(execute: Any, *arguments: Any) -> Any:
        nonlocal made
        made += 1
        return execute(*arguments)

    with connection.execute_wrapper(counted):
        call()
    return made


def calls_of(page: Page) -> Iterator[Callable[[], bytes]]:
    """A call for each of its addresses."""
    for path in page.paths:
        yield lambda path=path: ask(inner, path, page.session)  # type: ignore[misc]  # a default holds the loop's


def cost_of_page(page: Page, is_quick: bool) -> dict[str, float | None]:
    """What it costs in the way it asks for."""
    if page.is_cached:
        ask(application, page.paths[0])
        return {"queries": queries_of(lambda: ask(application, page.paths[0])), "cpu_ms": None}
    calls = list(calls_of(page))
    return {**(cost_once(calls) if len(calls) > 1 else cost_of(calls[0], is_quick))}


def hear() -> None:
    """Wait until this process hears of changes: its first request starts the listener."""
    ask(application, "/")
    until = time.monotonic() + 10
    while not store.heard()[1]:
        if time.monotonic() > until:
            raise RuntimeError("The page cache's listener hears nothing.")
        time.sleep(0.05)


def main(pages: list[dict[str, Any]], is_quick: bool) -> None:
    """Measure and tell."""
    hear()
    print(json.dumps({page["name"]: cost_of_page(Page(**page), is_quick) for page in pages}))


if __name__ == "__main__":
    main(**json.load(sys.stdin))
