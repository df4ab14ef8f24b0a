"""Comparing two texts word by word: what was taken out and what came in, paragraphs and headings kept.

Pure: strings in, plain values out; whoever shows them escapes them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from lxml import html as lxml_html

from articles.nodes.blocks import UNREADABLE

Change = Literal["", "added", "removed"]
WORDS = re.compile(r"\s+|[\w’'-]+|[^\w\s]")
INLINE = frozenset(["a", "strong", "em", "b", "i", "s", "sub", "sup", "code", "br", "span", "u"])
NODES = {
    "data-picture": "picture",
    "data-read-also": "read also",
    "data-embed": "embed",
    "data-paywall": "paywall",
    "data-gallery": "gallery",
}
MOST_WORDS = 4_000  # of one paragraph; beyond it stands as replaced in one piece
ALIKE = 0.4  # the share of words two paragraphs have in common to be versions of one another


@dataclass(frozen=True, slots=True)
class Run:
    """Some words on end that stayed, came in or were taken out."""

    text: str
    change: Change = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, heading, list item or node. `tag`: the element it was (`p`, `h2`, `li` …), `node` for others."""

    tag: str
    runs: tuple[Run, ...]

    @property
    def before(self) -> list[Run]:
        """What of it stood there before."""
        return [run for run in self.runs if run.change != "added"]

    @property
    def after(self) -> list[Run]:
        """What of it stands there after."""
        return [run for run in self.runs if run.change != "removed"]

    @property
    def is_changed(self) -> bool:
        """Whether anything in it is different."""
        return any(run.change for run in self.runs)


def compare_words(before: str, after: str) -> tuple[Run, ...]:
    """The words of both texts in reading order, each with what became of it."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    if len(old) > MOST_WORDS or len(new) > MOST_WORDS:
        same = before == after
        return (Run(before),) if same else tuple(_said([Run(before, "removed"), Run(after, "added")]))
    runs: list[Run] = []
    gone = come = ""
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for place, (verb, a, b, c, d) in enumerate(steps):
        taken, brought = "".join(old[a:b]), "".join(new[c:d])
        if verb == "equal" and not _joins(steps, place, taken):
            runs += [Run(gone, "removed"), Run(come, "added"), Run(taken)]
            gone = come = ""
        else:
            gone, come = gone + taken, come + brought
    return tuple(_said([*runs, Run(gone, "removed"), Run(come, "added")]))


def _joins(steps: list[Any], place: int, words: str) -> bool:
    """Whether a mere space stands between two replaced words: they read better in one piece."""
    around = [step[0] for step in (steps[place - 1 : place] + steps[place + 1 : place + 2])]
    return words.isspace() and around == ["replace", "replace"]


def compare_html(before: str, after: str) -> list[Line]:
    """Two story texts as one list of lines: those that stayed, and word by word those that did not."""
    old, new = lines_of(before), lines_of(after)
    compared: list[Line] = []
    for verb, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verb == "equal":
            compared += [Line(tag, (Run(text),)) for tag, text in old[a:b]]
        else:
            compared += _replaced(old[a:b], new[c:d])
    return compared


def lines_of(html: str) -> list[tuple[str, str]]:
    """A story text as (tag, words) line by line; a link brings its address, a node its name."""
    root = lxml_html.fragment_fromstring(UNREADABLE.sub("", html), create_parent="div")
    return [(tag, " ".join(text.split())) for tag, text in _lines(root, "p") if text.strip()]


def both_texts(before: str, after: str) -> str:
    """One text holding all blocks of both: common ones once, others one after the other, those of `before` first."""
    old, new = _blocks(before), _blocks(after)
    blocks: list[str] = []
    for verb, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        blocks += old[a:b] if verb == "equal" else old[a:b] + new[c:d]
    dividers = [block for block in blocks if "data-paywall" in block]
    return "".join(block for block in blocks if block not in dividers[1:] or block is dividers[0])


def _blocks(html: str) -> list[str]:
    """The top-level blocks as HTML; loose words stay where they are."""
    blocks = lxml_html.fragments_fromstring(UNREADABLE.sub("", html))
    return [block if isinstance(block, str) else lxml_html.tostring(block, encoding="unicode") for block in blocks]


def _said(runs: list[Run]) -> Iterator[Run]:
    return (run for run in runs if run.text)


def _replaced(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> Iterator[Line]:
    """Lines that became others: like ones word by word, the rest as taken out or come in."""
    taken = 0
    for tag, text in old:
        match = next((i for i in range(taken, len(new)) if _alike(text, new[i][1])), None)
        if match is None:
            yield Line(tag, (Run(text, "removed"),))
            continue
        yield from (Line(kind, (Run(words, "added"),)) for kind, words in new[taken:match])
        yield Line(new[match][0], compare_words(text, new[match][1]))
        taken = match + 1
    yield from (Line(kind, (Run(words, "added"),)) for kind, words in new[taken:])


def _alike(one: str, other: str) -> bool:
    a, b = one.split(), other.split()
    common = len(set(a) & set(b))
    return common >= ALIKE * max(1, min(len(set(a)), len(set(b)))) and common > 0


def _lines(element: Any, tag: str) -> Iterator[tuple[str, str]]:
    """The lines in `element`: loose words under its own tag, blocks each by themselves."""
    loose = element.text or ""
    for child in element:
        if not isinstance(child.tag, str):
            loose += child.tail or ""
        elif child.tag in INLINE:
            loose += _inline(child) + (child.tail or "")
        else:
            yield tag, loose
            node = next((f"[{name}: {child.get(key)}]" for key, name in NODES.items() if child.get(key)), "")
            yield "node", node
            own = child.tag if child.tag in ("p", "h2", "h3", "li", "blockquote", "figcaption", "pre") else tag
            yield from _lines(child, own)
            loose = child.tail or ""
    yield tag, loose


def _inline(element: Any) -> str:
    words = (element.text or "") + "".join(_inline(child) + (child.tail or "") for child in element)
    if element.tag == "br":
        return " "
    address = element.get("href") if element.tag == "a" else None
    return f"{words} ({address})" if address else words
