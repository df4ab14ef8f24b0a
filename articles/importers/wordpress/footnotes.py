"""Footnotes of WordPress as ours: of its own block, and of the plugins that write them inside the sentence."""

import json
import re
from collections.abc import Mapping

PLUGINS = re.compile(r"\[(ref|footnote|fn|efn_note|mfn)\](.+?)\[/\1\]", re.S | re.I)
DOUBLED = re.compile(
    r"(?<=[\w.,;:!?”\"')])\s*\(\((?=\S)([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\s[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)\)"
)
MARK = re.compile(r"""<sup\b[^>]*\bdata-fn=["']([\w-]+)["'][^>]*>.*?</sup>""", re.S | re.I)
VERBATIM = re.compile(r"(<(pre|code|script|style)\b.*?</\2>)", re.S | re.I)


def with_notes(markup: str, meta: Mapping[str, str]) -> str:
    """The markup with each footnote where its number stood. `meta`: the item's fields, where the block keeps them."""
    written = notes_of(meta.get("footnotes", ""))
    markup = MARK.sub(lambda found: _note(written.get(found[1], "")), markup)
    pieces = VERBATIM.split(markup)
    for place in range(0, len(pieces), 3):  # then the verbatim piece, then its tag's name
        pieces[place] = DOUBLED.sub(
            lambda found: _note(found[1]), PLUGINS.sub(lambda found: _note(found[2]), pieces[place])
        )
    return "".join(piece for place, piece in enumerate(pieces) if place % 3 != 2)


def notes_of(field: str) -> dict[str, str]:
    """The block's notes by their id; none where the field cannot be read."""
    try:
        rows = json.loads(field) if field else []
    except ValueError:
        return {}
    rows = rows if isinstance(rows, list) else []
    return {
        str(row["id"]): str(row["content"]) for row in rows if isinstance(row, dict) and {"id", "content"} <= set(row)
    }


def _note(text: str) -> str:
    """Our node. Blocks have no place in a sentence, and halves of letters in no column."""
    said = re.sub(r"</?(?:p|div|br)\b[^>]*>", " ", text).encode("utf-8", "ignore").decode().strip()
    return f'<span data-footnote="">{said}</span>' if said else ""
