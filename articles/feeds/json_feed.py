"""JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/."""

import json
from typing import Any

from django.conf import settings

from articles.feeds.channels import Channel
from articles.feeds.items import Item
from articles.models import Author
from articles.pictures import social_url
from articles.structured_data import absolute
from members.models import SiteRules

CONTENT_TYPE = "application/feed+json; charset=utf-8"


def written(channel: Channel, items: list[Item], *, rules: SiteRules, address: str) -> str:
    """The feed as JSON. `address`: its own."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": absolute(channel.path),
        "feed_url": absolute(address),
        "description": channel.about,
        "language": settings.LANGUAGE_CODE,
        "authors": [{"name": rules.publisher or rules.name, "url": absolute("/")}],
        "items": [_item(item) for item in items],
    }
    if rules.logo:
        feed["icon"] = absolute(rules.logo.url)
    return json.dumps(feed, ensure_ascii=False)


def _item(item: Item) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "summary": item.summary,
        "image": item.image.url if item.image else None,
        "date_published": item.published_at.isoformat() if item.published_at else None,
        "date_modified": item.updated_at.isoformat() if item.updated_at else None,
        "language": item.language,
        "authors": [_author(author) for author in item.authors],
        "tags": list(item.words),
    }
    facts |= {"content_html": item.html} if item.html else {"content_text": item.summary}
    return {name: value for name, value in facts.items() if value not in (None, [])}


def _author(author: Author) -> dict[str, str]:
    facts = {"name": author.name, "url": absolute(author.get_absolute_url())}
    if face := social_url(author.portrait):
        facts["avatar"] = absolute(face)
    return facts
