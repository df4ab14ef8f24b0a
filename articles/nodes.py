"""Story HTML as blocks: where it is cut, what it names, and how each node becomes what readers see.

The text is stored as the editor leaves it, already sanitised (`articles.editor`). Nothing here queries: the
caller brings the pictures and stories the text names.
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _
from lxml import html as lxml_html

from articles.models import Picture
from articles.pictures import BODY_SIZES, picture_html

OPEN_PARAGRAPHS = 2  # a story without a divider is cut after so many
INLINE = frozenset(["a", "strong", "em", "s", "sub", "sup", "code", "br"])
WITHOUT_TEXT = ("figure[@data-picture]", "figure[@data-embed]", "aside[@data-read-also]")
OWN_IDS = frozenset(["main", "continue", "related", "appeal", "replies", "discover", "series"])
NUMBER = re.compile(r"^[\s+\-−–]*[$€£]?\s*\d[\d\s.,’]*\s*(%|‰|€|[a-z]{1,3})?\s*$", re.IGNORECASE)
UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML parser takes these
PLACE = re.compile(r"<!--node:(\d+)-->")


@dataclass(frozen=True, slots=True)
class StoryLink:
    """A story as a text names it: address and headline."""

    url: str
    headline: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the nodes of a text stand for today. What is missing here is left out of the page.

    `links_are_paid`: links of a sponsored story tell search engines so.
    """

    pictures: Mapping[str, Picture] = field(default_factory=dict)
    stories: Mapping[int, StoryLink] = field(default_factory=dict)
    links_are_paid: bool = False


class Body:
    """A text as top-level blocks, the divider taken out. `opening` is what everybody may read.

    Cut at the editor's divider, else after the second paragraph, always at a top-level boundary: never
    inside a list, table or figure. Without a divider the opening is never the whole text.
    """

    def __init__(self, html: str) -> None:
        self.blocks, divider = _blocks(html)
        _name_headings(self.blocks)
        self.cut_at = _default_cut(self.blocks) if divider is None else divider

    @property
    def opening(self) -> list[Any]:
        """The blocks before the cut."""
        return self.blocks[: self.cut_at]

    @property
    def rest(self) -> list[Any]:
        """The blocks after it."""
        return self.blocks[self.cut_at :]


def picture_keys(blocks: Iterable[Any]) -> list[str]:
    """The pictures the blocks name, in order, each once."""
    return _named(blocks, "data-picture")


def read_also_ids(blocks: Iterable[Any]) -> list[int]:
    """The stories of their *read also* insets, in order, each once."""
    return [key for key in map(_number, _named(blocks, "data-read-also")) if key]


def source(blocks: Iterable[Any]) -> str:
    """The blocks as stored HTML."""
    return "".join(lxml_html.tostring(block, encoding="unicode", with_tail=False) for block in blocks)


def plain_text(blocks: Iterable[Any]) -> str:
    """What the blocks say, as text with single spaces; pictures, embeds and insets say nothing."""
    said = []
    for block in blocks:
        copy = deepcopy(block)
        for silent in [found for path in WITHOUT_TEXT for found in copy.xpath(f"descendant-or-self::{path}")]:
            if silent is copy:
                copy = None
                break
            silent.drop_tree()
        if copy is None:
            continue
        for element in copy.iter("br", "p", "li", "td", "th", "figcaption", "h3"):
            element.tail = f" {element.tail or ''}"
        said.append(copy.text_content())
    return " ".join(" ".join(said).split())


def render(blocks: Iterable[Any], shown: Shown) -> SafeString:
    """The blocks as readers see them. The blocks are used up."""
    pieces: list[str] = []
    out = []
    for block in blocks:
        if _is_hollow(block):
            continue
        holder = lxml_html.Element("div")
        block.tail = None
        holder.append(block)
        _tables(holder)
        _links(holder, paid=shown.links_are_paid)
        _own_nodes(holder, shown, pieces)
        out.append(source(holder))
    text = PLACE.sub(lambda match: pieces[int(match[1])], "".join(out))
    return mark_safe(text)  # sanitised where it entered; our own nodes are escaped


def _is_hollow(block: Any) -> bool:
    """Whether a figure or box lost what it was about to the sanitiser."""
    return block.tag in ("figure", "aside") and not (block.attrib or len(block) or (block.text or "").strip())


def _blocks(html: str) -> tuple[list[Any], int | None]:
    """Top-level blocks (loose text becomes paragraphs) and the index where the first divider stood."""
    root = lxml_html.fragment_fromstring(UNREADABLE.sub("", html), create_parent="div")
    blocks: list[Any] = []
    loose: Any = None

    def loosely(text: str | None) -> None:
        nonlocal loose
        if text and (text.strip() or loose is not None):
            loose = lxml_html.Element("p") if loose is None else loose
            _append_text(loose, text)

    divider: int | None = None
    loosely(root.text)
    for child in list(root):
        tail, child.tail = child.tail, None
        if child.tag in INLINE:
            loose = lxml_html.Element("p") if loose is None else loose
            loose.append(child)
        else:
            blocks, loose = [*blocks, *([loose] if loose is not None else [])], None
            inner = child.xpath("descendant-or-self::hr[@data-paywall]")
            if inner and divider is None:
                divider = len(blocks)  # inside a list or quotation: before the whole of it
            if child not in inner:
                blocks.append(child)
                for mark in inner:
                    mark.drop_tree()
        loosely(tail)
    return [*blocks, *([loose] if loose is not None else [])], divider


