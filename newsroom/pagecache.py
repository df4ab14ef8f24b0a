"""The page cache: anonymous pages answered before Django is entered.

A WSGI wrapper around the application. Each process keeps its own pages, at most `PAGE_CACHE_MB`; one
thread listens for PostgreSQL's NOTIFY and drops what `caching.purge` named. Rules that hold here:

* A request with a session cookie or `X-Fragment` never touches the cache.
* One renderer a key at a time; who comes meanwhile waits for it. A page whose key fell while it was
  being rendered is not stored.
* A hit takes no lock and asks nobody: a key is looked up, an `Age` added, ready-made bytes handed out.
* While nothing is heard from the database every page is *suspect*: rendered anew, and served stale (for
  at most an hour) only if that fails for want of the database.
* The inner response is always closed: Django gives its connection back there.
"""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve

from newsroom import caching
from newsroom.bodies import BUSY, Bodies, content_length
from newsroom.breaker import Breaker
from newsroom.pagestore import Headers, Page, PageStore

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

UNAVAILABLE = caching.UNAVAILABLE_HEADER.lower()
SECONDS = caching.SECONDS_HEADER.lower()
INTERNAL = {name.lower() for name in (caching.KEYS_HEADER, caching.SECONDS_HEADER, caching.SPARE_HEADER, UNAVAILABLE)}
NOT_IN_304 = {"content-type", "content-length", "content-encoding"}
RENDERER_WAIT_SECONDS = 10.0
SUSPECT_WAIT_SECONDS = 2.0  # as long as the pool has one wait for a connection
LONGEST_NAME = 1_000  # no address of ours is longer; those of others must not fill memory
LONGEST_HOST = 255
ALWAYS_ENTERED = ("/healthz", "/readyz")
UNAVAILABLE_PAGE = (
    b"<!doctype html><meta charset=utf-8><title>One moment</title>"
    b"<h1>One moment, please</h1><p>The site is catching its breath. Try again in a few seconds.</p>"
)
REFUSED_PAGE = (
    b"<!doctype html><meta charset=utf-8><title>Not received</title>"
    b"<h1>This did not arrive</h1><p>It was too large, or the connection broke off. Go back and try again.</p>"
)


@dataclass
class Answer:
    """A response of the application, begun: its body is still to be read, or handed on."""

    status: str
    headers: Headers
    marks: dict[str, str]
    chunks: Iterable[bytes]

    @property
    def is_unavailable(self) -> bool:
        """Whether it failed for want of the database."""
        return UNAVAILABLE in self.marks

    @property
    def may_be_kept(self) -> bool:
        """Whether the application says that everybody may be given it."""
        return self.status.startswith("200") and SECONDS in self.marks

    def read(self) -> bytes:
        """The whole body. The response is closed, whatever happens."""
        try:
            return b"".join(self.chunks)
        finally:
            close = getattr(self.chunks, "close", None)
            if close is not None:
                close()


