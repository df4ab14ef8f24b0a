"""One member's side of the conversation: what they wrote and what came of it, whom they follow and mute.

Five queries whatever there is: keyset pages of their replies, newest first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils.translation import gettext as _

from articles.models.article import UNSEEN_BY_LISTS
from comments.access import subject_of
from comments.models import Discussion, Follow, Mute, Reply, Ruling
from comments.models.paths import HiddenByAncestor
from comments.moderation import statements
from comments.moderation.statements import Statement
from comments.writing import muting
from members.models import Member, SiteRules

PAGE = 20
LISTED = 100  # follows, and muted people
_SUBJECT = ("discussion__story__minimum_tier", "discussion__story__section", "discussion__topic", "discussion__page")
_TEXTS = (
    *(f"discussion__story__{name}" for name in UNSEEN_BY_LISTS),
    "discussion__page__body",
    "discussion__topic__case",
)  # as `with_subject`, beside another row


@dataclass(frozen=True, slots=True)
class Own:
    """One of the member's replies. `title` and `path` are of what it stands under, empty once that is not live.

    `reason`: what a rule or a moderator said of it where nothing was decided against it.
    """

    reply: Reply
    title: str
    path: str
    state: str
    is_shown: bool
    reason: str
    decision: Statement | None


@dataclass(frozen=True, slots=True)
class Watched:
    """A discussion or branch the member follows; `whose` names who wrote the branch's first reply."""

    pk: int
    title: str
    path: str
    whose: str


@dataclass(frozen=True, slots=True)
class Mine:
    """The page. `before` is the key to continue after, None on the last one."""

    replies: list[Own]
    before: int | None
    is_later: bool
    restraints: list[Statement]
    follows: list[Watched]
    mutes: list[Mute]


def mine_of(member: Member, rules: SiteRules, *, before: int | None, now: datetime) -> Mine:
    """The member's page, from the replies older than `before` on."""
    rulings = statements.rulings().standing().against().order_by("-at", "-pk")
    written = (
        Reply.objects.filter(author=member)
        .exclude(Q(status=Reply.Status.ERASED) | Q(rule=Reply.WITHDRAWN))
        .annotate(is_hidden=HiddenByAncestor("discussion_id", "path"))
        .select_related(*_SUBJECT)
        .defer(*_TEXTS)
        .prefetch_related(Prefetch("rulings", rulings, to_attr="against"))
        .order_by("-pk")
    )
    rows = list((written.filter(pk__lt=before) if before else written)[: PAGE + 1])
    muted = Mute.objects.filter(member=member).select_related("muted").order_by("pk")
    page = rows[:PAGE]
    return Mine(
        replies=[_own(reply, rules, now) for reply in page],
        before=page[-1].pk if len(rows) > PAGE else None,
        is_later=before is not None,
        restraints=[] if before else _restraints(member, now),
        follows=[] if before else _follows(member, rules, now),
        mutes=[] if before else list(muted[:LISTED]),
    )


def stop_following(member: Member, follow_id: int) -> bool:
    """Take one row off the member's list. False if it was gone."""
    number, _by_model = Follow.objects.filter(member=member, pk=follow_id).delete()
    return bool(number)


def unmute(member: Member, mute_id: int) -> bool:
    """Let the member read somebody again. False if they did already."""
    row = Mute.objects.filter(member=member, pk=mute_id).select_related("muted").first()
    return row is not None and muting.unmute(member, row.muted)


def _own(reply: Any, rules: SiteRules, now: datetime) -> Own:
    title, path = _place(reply.discussion, rules, now)
    is_seen = reply.status in (Reply.Status.PUBLISHED, Reply.Status.HELD)
    ruling = next(iter(reply.against), None) if reply.status in Ruling.AGAINST else None
    decision = statements.of_ruling(ruling, now) if ruling is not None else None
    return Own(
        reply=reply,
        title=title,
        path=path,
        state=_state(reply),
        is_shown=bool(path) and is_seen and not reply.is_hidden,
        reason=_(reply.reason) if reply.reason and is_seen else "",
        decision=decision,
    )


def _place(discussion: Discussion, rules: SiteRules, now: datetime) -> tuple[str, str]:
    """Name and address of what is discussed, as far as readers may know of it."""
    subject = subject_of(discussion.subject, discussion, rules, now)
    return (str(subject.thing), subject.path) if subject.terms.is_live(now) else ("", "")


def _state(reply: Any) -> str:
    match reply.status:
        case Reply.Status.HELD:
            return _("It waits: a moderator reads it before others do.")
        case Reply.Status.REJECTED | Reply.Status.REMOVED:
            return str(statements.EFFECTS[reply.status])
        case _ if reply.is_hidden:
            return _("It is hidden, with a reply that it stands under.")
        case _:
            return _("Published")


def _restraints(member: Member, now: datetime) -> list[Statement]:
    """The statements about the sanctions in force."""
    in_force = statements.sanctions().in_force(now).filter(member=member).order_by("pk")
    return [statements.of_sanction(row, now) for row in in_force]


def _follows(member: Member, rules: SiteRules, now: datetime) -> list[Watched]:
    """What the member follows. A branch that nobody sees any more names nobody."""
    seen = Reply.objects.visible().published().filter(pk=OuterRef("branch_id"))
    rows = (
        Follow.objects.filter(member=member)
        .select_related("branch__author", *_SUBJECT)
        .defer(*_TEXTS)
        .annotate(is_seen=Exists(seen))
        .order_by("-since", "-pk")[:LISTED]
    )
    return [_watched(row, rules, now) for row in rows]


def _watched(row: Any, rules: SiteRules, now: datetime) -> Watched:
    title, path = _place(row.discussion, rules, now)
    whose = row.branch.shown_name if row.branch and row.is_seen else ""
    return Watched(row.pk, title, (row.branch.get_absolute_url() if whose else path) if path else "", whose)
