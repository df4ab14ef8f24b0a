"""Preview links: somebody without an account reads a story that is not out yet, and comments.

The link's token is the signed key of its row; everything else (for whom, until when, revoked) is the row's.
Nothing can be approved through it.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.models import Article, PreviewLink
from members.models import AuditEntry, Member

SALT = "newsroom.articles.preview"
DAYS = (1, 7, 30)
DEFAULT_DAYS = 7
LONGEST_LABEL = 80

logger = logging.getLogger(__name__)


class PreviewLinkError(Exception):
    """The link cannot be made; the message is fit to show."""


def make_link(article: Article, *, label: str, days: int, by: Member, now: datetime) -> PreviewLink:
    """A link to the story for whoever `label` names, good for `days` (1, 7 or 30). Audited.

    Raises PreviewLinkError without a label, for another number of days, and for a story readers know of.
    """
    label = " ".join(label.replace("\x00", "").split())[:LONGEST_LABEL]
    if not label:
        raise PreviewLinkError(_("Say for whom the link is: you will want to know when you revoke it."))
    if days not in DAYS:
        raise PreviewLinkError(_("A link is good for 1, 7 or 30 days."))
    if article.is_live(now) or article.status == Article.Status.WITHDRAWN:
        raise PreviewLinkError(_("Preview links are for stories that are not out yet."))
    with transaction.atomic():
        link = PreviewLink.objects.create(
            article=article, label=label, made_by=by, made_at=now, expires_at=now + timedelta(days=days)
        )
        AuditEntry.objects.note(
            "story.preview_link", by=by, subject=article, reason=label, changes={"expires_at": [None, link.expires_at]}
        )
    return link


def revoke(link: PreviewLink, *, by: Member, now: datetime) -> None:
    """Stop the link at once; asking again changes nothing. Audited."""
    with transaction.atomic():
        if PreviewLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now):
            AuditEntry.objects.note("story.preview_revoke", by=by, subject=link.article, reason=link.label)


def address_of(link: PreviewLink) -> str:
    """The whole address to send to somebody."""
    return settings.SITE_URL + reverse("preview", args=[token_of(link)])


def token_of(link: PreviewLink) -> str:
    """The signed key of the link's row."""
    return signing.Signer(salt=SALT).sign(str(link.pk))


def link_of(token: str) -> PreviewLink | None:
    """The link a token names, with who made it; None where it is gone with its story. One query.

    Raises signing.BadSignature for a forged token, without a query.
    """
    key = int(signing.Signer(salt=SALT).unsign(token))
    return PreviewLink.objects.select_related("made_by").filter(pk=key).first()


def count_opening(link: PreviewLink, *, now: datetime) -> None:
    """Note that somebody looked: how often, and when last."""
    PreviewLink.objects.filter(pk=link.pk).update(times_opened=F("times_opened") + 1, opened_at=now)
    logger.info("Preview link %s of story %s was opened.", link.pk, link.article_id)
