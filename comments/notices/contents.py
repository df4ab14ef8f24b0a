"""What one mail says: a member's due notices, decisions first, then what was written, by story.

All that a page of members needs is read before, in a fixed number of queries. What is no longer fit to be
told falls out here: a reply that is not visible any more, under a story that is not live, of somebody muted
meanwhile, in what is no longer followed, of a kind no longer wished for. Text is quoted only to whom the gate
lets read it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator

from comments.access import Subject, subject_of
from comments.models import Discussion, Follow, Mute, Notice, NoticeWishes, Pace, Reply
from comments.notices import following, links, outcomes
from comments.writing.texts import quoted
from members.gate import NO_METER, Audience, Decision, Reader, Terms, decide
from members.models import Member, SiteRules

SHOWN = 10  # replies of one story in one mail; the rest is a number
QUOTED = 600  # characters of one reply


@dataclass(frozen=True, slots=True)
class Facts:
    """What the mails of a page of members are made of. `members` holds those who may still be mailed."""

    now: datetime
    rules: SiteRules
    members: dict[int, Any]
    wishes: dict[int, NoticeWishes]
    replies: dict[int, Reply]
    subjects: dict[int, Subject]
    follows: dict[int, list[Follow]]
    mutes: set[tuple[int, int]]
    decided: dict[str, outcomes.Found]

    @classmethod
    def of(cls, notices: Sequence[Notice], now: datetime) -> "Facts":
        """Read what these notices need: at most twelve queries, whatever their number."""
        people = {notice.member_id for notice in notices}
        wanted = {notice.reply_id for notice in notices if notice.about.startswith("reply-")}
        shown = Reply.objects.filter(pk__in=wanted).visible().published().select_related("author")
        replies = {reply.pk: reply for reply in shown}
        rules, decided = SiteRules.current(), outcomes.load(notices)
        under = {reply.discussion_id for reply in replies.values()} | outcomes.discussions_of(decided.values())
        found = Discussion.objects.with_subject().in_bulk(under)
        there = Member.objects.with_standing(now).filter(pk__in=people, is_active=True, erased_at=None)
        writers = {reply.author_id for reply in replies.values()}
        followed = Follow.objects.filter(member__in=people, discussion__in=under).select_related("branch")
        follows: dict[int, list[Follow]] = {}
        for row in followed:
            follows.setdefault(row.member_id, []).append(row)
        return cls(
            now=now,
            rules=rules,
            members=there.in_bulk(),
            wishes=NoticeWishes.objects.in_bulk(people),
            replies=replies,
            subjects={pk: subject_of(one.subject, one, rules, now) for pk, one in found.items()},
            follows=follows,
            mutes=set(Mute.objects.filter(member__in=people, muted__in=writers).values_list("member", "muted")),
            decided=decided,
        )


def mail_of(member_id: int, notices: Iterable[Notice], facts: Facts) -> dict[str, Any]:
    """The context of the member's one mail, in JSON; empty where nothing is left to tell."""
    member = facts.members.get(member_id)
    if member is None:
        return {}
    wishes = facts.wishes.get(member_id) or NoticeWishes(member_id=member_id)
    wanted = [notice for notice in notices if getattr(wishes, notice.kind) != Pace.NEVER]
    decided = [found for notice in wanted if (found := _outcome(notice, facts)) is not None]
    written = [(notice, reply) for notice in wanted if (reply := _reply(notice, facts)) is not None]
    if not decided and not written:
        return {}
    kinds = sorted({notice.kind for notice, _told in (*decided, *written)}, key=links.KINDS.index)
    stories = _stories(written, member.as_reader(), facts)
    return {
        "decisions": [told for _notice, told in decided],
        "stories": stories,
        "count": len(written),
        "quotes": [str(reply.pk) for _notice, reply in written],
        "contact": facts.rules.contact_email,
        "mine": settings.SITE_URL + reverse("reply_mine"),
        "leave": links.wishes_link(member_id, kinds),
        "stops": [{"kind": kind, "url": links.wishes_link(member_id, [kind])} for kind in kinds],
    }


def _outcome(notice: Notice, facts: Facts) -> tuple[Notice, dict[str, Any]] | None:
    """What the notice tells came of something, if it is still so, with the name of where it was said."""
    found = facts.decided.get(notice.about)
    told = outcomes.told(found, notice.member_id, facts.now) if found is not None else None
    if found is None or told is None:
        return None
    subject = facts.subjects.get(next(iter(outcomes.discussions_of([found])), 0))
    is_known = subject is not None and subject.terms.is_live(facts.now)
    return notice, {**told, "title": str(subject.thing) if subject is not None and is_known else ""}


def _reply(notice: Notice, facts: Facts) -> Reply | None:
    """The reply the notice tells of, if it is still fit to be told."""
    reply = facts.replies.get(notice.reply_id or 0)
    if reply is None or not notice.about.startswith("reply-"):
        return None
    if not facts.subjects[reply.discussion_id].terms.is_live(facts.now):
        return None
    if reply.author_id is not None and (notice.member_id, reply.author_id) in facts.mutes:
        return None
    if notice.kind == Notice.Kind.FOLLOWED and not _following(notice.member_id, reply, facts):
        return None
    return reply


def _following(member_id: int, reply: Reply, facts: Facts) -> Follow | None:
    """Why a follower hears of the reply: the discussion before a branch of it."""
    rows = [row for row in facts.follows.get(member_id, ()) if following.covers(row, reply)]
    return min(rows, key=lambda row: row.branch_id or 0, default=None)


def _stories(written: list[tuple[Notice, Reply]], reader: Reader, facts: Facts) -> list[dict[str, Any]]:
    """What was written, by what it stands under; the oldest first."""
    by_subject: dict[int, list[tuple[Notice, Reply]]] = {}
    for notice, reply in written:
        by_subject.setdefault(reply.discussion_id, []).append((notice, reply))
    return [_story(facts.subjects[pk], rows, reader, facts) for pk, rows in by_subject.items()]


def _story(subject: Subject, rows: list[tuple[Notice, Reply]], reader: Reader, facts: Facts) -> dict[str, Any]:
    may_read = may_quote(reader, subject.terms, facts.now)
    excerpts = [Truncator(reply.comment).chars(QUOTED) if may_read else "" for _notice, reply in rows[:SHOWN]]
    followed = (
        _following(notice.member_id, reply, facts) for notice, reply in rows if notice.kind == Notice.Kind.FOLLOWED
    )
    row = next(filter(None, followed), None)
    return {
        "title": str(subject.thing),
        "url": f"{settings.SITE_URL}{subject.path}#replies",
        "replies": [
            {
                "kind": notice.kind,
                "name": reply.shown_name,
                "text": text,
                "quoted": quoted(text) if text else "",
                "url": f"{settings.SITE_URL}{reply.get_absolute_url()}",
            }
            for (notice, reply), text in zip(rows, excerpts, strict=False)
        ],
        "more": max(0, len(rows) - SHOWN),
        "stop": links.follow_link(row.member_id, row.discussion_id, row.branch_id) if row else "",
        "is_branch": bool(row and row.branch_id),
    }


def may_quote(reader: Reader, terms: Terms, now: datetime) -> bool:
    """Whether the gate lets the recipient read what stands there, counting no metered view for it."""
    if terms.audience_at(now) == Audience.METERED and not (reader.is_patron or reader.on_staff):
        return False
    return decide(terms, reader, NO_METER, now) is Decision.READ
