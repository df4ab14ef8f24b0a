"""Brings the old site's files over: from a copy of its uploads, or from where they still stand.

Resumable: what is here is not asked for again, so a second run goes on where the first one was stopped. The old
site is asked politely, by at most two requests at a time with a pause after each. Every file is checked by what is
in it, as an uploaded one is; what is refused or missing is listed with the stories that show it.
"""

import struct
import threading
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import Q
from PIL import Image

from articles import jobs, pictures
from articles.attachments import documents
from articles.attachments.documents import DocumentError
from articles.importers.report import ImportReport, MissingFile
from articles.importers.texts import parts_of
from articles.importers.uploads import Uploads, larger_first
from articles.models import Article, Document, Page, Picture
from articles.pictures import PictureError
from newsroom.caching import purge
from newsroom.fetch import PUBLIC, FetchError, Network, fetch

LANES = 2  # requests at a time
PAUSE = 0.25  # seconds each lane rests after a request
SECONDS = {Picture: 40.0, Document: 180.0}  # for one file
MOST_BYTES = {Picture: pictures.MOST_BYTES, Document: max(documents.MOST_BYTES.values())}
GIVEN_UP = 10  # a machine that did not answer so many times in a row is not asked again in this run
BATCH = 200
LONGEST_TROUBLE = 300
NAMED = 5  # stories named beside a missing file
DAMAGE = (EOFError, IndexError, KeyError, OverflowError, RuntimeError, TypeError, struct.error, zlib.error)
CAME = {Picture: "pictures whose files are ours now", Document: "sounds and PDFs whose files are ours now"}
ASKED = {Picture: "pictures to be asked for at the old site", Document: "sounds and PDFs to be asked for there"}

Wanted = Picture | Document


class NotHadError(Exception):
    """The file is not to be had, or not to be taken. The message is fit to show."""


@dataclass(frozen=True)
class Had:
    """What was found for a row: a file, another row that has it already, or why there is none."""

    file: "File[bytes] | None" = None
    twin: Wanted | None = None
    trouble: str = ""


def bring_files(
    *,
    folder: Path | None,
    report: ImportReport,
    now: datetime,
    network: Network = PUBLIC,
    progress: Callable[[int, int], None] | None = None,
    pause: float = PAUSE,
    is_dry: bool = False,
) -> None:
    """Give every picture and document that has an address and no file its file.

    `folder`: a copy of the old site's uploads in any nesting; without one each is asked for at its `source_url`.
    `progress` hears (done, of all). Effects: files in the storage; `fetched_at` or `fetch_trouble` of each row;
    purges; a job for each picture's versions; `report` counts what came and lists what is missing. `is_dry`
    looks only, and asks nobody.
    """
    counts = {model: model.objects.unfetched().count() for model in (Picture, Document)}
    if is_dry and folder is None:
        report.came.update({ASKED[model]: number for model, number in counts.items()})
        return
    source = _OldSite(network, pause).each if folder is None else _Folder(folder).each
    for done, (row, had) in enumerate(source(_rows()), start=1):
        try:
            _take(row, had, now=now, is_dry=is_dry)
            report.came[CAME[type(row)]] += 1
        except NotHadError as trouble:
            why = str(trouble)[:LONGEST_TROUBLE]
            report.missing.append(MissingFile(row.source_url, why, tuple(seen_in(row))))
            if not is_dry:
                type(row).objects.filter(pk=row.pk).update(fetch_trouble=why)
        if progress is not None:
            progress(done, sum(counts.values()))


def seen_in(row: Wanted) -> Iterator[str]:
    """The stories and pages that show a file, by title, the first few of them."""
    if isinstance(row, Picture):
        stories = Article.objects.showing(row)
    else:
        stories = Article.objects.filter(full_text__contains=f'data-file="{row.key}"')
    yield from stories.order_by("pk").values_list("headline", flat=True)[:NAMED]
    yield from Page.objects.filter(body__contains=row.key).order_by("pk").values_list("title", flat=True)[:NAMED]


# Where files come from


class _Folder:
    """A copy on this machine."""

    def __init__(self, folder: Path) -> None:
        self.uploads = Uploads(folder)

    def each(self, rows: Iterator[Wanted]) -> Iterator[tuple[Wanted, Had]]:
        """Every row with what the folder has for it."""
        for row in rows:
            twin, path = _twin(row), self.uploads.find(row.source_url)
            if twin is not None or path is None:
                yield row, Had(twin=twin, trouble="" if twin else "is not in the folder")
                continue
            try:
                with path.open("rb") as file:
                    yield row, Had(file=File(file, name=path.name))
            except OSError as error:
                yield row, Had(trouble=f"cannot be read: {error.strerror}")


