"""What people type: kept as plain text, tidied when written, made HTML when read.

Everything is escaped first; paragraphs, quotations (`> …`) and links are the only markup there is.
"""

import html
import re
import unicodedata

import nh3

MARKS_PER_LETTER = 4  # Vietnamese and pointed Hebrew need three
QUOTE = "> "
_DIRECTION = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_BLOCK_END = re.compile(r"<br\s*/?>|</(?:p|div|li|blockquote|h[1-6]|pre)>", re.IGNORECASE)
_ANCHOR = re.compile(r'<a\s[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.IGNORECASE | re.DOTALL)


def tidy(text: str) -> str:
    """`text` without control characters, direction overrides, towers of marks and needless blank lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_DIRECTION)
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if (category != "Cc" or character in "\n\t") and marks <= MARKS_PER_LETTER:
            kept.append(character)
    lines = [line.rstrip() for line in "".join(kept).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def to_html(text: str) -> str:
    """`text` as paragraphs and quotations; addresses become links that lend no weight."""
    return "".join(_block(block) for block in text.split("\n\n") if block.strip())


def _block(block: str) -> str:
    lines = block.strip("\n").split("\n")
    if all(line.startswith(">") for line in lines):
        return f"<blockquote><p>{_lines([line[1:].strip() for line in lines])}</p></blockquote>"
    return f"<p>{_lines(lines)}</p>"


def _lines(lines: list[str]) -> str:
    return "<br>".join(_linked(line) for line in lines)


def _linked(line: str) -> str:
    if "://" not in line:
        return html.escape(line)
    parts: list[str] = []
    end = 0
    for found in _ADDRESS.finditer(line):
        address = html.escape(found.group())
        parts += [html.escape(line[end : found.start()]), f'<a href="{address}" rel="ugc nofollow">{address}</a>']
        end = found.end()
    return "".join([*parts, html.escape(line[end:])])


def from_html(markup: str) -> str:
    """The plain text of an imported reply: blocks become paragraphs, a link keeps its address."""
    with_links = _ANCHOR.sub(lambda link: f"{link[2]} ({link[1]})" if link[1] not in link[2] else link[2], markup)
    broken = _BLOCK_END.sub(lambda end: end.group() + ("\n" if "br" in end.group().lower()[:3] else "\n\n"), with_links)
    return tidy(html.unescape(nh3.clean(broken, tags=set())))


def quoted(text: str) -> str:
    """`text` as a quotation to answer, a line of `> ` each."""
    return "\n".join(f"{QUOTE}{line}" for line in text.split("\n"))
