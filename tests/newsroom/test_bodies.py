"""What requests bring is read first, by a few at a time: who sends slowly holds nobody else up."""

import threading
from io import BytesIO
from typing import Any

import pytest

from newsroom.bodies import IN_MEMORY, READERS, largest_at
from newsroom.pagecache import PageCache
from newsroom.pagestore import PageStore
from tests.newsroom.test_pagecache import Client


class Taker:
    """An application that takes what it is brought."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.taken.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"taken"]


class Dripping(BytesIO):
    """Gives nothing until it is let go."""

    def __init__(self, gate: threading.Event, asked: threading.Semaphore) -> None:
        super().__init__(b"slow")
        self.gate, self.asked = gate, asked

    def read(self, size: int | None = -1) -> bytes:
        self.asked.release()
        assert self.gate.wait(10)
        return super().read(size)


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def client(taker: Taker) -> Client:
    return Client(PageCache(taker, PageStore(1)))


def post(client: Client, body: BytesIO, length: int) -> str:
    brought = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(length), "wsgi.input": body}
    return client.get("/form/", **brought)[0]


@pytest.mark.parametrize("size", [1, IN_MEMORY, 3 * IN_MEMORY + 7])
def test_body_comes_in_whole_and_no_more_than_was_announced(client: Client, taker: Taker, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert post(client, BytesIO(data), size) == "200 OK"
    assert taker.taken == [data[:size]]


READERS_MOST = 12 * 1024 * 1024


@pytest.mark.parametrize(("length", "said"), [(READERS_MOST + 1, "413"), (10**18, "413"), (6, "400"), (5, "200")])
def test_what_is_too_large_or_breaks_off_never_reaches_the_application(
    client: Client, taker: Taker, length: int, said: str
) -> None:
    assert post(client, BytesIO(b"short"), length).startswith(said)
    assert taker.taken == ([b"short"] if said == "200" else [])


def test_desk_takes_pictures_larger_than_any_form_but_not_everything(client: Client, taker: Taker) -> None:
    for length, said in ((READERS_MOST + 1, "400"), (largest_at("/admin/") + 1, "413")):
        brought = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(length), "wsgi.input": BytesIO(b"short")}
        assert client.get("/admin/pictures/", **brought)[0].startswith(said)


def test_only_so_many_wait_for_slow_clients_and_the_next_is_told_at_once(client: Client, taker: Taker) -> None:
    gate, asked = threading.Event(), threading.Semaphore(0)
    said: list[str] = []
    threads = [
        threading.Thread(target=lambda: said.append(post(client, Dripping(gate, asked), 4))) for _ in range(READERS)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert asked.acquire(timeout=10)
    assert post(client, BytesIO(b"quick"), 5).startswith("503")
    gate.set()
    for thread in threads:
        thread.join()
    assert set(said) == {"200 OK"}
    assert post(client, BytesIO(b"quick"), 5) == "200 OK"
