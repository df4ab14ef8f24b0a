"""The search page."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from articles.search import find
from members.readers import NewsRequest
from newsroom.caching import private


@private
def search(request: NewsRequest) -> HttpResponse:
    """What live stories say about `q`."""
    query = request.GET.get("q", "").strip()
    found = find(query, language=settings.LANGUAGE_CODE, now=request.now)
    return render(request, "articles/search.html", {"query": query, "found": found})