class _OldSite:
    """The machines the addresses name, asked by two lanes."""

    def __init__(self, network: Network, pause: float) -> None:
        self.network, self.pause = network, pause
        self.silent: Counter[str] = Counter()
        self.lock = threading.Lock()

    def each(self, rows: Iterator[Wanted]) -> Iterator[tuple[Wanted, Had]]:
        """Every row with what its address gave. An address that two rows share is asked once."""
        waiting: deque[tuple[Wanted, Future[Had]]] = deque()
        with ThreadPoolExecutor(LANES) as lanes:
            try:
                for row in rows:
                    while len(waiting) >= LANES or any(other.source_url == row.source_url for other, _had in waiting):
                        yield _done(waiting)
                    twin = _twin(row)
                    if twin is not None:
                        yield row, Had(twin=twin)
                    else:
                        waiting.append((row, lanes.submit(self.ask, type(row), row.source_url)))
                while waiting:
                    yield _done(waiting)
            finally:
                for _row, future in waiting:
                    future.cancel()

    def ask(self, model: type[Wanted], url: str) -> Had:
        """One file; runs in a lane, and asks no database."""
        host = parts_of(url).netloc
        if self.silent[host] >= GIVEN_UP:
            return Had(trouble=f"was not asked for: {host} did not answer {GIVEN_UP} times in a row")
        trouble = ""
        for address in larger_first(url):
            try:
                found = fetch(address, max_bytes=MOST_BYTES[model], seconds=SECONDS[model], network=self.network)
            except FetchError as error:
                trouble = str(error)
                self.note(host, is_silent=error.__cause__ is not None)  # nobody answered, rather than answered no
            else:
                self.note(host, is_silent=False)
                name = PurePosixPath(unquote(parts_of(address).path)).name
                return Had(file=ContentFile(found.body, name=name or "file"))
            finally:
                time.sleep(self.pause)
        return Had(trouble=trouble)

    def note(self, host: str, *, is_silent: bool) -> None:
        """Count how often a machine was silent since it last answered."""
        with self.lock:
            self.silent[host] = self.silent[host] + 1 if is_silent else 0


def _done(waiting: "deque[tuple[Wanted, Future[Had]]]") -> tuple[Wanted, Had]:
    row, future = waiting.popleft()
    return row, future.result()


# What becomes of them


def _rows() -> Iterator[Wanted]:
    """Every row without its file, in the order of their keys, each once a run."""
    waiting: tuple[Any, ...] = (Picture.objects.unfetched(), Document.objects.unfetched())
    for unfetched in waiting:
        after = 0
        while rows := list(unfetched.filter(pk__gt=after)[:BATCH]):
            after = rows[-1].pk
            yield from rows


def _twin(row: Wanted) -> Wanted | None:
    """Another row of the same address that has its file: one file under two captions is two pictures."""
    found: Wanted | None = type(row).objects.filter(~Q(file=""), source_url=row.source_url).order_by("pk").first()
    return found


def _take(row: Wanted, had: Had, *, now: datetime, is_dry: bool) -> None:
    """Check and store. Raises NotHadError."""
    if had.trouble:
        raise NotHadError(had.trouble)
    values = _values_of_twin(had.twin) if had.twin is not None else _checked(row, had.file)
    if is_dry:
        return
    content = values.pop("content", None)
    if content is not None:
        values["file"] = row.file.storage.save(row.file.field.generate_filename(row, content.name), content)
    with transaction.atomic():
        rows = type(row).objects.filter(pk=row.pk, file="")
        is_taken = rows.update(**values, fetched_at=now, fetch_trouble="") == 1
        if is_taken:
            _tell(row, values)
    if not is_taken and content is not None:  # somebody gave it a file meanwhile
        row.file.storage.delete(values["file"])


def _tell(row: Wanted, values: dict[str, Any]) -> None:
    """The pages that show it follow; a picture's versions are made by a job."""
    if isinstance(row, Document):
        purge(f"file-{row.key}")
        return
    purge(*pictures.keys_showing(row))
    if values["prepared_at"] is None:
        jobs.queue_preparation(row.pk)


def _checked(row: Wanted, file: "File[bytes] | None") -> dict[str, Any]:
    """The row's new values, with the clean file as `content`. Raises NotHadError for what we do not take."""
    if file is None:
        raise NotHadError("has no file")
    if file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise NotHadError("is a page or a drawing in markup (HTML, SVG), which may hold a script: it was refused")
    try:
        return _checked_picture(file) if isinstance(row, Picture) else _checked_document(file)
    except (PictureError, DocumentError) as error:
        raise NotHadError(str(error)) from error
    except DAMAGE as error:
        raise NotHadError("is damaged") from error


def _checked_picture(file: "File[bytes]") -> dict[str, Any]:
    content = pictures.checked(file)
    width, height = Image.open(content).size
    content.seek(0)
    return {"content": content, "width": width, "height": height, "prepared_at": None}


def _checked_document(file: "File[bytes]") -> dict[str, Any]:
    found = documents.checked(file)
    file.seek(0)
    return {"content": file, "kind": found.kind, "media_type": found.media_type, "size": found.size}


def _values_of_twin(twin: Wanted) -> dict[str, Any]:
    names = ("width", "height", "prepared_at") if isinstance(twin, Picture) else ("kind", "media_type", "size")
    return {"file": twin.file.name, **{name: getattr(twin, name) for name in names}}
