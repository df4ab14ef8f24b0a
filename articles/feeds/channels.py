"""What a feed is about, and which stories stand in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from articles.models import Article, Author, Section, Series, Tag
from members.models import SiteRules
from members.readers import NewsRequest

ITEMS = 30


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed's head and its stories: the newest first, loaded `for_feed`. `path`: the page it is the feed of."""

    title: str
    about: str
    path: str
    stories: list[Article]
    keys: tuple[str, ...] = ()


def site(request: NewsRequest, slug: str = "") -> Channel:
    """Everything. Two queries."""
    rules = request.furniture.rules
    return Channel(rules.name, about(rules), "/", _newest(Article.objects.all(), request))


def own(request: NewsRequest) -> Channel:
    """Everything, for one member."""
    rules = request.furniture.rules
    title = _("%(site)s, for you") % {"site": rules.name}
    return Channel(title, about(rules), "/", _newest(Article.objects.all(), request))


def section(request: NewsRequest, slug: str) -> Channel:
    """The stories of the section `slug`."""
    found = get_object_or_404(Section, slug=slug)
    return _of(request, found, found.name, found.description, found.articles.all(), f"section-{found.pk}")


def series(request: NewsRequest, slug: str) -> Channel:
    """The parts of the series `slug`."""
    found = get_object_or_404(Series, slug=slug)
    return _of(request, found, found.name, found.description, found.articles.all(), f"series-{found.pk}")


def author(request: NewsRequest, slug: str) -> Channel:
    """What the author `slug` signed."""
    found = get_object_or_404(Author, slug=slug)
    return _of(request, found, found.name, found.bio, found.bylines.all(), f"author-{found.pk}")


def tag(request: NewsRequest, slug: str) -> Channel:
    """The stories with the tag `slug`."""
    found = get_object_or_404(Tag, slug=slug)
    return _of(request, found, found.name, found.description, found.taggings.all(), f"tag-{found.pk}")


KINDS: dict[str, Callable[[NewsRequest, str], Channel]] = {
    "site": site,
    "section": section,
    "series": series,
    "author": author,
    "tag": tag,
}


def about(rules: SiteRules) -> str:
    """What the site says of itself."""
    return rules.description or rules.tagline or rules.name


def _of(request: NewsRequest, place: Any, name: str, said: str, stories: Any, key: str) -> Channel:
    """The feed of one place of the paper. Three queries with the one that found it."""
    rules, path = request.furniture.rules, place.get_absolute_url()
    return Channel(f"{rules.name}: {name}", said or about(rules), path, _newest(stories, request), (key,))


def _newest(stories: Any, request: NewsRequest) -> list[Article]:
    found: list[Article] = stories.live(request.now).newest_first().for_feed(ITEMS)
    return found