class PageCache:
    """Wraps a WSGI application. `store` keeps the pages; `start` is called in each serving process."""

    def __init__(self, application: Wsgi, store: PageStore, start: Callable[[], None] = lambda: None) -> None:
        self._application = application
        self._store = store
        self._start = start
        self._started = False
        self._renderers: dict[str, threading.Lock] = {}
        self._waiting: dict[str, int] = {}
        self._guard = threading.Lock()
        self._breaker = Breaker()
        self._bodies = Bodies()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from the cache, or from the application and keep what it allows."""
        if not self._started:
            self._begin()
        key = cache_key(environ)
        if key is None:
            return self._pass_on(environ, start_response)
        page = self._store.fresh(key)
        if page is not None:
            return serve(page, environ, start_response)
        return self._render_or_wait(key, environ, start_response)

    def _begin(self) -> None:
        """Start the listener in the serving process, not in one that forks."""
        with self._guard:
            if not self._started:
                self._started = True
                self._start()

    def _render_or_wait(self, key: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith((settings.STATIC_URL, settings.MEDIA_URL)):
            return self._pass_on(environ, start_response)
        if self._store.is_uncacheable(key):
            return self._render(key, environ, start_response)
        if self._breaker.is_shut:
            return self._stale_or_unavailable(key, environ, start_response)
        is_suspect = not self._store.hears and self._store.stale(key) is not None
        with self._one_renderer(key, SUSPECT_WAIT_SECONDS if is_suspect else RENDERER_WAIT_SECONDS) as is_ours:
            page = self._store.fresh(key)
            if page is not None:
                return serve(page, environ, start_response)
            if is_suspect and not is_ours:  # whoever renders it gets no answer from the database
                self._breaker.failed()
            return self._render(key, environ, start_response)

    def _render(self, key: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._breaker.lets_in():
            return self._stale_or_unavailable(key, environ, start_response)
        heard = self._store.heard()
        answer = run(self._application, {**environ, "REQUEST_METHOD": "GET"})
        if answer.is_unavailable:
            answer.read()
            self._breaker.failed()
            return self._stale_or_unavailable(key, environ, start_response)
        self._breaker.went_well()
        if not answer.may_be_kept and environ["REQUEST_METHOD"] != "HEAD":
            self._store.keep(key, answer.headers, b"", {}, heard)
            start_response(answer.status, answer.headers)
            return answer.chunks  # as it comes: a long sitemap is nowhere whole; the server closes it
        body = answer.read()
        page = self._store.keep(key, answer.headers, body, answer.marks if answer.may_be_kept else {}, heard)
        if page is not None:
            return serve(page, environ, start_response)
        return give(answer.status, answer.headers, body, environ, start_response)

    def _stale_or_unavailable(self, key: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        page = self._store.stale(key)
        if page is not None:
            return serve(page, environ, start_response)
        return refuse(BUSY, environ, start_response)

    def _pass_on(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """A request the cache has no part in: only our marks come off, and the breaker holds."""
        path = environ.get("PATH_INFO", "")
        asks_nobody = path.startswith((settings.STATIC_URL, settings.MEDIA_URL)) or path in ALWAYS_ENTERED
        if path in ALWAYS_ENTERED:
            environ["HTTP_HOST"] = ask_by_name()
        refusal = self._bodies.take_in(environ) if content_length(environ) else ""
        if refusal:
            return refuse(refusal, environ, start_response)
        if not asks_nobody and not self._breaker.lets_in():
            return refuse(BUSY, environ, start_response)

        def begin(status: str, headers: Headers, *rest: Any) -> Any:
            if any(name.lower() == UNAVAILABLE for name, _ in headers):
                self._breaker.failed()
            elif not asks_nobody:
                self._breaker.went_well()
            return start_response(status, [pair for pair in headers if pair[0].lower() not in INTERNAL], *rest)

        return self._application(environ, begin)

    @contextmanager
    def _one_renderer(self, key: str, patience: float) -> Iterator[bool]:
        """Wait for who renders `key` now; False where that takes longer: who hangs must not hang the rest."""
        with self._guard:
            lock = self._renderers.setdefault(key, threading.Lock())
            self._waiting[key] = self._waiting.get(key, 0) + 1
        held = lock.acquire(timeout=patience)
        try:
            yield held
        finally:
            if held:
                lock.release()
            with self._guard:
                self._waiting[key] -= 1
                if not self._waiting[key]:
                    del self._waiting[key], self._renderers[key]


def cache_key(environ: Environ) -> str | None:
    """What names this page in the cache; None where the cache has no part.

    Only parameters the view declared count; for the others the request is rendered and kept without them
    (`environ` loses them). The name a cookie of ours would have anywhere in the header is enough to step aside.
    """
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "HTTP_X_FRAGMENT" in environ:
        return None
    if "HTTP_AUTHORIZATION" in environ:  # a key of the content API reads more
        return None
    if settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", ""):
        return None
    path = environ.get("PATH_INFO", "")
    host = _our_host(environ.get("HTTP_HOST", "")[: LONGEST_HOST + 1])
    if host is None or path in ALWAYS_ENTERED or len(path) > LONGEST_NAME:
        return None
    query = environ.get("QUERY_STRING", "")
    if query:
        names = _known_params(settings.ROOT_URLCONF, path)
        if names is None:
            return None
        query = environ["QUERY_STRING"] = _only(names, query)
    name = f"{_scheme(environ)}{host}{path}?{query}"
    return name if len(name) <= LONGEST_NAME else None


def _only(names: tuple[str, ...], query: str) -> str:
    """The parameters a view knows, by name; of one given twice the order stays, since the last counts."""
    if not names:
        return ""
    parts = (part for part in query.split("&") if unquote_plus(part.partition("=")[0]) in names)
    known = [pair for part in parts for pair in parse_qsl(part, keep_blank_values=True)]
    return urlencode(sorted(known, key=itemgetter(0)))


def _scheme(environ: Environ) -> str:
    """How the reader came, as Django will see it: over plain HTTP the answer is another (a redirect)."""
    if settings.SECURE_PROXY_SSL_HEADER:
        header, secure = settings.SECURE_PROXY_SSL_HEADER
        return "https://" if environ.get(header, "").split(",", 1)[0].strip() == secure else "http://"
    return ""


@functools.lru_cache(maxsize=4096)  # bounded: a flood of invented paths must not fill memory
def _known_params(urlconf: str, path: str) -> tuple[str, ...] | None:
    try:
        view = resolve(path.encode("latin-1").decode("utf-8", "replace"), urlconf).func
    except Resolver404:
        return None
    names: tuple[str, ...] | None = getattr(view, "edge_params", None)
    return names


@functools.lru_cache(maxsize=1024)
def _our_host(host: str) -> str | None:
    """The name in a Host header if it is one of ours, without its port: pages do not depend on it."""
    domain, _port = split_domain_port(host)
    return domain if domain and validate_host(domain, settings.ALLOWED_HOSTS) else None


def ask_by_name() -> str:
    """A name that Django will take: whoever watches the process asks by address, and is told the same."""
    return next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")


def run(application: Wsgi, environ: Environ) -> Answer:
    """Have the application begin its answer; it says status and headers before the body, as Django does."""
    begun: list[Any] = []

    def begin(status: str, headers: Headers, *rest: Any) -> Callable[[bytes], None]:
        begun[:] = [status, headers]
        return lambda data: None

    chunks = application(environ, begin)
    status, headers = begun
    marks = {name.lower(): value for name, value in headers if name.lower() in INTERNAL}
    return Answer(status, [pair for pair in headers if pair[0].lower() not in INTERNAL], marks, chunks)


def serve(page: Page, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """A page in the best encoding the client takes, or 304 if it has that."""
    etag, headers, body = page.accepted_as(environ.get("HTTP_ACCEPT_ENCODING", ""))
    headers = [*headers, ("Age", str(page.age()))]
    asked = environ.get("HTTP_IF_NONE_MATCH")
    if asked and (asked.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in asked.split(",")]):
        start_response("304 Not Modified", [pair for pair in headers if pair[0].lower() not in NOT_IN_304])
        return []
    start_response("200 OK", headers)
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def give(
    status: str, headers: Headers, body: bytes, environ: Environ, start_response: StartResponse
) -> Iterable[bytes]:
    """A whole response; HEAD gets its headers alone."""
    headers = [pair for pair in headers if pair[0].lower() != "content-length"]
    start_response(status, [*headers, ("Content-Length", str(len(body)))])
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def refuse(status: str, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Say no, at once and without asking anybody."""
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "private, no-store"),
        ("Content-Security-Policy", "default-src 'none'"),
    ]
    if status != BUSY:
        return give(status, headers, REFUSED_PAGE, environ, start_response)
    return give(status, [*headers, ("Retry-After", "5")], UNAVAILABLE_PAGE, environ, start_response)
