"""Switches of a story: one fact changed at one press, whatever else somebody is writing in it."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from articles.models import Article
from members.gate import ReplyRight
from members.models import AuditEntry, Member
from newsroom.caching import purge


def close_replies(article: Article, *, by: Member, now: datetime) -> None:
    """Let nobody reply from now on; what is there stays. Purges the story; a form opened before is outdated."""
    _set_reply_right(article, ReplyRight.CLOSED, "story.close_replies", by, now)


def open_replies(article: Article, *, by: Member, now: datetime) -> None:
    """Let those reply whom the site lets reply. Purges the story; a form opened before is outdated."""
    _set_reply_right(article, "", "story.open_replies", by, now)


def _set_reply_right(article: Article, right: str, verb: str, by: Member, now: datetime) -> None:
    with transaction.atomic():
        stored = Article.objects.select_for_update().values_list("reply_right", flat=True).get(pk=article.pk)
        if stored == right:
            return
        Article.objects.filter(pk=article.pk).update(reply_right=right, edition=F("edition") + 1, saved_at=now)
        purge(f"article-{article.pk}")
        AuditEntry.objects.note(verb, by=by, subject=article, changes={"reply_right": [stored, right]})
