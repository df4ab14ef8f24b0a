"""What a moderator sees beside a reply without a click: its author's record, its reports, its earlier texts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import JSONObject, RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles.drafts.comparing import Run, compare_words
from comments.desk.buttons import offered, seen_of
from comments.models import Reply, Report, Sanction, Version
from comments.moderation.rules import NAMES, seen_by
from comments.writing import standing, texts
from members.models import Grant, Member, SiteRules

LAST, BESIDE = 3, 5  # earlier replies of the member; reports and earlier texts of one reply


@dataclass(frozen=True, slots=True)
class Said:
    """One of a member's last replies, and what became of it."""

    pk: int
    text: str
    status: str | Promise


@dataclass(frozen=True, slots=True)
class InForce:
    """A sanction that holds now. No `until`: for good."""

    label: str | Promise
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Record:
    """How a member has behaved so far. Counts are of replies, `upheld` of those refused that were reported."""

    member: Member
    trust: str | Promise
    published: int
    refused: int
    upheld: int
    is_patron: bool
    last: list[Said]
    in_force: list[InForce]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A text its author replaced, word by word against what came next."""

    replaced_at: datetime
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A verb that can act on the reply."""

    label: str | Promise
    key: str
    address: str
    css: str


@dataclass(frozen=True, slots=True)
class Row:
    """A reply with all that helps to decide."""

    reply: Any
    text: SafeString
    why: str
    rule: str | Promise
    seen: str
    buttons: list[Button]
    record: Record | None
    reports: list[Report] = field(default_factory=list)
    open_reports: int = 0
    earlier: list[Earlier] = field(default_factory=list)

    @property
    def last(self) -> list[Said]:
        """The member's last replies but for this one."""
        return [said for said in self.record.last if said.pk != self.reply.pk][:LAST] if self.record else []


def rows_of(replies: list[Reply], rules: SiteRules, now: datetime) -> list[Row]:
    """`replies` (of `with_surroundings`) with what stands beside them: three queries at any number.

    `rules`: of the site, for the listed words in them.
    """
    if not replies:
        return []
    records = records_of({reply.author_id for reply in replies if reply.author_id}, now)
    reports, versions = _reports_of(replies), _versions_of(replies)
    return [
        _row(reply, _why(reply, rules), records.get(reply.author_id or 0), reports[reply.pk], versions[reply.pk])
        for reply in replies
    ]


def _why(reply: Reply, rules: SiteRules) -> str:
    """What was said to whoever wrote; and which listed words are in it now, which they are not told."""
    listed = seen_by(reply.rule, reply.comment, rules)
    return " ".join(filter(None, [_(reply.reason) if reply.reason else "", f"({listed})" if listed else ""]))


def _row(reply: Reply, why: str, record: Record | None, reports: list[Any], versions: list[Version]) -> Row:
    open_reports = reports[0].open_ones if reports else 0
    return Row(
        reply=reply,
        text=mark_safe(texts.to_html(reply.comment)),  # which escapes
        why=why,
        rule=NAMES.get(reply.rule, reply.rule),
        seen=seen_of(reply),
        buttons=_buttons(reply, is_reported=open_reports > 0),
        record=record,
        reports=reports,
        open_reports=open_reports,
        earlier=_compared(reply, versions),
    )


def _buttons(reply: Reply, *, is_reported: bool) -> list[Button]:
    return [
        Button(verb.label, verb.key, reverse("admin:comments_reply_decide", args=[reply.pk, name]), verb.css)
        for name, verb in offered(reply, is_reported=is_reported).items()
    ]


def records_of(members: Iterable[int], now: datetime) -> dict[int, Record]:
    """The record of each member by key. One query."""
    own = Reply.objects.filter(author=OuterRef("pk"))
    last = own.order_by("-posted_at").values(json=JSONObject(pk="xtdcomment_ptr_id", text="comment", status="status"))
    holding = Sanction.objects.in_force(now).filter(member=OuterRef("pk")).order_by("pk")
    rows: QuerySet[Any] = Member.objects.filter(pk__in=members).annotate(
        **standing.history(own),
        by_patron=Exists(Grant.objects.covering(now).filter(member=OuterRef("pk"))),
        last=ArraySubquery(last[: LAST + 1]),
        in_force=ArraySubquery(holding.values(json=JSONObject(kind="kind", until="ends_at"))),
    )
    return {row.pk: _record(row, now) for row in rows}


def _record(row: Any, now: datetime) -> Record:
    labels, kinds = dict(Reply.Status.choices), dict(Sanction.Kind.choices)
    return Record(
        member=row,
        trust=standing.record_of(row, row.joined_at).trust(now).value,
        published=row.published,
        refused=row.refused,
        upheld=row.upheld,
        is_patron=row.by_patron,
        last=[Said(said["pk"], said["text"], labels[said["status"]]) for said in row.last],
        in_force=[InForce(kinds[held["kind"]], _moment(held["until"])) for held in row.in_force],
    )


def _moment(text: str | None) -> datetime | None:
    """A moment as JSON holds it, in the site's time."""
    found = parse_datetime(text) if text else None
    return timezone.localtime(found) if found else None


def _reports_of(replies: list[Reply]) -> dict[int, list[Any]]:
    """The newest few of each reply's reports, open ones first, each with `open_ones`, how many are open."""
    order = [F("settled_at").desc(nulls_first=True), F("pk").desc()]
    rows = Report.objects.filter(reply__in=replies).annotate(
        place=Window(RowNumber(), partition_by="reply_id", order_by=order),
        open_ones=Window(Count("pk", filter=Q(settled_at=None)), partition_by="reply_id"),
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for report in rows.filter(place__lte=BESIDE).select_related("member").order_by("reply_id", "place"):
        found[report.reply_id].append(report)
    return found


def _versions_of(replies: list[Reply]) -> dict[int, list[Version]]:
    """The newest few of each reply's earlier texts, newest first."""
    order = [F("replaced_at").desc(), F("pk").desc()]
    rows = Version.objects.filter(reply__in=replies).annotate(
        place=Window(RowNumber(), partition_by="reply_id", order_by=order)
    )
    found: dict[int, list[Version]] = defaultdict(list)
    for version in rows.filter(place__lte=BESIDE).order_by("reply_id", "place"):
        found[version.reply_id].append(version)
    return found


def _compared(reply: Reply, versions: list[Version]) -> list[Earlier]:
    """Each earlier text against the one that took its place, newest first."""
    followed = [reply.comment, *(version.text for version in versions)]
    return [
        Earlier(version.replaced_at, compare_words(version.text, later))
        for version, later in zip(versions, followed, strict=False)
    ]
