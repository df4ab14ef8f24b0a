"""Tables as they come: encodings, separators, line ends, halves, and what is no table at all."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from members.importers.columns import Origin, moment, table_of
from members.importers.tables import BrokenTableError, WrongFileError

HEAD = "Tier;E-Mail;Patron STATUS;Shoe size;e_mail"
ROWS = 'Müller;ann@example.org;"Active\r\npatron";44;b@example.org\r\n\r\nGold;bo@example.org;Former patron;;'
NO_FILE = Path("/nowhere/at-all.csv")


def read(path: Path, raw: bytes, origin: Origin = Origin.PATREON) -> list[tuple[int, str, str, str]]:
    path.write_bytes(raw)
    return [(line.number, line["tier"], line["email"], line["status"]) for line in table_of(path, origin).lines()]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8-sig", b""), ("utf-16", b""), ("utf-16-le", b""), ("utf-16-be", b""),
        ("cp1252", b""), ("latin-1", b"\x81"), ("utf-8", "ü".encode()[:1]),
    ],
)  # fmt: skip
def test_one_table_reads_the_same_in_any_encoding_separator_and_order(
    encoding: str, mark: bytes, tmp_path: Path
) -> None:
    """`mark`: a byte at the end that no Windows text has, or a letter cut in half."""
    expected = [(2, "Müller", "ann@example.org", "Active\r\npatron"), (5, "Gold", "bo@example.org", "Former patron")]
    for separator in ",;\t|":
        for note in ("", f"sep={separator}\r\n"):
            text = f"{note}{HEAD}\r\n{ROWS}".replace(";", separator)
            shift = bool(note)
            found = read(tmp_path / "a.csv", text.encode(encoding) + mark)
            assert found == [(number + shift, *rest) for number, *rest in expected]
    table = table_of(tmp_path / "a.csv", Origin.PATREON)
    assert table.unknown == ["Shoe size", "e_mail"]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "is empty"), (b" \r\n", "is empty"), (b"PK\x03\x04rest", "packed, or a spreadsheet"),
        (b"\x1f\x8bxx", "is packed"), (b"<?xml version='1.0'?>", "holds markup"), (b'{"db": []}', "is JSON"),
        (b"%PDF-1.7", "is a PDF"), (b"Name,Street\nA,B", "no column “email”"),
        (b"email\na@b.c", "no column “patron status”"),
        (b"email,email_disabled\na@b.c,false", "comes from Substack"),
        (b"id,email,stripe_customer_id\n1,a@b.c,cus_1", "comes from Ghost"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_theirs_is_told_in_a_sentence(raw: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(WrongFileError, match=why):
        read(tmp_path / "a.csv", raw)


@pytest.mark.parametrize(
    ("tail", "place"),
    [
        ('c@example.org,"Active patron\nd@example.org,x', "line 4: a quotation mark opens there"),
        ('c@example.org,"Active" patron\n', "line 4: a quotation mark stands in the middle"),
        ("c@example.org," + "x" * 1_200_000, "line 4: it does not end"),
    ],
)
def test_half_a_table_is_good_up_to_the_line_where_it_breaks(tail: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"email,patron status\na@example.org,Active patron\nb@example.org,Active patron\n{tail}")

    def lines() -> Iterator[str]:
        for line in table_of(path, Origin.PATREON).lines():
            came.append(line["email"])
            yield line["email"]

    came: list[str] = []
    with pytest.raises(BrokenTableError, match=place):
        list(lines())
    assert came == ["a@example.org", "b@example.org"]


def test_a_date_is_read_only_where_it_can_be_but_one() -> None:
    day = datetime(2024, 5, 1, tzinfo=UTC)
    for text in ("2024-05-01", "2024-05-01T00:00:00.000Z", "2024-05-01 02:00:00+02:00", "May 1, 2024", "01.05.2024"):
        assert moment(text) == day
    assert moment("12/31/2024") == moment("31/12/2024") == datetime(2024, 12, 31, tzinfo=UTC)
    for text in ("", "soon", "01/05/2024", "32/13/2024", "31/02/2024", "0001-01-01", "9999-12-31T23:59:59-12:00"):
        assert moment(text) is None


def test_a_table_of_any_length_needs_the_same_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write("email,patron status,notes\n")
        file.writelines(f"reader{number}@example.org,Active patron,{'x' * 4000}\n" for number in range(4000))
    tracemalloc.start()
    assert sum(1 for _line in table_of(path, Origin.PATREON).lines()) == 4000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000  # bytes; the file itself has 16 million
