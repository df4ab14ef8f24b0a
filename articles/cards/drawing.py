"""A card as a picture: paper, the name of the site, a headline, a rule in the section's colour."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw

from articles.cards.lettering import LEADING, Lettering, fitted, font, length, runs_from_right, writable

WIDTH, HEIGHT = 1200, 630  # pixels: what every network shows whole
MARGIN = 72
NAME, FOOT = 40, 34
PAPER, INK, QUIET, LAMP = "#fdfdfb", "#17181a", "#62646a", "#f5b72b"
TONES = ("#1b5a8f", "#a1332b", "#3b6526", "#6f3a87", "#00655f", "#7a4a12")  # as in tokens.css
COLOURS = 64  # enough for the edges of letters


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on a card. `tone`: the section's colour from 1, 0 for the site's own."""

    site: str
    headline: str
    foot: str = ""
    tone: int = 0


def draw(words: Words) -> bytes:
    """The card as a PNG. What the typeface cannot write is left out; the name of the site takes a headline's place."""
    card = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(card)
    headline, site = writable(words.headline), writable(words.site)
    colour = TONES[words.tone - 1] if words.tone else LAMP
    pen.rectangle((0, 0, WIDTH, 16), fill=colour)
    if headline:
        _line(pen, site, MARGIN, NAME, INK)
        _line(pen, writable(words.foot), HEIGHT - MARGIN - FOOT, FOOT, colour if words.tone else QUIET)
    _block(pen, headline or site)
    out = BytesIO()
    card.quantize(COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _block(pen: ImageDraw.ImageDraw, text: str) -> None:
    """The headline in the room between name and foot, nearer the middle the shorter it is."""
    if not text:
        return
    top, bottom = MARGIN + round(NAME * LEADING) + 28, HEIGHT - MARGIN - FOOT - 36
    set_text: Lettering = fitted(text, WIDTH - 2 * MARGIN, bottom - top)
    height = top + (bottom - top - set_text.height) // 2
    for number, line in enumerate(set_text.lines):
        y = height + round(number * set_text.size * LEADING)
        _write(pen, line, y, set_text.size, INK, is_rtl=set_text.is_rtl)


def _line(pen: ImageDraw.ImageDraw, text: str, y: int, size: int, colour: str) -> None:
    """One line, cut where it is too long."""
    while text and length(text, size) > WIDTH - 2 * MARGIN:
        text = text[:-2].rstrip() + "…"
    if text:
        _write(pen, text, y, size, colour, is_rtl=runs_from_right(text[0]))


def _write(pen: ImageDraw.ImageDraw, text: str, y: int, size: int, colour: str, *, is_rtl: bool) -> None:
    at, anchor = ((WIDTH - MARGIN, y), "ra") if is_rtl else ((MARGIN, y), "la")
    pen.text(at, text, fill=colour, font=font(size), anchor=anchor, direction="rtl" if is_rtl else None)
