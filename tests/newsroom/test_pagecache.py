"""The page cache: what it keeps, what it drops, and what it never serves."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.db import connection, transaction

from newsroom import caching, furniture, pagecache, pagestore
from newsroom.pagecache import PageCache
from newsroom.pagestore import Listener, PageStore

PAGE = b"<p>" + b"news " * 400 + b"</p>"


class Inner:
    """A WSGI application that counts its calls and can be told what to answer."""

    def __init__(self) -> None:
        self.calls = 0
        self.closed = 0
        self.body = PAGE
        self.seconds = 60
        self.keys = "front site"
        self.status = "200 OK"
        self.unavailable = False
        self.during: Callable[[], None] = lambda: None
        self.queries: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> "Inner":
        self.calls += 1
        self.queries.append(environ.get("QUERY_STRING", ""))
        self.during()
        headers = [("Content-Type", "text/html"), (caching.KEYS_HEADER, self.keys)]
        headers.append((caching.SECONDS_HEADER, str(self.seconds)))
        if self.unavailable:
            headers = [("Content-Type", "text/plain"), (caching.UNAVAILABLE_HEADER, "1")]
        start_response("503 No" if self.unavailable else self.status, headers)
        self._left = [self.body]
        return self

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._left)

    def close(self) -> None:
        self.closed += 1


class Client:
    """Asks a WSGI application."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def get(self, path: str = "/", **environ: Any) -> tuple[str, dict[str, str], bytes]:
        base = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "HTTP_HOST": "testserver"}
        seen: list[Any] = []
        answer = self.application({**base, **environ}, lambda status, headers, *rest: seen.extend([status, headers]))
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return seen[0], {name.lower(): value for name, value in seen[1]}, body


@pytest.fixture
def inner() -> Inner:
    return Inner()


@pytest.fixture
def store() -> PageStore:
    store = PageStore(1_000_000)
    store.trust(connected=True)
    return store


@pytest.fixture
def client(inner: Inner, store: PageStore) -> Client:
    return Client(PageCache(inner, store))


def test_second_anonymous_request_never_enters_the_application(client: Client, inner: Inner) -> None:
    first, second = client.get(), client.get()
    assert inner.calls == 1
    assert first[2] == second[2] == PAGE
    assert caching.KEYS_HEADER.lower() not in second[1]


def test_request_with_a_session_cookie_is_neither_served_nor_kept(client: Client, inner: Inner) -> None:
    cookie = f"{settings.SESSION_COOKIE_NAME}=abc"
    client.get(HTTP_COOKIE=cookie)
    client.get()
    _status, headers, _body = client.get(HTTP_COOKIE=cookie)
    assert inner.calls == 3
    assert caching.SECONDS_HEADER.lower() not in headers
    assert "etag" not in headers


def test_fragment_never_touches_the_cache(client: Client, inner: Inner) -> None:
    client.get()
    client.get(HTTP_X_FRAGMENT="1")
    assert inner.calls == 2


@pytest.mark.parametrize("status", ["404 Not Found", "302 Found", "500 Oops"])
def test_what_the_application_does_not_mark_is_not_kept(client: Client, inner: Inner, status: str) -> None:
    inner.status, inner.seconds = status, 0
    client.get()
    assert client.get()[0] == status
    assert inner.calls == 2


def test_head_is_answered_from_the_page_without_its_body(client: Client, inner: Inner) -> None:
    status, headers, body = client.get(REQUEST_METHOD="HEAD")
    assert (status, body, headers["content-length"]) == ("200 OK", b"", str(len(PAGE)))
    assert client.get()[2] == PAGE
    assert inner.calls == 1


@pytest.mark.parametrize(("accepted", "decode"), [("gzip", gzip.decompress), ("gzip, br", brotli.decompress)])
def test_encodings_have_their_own_etag_and_answer_304(client: Client, accepted: str, decode: Any) -> None:
    plain_tag = client.get()[1]["etag"]
    _status, headers, body = client.get(HTTP_ACCEPT_ENCODING=accepted)
    assert decode(body) == PAGE
    assert headers["etag"] != plain_tag
    again = client.get(HTTP_ACCEPT_ENCODING=accepted, HTTP_IF_NONE_MATCH=f'"x", {headers["etag"]}')
    assert (again[0], again[2]) == ("304 Not Modified", b"")
    assert client.get(HTTP_ACCEPT_ENCODING=accepted, HTTP_IF_NONE_MATCH=plain_tag)[0] == "200 OK"


def test_unknown_host_is_passed_on_and_not_kept(client: Client, inner: Inner) -> None:
    client.get(HTTP_HOST="evil.example")
    client.get(HTTP_HOST="evil.example")
    assert inner.calls == 2


def test_unknown_parameters_make_no_new_page(client: Client, inner: Inner) -> None:
    client.get(QUERY_STRING="utm_source=mail")
    client.get(QUERY_STRING="fbclid=1")
    client.get()
    assert inner.calls == 1
    assert inner.queries == [""]


