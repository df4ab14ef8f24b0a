"""Writes a whole site into a folder, as it was at one moment: one snapshot of the database, however long it takes.

It grows beside its place, in `DIR.partial`, and takes its name in the end: what bears the name is whole. An
interrupted one is begun anew. Memory is bounded by a few rows.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.files.storage import Storage
from django.db import connection, transaction

from members.models import Issue, Mailing, Round, SiteRules
from newsroom.leaving import guide
from newsroom.leaving.manifest import MEDIA, PIECE, Manifest, Sealing
from newsroom.leaving.part import Part, Table
from newsroom.leaving.parts import PARTS, files_of_models
from newsroom.leaving.refusal import LeavingError
from newsroom.leaving.stays import STAYS

UNFINISHED = "UNFINISHED"  # in a folder that we made and did not finish
OWNERS_ONLY = 0o700
EVERY = 1000  # rows between two words of progress
MOST_MISSING = 20
Progress = Callable[[str, int], None]


@contextmanager
def snapshot() -> Iterator[None]:
    """The database as it is now, whatever others write meanwhile; nothing can be written inside."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def pack(folder: Path, *, now: datetime, progress: Progress) -> Manifest:
    """Write the site into `folder`, which must be empty or not there. `progress`: (what, how many) now and then.

    Raises LeavingError, OSError. Effects: files only.
    """
    if late := Round.objects.filter(closed_at=None, closes_at__lte=now).first():
        raise LeavingError(f"The vote “{late.question}” is over and not counted. Start the worker, which counts it.")
    growing = _begin(folder)
    with snapshot():
        rules = SiteRules.current()
        manifest = Manifest(
            site=settings.SITE_URL, name=rules.name, language=settings.LANGUAGE_CODE, time_zone=settings.TIME_ZONE,
            made_at=now.isoformat(), left_out=dict(STAYS), notes=waiting(),
        )  # fmt: skip
        for part in PARTS:
            _write(part, growing, manifest, progress)
        _write_media(growing, manifest, progress)
    (growing / "README.md").write_text(guide.readme(manifest), encoding="utf-8")
    manifest.write(growing)
    (growing / UNFINISHED).unlink()
    growing.rename(folder)
    return manifest


def waiting() -> list[str]:
    """What the old site has not finished, a sentence each: it does not move."""
    rounds = Round.objects.filter(closed_at=None).order_by("pk").values_list("question", flat=True)
    notes = [
        f"The vote “{question}” is not closed: its ballots stay behind, and patrons would vote anew."
        for question in rounds
    ]
    going = Issue.objects.filter(state__in=[Issue.State.SENDING, Issue.State.PAUSED]).order_by("pk")
    notes += [
        f"The letter “{issue}” is on its way: let it finish here. Where it comes back it is paused." for issue in going
    ]
    if mails := Mailing.objects.filter(status__in=[Mailing.Status.QUEUED, Mailing.Status.HANDING]).count():
        notes.append(f"Mails that wait to be sent: {mails}. They are this site's to send, and stay behind.")
    return notes


def _begin(folder: Path) -> Path:
    """The folder in which the export grows, emptied of one that was interrupted."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LeavingError(f"{folder} is not empty. Name a folder that is empty or not there.")
    growing = folder.with_name(f"{folder.name}.partial")
    if growing.exists():
        if not (growing / UNFINISHED).is_file():
            raise LeavingError(f"{growing} is there, and is no export that was interrupted. Move it away.")
        shutil.rmtree(growing)
    growing.mkdir(mode=OWNERS_ONLY, parents=True)
    (growing / UNFINISHED).write_text("This export was interrupted. Running export_site again begins anew.\n")
    for name in ("data", "schema", MEDIA):
        (growing / name).mkdir()
    return growing


def _write(part: Part, folder: Path, manifest: Manifest, progress: Progress) -> None:
    """A part's rows, its schema, and what it leaves out."""
    path = f"data/{part.name}.jsonl"
    with (folder / path).open("xb") as file:
        sealing = Sealing(file)
        for row in part.rows():
            sealing.row(row)
            if sealing.rows % EVERY == 0:
                progress(part.name, sealing.rows)
    manifest.files[path] = sealing.sealed
    manifest.left_out |= {f"{part.name}.{name}": why for name, why in part.left.items()}
    schema = json.dumps(part.schema(files_of_models()), ensure_ascii=False, indent=1)
    (folder / "schema" / f"{part.name}.schema.json").write_text(schema + "\n", encoding="utf-8")


def _write_media(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Every file a row names, once, and the list of them. What is not there any more is noted."""
    path, missing = f"data/{MEDIA}.jsonl", []
    with (folder / path).open("xb") as file:
        sealing = Sealing(file)
        for storage, name in _named_files():
            target = folder / MEDIA / name
            if not target.resolve().is_relative_to((folder / MEDIA).resolve()) or not storage.exists(name):
                missing.append(name)
            elif not target.exists():
                sealing.row({"name": name, **_copy(storage, name, target)})
                progress("files", sealing.rows)
    manifest.files[path] = sealing.sealed
    if missing:
        some = ", ".join(missing[:MOST_MISSING]) + (" …" if len(missing) > MOST_MISSING else "")
        manifest.notes.append(f"Files that are named and not there: {len(missing)} ({some}).")
    schema = json.dumps(guide.MEDIA_SCHEMA, indent=1)
    (folder / "schema" / f"{MEDIA}.schema.json").write_text(schema + "\n", encoding="utf-8")


def _named_files() -> Iterator[tuple[Storage, str]]:
    """Where each file that a row names is kept, and its name."""
    for table in (part for part in PARTS if isinstance(part, Table)):
        for field in table.files():
            named = table.kept().exclude(**{field.name: ""}).values_list(field.attname, flat=True)
            yield from ((field.storage, name) for name in named.iterator())


def _copy(storage: Storage, name: str, target: Path) -> dict[str, str | int]:
    """Copy one file out; what its row in the list says of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with storage.open(name) as source, target.open("xb") as out:
        sealing = Sealing(out)
        while piece := source.read(PIECE):
            sealing.write(piece)
    return {"bytes": sealing.bytes, "sha256": sealing.sealed.sha256}
