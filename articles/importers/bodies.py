"""Turns WordPress markup (classic or blocks) into story HTML, as the editor itself would have written it.

Everything the editor does not know is dropped by the same allow-list as on the desk; words never are. What
cannot come along (widgets, forms, links inside captions) is counted by name, so that a report can say so.
"""

import re
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import lxml.html
from lxml import etree

from articles.editor import clean_story
from articles.importers.wordpress.shortcodes import plain_html

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
NODES = ("data-picture", "data-embed", "data-read-also")
ADDRESS = re.compile(r"https?://\S+")
BACKGROUND = re.compile(r"background(?:-image)?:\s*url\(['\"]?([^'\")]+)")
IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?)$", re.I)


@dataclass(frozen=True)
class FoundPicture:
    """A picture in a text: its address, what it shows (may be ""), its caption as plain text, its id (or 0)."""

    url: str
    alt: str
    caption: str
    attachment_id: int = 0


class Pictures(Protocol):
    """Who knows the pictures of the old site."""

    def key(self, found: FoundPicture) -> str:
        """The key under which the picture lives here."""

    def gallery(self, ids: list[int]) -> Iterable[FoundPicture]:
        """The pictures of a gallery; without ids all that hang on the item."""


@dataclass(frozen=True)
class Converted:
    """Story HTML, and what did not come along: how often, by name."""

    html: str
    left_out: Counter[str]


