"""The one description of what story HTML may hold: the editor's extensions and the sanitiser's allow-list.

Everything that enters (editor, paste, importer) passes `clean_story`; what it leaves is what pages show.
Each extension names the tags and attributes it writes; `static/js/editor/` holds those of our own.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import nh3
from django.db import models


@dataclass(frozen=True, slots=True)
class Extension:
    """One capability of the editor: its name there, its options there, and the markup it writes.

    `marks`: tag → attributes. `values`: tag → attribute → the only values allowed.
    """

    name: str
    marks: dict[str, set[str]] = field(default_factory=dict)
    values: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


EXTENSIONS = (
    Extension("Document"),
    Extension("Text"),
    Extension("Paragraph", {"p": set()}),
    Extension("HardBreak", {"br": set()}),
    Extension("Heading", {"h2": {"id"}, "h3": {"id"}}, options={"levels": [2, 3]}),
    Extension("Bold", {"strong": set()}),
    Extension("Italic", {"em": set()}),
    Extension("Strike", {"s": set()}),
    Extension("Subscript", {"sub": set()}),
    Extension("Superscript", {"sup": set()}),
    Extension("Code", {"code": set()}),
    Extension("CodeBlock", {"pre": set(), "code": set()}),
    Extension("Link", {"a": {"href", "title"}}, options={"openOnClick": False, "autolink": False}),
    Extension("BulletList", {"ul": set()}),
    Extension("OrderedList", {"ol": {"start"}}),
    Extension("ListItem", {"li": set()}),
    Extension("Blockquote", {"blockquote": {"cite"}}),
    Extension("Quote", {"figure": set()}, {"figure": {"data-quote": {"block", "pull"}}}),
    Extension("QuoteSource", {"figcaption": set()}),
    Extension("Picture", {"figure": {"data-picture"}}),
    Extension("Gallery", {"figure": {"data-gallery"}}),
    Extension("Embed", {"figure": {"data-embed"}}),
    Extension("Attachment", {"figure": {"data-file"}}),
    Extension("Footnote", {"span": set()}, {"span": {"data-footnote": {""}}}),
    Extension("ReadAlso", {"aside": {"data-read-also"}}),
    Extension("FactBox", {"aside": set()}, {"aside": {"data-box": {"fact"}}}),
    Extension("Paywall", {"hr": set()}, {"hr": {"data-paywall": {"here"}}}),
    Extension("HorizontalRule", {"hr": set()}),
    Extension("Table", {"table": set(), "caption": set(), "thead": set(), "tbody": set()}),
    Extension("TableRow", {"tr": set()}),
    Extension("TableHeader", {"th": {"scope", "colspan", "rowspan"}}),
    Extension("TableCell", {"td": {"colspan", "rowspan"}}),
    Extension("Dropcursor"),
    Extension("Gapcursor"),
    Extension("History"),
)


def _allowed() -> dict[str, set[str]]:
    """Tag → attributes with free values, over all extensions."""
    found: dict[str, set[str]] = {}
    for extension in EXTENSIONS:
        for tag, attributes in extension.marks.items():
            found.setdefault(tag, set()).update(attributes)
    return found


def _values() -> dict[str, dict[str, set[str]]]:
    """Tag → attribute → the values it may have, over all extensions."""
    found: dict[str, dict[str, set[str]]] = {}
    for extension in EXTENSIONS:
        for tag, attributes in extension.values.items():
            found.setdefault(tag, {}).update(attributes)
    return found


ALLOWED = _allowed()
VALUES = _values()
SHAPES = {
    "data-picture": re.compile(r"[\w-]{1,60}"),
    "data-read-also": re.compile(r"[1-9]\d{0,17}"),
    "data-gallery": re.compile(r"[\w-]{1,60}( [\w-]{1,60}){0,19}"),
    "data-file": re.compile(r"[\w-]{1,60}"),
    "data-embed": re.compile(r"https?://\S{1,992}"),
    "start": re.compile(r"\d{1,4}"),
    "colspan": re.compile(r"[1-9]\d?"),
    "rowspan": re.compile(r"[1-9]\d{0,2}"),
    "scope": re.compile(r"row|col|rowgroup|colgroup"),
}
TAG = re.compile(r'<(/?)([a-z0-9]+)((?: [\w-]+="[^"]*")*)>')  # as the sanitiser writes them


def _shaped(tag: str, attribute: str, value: str) -> str | None:
    """The value, or None where it does not have the attribute's shape."""
    shape = SHAPES.get(attribute)
    return value if shape is None or shape.fullmatch(value) else None


def clean_story(html: str) -> str:
    """`html` with everything dropped that a story may not hold. Never raises; an empty paragraph is nothing."""
    cleaned = nh3.clean(
        html,
        tags=set(ALLOWED),
        attributes={tag: attributes for tag, attributes in ALLOWED.items() if attributes},
        tag_attribute_values=VALUES,
        attribute_filter=_shaped,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener",
    )
    if "<span" in cleaned:
        cleaned = _only_footnotes(cleaned)
    return "" if cleaned.strip() == "<p></p>" else cleaned


def _only_footnotes(cleaned: str) -> str:
    """The sanitiser's output without the spans that are no footnotes; what they say stays."""
    kept: list[bool] = []

    def decide(tag: re.Match[str]) -> str:
        if tag[2] != "span":
            return tag[0]
        if not tag[1]:
            kept.append("data-footnote" in tag[3])
            return tag[0] if kept[-1] else ""
        return tag[0] if kept and kept.pop() else ""

    return TAG.sub(decide, cleaned)


def editor_options() -> dict[str, dict[str, Any]]:
    """Extension → its options, as the editor's script reads them."""
    return {extension.name: extension.options for extension in EXTENSIONS}


class StoryHTMLField(models.TextField):
    """A text of story HTML. Sanitised in `pre_save`, so nothing enters the table unclean."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Clean what is about to be stored."""
        value = clean_story(getattr(model_instance, self.attname) or "")
        setattr(model_instance, self.attname, value)
        return value
