"""Brings an export into an empty database: checked first, whole or not at all. Announces nothing, mails nobody.

Files go to the media storage before the rows that name them; run again after an interruption, those that are
there already, with the same bytes, are left alone.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management.color import no_style
from django.db import IntegrityError, connection, transaction
from procrastinate.types import JSONDict
from psycopg import sql

from articles.jobs import prepare_picture
from articles.models import Picture
from newsroom.caching import purge
from newsroom.leaving import settling
from newsroom.leaving.manifest import MEDIA, Manifest, digest_of, lines
from newsroom.leaving.part import CHUNK, Part
from newsroom.leaving.parts import PARTS, files_of_models
from newsroom.leaving.refusal import LeavingError

COPIED_LINE = re.compile(r"COPY \w+, line (\d+)(?:, column (\w+))?")
Progress = Callable[[str, int], None]


def unpack(folder: Path, *, now: datetime, progress: Progress) -> Manifest:
    """Bring the export in `folder` in. `progress`: (what, how many) now and then.

    Raises LeavingError, and then nothing came in. Effects: rows, files, jobs that prepare pictures, every page.
    """
    manifest = Manifest.read(folder)
    check(folder, manifest, progress)
    refuse_a_full_one()
    _store_media(folder, progress)
    with transaction.atomic():
        for part in PARTS:
            _load(part, folder, progress)
        _count_on()
        _see_that_all_is_there()
        settling.settle(now)
        _prepare_pictures()
        purge("site", "front", "feed", "sitemap", "archive")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return manifest


def check(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """See that every file is there as it was written. Raises LeavingError with the first that is not."""
    for name in (*(part.name for part in PARTS), MEDIA):
        path = f"data/{name}.jsonl"
        if path not in manifest.files:
            raise LeavingError(f"The export is half: {path} is not in its list. Make it anew.")
        _check_file(folder / path, path, manifest.files[path].sha256)
    for number, row in lines(folder / "data" / f"{MEDIA}.jsonl"):
        _check_file(_media(folder, row), f"{MEDIA}/{row['name']}", row["sha256"])
        progress("files checked", number)


def refuse_a_full_one() -> None:
    """Raise LeavingError unless the database was only migrated. One query."""
    tables = {model._meta.db_table: model for model in files_of_models()}
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(table, sql.Identifier(table)) for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked.as_string(None))
        found = [str(tables[table]._meta.verbose_name_plural) for (table,) in cursor.fetchall()]
    if found:
        some = ", ".join(found[:5]) + (" and more" if found[5:] else "")
        raise LeavingError(f"This database is not empty: there are {some}. An export comes into one just migrated.")


def _check_file(path: Path, name: str, digest: str) -> None:
    try:
        with path.open("rb") as file:
            found = digest_of(file)
    except OSError:
        raise LeavingError(f"The export is half: {name} is not there.") from None
    if found != digest:
        raise LeavingError(f"{name} is not as it was written: somebody changed it, or a copy went wrong.")


def _media(folder: Path, row: dict[str, Any]) -> Path:
    """Where a listed file lies. Raises LeavingError for a row that leads out of the folder."""
    media = (folder / MEDIA).resolve()
    if not {"name", "sha256"} <= row.keys() or not (media / str(row["name"])).resolve().is_relative_to(media):
        raise LeavingError(f"{MEDIA}.jsonl names {row.get('name')!r}, which is no file under {MEDIA}/.")
    return media / str(row["name"])


def _store_media(folder: Path, progress: Progress) -> None:
    """Put every file into the storage under its own name."""
    for number, row in lines(folder / "data" / f"{MEDIA}.jsonl"):
        name = str(row["name"])
        with _media(folder, row).open("rb") as file:
            try:
                if not _is_stored(name, row["sha256"]) and default_storage.save(name, File(file)) != name:
                    raise LeavingError(f"The media storage does not take a file called {name}.")
            except SuspiciousFileOperation:
                raise LeavingError(f"The media storage does not take a file called {name}.") from None
        progress("files", number)


def _is_stored(name: str, digest: str) -> bool:
    """Whether the storage has this very file. Raises LeavingError where it has another of that name."""
    if not default_storage.exists(name):
        return False
    with default_storage.open(name) as stored:
        if digest_of(stored) != digest:
            raise LeavingError(f"There is another file called {name} in the media storage. Begin with an empty one.")
    return True


def _load(part: Part, folder: Path, progress: Progress) -> None:
    """Insert a part's rows, a few hundred at a time."""
    path = folder / "data" / f"{part.name}.jsonl"
    rows = lines(path)
    for batch in iter(lambda: list(islice(rows, CHUNK)), []):
        first = batch[0][0]
        try:
            part.load([row for _line, row in batch])
        except LeavingError as error:
            raise LeavingError(f"{path.name}, line {first + error.row}: {error}") from None
        except psycopg.Error as error:
            raise LeavingError(f"{path.name}{_place(error, first)}: {_reason(error)}") from None
        progress(part.name, batch[-1][0])


def _place(error: psycopg.Error, first: int) -> str:
    """Where in the file PostgreSQL stumbled."""
    found = COPIED_LINE.search(error.diag.context or "")
    if found is None:
        return f", from line {first} on"
    return f", line {first + int(found[1]) - 1}" + (f", {found[2]}" if found[2] else "")


def _reason(error: psycopg.Error) -> str:
    """What PostgreSQL says, in a line."""
    said = [error.diag.message_primary or str(error), error.diag.message_detail or ""]
    return " ".join(" ".join(part.split()).rstrip(".") + "." for part in said if part)


def _count_on() -> None:
    """New rows get numbers behind those that came."""
    with connection.cursor() as cursor:
        for command in connection.ops.sequence_reset_sql(no_style(), list(files_of_models())):
            cursor.execute(command)


def _see_that_all_is_there() -> None:
    """Whatever a row names came with it. Raises LeavingError."""
    try:
        connection.check_constraints()
    except IntegrityError as error:
        raise LeavingError(f"A row names another that is not in the export: {' '.join(str(error).split())}") from None


def _prepare_pictures() -> None:
    """Have the small versions of every picture made. The jobs commit with the rows."""
    keys: Iterator[int] = Picture.objects.exclude(file="").order_by("pk").values_list("pk", flat=True).iterator()
    for batch in iter(lambda: list(islice(keys, CHUNK)), []):
        jobs: list[JSONDict] = [{"picture_id": pk} for pk in batch]
        prepare_picture.batch_defer(*jobs)
