"""What somebody gives for a WordPress export: a file that is none is named, with what to give instead."""

import re
from pathlib import Path

HEAD = 65_536
KINDS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "is a zip archive: unpack it and give the XML file in it"),
    (b"\x1f\x8b", "is packed with gzip: unpack it and give the XML file in it"),
    (b"BZh", "is packed with bzip2: unpack it and give the XML file in it"),
    (b"Rar!", "is a RAR archive: unpack it and give the XML file in it"),
    (b"7z\xbc\xaf", "is a 7z archive: unpack it and give the XML file in it"),
    (b"%PDF", "is a PDF"),
    (b"SQLite format 3", "is a database"),
)
INSTEAD = "Give the XML file that WordPress writes under Tools → Export → All content"


class WrongFileError(Exception):
    """A file that is no WordPress export. The message is fit to show, and says what to give instead."""


def refuse_what_is_no_export(path: Path) -> None:
    """Raise WrongFileError for what is plainly something else; OSError where the file cannot be read."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    what = what_else(head)
    if what:
        advice = "" if "give the XML" in what or "import_" in what else f" {INSTEAD}."
        raise WrongFileError(f"{path.name} {what}.{advice}")


def what_else(head: bytes) -> str:
    """What a file is that begins so; "" for what may be an export."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        return "is empty"
    for mark, what in KINDS:
        if start.startswith(mark):
            return what
    if b"<wp:" in head or b"wordpress.org/export" in head or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ""
    if start[:1] in (b"{", b"["):
        is_ghost = b'"db"' in head or b'"mobiledoc"' in head or b'"lexical"' in head
        return "is an export of Ghost: use import_ghost" if is_ghost else "is JSON, not XML"
    if re.match(rb"<!doctype html|<html|<head|<body", start, re.IGNORECASE):
        return "is a web page (the old site may have asked you to sign in)"
    if b"<disqus" in head:
        return "is an export of Disqus, which holds replies: use import_replies"
    if b"<feed" in head[:2000]:
        return "is an Atom feed or a Blogger export"
    if re.match(rb"(?:--|/\*|insert |create |drop )", start, re.IGNORECASE):
        return "is a dump of a database"
    return "" if start.startswith(b"<") or b"<?xml" in head else "is no XML"
