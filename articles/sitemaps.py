"""Sitemaps: an index of months, one file a month or more, one for standing pages, the news of two days; robots.txt.

What is long is streamed and kept nowhere.
Source: https://www.sitemaps.org/protocol.html and Google's rules for news sitemaps.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import chain, islice

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from articles.feeds.items import in_xml
from articles.lists import MICROSECOND, Cursor, CursorError
from articles.models import Article, Author, Byline, Page, Section, Series
from articles.models.article import ArticleQuerySet
from articles.sitemap_files import AT_ONCE, Entry, Place, PlaceError, entry_of, files, first_of, stories_of, text_of
from articles.structured_data import absolute
from members.readers import NewsRequest
from newsroom.caching import edge_cached

NEWS_AGE = timedelta(days=2)  # Google News: only the last two days, at most 1,000
NEWS_ITEMS = 1000
MOST_PLACES = 20_000  # authors, and series: a file may have 50,000 addresses
XML = "application/xml; charset=utf-8"
PLACES = ("front", "membership", "topics", "letters", "corrections", "archive")
ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /account/
Disallow: /accounts/
Disallow: /feed/mine/
Disallow: /gift/
Disallow: /membership/welcome/
Disallow: /search/
Disallow: /*/rest/$

Sitemap: {site}/sitemap.xml
Sitemap: {site}/news-sitemap.xml
"""


@edge_cached(3600, keys=("sitemap",))
@require_safe
def sitemap(request: NewsRequest) -> HttpResponse:
    """The index: every month that has a live story, newest first."""
    return _index(request, [reverse("sitemap_site"), *files(request.now)])


@edge_cached(3600, keys=("sitemap",), params=("after",))  # type: ignore[arg-type]  # what is long is streamed
@require_safe
def sitemap_month(request: NewsRequest, month: str) -> HttpResponseBase:
    """The stories of one month (`2026-11`), or those of it behind `after`. 404 where there are none."""
    try:
        after = Place.read(request.GET["after"]) if "after" in request.GET else None
        stories = stories_of(first_of(month), after, request.now)
    except PlaceError as error:
        raise Http404 from error
    begun = list(islice(stories, AT_ONCE))
    if not begun:
        raise Http404
    if len(begun) < AT_ONCE and after is None:
        return _whole(map(entry_of, begun))
    request.edge_seconds = None  # type: ignore[attr-defined]  # takes back what `edge_cached` declared
    return StreamingHttpResponse(text_of(map(entry_of, chain(begun, stories))), content_type=XML)


@edge_cached(3600, keys=("sitemap",))
@require_safe
def sitemap_site(request: NewsRequest) -> HttpResponse:
    """Front page, sections, standing pages, whoever writes, series."""
    entries = [Entry(absolute(reverse(name))) for name in PLACES]
    sections = Section.objects.order_by("position", "pk")
    entries += [Entry(absolute(section.get_absolute_url())) for section in sections]
    pages = Page.objects.published().defer("body").order_by("path")
    entries += [Entry(absolute(page.get_absolute_url()), page.updated_at) for page in pages]
    entries += [Entry(absolute(place.get_absolute_url())) for place in _with_stories(request)]
    return _whole(entries)


@edge_cached(300, keys=("sitemap",), params=("before",))
@require_safe
def news_sitemap(request: NewsRequest) -> HttpResponse:
    """The stories of the last two days, as news search wants them; an index of files where they are too many."""
    stories = Article.objects.live(request.now).ours().news().since(request.now - NEWS_AGE).newest_first()
    if "before" in request.GET:
        stories = _behind(stories, request.GET["before"])
        request.edge_seconds = None  # type: ignore[attr-defined]  # takes back what `edge_cached` declared
    rows = list(stories.only("slug", "headline", "language", "published_on", "published_at")[: NEWS_ITEMS + 1])
    if len(rows) > NEWS_ITEMS and "before" not in request.GET:
        return _index(request, news_files(stories))
    entries = [
        Entry(absolute(row.get_absolute_url()), row.published_at, in_xml(row.headline), news_language(row))
        for row in rows[:NEWS_ITEMS]
    ]
    return render(request, "articles/news_sitemap.xml", {"entries": entries}, content_type=XML)


def news_files(stories: ArticleQuerySet, *, most: int = NEWS_ITEMS) -> list[str]:
    """The addresses of the files that hold `stories` (two days', newest first), at most `most` in each. One query."""
    found = [(moment, pk) for moment, pk in stories.values_list("published_at", "pk") if moment is not None]
    if len(found) <= most:
        return [reverse("news_sitemap")]
    first = (found[0][0] + MICROSECOND, 0)
    starts = [first, *(found[place - 1] for place in range(most, len(found), most))]
    return [f"{reverse('news_sitemap')}?before={Cursor(moment, pk, 1)}" for moment, pk in starts]


@edge_cached(86_400)
@require_safe
def robots(request: NewsRequest) -> HttpResponse:
    """What crawlers may fetch: everything public; a story's private rest is not."""
    return HttpResponse(ROBOTS.format(site=settings.SITE_URL), content_type="text/plain; charset=utf-8")


def news_language(story: Article) -> str:
    """Two or three letters, as news sitemaps have it; only Chinese names its script."""
    language = story.story_language.lower()
    return language if language in ("zh-cn", "zh-tw") else language.split("-")[0]


def _with_stories(request: NewsRequest) -> "list[Author | Series]":
    """Whoever signed, and every series of which there is, a story readers may know of. Two queries."""
    signed = Byline.objects.live(request.now).filter(author=OuterRef("pk"))
    parts = Article.objects.live(request.now).filter(series=OuterRef("pk"))
    authors = Author.objects.filter(Exists(signed)).order_by("pk")[:MOST_PLACES]
    return [*authors, *Series.objects.filter(Exists(parts)).order_by("pk")[:MOST_PLACES]]


def _behind(stories: ArticleQuerySet, cursor: str) -> ArticleQuerySet:
    """Those behind a cursor of `news_files`; 404 for anything else."""
    try:
        begin = Cursor.read(cursor)
    except CursorError as error:
        raise Http404 from error
    return stories.before(begin.moment, begin.pk)


def _index(request: NewsRequest, paths: list[str]) -> HttpResponse:
    entries = [Entry(absolute(path)) for path in paths]
    return render(request, "articles/sitemap_index.xml", {"entries": entries}, content_type=XML)


def _whole(entries: Iterable[Entry]) -> HttpResponse:
    return HttpResponse("".join(text_of(entries)), content_type=XML)
