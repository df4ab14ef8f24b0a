"""The media: out of the storage into a backup, and back. What the last backup has already costs no room again."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from django.core.files import File
from django.core.files.storage import Storage

from newsroom.backups.folder import MEDIA, Backup, Sums

CHUNK_BYTES = 1024 * 1024


class Seen(NamedTuple):
    """A file as the storage lists it; `modified` in microseconds of the epoch."""

    name: str
    size: int
    modified: int


def listing(storage: Storage, folder: str = "") -> Iterator[Seen]:
    """Every file of the storage. One that goes meanwhile is left out."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(filter(None, names)):
        path = f"{folder}/{name}" if folder else name
        with suppress(FileNotFoundError):
            yield Seen(path, storage.size(path), int(storage.get_modified_time(path).timestamp() * 1_000_000))
    for inner in sorted(folders):
        yield from listing(storage, f"{folder}/{inner}" if folder else inner)


@dataclass
class Copies:
    """The media of the backup under way at `under_way`. A file that `before` has is one with it (a hard link)."""

    under_way: Path
    before: Backup | None
    sums: Sums = field(default_factory=dict)
    bytes: int = 0
    _had: Sums = field(default_factory=dict)
    _done: dict[str, Seen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._had = self.before.sums() if self.before else {}

    def missing_bytes(self, seen: list[Seen]) -> int:
        """How much room the files of `seen` take that the last backup does not have."""
        return sum(each.size for each in seen if self._twin(each) is None)

    def bring(self, storage: Storage, seen: list[Seen], tell: Callable[[int], None]) -> None:
        """Copy what is new since the last call; `tell` hears how many files are there."""
        for each in seen:
            if self._done.get(each.name) != each:
                with suppress(FileNotFoundError):  # deleted since it was listed: so was what named it
                    self._bring(storage, each)
                    self._done[each.name] = each
                    tell(len(self._done))
        self.bytes = sum(each.size for each in self._done.values())

    def _bring(self, storage: Storage, each: Seen) -> None:
        name = f"{MEDIA}/{each.name}"
        target = self.under_way / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # never written through: it may be the last backup's
        twin = self._twin(each)
        if twin is not None:
            with suppress(OSError):  # a file system without links
                os.link(twin, target)
                self.sums[name] = self._had[name]
                return
        with storage.open(each.name) as source:
            self.sums[name] = write(source, target)
        os.utime(target, ns=(each.modified * 1000, each.modified * 1000))

    def _twin(self, each: Seen) -> Path | None:
        """The same file in the last backup."""
        if self.before is None or f"{MEDIA}/{each.name}" not in self._had:
            return None
        path = self.before.path / MEDIA / each.name
        try:
            known = path.stat()
        except OSError:
            return None
        return path if (known.st_size, known.st_mtime_ns // 1000) == (each.size, each.modified) else None


def write(source: "File[bytes]", target: Path) -> str:
    """Copy an open file onto the disk; its SHA-256 in hex."""
    known = sha256()
    with target.open("wb") as out:
        for chunk in source.chunks(CHUNK_BYTES):
            known.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return known.hexdigest()


def put_back(backup: Backup, storage: Storage, names: list[str], tell: Callable[[int], None]) -> None:
    """Give the storage every file of `names` (`media/…`) under its own name. What is the same already stays."""
    for number, name in enumerate(names, start=1):
        own = name.removeprefix(f"{MEDIA}/")
        path = backup.path / name
        with path.open("rb") as file:
            if not _is_there(storage, own, path):
                storage.delete(own)
                storage.save(own, File(file))
        tell(number)


def _is_there(storage: Storage, name: str, path: Path) -> bool:
    """Whether the storage has just this under the name."""
    if not storage.exists(name) or storage.size(name) != path.stat().st_size:
        return False
    with storage.open(name) as kept, path.open("rb") as wanted:
        return all(chunk == wanted.read(len(chunk)) for chunk in kept.chunks(CHUNK_BYTES))
