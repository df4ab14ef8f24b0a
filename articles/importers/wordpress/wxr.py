"""Reads a WordPress export (WXR 1.0 to 1.2) as a stream, item by item, in plain values.

Namespaces may be http or https, and of any version. What XML forbids and WordPress writes is mended on the way
(`mending`). Where the file breaks, what came before has been given and `BrokenExportError` names
the place. Memory is bounded by the longest item.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError  # types only; parsing is defusedxml's

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from articles.importers.texts import parts_of
from articles.importers.wordpress.mending import Mended

WORDS = {  # element: where its slug, its parent's and its name stand, and what kind of word it is
    "category": ("category_nicename", "category_parent", "cat_name", "category"),
    "tag": ("tag_slug", "", "tag_name", "post_tag"),
    "term": ("term_slug", "term_parent", "term_name", ""),
}
NEVER = "0000-00-00 00:00:00"
EMPTIED = ("item", *WORDS)  # what has been given is let go of
PINGS = ("pingback", "trackback")


class BrokenExportError(Exception):
    """The file stops being a WordPress export. The message names the place and the last thing read before it."""


@dataclass(frozen=True)
class WxrAuthor:
    """An author as the export names them; `number` is theirs on the old site, 0 where it does not say."""

    login: str
    name: str
    number: int = 0


@dataclass(frozen=True)
class WxrTerm:
    """A word an item is filed under: `domain` is `category`, `post_tag` or another taxonomy."""

    domain: str
    slug: str
    name: str


@dataclass(frozen=True)
class WxrCategory:
    """A category, tag or other word of the site; `parent` is another's slug, or ""."""

    slug: str
    parent: str
    name: str = ""
    domain: str = "category"
    number: int = 0


@dataclass(frozen=True)
class WxrComment:
    """A reply. `parent` is 0 under the post itself; `approved` as written: 1, 0, spam, trash. `at`: UTC."""

    comment_id: int
    parent: int
    author: str
    at: datetime | None
    text: str
    approved: str
    kind: str

    @property
    def is_ping(self) -> bool:
        """Whether another site's machine left it."""
        return self.kind in PINGS


@dataclass(frozen=True)
class WxrItem:
    """A post, page or attachment. `published_at`: UTC, None where WordPress had none; `day`: on its own calendar."""

    post_id: int
    kind: str
    title: str
    link: str
    slug: str
    status: str
    creator: str
    published_at: datetime | None
    day: date | None
    content: str
    excerpt: str
    parent: int
    password: str
    is_sticky: bool
    takes_replies: bool
    attachment_url: str
    guid: str = ""
    order: int = 0
    terms: tuple[WxrTerm, ...] = ()
    comments: tuple[WxrComment, ...] = ()
    meta: dict[str, str] = field(default_factory=dict)

    @property
    def old_path(self) -> str:
        """The path of its old address, decoded, with single slashes; "/" where it had only a number."""
        path = unquote(parts_of(self.link).path)
        while "//" in path:
            path = path.replace("//", "/")
        return path or "/"


@dataclass(frozen=True)
class WxrSite:
    """The site the export is of: its address without a last slash."""

    url: str


Thing = WxrSite | WxrAuthor | WxrCategory | WxrItem


def read(path: Path) -> Iterator[Thing]:
    """The site first, then authors, categories and items in the file's order.

    Raises BrokenExportError where the XML breaks or is no export, OSError where the file cannot be read.
    """
    after = ""
    try:
        with path.open("rb") as file:
            for thing in _things(Mended(file)):
                if isinstance(thing, WxrItem):
                    after = thing.title or f"item {thing.post_id}"
                yield thing
    except ParseError as error:
        line, column = error.position
        why = str(error).split(":")[0]
        place = f"line {line}, column {column}" + (f", after “{after}”" if after else ", before the first item")
        raise BrokenExportError(f"{place}: {why}") from None
    except DefusedXmlException:
        raise BrokenExportError("the head of the file: it declares entities, which an export never does") from None