def _append_text(element: Any, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _default_cut(blocks: list[Any]) -> int:
    """After the second paragraph, or the last earlier one that leaves something to read."""
    ends = [place + 1 for place, block in enumerate(blocks) if block.tag == "p" and block.text_content().strip()]
    for end in reversed(ends[:OPEN_PARAGRAPHS]):
        if any(block.tag != "p" or block.text_content().strip() for block in blocks[end:]):
            return end
    return 0


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _named(blocks: Iterable[Any], attribute: str) -> list[str]:
    found = [node.get(attribute) for block in blocks for node in block.xpath(f"descendant-or-self::*[@{attribute}]")]
    return list(dict.fromkeys(filter(None, found)))


def _name_headings(blocks: list[Any]) -> None:
    taken = set(OWN_IDS)
    for block in blocks:
        for heading in block.xpath("descendant-or-self::*[self::h2 or self::h3]"):
            wanted = heading.get("id") or slugify(heading.text_content(), allow_unicode=True)[:60] or "part"
            name, number = wanted, 2
            while name in taken:
                name, number = f"{wanted}-{number}", number + 1
            taken.add(name)
            heading.set("id", name)


def _tables(holder: Any) -> None:
    """A wide table scrolls by itself, reachable by keyboard; numbers stand to the right."""
    for table in list(holder.iter("table")):
        frame = lxml_html.Element("div", {"class": "table-scroll", "role": "region", "tabindex": "0"})
        caption = table.find("caption")
        frame.set("aria-label", caption.text_content().strip() if caption is not None else _("Table"))
        frame.tail, table.tail = table.tail, None
        table.getparent().replace(table, frame)
        frame.append(table)
        columns = set()
        for cell in table.iter("td"):
            if NUMBER.match(cell.text_content()):
                cell.set("class", "is-number")
                columns.add(cell.getparent().index(cell))
        for heading in table.xpath("descendant::thead//th"):
            if heading.getparent().index(heading) in columns:
                heading.set("class", "is-number")


def _links(holder: Any, *, paid: bool) -> None:
    own = urlsplit(settings.SITE_URL).netloc
    for link in holder.iter("a"):
        address = urlsplit(link.get("href") or "")
        if address.netloc and address.netloc != own:
            link.set("rel", "sponsored nofollow noopener" if paid else "external noopener")
        elif "rel" in link.attrib:
            del link.attrib["rel"]


def _own_nodes(holder: Any, shown: Shown, pieces: list[str]) -> None:
    """Put a numbered place where each of our nodes stands and its markup into `pieces`."""
    for node in holder.xpath("descendant::*[@data-picture or @data-read-also or @data-embed]"):
        mark = lxml_html.HtmlComment(f"node:{len(pieces)}")
        pieces.append(_markup(node, shown))
        mark.tail = node.tail
        node.getparent().replace(node, mark)


def _markup(node: Any, shown: Shown) -> str:
    if (key := node.get("data-picture")) is not None:
        return figure(shown.pictures.get(key))
    if (key := node.get("data-read-also")) is not None:
        return read_also(shown.stories.get(_number(key)))
    return link_card(node.get("data-embed") or "")


def figure(picture: Picture | None) -> str:
    """A picture with caption and credit; nothing where there is none."""
    shown = picture_html(picture, sizes=BODY_SIZES) if picture is not None else ""
    if picture is None or not shown:
        return ""
    return format_html("<figure data-picture>{}{}</figure>", shown, caption(picture))


def caption(picture: Picture) -> SafeString:
    """The line under a picture, or nothing."""
    credit = format_html('<span class="credit">{}</span>', picture.credit) if picture.credit else ""
    if not picture.caption and not credit:
        return SafeString("")
    return format_html("<figcaption>{} {}</figcaption>", picture.caption, credit)


def read_also(story: StoryLink | None) -> str:
    """The inset that leads to another story of ours; nothing while that story is not live."""
    if story is None:
        return ""
    return format_html(
        '<aside data-read-also><span class="read-also-label">{}</span> <a href="{}">{}</a></aside>',
        _("Read also"),
        story.url,
        story.headline,
    )


def link_card(url: str) -> str:
    """What somebody else shows elsewhere, as a link that says where it leads. Nothing is fetched from there."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    host = parts.netloc.removeprefix("www.")
    return format_html(
        '<figure data-embed><a href="{}" rel="external noopener">{}</a><figcaption>{}</figcaption></figure>',
        url,
        _("Open this on %(host)s") % {"host": host},
        f"{host}{parts.path}"[:100],
    )
