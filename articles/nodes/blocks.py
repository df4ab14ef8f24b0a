"""Story HTML as blocks: where it is cut, what it says, and what it names.

The text is stored as the editor leaves it, already sanitised (`articles.editor`).
"""

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from django.utils.text import slugify
from lxml import html as lxml_html

OPEN_PARAGRAPHS = 2  # a story without a divider is cut after so many
INLINE = frozenset(["a", "strong", "em", "s", "sub", "sup", "code", "br", "span"])
WITHOUT_TEXT = "descendant-or-self::*[@data-picture or @data-gallery or @data-embed or @data-file or @data-read-also]"
FOOTNOTE = "descendant::span[@data-footnote][not(ancestor::span[@data-footnote])]"
OWN_IDS = frozenset(["main", "continue", "related", "appeal", "replies", "discover", "series"])
UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML parser takes these


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
    """The pictures the blocks name, those of galleries too, in order, each once."""
    named = _named(blocks, "data-picture", "data-gallery")
    return list(dict.fromkeys(key for keys in named for key in keys.split()))


def document_keys(blocks: Iterable[Any]) -> list[str]:
    """The sounds and PDFs of ours they name, in order, each once."""
    return _named(blocks, "data-file")


def embed_addresses(blocks: Iterable[Any]) -> list[str]:
    """The addresses of what they show from elsewhere, in order, each once."""
    return _named(blocks, "data-embed")


def read_also_ids(blocks: Iterable[Any]) -> list[int]:
    """The stories of their *read also* insets, in order, each once."""
    return [key for key in map(number_of, _named(blocks, "data-read-also")) if key]


def source(blocks: Iterable[Any]) -> str:
    """The blocks as stored HTML."""
    return "".join(lxml_html.tostring(block, encoding="unicode", with_tail=False) for block in blocks)


def plain_text(blocks: Iterable[Any]) -> str:
    """What the blocks say, as text with single spaces, footnotes last; pictures, embeds and insets say nothing."""
    said: list[str] = []
    notes: list[str] = []
    for block in blocks:
        copy = deepcopy(block)
        silent = copy.xpath(WITHOUT_TEXT)
        if copy in silent:
            continue
        for part in silent:
            part.drop_tree()
        for note in copy.xpath(FOOTNOTE):
            notes.append(note.text_content())
            note.drop_tree()
        for element in copy.iter("br", "p", "li", "td", "th", "figcaption", "h3"):
            element.tail = f" {element.tail or ''}"
        said.append(copy.text_content())
    return " ".join(" ".join([*said, *notes]).split())


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


def number_of(text: str) -> int:
    """A key that is a number; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _named(blocks: Iterable[Any], *attributes: str) -> list[str]:
    path = f"descendant-or-self::*[{' or '.join(f'@{name}' for name in attributes)}]"
    nodes = (node for block in blocks for node in block.xpath(path))
    found = [next(filter(None, map(node.get, attributes)), "") for node in nodes]
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
