"""RSS 2.0 and JSON Feed of the site and of each section: headline, standfirst or open teaser, never more.

And one of what was put right.
"""

import json
import re
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.models import Article, Correction, Section, Series
from articles.pictures import social_url
from articles.reading import description_of
from articles.structured_data import absolute
from members.readers import NewsRequest
from newsroom.caching import edge_cached, keyed

ITEMS = 30
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # https://www.w3.org/TR/xml/#charsets


@edge_cached(300, keys=("feed",))
@require_safe
def feed(request: NewsRequest, slug: str = "") -> HttpResponse:
    """The RSS feed of the site, or of the section `slug`."""
    section = get_object_or_404(Section, slug=slug) if slug else None
    channel = channel_of(request, section)
    for story in newest(request, section):
        channel.add_item(**item_of(story))
    response = HttpResponse(channel.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")
    return keyed(response, f"section-{section.pk}") if section else response


@edge_cached(300, keys=("feed",))
@require_safe
def series_feed(request: NewsRequest, slug: str) -> HttpResponse:
    """The RSS feed of the series `slug`: its live parts, the newest first."""
    series = get_object_or_404(Series, slug=slug)
    channel = Rss201rev2Feed(
        title=f"{request.furniture.rules.name}: {series.name}",
        link=absolute(series.get_absolute_url()),
        description=series.description or about(request),
        language=settings.LANGUAGE_CODE,
        feed_url=absolute(request.path),
    )
    for story in series.articles.live(request.now).for_lists().newest_first()[:ITEMS]:
        channel.add_item(**item_of(story))
    response = HttpResponse(channel.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")
    return keyed(response, f"series-{series.pk}")


@edge_cached(300, keys=("feed",))
@require_safe
def json_feed(request: NewsRequest) -> HttpResponse:
    """The site's feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    rules = request.furniture.rules
    body = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": rules.name,
        "description": about(request),
        "home_page_url": absolute("/"),
        "feed_url": absolute(request.path),
        "language": settings.LANGUAGE_CODE,
        "items": [json_item(story) for story in newest(request, None)],
    }
    return HttpResponse(json.dumps(body, ensure_ascii=False), content_type="application/feed+json; charset=utf-8")


@edge_cached(300, keys=("corrections",))
@require_safe
def corrections_feed(request: NewsRequest) -> HttpResponse:
    """What was put right in live stories, newest first, as RSS."""
    name = request.furniture.rules.name
    channel = Rss201rev2Feed(
        title=f"{name}: {_('Corrections')}",
        link=absolute(reverse("corrections")),
        description=_("What we got wrong and when we put it right."),
        language=settings.LANGUAGE_CODE,
        feed_url=absolute(request.path),
    )
    for correction in Correction.objects.of_live_stories(request.now)[:ITEMS]:
        channel.add_item(
            title=in_xml(f"{correction.get_kind_display()}: {correction.article.headline}"),
            link=absolute(f"{correction.article.get_absolute_url()}#correction-{correction.pk}"),
            description=in_xml(correction.text),
            unique_id=absolute(f"/correction/{correction.pk}"),
            unique_id_is_permalink=False,
            pubdate=correction.made_at,
        )
    return HttpResponse(channel.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")


def newest(request: NewsRequest, section: Section | None) -> list[Article]:
    """The live stories a feed shows, newest first. Two queries."""
    stories = Article.objects.live(request.now).for_lists().newest_first()
    return list((stories.in_section(section) if section else stories)[:ITEMS])


def channel_of(request: NewsRequest, section: Section | None) -> Rss201rev2Feed:
    """An empty RSS feed with its head."""
    name = request.furniture.rules.name
    return Rss201rev2Feed(
        title=f"{name}: {section.name}" if section else name,
        link=absolute(section.get_absolute_url() if section else "/"),
        description=(section.description if section else "") or about(request),
        language=settings.LANGUAGE_CODE,
        feed_url=absolute(request.path),
    )


def about(request: NewsRequest) -> str:
    """What the site says of itself."""
    rules = request.furniture.rules
    return rules.description or rules.tagline or rules.name


def guid_of(story: Article) -> str:
    """What feed readers know it by, whatever happens to its address."""
    return story.legacy_key or absolute(f"/story/{story.pk}")


def item_of(story: Article) -> dict[str, Any]:
    """One item of the RSS feed."""
    return {
        "title": in_xml(story.headline),
        "link": absolute(story.get_absolute_url()),
        "description": in_xml(description_of(story)),
        "unique_id": guid_of(story),
        "unique_id_is_permalink": False,
        "pubdate": story.published_at,
        "author_name": in_xml(", ".join(byline.author.name for byline in story.bylines.all())) or None,
        "categories": [in_xml(story.section.name)] if story.section else [],
    }


def json_item(story: Article) -> dict[str, Any]:
    """One item of the JSON feed."""
    item: dict[str, Any] = {
        "id": guid_of(story),
        "url": absolute(story.get_absolute_url()),
        "title": story.headline,
        "content_text": description_of(story),
        "date_published": story.published_at.isoformat() if story.published_at else None,
        "language": story.story_language,
        "authors": [
            {"name": byline.author.name, "url": absolute(byline.author.get_absolute_url())}
            for byline in story.bylines.all()
        ],
        "tags": [story.section.name] if story.section else [],
    }
    if story.updated_at:
        item["date_modified"] = story.updated_at.isoformat()
    if picture := social_url(story.lead_picture):
        item["image"] = absolute(picture)
    return item


def in_xml(text: str) -> str:
    """`text` without the characters XML cannot hold at all."""
    return NOT_IN_XML.sub("", text)
