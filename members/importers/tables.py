"""A table of people as it comes: whatever its encoding, separator, order of columns and line ends.

Read as a stream: a line is forgotten before the next one comes, so a file of any size needs the same memory.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SEPARATORS = (",", ";", "\t", "|")
LONGEST_LINE = 1_000_000  # characters: what is longer is no line of a table
CHUNK = 1024 * 1024
HEAD = 4096
UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes that cp1252 has no letter for
NO_TABLES: dict[bytes, str] = {
    b"PK": "It is packed, or a spreadsheet. Unpack it, or save the spreadsheet as CSV.",
    b"\x1f\x8b": "It is packed. Unpack it first.",
    b"%PDF": "It is a PDF.",
    b"<": "It holds markup.",
    b"{": "It is JSON.",
    b"[": "It is JSON.",
}


class WrongFileError(Exception):
    """It is no table of people that we can read; the message is fit to show."""


class BrokenTableError(Exception):
    """The table breaks off, or stops being one; the message names the line. What came before it is good."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line of the file it begins on, and what it says by our name of the column, "" for nothing.

    `is_torn`: it has more cells than there are columns, or the file ends in the middle of it.
    """

    number: int
    cells: Mapping[str, str]
    is_torn: bool = False

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


class Table:
    """A file whose first line names its columns. Raises WrongFileError, OSError.

    `columns`: by our name of a column the names others give it, as `spoken` spells them. `unknown`: the names of the
    columns that are in none of them.
    """

    def __init__(self, path: Path, columns: Mapping[str, tuple[str, ...]]) -> None:
        self.path = path
        self._last = ""  # the line read last
        self.encoding = encoding_of(path)
        with self._open() as file:
            self.heads, head = _head(file)
        ours = {alias: name for name, aliases in columns.items() for alias in aliases}
        self.separator = max(SEPARATORS, key=lambda sign: _known(head, sign, ours))
        written = next(csv.reader([head], delimiter=self.separator), [])
        self.spoken = tuple(spoken(name) for name in written)
        self.names = _named(self.spoken, ours)
        found = zip(written, self.names, strict=True)
        self.unknown = [" ".join(name.split())[:60] for name, ours_ in found if not ours_ and name.strip()]

    def lines(self) -> Iterator[Line]:
        """Every row that says something. Raises BrokenTableError at the line where it breaks."""
        with self._open() as file:
            rows = csv.reader(self._physical(file), delimiter=self.separator, strict=True)
            before, heads = 0, self.heads
            while True:
                try:
                    cells = next(rows)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise BrokenTableError(_complaint(before + 1, str(error))) from None
                number, before, heads = before + 1, rows.line_num, heads - 1
                if heads < 0 and any(cell.strip() for cell in cells):
                    yield self._line(number, cells)

    def _line(self, number: int, cells: list[str]) -> Line:
        said = {}
        for name, cell in zip(self.names, cells, strict=False):
            if name:
                said[name] = cell.replace("\x00", "").strip()
        is_cut = len(cells) < len(self.names) and not self._last.endswith(("\n", "\r"))
        return Line(number, said, is_torn=is_cut or any(cell.strip() for cell in cells[len(self.names) :]))

    def _physical(self, file: IO[str]) -> Iterator[str]:
        """The lines of the file. Raises BrokenTableError for one without end."""
        number = 0
        while text := file.readline(LONGEST_LINE):
            number += 1
            if len(text) >= LONGEST_LINE:
                raise BrokenTableError(f"line {number}: it does not end")
            self._last = text
            yield text

    def _open(self) -> IO[str]:
        return self.path.open(encoding=self.encoding, errors="replace", newline="")


def encoding_of(path: Path) -> str:
    """What the file is written in: by its mark, else UTF-8 where it is that throughout, else what Windows writes.

    No statistics: a guess from letters' frequencies turns an ü into another letter in some file some day.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        if not head.strip():
            raise WrongFileError(f"{path} is empty.")
        for start, why in NO_TABLES.items():
            if head.removeprefix(codecs.BOM_UTF8).startswith(start):
                raise WrongFileError(f"{path} is no table. {why}")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if head.count(0) * 3 > len(head):
            return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        file.seek(0)
        return _of_bytes(file)


def _of_bytes(file: IO[bytes]) -> str:
    """UTF-8 (a letter cut off at the very end is no reason against it), else cp1252, else Latin-1."""
    decoder, is_utf8, is_windows = codecs.getincrementaldecoder("utf-8")(), True, True
    while chunk := file.read(CHUNK):
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        is_windows = is_windows and not UNDEFINED.search(chunk)
    return "utf-8-sig" if is_utf8 else "cp1252" if is_windows else "latin-1"


def spoken(name: str) -> str:
    """A column's name without case, signs and spaces that differ from one export to the next."""
    return re.sub(r"[\W_]+", " ", name.replace("$", " amount ").casefold()).strip()


def _head(file: IO[str]) -> tuple[int, str]:
    """How many lines are no rows, and the one that names the columns: the first, or after Excel's note of the sign."""
    head = file.readline(LONGEST_LINE)
    if head.casefold().startswith("sep="):
        return 2, file.readline(LONGEST_LINE).rstrip("\r\n")
    return 1, head.rstrip("\r\n")


def _known(head: str, sign: str, ours: Mapping[str, str]) -> int:
    """How many columns we know if they are parted by `sign`."""
    return sum(spoken(name) in ours for name in next(csv.reader([head], delimiter=sign), []))


def _named(found: tuple[str, ...], ours: Mapping[str, str]) -> list[str]:
    """Our name of each column, "" for one we do not know and for one that comes again."""
    names = [ours.get(name, "") for name in found]
    first = {name: names.index(name) for name in names}
    return [name if first[name] == place else "" for place, name in enumerate(names)]


def _complaint(number: int, error: str) -> str:
    """What csv says, in words."""
    if "end of data" in error or "field larger" in error:
        return f"line {number}: a quotation mark opens there and none closes it"
    return f"line {number}: a quotation mark stands in the middle of a text ({error})"


def joined(names: list[str], most: int = 12) -> str:
    """Names in a row; of many the first."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def counted(found: Counter[str], most: int = 12) -> str:
    """`Gold (3), Silver (1)`."""
    return joined([f"“{name}” ({number})" for name, number in found.most_common()], most)
