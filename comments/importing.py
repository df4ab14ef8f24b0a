"""Brings replies of another system in: threads, names and dates kept, no account, no address, nobody told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from articles.models import Article, Page
from comments.models import Discussion, Reply
from comments.texts import clean


@dataclass(frozen=True)
class ImportedReply:
    """One reply as another system had it. `key` names it for ever, `parent` is another's key or ""."""

    key: str
    parent: str
    name: str
    at: datetime
    text: str
    status: str


def import_replies(subject: Article | Page, rows: Iterable[ImportedReply], *, now: datetime) -> int:
    """Write the replies that are not here yet, parents first; how many were new.

    One whose parent is missing stands under the story itself. They count as announced: nobody is mailed.
    """
    rows = list(rows)
    known = Reply.objects.filter(legacy_key__in=[row.key for row in rows]).in_bulk(field_name="legacy_key")
    waiting = [row for row in rows if row.key not in known]
    if not waiting:
        return 0
    with transaction.atomic():
        Discussion.objects.get_or_create(**{kind_of(subject): subject})
        discussion = Discussion.objects.select_for_update().get(**{kind_of(subject): subject})
        for row in parents_first(waiting):
            known[row.key] = Reply.objects.write(
                discussion,
                known.get(row.parent),
                text=clean(row.text),
                posted_at=row.at,
                status=row.status,
                display_name=row.name[:80] or "Anonymous",
                legacy_key=row.key,
                announced_at=now,
            )
    return len(waiting)


def kind_of(subject: Article | Page) -> str:
    """The discussion's field for what it stands under."""
    return "story" if isinstance(subject, Article) else "page"


def parents_first(rows: list[ImportedReply]) -> list[ImportedReply]:
    """In the order of writing; a loop in a broken export is cut at its first member."""
    by_key = {row.key: row for row in rows}
    ordered: dict[str, ImportedReply] = {}

    def take(row: ImportedReply, seen: frozenset[str]) -> None:
        parent = by_key.get(row.parent)
        if parent is not None and parent.key not in ordered and parent.key not in seen:
            take(parent, seen | {row.key})
        ordered.setdefault(row.key, row)

    for row in sorted(rows, key=lambda row: row.at):
        take(row, frozenset({row.key}))
    return list(ordered.values())
