"""Addresses nobody answers: an old one leads to the new with one 301, any other gets a page that helps."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render

from articles.models import Article, Redirect

OTHERS = ("/admin/", settings.STATIC_URL, settings.MEDIA_URL)
LATEST = 5


class MissingMiddleware:
    """Stands innermost: sees every 404 of our own views and of no view at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a 404 for a reader becomes a redirect or the page with search and the latest."""
        response = self.get_response(request)
        if response.status_code != 404 or request.path.startswith(OTHERS):
            return response
        return moved(request) or not_found(request)


def moved(request: HttpRequest) -> HttpResponse | None:
    """The 301 of an old address, with or without its last slash; None where none is known."""
    path = request.path
    candidates = [path, path.rstrip("/"), f"{path.rstrip('/')}/"]
    if request.META.get("QUERY_STRING"):
        candidates.insert(0, f"{path}?{request.META['QUERY_STRING']}")
    known = dict(Redirect.objects.filter(old_path__in=candidates).values_list("old_path", "new_path"))
    found = next((known[candidate] for candidate in candidates if candidate in known), None)
    return HttpResponsePermanentRedirect(found) if found else None


def not_found(request: Any) -> HttpResponse:
    """404 with search and the latest stories. Never stored."""
    latest = Article.objects.live(request.now).for_lists().newest_first()[:LATEST]
    return render(request, "404.html", {"latest": latest, "path": request.path}, status=404)
