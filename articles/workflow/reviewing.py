"""Reviewing: the two steps a newsroom may switch on before a story goes out.

An approval is for the words as they stand: whoever changes them afterwards takes it back (`keeping.take_back`).
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from articles.models import Article
from articles.workflow.keeping import PublishError, agree, keep, last_version, words_by, words_changed
from members.models import Member


def review(article: Article, *, by: Member, now: datetime, remark: str = "") -> None:
    """Approve the words. Raises PublishError when `by` was the last to change them, or somebody approved already.

    Keeps the version that was approved, and the remark in the record.
    """
    with transaction.atomic():
        agree(article)
        before = last_version(article)
        if words_changed(article, before) or words_by(before) == by.pk:
            raise PublishError(_("You were the last to change the words: somebody else has to approve them."))
        if article.reviewed_at is not None:
            raise PublishError(_("These words are approved already."))
        article.reviewed_at, article.reviewed_by = now, by
        keep(article, "review", by=by, now=now, reason=remark)


def clear(article: Article, *, by: Member, now: datetime, remark: str = "") -> None:
    """Clear a flagged story legally. Raises PublishError when nobody flagged it, or it is cleared already.

    Keeps the version that was cleared, and the remark in the record.
    """
    with transaction.atomic():
        agree(article)
        if words_changed(article, last_version(article)):
            raise PublishError(_("You changed the words: save them first, then clear what is stored."))
        if not article.legal_flag:
            raise PublishError(_("Nobody flagged this story for a lawyer."))
        if article.legal_cleared_at is not None:
            raise PublishError(_("It is cleared already."))
        article.legal_cleared_at, article.legal_cleared_by = now, by
        keep(article, "clear", by=by, now=now, reason=remark)
