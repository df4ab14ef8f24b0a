"""What an export says of itself: format, version, and of each file how many rows, bytes, and its SHA-256."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

from newsroom.leaving.refusal import LeavingError

FORMAT, VERSION = "newsroom", 1
NAME, MEDIA = "manifest.json", "media"
PIECE = 1 << 20  # bytes read at once


@dataclass(frozen=True)
class Sealed:
    """A file of an export: its rows, its bytes, its SHA-256 in hexadecimal digits."""

    rows: int
    bytes: int
    sha256: str


@dataclass
class Manifest:
    """`files`: path below the folder → what it holds. `left_out`: what stays behind → why. `notes`: what to know."""

    site: str
    name: str
    language: str
    time_zone: str
    made_at: str
    files: dict[str, Sealed] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    format: str = FORMAT
    version: int = VERSION

    def write(self, folder: Path) -> None:
        """Put it into the folder."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Of the export in `folder`. Raises LeavingError where there is none, or none we understand."""
        if folder.is_file():
            raise LeavingError(f"{folder} is a file. Name the folder that export_site wrote; unpack it first.")
        try:
            found = json.loads((folder / NAME).read_text(encoding="utf-8"))
            is_ours = found["format"] == FORMAT
        except FileNotFoundError:
            sentence = f"{folder} holds no whole export: there is no {NAME}, which is written last."
            raise LeavingError(f"{sentence} Make the export anew.") from None
        except (ValueError, TypeError, KeyError):
            is_ours = False
        if not is_ours:
            raise LeavingError(f"{folder / NAME} is not what export_site writes: this is no export of Newsroom.")
        if found.get("version") != VERSION:
            said = f"The export is of version {found.get('version')!r}; this Newsroom reads version {VERSION}."
            raise LeavingError(f"{said} Bring it in with the Newsroom that made it, upgrade that, and export again.")
        return cls._of(found)

    @classmethod
    def _of(cls, found: dict[str, Any]) -> Self:
        try:
            return cls(**{**found, "files": {path: Sealed(**sealed) for path, sealed in found["files"].items()}})
        except (KeyError, TypeError, AttributeError):
            raise LeavingError(f"{NAME} is damaged: it does not say what the export holds.") from None


class Sealing:
    """A file being written whose rows, bytes and SHA-256 are known in the end."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.digest, self.rows, self.bytes = file, hashlib.sha256(), 0, 0

    def row(self, row: dict[str, Any]) -> None:
        """Write one row on a line."""
        self.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self.rows += 1

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self.file.write(data)
        self.digest.update(data)
        self.bytes += len(data)

    @property
    def sealed(self) -> Sealed:
        """What was written so far."""
        return Sealed(self.rows, self.bytes, self.digest.hexdigest())


class Readable(Protocol):
    """A file, or Django's."""

    def read(self, size: int, /) -> bytes:
        """The next bytes."""


def digest_of(file: Readable) -> str:
    """The SHA-256 of what is left of a file, read piece by piece."""
    found = hashlib.sha256()
    while piece := file.read(PIECE):
        found.update(piece)
    return found.hexdigest()


def lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row of a file with the number of its line. Raises LeavingError at a line that is no row."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise LeavingError(f"{path.name}, line {number}: this is no row.")
            yield number, row
