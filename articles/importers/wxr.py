"""Reads a WordPress export (WXR 1.0 to 1.2) as a stream, item by item, in plain values.

Namespaces may be http or https. Where the file breaks, what came before has been given and `BrokenExportError`
names the place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError  # types only; parsing is defusedxml's

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

NEVER = "0000-00-00 00:00:00"
PINGS = ("pingback", "trackback")


class BrokenExportError(Exception):
    """The file stops being XML. `line`, `column`: where; `after`: the last item that could be read."""

    def __init__(self, line: int, column: int, after: str, why: str) -> None:
        self.line, self.column, self.after, self.why = line, column, after, why
        super().__init__(f"line {line}, column {column}, after “{after}”: {why}")


@dataclass(frozen=True)
class WxrAuthor:
    """An author as the export names them."""

    login: str
    name: str


@dataclass(frozen=True)
class WxrTerm:
    """A category or tag: `domain` is `category` or `post_tag`."""

    domain: str
    slug: str
    name: str


@dataclass(frozen=True)
class WxrComment:
    """A reply. `parent` is 0 under the post itself; `approved` as written: 1, 0, spam, trash."""

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
    """A post, page or attachment. Times are UTC; None where WordPress had none (drafts)."""

    post_id: int
    kind: str
    title: str
    link: str
    slug: str
    status: str
    creator: str
    published_at: datetime | None
    content: str
    excerpt: str
    parent: int
    password: str
    is_sticky: bool
    attachment_url: str
    terms: tuple[WxrTerm, ...] = ()
    comments: tuple[WxrComment, ...] = ()
    meta: dict[str, str] = field(default_factory=dict)

    @property
    def old_path(self) -> str:
        """The path of its old address, decoded."""
        return unquote(urlsplit(self.link).path)


def read(path: Path) -> Iterator[str | WxrAuthor | WxrTerm | WxrItem]:
    """The site's address first (a str), then authors, terms and items in the file's order.

    Raises BrokenExportError where the XML breaks, OSError where the file cannot be read.
    """
    after = "the beginning"
    try:
        for _event, element in iterparse(path, events=("end",)):
            match local(element):
                case "base_blog_url":
                    yield text(element).rstrip("/")
                case "author" if of(element, "author_login"):
                    yield WxrAuthor(of(element, "author_login"), of(element, "author_display_name"))
                    element.clear()
                case "category" if of(element, "category_nicename"):
                    yield WxrTerm("category", unquote(of(element, "category_nicename")), of(element, "cat_name"))
                    element.clear()
                case "item":
                    item = item_of(element)
                    after = item.title or f"item {item.post_id}"
                    yield item
                    element.clear()
    except ParseError as error:
        line, column = error.position
        raise BrokenExportError(line, column, after, str(error).split(":")[0]) from None
    except DefusedXmlException:
        raise BrokenExportError(0, 0, after, "it declares entities, which an export never does") from None


def item_of(element: Element) -> WxrItem:
    """One `<item>` in plain values."""
    return WxrItem(
        post_id=number(of(element, "post_id")),
        kind=of(element, "post_type") or "post",
        title=of(element, "title"),
        link=of(element, "link"),
        slug=unquote(of(element, "post_name")),
        status=of(element, "status"),
        creator=of(element, "creator"),
        published_at=moment(of(element, "post_date_gmt"), of(element, "post_date")),
        content=of(element, "encoded", namespace="content"),
        excerpt=of(element, "encoded", namespace="excerpt"),
        parent=number(of(element, "post_parent")),
        password=of(element, "post_password"),
        is_sticky=of(element, "is_sticky") == "1",
        attachment_url=of(element, "attachment_url"),
        terms=tuple(terms_of(element)),
        comments=tuple(comment_of(child) for child in element if local(child) == "comment"),
        meta={of(child, "meta_key"): of(child, "meta_value") for child in element if local(child) == "postmeta"},
    )


def terms_of(element: Element) -> Iterator[WxrTerm]:
    """The item's categories and tags, in order."""
    for child in element:
        if local(child) == "category" and child.get("domain") in ("category", "post_tag"):
            yield WxrTerm(child.get("domain", ""), unquote(child.get("nicename", "")), text(child))


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
    """Its text, stripped."""
    return (element.text or "").strip()


def number(value: str) -> int:
    """A whole number; 0 where there is none."""
    return int(value) if value.lstrip("-").isdigit() else 0


def moment(gmt: str, local_time: str) -> datetime | None:
    """The UTC moment; the local one stands in where WordPress left the other at zero."""
    for value in (gmt, local_time):
        if value and value != NEVER:
            try:
                return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            except ValueError:
                continue
    return None
