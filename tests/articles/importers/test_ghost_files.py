"""What is no Ghost export, or half of one, is said in a sentence with the place; what is one is read piece by piece."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import example, given
from hypothesis import strategies as st

from articles.importers.ghost.export import GhostExport
from articles.importers.ghost.moving import literal
from articles.importers.ghost.stream import BrokenJsonError, JsonStream
from articles.models import Article
from tests.articles.importers import ghost_exports as ghost

TEXTS = st.text('ab"\\\n{[]},: é😀\u2028', max_size=6)
VALUES = st.recursive(
    st.sampled_from([None, True, -12, 0.5, 1e300, 10**20]) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@example(value=0.5, chunk=1, indent=None, is_ascii=True)  # a number cut in two
@given(value=VALUES, chunk=st.integers(1, 9), indent=st.sampled_from([None, 1]), is_ascii=st.booleans())
def test_a_stream_reads_what_the_decoder_reads_however_it_is_cut(
    value: Any, chunk: int, indent: int | None, is_ascii: bool
) -> None:
    text = json.dumps({"first": value, "skipped": value, "rows": [value, value]}, indent=indent, ensure_ascii=is_ascii)
    stream = JsonStream(io.StringIO(text), chunk)
    found = []
    for key in stream.members():
        if key == "skipped":
            stream.skip()
        elif key == "first":
            found.append(stream.value())
        else:
            found += [stream.value() for _item in stream.items()]
    assert found == [value, value, value]
    broken = JsonStream(io.StringIO(text[:-1]), chunk)
    with pytest.raises(BrokenJsonError, match="the file ends here"):
        for _key in broken.members():
            broken.skip()


def test_no_more_than_a_row_is_held_and_a_slip_in_the_middle_is_not_searched_to_the_end() -> None:
    rows = [{"id": str(number), "html": "x" * 1000} for number in range(3000)]
    text = json.dumps(rows)
    stream, longest = JsonStream(io.StringIO(text), 1 << 14), 0
    for _row in stream.items():
        stream.value()
        longest = max(longest, len(stream.text))
    assert longest < 1 << 16
    slip = JsonStream(io.StringIO(text.replace('"id": "20"', '"id" "20"')), 1 << 14)
    with pytest.raises(BrokenJsonError, match=r"line 1, character 20\d\d\d: expecting ':' delimiter"):
        [slip.value() for _row in slip.items()]
    assert slip.file.tell() < len(text) / 10


def zipped(**files: str) -> bytes:
    """A zip of these files, their names with a dot for each double underscore."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, text in files.items():
            box.writestr(name.replace("__", "."), text)
    return out.getvalue()


WHOLE = json.dumps(ghost.export(ghost.tables()))
BROKEN = {
    "nothing": (b"", "line 1, character 1: the file ends here (before the first row)"),
    "xml": (b"<?xml version='1.0'?><rss/>", "export is no Ghost export: it is markup; import_wordpress reads XML"),
    "list": (b"[1]", "export is no Ghost export: it is no JSON object"),
    "other": (b'{"posts": [], "version": 1}', "it is JSON, but it has no posts under “data”"),
    "prose": (b'{"db": hello}', "line 1, character 8: expecting value (before the first row)"),
    "deep": (b'{"data": {"posts": [{"title": ' + b"[" * 100_000, "it is nested too deep"),
    "half zip": (zipped(data__json=WHOLE)[:-200], "export is no Ghost export: it is a zip that was cut off"),
    "empty zip": (zipped(readme__txt="hi"), "export is no Ghost export: it is a zip without a JSON file in it"),
    "lost comma": (
        b'{"data": {\n"posts": [{"title": "One"}\n {"title": "Two"}]}}',
        "line 3, character 2: “,” is missing",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_export_is_said_with_the_place(kind: str, tmp_path: Path) -> None:
    content, said = BROKEN[kind]
    path = tmp_path / "export"
    path.write_bytes(content)
    with pytest.raises(CommandError) as error:
        call_command("import_ghost", str(path), stdout=io.StringIO())
    assert said in str(error.value)
    assert Article.objects.count() == (kind in ("lost comma",))


def test_other_encodings_and_letters_no_database_takes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    odd = json.dumps({"data": {"posts": [{"title": "A\x00b\ud800c 😀 é", "tags": [{"x": "\x00"}]}], "skipped": [1]}})
    for encoding in ("utf-8-sig", "utf-16", "utf-8"):
        path.write_bytes(odd.encode(encoding))
        assert list(GhostExport(path).rows(("posts",))) == [("posts", {"title": "Abc 😀 é", "tags": [{"x": ""}]})]
    path.write_bytes('{"data": {"posts": [{"title": "caf\u00e9"}]}}'.encode("latin-1"))
    assert list(GhostExport(path).rows(("posts",))) == [("posts", {"title": "caf�"})]


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/old/", "/old/"), ("^/old/?$", "/old/"), (r"^\/a\/b\.html$", "/a/b.html"), ("/caf%C3%A9", "/café/"),
        ("/old(/)?", "/old/"), ("/?p=12", None), ("/a?", None), ("^/a/(.*)$", None), ("/a|/b", None), ("old", None),
        ("/", None), ("/[a-z]+/", None), (r"/\d", None),
    ],
)  # fmt: skip
def test_a_pattern_is_an_address_only_where_it_means_one(pattern: str, path: str | None) -> None:
    assert literal(pattern) == path
