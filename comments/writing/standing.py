"""What the rules need to know of a poster, read in the one query that locks the discussion."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.models import Byline
from comments.access import Poster
from comments.models import Discussion, Reply, Report, Sanction

HOUR = timedelta(hours=1)
SHORT_WHILE = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
FOR_GOOD = datetime(9000, 1, 1, tzinfo=UTC)  # the end of what has none
KNOWN_FOR = timedelta(days=14)
TRUSTED_AFTER = 20  # published replies
FORGIVEN = 50  # one refusal in so many published replies costs no trust
DOUBTED_FROM = 3  # refusals and upheld reports, if they are more than a third of what was published


class Trust(Enum):
    """What an account's history says of it, in moderators' words."""

    NEW = gettext_lazy("new")
    KNOWN = gettext_lazy("known")
    TRUSTED = gettext_lazy("trusted")
    DOUBTED = gettext_lazy("often refused")


@dataclass(frozen=True, slots=True)
class Record:
    """How a member has written so far. Counts are of replies, over all time."""

    published: int
    refused: int  # by a moderator, and nobody took it back
    upheld: int  # of those refused: the ones a reader had reported
    since: datetime  # the account is there

    def age(self, now: datetime) -> timedelta:
        """How long the account is there."""
        return now - self.since

    def trust(self, now: datetime) -> Trust:
        """What follows from it. What a reader had reported weighs twice."""
        against = self.refused + self.upheld
        if against >= DOUBTED_FROM and against * 3 > self.published:
            return Trust.DOUBTED
        if self.age(now) < KNOWN_FOR or not self.published:
            return Trust.NEW
        proven = self.published >= TRUSTED_AFTER and against * FORGIVEN <= self.published
        return Trust.TRUSTED if proven else Trust.KNOWN

    def words(self, now: datetime) -> str:
        """The record as moderators read it: `trusted: 34 published, 1 refused, since 3 March 2026`."""
        said = [
            ngettext("%d published", "%d published", self.published) % self.published,
            ngettext("%d refused", "%d refused", self.refused) % self.refused,
        ]
        if self.upheld:
            said.append(ngettext("%d of them reported", "%d of them reported", self.upheld) % self.upheld)
        said.append(_("since %s") % date_format(timezone.localtime(self.since), "DATE_FORMAT"))
        return f"{self.trust(now).value}: {', '.join(said)}"


@dataclass(frozen=True, slots=True)
class Standing:
    """One poster in one discussion at one moment. Counts are of replies; an end of None: there is no such sanction."""

    record: Record
    is_patron: bool = False
    is_author: bool = False  # of the story
    by_member_in_minute: int = 0
    by_member_lately: int = 0  # in ten minutes, like the next
    by_network_lately: int = 0
    by_member_here: int = 0  # in an hour
    last_here_at: datetime | None = None
    said_before: int | None = None  # the reply in which the member said the same here within ten minutes
    banned_until: datetime | None = None
    muted_until: datetime | None = None
    watched_until: datetime | None = None


OF_ACCOUNT = ("record", "is_patron")


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
            by_member_here=_count(here.filter(posted_at__gt=now - HOUR)),
            by_network_lately=_count(Reply.objects.filter(lately, ip_digest=by.network).exclude(ip_digest="")),
            last_here_at=Subquery(_grouped(here).annotate(value=Max("posted_at")).values("value")),
            said_before=Subquery(here.filter(lately, text_digest=digest).order_by("-path").values("pk")[:1]),
            banned_until=_end(sanctions.filter(kind=Sanction.Kind.BAN)),
            muted_until=_end(sanctions.filter(kind=Sanction.Kind.MUTE)),
            watched_until=_end(sanctions.filter(kind=Sanction.Kind.HOLD)),
            is_author=Exists(Byline.objects.filter(article=OuterRef("story_id"), author__member=by.member)),
            **history(own),
        )
        .get(pk=discussion_pk)
    )
    values = {name: getattr(row, name) for name in Standing.__slots__ if name not in OF_ACCOUNT}
    return row, Standing(record_of(row, by.member.joined_at), is_patron=by.reader.is_patron, **values)


def history(own: Any) -> dict[str, Any]:
    """What a `Record` counts of somebody's replies (a queryset), as annotations of any row; for `record_of`."""
    refused = own.refused().exclude(rule=Reply.WITHDRAWN)
    reports = Report.objects.filter(reply=OuterRef("pk"), member__isnull=False, settled_at__isnull=False)
    return {
        "published": _count(own.published()),
        "refused": _count(refused),
        "upheld": _count(refused.filter(Exists(reports))),
    }


def record_of(row: Any, since: datetime) -> Record:
    """The record from a row with `history`."""
    return Record(row.published, row.refused, row.upheld, since)


def _end(sanctions: QuerySet[Sanction]) -> Any:
    """When the last of them ends; None without one."""
    ends = Max(Coalesce("ends_at", Value(FOR_GOOD)))
    return Subquery(sanctions.order_by().annotate(one=Value(1)).values("one").annotate(value=ends).values("value"))


def _grouped(replies: QuerySet[Reply]) -> Any:
    """`replies` as one group, so that an aggregate over them fits a subquery."""
    return replies.order_by().annotate(one=Value(1)).values("one")


def _count(replies: QuerySet[Reply]) -> Any:
    return Coalesce(Subquery(_grouped(replies).annotate(value=Count(F("path"))).values("value")), 0)
