"""Notes: the one thread of talk about a story before it is out, by the newsroom and by whom it let look.

A note that blocks keeps the story from going out until somebody resolves it; the checklist reads it.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from articles import publishing
from articles.models import Article, PreviewLink, StoryNote
from articles.models.note import LONGEST_NOTE
from members.models import AuditEntry, Member

LONGEST_NAME = 80


class NoteError(Exception):
    """The note cannot be kept; the message is fit to show beside its text."""


def add(article: Article, *, by: Member, text: str, blocks: bool, now: datetime) -> StoryNote:
    """Add a note of the newsroom to the story's thread. Raises NoteError without words or with too many.

    Effects: a row; where it blocks, an audit entry, and a scheduled story is taken back: it is ready again.
    """
    with transaction.atomic():
        note = StoryNote.objects.create(article=article, by=by, text=_checked(text), blocks=blocks, made_at=now)
        if blocks:
            AuditEntry.objects.note("story.block", by=by, subject=article, reason=note.text[:300])
            if article.status == Article.Status.PUBLISHED and not article.is_live(now):
                publishing.hold(Article.objects.get(pk=article.pk), by=by, now=now, reason=note.text[:300])
    return note


def say_from_outside(link: PreviewLink, *, name: str, text: str, now: datetime) -> StoryNote:
    """Add what somebody with a preview link has to say. It never blocks. Raises NoteError as `add`, or unnamed."""
    said_by = " ".join(_readable(name).split())[:LONGEST_NAME]
    if not said_by:
        raise NoteError(_("Say who you are: the newsroom wants to know whose words these are."))
    return StoryNote.objects.create(
        article_id=link.article_id, preview_link=link, said_by=said_by, text=_checked(text), made_at=now
    )


def resolve(note: StoryNote, *, by: Member, now: datetime) -> None:
    """Mark the note as settled; asking again changes nothing. An audit entry where it blocked."""
    with transaction.atomic():
        rows = StoryNote.objects.filter(pk=note.pk, resolved_at=None)
        if rows.update(resolved_at=now, resolved_by=by) and note.blocks:
            AuditEntry.objects.note("story.unblock", by=by, subject=note.article, reason=note.text[:300])


def reopen(note: StoryNote, *, by: Member) -> None:
    """Take the settling back; asking again changes nothing. An audit entry where it blocks anew."""
    with transaction.atomic():
        rows = StoryNote.objects.filter(pk=note.pk, resolved_at__isnull=False)
        if rows.update(resolved_at=None, resolved_by=None) and note.blocks:
            AuditEntry.objects.note("story.block", by=by, subject=note.article, reason=note.text[:300])


def _checked(text: str) -> str:
    text = _readable(text).replace("\r\n", "\n").strip()
    if not text:
        raise NoteError(_("Write a few words first."))
    if len(text) > LONGEST_NOTE:
        raise NoteError(
            _("This is %(over)d characters too long: %(most)d fit into one note.")
            % {"over": len(text) - LONGEST_NOTE, "most": LONGEST_NOTE}
        )
    return text


def _readable(text: str) -> str:
    """Without the one character PostgreSQL has no place for."""
    return text.replace("\x00", "")
