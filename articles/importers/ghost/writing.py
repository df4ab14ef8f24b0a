"""Writes one Ghost text as story HTML: from Lexical, Mobiledoc or Ghost's own HTML, cards and footnotes kept.

What WordPress and Ghost share (paragraphs, quotes, tables, links, pictures) `bodies.convert` does. What only Ghost
has is turned into our nodes first and held back: a token stands in its place while the text around it is converted.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
from django.conf import settings
from django.urls import reverse
from lxml import etree

from articles.editor import clean_story
from articles.importers.bodies import PARSER, FoundPicture, convert
from articles.importers.ghost import cards, lexical, markup, mobiledoc
from articles.importers.ghost.export import Row, document
from articles.importers.ghost.files import OldFiles
from articles.importers.media import ItemPictures, OldMedia
from articles.models import LinkPreview
from articles.nodes.blocks import UNREADABLE

GHOST_URL = "__GHOST_URL__"
MEMBERS_ONLY = re.compile(r"<!--\s*members-only\s*-->")
GATED = re.compile(r"<!--\s*kg-gated-block:begin\s+(.*?)\s*-->(.*?)<!--\s*kg-gated-block:end\s*-->", re.S)
HELD = re.compile("<p>\\s*\ue000(\\d+)\ue001\\s*</p>|\ue000(\\d+)\ue001")
SIZED = re.compile(r"(/content/images)(?:/size/[^/]+)?(?:/format/[^/]+)?/")
LINE_END = re.compile(r"\s*\n\s*")
LONGEST_ADDRESS = 1000
LINKED = ("", "http", "https", "mailto", "tel")
DOORS = {"account": "account", "signin": "account_login"}  # where Ghost's portal opened; every other door: membership


@dataclass(frozen=True)
class OldSite:
    """Where the old site was, and what is known of its files."""

    url: str
    media: OldMedia
    files: OldFiles

    def address(self, url: str) -> str:
        """A whole web address of what the old site wrote in any of its ways, pictures in full size; "" for none."""
        if not url.strip():
            return ""
        try:
            whole = urljoin(f"{self.url}/", url.strip().replace(GHOST_URL, self.url))
            is_address = urlsplit(whole).scheme in ("http", "https")
        except ValueError:
            return ""
        return SIZED.sub(r"\1/", whole) if is_address else ""

    def onward(self, url: str) -> str:
        """The address of a page, "" for none: one of the old site's leads to this one, where it is answered."""
        whole = self.address(url)
        parts = urlsplit(whole)
        if parts.netloc != urlsplit(self.url).netloc or parts.path.startswith("/content/"):
            return whole
        return settings.SITE_URL + parts._replace(scheme="", netloc="").geturl()


