"""Turns WordPress markup (classic or blocks) into story HTML, as the editor itself would have written it.

Everything the editor does not know is dropped by the same allow-list as on the desk; words never are. What
cannot come along (widgets, forms, links inside captions) is counted by name, so that a report can say so.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lxml.html
from lxml import etree

from articles.editor import clean_story
from articles.importers import figures
from articles.importers.figures import ADDRESS, IMAGE_FILE, Files, FoundPicture, Pictures, node
from articles.importers.texts import parts_of
from articles.importers.wordpress.footnotes import with_notes
from articles.importers.wordpress.shortcodes import plain_html

__all__ = ["IMAGE_FILE", "Converted", "Files", "FoundPicture", "Pictures", "convert"]

PARSER = lxml.html.HTMLParser(huge_tree=True, encoding="utf-8")  # without it 256 nested elements lose the text
DROPPED = ("script", "style", "noscript", "object", "embed", "form", "template", "button", "select", "svg", "canvas")
UNWRAPPED = ("div", "section", "article", "main", "header", "footer", "center", "details", "summary", "font", "span")
RENAMED = {
    "b": "strong", "i": "em", "cite": "em", "var": "em", "dfn": "em", "del": "s", "strike": "s",
    "kbd": "code", "tt": "code", "samp": "code", "h1": "h2", "h4": "h3", "h5": "h3", "h6": "h3",
    "address": "p", "dd": "p", "figcaption": "p",
}  # fmt: skip
BLOCKS = frozenset(["p", "h2", "h3", "ul", "ol", "blockquote", "figure", "aside", "table", "pre", "hr"])
KEPT_EMPTY = frozenset(["br", "hr", "td", "th", "tr"])
NODES = ("data-picture", "data-gallery", "data-embed", "data-file", "data-read-also")
BACKGROUND = re.compile(r"background(?:-image)?:\s*url\(['\"]?([^'\")]+)")


@dataclass(frozen=True)
class Converted:
    """Story HTML, and what did not come along: how often, by name."""

    html: str
    left_out: Counter[str]


def convert(
    markup: str,
    pictures: Pictures,
    site: str,
    *,
    files: Files | None = None,
    meta: Mapping[str, str] | None = None,
) -> Converted:
    """`markup` as story HTML. `site`: the old site's address; links to it become paths.

    `files`: who knows its sounds and PDFs; without them players and links keep their addresses. `meta`: the
    item's own fields, where WordPress keeps footnotes; without them what looks like a footnote is left as it stands.
    """
    left_out: Counter[str] = Counter()
    is_classic = "<!-- wp:" not in markup
    text = plain_html(markup if meta is None else with_notes(markup, meta), left_out)
    if not text.strip():
        return Converted("", left_out)
    root = lxml.html.fragment_fromstring(text, create_parent="div", parser=PARSER)
    etree.strip_elements(root, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    _drop(root, left_out)
    figures.embeds(root)
    figures.quotes(root)
    figures.tables(root)
    figures.frame_galleries(root)
    _unwrap(root)
    figures.pictures(root, pictures, site, left_out)
    figures.playlists(root, files, left_out)
    _rename(root)
    _inline(root)
    _paragraphs(root, breaks=is_classic)
    for quotation in list(root.iter("blockquote")):
        _paragraphs(quotation, breaks=is_classic)
    _lone_addresses(root)
    if files is not None:
        figures.files(root, files)
    _links(root, site)
    _prune(root)
    return Converted(clean_story("\n".join(_source(child) for child in root)), +left_out)


def _drop(root: Any, left_out: Counter[str]) -> None:
    """Take out what does things; players and frames leave their address."""
    for element in list(root.iter("iframe", "video", "audio")):
        sources = [element.get("src"), *(source.get("src") for source in element.iter("source"))]
        address = next((found for found in sources if found), "")
        if address.startswith("//"):
            address = f"https:{address}"
        if ADDRESS.fullmatch(address):
            element.addprevious(node("data-embed", address))
        else:
            left_out[f"<{element.tag}>"] += 1
        element.drop_tree()
    for element in list(root.iter(*DROPPED)):
        is_preview = "wp-block-file" in element.get("class", "")  # of the file whose link stands beside it
        if element.tag not in ("style", "noscript", "template", "button") and not is_preview:
            left_out[f"<{element.tag}>"] += 1
        element.drop_tree()
    for element in root.xpath("//*[contains(@class, 'wp-block-file__button')]"):
        element.drop_tree()  # a second link to the file beside it


def _unwrap(root: Any) -> None:
    """Without boxes: columns, groups and covers stand one after another. A cover's background is a picture."""
    for cover in root.xpath("//*[contains(@class, 'wp-block-cover')][@style]"):
        found = BACKGROUND.search(cover.get("style"))
        if found is not None:
            cover.addprevious(lxml.html.Element("img", {"src": found[1]}))
    for title in root.iter("dt"):
        title.tag = "strong"
        frame = lxml.html.Element("p")
        title.addprevious(frame)
        frame.append(title)
    for element in list(root.iter(*UNWRAPPED, "dl", "picture")):
        if element is root or element.get("data-footnote") is not None:
            continue
        if element.tag not in ("font", "span", "picture"):
            _break_around(element)
        element.drop_tag()


