"""Switches of a story: one fact changed at one press, whatever else somebody is writing in it."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from articles.models import Article
from members.gate import ReplyRight
from members.models import AuditEntry, Member, SiteRules
from newsroom.caching import purge


def close_replies(article: Article, *, by: Member, now: datetime) -> None:
    """Let nobody reply from now on; what is there stays. Purges the story; a form opened before is outdated."""
    _set_reply_right(article, ReplyRight.CLOSED, "story.close_replies", by, now)


def open_replies(article: Article, *, by: Member, now: datetime) -> None:
    """Let those reply whom its section or the site lets reply; where that is nobody, whom the site lets reply
    elsewhere, else every member. Purges the story; a form opened before is outdated."""
    rules = SiteRules.current()
    usual = article.usual_reply_right(rules)
    others = ReplyRight.MEMBERS if rules.reply_right == ReplyRight.CLOSED else rules.reply_right
    right = others if usual == ReplyRight.CLOSED else ""
    _set_reply_right(article, right, "story.open_replies", by, now)


def _set_reply_right(article: Article, right: str, verb: str, by: Member, now: datetime) -> None:
    with transaction.atomic():
        stored = Article.objects.select_for_update().values_list("reply_right", flat=True).get(pk=article.pk)
        if stored == right:
            return
        Article.objects.filter(pk=article.pk).update(reply_right=right, edition=F("edition") + 1, saved_at=now)
        purge(f"article-{article.pk}")
        AuditEntry.objects.note(verb, by=by, subject=article, changes={"reply_right": [stored, right]})
