"""The search page, and how browsers learn of it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from articles.search import SHOWN, find, tidy
from articles.structured_data import absolute
from members.limits import caller, within
from members.readers import NewsRequest
from newsroom.caching import edge_cached, private

SEARCHES, SECONDS = 30, 60


@private
@require_safe
def search(request: NewsRequest) -> HttpResponse:
    """What live stories say about `q`. Somebody who asks too often is told so and keeps their words: 429."""
    query = tidy(request.GET.get("q", ""))
    may = not query or within("search", caller(request), times=SEARCHES, seconds=SECONDS)
    found = find(query, rules=request.furniture.rules, now=request.now) if may else []
    context = {"query": query, "found": found, "is_full": len(found) == SHOWN, "too_often": not may}
    return render(request, "articles/search.html", context, status=200 if may else 429)


@edge_cached(86_400)
@require_safe
def opensearch(request: NewsRequest) -> HttpResponse:
    """What a browser needs to search us from its address bar.

    https://github.com/dewitt/opensearch: names of 16 and 48 characters at most, descriptions of 1024.
    """
    context = {"address": absolute(f"{reverse('search')}?q=")}
    kind = "application/opensearchdescription+xml; charset=utf-8"
    return render(request, "articles/opensearch.xml", context, content_type=kind)
