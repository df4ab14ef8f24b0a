"""Sitemaps: an index of months, one file a month, one for standing pages, the news of two days; robots.txt.

A month's file is bounded by what a newsroom writes in a month; none is ever paged.
Source: https://www.sitemaps.org/protocol.html and Google's rules for news sitemaps.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from articles.feeds import in_xml
from articles.models import Article, Page, Section
from articles.structured_data import absolute
from members.readers import NewsRequest
from newsroom.caching import edge_cached

NEWS_AGE = timedelta(days=2)  # Google News: only the last two days, at most 1,000
NEWS_ITEMS = 1000
XML = "application/xml; charset=utf-8"
PLACES = ("front", "membership", "topics", "letters", "corrections", "archive")
ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /account/
Disallow: /accounts/
Disallow: /gift/
Disallow: /membership/welcome/
Disallow: /search/
Disallow: /*/rest/$

Sitemap: {site}/sitemap.xml
Sitemap: {site}/news-sitemap.xml
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One address of a sitemap. `changed_at` may be unknown; `title` and `language` are for the news."""

    url: str
    changed_at: datetime | None = None
    title: str = ""
    language: str = ""


@edge_cached(3600, keys=("sitemap",))
@require_safe
def sitemap(request: NewsRequest) -> HttpResponse:
    """The index: every month that has a live story, newest first."""
    live = Article.objects.live(request.now)
    months = live.annotate(month=TruncMonth("published_on")).order_by().values_list("month", flat=True).distinct()
    paths = [reverse("sitemap_month", args=[f"{month:%Y-%m}"]) for month in sorted(months, reverse=True)]
    entries = [Entry(absolute(path)) for path in (reverse("sitemap_site"), *paths)]
    return render(request, "articles/sitemap_index.xml", {"entries": entries}, content_type=XML)


@edge_cached(3600, keys=("sitemap",))
@require_safe
def sitemap_month(request: NewsRequest, month: str) -> HttpResponse:
    """The stories of one month (`2026-11`). 404 for one that has none."""
    first = first_of(month)
    stories = Article.objects.live(request.now).filter(published_on__gte=first, published_on__lt=next_month(first))
    rows = list(stories.only("slug", "published_on", "published_at", "updated_at").newest_first())
    if not rows:
        raise Http404
    entries = [Entry(absolute(row.get_absolute_url()), row.updated_at or row.published_at) for row in rows]
    return _sitemap(request, entries)


@edge_cached(3600, keys=("sitemap",))
@require_safe
def sitemap_site(request: NewsRequest) -> HttpResponse:
    """Front page, sections and standing pages."""
    entries = [Entry(absolute(reverse(name))) for name in PLACES]
    sections = Section.objects.order_by("position", "pk")
    entries += [Entry(absolute(section.get_absolute_url())) for section in sections]
    pages = Page.objects.published().defer("body").order_by("path")
    entries += [Entry(absolute(page.get_absolute_url()), page.updated_at) for page in pages]
    return _sitemap(request, entries)


@edge_cached(300, keys=("sitemap",))
@require_safe
def news_sitemap(request: NewsRequest) -> HttpResponse:
    """The stories of the last two days, as news search wants them."""
    stories = Article.objects.live(request.now).filter(published_at__gt=request.now - NEWS_AGE)
    rows = stories.only("slug", "headline", "language", "published_on", "published_at").newest_first()[:NEWS_ITEMS]
    entries = [
        Entry(absolute(row.get_absolute_url()), row.published_at, in_xml(row.headline), news_language(row))
        for row in rows
    ]
    return render(request, "articles/news_sitemap.xml", {"entries": entries}, content_type=XML)


@edge_cached(86_400)
@require_safe
def robots(request: NewsRequest) -> HttpResponse:
    """What crawlers may fetch: everything public; a story's private rest is not."""
    return HttpResponse(ROBOTS.format(site=settings.SITE_URL), content_type="text/plain; charset=utf-8")


def news_language(story: Article) -> str:
    """Two or three letters, as news sitemaps have it; only Chinese names its script."""
    language = story.story_language.lower()
    return language if language in ("zh-cn", "zh-tw") else language.split("-")[0]


def first_of(month: str) -> date:
    """The first day of `2026-11`; 404 for what is no month."""
    try:
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise Http404 from None


def next_month(first: date) -> date:
    """The first day of the month after. The last month there is ends with it."""
    return (first + timedelta(days=32)).replace(day=1) if first.year < date.max.year else date.max


def _sitemap(request: NewsRequest, entries: Iterable[Entry]) -> HttpResponse:
    return render(request, "articles/sitemap.xml", {"entries": entries}, content_type=XML)
