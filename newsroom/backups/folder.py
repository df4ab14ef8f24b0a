"""What a backup is made of, and whether it is whole.

    newsroom-2026-11-23T030000Z/
        database.dump    pg_dump's custom format
        media/…          every file of the storage under its name
        SHA256SUMS       of both; `sha256sum -c SHA256SUMS` checks them without us
        manifest.json    when, what versions, how much, and the sum of SHA256SUMS

A backup under way bears `.unfinished` behind its name and gets its own when all of it is on the disk.
"""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from json import JSONDecodeError
from pathlib import Path

PREFIX, UNFINISHED = "newsroom-", ".unfinished"
DUMP, MEDIA, SUMS, MANIFEST = "database.dump", "media", "SHA256SUMS", "manifest.json"
FORMAT = 1
NAMED = 5  # of many files that are wrong

Sums = dict[str, str]  # SHA-256 in hex by the file's path within the backup


class BackupError(Exception):
    """It cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `migrations`: the last of each app. `bytes`: the dump's, the media's."""

    made_at: str
    site: str
    postgres: int
    pg_dump: int
    migrations: dict[str, str]
    files: int
    bytes: dict[str, int]
    sums: str
    format: int = FORMAT

    @property
    def moment(self) -> datetime:
        """When its snapshot was begun, UTC."""
        return datetime.fromisoformat(self.made_at)


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup."""

    path: Path
    manifest: Manifest

    @property
    def dump(self) -> Path:
        """The database."""
        return self.path / DUMP

    def sums(self) -> Sums:
        """What each file should be. Raises BackupError where the list itself is missing or another."""
        listed = self.path / SUMS
        if not listed.is_file() or digest(listed) != self.manifest.sums:
            raise BackupError(f"{listed} is missing or was changed: what lies in this backup cannot be trusted.")
        lines = listed.read_text(encoding="utf-8").splitlines()
        return {_read_name(line): line.removeprefix("\\")[:64] for line in lines}

    def check(self) -> Sums:
        """Read every file of it. Raises BackupError that names what is missing or damaged."""
        sums = self.sums()
        wrong = [name for name, expected in sums.items() if _is_wrong(self.path / name, expected)]
        if wrong:
            more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
            raise BackupError(
                f"{self.path.name} is damaged: {', '.join(wrong[:NAMED])}{more} missing or changed. Nothing was "
                "touched. Take another backup."
            )
        return sums


def open_backup(path: Path) -> Backup:
    """The backup at `path`, or the newest of those in it. Raises BackupError."""
    if path.name.endswith(UNFINISHED):
        raise BackupError(f"{path} was never finished. Take another backup.")
    if (path / MANIFEST).is_file():
        return Backup(path, _read(path / MANIFEST))
    if not path.is_dir():
        raise BackupError(f"There is no folder {path}.")
    found = finished(path)
    if not found:
        raise BackupError(f"{path} is no backup and holds none: there is no {MANIFEST}.")
    return open_backup(found[-1])


def _read(path: Path) -> Manifest:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] > FORMAT:
            raise BackupError(f"{path.parent.name} was made by a newer version of Newsroom. Install that first.")
        return Manifest(**said)
    except (JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise BackupError(f"{path} cannot be read: {error}. Take another backup.") from error


def finished(folder: Path) -> list[Path]:
    """The backups in `folder`, the oldest first."""
    named = (path for path in folder.glob(f"{PREFIX}*Z") if (path / MANIFEST).is_file())
    return sorted(named, key=lambda path: path.name)


def prune(folder: Path, *, keep: int) -> list[Path]:
    """Delete all but the newest `keep`. Returns those that went."""
    old = finished(folder)[:-keep]
    for path in old:
        (path / MANIFEST).unlink()  # from here on it is none, wherever this stops
        shutil.rmtree(path)
    return old


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make `folder` and have it for this process; what others left half done is removed. Raises BackupError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup into {folder} is under way. Wait until it is done.") from None
        for path in folder.glob(f"{PREFIX}*"):
            if path.is_dir() and not (path / MANIFEST).is_file():
                shutil.rmtree(path)
        yield


@contextmanager
def new_backup(folder: Path, now: datetime) -> Iterator[Path]:
    """Inside, an empty folder to fill; afterwards it bears its name. Nothing stays where that fails."""
    name = f"{PREFIX}{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
    if (folder / name).exists():
        raise BackupError(f"{folder / name} is there already.")
    under_way = folder / f"{name}{UNFINISHED}"
    under_way.mkdir(mode=0o700)
    try:
        yield under_way
        under_way.rename(folder / name)
        _settle(folder)
    except BaseException:
        shutil.rmtree(under_way, ignore_errors=True)
        raise


def write_down(under_way: Path, sums: Sums, manifest: Manifest) -> None:
    """Write the list of sums and the manifest, which names the list's own."""
    _write(under_way / SUMS, "".join(f"{_sum_line(name, sums[name])}\n" for name in sorted(sums)))
    known = asdict(manifest) | {"sums": digest(under_way / SUMS)}
    _write(under_way / MANIFEST, json.dumps(known, indent=2, ensure_ascii=False) + "\n")
    _settle(under_way)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _is_wrong(path: Path, expected: str) -> bool:
    try:
        return digest(path) != expected
    except OSError:
        return True


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Have the disk know what `folder` holds."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sum_line(name: str, known: str) -> str:
    """As sha256sum writes it: a name with a line break or a backslash is escaped, and the line says so."""
    escaped = name.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r")
    mark = "\\" if escaped != name else ""
    return f"{mark}{known}  {escaped}"


def _read_name(line: str) -> str:
    if not line.startswith("\\"):
        return line[66:]
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), line[67:])
