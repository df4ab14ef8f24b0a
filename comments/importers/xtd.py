"""Reads `dumpdata django_comments django_comments_xtd` (JSON, or one object a line) as a stream.

A reply of xtd is two rows, in two parts of the file: the text, and what it answers. Users, addresses and
networks are passed over: only the name a reply was signed with comes along. Old dumps say `comments.comment`.
"""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from articles.importers.wordpress.wxr import BrokenExportError
from comments.importers.disqus import opened
from comments.importers.found import Found, OldParent, OldPlace, OldReply, Passed
from comments.models import Reply
from comments.parsing import moment_in

COMMENTS = ("django_comments.comment", "comments.comment")
CHUNK, LARGEST = 1 << 16, 1 << 24  # characters read at once, and of one object
BETWEEN = re.compile(r"[\s,\[\]]*")
MARKUP = re.compile(r"</[a-z]|<(?:br|p)\b", re.IGNORECASE)


def read(path: Path, *, site: str) -> Iterator[Found]:
    """Replies, what they answer, and last the places they stand under: `app.model:key`."""
    kinds: dict[str, str] = {}
    places: dict[str, tuple[str, str]] = {}
    number = 0
    for number, row in enumerate(objects(path), start=1):
        try:
            model, pk, fields = str(row["model"]), str(row["pk"]), dict(row["fields"])
            if model in COMMENTS:
                kind, thing = _kind(fields["content_type"]), str(fields["object_pk"])
                places[f"{kind}:{thing}"] = kind, thing
                yield reply_of(pk, f"{kind}:{thing}", fields, site)
            elif model == "django_comments_xtd.xtdcomment":
                parent = str(fields["parent_id"])
                yield OldParent(_key(site, pk), "" if parent in (pk, "0") else _key(site, parent))
            elif model == "contenttypes.contenttype":
                kinds[pk] = f"{fields['app_label']}.{fields['model']}"
            else:
                yield Passed(f"rows of the kind {model}")
        except (KeyError, TypeError, ValueError):
            raise BrokenExportError(f"object {number}: it is no row of dumpdata's") from None
    if not number:
        raise BrokenExportError("the whole file: it holds no rows")
    for name, (kind, thing) in places.items():
        yield OldPlace(name, tuple(dict.fromkeys([f"{kinds.get(kind, kind)}:{thing}", name, thing])))


def reply_of(pk: str, place: str, fields: dict[str, Any], site: str) -> OldReply:
    """One comment. What moderators removed comes as a stub, what was not public waits for a moderator here."""
    status = Reply.Status.PUBLISHED if fields.get("is_public", True) else Reply.Status.HELD
    text = str(fields["comment"])
    return OldReply(
        key=_key(site, pk),
        place=place,
        parent="",
        name=str(fields.get("user_name") or ""),
        at=moment_in(str(fields.get("submit_date"))),
        text=text,
        status=Reply.Status.REMOVED if fields.get("is_removed") else status,
        is_markup=MARKUP.search(text) is not None,
    )


def objects(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a list, or of lines, one at a time. Memory is bounded by the largest, and that by 16 MB."""
    number = 0
    try:
        with opened(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig") as text:
            for number, found in enumerate(_decoded(text), start=1):
                if not isinstance(found, dict):
                    raise BrokenExportError(f"object {number}: it is a list or a bare value")
                yield found
    except UnicodeDecodeError:
        raise BrokenExportError(f"the text after object {number}: it is not UTF-8") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BrokenExportError(f"the packing after object {number}: the file was not loaded whole") from None
    except RecursionError:
        raise BrokenExportError(f"the text after object {number}: lists in lists in lists") from None
    except json.JSONDecodeError as error:
        raise BrokenExportError(f"the text after object {number}: {error.msg}") from None


def _decoded(text: io.TextIOWrapper) -> Iterator[Any]:
    """What stands in the text. Each time an object is not whole yet, as much again is read."""
    decode = json.JSONDecoder().raw_decode
    waiting = ""
    while chunk := text.read(max(CHUNK, len(waiting))):
        waiting += chunk
        place = _past(waiting, 0)
        while place < len(waiting):
            try:
                found, place = decode(waiting, place)
            except json.JSONDecodeError:
                if len(waiting) - place > LARGEST:
                    raise
                break
            yield found
            place = _past(waiting, place)
        waiting = waiting[place:]
    if waiting:
        decode(waiting)  # says what is wrong with it


def _past(text: str, place: int) -> int:
    """Where the next object begins."""
    between = BETWEEN.match(text, place)
    return between.end() if between else place


def _kind(content_type: Any) -> str:
    """`app.model` where the dump names it, else the number it had."""
    return ".".join(content_type) if isinstance(content_type, list) else str(content_type)


def _key(site: str, pk: str) -> str:
    return f"xtd:{site}:{pk}"
