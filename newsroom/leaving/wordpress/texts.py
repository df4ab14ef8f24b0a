"""Story HTML as WordPress would have it: pictures as images, our other nodes as blocks, shortcodes or addresses."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urljoin
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from lxml import html as lxml_html

from articles.models import Article, Document, Picture

NAMED = re.compile(r'data-(picture|gallery|file|read-also)="([^"]*)"')
OWN = (
    "descendant::*[@data-picture or @data-gallery or @data-read-also or @data-embed or @data-file or @data-paywall"
    " or @data-footnote]"
)
PLACE = re.compile(r"<!--node:(\d+)-->")
MORE, PAYWALL = "<!--more-->", "<!-- wp:jetpack/paywall /-->"
FOOTNOTES = "<!-- wp:footnotes /-->"
UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML may hold these


def number_of(row: Article | Picture | Document | Any) -> int:
    """The number of a row as a post: WordPress counts stories, pages, pictures and files in one line."""
    kinds: dict[type[Any], int] = {Article: 0, Picture: 2, Document: 3}
    return 4 * int(row.pk) + kinds.get(type(row), 1)  # 1: pages


def address_of(path: str) -> str:
    """An address of ours as the outside sees it; one elsewhere as it is."""
    return urljoin(f"{settings.SITE_URL}/", path)


def file_address(row: Picture | Document) -> str:
    """Where its file is to be fetched: here, or where it still lies."""
    return address_of(row.file.url) if row.file else row.source_url


@dataclass(frozen=True)
class Named:
    """What texts name, as it stands today: pictures and files by key, stories by number."""

    pictures: Mapping[str, Picture] = field(default_factory=dict)
    files: Mapping[str, Document] = field(default_factory=dict)
    stories: Mapping[str, Article] = field(default_factory=dict)

    @classmethod
    def in_texts(cls, texts: Iterable[str]) -> "Named":
        """Everything these texts name, in three queries at most."""
        found: dict[str, set[str]] = {"picture": set(), "gallery": set(), "file": set(), "read-also": set()}
        for text in texts:
            for kind, keys in NAMED.findall(text):
                found[kind].update(keys.split())
        pictures = Picture.objects.filter(key__in=found["picture"] | found["gallery"])
        stories = Article.objects.filter(pk__in=found["read-also"]).only("headline", "slug", "published_on")
        return cls(
            {picture.key: picture for picture in pictures},
            {document.key: document for document in Document.objects.filter(key__in=found["file"])},
            {str(story.pk): story for story in stories},
        )


@dataclass(frozen=True)
class Text:
    """A text for WordPress. `notes`: its footnotes as the field `footnotes` keeps them, or ""."""

    html: str
    notes: str


def as_wordpress(html: str, named: Named, *, at: str, is_gated: bool) -> Text:
    """The text of what lives `at` an address. Gated, Jetpack's paywall stands behind the divider."""
    root = lxml_html.fragment_fromstring(UNREADABLE.sub("", html), create_parent="div")
    notes: list[dict[str, str]] = []
    pieces: list[str] = []
    for node in root.xpath(OWN):
        if node.get("data-footnote") is not None:
            piece = _footnote(node, notes, at)
        elif node.get("data-paywall") is not None:
            piece = f"{MORE}\n{PAYWALL}" if is_gated else MORE
        else:
            piece = _markup(node, named)
        mark = lxml_html.HtmlComment(f"node:{len(pieces)}")
        pieces.append(piece)
        mark.tail = node.tail
        node.getparent().replace(node, mark)
    _quotes(root)
    for box in root.iter("aside"):
        box.tag = "div"
        box.attrib.clear()
        box.set("class", "wp-block-group")
    text = "".join([escape(root.text or ""), *(lxml_html.tostring(child, encoding="unicode") for child in root)])
    text = PLACE.sub(lambda match: pieces[int(match[1])], text)
    return Text(f"{text}\n{FOOTNOTES}" if notes else text, json.dumps(notes, ensure_ascii=False) if notes else "")


def _markup(node: Any, named: Named) -> str:
    """What stands in the place of one of our nodes; nothing for what is not there any more."""
    if (key := node.get("data-picture")) is not None:
        return image(named.pictures[key]) if key in named.pictures else ""
    if (keys := node.get("data-gallery")) is not None:
        shown = [named.pictures[key] for key in keys.split() if key in named.pictures]
        return f'[gallery ids="{",".join(str(number_of(picture)) for picture in shown)}"]' if shown else ""
    if (key := node.get("data-read-also")) is not None:
        story = named.stories.get(key)
        return f"<p>→ {_link(story.get_absolute_url(), story.headline)}</p>" if story and story.was_published else ""
    if (key := node.get("data-file")) is not None:
        document = named.files.get(key)
        return _file(document) if document else ""
    return f"\n<p>{escape(node.get('data-embed') or '')}</p>\n"


def image(picture: Picture) -> str:
    """A picture with what is said under it."""
    said = " ".join(filter(None, [picture.caption, picture.credit]))
    caption = f'<figcaption class="wp-element-caption">{escape(said)}</figcaption>' if said else ""
    source, alt = escape(file_address(picture)), escape(picture.alt)
    shown = f'<img src="{source}" alt="{alt}" class="wp-image-{number_of(picture)}"/>'
    return f'<figure class="wp-block-image">{shown}{caption}</figure>'


def _file(document: Document) -> str:
    address = file_address(document)
    if document.kind == Document.Kind.AUDIO:
        return f'[audio src="{escape(address)}"]'
    return f"<p>{_link(address, document.title)}</p>"


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address_of(address))}">{escape(words)}</a>'


def _footnote(node: Any, notes: list[dict[str, str]], at: str) -> str:
    """The number of a footnote; what it says goes into `notes`."""
    key = str(uuid5(NAMESPACE_URL, f"{at}#{len(notes) + 1}"))
    said = [escape(node.text or ""), *(lxml_html.tostring(child, encoding="unicode") for child in node)]
    notes.append({"id": key, "content": "".join(said)})
    return f'<sup data-fn="{key}" class="fn"><a href="#{key}" id="{key}-link">{len(notes)}</a></sup>'


def _quotes(root: Any) -> None:
    """Quotations with their source as WordPress's quote and pull quote."""
    for figure in list(root.iter("figure")):
        quotation = figure.find("blockquote")
        kind = figure.attrib.pop("data-quote", None)
        if kind is None or quotation is None:
            continue
        for source in figure.findall("figcaption"):
            source.tag, source.tail = "cite", None
            quotation.append(source)
        if kind == "pull":
            figure.set("class", "wp-block-pullquote")
        else:
            quotation.set("class", "wp-block-quote")
            figure.drop_tag()
