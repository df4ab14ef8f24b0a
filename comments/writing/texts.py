"""What people type: kept as plain text, tidied when written, made HTML when read.

Everything is escaped first; paragraphs, quotations (`> …`) and links are the only markup there is. A bare domain is
no link, and a quotation within a quotation is one quotation.
"""

import html
import itertools
import re
import unicodedata

import nh3
from django.utils.translation import gettext_lazy

MARKS_PER_LETTER = 4  # Vietnamese and pointed Hebrew need three
READ_AT_MOST = 20_000  # characters that are looked at; more than ever becomes a reply
QUOTE = "> "
NOTHING = gettext_lazy("Write something first.")  # of a text without words
_OVERRIDES = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))  # of direction
_NEEDLESS = (0xAD, 0x180E, 0xFEFF, *range(0x2060, 0x2065), *range(0xFFF9, 0xFFFC))  # unseen, and of no script
_GONE = dict.fromkeys([*_OVERRIDES, *_NEEDLESS])
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols by name, empty to the eye
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_BLOCK_END = re.compile(r"<br\s*/?>|</(?:p|div|li|blockquote|h[1-6]|pre)>", re.IGNORECASE)
_ANCHOR = re.compile(  # nothing in it is tried twice: the text is another system's
    r'<a\s(?>[^<>]*?href=")([^"<>]*+)"[^<>]*+>((?:(?!<a\s).)*?)</a>', re.IGNORECASE | re.DOTALL
)


def tidy(text: str) -> str:
    """`text` without control characters, half characters, direction overrides, towers of marks and needless blank
    lines; empty where nothing in it can be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_GONE)
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if (category not in ("Cc", "Cs") or character in "\n\t") and marks <= MARKS_PER_LETTER:
            kept.append(character)
    lines = [line.rstrip() for line in "".join(kept).split("\n")]
    tidied = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return tidied if says_something(tidied) else ""


def says_something(text: str) -> bool:
    """Whether any character of it can be seen: a letter, number, sign or symbol."""
    return any(unicodedata.category(letter)[0] in "LNPS" and letter not in _BLANK_LETTERS for letter in text)


def printable(text: str) -> str:
    """`text` as it can be shown again in a box, whatever came: without NUL and half characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def to_html(text: str) -> str:
    """`text` as paragraphs and quotations; addresses become links that lend no weight."""
    parts: list[str] = []
    for is_quoted, lines in itertools.groupby(text.split("\n"), key=lambda line: line.startswith(">")):
        paragraphs = _paragraphs([line.lstrip("> ") if is_quoted else line for line in lines])
        if paragraphs:
            parts.append(f"<blockquote>{paragraphs}</blockquote>" if is_quoted else paragraphs)
    return "".join(parts)


def _paragraphs(lines: list[str]) -> str:
    """Lines between blank ones as a paragraph each."""
    blocks = [
        list(block) for is_text, block in itertools.groupby(lines, key=lambda line: bool(line.strip())) if is_text
    ]
    return "".join(f"<p>{'<br>'.join(map(_linked, block))}</p>" for block in blocks)


def _linked(line: str) -> str:
    if "://" not in line:
        return html.escape(line)
    parts: list[str] = []
    end = 0
    for found in _ADDRESS.finditer(line):
        written = _with_its_bracket(found.group(), line[found.end() :])
        address = html.escape(written)
        parts += [html.escape(line[end : found.start()]), f'<a href="{address}" rel="ugc nofollow">{address}</a>']
        end = found.start() + len(written)
    return "".join([*parts, html.escape(line[end:])])


def _with_its_bracket(address: str, rest: str) -> str:
    """The address, with the bracket that closes one in it: `…/Berlin_(city)`."""
    return f"{address})" if rest.startswith(")") and address.count("(") > address.count(")") else address


def from_html(markup: str) -> str:
    """The plain text of an imported reply: blocks become paragraphs, a link keeps its address."""
    with_links = _ANCHOR.sub(lambda link: f"{link[2]} ({link[1]})" if link[1] not in link[2] else link[2], markup)
    broken = _BLOCK_END.sub(lambda end: end.group() + ("\n" if "br" in end.group().lower()[:3] else "\n\n"), with_links)
    return tidy(html.unescape(nh3.clean(broken, tags=set())))


def quoted(text: str) -> str:
    """`text` as a quotation to answer, a line of `> ` each; what it quotes itself is left out."""
    own = "\n".join(line for line in text.split("\n") if not line.startswith(">")).strip("\n") or text
    return "\n".join(f"{QUOTE}{line.lstrip('> ')}".rstrip() for line in re.sub(r"\n{3,}", "\n\n", own).split("\n"))
