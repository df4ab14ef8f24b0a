"""Mends the bytes of an old export as they are read, so that an XML parser takes them. Words are never lost.

WordPress and its plugins write what XML forbids: control characters, letters of Latin-1 in a file that says UTF-8,
`&nbsp;` and bare ampersands, warnings before the first line, and texts that end their own CDATA section. Memory is
bounded by what is read at once.
"""

import codecs
import re
from html import escape
from html.entities import html5
from typing import BinaryIO

CHUNK = 65_536
AHEAD = 300  # characters needed after `]]>` to know what it ends
MOST_HELD = 1_000_000
MARK = "<![CDATA["
FREE_TEXTS = ("encoded", "comment_content", "meta_value", "description", "title", "excerpt", "message")
OPENING = re.compile(r"(?:<(?:[\w.-]+:)?([\w.-]+)(?:\s[^<>]*)?>\s*)?<!\[CDATA\[")
REFERENCE = re.compile(r"&(?:#(\d{1,7});|#[xX]([0-9a-fA-F]{1,6});|([A-Za-z][A-Za-z0-9]*;))?")
DECLARED = re.compile(rb"""<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)["']""")
DECLARATION = re.compile(r"<\?xml[^>]*\?>")
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
OF_XML = {"amp;", "lt;", "gt;", "quot;", "apos;"}
FORBIDDEN = dict.fromkeys([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF], " ")
AS_WINDOWS = "as-windows"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8, as the letters they are on Windows and in Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(_letter(byte) for byte in wrong), error.end


def _letter(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


codecs.register_error(AS_WINDOWS, _as_windows)


class Mended:
    """A file whose bytes are well-formed UTF-8 as far as that is to be had; lines keep their numbers."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        head = file.read(CHUNK)
        self.decoder = codecs.getincrementaldecoder(_encoding(head))(AS_WINDOWS)
        self.held, self.at = _without_preface(self._decoded(head)), 0
        self.is_over = not head
        self.ends_with: str | None = None  # the element whose CDATA section we are in; "" for a loose section

    def read(self, size: int = -1) -> bytes:
        """The next bytes, about `size` of them; nothing at the end."""
        while True:
            found = self._taken()
            if found or self.is_over:
                return found.encode("utf-8", "replace")
            chunk = self.file.read(max(size, CHUNK))
            self.is_over = not chunk
            self.held, self.at = self.held[self.at :] + self._decoded(chunk), 0

    def _decoded(self, chunk: bytes) -> str:
        return self.decoder.decode(chunk, final=not chunk).translate(FORBIDDEN)

    def _taken(self) -> str:
        """What of the held text is certain; the rest waits for more."""
        out: list[str] = []
        while self.at < len(self.held):
            before = self.at
            out.append(self._outside() if self.ends_with is None else self._inside(self.ends_with))
            if self.at == before:
                break
        return "".join(out)

    def _outside(self) -> str:
        """Markup up to the next CDATA section."""
        found = OPENING.search(self.held, self.at)
        if found is not None:
            end, name = found.end(), found[1] or ""
            self.ends_with = name if name in FREE_TEXTS else ""
        elif self.is_over or len(self.held) - self.at > MOST_HELD:
            end = len(self.held)
        else:  # an opening tag and its mark may stand astride
            end = self.held.rfind("<", self.at, max(self.held.rfind("<", self.at), self.at))
        return REFERENCE.sub(_reference, self._cut(end))

    def _inside(self, element: str) -> str:
        """Text up to what ends the section; a `]]>` that ends nothing is written as XML wants it."""
        place = self.held.find("]]>", self.at)
        if place < 0:
            return self._cut(len(self.held) if self.is_over else len(self.held) - 2)
        after = self.held[place + 3 : place + 3 + AHEAD]
        if element and len(after) < AHEAD and not self.is_over:
            return self._cut(place)
        if element and after.startswith(MARK):
            return self._cut(place + 3 + len(MARK))
        if element and not re.match(rf"\s*</(?:[\w.-]+:)?{re.escape(element)}\s*>", after):
            text = self._cut(place)
            self.at += 3
            return f"{text}]]]]>{MARK}>"
        self.ends_with = None
        return self._cut(place + 3)

    def _cut(self, end: int) -> str:
        start, self.at = self.at, max(self.at, end)
        return self.held[start : self.at]


def _encoding(head: bytes) -> str:
    """By the mark at the beginning, else as declared, else UTF-8; Latin-1 is read as the larger set it always is."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    declared = DECLARED.search(head[:1000])
    try:
        name = codecs.lookup(declared[1].decode("ascii")).name if declared else "utf-8"
    except LookupError:
        return "utf-8"
    return {"iso8859-1": "cp1252", "ascii": "utf-8", "utf-16": "utf-8"}.get(
        name, name
    )  # without its mark it is no UTF-16


def _without_preface(text: str) -> str:
    """From the declaration on: no mark, no blank lines and no warnings of PHP before it. It says UTF-8 now."""
    text = text.removeprefix("\ufeff")
    found = DECLARATION.search(text)
    if found is None:
        return text.lstrip()
    return f'{_lines(text[: found.start()])}<?xml version="1.0" encoding="UTF-8"?>{text[found.end() :]}'.lstrip()


def _lines(text: str) -> str:
    return "\n" * text.count("\n")


def _reference(found: re.Match[str]) -> str:
    """A reference XML knows, the character HTML means by it, or an ampersand."""
    decimal, hexadecimal, name = found.groups()
    if decimal or hexadecimal:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        is_sound = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xDFFF < code < 0xFFFE or 0xFFFF < code < 0x110000
        return found[0] if is_sound else " "
    if name in OF_XML:
        return found[0]
    return escape(html5[name]) if name in html5 else f"&amp;{found[0][1:]}"
