"""A story as a feed tells it, the same for both forms."""

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from lxml import html as lxml_html

from articles.models import Article, Author, Picture
from articles.pictures import social_size, social_url
from articles.reading import description_of
from articles.reading_out import Texts
from articles.structured_data import absolute

NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # https://www.w3.org/TR/xml/#charsets
ADDRESSES = ("href", "src")
KEPT = frozenset(["href", "src", "alt", "width", "height", "controls", "start", "colspan", "rowspan", "lang", "title"])
LEFT_OUT = "descendant::source | descendant::button | descendant::figure[@data-embed='frame']/figcaption"


@dataclass(frozen=True, slots=True)
class Image:
    """A story's picture as feeds name it. Sizes in pixels, 0 where unknown; `kind`: its media type."""

    url: str
    kind: str
    width: int
    height: int
    alt: str
    credit: str


@dataclass(frozen=True, slots=True)
class Item:
    """A story in a feed. `html`: its whole text, empty where the feed's reader may not have it."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    authors: tuple[Author, ...]
    words: tuple[str, ...]
    image: Image | None
    published_at: datetime | None
    updated_at: datetime | None
    language: str


def items_of(stories: Sequence[Article], texts: Texts) -> list[Item]:
    """The stories (loaded `for_feed`) as items; whole those that `texts` has."""
    return [item_of(story, texts.get(story.pk, "")) for story in stories]


def item_of(story: Article, text: str) -> Item:
    """One story, with its whole `text` or none. No query."""
    loaded: Any = story  # with `tag_list`
    url = absolute(story.get_absolute_url())
    names = ([story.section.name] if story.section else []) + [row["name"] for row in loaded.tag_list]
    return Item(
        id=in_xml(guid_of(story)),
        url=url,
        title=in_xml(story.headline),
        summary=in_xml(description_of(story)),
        html=in_xml(plain_html(text, url)) if text else "",
        authors=tuple(byline.author for byline in story.bylines.all()),
        words=tuple(map(in_xml, dict.fromkeys(names))),
        image=image_of(story.lead_picture),
        published_at=story.published_at,
        updated_at=story.updated_at,
        language=story.story_language,
    )


def guid_of(story: Article) -> str:
    """What readers' apps know it by, whatever happens to its address: as the old site's feed called it, else ours."""
    return story.feed_id or story.legacy_key or absolute(f"/story/{story.pk}")


def image_of(picture: Picture | None) -> Image | None:
    """The wide version of a story's picture; None without one."""
    url = social_url(picture)
    if picture is None or not url:
        return None
    kind = mimetypes.guess_type(url.partition("?")[0])[0] or "image/jpeg"
    width, height = social_size(picture)
    return Image(absolute(url), kind, width, height, in_xml(picture.alt), in_xml(picture.credit))


def plain_html(text: str, url: str) -> str:
    """A rendered text as apps elsewhere can show it: whole addresses, one version of each picture, no hooks of ours."""
    root = lxml_html.fragment_fromstring(text, create_parent="div")
    for part in root.xpath(LEFT_OUT):
        part.drop_tree()
    for element in root.iter():
        for name in [name for name in element.attrib if name not in KEPT]:
            del element.attrib[name]
        for name in ADDRESSES:
            if name in element.attrib:
                element.set(name, urljoin(url, element.get(name)))
    whole = lxml_html.tostring(root, encoding="unicode")
    return str(whole).removeprefix("<div>").removesuffix("</div>")


def in_xml(text: str) -> str:
    """`text` without the characters XML cannot hold at all."""
    return NOT_IN_XML.sub("", text)
