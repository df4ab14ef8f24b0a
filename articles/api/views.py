"""The content API's addresses: find, and say it."""

from datetime import date

from django.http import Http404
from django.shortcuts import get_object_or_404

from articles import lists, reading
from articles.api import serialising
from articles.api.answers import Found, content
from articles.api.choosing import LIST_PARAMS, STORY_PARAMS, Wanted, listed
from articles.api.openapi import document
from articles.models import Author, Page, Section, Series, Tag
from members.readers import NewsRequest

HOUR, TEN_MINUTES, FIVE_MINUTES = 3600, 600, 300  # seconds


@content(HOUR, keys=())
def openapi(request: NewsRequest) -> Found:
    """The document that describes the API."""
    return Found(document())


@content(FIVE_MINUTES, keys=())
def site(request: NewsRequest) -> Found:
    """What the site says of itself. No query beyond the furniture."""
    furniture = request.furniture
    return Found(serialising.site(furniture.rules, menu=furniture.menu, footer=furniture.footer))


@content(FIVE_MINUTES, keys=("archive",), params=STORY_PARAMS)
def stories(request: NewsRequest) -> Found:
    """Live stories, the newest first, as far as the filters want them. Four queries."""
    wanted, rules, now = Wanted.read(request.GET), request.furniture.rules, request.now
    page = lists.page_of(wanted.rows(), wanted.before, rules=rules, now=now, most=wanted.limit)
    items = serialising.story_cards(page.cards, rules=rules, now=now)
    following = wanted.next_address(request.path, page.older)
    return Found(
        {"items": items, "next": following},
        keys=serialising.keys_of(page.cards),
        changes_at=serialising.next_closing(page.cards, rules=rules, now=now),
        is_kept=page.is_kept and bool(items) and wanted.since is None,
    )


@content(TEN_MINUTES, keys=())
def story(request: NewsRequest, published_on: date, slug: str) -> Found:
    """One story by its address, cut to what this key may read. Spends nothing."""
    rules, now = request.furniture.rules, request.now
    return _whole(request, reading.open_story(published_on, slug, reader=request.reader, now=now, rules=rules))


@content(TEN_MINUTES, keys=())
def story_by_id(request: NewsRequest, pk: int) -> Found:
    """One story by its id, likewise."""
    rules, now = request.furniture.rules, request.now
    return _whole(request, reading.open_story_by_key(pk, reader=request.reader, now=now, rules=rules))


@content(FIVE_MINUTES, keys=("sitemap",))
def sections(request: NewsRequest) -> Found:
    """Every section, in the order of the menu. One query."""
    rows = Section.objects.order_by("position", "pk")
    return Found({"items": [serialising.section(row) for row in rows], "next": None})


@content(FIVE_MINUTES, keys=("sitemap",), params=LIST_PARAMS)
def authors(request: NewsRequest) -> Found:
    """Authors by slug. One query."""
    found = listed(Author.objects.select_related("portrait"), "slug", request.GET, request.path)
    keys = frozenset(f"author-{row.pk}" for row in found.rows)
    return Found({"items": [serialising.author(row) for row in found.rows], "next": found.next}, keys)


@content(FIVE_MINUTES, keys=())
def author(request: NewsRequest, slug: str) -> Found:
    """One author. One query."""
    row = get_object_or_404(Author.objects.select_related("portrait"), slug=slug)
    return Found(serialising.author(row), frozenset([f"author-{row.pk}"]))


@content(FIVE_MINUTES, keys=("sitemap",), params=LIST_PARAMS)
def tags(request: NewsRequest) -> Found:
    """Tags by slug. One query."""
    found = listed(Tag.objects.all(), "slug", request.GET, request.path)
    keys = frozenset(f"tag-{row.pk}" for row in found.rows)
    return Found({"items": [serialising.tag(row) for row in found.rows], "next": found.next}, keys)


@content(FIVE_MINUTES, keys=())
def tag(request: NewsRequest, slug: str) -> Found:
    """One tag. One query."""
    row = get_object_or_404(Tag, slug=slug)
    return Found(serialising.tag(row), frozenset([f"tag-{row.pk}"]))


@content(FIVE_MINUTES, keys=("sitemap",), params=LIST_PARAMS)
def series_list(request: NewsRequest) -> Found:
    """Series by slug. One query."""
    found = listed(Series.objects.all(), "slug", request.GET, request.path)
    keys = frozenset(f"series-{row.pk}" for row in found.rows)
    return Found({"items": [serialising.series(row) for row in found.rows], "next": found.next}, keys)


@content(FIVE_MINUTES, keys=())
def series(request: NewsRequest, slug: str) -> Found:
    """One series. One query; its parts are stories of it."""
    row = get_object_or_404(Series, slug=slug)
    return Found(serialising.series(row), frozenset([f"series-{row.pk}"]))


@content(FIVE_MINUTES, keys=("sitemap",), params=LIST_PARAMS)
def pages(request: NewsRequest) -> Found:
    """Standing pages by path. One query."""
    found = listed(Page.objects.published().defer("body"), "path", request.GET, request.path)
    return Found({"items": [serialising.page_card(row) for row in found.rows], "next": found.next})


@content(FIVE_MINUTES, keys=())
def page(request: NewsRequest, path: str) -> Found:
    """One standing page. Three queries at most."""
    row = get_object_or_404(Page.objects.published(), path=path)
    text = reading.render_page(row)
    return Found(serialising.page(row, text), frozenset([f"page-{row.pk}"]) | text.keys)


@content(0, keys=())
def unknown(request: NewsRequest, rest: str = "") -> Found:
    """Any other address below `/api/`: a problem instead of a page."""
    raise Http404


def _whole(request: NewsRequest, found: reading.Reading) -> Found:
    body = serialising.whole_story(found, rules=request.furniture.rules, now=request.now)
    return Found(body, found.keys, found.changes_at)
