"""Sitemaps: an index of months, one file a month, one for standing pages, the news of two days; robots.txt.

A month's file is bounded by what a newsroom writes in a month; none is ever paged.
"""

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpResponse
from django.shortcuts import render

from articles.models import Article, Page, Section
from members.readers import NewsRequest
from newsroom.caching import edge_cached

NEWS_AGE = timedelta(days=2)  # Google News: only the last two days, at most 1,000
NEWS_ITEMS = 1000
XML = "application/xml"


@edge_cached(3600, keys=("sitemap",))
def sitemap(request: NewsRequest) -> HttpResponse:
    """The index: every month that has a live story, newest first."""
    live = Article.objects.live(request.now)
    months = live.annotate(month=TruncMonth("published_on")).values_list("month", flat=True).distinct()
    context = {"months": sorted(months, reverse=True)}
    return render(request, "articles/sitemap_index.xml", context, content_type=XML)


@edge_cached(3600, keys=("sitemap",))
def sitemap_month(request: NewsRequest, month: str) -> HttpResponse:
    """The stories of one month (`2026-11`)."""
    first = first_of(month)
    stories = Article.objects.live(request.now).filter(published_on__gte=first, published_on__lt=next_month(first))
    rows = stories.only("slug", "published_on", "published_at", "updated_at").newest_first()
    return render(request, "articles/sitemap.xml", {"stories": rows}, content_type=XML)


@edge_cached(3600, keys=("sitemap",))
def sitemap_site(request: NewsRequest) -> HttpResponse:
    """Front page, sections and standing pages."""
    places = ["/", "/membership/", "/topics/", "/corrections/", "/archive/"]
    places += [section.get_absolute_url() for section in Section.objects.order_by("position", "pk")]
    places += [page.get_absolute_url() for page in Page.objects.published().order_by("path")]
    return render(request, "articles/sitemap.xml", {"places": places}, content_type=XML)


@edge_cached(300, keys=("sitemap",))
def news_sitemap(request: NewsRequest) -> HttpResponse:
    """The stories of the last two days, as news search wants them."""
    stories = Article.objects.live(request.now).filter(published_at__gt=request.now - NEWS_AGE)
    rows = stories.only("slug", "headline", "language", "published_on", "published_at").newest_first()[:NEWS_ITEMS]
    return render(request, "articles/news_sitemap.xml", {"stories": rows}, content_type=XML)


@edge_cached(86_400)
def robots(request: NewsRequest) -> HttpResponse:
    """What crawlers may fetch: everything public; a story's private rest is not."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /account",
        "Disallow: /search/",
        "Disallow: /*/rest/$",
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
        f"Sitemap: {settings.SITE_URL}/news-sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def first_of(month: str) -> date:
    """The first day of `2026-11`; 404 for what is no month."""
    try:
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise Http404 from None


def next_month(first: date) -> date:
    """The first day of the month after."""
    return (first + timedelta(days=32)).replace(day=1)