def _things(file: Mended) -> Iterator[Thing]:
    channel: Element | None = None
    site = version = ""
    for event, element in iterparse(file, events=("start", "end")):
        name = local(element)
        if event == "start":
            channel = element if name == "channel" else channel
        elif name in ("link", "base_blog_url") and not site and text(element):
            site = text(element).rstrip("/")
            yield WxrSite(site)
        elif name == "wxr_version":
            version = text(element)
        elif name == "author" and of(element, "author_login"):
            number_there = number(of(element, "author_id"))
            yield WxrAuthor(of(element, "author_login"), of(element, "author_display_name"), number_there)
        elif name in WORDS and of(element, WORDS[name][0]):
            yield word_of(element, name)
        elif name == "item" and of(element, "post_type"):
            version = version or "1"
            yield item_of(element)
        if event == "end" and name in EMPTIED and channel is not None:
            channel.clear()
    if not version:
        raise BrokenExportError("the whole file: it is XML, but no WordPress export (no <wp:wxr_version>)")


def word_of(element: Element, name: str) -> WxrCategory:
    """One `<wp:category>`, `<wp:tag>` or `<wp:term>` of the site."""
    slug, parent, said, domain = WORDS[name]
    return WxrCategory(
        slug=unquote(of(element, slug)),
        parent=unquote(of(element, parent)) if parent else "",
        name=of(element, said),
        domain=domain or of(element, "term_taxonomy"),
        number=number(of(element, "term_id")),
    )


def item_of(element: Element) -> WxrItem:
    """One `<item>` in plain values."""
    local_time = of(element, "post_date")
    return WxrItem(
        post_id=number(of(element, "post_id")),
        kind=of(element, "post_type"),
        title=of(element, "title"),
        link=of(element, "link"),
        slug=unquote(of(element, "post_name")),
        status=of(element, "status"),
        creator=of(element, "creator").strip("<> "),  # no login holds them; broken exports do
        published_at=moment(of(element, "post_date_gmt"), local_time),
        day=day(local_time),
        content=of(element, "encoded", namespace="content"),
        excerpt=of(element, "encoded", namespace="excerpt"),
        parent=number(of(element, "post_parent")),
        password=of(element, "post_password"),
        is_sticky=of(element, "is_sticky") == "1",
        takes_replies=of(element, "comment_status") == "open",
        attachment_url=of(element, "attachment_url"),
        guid=of(element, "guid"),
        order=number(of(element, "menu_order")),
        terms=tuple(terms_of(element)),
        comments=tuple(comment_of(child) for child in element if local(child) == "comment"),
        meta={of(child, "meta_key"): of(child, "meta_value") for child in element if local(child) == "postmeta"},
    )


def terms_of(element: Element) -> Iterator[WxrTerm]:
    """What the item is filed under, in order. WXR 1.0 names each twice, once without `nicename`."""
    for child in element:
        if local(child) == "category" and child.get("nicename"):
            domain = {"tag": "post_tag"}.get(child.get("domain", ""), child.get("domain", "category"))
            yield WxrTerm(domain, unquote(child.get("nicename", "")), text(child))


def comment_of(element: Element) -> WxrComment:
    """One `<wp:comment>` in plain values."""
    return WxrComment(
        comment_id=number(of(element, "comment_id")),
        parent=number(of(element, "comment_parent")),
        author=of(element, "comment_author"),
        at=moment(of(element, "comment_date_gmt"), of(element, "comment_date")),
        text=of(element, "comment_content"),
        approved=of(element, "comment_approved"),
        kind=of(element, "comment_type"),
    )


def local(element: Element) -> str:
    """The tag without its namespace, whose version and scheme vary."""
    return str(element.tag).rpartition("}")[2]


def of(element: Element, name: str, namespace: str = "") -> str:
    """The text of the first child called `name` (whose namespace contains `namespace`); "" for none."""
    for child in element:
        if local(child) == name and namespace in str(child.tag):
            return text(child)
    return ""


def text(element: Element) -> str:
    """Its text, stripped; a title with bare markup in it keeps its words."""
    return "".join(element.itertext()).strip()


def number(value: str) -> int:
    """A whole number; 0 where there is none."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def moment(gmt: str, local_time: str) -> datetime | None:
    """The UTC moment; the local one stands in where WordPress left the other at zero."""
    return _time(gmt) or _time(local_time)


def day(local_time: str) -> date | None:
    """The date on the old site's calendar, which stood in its addresses."""
    found = _time(local_time)
    return found.date() if found else None


def _time(value: str) -> datetime | None:
    if not value or value == NEVER:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
