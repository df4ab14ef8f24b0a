"""Public pages."""

from datetime import date

from django.http import HttpResponse

from members.readers import NewsRequest
from newsroom.caching import edge_cached, private


@edge_cached(60)
def front(request: NewsRequest) -> HttpResponse:
    """Front."""
    return HttpResponse("front")


@edge_cached(600)
def story(request: NewsRequest, published_on: date, slug: str) -> HttpResponse:
    """Story."""
    return HttpResponse("story")


@private
def rest(request: NewsRequest, published_on: date, slug: str) -> HttpResponse:
    """Rest."""
    return HttpResponse("rest")


archive = tag = author = series = search = corrections = place = front