def test_page_ends_at_its_seconds(client: Client, inner: Inner, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get()
    later = time.time() + 61
    monkeypatch.setattr(pagestore.time, "time", lambda: later)
    client.get()
    assert inner.calls == 2


def test_dropped_key_takes_its_pages_and_no_others(client: Client, inner: Inner, store: PageStore) -> None:
    client.get("/a/")
    inner.keys = "section-7 site"
    client.get("/b/")
    store.drop(["front"])
    client.get("/a/")
    client.get("/b/")
    assert inner.calls == 3


def test_page_whose_key_fell_while_it_was_rendered_is_not_kept(client: Client, inner: Inner, store: PageStore) -> None:
    inner.during = lambda: store.drop(["front"])
    client.get()
    inner.during = lambda: None
    inner.body = b"corrected"
    assert client.get()[2] == b"corrected"


def test_sixteen_readers_of_a_cold_page_wait_for_one_renderer(client: Client, inner: Inner) -> None:
    inner.during = lambda: time.sleep(0.1)
    threads = [threading.Thread(target=client.get) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inner.calls == 1


def test_without_the_database_pages_are_suspect_and_served_stale_only_if_rendering_fails(
    client: Client, inner: Inner, store: PageStore
) -> None:
    client.get()
    store.trust(connected=False)
    inner.body = b"newer"
    assert client.get()[2] == b"newer"
    inner.unavailable = True
    assert client.get()[2] == b"newer"
    store.trust(connected=True)  # the listener is first: for the pool the database is still away
    assert client.get()[2] == b"newer"
    inner.unavailable = False
    inner.body = b"newest"
    time.sleep(1.05)  # the breaker's second
    assert client.get()[2] == b"newest"


def test_breaker_answers_503_for_a_second_without_entering_the_application(client: Client, inner: Inner) -> None:
    inner.unavailable = True
    assert client.get("/a/")[0].startswith("503")
    assert client.get("/b/")[0].startswith("503")
    assert inner.calls == 1
    assert client.get("/healthz", HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}=1")[0].startswith("503")
    assert inner.calls == 2


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """What `work` brings each of `count` threads."""
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(work())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_after_the_second_one_request_tries_and_the_others_are_told_at_once(client: Client, inner: Inner) -> None:
    member = {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}=1"}
    client.get("/kept/")
    inner.unavailable = True
    client.get("/a/")
    time.sleep(1.05)
    inner.during = lambda: time.sleep(0.3)
    asked = inner.calls
    answers = at_once(8, lambda: client.get(f"/{threading.get_ident()}/", **member)[0])
    assert {answer[:3] for answer in answers} == {"503"}
    assert inner.calls == asked + 1
    inner.unavailable = False
    assert client.get("/kept/")[2] == PAGE
    assert inner.calls == asked + 1
    time.sleep(1.05)
    assert client.get("/b/", **member)[0] == "200 OK"
    assert {answer[0] for answer in at_once(8, lambda: client.get("/c/", **member))} == {"200 OK"}


def test_suspect_page_is_served_while_its_renderer_hangs(
    client: Client, inner: Inner, store: PageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagecache, "SUSPECT_WAIT_SECONDS", 0.1)
    client.get()
    store.trust(connected=False)
    let_go, inner.body = threading.Event(), b"never"
    inner.during = lambda: let_go.wait(10) and None
    hanging = threading.Thread(target=client.get)
    hanging.start()
    assert wait_until(lambda: inner.calls == 2)
    assert {answer[2] for answer in at_once(8, client.get)} == {PAGE}
    assert inner.calls == 2
    let_go.set()
    hanging.join()


def test_inner_response_is_always_closed(client: Client, inner: Inner) -> None:
    client.get()
    client.get(REQUEST_METHOD="HEAD", PATH_INFO="/x/")
    client.get(REQUEST_METHOD="POST")
    inner.during = lambda: None
    inner.unavailable = True
    client.get("/y/")
    assert inner.closed == inner.calls


def wait_until(said: Callable[[], bool]) -> bool:
    for _ in range(100):
        if said():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.django_db(transaction=True)
def test_listener_hears_commits_not_rollbacks_and_survives_a_killed_connection() -> None:
    store = PageStore(1_000_000)
    inner = Inner()
    client = Client(PageCache(inner, store))
    listener = Listener(store)
    listener.start()
    try:
        assert wait_until(lambda: store.heard()[1] > 0)
        assert furniture.snapshot.trusted
        client.get()
        with transaction.atomic():
            caching.purge("front")
            transaction.set_rollback(True)
        time.sleep(0.1)
        client.get()
        assert inner.calls == 1
        caching.purge("front", *(f"article-{number}" for number in range(2000)))
        assert wait_until(lambda: (client.get(), inner.calls)[1] == 2)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' OR "
                "(query = 'SELECT 1' AND pid <> pg_backend_pid() AND datname = current_database())"
            )
        assert wait_until(lambda: store.heard()[1] == 0)
        assert not furniture.snapshot.trusted
        assert wait_until(lambda: store.heard()[1] == 2)
    finally:
        listener.stop()
        caching.trust_followers(False)


def test_what_is_kept_for_nobody_is_handed_on_as_it_comes(store: PageStore) -> None:
    made: list[int] = []
    closed: list[bool] = []

    class Slices:
        def __iter__(self) -> Any:
            for number in range(3):
                made.append(number)
                yield b"x"

        def close(self) -> None:
            closed.append(True)

    def application(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "text/xml")])
        return Slices()

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/long.xml", "HTTP_HOST": "testserver", "QUERY_STRING": ""}
    answer = iter(PageCache(application, store)(environ, lambda status, headers: None))
    assert made == []
    next(answer)
    assert made == [0], "Nothing of it is made before it is sent."
    PageCache(application, store)({**environ, "REQUEST_METHOD": "HEAD"}, lambda status, headers: None)
    assert closed == [True]
