"""A folder with a copy of the old site's files, in whatever nesting it was made: which file an address means."""

import os
import re
import unicodedata
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

from articles.importers.texts import parts_of

SIZED = re.compile(r"-\d{2,5}x\d{2,5}(?=\.\w{2,5}$)")
DATED = re.compile(r"(?:^|/)(\d{4}/\d{2}/[^/]+)$")


class Uploads:
    """The files under `folder`, found by the longest end of a path that they share with an address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_name: dict[str, list[str]] = defaultdict(list)
        for here, _folders, names in os.walk(folder):
            place = os.path.relpath(here, folder)
            for name in names:
                self.by_name[_same(name)].append(name if place == "." else f"{place}/{name}".replace(os.sep, "/"))

    def find(self, url: str) -> Path | None:
        """The file an address means; None where there is none, or only ones of another month.

        Two files of one name are told apart by what stands before it: the month's folder has to agree.
        """
        for address in larger_first(url):
            wanted = _same(unquote(parts_of(address).path)).strip("/")
            named = self.by_name.get(wanted.rpartition("/")[2], [])
            fitting = [path for path in named if _agrees(_same(path), wanted)]
            if fitting:
                return self.folder / max(sorted(fitting), key=lambda path: _shared(_same(path), wanted))
        return None


def larger_first(url: str) -> list[str]:
    """The address itself, and before it the picture it is a size of: WordPress writes `quay-300x200.jpg`."""
    parts = parts_of(url)
    whole = SIZED.sub("", parts.path)
    return [url] if whole == parts.path else [parts._replace(path=whole).geturl(), url]


def _agrees(path: str, wanted: str) -> bool:
    """Whether a file may be the wanted one: all of its path fits, or their months do; one of no month fits any."""
    mine, theirs = DATED.search(path), DATED.search(wanted)
    if wanted.endswith(f"/{path}") or wanted == path:
        return True
    return mine is None if theirs is None or mine is None else mine[1] == theirs[1]


def _shared(path: str, wanted: str) -> int:
    """How many parts the two share, counted from the end."""
    number = 0
    for mine, theirs in zip(reversed(path.split("/")), reversed(wanted.split("/")), strict=False):
        if mine != theirs:
            break
        number += 1
    return number


def _same(text: str) -> str:
    """Names as one disk or another may write them: letters composed, in one case."""
    return unicodedata.normalize("NFC", text).casefold()
