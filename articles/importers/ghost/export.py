"""Reads a Ghost export as a stream of table rows: a JSON file, or a zip that holds one among its files.

Every shape since Ghost 1: `{"db": [{"meta", "data"}]}`, or `{"meta", "data"}` bare. Where the file breaks, what
came before has been given and `BrokenExportError` names the place. Memory is bounded by the longest row.
"""

import io
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TextIO, cast

from articles.importers.ghost.stream import BrokenJsonError, JsonStream

Row = dict[str, Any]
UNKEEPABLE = re.compile("[\x00\ud800-\udfff\ue000\ue001]")  # PostgreSQL takes none of the first; the last are ours
KNOWN = ("posts", "tags", "users", "settings")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
BESIDE = ("redirects.json", "redirects.yaml", "redirects.yml", "routes.yaml")
MOST_BESIDE = 5_000_000  # bytes of such a file
UNZIPPED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class BrokenExportError(Exception):
    """The file stops being a Ghost export. The message names the place and the last thing read before it."""


class WrongFileError(Exception):
    """The file is no Ghost export at all. The message says what it is."""


class GhostExport:
    """One export. `version` is Ghost's own, known once the rows were read; "" where the file names none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_zip = zipfile.is_zipfile(path)
        self.version = self.after = ""

    def rows(self, tables: Container[str]) -> Iterator[tuple[str, Row]]:
        """(table, row) of `tables`, in the file's order; others are passed over.

        Raises BrokenExportError where the file breaks, WrongFileError where it is no export, OSError where it cannot
        be read.
        """
        self.after = ""
        known = False
        try:
            with self._text() as file:
                for table, row in self._walk(JsonStream(file), tables):
                    known = known or table in KNOWN
                    if row is not None:
                        self.after = str(row.get("title") or row.get("name") or row.get("key") or self.after)
                        yield table, row
        except BrokenJsonError as broken:
            place = f"after “{self.after}”" if self.after else "before the first row"
            raise BrokenExportError(f"{broken} ({place})") from None
        except RecursionError:
            raise BrokenExportError(f"a row that is nested too deep (after “{self.after}”)") from None
        except UNZIPPED as error:
            raise BrokenExportError(f"the zip, after “{self.after}”: {error}") from None
        if not known:
            raise WrongFileError("it is JSON, but it has no posts under “data”")

    def beside(self, name: str) -> str:
        """The text of one of Ghost's other files (`redirects.json`), in the zip or next to the file; "" for none."""
        if self.is_zip:
            with zipfile.ZipFile(self.path) as box:
                found = [info for info in box.infolist() if PurePosixPath(info.filename).name == name]
                small = [info for info in found if info.file_size <= MOST_BESIDE]
                return box.read(small[0]).decode("utf-8-sig", "replace") if small else ""
        path = self.path.with_name(name)
        is_there = path.is_file() and path.stat().st_size <= MOST_BESIDE
        return path.read_text(encoding="utf-8-sig", errors="replace") if is_there else ""

    def unpack(self, folder: Path) -> int:
        """Write the zip's pictures and files (`content/…`) below `folder`; how many. What cannot be read is left."""
        written = 0
        with zipfile.ZipFile(self.path) as box:
            for info in box.infolist():
                parts = PurePosixPath(info.filename.replace("\\", "/")).parts
                if info.is_dir() or "content" not in parts or ".." in parts or PurePosixPath(*parts).is_absolute():
                    continue
                target = folder.joinpath(*parts[parts.index("content") :])
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with box.open(info) as source, target.open("wb") as copy:
                        shutil.copyfileobj(source, copy)
                    written += 1
                except UNZIPPED:
                    target.unlink(missing_ok=True)
                except (FileExistsError, NotADirectoryError, IsADirectoryError):
                    continue  # a name that is a folder as well
        return written

    # The text

    @contextmanager
    def _text(self) -> Iterator[TextIO]:
        with self._bytes() as file:
            head = file.read(2)
            if head == b"PK":
                raise WrongFileError("it is a zip that was cut off")
            file.seek(0)
            encoding = "utf-16" if head in UTF_16 else "utf-8-sig"
            with io.TextIOWrapper(file, encoding=encoding, errors="replace") as text:
                yield text

    @contextmanager
    def _bytes(self) -> Iterator[BinaryIO]:
        if not self.is_zip:
            with self.path.open("rb") as file:
                yield file
            return
        with zipfile.ZipFile(self.path) as box:
            names = [info for info in box.infolist() if _may_be_export(info.filename)]
            if not names:
                raise WrongFileError("it is a zip without a JSON file in it")
            with box.open(max(names, key=lambda info: info.file_size)) as member:
                yield cast("BinaryIO", member)

    # What it says

    def _walk(self, stream: JsonStream, tables: Container[str]) -> Iterator[tuple[str, Row | None]]:
        if stream.peek() != "{":
            why = "it is markup; import_wordpress reads XML" if stream.peek() == "<" else "it is no JSON object"
            raise WrongFileError(why)
        for key in stream.members():
            if key == "db" and stream.peek() == "[":
                for _item in stream.items():
                    yield from self._database(stream, tables)
            else:
                yield from self._part(key, stream, tables)

    def _database(self, stream: JsonStream, tables: Container[str]) -> Iterator[tuple[str, Row | None]]:
        if stream.peek() != "{":
            stream.skip()
            return
        for key in stream.members():
            yield from self._part(key, stream, tables)

    def _part(self, key: str, stream: JsonStream, tables: Container[str]) -> Iterator[tuple[str, Row | None]]:
        if key == "meta":
            found = stream.value()
            self.version = str(found.get("version") or "") if isinstance(found, dict) else ""
        elif key == "data" and stream.peek() == "{":
            for table in stream.members():
                yield table, None
                if table not in tables or stream.peek() != "[":
                    stream.skip()
                    continue
                for _item in stream.items():
                    row = stream.value()
                    if isinstance(row, dict):
                        yield table, cast("Row", keepable(row))
        else:
            stream.skip()


def keepable(value: Any) -> Any:
    """`value` with strings that a database can hold, however deep."""
    if isinstance(value, str):
        return UNKEEPABLE.sub("", value) if UNKEEPABLE.search(value) else value
    if isinstance(value, dict):
        return {key: keepable(inner) for key, inner in value.items()}
    return [keepable(inner) for inner in value] if isinstance(value, list) else value


def document(text: Any) -> Any:
    """A JSON text kept inside a row (settings, Lexical, Mobiledoc) as values; None where there is none to read."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return keepable(json.loads(text, strict=False))
    except (ValueError, RecursionError):
        return None


def _may_be_export(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() == ".json" and path.name not in BESIDE and "__MACOSX" not in path.parts
