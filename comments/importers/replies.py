"""Brings replies of another system in: threads, names and dates kept, no account, no address, nobody told."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from articles.importers.texts import plain
from articles.models import Article, Page
from comments.access import thing_key
from comments.models import Discussion, Reply
from comments.writing.texts import from_html, tidy
from newsroom.caching import purge

LONGEST_NAME = 80
LONGEST_TEXT = 20_000
READ_OF_A_TEXT = 3 * LONGEST_TEXT  # with its markup
_ADDRESS = re.compile(r"\S+@\S+")


@dataclass(frozen=True, slots=True)
class ImportedReply:
    """One reply as another system had it. `key` names it for ever, `parent` is another's key or "".

    `text` may hold markup; it becomes plain text. `status` is a `Reply.Status`; an erased one has neither
    name nor text.
    """

    key: str
    parent: str
    name: str
    at: datetime
    text: str
    status: str
    is_markup: bool = True


def import_replies(
    subject: Article | Page, rows: Iterable[ImportedReply], *, is_open: bool, now: datetime
) -> list[ImportedReply]:
    """Write the replies that are not here yet, parents first; those that were new.

    One whose parent is missing stands under the story itself. `is_open`: whether a new discussion takes more.
    They count as announced: nobody is mailed. Effects: rows, stale keys.
    """
    rows = list(rows)
    here = Reply.objects.filter(legacy_key__in=[row.key for row in rows]).values_list("legacy_key", flat=True)
    if not {row.key for row in rows} - set(here):
        return []
    kind = "story" if isinstance(subject, Article) else "page"
    with transaction.atomic():
        Discussion.objects.get_or_create(**{kind: subject}, defaults={"is_open": is_open})
        discussion = Discussion.objects.select_for_update(of=("self",)).get(**{kind: subject})
        known = _known(rows)
        new = [row for row in parents_first(rows) if row.key not in known]
        for row in new:
            parent = known.get(row.parent)
            known[row.key] = Reply.objects.write(
                discussion,
                parent if parent is not None and parent.discussion_id == discussion.pk else None,
                **_words(row),
                posted_at=row.at,
                status=row.status,
                legacy_key=row.key,
                announced_at=now,
            )
        purge(discussion.cache_key, thing_key(subject))
    return new


def _known(rows: list[ImportedReply]) -> dict[str, Reply]:
    """Those of the rows, and of their parents, that are here; read under the discussion's lock."""
    keys = {key for row in rows for key in (row.key, row.parent) if key}
    found = Reply.objects.filter(legacy_key__in=keys).only("legacy_key", "path", "discussion_id")
    return {str(reply.legacy_key): reply for reply in found}


def _words(row: ImportedReply) -> dict[str, Any]:
    """Who said what. An erased one is said by nobody."""
    if row.status == Reply.Status.ERASED:
        return {"text": "", "display_name": ""}
    text = plain_text(row.text) if row.is_markup else row.text
    return {"text": text, "display_name": plain_name(row.name) or _("Anonymous")}


def plain_text(text: str, *, is_markup: bool = True) -> str:
    """What was written as our plain text, at most `LONGEST_TEXT` characters; a cut one ends in an ellipsis."""
    sound = text[:READ_OF_A_TEXT].encode("utf-8", "ignore").decode()  # halves of letters that no column takes
    found = from_html(sound) if is_markup else tidy(sound)
    is_cut = len(found) > LONGEST_TEXT or len(text) > READ_OF_A_TEXT
    return found[: LONGEST_TEXT - 1] + "…" if is_cut and found else found


def plain_name(name: str) -> str:
    """A name without markup; "" for none and for an address, which is nobody's to see."""
    found = tidy(plain(name[: 5 * LONGEST_NAME].encode("utf-8", "ignore").decode()))
    return "" if _ADDRESS.search(found) else found[:LONGEST_NAME].strip()


def parents_first(rows: Iterable[ImportedReply]) -> list[ImportedReply]:
    """In the order of writing, each after the one it answers; a loop in a broken export is cut."""
    by_key = {row.key: row for row in sorted(rows, key=lambda row: row.at)}
    ordered: dict[str, ImportedReply] = {}
    for row in by_key.values():
        branch: dict[str, ImportedReply] = {}
        above: ImportedReply | None = row
        while above is not None and above.key not in ordered and above.key not in branch:
            branch[above.key] = above
            above = by_key.get(above.parent)
        ordered |= {key: branch[key] for key in reversed(branch)}
    return list(ordered.values())
