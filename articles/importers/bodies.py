"""Turns WordPress markup (classic, block, common shortcodes) into story HTML.

Pictures become `figure[data-picture]` nodes; who calls says which key a picture's address has. Everything
the editor does not know is dropped by the same allow-list as on the desk.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import lxml.html
from lxml.html import HtmlElement

from articles.editor import clean_story

BLOCKS = "p|h[1-6]|ul|ol|li|blockquote|figure|figcaption|aside|table|pre|hr|div|section|dl|form|iframe|address"
BLOCK_START = re.compile(rf"^\s*</?(?:{BLOCKS})\b", re.I)
MORE = re.compile(r"<!--\s*(?:wp:more.*?|/wp:more|more.*?|nextpage|wp:nextpage|/wp:nextpage)\s*-->", re.I)
COMMENT = re.compile(r"<!--.*?-->", re.S)
CAPTION = re.compile(r"\[caption[^\]]*\](.*?)\[/caption\]", re.S)
EMBED = re.compile(r"\[embed[^\]]*\]\s*(\S+?)\s*\[/embed\]")
SHORTCODE = re.compile(r"\[/?(?:gallery|audio|video|playlist|contact-form|contact-field|archives)\b[^\]]*\]")
DROPPED = ("script", "style", "iframe", "object", "form", "video", "audio")


@dataclass(frozen=True)
class FoundPicture:
    """A picture in a text: where it is, what it shows (may be ""), and its caption as plain text."""

    url: str
    alt: str
    caption: str


KeyOf = Callable[[FoundPicture], str]


def story_html(markup: str, key_of: KeyOf) -> str:
    """`markup` as story HTML. `key_of` is asked for the key of every picture met."""
    markup = EMBED.sub(r'<p><a href="\1">\1</a></p>', markup)
    markup = CAPTION.sub(r"<figure>\1</figure>", markup)
    markup = MORE.sub("", SHORTCODE.sub("", markup))
    is_blocks = "<!-- wp:" in markup
    markup = COMMENT.sub("", markup)
    if not is_blocks:
        markup = paragraphs(markup)
    if not markup.strip():
        return ""
    root = lxml.html.fragment_fromstring(markup, create_parent="div")
    for element in root.xpath("|".join(f"//{tag}" for tag in DROPPED)):
        element.drop_tree()
    set_pictures(root, key_of)
    set_headings(root)
    inner = escape(root.text or "") + "".join(
        lxml.html.tostring(child, encoding="unicode") for child in root if isinstance(child, HtmlElement)
    )
    return tidy(clean_story(inner))


def paragraphs(markup: str) -> str:
    """Classic markup: blank lines part paragraphs, single ones break lines, blocks stand alone."""
    parts = []
    for part in re.split(r"\n\s*\n", markup.replace("\r\n", "\n")):
        if not part.strip():
            continue
        if BLOCK_START.match(part):
            parts.append(part)
        else:
            parts.append(f"<p>{part.strip().replace(chr(10), '<br>')}</p>")
    return "\n".join(parts)


def set_pictures(root: HtmlElement, key_of: KeyOf) -> None:
    """Put a picture node in the place of each `<img>`, lifted out of what it stood in."""
    for image in root.xpath("//img"):
        address = image.get("src", "")
        figure = next(iter(image.xpath("ancestor::figure[1]")), None)
        caption = " ".join(figure.text_content().split()) if figure is not None else ""
        place = figure if figure is not None and len(figure.xpath(".//img")) == 1 else image
        if urlsplit(address).scheme not in ("http", "https"):
            place.drop_tree()
            continue
        node = lxml.html.Element("figure")
        node.set("data-picture", key_of(FoundPicture(address, image.get("alt", "").strip(), caption)))
        lift(place, node, root)


def lift(place: HtmlElement, node: HtmlElement, root: HtmlElement) -> None:
    """Put `node` before the outermost block that holds `place`, and take `place` out."""
    outer = place
    while outer.getparent() is not None and outer.getparent() is not root:
        outer = outer.getparent()
    outer.addprevious(node)
    place.drop_tree()


def set_headings(root: HtmlElement) -> None:
    """The story's own headline is the h1: deeper ones move under it, all below h3 become h3."""
    for tag, new in (("h1", "h2"), ("h4", "h3"), ("h5", "h3"), ("h6", "h3")):
        for element in root.iter(tag):
            element.tag = new


def tidy(html: str) -> str:
    """Without empty paragraphs and the blank lines between blocks."""
    html = re.sub(r"<(p|h2|h3|li|a)>(?:\s|&nbsp;|<br>)*</\1>", "", html)
    return re.sub(r"\n\s*\n+", "\n", html).strip()


def plain(markup: str) -> str:
    """Text without markup: titles and excerpts."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", markup)).split())


def is_file_name(alt: str, url: str) -> bool:
    """Whether an alternative text only repeats the file's name, and so tells a listener nothing."""
    stem = PurePosixPath(unquote(urlsplit(url).path)).stem
    same = re.sub(r"[\W_]+", "", alt).casefold() == re.sub(r"[\W_]+", "", stem).casefold()
    looks = re.fullmatch(r"[\w\s.-]+\.(?:jpe?g|png|gif|webp|avif)|(?:IMG|DSC|dsc|img)[-_ ]?\d+", alt.strip())
    return bool(alt) and (same or looks is not None)
