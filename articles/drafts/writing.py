"""Writing: what somebody has typed and not saved, and who else has the story open.

A working copy belongs to one person and one form in one browser (its `key`): a second form of the same
story never writes over it, and saving a form drops its own copy alone. No reader ever sees one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.fields.json import KT
from django.utils.translation import gettext as _

from articles.models import Article, Presence, WorkingCopy
from members.models import Member

PRESENT_FOR = timedelta(seconds=60)
UNSAVED_ROWS = 20


class WritingError(Exception):
    """The text cannot be kept on the desk now. The message is fit to show."""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A text somebody has not saved: of the story `article_id`, or of a new one (None)."""

    key: UUID
    article_id: int | None
    headline: str
    kept_at: datetime


def keep_copy(
    member: Member, *, article: Article | None, key: UUID, edition: int, content: Mapping[str, Any], now: datetime
) -> WorkingCopy:
    """Keep what the form with this `key` holds. `content`: name → what the form would post; `edition`: the story's
    when the form was opened. The same form kept again is the same row; no version, no cache key.

    Raises WritingError when another form's text of this person waits for the story, or the key is somebody else's.
    """
    kept = {"edition": edition, "content": _storable(content), "kept_at": now}
    with transaction.atomic():
        mine = WorkingCopy.objects.select_for_update().defer("content")
        had = (mine.filter(article=article, member=member) if article else mine.filter(key=key)).first()
        if had is None:
            return _begun(member, article, key, kept)
        if had.key != key or had.member_id != member.pk:
            raise WritingError(_("Another text of yours for this story is not saved yet: decide about that one first."))
        for name, value in kept.items():
            setattr(had, name, value)
        had.save(update_fields=list(kept))
    return had


def drop_copy(member: Member, *, key: UUID) -> None:
    """Forget this person's copy with this key, if there is one."""
    WorkingCopy.objects.filter(member=member, key=key).delete()


def copy_of(member: Member, *, article: Article | None) -> WorkingCopy | None:
    """What this person has not saved of the story; of new stories (None) the latest. One query."""
    return WorkingCopy.objects.filter(member=member, article=article).order_by("-kept_at").first()


def copy_called(key: UUID, *, member: Member, article_id: int | None) -> WorkingCopy | None:
    """This person's copy with this key, of that story. One query."""
    return WorkingCopy.objects.filter(key=key, member=member, article=article_id).first()


def unsaved_by(member: Member) -> list[Unsaved]:
    """What this person has not saved, latest first, without the texts. One query."""
    copies = WorkingCopy.objects.filter(member=member).annotate(headline=KT("content__headline"))
    rows = copies.order_by("-kept_at").values_list("key", "article_id", "headline", "kept_at")[:UNSAVED_ROWS]
    return [Unsaved(key, article_id, headline or "", kept_at) for key, article_id, headline, kept_at in rows]


def look_in(member: Member, article: Article, *, is_writing: bool, now: datetime) -> list[Presence]:
    """Note that this person has the story open; who else has, by name. Forgets whoever fell silent. Three queries."""
    mine = Presence(member=member, article=article, seen_at=now, is_writing=is_writing)
    Presence.objects.bulk_create(
        [mine],
        update_conflicts=True,
        unique_fields=["article", "member"],
        update_fields=["seen_at", "is_writing"],
    )
    Presence.objects.filter(seen_at__lte=now - PRESENT_FOR).delete()
    others = Presence.objects.filter(article=article).exclude(member=member).select_related("member")
    return list(others.order_by("member__name", "pk"))


def look_away(member: Member, article: Article) -> None:
    """This person closed the story."""
    Presence.objects.filter(member=member, article=article).delete()


def _begun(member: Member, article: Article | None, key: UUID, kept: dict[str, Any]) -> WorkingCopy:
    try:
        with transaction.atomic():
            return WorkingCopy.objects.create(member=member, article=article, key=key, **kept)
    except IntegrityError as taken:
        raise WritingError(_("Another text of yours for this story is being kept just now.")) from taken


def _storable(content: Mapping[str, Any]) -> dict[str, Any]:
    """As PostgreSQL takes it: its JSON holds no NUL."""
    return {
        name: [text.replace("\x00", "") for text in value] if isinstance(value, list) else value.replace("\x00", "")
        for name, value in content.items()
    }
