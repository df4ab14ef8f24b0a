"""Where a story stands, as the desk says it."""

from datetime import datetime

from django.utils.translation import gettext as _

from articles.desk.fields import said
from articles.models import Article

State = str
DRAFT, READY, SCHEDULED, LIVE, WITHDRAWN = "draft", "ready", "scheduled", "live", "withdrawn"
STATES = (DRAFT, READY, SCHEDULED, LIVE, WITHDRAWN)
UNPUBLISHED = frozenset({DRAFT, READY})


def state_of(article: Article | None, now: datetime) -> State:
    """Where a story stands: draft, ready, scheduled, live or withdrawn."""
    if article is None or article.pk is None:
        return DRAFT
    if article.status == Article.Status.PUBLISHED:
        return LIVE if article.is_live(now) else SCHEDULED
    return str(article.status)


def state_sentence(article: Article | None, now: datetime) -> str:
    """The state in words, with its moment."""
    state = state_of(article, now)
    if article is None or state == DRAFT:
        return _("Draft")
    match state:
        case "ready":
            return _("Ready to publish")
        case "scheduled":
            return _("Goes out %(moment)s") % {"moment": said(article.live_from or now)}
        case "live":
            return _("Live since %(moment)s") % {"moment": said(article.live_from or now)}
    return _("Withdrawn %(moment)s") % {"moment": said(article.withdrawn_at or now)}
