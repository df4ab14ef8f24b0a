"""Who may keep a page, and what makes it stale.

Every public view declares itself `@edge_cached` (the same for every anonymous reader) or `@private`; the
middleware fails loudly in development and tests when neither is said or the promise is broken. Whoever
writes calls `purge(*keys)` inside its transaction. `pagecache` keeps the pages.
"""

import functools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from newsroom import cdn
from newsroom.shelf import Follower

View = Callable[..., HttpResponse]
CHANNEL = "pages"
KEYS_HEADER = "X-Edge-Keys"  # these four are for the page cache, which takes them off
SECONDS_HEADER = "X-Edge-Seconds"
SPARE_HEADER = "X-Edge-Spare"  # seconds it may be served for while the database is away
UNAVAILABLE_HEADER = "X-Edge-Unavailable"
FRAGMENT_HEADER = "X-Fragment"
PAYLOAD_BYTES = 7900  # NOTIFY refuses 8000
EVERYTHING = "*"


class CachingError(AssertionError):
    """A view broke its promise about caching. Raised in development and tests, logged in production."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A stored time at which pages with any of `keys` change by themselves."""

    at: datetime
    keys: frozenset[str]


_moment_sources: list[Callable[[datetime], Iterable[Moment]]] = []


def register_moments(source: Callable[[datetime], Iterable[Moment]]) -> None:
    """Have `source(now)` asked for the stored moments after `now`. Called from an app's `ready`."""
    if source not in _moment_sources:
        _moment_sources.append(source)


def upcoming_moments(now: datetime) -> list[Moment]:
    """Every registered moment after `now`, soonest first. Queries the database."""
    return sorted((moment for source in _moment_sources for moment in source(now)), key=lambda moment: moment.at)


def next_change(keys: Iterable[str], moments: Iterable[Moment], now: datetime) -> datetime | None:
    """The first of `moments` (soonest first) after `now` that touches one of `keys`."""
    wanted = {*keys, EVERYTHING}
    return next((moment.at for moment in moments if moment.at > now and moment.keys & wanted), None)


def edge_cached(seconds: int, *, keys: tuple[str, ...] = (), params: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Declare a view the same for every anonymous reader, for at most `seconds`.

    `keys`: what it shows, named; a view adds the rest with `keyed`. `params`: the query parameters it
    knows; others make no new entry. For a signed-in reader or a fragment the answer is private.
    """

    def declare(view: View) -> View:
        @functools.wraps(view)
        def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            request.edge_seconds = seconds
            response = view(request, *args, **kwargs)
            keyed(response, *keys, "site")
            return response

        wrapped.edge_params = params  # type: ignore[attr-defined]  # read by pagecache and the laws' tests
        wrapped.cache_class = "edge"  # type: ignore[attr-defined]  # read by the laws' tests
        return wrapped

    return declare


def private(view: View) -> View:
    """Declare a view made for one reader: never stored anywhere."""

    @functools.wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        request.edge_seconds = None
        return view(request, *args, **kwargs)

    wrapped.cache_class = "private"  # type: ignore[attr-defined]  # read by the laws' tests
    return wrapped


def keyed(response: HttpResponse, *keys: str) -> HttpResponse:
    """Name what `response` shows, so that a purge of any of `keys` drops it."""
    had: set[str] = getattr(response, "edge_keys", set())
    response.edge_keys = had | set(keys)  # type: ignore[attr-defined]  # our mark on the response
    return response


def ends_at(response: HttpResponse, moment: datetime | None) -> HttpResponse:
    """Say that what `response` shows changes by itself at `moment` (the sooner of several counts)."""
    had: datetime | None = getattr(response, "edge_ends_at", None)
    if moment is not None and (had is None or moment < had):
        response.edge_ends_at = moment  # type: ignore[attr-defined]  # our mark on the response
    return response


_followers: list[Follower] = []
_own_pages: list[Callable[[list[str]], None]] = []


def follow(follower: Follower) -> None:
    """Have `follower` told of every purge, wherever it was called."""
    _followers.append(follower)


def also_drop(drop: Callable[[list[str]], None]) -> None:
    """Have this process's own purges call `drop` with their keys, right after commit: its pages need no word of it."""
    _own_pages.append(drop)


def tell_followers(keys: list[str]) -> None:
    """Pass on what fell. Called by the page cache's listener before it drops pages."""
    for follower in _followers:
        follower.drop(keys)


def trust_followers(connected: bool) -> None:
    """Pass on whether changes are heard of."""
    for follower in _followers:
        follower.trust(connected)


def lease_followers(until: float) -> None:
    """Pass on until when (of the monotonic clock) what was kept may be believed."""
    for follower in _followers:
        follower.lease(until)


def purge(*keys: str) -> None:
    """Drop every page with one of `keys`, everywhere, when the current transaction commits.

    One NOTIFY for as many keys as fit, and a CDN job where one is configured. Nothing on rollback. What this
    process keeps of them is gone before the caller answers: who wrote sees it at once.
    """
    batch: list[str] = []
    for key in sorted(set(keys)):
        if sum(len(name.encode()) + 1 for name in batch) + len(key.encode()) > PAYLOAD_BYTES:
            _notify(batch)
            batch = []
        batch.append(key)
    if batch:
        _notify(batch)
        cdn.queue_purge(sorted(set(keys)))
        transaction.on_commit(lambda: _fell_here(sorted(set(keys))))


def _fell_here(keys: list[str]) -> None:
    """Let go of what this process keeps: followers first, so that no page is made of what they kept."""
    tell_followers(keys)
    for drop in _own_pages:
        drop(keys)


def _notify(keys: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, " ".join(keys)])


