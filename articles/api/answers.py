"""How the content API answers: who asks, how often, what may be kept by whom; JSON, ETags, CORS, problems.

Without a key an answer is the same for everybody and edge-cached like a page. With one it is private, and the page
cache steps aside (`Authorization` is part of what it looks at). Sessions and cookies are never looked at.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from articles.api.problems import ProblemError
from articles.lists import CursorError
from articles.models import Article
from articles.shelved import WithdrawnError
from articles.structured_data import absolute
from members.api import keys as api_keys
from members.gate import ANONYMOUS, Reader
from members.limits import network, within
from members.readers import NewsRequest
from newsroom.caching import edge_cached, ends_at, is_anonymous_request, keyed

MINUTE = 60  # seconds
A_NETWORK, A_KEY = 120, 600  # answers a minute that no cache gives
METHODS = "GET, HEAD, OPTIONS"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "Authorization, If-None-Match",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After",
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a view found: the answer, the keys of what it shows, when it changes by itself, whether caches may keep it.

    `is_kept` is for answers without a key: false for what anybody could invent an address of.
    """

    body: Mapping[str, Any]
    keys: frozenset[str] = frozenset()
    changes_at: datetime | None = None
    is_kept: bool = True


View = Callable[..., Found]


def content(seconds: int, *, keys: tuple[str, ...], params: tuple[str, ...] = ()) -> Callable[[View], Any]:
    """Declare a view of the content API, kept at the edge for at most `seconds` where nobody's key comes along.

    `request.reader` is the reader the key stands for. The view may raise ProblemError and what `reading` raises.
    """

    def declare(view: View) -> Any:
        @edge_cached(seconds, keys=keys, params=params)
        @csrf_exempt
        @functools.wraps(view)
        def answered(request: NewsRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "OPTIONS":
                return _open_to_all(HttpResponse(status=204))
            try:
                response = _answer(request, _asked(view, request, *args, **kwargs))
            except ProblemError as problem:
                response = problem.answer(request)
            return _open_to_all(response)

        return answered

    return declare


def _asked(view: View, request: NewsRequest, *args: Any, **kwargs: Any) -> Found:
    """What the view found for whoever asks. Raises ProblemError."""
    if request.method not in ("GET", "HEAD"):
        raise ProblemError(405, _("The content API is only read."), headers={"Allow": METHODS})
    request.reader = _reader(request)
    try:
        return view(request, *args, **kwargs)
    except WithdrawnError as gone:
        raise _gone(gone.article) from gone
    except CursorError as error:
        raise ProblemError.about("before", _("It names no place in this list.")) from error
    except (Http404, Article.DoesNotExist) as error:
        raise ProblemError(404, _("There is no such thing here.")) from error


def _reader(request: NewsRequest) -> Reader:
    """Whom the gate sees. Counts the request; a key's answer is nobody else's. Raises ProblemError."""
    said = request.headers.get("Authorization")
    if said is None:
        _within(f"network-{network(request)}", A_NETWORK)
        return ANONYMOUS
    request.edge_seconds = None  # type: ignore[attr-defined]  # takes back what `edge_cached` declared
    scheme, _space, secret = said.partition(" ")
    key = api_keys.key_of(secret.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        detail = _("This key is unknown or was taken back. Send a valid one as “Authorization: Bearer …”, or none.")
        raise ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})
    _within(f"key-{key.pk}", A_KEY)
    api_keys.note_use(key, today=timezone.localdate(request.now))
    return api_keys.reader_of(key)


def _within(who: str, times: int) -> None:
    if not within("api", who, times=times, seconds=MINUTE):
        detail = _("That is more than %(times)d answers in a minute. Wait a little.") % {"times": times}
        raise ProblemError(429, detail, headers={"Retry-After": str(MINUTE)})


def _gone(story: Article) -> ProblemError:
    """What its address answers readers, too: the reason, where it leads, or nothing."""
    if story.withdrawal_answer == Article.Answer.REDIRECT:
        return ProblemError(410, _("This story moved."), moved_to=absolute(story.withdrawal_target))
    reason = story.withdrawal_reason if story.withdrawal_answer == Article.Answer.NOTICE else ""
    return ProblemError(410, reason or _("This story was taken back."))


def _answer(request: NewsRequest, found: Found) -> HttpResponse:
    """As JSON. What the page cache does not keep has its ETag made here, and 304 where that is what the client has."""
    response: HttpResponse = JsonResponse(found.body, json_dumps_params={"ensure_ascii": False})
    if following := found.body.get("next"):
        response["Link"] = f'<{following}>; rel="next"'
    if not found.is_kept:
        request.edge_seconds = None  # type: ignore[attr-defined]  # takes back what `edge_cached` declared
    ends_at(keyed(response, *found.keys), found.changes_at)
    if request.edge_seconds is not None and is_anonymous_request(request):  # type: ignore[attr-defined]  # as above
        return response
    set_response_etag(response)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _open_to_all(response: HttpResponse) -> HttpResponse:
    """Pages of any origin may read it: it holds nothing that a browser's cookies opened."""
    for name, value in CORS.items():
        response[name] = value
    patch_vary_headers(response, ["Authorization"])
    return response
