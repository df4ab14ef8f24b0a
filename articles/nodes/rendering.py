"""Blocks as readers see them: tables that scroll, links that say where they lead, and our own nodes."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from lxml import html as lxml_html

from articles.attachments.embeds import parts_of
from articles.nodes import insets
from articles.nodes.blocks import number_of, source
from articles.nodes.footnotes import Notes
from articles.nodes.shown import Shown

NUMBER = re.compile(r"^[\s+\-−–]*[$€£]?\s*\d[\d\s.,’]*\s*(%|‰|€|[a-z]{1,3})?\s*$", re.IGNORECASE)
PLACE = re.compile(r"<!--node:(\d+)-->")
OWN = "descendant::*[@data-picture or @data-gallery or @data-read-also or @data-embed or @data-file]"


def render(blocks: Iterable[Any], shown: Shown, notes: Notes | None = None) -> SafeString:
    """The blocks as readers see them. The blocks are used up.

    With `notes` their footnotes go on counting there and the caller lists them; else the list stands at the end.
    """
    own_notes = Notes() if notes is None else notes
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
        own_notes.take_from(holder)
        out.append(source(holder))
    text = PLACE.sub(lambda match: pieces[int(match[1])], "".join(out))
    listed = own_notes.listed() if notes is None else ""
    return mark_safe(text + listed)  # sanitised where it entered; our own nodes are escaped


def _is_hollow(block: Any) -> bool:
    """Whether a figure or box lost what it was about to the sanitiser."""
    return block.tag in ("figure", "aside") and not (block.attrib or len(block) or (block.text or "").strip())


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
        address = parts_of(link.get("href") or "")
        if address is not None and address.netloc and address.netloc != own:
            link.set("rel", "sponsored nofollow noopener" if paid else "external noopener")
        elif "rel" in link.attrib:
            del link.attrib["rel"]


def _own_nodes(holder: Any, shown: Shown, pieces: list[str]) -> None:
    """Put a numbered place where each of our nodes stands and its markup into `pieces`."""
    for node in holder.xpath(OWN):
        mark = lxml_html.HtmlComment(f"node:{len(pieces)}")
        pieces.append(_markup(node, shown))
        mark.tail = node.tail
        node.getparent().replace(node, mark)


def _markup(node: Any, shown: Shown) -> str:
    if (key := node.get("data-picture")) is not None:
        return insets.figure(shown.pictures.get(key))
    if (keys := node.get("data-gallery")) is not None:
        return insets.gallery([shown.pictures[key] for key in keys.split() if key in shown.pictures])
    if (key := node.get("data-read-also")) is not None:
        return insets.read_also(shown.stories.get(number_of(key)))
    if (key := node.get("data-file")) is not None:
        return insets.file(shown.files.get(key))
    return insets.embed(node.get("data-embed") or "", shown)
