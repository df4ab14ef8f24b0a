"""Which story or page of ours an old place is: by a list, by the key it came with, by its address or a redirect."""

import csv
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.urls import Resolver404, resolve

from articles.models import Article, Page, Redirect
from articles.moved.asked import as_stored

OLD_NUMBERS = ("p", "page_id")
LONGEST = 700


class MapError(Exception):
    """The list of places cannot be used; the message names the line."""


class Places:
    """`named`: from what a place was called there to an address or key of ours."""

    def __init__(self, named: dict[str, str] | None = None) -> None:
        self.named = named or {}

    def find(self, known_as: Iterable[str]) -> Article | Page | None:
        """The first story or page of ours that one of the names leads to."""
        names = list(known_as)
        for name in names:
            if name in self.named:
                return at(self.named[name])
        return next((found for name in names if (found := at(name)) is not None), None)


def at(name: str) -> Article | Page | None:
    """What has this key, or lives at this address or did once."""
    if not name or len(name) > LONGEST or "\x00" in name:
        return None
    if "/" not in name:
        return _by_key(name)
    for path in paths_of(name):
        if (found := _living_at(path)) is not None:
            return found
    stored = [as_stored(path) for path in paths_of(name)]
    moved = Redirect.objects.filter(old_path__in=stored).values_list("new_path", flat=True).first()
    return _living_at(urlsplit(moved).path) if moved else _by_key(name)


def paths_of(address: str) -> list[str]:
    """The paths an address may mean here, decoded, with single slashes: by its number alone, or with a last slash
    and without."""
    parts = urlsplit(address)
    path = unquote(parts.path)
    while "//" in path:
        path = path.replace("//", "/")
    if path in ("", "/"):
        return [f"/?{pair}" for pair in parts.query.split("&") if pair.partition("=")[0] in OLD_NUMBERS]
    path = f"/{path.strip('/')}"
    return [f"{path}/", path]


def _living_at(path: str) -> Article | Page | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    if match.url_name == "story":
        found: Article | Page | None = Article.objects.without_text().filter(**match.kwargs).first()
    elif match.url_name == "place":
        found = Page.objects.filter(path=match.kwargs["path"]).first()
    else:
        found = None
    return found


def _by_key(key: str) -> Article | Page | None:
    story = Article.objects.without_text().filter(legacy_key=key).first()
    return story or Page.objects.filter(legacy_key=key).first()


def read_map(path: Path) -> dict[str, str]:
    """A CSV of two columns: what the place is called in the file, and its address or key here. The first line
    may name the columns.

    Raises MapError where a line is not that, or leads nowhere.
    """
    named: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                cells = [cell.strip() for cell in row]
                if not any(cells):
                    continue
                if len(cells) != 2 or not all(cells):
                    raise MapError(f"{path}, line {number}: two columns are needed, the old place and our address.")
                if at(cells[1]) is not None:
                    named[cells[0]] = cells[1]
                elif number > 1:
                    raise MapError(f"{path}, line {number}: nothing lives at {cells[1]} here.")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MapError(f"{path} cannot be read: {error}") from None
    return named
