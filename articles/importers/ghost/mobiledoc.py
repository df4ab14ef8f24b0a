"""Mobiledoc, in which Ghost 1 to 4 kept their texts, as HTML with held cards.

Source: the format's own specification, versions 0.3.0 to 0.3.2 (sections of markup 1, image 2, list 3, card 10).
"""

from html import escape
from typing import TYPE_CHECKING, Any

from articles.importers.ghost import cards

if TYPE_CHECKING:
    from articles.importers.ghost.writing import Writer

TAGS = frozenset(["a", "b", "strong", "i", "em", "s", "strike", "code", "sub", "sup"])  # others only look different
SECTIONS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "aside", "pull-quote"])
Openers = list[tuple[str, str]]  # (opening tag, closing tag); two empty strings for what only looks different


def html(document: Any, writer: "Writer") -> str:
    """A Mobiledoc document as HTML; "" for what is none. Parts that do not fit the format are left out."""
    if not isinstance(document, dict):
        return ""
    markups = [_opener(markup) for markup in _list(document.get("markups"))]
    atoms, known = _list(document.get("atoms")), _list(document.get("cards"))
    parts = []
    for section in map(_list, _list(document.get("sections"))):
        match section:
            case [1, str(tag), list(markers), *_rest]:
                parts.append(_section(tag.lower(), _marked(markers, markups, atoms), writer))
            case [2, str(address), *_rest]:
                parts.append(cards.html("image", {"src": address}, writer))
            case [3, str(tag), list(items), *_rest]:
                outer = "ol" if tag.lower() == "ol" else "ul"
                rows = "".join(f"<li>{_marked(_list(item), markups, atoms)}</li>" for item in items)
                parts.append(f"<{outer}>{rows}</{outer}>")
            case [10, int(number), *_rest] if 0 <= number < len(known):
                parts.append(_card(_list(known[number]), writer))
            case _:
                writer.left_out["part of a text that is no Mobiledoc"] += 1
    return "".join(parts)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _opener(markup: Any) -> tuple[str, str]:
    """A markup (`["a", ["href", "https://…"]]`) as its two tags."""
    match markup:
        case ["a", [*attributes]]:
            given = dict(zip(attributes[::2], attributes[1::2], strict=False))
            return f'<a href="{escape(str(given.get("href") or ""))}">', "</a>"
        case [str(tag), *_rest] if tag.lower() in TAGS - {"a"}:
            return f"<{tag.lower()}>", f"</{tag.lower()}>"
    return "", ""


def _marked(markers: list[Any], markups: Openers, atoms: list[Any]) -> str:
    """Markers (`[kind, opened, how many close, what it says]`) as text with its markup."""
    said, opened = [], []
    for marker in markers:
        match marker:
            case [int(kind), [*openers], int(closed), value]:
                for number in openers:
                    opener = markups[number] if isinstance(number, int) and 0 <= number < len(markups) else ("", "")
                    opened.append(opener[1])
                    said.append(opener[0])
                said.append(escape(str(value)) if kind == 0 else _atom(value, atoms))
                said.extend(opened.pop() for _turn in range(min(closed, len(opened))))
    return "".join([*said, *reversed(opened)])


def _atom(value: Any, atoms: list[Any]) -> str:
    """What is no text within a line: a break, or something that at least says something."""
    atom = _list(atoms[value]) if isinstance(value, int) and 0 <= value < len(atoms) else []
    match atom:
        case ["soft-return", *_rest]:
            return "<br>"
        case [_name, str(text), *_rest]:
            return escape(text)
    return ""


def _section(tag: str, inner: str, writer: "Writer") -> str:
    if tag in ("aside", "pull-quote"):
        return writer.hold(cards.pull_quote(f"<p>{inner}</p>", writer))
    tag = tag if tag in SECTIONS else "p"
    return f"<{tag}>{inner}</{tag}>"


def _card(card: list[Any], writer: "Writer") -> str:
    match card:
        case [str(name), dict(payload), *_rest]:
            return cards.html(name, payload, writer)
        case [str(name), *_rest]:
            return cards.html(name, {}, writer)
    return ""
