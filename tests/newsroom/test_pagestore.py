"""What the page cache holds: never more bytes than it may, whoever asks for whatever."""

import itertools
import math
import random
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import path

from newsroom import caching, pagestore
from newsroom.caching import edge_cached
from newsroom.pagecache import LONGEST_NAME, PageCache
from newsroom.pagestore import Page, PageStore
from tests.newsroom.test_pagecache import PAGE, Client, Inner

KB = 1024
ACCEPTED = ("", "gzip", "br")
KEYS = " ".join(f"article-{number}" for number in range(40))
urlpatterns = [path("", edge_cached(60, params=("p", "before"))(lambda request: None))]  # type: ignore[arg-type, return-value]  # never called: only its parameters count


def listening(max_bytes: int) -> PageStore:
    store = PageStore(max_bytes)
    store.trust(connected=True)
    return store


@pytest.fixture
def inner() -> Inner:
    return Inner()


def size_of(inner: Inner) -> int:
    """What one page of `inner` counts for, asked for once without compression."""
    store = listening(1_000_000)
    Client(PageCache(inner, store)).get("/0/")
    inner.calls = 0
    return store.held


def incompressible(number: int, size: int) -> bytes:
    return b"<p>" + random.Random(number).randbytes(size // 2).hex().encode()


def test_least_recently_used_pages_leave_first(inner: Inner) -> None:
    client = Client(PageCache(inner, listening(6 * size_of(inner))))
    for number in range(6):
        client.get(f"/{number}/")
    client.get("/0/")
    client.get("/6/")
    assert inner.calls == 7
    client.get("/0/")
    assert inner.calls == 7
    client.get("/1/")
    assert inner.calls == 8


def test_encodings_count_when_they_are_made_and_drive_out_others(inner: Inner) -> None:
    inner.body = incompressible(1, 4 * KB)
    client = Client(PageCache(inner, listening(4 * size_of(inner))))
    for number in range(4):
        client.get(f"/{number}/")
    for accepted in ("gzip", "br"):
        client.get("/3/", HTTP_ACCEPT_ENCODING=accepted)
    client.get("/3/")
    assert inner.calls == 4
    client.get("/0/")
    assert inner.calls == 5, "The encodings of the fourth took the room of the first."


def test_page_that_would_fill_the_cache_is_served_and_drives_nobody_out(inner: Inner) -> None:
    store = listening(64 * KB)
    client = Client(PageCache(inner, store))
    client.get("/small/")
    inner.body = b"<p>" + b"x" * 20 * KB
    held = store.held
    assert {client.get("/big/")[2], client.get("/big/")[2]} == {inner.body}
    assert store.held == held
    client.get("/small/")
    assert inner.calls == 3


@pytest.mark.parametrize("size", [200, 3 * KB, 30 * KB])
def test_measured_memory_stays_below_what_was_allowed(inner: Inner, size: int) -> None:
    allowed = 2_000_000
    numbers = itertools.count()
    inner.keys = KEYS
    client = Client(PageCache(inner, listening(allowed)))
    inner.body = incompressible(0, size)
    client.get("/warm-up/", HTTP_ACCEPT_ENCODING="br")
    tracemalloc.start()
    try:
        for number in itertools.islice(numbers, 4 * allowed // (size + 20_000)):
            inner.body = incompressible(number, size)
            inner.keys = f"{KEYS} own-{number}"
            for accepted in ACCEPTED:
                client.get(f"/a-story-as-its-slug-may-be-{number}/", HTTP_ACCEPT_ENCODING=accepted)
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held <= allowed
    assert held >= allowed * 0.25, "It counts what is not there."


def test_dropping_and_replacing_leaves_nothing_counted(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagestore, "SPARE_SECONDS", -1)
    store = listening(1_000_000)
    client = Client(PageCache(inner, store))
    for number in range(3):
        client.get(f"/{number}/", HTTP_ACCEPT_ENCODING="br")
    store.drop(["front"])
    assert store.held == 0
    client.get("/0/")
    store.trust(connected=True)
    store.lease(math.inf)
    assert store.held == 0
    leftover = Page([("Content-Type", "text/html")], PAGE, frozenset(), 0, 0, 0)
    leftover.accepted_as("gzip")
    assert store.held == 0, "A page that was let go while somebody still sends it no longer counts."


def test_encoding_is_made_once_however_many_ask_for_it_at_the_same_time(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    begun = threading.Barrier(8)
    squeeze = pagestore.COMPRESSORS["br"]

    def slow(body: bytes) -> bytes:
        made.append(len(body))
        threading.Event().wait(0.1)
        return squeeze(body)

    monkeypatch.setitem(pagestore.COMPRESSORS, "br", slow)
    client = Client(PageCache(inner, listening(1_000_000)))
    client.get()
    assert not made

    def ask() -> None:
        begun.wait(5)
        client.get(HTTP_ACCEPT_ENCODING="br")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


Flood = Callable[[int], dict[str, Any]]
FLOODS: dict[str, Flood] = {
    "unknown parameters": lambda number: {"QUERY_STRING": f"utm_{number}={number}&fbclid={'y' * 50}"},
    "a long query": lambda number: {"QUERY_STRING": "&".join(f"a{number}={part}" for part in range(8))},
    "numbers of an old site": lambda number: {"QUERY_STRING": f"p={number}"},
    "cursors that are none": lambda number: {"QUERY_STRING": f"before={number}-{'z' * 2000}"},
    "paths": lambda number: {"PATH_INFO": f"/{number}/{'y' * 1000}/"},
    "hosts": lambda number: {"HTTP_HOST": f"{number}.{'y' * 1000}.example"},
    "encodings": lambda number: {"HTTP_ACCEPT_ENCODING": f"x{number}, {'y' * 1000}"},
}


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("name", FLOODS)
def test_ten_thousand_requests_of_a_flood_fill_no_memory(inner: Inner, name: str) -> None:
    store = listening(1_000_000)
    client = Client(PageCache(inner, store))
    client.get()
    own, inner.keys = inner.seconds, "front"

    def answer() -> None:
        is_known = inner.queries[-1] == "" and name not in ("paths", "hosts")
        inner.seconds, inner.status = (own, "200 OK") if is_known else (0, "404 Not Found")

    inner.during = answer
    held = store.held
    tracemalloc.start()
    try:
        for number in range(10_000):
            client.get(**FLOODS[name](number))
            inner.queries.clear()
        traced, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert traced < 2_500_000
    assert store.held <= held + 2 * len(PAGE)
    if name in ("unknown parameters", "a long query", "encodings"):
        assert inner.calls == 1, "They are all the same page."
    client.get()
    assert inner.calls == (1 if inner.calls == 1 else 10_001), "The page itself stayed."


@pytest.mark.urls(__name__)
def test_parameter_given_twice_keeps_its_order_since_the_last_one_counts(inner: Inner) -> None:
    client = Client(PageCache(inner, listening(1_000_000)))
    client.get(QUERY_STRING="p=2&before=x&p=1&utm=3")
    assert inner.queries == ["before=x&p=2&p=1"]


def test_name_longer_than_any_of_ours_is_none_of_the_caches_business(inner: Inner) -> None:
    client = Client(PageCache(inner, listening(1_000_000)))
    for _ in range(2):
        client.get("/" + "y" * LONGEST_NAME)
    assert inner.calls == 2


def test_page_that_closes_at_its_moment_is_not_served_after_it_even_without_a_database(
    inner: Inner, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = listening(1_000_000)
    client = Client(PageCache(inner, store))
    plain = inner.__class__.__call__

    def with_moment(self: Inner, environ: dict[str, Any], start_response: Any) -> Any:
        def begin(status: str, headers: list[tuple[str, str]]) -> Any:
            return start_response(status, [*headers, (caching.SPARE_HEADER, "90")])

        return plain(self, environ, begin)

    monkeypatch.setattr(Inner, "__call__", with_moment)
    client.get()
    store.trust(connected=False)
    inner.unavailable = True
    assert client.get()[0] == "200 OK"
    real = pagestore.time.time
    monkeypatch.setattr(pagestore.time, "time", lambda: real() + 91)
    assert client.get()[0].startswith("503")
