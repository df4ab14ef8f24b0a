"""Footnotes: written inside the sentence, shown as a number there and as a list at the end of what is shown.

Only notes of rendered blocks are ever collected, so none of a hidden text can appear.
"""

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from lxml import html as lxml_html

from articles.nodes.blocks import FOOTNOTE

NOTE_MARKS = frozenset(["a", "strong", "em", "s", "sub", "sup", "code"])


class Notes:
    """The notes met so far, numbered through the whole story."""

    def __init__(self) -> None:
        self.texts: list[SafeString] = []

    def take_from(self, holder: Any) -> None:
        """Put a numbered reference where each note of `holder` stands; keep its text. An empty one goes."""
        for note in holder.xpath(FOOTNOTE):
            if not note.text_content().strip():
                note.drop_tree()
                continue
            self.texts.append(_text_of(note))
            mark = _reference(len(self.texts))
            mark.tail = note.tail
            note.getparent().replace(note, mark)

    def listed(self, after: int = 0) -> SafeString:
        """The list of the notes after the first `after`; nothing where there are none."""
        rows = [
            (number, text, number, _("Back to the text"))
            for number, text in enumerate(self.texts[after:], start=after + 1)
        ]
        if not rows:
            return SafeString("")
        items = format_html_join(
            "",
            '<li id="fn-{}">{} <a href="#fnref-{}" role="doc-backlink" aria-label="{}">↩</a></li>',
            rows,
        )
        start = format_html(' start="{}"', after + 1) if after else ""
        return format_html(
            '<section class="footnotes" role="doc-endnotes" aria-label="{}"><ol{}>{}</ol></section>',
            _("Footnotes"),
            start,
            items,
        )


def _text_of(note: Any) -> SafeString:
    """What a note says, with its marks and without anything else; the note is used up."""
    for inner in list(note.iterdescendants()):
        if inner.tag not in NOTE_MARKS:
            inner.tail = f" {inner.tail or ''}"
            inner.drop_tag()
    note.tag, tail, note.tail = "div", note.tail, None
    said = lxml_html.tostring(note, encoding="unicode")
    note.tail = tail
    return SafeString(said.partition(">")[2].rpartition("<")[0].strip())  # sanitised where it entered


def _reference(number: int) -> Any:
    mark = lxml_html.Element("sup")
    link = lxml_html.Element(
        "a",
        {
            "id": f"fnref-{number}",
            "href": f"#fn-{number}",
            "role": "doc-noteref",
            "aria-label": _("Footnote %(number)d") % {"number": number},
        },
    )
    link.text = str(number)
    mark.append(link)
    return mark
