"""Addresses nobody answers: an old one leads to the new with one 301, any other gets a page that helps.

What readers miss is counted, so that the desk can lead them on. What only machines ask for is not, nor an
address that may hold a secret.
"""

import logging
import re
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.defaults import page_not_found

from articles.models import MissedAddress
from articles.moved.asked import is_gone
from articles.moved.living import OTHERS
from articles.moved.onward import onward
from members.limits import caller, within
from newsroom.caching import FRAGMENT_HEADER

SECRETS = (
    "/preview/",
    "/gift/",
    "/feed/mine/",
    "/letters/",
    "/account/",
    "/accounts/",
    "/replies/",
    "/stripe/",
    "/membership/",
)
MACHINES = re.compile(
    r"/\.|/(wp-|xmlrpc|cgi-bin|phpmyadmin|vendor/|favicon|apple-touch-icon|ads\.txt|actuator|api/)|"
    r"\.(php\d?|phtml|aspx?|jsp|cgi|env|git|ini|ya?ml|sql|bak|old|swp|zip|rar|t?gz|tar|7z|exe|sh|map|js|css|ico)/*$",
    re.IGNORECASE,
)
CLEAN = re.compile(r"/[^\x00-\x20\x7f<>\"'\\^`{|}]{1,299}")
WRITES_A_MINUTE, WRITES_A_MINUTE_EACH, MINUTE = 120, 10, 60
KEPT = 1000
COUNT_ONE = """
    INSERT INTO articles_missedaddress (path, times, first_at, last_at) VALUES (%s, 1, %s, %s)
    ON CONFLICT (path) DO UPDATE SET times = articles_missedaddress.times + 1, last_at = excluded.last_at
"""

logger = logging.getLogger(__name__)


class MissingMiddleware:
    """Stands innermost: sees every 404 of our own views and of no view at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a 404 for a reader becomes a redirect or the page with search and the latest.

        What only another system ever answered is gone, whatever the method: no view, no query.
        """
        if is_gone(request.path):
            return render(request, "articles/gone.html", status=410)
        response = self.get_response(request)
        if response.status_code != 404 or not is_page(request):
            return response
        found = moved(request)
        if found is not None:
            return found
        if is_worth_counting(request):
            count_missed(request)
        return render(request, "404.html", status=404)


def moved(request: HttpRequest) -> HttpResponse | None:
    """The 301 of an old address to where it leads for good; None where nobody knows. Queries: see `onward`."""
    found = onward(request)
    return HttpResponsePermanentRedirect(found) if found else None


def bare(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler404`: for a reader's page nothing yet, since the middleware writes it once all else failed."""
    return HttpResponseNotFound() if is_page(request) else page_not_found(request, exception)


def is_page(request: HttpRequest) -> bool:
    """Whether a reader asks for a whole page of the paper: neither a fragment nor the desk nor a file."""
    is_read = request.method in ("GET", "HEAD") and FRAGMENT_HEADER not in request.headers
    return is_read and not request.path.startswith(OTHERS)


def is_worth_counting(request: HttpRequest) -> bool:
    """Whether a reader may have meant this address: no query, no oddities, nothing only machines ask for."""
    path = request.path
    if request.META.get("QUERY_STRING") or path.startswith(SECRETS) or MACHINES.search(path):
        return False
    return CLEAN.fullmatch(path) is not None


def count_missed(request: HttpRequest) -> None:
    """Count a reader who found nothing here: one write, ten a minute for a network, 120 a minute in all.

    The reader's answer never fails because of it: what the database refuses is logged.
    """
    now = request.now  # type: ignore[attr-defined]  # set by ReaderMiddleware
    try:
        if not within("missed", caller(request), times=WRITES_A_MINUTE_EACH, seconds=MINUTE):
            return
        if within("missed", "all", times=WRITES_A_MINUTE, seconds=MINUTE):
            with connection.cursor() as cursor:
                cursor.execute(COUNT_ONE, [request.path, now, now])
    except DatabaseError as error:
        logger.warning("A missed address was not counted: %s", error)


def forget_seldom() -> None:
    """Keep the thousand most missed; of two alike the one missed last."""
    kept = MissedAddress.objects.order_by("-times", "-last_at", "-pk").values("pk")[:KEPT]
    MissedAddress.objects.exclude(pk__in=kept).delete()
