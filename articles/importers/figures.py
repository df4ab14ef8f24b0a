"""What stands by itself in an old text, as our nodes: quotations, tables, pictures, galleries, players and files.

Works on the parsed text (lxml elements) in place. What cannot come along is counted by name in `left_out`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin

import lxml.html

from articles.importers.texts import parts_of

ADDRESS = re.compile(r"https?://\S+")
IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?)$", re.I)
GALLERIES = (
    "wp-block-gallery",
    "wp-block-jetpack-tiled-gallery",
    "wp-block-jetpack-slideshow",
    "tiled-gallery",
    "gallery",
)
GALLERY = " or ".join(f"contains(concat(' ', @class, ' '), ' {name} ')" for name in GALLERIES)
MOST_IN_GALLERY = 20  # as the editor allows
NUMBERED = re.compile(r"\bwp-image-(\d+)")


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


class Files(Protocol):
    """Who knows the sounds and PDFs of the old site."""

    def file(self, url: str, said: str) -> str:
        """The key under which the file of an address lives here; "" for what is none of ours."""

    def playlist(self, ids: list[int]) -> Iterable[str]:
        """The addresses of a playlist; without ids all that hang on the item."""


def embeds(root: Any) -> None:
    """An embed block is an address in a wrapper, with perhaps a caption, which follows as a paragraph."""
    for figure in root.xpath("//figure[contains(concat(' ', @class, ' '), ' wp-block-embed ')]"):
        found = ADDRESS.search(" ".join(figure.itertext()))
        if found is not None and not figure.xpath(".//*[@data-embed]"):
            figure.addprevious(node("data-embed", found[0]))
            for wrapper in figure.xpath(".//*[contains(@class, 'wp-block-embed__wrapper')]"):
                wrapper.drop_tree()


def quotes(root: Any) -> None:
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


def tables(root: Any) -> None:
    """A table stands by itself; the caption of its frame becomes its own."""
    for table in list(root.iter("table")):
        frame = table.getparent()
        if frame.tag != "figure":
            continue
        for said in frame.findall("figcaption"):
            said.tag, said.tail = "caption", None
            table.insert(0, said)
        frame.drop_tag()


def frame_galleries(root: Any) -> None:
    """A gallery's box stays together when other boxes go."""
    for box in root.xpath(f"//div[{GALLERY}][descendant::img]"):
        box.tag = "figure"


def pictures(root: Any, known: Pictures, site: str, left_out: Counter[str]) -> None:
    """A node of ours in the place of each gallery and image, lifted out of what it stood in."""
    for asked in root.xpath("//figure[@data-old-gallery]"):
        found = list(known.gallery(_numbers(asked.get("data-old-gallery"))))
        if not found:
            left_out["gallery without pictures"] += 1
        _lift_gallery(asked, [known.key(picture) for picture in found], root)
        asked.drop_tree()
    for box in root.xpath(f"//*[self::figure or self::ul][{GALLERY}][descendant::img]"):
        _gallery(box, known, root, site, left_out)
    for image in root.xpath("//img"):
        words = image.get("class", "")
        address = _address(image, site)
        if "emoji" in words or "wp-smiley" in words:
            image.tail = f"{image.get('alt', '')}{image.tail or ''}"
            image.drop_tree()
        elif not address:
            left_out["picture that has no address"] += 1
            image.drop_tree()
        else:
            _picture(image, address, known, root, left_out)


def _address(image: Any, site: str) -> str:
    """Where an image stands; "" for one that is not to be had, or that only counts readers."""
    written = image.get("data-full-url") or image.get("src") or image.get("data-src") or ""
    address = urljoin(f"{site}/", written) if any(parts_of(written)) else ""
    is_pixel = image.get("width") == image.get("height") == "1"
    return "" if is_pixel or parts_of(address).scheme not in ("http", "https") else address


def _gallery(box: Any, known: Pictures, root: Any, site: str, left_out: Counter[str]) -> None:
    """One gallery of blocks; its own caption stays behind as a paragraph."""
    keys = []
    for image in box.xpath(".//img"):
        address = _address(image, site)
        frame: Any = next(iter(image.xpath("ancestor::figure[1] | ancestor::li[1]")[-1:]), image)
        captions = frame.xpath(".//figcaption") if frame is not box and len(frame.xpath(".//img")) == 1 else []
        if address:
            keys.append(known.key(_found(image, address, captions, left_out)))
        else:
            left_out["picture that has no address"] += 1
        for said in captions:
            said.drop_tree()
        image.drop_tree()
    _lift_gallery(box, keys, root)


