"""What the page cache promises beyond one process: several hear one purge, silence ends trust, shared caches obey."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.urls import path

from newsroom import caching, furniture, pagestore
from newsroom.caching import CachingError, edge_cached, ends_at, keyed, private
from newsroom.health import healthz, readyz
from newsroom.pagecache import PageCache
from newsroom.pagestore import Listener, PageStore, best_encoding
from newsroom.shelf import Kept, Shelf
from tests.newsroom.relay import Relay
from tests.newsroom.test_pagecache import PAGE, Client, Inner, wait_until

CDN = "https://cdn.example/purge"


def plain(request: HttpRequest) -> HttpResponse:
    return keyed(HttpResponse(PAGE), "article-1")


def touches_session(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.session.get("who")))


def sets_cookie(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("x")
    response.set_cookie("seen", "1")
    return response


def carries_token(request: HttpRequest) -> HttpResponse:
    from django.middleware.csrf import get_token

    return HttpResponse(get_token(request))


def carries_nonce(request: Any) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))


def ending(request: Any) -> HttpResponse:
    return ends_at(HttpResponse("soon"), request.now + timedelta(seconds=90, milliseconds=500))


def broken(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return HttpResponse("never")


def fails(request: HttpRequest) -> HttpResponse:
    raise ValueError


urlpatterns = [
    path("fails/", edge_cached(600)(fails)),
    path("plain/", edge_cached(600, params=("before",))(plain)),
    path("session/", edge_cached(600)(touches_session)),
    path("cookie/", edge_cached(600)(sets_cookie)),
    path("token/", edge_cached(600)(carries_token)),
    path("nonce/", edge_cached(600)(carries_nonce)),
    path("ending/", edge_cached(600)(ending)),
    path("undeclared/", plain),
    path("private/", private(plain)),
    path("broken/", private(broken)),
    path("healthz", healthz),
    path("readyz", readyz),
]
on_our_pages = pytest.mark.urls(__name__)


@pytest.fixture
def inner() -> Inner:
    return Inner()


@pytest.fixture
def listening() -> Iterator[Callable[[Inner], tuple[Client, PageStore]]]:
    """Starts a server's cache with its listener; all are stopped at the end."""
    listeners: list[Listener] = []

    def start(inner: Inner) -> tuple[Client, PageStore]:
        store = PageStore(1_000_000)
        listeners.append(Listener(store))
        listeners[-1].start()
        assert wait_until(lambda: store.heard().trust > 0)
        return Client(PageCache(inner, store)), store

    yield start
    for listener in listeners:
        listener.stop()
    caching.trust_followers(False)