@dataclass
class Writer:
    """Writes the text of one story or page.

    `left_out`: what did not come along, by name; `dropped`: what no page showed; `stays`: files it only links to.
    """

    site: OldSite
    title: str
    left_out: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    stays: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    def body(self, row: Row) -> str:
        """The text of a post's row as story HTML, from the richest form it has that says anything."""
        for form, write in (("lexical", lexical.html), ("mobiledoc", mobiledoc.html)):
            parsed = document(row.get(form))
            if parsed is None:
                continue
            try:
                story = self.story_html(write(parsed, self))
            except RecursionError:
                self.left_out[f"{form} nested too deep, so its HTML was taken"] += 1
                continue
            if story:
                return story
        return self.story_html(str(row.get("html") or ""))

    def story_html(self, html: str) -> str:
        """Ghost's HTML, with or without held pieces in it, as story HTML."""
        html = UNREADABLE.sub("", html)
        if not html.strip():
            return ""
        html = MEMBERS_ONLY.sub(cards.PAYWALL, GATED.sub(self._gated, html.replace(GHOST_URL, self.site.url)))
        converted = convert(self._prepared(html), self, self.site.url)
        self.left_out.update(converted.left_out)
        return clean_story(HELD.sub(self._held_by, converted.html))

    def hold(self, story_html: str) -> str:
        """A paragraph in whose place `story_html` will stand, untouched."""
        return f"<p>{self.hold_inline(story_html)}</p>" if story_html else ""

    def hold_inline(self, story_html: str) -> str:
        """A token in whose place `story_html` will stand, within a line."""
        self.held.append(story_html)
        return f"\ue000{len(self.held) - 1}\ue001"

    def _held_by(self, token: re.Match[str]) -> str:
        number = int(token[1] or token[2])
        return self.held[number] if number < len(self.held) else ""  # a text may spell such a sign as an entity

    # Pictures, as `bodies` asks for them

    def key(self, found: FoundPicture) -> str:
        """The key under which the picture lives here."""
        whole = replace(found, url=self.site.address(found.url))
        return ItemPictures(self.site.media, 0, self.title).key(whole)

    def gallery(self, ids: list[int]) -> Iterable[FoundPicture]:
        """None: galleries are held."""
        return ()

    # What cards ask for

    def embed(self, url: str, *, title: str = "", description: str = "", site: str = "") -> str:
        """The node of a page elsewhere. What the old card said of it is kept, so that nobody has to ask again."""
        address = self.site.onward(url)
        if not address or len(address) > LONGEST_ADDRESS:
            self.left_out["card that leads nowhere"] += 1
            return ""
        if title:
            said = {"title": title[:200], "description": description[:300], "site": site[:120]}
            LinkPreview.objects.get_or_create(url=address, defaults={**said, "fetched_at": self.site.files.now})
        return node("data-embed", address)

    def file(self, url: str, title: str) -> str:
        """The node of a sound or a PDF, which becomes a file of ours; a link for anything else."""
        address = self.site.address(url)
        if not address:
            self.left_out["file that has no address"] += 1
            return ""
        key = self.site.files.key(address, title)
        if key:
            return node("data-file", key)
        self.stays.append(address)
        link = lxml.html.Element("a", {"href": address})
        link.text = title or address.rpartition("/")[2]
        return f"<p>{serialised(link)}</p>"

    # The text before it is converted

    def _gated(self, block: re.Match[str]) -> str:
        """A block of Ghost's HTML that was shown by who reads: kept only where everybody saw it."""
        if "nonMember:true" in block[1]:
            return block[2]
        self.left_out[cards.FOR_SOME] += 1
        return ""

    def _mend_addresses(self, element: Any) -> None:
        """Without an address that is none (`http://[`, which no reader of addresses takes) or that does something."""
        for name in ("href", "src"):
            try:
                scheme = urlsplit((element.get(name) or "").strip()).scheme
                is_kept = name == "src" or scheme in LINKED
            except ValueError:
                is_kept = False
            if not is_kept:
                del element.attrib[name]
                self.left_out["address that is none"] += 1

    def _prepared(self, html: str) -> str:
        """With cards and footnotes held, doors of Ghost's portal led on, and line ends as what they are: spaces."""
        root = lxml.html.fragment_fromstring(html, create_parent="div", parser=PARSER)
        etree.strip_elements(root, etree.Comment, etree.ProcessingInstruction, with_tail=False)
        markup.hold_cards(root, self)
        markup.hold_footnotes(root, self)
        for element in root.xpath("descendant::*[@href or @src]"):
            self._mend_addresses(element)
        for link in root.iter("a"):
            _before, portal, door = (link.get("href") or "").partition("#/portal")
            if portal:
                link.set("href", reverse(DOORS.get(door.strip("/").partition("/")[0], "membership")))
        for element in root.iter():
            if element.tag != "pre" and not element.xpath("ancestor::pre"):
                element.text = LINE_END.sub(" ", element.text) if element.text else element.text
            if not element.xpath("ancestor::pre"):
                element.tail = LINE_END.sub(" ", element.tail) if element.tail else element.tail
        return serialised(root).removeprefix("<div>").removesuffix("</div>")


def node(name: str, value: str) -> str:
    """One of our own nodes."""
    return serialised(lxml.html.Element("figure", {name: value}))


def serialised(element: Any) -> str:
    """An element as HTML."""
    html: str = lxml.html.tostring(element, encoding="unicode", with_tail=False)
    return html
