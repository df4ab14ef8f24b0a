"""Lexical, in which Ghost 5 and 6 keep their texts, as HTML with held cards."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from articles.importers.ghost import cards

if TYPE_CHECKING:
    from articles.importers.ghost.writing import Writer

Node = Mapping[str, Any]
FORMATS = ((1, "strong"), (2, "em"), (4, "s"), (16, "code"), (32, "sub"), (64, "sup"))  # others only look different
LISTS = {"number": "ol"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = {"paragraph": "p", "quote": "blockquote", "extended-quote": "blockquote"}
SILENT = ("tk", "zwnj", "at-link-search")  # marks of the editor
LINKS = ("link", "autolink", "at-link")


def html(document: Any, writer: "Writer") -> str:
    """A Lexical document as HTML; "" for what is none."""
    root = document.get("root") if isinstance(document, dict) else None
    return _all(_children(root), writer) if isinstance(root, dict) else ""


def _children(node: Node) -> list[Node]:
    found = node.get("children")
    return [child for child in found if isinstance(child, dict)] if isinstance(found, list) else []


def _all(nodes: Iterable[Node], writer: "Writer") -> str:
    return "".join(_html(node, writer) for node in nodes)


def _html(node: Node, writer: "Writer") -> str:
    """One node with what is in it."""
    kind = str(node.get("type") or "")
    if "text" in node and "children" not in node:
        return _text(node)
    if kind == "linebreak":
        return "<br>"
    if kind in SILENT:
        return ""
    if "children" not in node:
        return cards.html(kind, node, writer)
    if kind == "list":
        return _list(node, writer)
    inner = _all(_children(node), writer)
    if kind in BLOCKS:
        return f"<{BLOCKS[kind]}>{inner}</{BLOCKS[kind]}>"
    if kind in LINKS:
        return f'<a href="{escape(str(node.get("url") or ""))}">{inner}</a>'
    if kind == "aside":
        return writer.hold(cards.pull_quote(f"<p>{inner}</p>", writer))
    if kind in ("heading", "extended-heading"):
        tag = node.get("tag") if node.get("tag") in HEADINGS else "h2"
        return f"<{tag}>{inner}</{tag}>"
    return inner


def _text(node: Node) -> str:
    """A run of text in its formats."""
    given = node.get("format")
    said = escape(str(node.get("text") or ""))
    for bit, tag in FORMATS:
        if isinstance(given, int) and given & bit:
            said = f"<{tag}>{said}</{tag}>"
    return said


def _list(node: Node, writer: "Writer") -> str:
    """A list. Lexical gives a list inside it an item of its own; it belongs to the item before."""
    items: list[str] = []
    for item in _children(node):
        inner = _all(_children(item), writer)
        if items and all(child.get("type") == "list" for child in _children(item)):
            items[-1] += inner
        else:
            items.append(inner)
    tag = LISTS.get(str(node.get("listType") or ""), "ul")
    start = node.get("start")
    begins = f' start="{start}"' if tag == "ol" and isinstance(start, int) and start > 1 else ""
    return f"<{tag}{begins}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"