def _lift_gallery(place: Any, keys: list[str], root: Any) -> None:
    """The pictures in order, in galleries of at most twenty; a single one is just a picture."""
    keys = list(dict.fromkeys(keys))
    for start in range(0, len(keys), MOST_IN_GALLERY):
        part = keys[start : start + MOST_IN_GALLERY]
        _lift(place, node("data-gallery" if len(part) > 1 else "data-picture", " ".join(part)), root)


def _found(image: Any, address: str, captions: list[Any], left_out: Counter[str]) -> FoundPicture:
    caption = " ".join(" ".join(said.text_content() for said in captions).split())
    for said in captions:
        left_out.update(f"link in a caption, to {target}" for target in said.xpath(".//a/@href"))
    number = NUMBERED.search(image.get("class", ""))
    attachment_id = int(number[1]) if number else next(iter(_numbers(image.get("data-id", ""))), 0)
    return FoundPicture(address, image.get("alt", "").strip(), caption, attachment_id)


def _numbers(text: str) -> list[int]:
    return [int(part) for part in re.findall(r"(?<!\d)\d{1,18}(?!\d)", text)]


def _picture(image: Any, address: str, known: Pictures, root: Any, left_out: Counter[str]) -> None:
    figure: Any = next(iter(image.xpath("ancestor::figure[1]")), image)
    is_alone = figure is not image and len(figure.xpath(".//img")) == 1 and not figure.get("data-quote")
    captions = figure.xpath(".//figcaption") if is_alone else []
    found = _found(image, address, captions, left_out)
    place = figure if is_alone else image
    _lift(place, node("data-picture", known.key(found)), root)
    target = next(iter(image.xpath("ancestor::a[1]/@href")), "")
    if target and not _leads_to_picture(target, address, image):
        link = lxml.html.Element("a", {"href": target})
        link.text = found.alt or parts_of(target).netloc or target
        _lift(place, link, root)
    for said in captions:
        said.drop_tree()
    image.drop_tree()


def _leads_to_picture(target: str, address: str, image: Any) -> bool:
    """Whether a picture's link only shows the picture: its file, a larger one, or its own page."""
    path = parts_of(target).path
    own_page = target == image.get("data-link") or "attachment" in image.xpath("string(ancestor::a[1]/@rel)")
    return own_page or bool(IMAGE_FILE.search(path)) or "attachment_id=" in target or target == address


def playlists(root: Any, known: Files | None, left_out: Counter[str]) -> None:
    """The address of each thing a playlist plays, one after another."""
    for asked in root.xpath("//figure[@data-old-playlist]"):
        addresses = list(known.playlist(_numbers(asked.get("data-old-playlist")))) if known is not None else []
        if not addresses:
            left_out["shortcode [playlist]"] += 1
        for address in addresses:
            _lift(asked, node("data-embed", address), root)
        asked.drop_tree()


def files(root: Any, known: Files) -> None:
    """Sounds and PDFs of the old site: a player and a link that stands alone become our node, others lead to a path."""
    for player in root.xpath("//figure[@data-embed]"):
        key = known.file(player.get("data-embed"), "")
        if key:
            player.attrib.pop("data-embed")
            player.set("data-file", key)
    for link in root.xpath("//a[@href]"):
        href = link.get("href").strip()
        key = known.file(href, link.text_content())
        frame = link.getparent()
        if key and frame.getparent() is root and frame.tag == "p" and not _words_beside(link, frame):
            frame.addprevious(node("data-file", key))
            frame.drop_tree()
        elif key:
            link.set("href", parts_of(href).path)


def _words_beside(link: Any, frame: Any) -> bool:
    return bool(frame.text_content().strip() != link.text_content().strip())


def _lift(place: Any, node: Any, root: Any) -> None:
    """Put `node` before the outermost element that holds `place`."""
    outer = place
    while outer.getparent() is not root:
        outer = outer.getparent()
    outer.addprevious(node)


def node(name: str, value: str) -> Any:
    """A node of ours: an empty figure that names what it shows."""
    return lxml.html.Element("figure", {name: value})