def _break_around(element: Any) -> None:
    """A box without its tags still parts paragraphs."""
    before = element.getprevious()
    if before is not None:
        before.tail = f"{before.tail or ''}\n\n"
    elif element.getparent() is not None:
        element.getparent().text = f"{element.getparent().text or ''}\n\n"
    element.tail = f"\n\n{element.tail or ''}"


def _rename(root: Any) -> None:
    """Other tags of the same meaning. The story's own headline is the h1."""
    for figure in list(root.iter("figure")):
        if not any(figure.get(name) for name in (*NODES, "data-quote")):
            _break_around(figure)
            figure.drop_tag()
    for element in root.iter("q"):
        element.text = f"“{element.text or ''}"
        if len(element):
            element[-1].tail = f"{element[-1].tail or ''}”"
        else:
            element.text += "”"
    for address in root.iter("address"):
        address.text, lines = "", (address.text or "").split("\n")
        _add_text(address, "\n".join(lines), breaks=True)
    for element in root.iter(*RENAMED):
        if not (element.tag == "figcaption" and element.getparent().get("data-quote")):
            element.tag = RENAMED[element.tag]


def _inline(root: Any) -> None:
    """What may only stand inside a paragraph holds none: a link around blocks moves into each of them."""
    for element in list(root.iter("a", "strong", "em", "s", "code", "sub", "sup")):
        blocks = [child for child in element.iterdescendants() if child.tag in BLOCKS]
        if not blocks:
            continue
        for block in blocks:
            if block.tag in ("p", "h2", "h3"):
                inner = lxml.html.Element(element.tag, dict(element.attrib))
                inner.text, block.text = block.text, None
                inner.extend(list(block))
                block.append(inner)
        _break_around(element)
        element.drop_tag()


def _paragraphs(holder: Any, *, breaks: bool) -> None:
    """Loose text becomes paragraphs, parted by blank lines; with `breaks` single lines break, as in classic texts."""
    loose: list[Any] = []
    texts: list[tuple[str, Any]] = [("text", holder.text or "")]
    for child in list(holder):
        texts += [("element", child), ("text", child.tail or "")]
        child.tail = None
        holder.remove(child)
    holder.text = None
    paragraph: Any = None
    for kind, piece in texts:
        if kind == "element":
            if piece.tag in BLOCKS:
                paragraph = None
                loose.append(piece)
                continue
            if paragraph is None:
                paragraph = lxml.html.Element("p")
                loose.append(paragraph)
            paragraph.append(piece)
            continue
        for place, part in enumerate(re.split(r"\n[^\S\xa0]*\n", piece)):
            if place:
                paragraph = None
            if part.strip() and paragraph is None:
                paragraph = lxml.html.Element("p")
                loose.append(paragraph)
            if paragraph is not None:
                _add_text(paragraph, part, breaks=breaks)
    holder.extend(loose)


def _add_text(paragraph: Any, text: str, *, breaks: bool) -> None:
    """Append text at the end of a paragraph, its lines broken."""
    if not len(paragraph) and not (paragraph.text or "").strip():
        text = text.lstrip()
    for place, line in enumerate(text.split("\n") if breaks else [text]):
        if place and (len(paragraph) or (paragraph.text or "").strip()):
            paragraph.append(lxml.html.Element("br"))
        if len(paragraph):
            paragraph[-1].tail = f"{paragraph[-1].tail or ''}{line}"
        else:
            paragraph.text = f"{paragraph.text or ''}{line}"


def _lone_addresses(root: Any) -> None:
    """WordPress shows what stands at an address that is alone in its paragraph."""
    for paragraph in list(root.iter("p")):
        found = ADDRESS.fullmatch(paragraph.text_content().strip())
        if found is not None and not paragraph.xpath(".//a") and paragraph.getparent() is root:
            paragraph.addprevious(node("data-embed", found[0]))
            paragraph.drop_tree()


def _links(root: Any, site: str) -> None:
    """Links to the old site are paths of this one, where its old addresses answer; files stay where they are."""
    host = parts_of(site).netloc
    for link in list(root.iter("a")):
        if not link.get("href"):
            link.drop_tag()
            continue
        parts = parts_of(link.get("href").strip())
        if host and parts.netloc == host and not parts.path.startswith("/wp-content/"):
            link.set("href", parts._replace(scheme="", netloc="").geturl() or "/")


def _prune(root: Any) -> None:
    """Without what is empty, from the inside out, and without line breaks at the ends of paragraphs."""
    for element in reversed(list(root.iter())):
        if element is root or element.tag in KEPT_EMPTY or any(element.get(name) for name in NODES):
            continue
        if element.tag in ("p", "h2", "h3", "figcaption"):
            _trim(element)
        if not element.text_content().strip() and not element.xpath(".//hr | .//figure"):
            element.drop_tree()


def _trim(element: Any) -> None:
    """Neither begins nor ends with a line break."""
    while len(element) and element[0].tag == "br" and not (element.text or "").strip():
        element[0].drop_tag()
    while len(element) and element[-1].tag == "br" and not (element[-1].tail or "").strip():
        element[-1].drop_tag()


def _source(element: Any) -> str:
    html: str = lxml.html.tostring(element, encoding="unicode", with_tail=False)
    return html.strip() if element.tag != "pre" else html
