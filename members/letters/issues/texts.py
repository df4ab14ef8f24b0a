"""The words of a letter as mail can carry them: HTML that mail programs show, and the same as plain text."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import nh3
from django.conf import settings
from lxml import html as lxml_html

WIDTH = 72
TAGS = {
    "p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "a", "strong", "b", "em", "i", "u", "s", "sub", "sup", "br",
    "hr", "table", "caption", "thead", "tbody", "tr", "th", "td", "code",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
NOT_IN_MAIL = {"script", "style", "iframe", "form", "svg", "video", "audio", "object", "button", "select", "textarea"}
FIGURES = "//figure[descendant::img or descendant::iframe or descendant::video or descendant::audio]"
BLOCKS = {"p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "hr", "table", "tr", "caption", "div"}


def for_mail(html: str) -> str:
    """`html` as it may stand in a mail: text, links, lists, quotations, tables. No pictures, frames or styles.

    Addresses within the site become whole ones. What a picture's caption says goes with the picture.
    """
    if "<figure" in html:
        html = _without_figures(html)
    cleaned = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags=NOT_IN_MAIL,
        attribute_filter=_whole_address,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return cleaned.replace("<p></p>", "").strip()


def plain(html: str) -> str:
    """The words of `html` (as `for_mail` makes it) as text: wrapped, links visible, paragraphs apart."""
    if not html.strip():
        return ""
    holder = lxml_html.fragment_fromstring(html, create_parent="div")
    return "\n\n".join(block for block in _blocks(holder, WIDTH) if block.strip())


def _without_figures(html: str) -> str:
    holder = lxml_html.fragment_fromstring(html, create_parent="div")
    for figure in holder.xpath(FIGURES):
        figure.drop_tree()
    inner = "".join(lxml_html.tostring(child, encoding="unicode") for child in holder)
    return (holder.text or "") + inner if not holder.text else nh3.clean_text(holder.text) + inner


def _whole_address(tag: str, attribute: str, value: str) -> str | None:
    """An address within the site with the site's name; nothing for a place within the page."""
    if attribute != "href":
        return value
    if value.startswith("//"):
        return f"https:{value}"
    if value.startswith("/"):
        return settings.SITE_URL + value
    return value if ":" in value else None


def _blocks(node: Any, width: int) -> Iterator[str]:
    """The blocks in `node` as wrapped text; text that stands between blocks is a block of its own."""
    loose: list[Any] = [node.text or ""]
    for child in node:
        if child.tag in BLOCKS:
            yield _wrapped(loose, width)
            yield _block(child, width)
            loose = [child.tail or ""]
        else:
            loose += [child, child.tail or ""]
    yield _wrapped(loose, width)


def _block(node: Any, width: int) -> str:
    if node.tag in ("ul", "ol"):
        return _list(node, width)
    if node.tag == "blockquote":
        inner = "\n\n".join(block for block in _blocks(node, width - 2) if block.strip())
        return textwrap.indent(inner, "> ", lambda line: True).replace("> \n", ">\n")
    if node.tag == "hr":
        return "* * *"
    if node.tag == "table":
        return "\n".join(" | ".join(_words([cell]).strip() for cell in row.iter("th", "td")) for row in node.iter("tr"))
    return "\n\n".join(block for block in _blocks(node, width) if block.strip())


def _list(node: Any, width: int) -> str:
    items, number = [], int(node.get("start") or 1)
    for item in node.iterchildren("li"):
        mark = f"{number}. " if node.tag == "ol" else "- "
        inner = "\n".join(block for block in _blocks(item, width - len(mark)) if block.strip())
        items.append(mark + textwrap.indent(inner, " " * len(mark)).lstrip())
        number += 1
    return "\n".join(items)


def _wrapped(parts: Iterable[Any], width: int) -> str:
    lines = _words(parts).split("\n")
    wrapper = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrapper.fill(" ".join(line.split())) for line in lines if line.strip())


def _words(parts: Iterable[Any]) -> str:
    """Text and inline elements as words; an address stands behind the words that link to it."""
    words = []
    for part in parts:
        if isinstance(part, str):
            words.append(part.replace("\n", " "))
        elif part.tag == "br":
            words.append("\n")
        else:
            inner = _words([part.text or "", *(each for child in part for each in (child, child.tail or ""))])
            href = part.get("href") if part.tag == "a" else None
            words.append(f"{inner} ({href})" if href and href.removeprefix("mailto:") != inner.strip() else inner)
    return "".join(words)
