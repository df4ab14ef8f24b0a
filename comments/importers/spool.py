"""Keeps what was read of an old file in a database on disk, until all of it is known.

Files name parents after their answers, and places after what stands under them. The database is private and
goes with the process.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime

from comments.importers.found import OldParent, OldPlace, OldReply
from comments.importers.replies import ImportedReply

_TABLES = """
    CREATE TABLE place (name TEXT PRIMARY KEY, known_as TEXT, is_open INTEGER);
    CREATE TABLE reply (
        key TEXT PRIMARY KEY, place TEXT, parent TEXT, name TEXT, at TEXT, text TEXT, status TEXT, is_left INTEGER
    );
    CREATE INDEX reply_place ON reply (place);
    CREATE TABLE parent (key TEXT PRIMARY KEY, parent TEXT);
"""
_NAMES_END = "\n"


class Spool:
    """Places and replies of one file."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("")  # in a file without a name
        self.database.executescript(_TABLES)

    def close(self) -> None:
        """Give the disk back."""
        self.database.close()

    def add_place(self, place: OldPlace) -> None:
        """Keep what the place is known as."""
        names = _NAMES_END.join(place.known_as)
        self.database.execute("INSERT OR IGNORE INTO place VALUES (?, ?, ?)", (place.name, names, place.is_open))

    def add_reply(self, reply: OldReply, *, name: str, text: str) -> bool:
        """Keep a reply with its plain name and text. False if one of this key is there already."""
        at = reply.at.isoformat() if reply.at else ""
        row = (reply.key, reply.place, reply.parent, name, at, text, str(reply.status), bool(reply.left))
        return self.database.execute("INSERT OR IGNORE INTO reply VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row).rowcount == 1

    def add_parent(self, parent: OldParent) -> None:
        """Keep what a reply answers."""
        self.database.execute("INSERT OR REPLACE INTO parent VALUES (?, ?)", (parent.key, parent.parent))

    def places(self) -> Iterator[tuple[OldPlace, int]]:
        """Each place under which replies stand that come, and how many; those the file never described as well."""
        rows = self.database.execute(
            "SELECT reply.place, coalesce(place.known_as, ''), coalesce(place.is_open, 1), count(*)"
            " FROM reply LEFT JOIN place ON place.name = reply.place WHERE NOT reply.is_left"
            " GROUP BY reply.place ORDER BY min(reply.rowid)"
        )
        for name, names, is_open, number in rows:
            yield OldPlace(name, tuple(filter(None, names.split(_NAMES_END))), bool(is_open)), number

    def skeleton(self, places: Iterable[str]) -> tuple[list[ImportedReply], dict[str, str]]:
        """The replies under the places that come, without words; and what each answers of those that do not."""
        coming: list[ImportedReply] = []
        left: dict[str, str] = {}
        for place in places:
            rows = self.database.execute(
                "SELECT reply.key, coalesce(parent.parent, reply.parent), at, status, is_left"
                " FROM reply LEFT JOIN parent ON parent.key = reply.key WHERE place = ?",
                (place,),
            )
            for key, parent, at, status, is_left in rows:
                if is_left:
                    left[key] = parent
                else:
                    coming.append(ImportedReply(key, parent, "", datetime.fromisoformat(at), "", status))
        return coming, left

    def words(self, keys: list[str]) -> dict[str, tuple[str, str]]:
        """Name and text by key."""
        marks = ", ".join("?" * len(keys))
        rows = self.database.execute(f"SELECT key, name, text FROM reply WHERE key IN ({marks})", keys)  # noqa: S608  # question marks alone
        return {key: (name, text) for key, name, text in rows}
