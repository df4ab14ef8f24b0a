"""The best replies of a story as `Comment` JSON-LD: only where everybody may read them. https://schema.org/Comment

A block of its own beside the story's, about the same `@id`. It stands on pages that are the same for everybody.
"""

from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from articles.structured_data import absolute, script_text, story_id
from comments.access import Subject
from comments.models import Discussion, Reply
from newsroom.shelf import Kept, Shelf

MOST = 5
KEPT_FOR = 300  # seconds

blocks: Shelf[SafeString] = Shelf(max_bytes=4 * 1024 * 1024)


def block(subject: Subject, now: datetime) -> SafeString:
    """The script element for a story with readable replies, else nothing. One query where it is not kept."""
    discussion: Any = subject.discussion
    if subject.kind != "story" or discussion is None or not discussion.count:
        return SafeString()

    def load() -> Kept[SafeString]:
        text = script_text(_facts(subject, discussion))
        return Kept(text, frozenset({discussion.cache_key, subject.cache_key}), len(text))

    text = blocks.get((discussion.pk, discussion.count, int(now.timestamp()) // KEPT_FOR), load)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # of `script_text`, which escapes


def _facts(subject: Subject, discussion: Any) -> dict[str, Any]:
    best = _best(discussion)
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": story_id(subject.path),
        "commentCount": discussion.count,
        "comment": [_comment(reply) for reply in best],
    }


def _best(discussion: Discussion) -> list[Reply]:
    """The first by score, then by age."""
    rows = Reply.objects.of(discussion).visible().published().select_related("author")
    shown = ("comment", "author__name", "display_name", "posted_at", "edited_at", "score", "discussion_id")
    return list(rows.only(*shown).order_by("-score", "path")[:MOST])


def _comment(reply: Any) -> dict[str, Any]:
    facts = {
        "@type": "Comment",
        "author": {"@type": "Person", "name": reply.shown_name},
        "dateCreated": f"{reply.posted_at:%Y-%m-%dT%H:%M:%SZ}",
        "text": reply.comment,
        "upvoteCount": reply.score,
        "url": absolute(reply.get_absolute_url()),
    }
    return facts | ({"dateModified": f"{reply.edited_at:%Y-%m-%dT%H:%M:%SZ}"} if reply.edited_at else {})
