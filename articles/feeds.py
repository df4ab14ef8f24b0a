"""RSS and JSON feeds of the site and of each section: headline, standfirst and the open teaser, never more."""

import json
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpResponse
from django.utils.feedgenerator import Rss201rev2Feed

from articles.models import Article, Section
from members.readers import NewsRequest
from newsroom.caching import edge_cached, keyed

ITEMS = 30


class StoryFeed(Feed):  # type: ignore[type-arg]  # generic only in the stubs
    """The newest live stories. Later corrections make no new item: the id is the story's own."""

    feed_type = Rss201rev2Feed
    item_guid_is_permalink = False

    def get_object(self, request: Any, slug: str = "") -> Section | None:
        """The section named in the address, or None for the whole site; remembers the request."""
        self.request = request
        if not slug:
            return None
        section = Section.objects.filter(slug=slug).first()
        if section is None:
            raise Http404
        return section

    def title(self, section: Section | None) -> str:
        """The site's name, with the section's."""
        name: str = self.request.furniture.rules.name
        return f"{name}: {section.name}" if section else name

    def description(self, section: Section | None) -> str:
        """What the site says of itself, or the section."""
        rules = self.request.furniture.rules
        return (section.description if section else "") or rules.description or rules.tagline or rules.name

    def link(self, section: Section | None) -> str:
        """The page the feed belongs to."""
        return settings.SITE_URL + (section.get_absolute_url() if section else "/")

    def items(self, section: Section | None) -> list[Article]:
        """Newest first."""
        stories = Article.objects.live(self.request.now).for_lists().newest_first()
        return list((stories.in_section(section) if section else stories)[:ITEMS])

    def item_title(self, item: Article) -> str:
        """The headline."""
        return item.headline

    def item_description(self, item: Article) -> str:
        """The standfirst, else the beginning of the teaser."""
        return item.standfirst or item.teaser_text

    def item_link(self, item: Article) -> str:
        """Its address."""
        return settings.SITE_URL + item.get_absolute_url()

    def item_guid(self, item: Article) -> str:
        """What feed readers know it by, whatever happens to its address."""
        return item.legacy_key or f"{settings.SITE_URL}/story/{item.pk}"

    def item_pubdate(self, item: Article) -> Any:
        """When it was published."""
        return item.published_at

    def item_author_name(self, item: Article) -> str:
        """The byline."""
        return ", ".join(byline.author.name for byline in item.bylines.all())

    def item_categories(self, item: Article) -> list[str]:
        """Its section."""
        return [item.section.name] if item.section else []


@edge_cached(300, keys=("feed",))
def feed(request: NewsRequest, slug: str = "") -> HttpResponse:
    """The RSS feed of the site or a section."""
    response = StoryFeed()(request, slug=slug)
    del response["Last-Modified"]  # the page cache's ETag says it better: a correction changes the page too
    return response


@edge_cached(300, keys=("feed",))
def json_feed(request: NewsRequest) -> HttpResponse:
    """The same as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    source = StoryFeed()
    source.request = request
    body = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": source.title(None),
        "description": source.description(None),
        "home_page_url": f"{settings.SITE_URL}/",
        "feed_url": f"{settings.SITE_URL}{request.path}",
        "items": [json_item(source, item) for item in source.items(None)],
    }
    return keyed(HttpResponse(json.dumps(body, ensure_ascii=False), content_type="application/feed+json"), "feed")


def json_item(source: StoryFeed, item: Article) -> dict[str, Any]:
    """One item of the JSON feed."""
    return {
        "id": source.item_guid(item),
        "url": source.item_link(item),
        "title": item.headline,
        "content_text": source.item_description(item),
        "date_published": item.published_at.isoformat() if item.published_at else None,
        "authors": [{"name": byline.author.name} for byline in item.bylines.all()],
    }
