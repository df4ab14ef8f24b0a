"""Who may do what with a story on the desk. Every view that shows or changes one asks here."""

from datetime import datetime

from django.http import HttpRequest

from articles.desk.states import UNPUBLISHED, state_of
from articles.models import Article

PUBLISH, WITHDRAW, CHANGE = "articles.publish_article", "articles.withdraw_article", "articles.change_article"


def may_change(request: HttpRequest, article: Article | None, now: datetime) -> bool:
    """Writers change drafts and what is ready; what is approved or withdrawn only those who may publish."""
    if article is None or state_of(article, now) in UNPUBLISHED:
        return request.user.has_perm(CHANGE)
    return request.user.has_perm(CHANGE) and request.user.has_perm(PUBLISH)