def is_anonymous_request(request: HttpRequest) -> bool:
    """Whether the page cache may answer: no session cookie and no fragment asked for."""
    return settings.SESSION_COOKIE_NAME not in request.COOKIES and FRAGMENT_HEADER not in request.headers


class CachingMiddleware:
    """Turns the views' declarations into headers and holds them to their word."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with `Cache-Control` and, for what may be kept, the page cache's two headers."""
        response = self.get_response(request)
        declared = getattr(request, "edge_seconds", "nothing")
        if declared == "nothing":
            if response.status_code < 400 and not _speaks_for_itself(request, response):
                _complain(f"{request.path} is neither @edge_cached nor @private.")
            declared = None
        if FRAGMENT_HEADER in request.headers or hasattr(response, "edge_keys"):
            patch_vary_headers(response, [FRAGMENT_HEADER])
        keeps = declared is not None and request.method in ("GET", "HEAD") and response.status_code == 200
        if keeps and is_anonymous_request(request):
            self._keep(request, response, int(declared))
        elif not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503, so marked that the page cache may serve what it has, when the database is away."""
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logging.getLogger(__name__).error("No database for %s: %s", request.path, exception)
        response = HttpResponse(_("The site is catching its breath. Try again in a few seconds."), status=503)
        response[UNAVAILABLE_HEADER] = "1"
        response["Retry-After"] = "5"
        return response

    def _keep(self, request: HttpRequest, response: HttpResponseBase, seconds: int) -> None:
        broken = _broken_promise(request, response)
        if broken:
            _complain(f"{request.path} is @edge_cached but {broken}.")
            response["Cache-Control"] = "private, no-store"
            return
        keys = sorted(getattr(response, "edge_keys", set()) | getattr(request, "edge_extra_keys", set()))
        furniture = getattr(request, "furniture", None)
        now: datetime = request.now  # type: ignore[attr-defined]  # set by ReaderMiddleware
        own: datetime | None = getattr(response, "edge_ends_at", None)
        moments = [own]
        if furniture is not None:
            moments.append(next_change(keys, furniture.moments, now))
        for moment in filter(None, moments):
            seconds = max(0, min(seconds, int((moment - now).total_seconds())))
        response[KEYS_HEADER] = " ".join(keys)
        response[SECONDS_HEADER] = str(seconds)
        if own is not None:  # what closes then is not shown after it, even where nobody can say what came of it
            response[SPARE_HEADER] = str(max(0, int((own - now).total_seconds())))
        cdn.set_headers(response, keys=keys, seconds=seconds)


def _broken_promise(request: HttpRequest, response: HttpResponseBase) -> str:
    session = getattr(request, "session", None)
    if session is not None and session.accessed:
        return "touched the session"
    if "CSRF_COOKIE_NEEDS_UPDATE" in request.META:  # a token was asked for; CSRF_COOKIE alone came with the request
        return "carried a CSRF token"
    if response.cookies:
        return "set a cookie"
    if getattr(request, "_csp_nonce", None):
        return "carried a nonce"
    return ""


def _speaks_for_itself(request: HttpRequest, response: HttpResponseBase) -> bool:
    """The desk and allauth declare nothing; their pages are private by default. Files have their own headers."""
    own = ("/admin/", "/accounts/", settings.STATIC_URL, settings.MEDIA_URL)
    return request.path.startswith(own) or 300 <= response.status_code < 400


def _complain(message: str) -> None:
    if settings.DEBUG or settings.FAIL_LOUDLY:
        raise CachingError(message)
    logging.getLogger(__name__).error(message)
