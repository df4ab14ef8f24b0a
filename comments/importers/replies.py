"""Brings replies of another system in: threads, names and dates kept, no account, no address, nobody told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from articles.models import Article, Page
from comments.access import thing_key
from comments.models import Discussion, Reply
from comments.writing.texts import from_html
from newsroom.caching import purge

LONGEST_NAME = 80


@dataclass(frozen=True)
class ImportedReply:
    """One reply as another system had it. `key` names it for ever, `parent` is another's key or "".

    `text` may hold markup; it becomes plain text. `status` is a `Reply.Status`.
    """

    key: str
    parent: str
    name: str
    at: datetime
    text: str
    status: str


def import_replies(
    subject: Article | Page, rows: Iterable[ImportedReply], *, is_open: bool, now: datetime
) -> list[ImportedReply]:
    """Write the replies that are not here yet, parents first; those that were new.

    One whose parent is missing stands under the story itself. `is_open`: whether a new discussion takes more.
    They count as announced: nobody is mailed. Effects: rows, stale keys.
    """
    rows = list(rows)
    known = Reply.objects.filter(legacy_key__in=[row.key for row in rows]).in_bulk(field_name="legacy_key")
    waiting = {row.key: row for row in rows if row.key not in known}
    if not waiting:
        return []
    kind = "story" if isinstance(subject, Article) else "page"
    with transaction.atomic():
        Discussion.objects.get_or_create(**{kind: subject}, defaults={"is_open": is_open})
        discussion = Discussion.objects.select_for_update(of=("self",)).get(**{kind: subject})
        for row in parents_first(waiting.values()):
            known[row.key] = Reply.objects.write(
                discussion,
                known.get(row.parent),
                text=from_html(row.text),
                posted_at=row.at,
                status=row.status,
                display_name=row.name.strip()[:LONGEST_NAME] or _("Anonymous"),
                legacy_key=row.key,
                announced_at=now,
            )
        purge(discussion.cache_key, thing_key(subject))
    return list(waiting.values())


def parents_first(rows: Iterable[ImportedReply]) -> list[ImportedReply]:
    """In the order of writing, each after the one it answers; a loop in a broken export is cut at its oldest."""
    by_key = {row.key: row for row in sorted(rows, key=lambda row: row.at)}
    ordered: dict[str, ImportedReply] = {}
    for row in by_key.values():
        branch = {row.key: row}
        while (parent := by_key.get(row.parent)) is not None and parent.key not in ordered | branch:
            branch[parent.key] = row = parent
        ordered |= {key: branch[key] for key in reversed(branch)}
    return list(ordered.values())
