"""A headline in our own typeface: Latin, Cyrillic, Hebrew and Arabic letters, broken into lines that fit.

Right-to-left scripts need Pillow's complex layout (libraqm with FriBiDi). Where that is missing, or letters are asked
for that the typeface has not, the text is refused: no headline is better than a wrong one.
"""

import functools
import re
import unicodedata
from dataclasses import dataclass

from django.conf import settings
from PIL import ImageFont, features

FONT = settings.BASE_DIR / "static" / "fonts" / "serif-card.woff2"
STAND_INS = str.maketrans({"ʼ": "’", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "‑": "-", "―": "—"})
WRITES = (  # the typeface's own table of characters
    " -~\u00a1\u00a3\u00a7\u00a9\u00ab\u00ad\u00ae\u00b0\u00b7\u00bb\u00bf-\u012b\u012e-\u0130\u0134-\u0165"
    "\u0168-\u017f\u0218-\u021b\u0301\u0307\u0308\u0400-\u045f\u0490\u0491\u04b0\u04b1\u0591-\u05c7\u05d0-\u05ea\u05ef-\u05f4"
    "\u0600-\u06ff\u1e9e\u200c-\u2010\u2013\u2014\u2018-\u201a\u201c-\u201e\u2022\u2026\u2032\u2039\u203a\u20aa\u20ac"
    "\u2116\u2212"
)
UNWRITABLE = re.compile(f"[^{WRITES}]")
ELLIPSIS = "…"
LEADING = 1.16  # of the size, from line to line
SIZES = (84, 76, 68, 60, 54, 48, 44)


@dataclass(frozen=True, slots=True)
class Lettering:
    """Lines of text in one size (pixels), from the left or from the right."""

    lines: tuple[str, ...]
    size: int
    is_rtl: bool

    @property
    def height(self) -> int:
        """Pixels from the top of the first line to the foot of the last."""
        return round(len(self.lines) * self.size * LEADING)


def writable(text: str) -> str:
    """The text as the typeface can write it: marks it has not fall away, as emoji do; empty where letters are missing.

    Empty too for a script that runs from the right where this machine cannot set it.
    """
    plain = unicodedata.normalize("NFC", text).translate(STAND_INS)
    if any(missing.isalpha() for missing in UNWRITABLE.findall(plain)):
        return ""
    if any(runs_from_right(letter) for letter in plain) and not features.check("raqm"):
        return ""
    return " ".join(UNWRITABLE.sub(" ", plain).split())


def runs_from_right(letter: str) -> bool:
    """Whether a letter belongs to a script written from the right."""
    return unicodedata.bidirectional(letter) in ("R", "AL")


def fitted(text: str, width: int, height: int) -> Lettering:
    """`text` (writable) in the largest size whose lines fit the room (pixels); cut with an ellipsis where none does."""
    is_rtl = any(map(runs_from_right, next((letter for letter in text if letter.isalpha()), "")))
    for size in SIZES:
        lines = _broken(text, size, width)
        found = Lettering(tuple(lines), size, is_rtl)
        if found.height <= height:
            return found
    most = int(height / (SIZES[-1] * LEADING))
    last = lines[most - 1]
    while last and length(last + ELLIPSIS, SIZES[-1]) > width:
        last = last[:-1]
    return Lettering((*lines[: most - 1], last.rstrip(" ,;:–—") + ELLIPSIS), SIZES[-1], is_rtl)


@functools.lru_cache(maxsize=32)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The typeface in one size."""
    return ImageFont.truetype(str(FONT), size)


def length(text: str, size: int) -> float:
    """How wide the text is, in pixels."""
    return font(size).getlength(text)


def _broken(text: str, size: int, width: int) -> list[str]:
    """The text in lines no wider than `width`; a word that is wider by itself is broken where it must be."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and length(joined, size) <= width:
            lines[-1] = joined
            continue
        while length(word, size) > width:
            head = next(end for end in range(len(word), 0, -1) if length(word[:end], size) <= width or end == 1)
            lines.append(word[:head])
            word = word[head:]
        lines.append(word)
    return [line for line in lines if line]
