"""What the rules need to know of a poster, read in the one query that locks the discussion."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from articles.models import Byline
from comments.access import Poster
from comments.models import Discussion, Reply, Sanction

SHORT_WHILE = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """One poster in one discussion at one moment. Counts are of replies."""

    by_member_in_minute: int
    by_member_lately: int  # in ten minutes, like the next
    by_network_lately: int
    last_here_at: datetime | None
    said_before: int | None  # the reply in which the member said the same here within ten minutes
    published: int
    refused: int  # rejected or removed by a moderator
    is_barred: bool
    is_watched: bool
    is_author: bool  # of the story


def lock(discussion_pk: int, by: Poster, *, digest: str, now: datetime) -> tuple[Discussion, Standing]:
    """Lock the discussion until the transaction ends; the poster's standing comes with the same query.

    The lock makes ids rise in commit order within a discussion. `digest`: of the text (`digest_of`).
    """
    own = Reply.objects.filter(author=by.member)
    sanctions = Sanction.objects.in_force(now).filter(member=by.member)
    lately = Q(posted_at__gt=now - SHORT_WHILE)
    here = own.filter(discussion=OuterRef("pk"))
    row: Any = (
        Discussion.objects.select_for_update(of=("self",))
        .annotate(
            by_member_in_minute=_count(own.filter(posted_at__gt=now - MINUTE)),
            by_member_lately=_count(own.filter(lately)),
            by_network_lately=_count(Reply.objects.filter(lately, ip_digest=by.network).exclude(ip_digest="")),
            last_here_at=Subquery(_grouped(here).annotate(value=Max("posted_at")).values("value")),
            said_before=Subquery(here.filter(lately, text_digest=digest).order_by("-path").values("pk")[:1]),
            published=_count(own.published()),
            refused=_count(own.refused()),
            is_barred=Exists(sanctions.barring()),
            is_watched=Exists(sanctions.filter(kind=Sanction.Kind.HOLD)),
            is_author=Exists(Byline.objects.filter(article=OuterRef("story_id"), author__member=by.member)),
        )
        .get(pk=discussion_pk)
    )
    return row, Standing(**{name: getattr(row, name) for name in Standing.__slots__})


def _grouped(replies: QuerySet[Reply]) -> Any:
    """`replies` as one group, so that an aggregate over them fits a subquery."""
    return replies.order_by().annotate(one=Value(1)).values("one")


def _count(replies: QuerySet[Reply]) -> Any:
    return Coalesce(Subquery(_grouped(replies).annotate(value=Count(F("path"))).values("value")), 0)
