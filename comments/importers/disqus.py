"""Reads a Disqus export (XML, also packed with gzip) as a stream. Addresses and networks are passed over.

Source: https://help.disqus.com/en/articles/1717164-comments-export
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast
from xml.etree.ElementTree import Element, ParseError  # types only; parsing is defusedxml's

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from articles.importers.wordpress.mending import Mended
from articles.importers.wordpress.wxr import BrokenExportError, local, of
from comments.importers.found import Found, OldPlace, OldReply
from comments.models import Reply
from comments.parsing import moment_in

PACKED = b"\x1f\x8b"


def read(path: Path, *, site: str = "") -> Iterator[Found]:
    """Threads and posts in the file's order. Post ids are Disqus's own, of all sites: `site` is not asked."""
    after = "before the first post"
    try:
        with opened(path) as file:
            for thing in _things(Mended(file)):
                after = f"after {thing.key}" if isinstance(thing, OldReply) else after
                yield thing
    except ParseError as error:
        line, column = error.position
        why = str(error).split(":")[0]
        raise BrokenExportError(f"line {line}, column {column}, {after}: {why}") from None
    except DefusedXmlException:
        raise BrokenExportError("the head of the file: it declares entities, which an export never does") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BrokenExportError(f"the packing, {after}: the file was not loaded whole") from None


def opened(path: Path) -> BinaryIO:
    """The file, unpacked as it is read."""
    with path.open("rb") as file:
        is_packed = file.read(2) == PACKED
    return cast("BinaryIO", gzip.open(path)) if is_packed else path.open("rb")


def _things(file: Mended) -> Iterator[Found]:
    root: Element | None = None
    depth = 0
    for event, element in iterparse(file, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if root is None:
            root = element
            if local(root) != "disqus":
                raise BrokenExportError(f"the first line: it is XML of the kind <{local(root)}>, not <disqus>")
        if event == "end" and depth == 1:
            if local(element) == "thread":
                yield place_of(element)
            elif local(element) == "post":
                yield reply_of(element)
            root.clear()


def place_of(thread: Element) -> OldPlace:
    """One `<thread>`. WordPress's plugin wrote "12 https://old.example.org/?p=12" for its identifier."""
    identifier = of(thread, "id")
    known_as = (of(thread, "link"), identifier, *reversed(identifier.split(" ", 1)))
    return OldPlace(_id(thread), tuple(dict.fromkeys(filter(None, known_as))), of(thread, "isClosed") != "true")


def reply_of(post: Element) -> OldReply:
    """One `<post>`. What was deleted keeps its place in the thread, without name and words."""
    author = next((child for child in post if local(child) == "author"), None)
    is_deleted = of(post, "isDeleted") == "true"
    parent = _id_of(post, "parent")
    status = Reply.Status.HELD if of(post, "isApproved") == "false" else Reply.Status.PUBLISHED
    return OldReply(
        key=f"disqus:{_id(post)}",
        place=_id_of(post, "thread"),
        parent=f"disqus:{parent}" if parent else "",
        name="" if author is None or is_deleted else of(author, "name"),
        at=moment_in(of(post, "createdAt")),
        text="" if is_deleted else of(post, "message"),
        status=Reply.Status.ERASED if is_deleted else status,
        left="" if of(post, "isSpam") != "true" else "replies marked as spam",
    )


def _id_of(element: Element, name: str) -> str:
    """The id of the first child called `name`, which points at another element; "" for none."""
    return next((_id(child) for child in element if local(child) == name), "")


def _id(element: Element) -> str:
    return next((value for name, value in element.items() if name.rpartition("}")[2] == "id"), "")
