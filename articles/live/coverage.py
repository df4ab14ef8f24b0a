"""Live coverage: a story told entry by entry while it happens.

Entries stand under the story's gate with the rest of its text (`articles.stream` reads them). Every verb locks
the story's row first, so keys of entries grow in the order in which they are committed: whoever asks for what
came after an entry misses none. A new entry renews the story's page and nothing else.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.html import linebreaks, urlize
from django.utils.translation import gettext as _

from articles.editor import clean_story
from articles.models import Article, LiveEntry
from articles.nodes import Body, picture_keys, plain_text
from members.models import AuditEntry, Member
from newsroom.caching import purge

LONGEST = 50_000  # characters of one entry's markup
Coverage = Article.Coverage


class CoverageError(Exception):
    """The stream cannot take this. The message is fit to show on the desk."""


def start(article: Article, *, by: Member, now: datetime) -> None:
    """Open the story's stream, or open it again. Raises CoverageError while it runs. Renews every page of it."""
    with transaction.atomic():
        if not Article.objects.exclude(coverage=Coverage.RUNNING).filter(pk=article.pk).update(coverage="running"):
            raise CoverageError(_("Live coverage is running already."))
        article.coverage = Coverage.RUNNING
        _renew(article, "coverage.start", by=by, keys=article.cache_keys())


def end(article: Article, *, by: Member, now: datetime) -> None:
    """Close the stream: it stays on the page and says so. Raises CoverageError unless it runs."""
    with transaction.atomic():
        running = Article.objects.filter(pk=article.pk, coverage=Coverage.RUNNING)
        if not running.update(coverage=Coverage.ENDED):
            raise CoverageError(_("Live coverage is not running."))
        article.coverage = Coverage.ENDED
        _renew(article, "coverage.end", by=by, keys=article.cache_keys())


def add_entry(article: Article, *, headline: str, text: str, is_key: bool, by: Member, now: datetime) -> LiveEntry:
    """Put a new entry on top of the stream; a live story counts as updated now. Raises CoverageError.

    `text`: story HTML, or plain paragraphs, whose addresses become links.
    """
    headline, html = _said(headline, text)
    with transaction.atomic():
        _touch(article, now)
        if article.coverage != Coverage.RUNNING:
            raise CoverageError(_("Live coverage is not running. Start it, then add the entry."))
        entry = LiveEntry.objects.create(
            article=article, headline=headline, text=html, is_key=is_key, made_at=now, made_by=by
        )
        _renew(article, "coverage.add", by=by, changes={"entry": [None, entry.pk]})
    return entry


def change_entry(
    entry: LiveEntry, *, headline: str, text: str, is_key: bool, seen: datetime | None, by: Member, now: datetime
) -> None:
    """Put an entry's words right; readers see when. The old words go into the record.

    `seen` is the `changed_at` of the entry its writer looked at. Raises CoverageError when somebody else
    changed or removed it since.
    """
    headline, html = _said(headline, text)
    old = {"headline": entry.headline, "text": entry.text}
    with transaction.atomic():
        _touch(entry.article, now)
        same = LiveEntry.objects.shown().filter(pk=entry.pk, changed_at=seen)
        if not same.update(headline=headline, text=html, is_key=is_key, changed_at=now):
            raise CoverageError(_("Somebody changed this entry after you opened it. Yours is below, not yet stored."))
        entry.headline, entry.text, entry.is_key, entry.changed_at = headline, html, is_key, now
        new = {"headline": headline, "text": html}
        changes = {name: [old[name], new[name]] for name in old if old[name] != new[name]}
        _renew(entry.article, "coverage.change", by=by, changes={"entry": [entry.pk, entry.pk], **changes})


def mark_entry(entry: LiveEntry, *, is_key: bool, by: Member, now: datetime) -> None:
    """Put an entry among the key points, or take it out. Its words, and so their time, stay."""
    with transaction.atomic():
        _touch(entry.article, now)
        LiveEntry.objects.filter(pk=entry.pk).update(is_key=is_key)
        entry.is_key = is_key
        _renew(entry.article, "coverage.mark", by=by, changes={"entry": [entry.pk, entry.pk], "key": [None, is_key]})


def remove_entry(entry: LiveEntry, *, by: Member, now: datetime) -> None:
    """Take an entry off the page; the row and the record keep it. Raises CoverageError when it is gone already."""
    with transaction.atomic():
        _touch(entry.article, now)
        if not LiveEntry.objects.shown().filter(pk=entry.pk).update(removed_at=now):
            raise CoverageError(_("This entry was removed already."))
        changes = {"entry": [entry.pk, None], "headline": [entry.headline, None], "text": [entry.text, None]}
        _renew(entry.article, "coverage.remove", by=by, changes=changes)


def _said(headline: str, text: str) -> tuple[str, str]:
    """Headline and clean HTML of an entry; plain text becomes paragraphs. Raises CoverageError for nothing."""
    headline = " ".join(headline.split())[:160]
    if len(text) > LONGEST:
        raise CoverageError(_("This is too long for one entry. Part it, or take it into the story’s text."))
    html = clean_story(text if "<" in text else linebreaks(urlize(text.strip(), autoescape=True)))
    blocks = Body(html).blocks
    if not headline and not plain_text(blocks) and not picture_keys(blocks):
        raise CoverageError(_("Write something first."))
    return headline, html


def _touch(article: Article, now: datetime) -> None:
    """Lock the story's row; one that readers see counts as updated. The instance learns what is stored."""
    stored = Article.objects.select_for_update(of=("self",)).only("status", "live_from", "coverage").get(pk=article.pk)
    article.coverage = stored.coverage
    if stored.is_live(now):
        Article.objects.filter(pk=article.pk).update(updated_at=now)
        article.updated_at = now


def _renew(article: Article, verb: str, *, by: Member, keys: list[str] | None = None, changes: Any = None) -> None:
    """Write it down and name what went stale: the story alone, unless its lists change too."""
    AuditEntry.objects.note(verb, by=by, subject=article, changes=changes)
    purge(*(keys or [f"article-{article.pk}"]))
