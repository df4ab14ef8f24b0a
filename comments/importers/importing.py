"""One import of replies: reads a file whole, finds the stories, and writes discussion after discussion.

Nothing is written before the file was read to its end, so a broken one leaves nothing half. After that each batch
is a transaction of its own: an interrupted run is completed by the next, and what is here is left alone.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from articles.importers.report import ImportReport
from articles.importers.wordpress.wxr import BrokenExportError
from articles.models import Article, Page
from comments.importers import disqus, wordpress, xtd
from comments.importers.found import OldParent, OldPlace, OldReply, Passed, Read
from comments.importers.places import Places
from comments.importers.replies import (
    LONGEST_TEXT,
    ImportedReply,
    import_replies,
    parents_first,
    plain_name,
    plain_text,
)
from comments.importers.spool import Spool
from comments.models import Reply

READERS: dict[str, Read] = {"xtd": xtd.read, "disqus": disqus.read, "wxr": wordpress.read}
HEAD = 8192
BATCH = 500  # replies in one transaction
NAMED = 30  # places that are nowhere here, in the report
STUBS = (Reply.Status.REMOVED, Reply.Status.ERASED)
CAME = {
    Reply.Status.PUBLISHED: "replies, published",
    Reply.Status.HELD: "replies that wait for a moderator",
    Reply.Status.REMOVED: "stubs of removed replies that were answered",
    Reply.Status.ERASED: "stubs of deleted replies that were answered",
}
ORPHANS = "replies whose parent is missing: they stand under the story itself (counted above)"


class WrongFileError(Exception):
    """It is none of the files we know; the message is fit to show."""


def kind_of(path: Path) -> str:
    """`xtd`, `disqus` or `wxr`, by how the file begins. Raises WrongFileError, BrokenExportError, OSError."""
    try:
        with disqus.opened(path) as file:
            head = file.read(HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BrokenExportError("the packing: the file was not loaded whole") from None
    if head[:1] in (b"[", b"{"):
        return "xtd"
    if b"<disqus" in head:
        return "disqus"
    if b"<rss" in head or b"wordpress.org/export" in head:
        return "wxr"
    what = "It is empty." if not head else "It begins with “{}”.".format(head[:40].decode("utf-8", "replace"))
    raise WrongFileError(
        f"{path} is no Disqus export, no WordPress export and no dumpdata of django_comments (JSON). {what}"
    )


@dataclass
class _Target:
    """A story or page of ours, by model and key, and the places of the file that it is."""

    model: type[Article] | type[Page]
    pk: int
    places: list[str] = field(default_factory=list)
    is_open: bool = False


class ReplyImport:
    """One run over one file. `read` comes before `bring`. `site` names where it comes from, in the keys."""

    def __init__(self, path: Path, kind: str, *, site: str, places: Places, now: datetime, is_dry: bool) -> None:
        self.found = READERS[kind](path, site=site)
        self.places, self.now, self.is_dry = places, now, is_dry
        self.report = ImportReport()
        self.spool = Spool()
        self.orphans: set[str] = set()  # of the story that is being written
        self.total = self.cut = 0

    def read(self) -> Iterator[int]:
        """Read the file; after each thing, how many there were. Raises BrokenExportError, OSError."""
        for number, thing in enumerate(self.found, start=1):
            match thing:
                case OldReply():
                    self._keep(thing)
                case OldPlace():
                    self.spool.add_place(thing)
                case OldParent():
                    self.spool.add_parent(thing)
                case Passed():
                    self.report.skipped[thing.kind] += 1
            yield number
        if self.cut:
            self.report.notes.append(f"texts cut because they are longer than {LONGEST_TEXT:,} characters: {self.cut}")

    def bring(self) -> Iterator[int]:
        """Write what is not here yet; after each batch, how many of `total` replies were looked at."""
        done = 0
        for target in self._targets():
            rows = self._in_order(target.places)
            for start in range(0, len(rows), BATCH):
                batch = rows[start : start + BATCH]
                self._bring_batch(target, batch)
                done += len(batch)
                yield done

    def _keep(self, reply: OldReply) -> None:
        """Into the spool, as plain text; with the reason in the report if it does not come."""
        is_stub = reply.status == Reply.Status.ERASED
        text = "" if is_stub or reply.left else plain_text(reply.text, is_markup=reply.is_markup)
        why = reply.left or ("" if reply.at else "replies without a date")
        why = why or ("" if text or is_stub else "replies without words")
        if not self.spool.add_reply(replace(reply, left=why), name=plain_name(reply.name), text=text):
            why = "replies that stand in the file twice"
        self.cut += not why and len(text) == LONGEST_TEXT
        if why:
            self.report.skipped[why] += 1

    def _targets(self) -> list[_Target]:
        """The stories and pages of ours under which something stands; what is nowhere here goes into the report."""
        targets: dict[tuple[str, int], _Target] = {}
        nowhere: list[str] = []
        for place, number in self.spool.places():
            subject = self.places.find(place.known_as or (place.name,))
            if subject is None:
                self.report.skipped["replies under what is nowhere here"] += number
                names = f"“{(place.known_as or (place.name,))[0]}” is nowhere here"
                nowhere.append(f"{names}, {number} of its replies are left: name its story with --map")
                continue
            target = targets.setdefault((subject._meta.label, subject.pk), _Target(type(subject), subject.pk))
            target.places.append(place.name)
            target.is_open |= place.is_open
            self.total += number
        self.report.notes += nowhere[:NAMED]
        if nowhere[NAMED:]:
            self.report.notes.append(f"and {len(nowhere) - NAMED} more places that are nowhere here")
        return list(targets.values())

    def _in_order(self, places: list[str]) -> list[ImportedReply]:
        """What comes under one story, without words yet, parents first; an answer to what does not come stands
        under what that answered."""
        coming, left = self.spool.skeleton(places)
        ordered = parents_first(replace(row, parent=_kept(row.parent, left)) for row in coming)
        answered: set[str] = set()
        kept: list[ImportedReply] = []
        for row in reversed(ordered):
            if row.status in STUBS and row.key not in answered:
                self.report.skipped["deleted replies that nobody answered"] += 1
                self.total -= 1
            else:
                answered.add(row.parent)
                kept.append(replace(row, at=min(row.at, self.now)))
        self.orphans = _orphans(kept)
        return kept[::-1]

    def _bring_batch(self, target: _Target, rows: list[ImportedReply]) -> None:
        """One transaction; in a dry run none."""
        words = self.spool.words([row.key for row in rows])
        if self.is_dry:
            here = set(Reply.objects.filter(legacy_key__in=words).values_list("legacy_key", flat=True))
            new = [row for row in rows if row.key not in here]
        else:
            subject = _load(target)
            batch = [replace(row, name=words[row.key][0], text=words[row.key][1], is_markup=False) for row in rows]
            new = import_replies(subject, batch, is_open=target.is_open, now=self.now)
        for row in new:
            self.report.came[CAME[Reply.Status(row.status)]] += 1
            self.report.came[ORPHANS] += row.key in self.orphans
        self.report.skipped["replies that were here already"] += len(rows) - len(new)


def _load(target: _Target) -> Article | Page:
    if target.model is Article:
        return Article.objects.without_text().get(pk=target.pk)
    return Page.objects.defer("body").get(pk=target.pk)


def _orphans(rows: list[ImportedReply]) -> set[str]:
    """The keys of those that answer what is neither in the file nor here."""
    wanted = {row.parent for row in rows if row.parent} - {row.key for row in rows}
    wanted -= set(Reply.objects.filter(legacy_key__in=wanted).values_list("legacy_key", flat=True)) if wanted else set()
    return {row.key for row in rows if row.parent in wanted}


def _kept(parent: str, left: dict[str, str]) -> str:
    """The nearest above that comes; "" where the chain of those that do not runs in a circle."""
    seen: set[str] = set()
    while parent in left and parent not in seen:
        seen.add(parent)
        parent = left[parent]
    return "" if parent in left else parent
