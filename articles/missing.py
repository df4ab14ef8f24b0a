"""Addresses nobody answers: an old one leads to the new with one 301, any other gets a page that helps."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.encoding import iri_to_uri

from articles.models import Redirect
from newsroom.caching import FRAGMENT_HEADER

OTHERS = ("/admin/", settings.STATIC_URL, settings.MEDIA_URL)
OLD_NUMBERS = ("p", "page_id", "attachment_id")  # how WordPress numbers things, in the query of its front page
SLASHES = re.compile(r"/{2,}")


class MissingMiddleware:
    """Stands innermost: sees every 404 of our own views and of no view at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a 404 for a reader becomes a redirect or the page with search and the latest."""
        response = self.get_response(request)
        is_page = request.method in ("GET", "HEAD") and FRAGMENT_HEADER not in request.headers
        if response.status_code != 404 or not is_page or request.path.startswith(OTHERS):
            return response
        return moved(request) or render(request, "404.html", status=404)


def moved(request: HttpRequest) -> HttpResponse | None:
    """The 301 of an old address, with or without its last slash; None where none is known.

    One query, and none for the front page without an old number. A path with doubled slashes leads to the
    one without.
    """
    wanted = [candidate for candidate in candidates(request) if "\x00" not in candidate]  # PostgreSQL has no such text
    known = dict(Redirect.objects.filter(old_path__in=wanted).values_list("old_path", "new_path")) if wanted else {}
    found = next((known[candidate] for candidate in wanted if candidate in known), None)
    single = SLASHES.sub("/", request.path)
    if found is None and single != request.path:
        found = iri_to_uri(single)
    return HttpResponsePermanentRedirect(found) if found else None


def candidates(request: HttpRequest) -> list[str]:
    """The old addresses that may be meant, as they are stored, likeliest first. Other parameters do not count."""
    path = SLASHES.sub("/", request.path)
    if path == "/":
        return [f"/?{name}={request.GET[name]}" for name in OLD_NUMBERS if name in request.GET]
    return [path, f"{path.rstrip('/')}/", path.rstrip("/")]