def ears() -> list[int]:
    """The listeners' backends, as PostgreSQL knows them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')"
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_two_servers_hear_one_purge(inner: Inner, listening: Any) -> None:
    other = Inner()
    (here, _store), (there, _other_store) = listening(inner), listening(other)
    for client in (here, there, here, there):
        client.get()
    assert (inner.calls, other.calls) == (1, 1)
    inner.body = other.body = b"corrected"
    caching.purge("front")
    assert wait_until(lambda: here.get()[2] == there.get()[2] == b"corrected")
    assert (inner.calls, other.calls) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_pages_are_dropped_after_every_terminated_connection(inner: Inner, listening: Any) -> None:
    client, store = listening(inner)
    for round_number in (1, 2):
        client.get()
        trusted = store.heard().trust
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) pid", [ears()])
        assert wait_until(lambda before=trusted: store.heard().trust > before)
        inner.body = b"written while nobody listened %d" % round_number
        assert client.get()[2] == inner.body


@pytest.mark.django_db(transaction=True)
def test_backend_that_hangs_without_hanging_up_ends_trust(
    inner: Inner, listening: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A half-open connection: nothing is refused, nothing answers."""
    monkeypatch.setattr(pagestore, "PING_SECONDS", 0.1)
    monkeypatch.setattr(pagestore, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(pagestore, "LEASE_SECONDS", 0.4)
    client, store = listening(inner)
    client.get()
    (ear,) = ears()
    with psycopg.connect(settings.DATABASE_URL, dbname=connection.settings_dict["NAME"], autocommit=True) as holder:
        os.kill(ear, signal.SIGSTOP)
        try:
            inner.body = b"written while it hung"
            holder.execute("SELECT pg_notify(%s, %s)", [caching.CHANNEL, "front"])
            time.sleep(0.6)
            assert client.get()[2] == inner.body
            assert store.heard().trust == 0
            assert not furniture.snapshot.trusted
        finally:
            os.kill(ear, signal.SIGCONT)
    assert wait_until(lambda: store.heard().trust > 0)
    assert furniture.snapshot.trusted


@pytest.mark.django_db(transaction=True)
def test_line_that_went_dead_ends_trust_of_a_process_that_serves_hits_alone_and_is_given_up(
    inner: Inner, listening: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer that is gone without a word: what is sent is taken, and nothing ever comes."""
    monkeypatch.setattr(pagestore, "PING_SECONDS", 0.1)
    monkeypatch.setattr(pagestore, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(pagestore, "LEASE_SECONDS", 0.4)
    shelf: Shelf[int] = Shelf(1000)
    monkeypatch.setattr(caching, "_followers", [shelf])
    folder = connection.settings_dict["HOST"]
    if not folder.startswith("/"):
        pytest.skip("The relay stands before a socket in a folder, as the embedded PostgreSQL has.")
    with Relay(f"{folder}/.s.PGSQL.5432") as relay:
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", str(relay.port))
        client, store = listening(inner)
        client.get()
        assert [shelf.get("a", lambda: Kept(1, frozenset(), 1)), shelf.get("a", lambda: Kept(2, frozenset(), 1))] == [
            1,
            1,
        ]
        trusted = store.heard().trust
        relay.freeze()
        caching.purge("front")
        inner.body = b"written while the line was dead"
        time.sleep(0.6)
        assert shelf.get("a", lambda: Kept(2, frozenset(), 1)) == 2, "Private pages, too, believe nothing now."
        assert client.get()[2] == inner.body, "A process that only served hits asks again."
        assert wait_until(lambda: store.heard().trust > trusted), "It hung up and made another line."
        assert wait_until(lambda: shelf.hears)
        client.get()
        inner.body = b"heard over the new line"
        caching.purge("front")
        assert wait_until(lambda: client.get()[2] == inner.body)


def test_page_made_before_its_moment_ends_at_it_however_long_the_render_took(inner: Inner) -> None:
    store = PageStore(1_000_000)
    store.trust(connected=True)
    with time_machine.travel(datetime(2026, 11, 3, 12, 0, tzinfo=UTC), tick=False) as clock:
        inner.seconds = 10
        inner.during = lambda: clock.shift(4)
        client = Client(PageCache(inner, store))
        assert client.get()[1]["age"] == "4"
        inner.during = lambda: None
        clock.shift(5.9)
        client.get()
        assert inner.calls == 1
        clock.shift(0.2)
        client.get()
        assert inner.calls == 2


def test_page_whose_key_fell_while_it_was_rendered_is_kept_by_nobody_else(inner: Inner) -> None:
    store = PageStore(1_000_000)
    store.trust(connected=True)
    inner.during = lambda: store.drop(["front"])
    _status, headers, _body = Client(PageCache(inner, store)).get()
    assert headers["cache-control"] == "private, no-store"


def test_variants_say_what_they_vary_by_and_q_zero_refuses(inner: Inner) -> None:
    store = PageStore(1_000_000)
    store.trust(connected=True)
    client = Client(PageCache(inner, store))
    assert client.get()[1]["vary"] == "Accept-Encoding"
    refusing = client.get(HTTP_ACCEPT_ENCODING="br;q=0, gzip;q=0.5")
    assert refusing[1]["content-encoding"] == "gzip"
    unchanged = client.get(HTTP_ACCEPT_ENCODING="gzip", HTTP_IF_NONE_MATCH=f"W/{refusing[1]['etag']}")
    assert (unchanged[0], "content-encoding" in unchanged[1]) == ("304 Not Modified", False)
    assert [best_encoding(said) for said in ("", "identity", "gzip;q=0.0", "GZIP, BR")] == ["", "", "", "br"]


def test_header_of_a_proxy_makes_no_more_than_two_pages(inner: Inner, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    store = PageStore(1_000_000)
    store.trust(connected=True)
    client = Client(PageCache(inner, store))
    for proto in ("https", "https, http", "http", "nonsense", ""):
        client.get(HTTP_X_FORWARDED_PROTO=proto)
    assert inner.calls == 2


@on_our_pages
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/session/", "touched the session"),
        ("/cookie/", "set a cookie"),
        ("/token/", "carried a CSRF token"),
        ("/nonce/", "carried a nonce"),
        ("/undeclared/", "neither @edge_cached nor @private"),
    ],
)
def test_broken_promise_is_loud_here_and_private_in_production(
    client: Browser, settings: Any, address: str, said: str
) -> None:
    with pytest.raises(CachingError, match=said):
        client.get(address)
    settings.DEBUG = settings.FAIL_LOUDLY = False
    response = client.get(address)
    assert response["Cache-Control"] == "private, no-store"
    assert not response.has_header(caching.SECONDS_HEADER)


@on_our_pages
@pytest.mark.django_db
def test_edge_cached_page_is_public_for_strangers_and_private_for_members_and_fragments(
    client: Browser, cast: Any
) -> None:
    response = client.get("/plain/")
    assert response["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert response[caching.KEYS_HEADER] == "article-1 site"
    assert response[caching.SECONDS_HEADER] == "600"
    assert "X-Fragment" in response["Vary"]
    for answer in (client.get("/plain/", headers={"X-Fragment": "1"}), client.get("/private/")):
        assert answer["Cache-Control"] == "private, no-store"
        assert not answer.has_header(caching.SECONDS_HEADER)
    assert "X-Fragment" in client.get("/plain/", headers={"X-Fragment": "1"})["Vary"]
    client.force_login(cast.patron)
    signed_in = client.get("/plain/")
    assert signed_in["Cache-Control"] == "private, no-store"
    assert not signed_in.has_header(caching.KEYS_HEADER)


@on_our_pages
@pytest.mark.django_db
def test_error_of_ours_is_kept_by_nobody(client: Browser) -> None:
    client.raise_request_exception = False
    response = client.get("/fails/")
    assert (response.status_code, response["Cache-Control"]) == (500, "private, no-store")
    assert not response.has_header(caching.SECONDS_HEADER)


@on_our_pages
@pytest.mark.django_db
def test_token_of_another_page_does_not_keep_a_reader_from_the_cache(client: Browser) -> None:
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    assert client.get("/plain/")[caching.SECONDS_HEADER] == "600"


@on_our_pages
@pytest.mark.django_db
def test_purging_cdn_is_told_keys_and_the_seconds_that_are_left(client: Browser, settings: Any, now: datetime) -> None:
    settings.CDN_PURGE_URL = CDN
    response = client.get("/ending/")
    assert response[caching.SECONDS_HEADER] == "90"
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=90, must-revalidate"
    assert client.get("/plain/")["Surrogate-Key"] == "article-1 site"


@on_our_pages
@pytest.mark.django_db(transaction=True)
def test_kept_page_ages_so_that_a_cdn_keeps_it_no_longer_than_we_do(settings: Any) -> None:
    from django.core.handlers.wsgi import WSGIHandler

    settings.CDN_PURGE_URL = CDN
    store = PageStore(1_000_000)
    store.trust(connected=True)
    client = Client(PageCache(WSGIHandler(), store))
    whole = {"SERVER_NAME": "testserver", "SERVER_PORT": "80", "wsgi.input": BytesIO(), "wsgi.url_scheme": "http"}
    with time_machine.travel(datetime(2026, 11, 3, 12, 0, tzinfo=UTC), tick=False) as clock:
        client.get("/ending/", **whole)
        clock.shift(60)
        _status, headers, _body = client.get("/ending/", **whole)
    assert "s-maxage=90" in headers["cache-control"]
    assert headers["age"] == "60"


@on_our_pages
@pytest.mark.django_db(transaction=True)
def test_lost_database_is_503_for_a_moment_and_the_process_stays_well(client: Browser) -> None:
    response = client.get("/broken/")
    assert response.status_code == 503
    assert response["Retry-After"]
    connection.close()
    assert client.get("/readyz").json() == {"process": "ok", "database": "ok"}


@pytest.mark.django_db  # Django looks at a connection that another test left open
@on_our_pages
def test_whoever_watches_the_process_may_ask_by_address(settings: Any) -> None:
    from django.core.handlers.wsgi import WSGIHandler

    settings.ALLOWED_HOSTS = [".news.example.org"]
    client = Client(PageCache(WSGIHandler(), PageStore(1)))
    whole = {"SERVER_NAME": "10.0.0.7", "SERVER_PORT": "8000", "wsgi.input": BytesIO(), "wsgi.url_scheme": "http"}
    status, _headers, body = client.get("/healthz", **{**whole, "HTTP_HOST": "10.0.0.7:8000"})
    assert (status, body) == ("200 OK", b"ok")