def convert(markup: str, pictures: Pictures, site: str) -> Converted:
    """`markup` as story HTML. `site`: the old site's address; links to it become paths."""
    left_out: Counter[str] = Counter()
    is_classic = "<!-- wp:" not in markup
    text = plain_html(markup, left_out)
    if not text.strip():
        return Converted("", left_out)
    root = lxml.html.fragment_fromstring(text, create_parent="div", parser=PARSER)
    etree.strip_elements(root, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    _drop(root, left_out)
    _embeds(root)
    _quotes(root)
    _tables(root)
    _unwrap(root)
    _pictures(root, pictures, site, left_out)
    _rename(root)
    _inline(root)
    _paragraphs(root, breaks=is_classic)
    for quotation in list(root.iter("blockquote")):
        _paragraphs(quotation, breaks=is_classic)
    _lone_addresses(root)
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
            element.addprevious(_node("data-embed", address))
        else:
            left_out[f"<{element.tag}>"] += 1
        element.drop_tree()
    for element in list(root.iter(*DROPPED)):
        if element.tag not in ("style", "noscript", "template", "button"):
            left_out[f"<{element.tag}>"] += 1
        element.drop_tree()
    for element in root.xpath("//*[contains(@class, 'wp-block-file__button')]"):
        element.drop_tree()  # a second link to the file beside it


def _embeds(root: Any) -> None:
    """An embed block is an address in a wrapper, with perhaps a caption, which follows as a paragraph."""
    for figure in root.xpath("//figure[contains(concat(' ', @class, ' '), ' wp-block-embed ')]"):
        found = ADDRESS.search(" ".join(figure.itertext()))
        if found is not None and not figure.xpath(".//*[@data-embed]"):
            figure.addprevious(_node("data-embed", found[0]))
            for wrapper in figure.xpath(".//*[contains(@class, 'wp-block-embed__wrapper')]"):
                wrapper.drop_tree()


def _quotes(root: Any) -> None:
    """A quotation with a source, and every pull quote, becomes our quote figure."""
    for quotation in list(root.iter("blockquote")):
        frame = quotation.getparent()
        is_pull = "wp-block-pullquote" in f"{quotation.get('class', '')} {frame.get('class', '')}"
        cites = quotation.xpath("./cite | ./p[last()]/cite | ./footer | ../cite[parent::figure] | ../figcaption")
        if quotation.xpath("ancestor::figure[@data-quote]") or not (is_pull or cites):
            continue
        figure = lxml.html.Element("figure", {"data-quote": "pull" if is_pull else "block"})
        place = frame if frame.tag == "figure" and frame is not root else quotation
        place.addprevious(figure)
        for cite in cites:
            source = deepcopy(cite)
            source.tag, source.tail = "figcaption", None
            source.attrib.clear()
            for line_break in list(source.iter("br")):
                line_break.drop_tag()
            cite.drop_tree()
            figure.append(source)
        tail, place.tail = place.tail, None
        figure.insert(0, quotation)
        if place is not quotation:
            place.drop_tree()
        figure.tail, quotation.tail = tail, None


def _tables(root: Any) -> None:
    """A table stands by itself; the caption of its frame becomes its own."""
    for table in list(root.iter("table")):
        frame = table.getparent()
        if frame.tag != "figure":
            continue
        for said in frame.findall("figcaption"):
            said.tag, said.tail = "caption", None
            table.insert(0, said)
        frame.drop_tag()


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
        if element is root:
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


def _pictures(root: Any, pictures: Pictures, site: str, left_out: Counter[str]) -> None:
    """A picture node in the place of each image and gallery, lifted out of what it stood in."""
    for gallery in root.xpath("//figure[@data-gallery]"):
        ids = [int(part) for part in re.findall(r"\d+", gallery.get("data-gallery"))]
        found = list(pictures.gallery(ids))
        if not found:
            left_out["gallery without pictures"] += 1
        for picture in found:
            _lift(gallery, _node("data-picture", pictures.key(picture)), root)
        gallery.drop_tree()
    for image in root.xpath("//img"):
        words = image.get("class", "")
        address = urljoin(f"{site}/", image.get("src") or image.get("data-src") or "")
        if "emoji" in words or "wp-smiley" in words:
            image.tail = f"{image.get('alt', '')}{image.tail or ''}"
            image.drop_tree()
        elif urlsplit(address).scheme not in ("http", "https") or image.get("width") == image.get("height") == "1":
            left_out["picture that has no address"] += 1
            image.drop_tree()
        else:
            _picture(image, address, pictures, root, left_out)


def _picture(image: Any, address: str, pictures: Pictures, root: Any, left_out: Counter[str]) -> None:
    figure: Any = next(iter(image.xpath("ancestor::figure[1]")), image)
    is_alone = figure is not image and len(figure.xpath(".//img")) == 1 and not figure.get("data-quote")
    captions = figure.xpath(".//figcaption") if is_alone else []
    caption = " ".join(" ".join(said.text_content() for said in captions).split())
    for said in captions:
        left_out.update(f"link in a caption, to {target}" for target in said.xpath(".//a/@href"))
    number = re.search(r"\bwp-image-(\d+)", image.get("class", ""))
    found = FoundPicture(address, image.get("alt", "").strip(), caption, int(number[1]) if number else 0)
    place = figure if is_alone else image
    _lift(place, _node("data-picture", pictures.key(found)), root)
    target = next(iter(image.xpath("ancestor::a[1]/@href")), "")
    if target and not _leads_to_picture(target, address, image):
        link = lxml.html.Element("a", {"href": target})
        link.text = found.alt or urlsplit(target).netloc or target
        _lift(place, link, root)
    for said in captions:
        said.drop_tree()
    image.drop_tree()


def _leads_to_picture(target: str, address: str, image: Any) -> bool:
    """Whether a picture's link only shows the picture: its file, a larger one, or its own page."""
    path = urlsplit(target).path
    own_page = target == image.get("data-link") or "attachment" in image.xpath("string(ancestor::a[1]/@rel)")
    return own_page or bool(IMAGE_FILE.search(path)) or "attachment_id=" in target or target == address


def _lift(place: Any, node: Any, root: Any) -> None:
    """Put `node` before the outermost element that holds `place`."""
    outer = place
    while outer.getparent() is not root:
        outer = outer.getparent()
    outer.addprevious(node)


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
            paragraph.addprevious(_node("data-embed", found[0]))
            paragraph.drop_tree()


def _links(root: Any, site: str) -> None:
    """Links to the old site are paths of this one, where its old addresses answer; files stay where they are."""
    host = urlsplit(site).netloc
    for link in list(root.iter("a")):
        if not link.get("href"):
            link.drop_tag()
            continue
        parts = urlsplit(link.get("href").strip())
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


def _node(name: str, value: str) -> Any:
    return lxml.html.Element("figure", {name: value})


def _source(element: Any) -> str:
    html: str = lxml.html.tostring(element, encoding="unicode", with_tail=False)
    return html.strip() if element.tag != "pre" else html
