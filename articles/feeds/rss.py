"""RSS 2.0 with the modules that readers' apps know.

https://www.rssboard.org/rss-specification, https://web.resource.org/rss/1.0/modules/content/ (the whole text),
https://www.rssboard.org/media-rss (pictures), Dublin Core (authors, language, last change), Atom (its own address).
"""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.feedgenerator import Rss201rev2Feed

from articles.feeds.channels import Channel
from articles.feeds.items import Image, Item, in_xml
from articles.structured_data import absolute
from members.models import SiteRules

MINUTES = 15  # apps need not come more often
MODULES = {
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:dcterms": "http://purl.org/dc/terms/",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}
CONTENT_TYPE = "application/rss+xml; charset=utf-8"


class NewsFeed(Rss201rev2Feed):
    """Django's feed with the modules. Items carry `news`, an `Item`."""

    def rss_attributes(self) -> dict[str, str]:
        """Its namespaces."""
        return {**super().rss_attributes(), **MODULES}

    def add_root_elements(self, handler: Any) -> None:
        """The head, with the site's logo where it has one."""
        super().add_root_elements(handler)
        if self.feed["logo"]:
            handler.startElement("image", {})
            for name, value in (("url", self.feed["logo"]), ("title", self.feed["title"]), ("link", self.feed["link"])):
                handler.addQuickElement(name, value)
            handler.endElement("image")

    def latest_post_date(self) -> datetime:
        """The last change of any story; an empty feed never changed."""
        return super().latest_post_date() if self.items else datetime.fromtimestamp(0, UTC)

    def add_item_elements(self, handler: Any, item: Any) -> None:
        """An item, with authors, language, last change, whole text and picture where it has them."""
        super().add_item_elements(handler, item)
        news: Item = item["news"]
        for author in news.authors:
            handler.addQuickElement("dc:creator", in_xml(author.name))
        handler.addQuickElement("dc:language", news.language)
        if news.updated_at:
            handler.addQuickElement("dcterms:modified", news.updated_at.isoformat())
        if news.html:
            handler.addQuickElement("content:encoded", news.html)
        if news.image:
            _media(handler, news.image)


def written(channel: Channel, items: list[Item], *, rules: SiteRules, address: str) -> str:
    """The feed as XML. `address`: its own."""
    feed = NewsFeed(
        title=in_xml(channel.title),
        link=absolute(channel.path),
        description=in_xml(channel.about),
        language=settings.LANGUAGE_CODE,
        feed_url=absolute(address),
        feed_copyright=in_xml(f"© {rules.publisher or rules.name}"),
        ttl=MINUTES,
        logo=absolute(rules.logo.url) if rules.logo else "",
    )
    for item in items:
        feed.add_item(
            title=item.title,
            link=item.url,
            description=item.summary,
            unique_id=item.id,
            unique_id_is_permalink=False,
            pubdate=item.published_at,
            updateddate=item.updated_at,
            categories=item.words,
            news=item,
        )
    return str(feed.writeString("utf-8"))


def _media(handler: Any, image: Image) -> None:
    size = {"width": str(image.width), "height": str(image.height)} if image.width and image.height else {}
    handler.startElement("media:content", {"url": image.url, "medium": "image", "type": image.kind, **size})
    if image.alt:
        handler.addQuickElement("media:description", image.alt, {"type": "plain"})
    if image.credit:
        handler.addQuickElement("media:credit", image.credit)
    handler.endElement("media:content")
