"""Loads the demo's conversation: what is said, picked, reported, held and decided. Rows only: nobody is mailed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from articles.models import Article
from comments.models import (
    Appeal,
    Discussion,
    Follow,
    Mute,
    Reaction,
    Reply,
    Report,
    Ruling,
    Sanction,
    Version,
)
from members.models import Member, SiteRules
from newsroom.demo.community import REASONS
from newsroom.demo.paper import read_talk
from newsroom.demo.people import person_named

MODERATOR = person_named("moderator")
Row = dict[str, Any]


class Talk:
    """What is being loaded: people by key or address, and what they said by its id in the file."""

    def __init__(self, people: dict[str, Member], now: datetime) -> None:
        self.people = {**people, **{member.email: member for member in Member.objects.all()}}
        self.everybody = sorted(people.values(), key=lambda member: member.pk)
        self.moderator = self.people[MODERATOR.email] if MODERATOR else self.everybody[0]
        self.said: dict[str, Reply] = {}
        self.now = now

    def load_discussion(self, row: Row) -> None:
        """One discussion with its replies, parents first."""
        story = Article.objects.without_text().get(slug=row["story"])
        discussion, _is_new = Discussion.objects.get_or_create(story=story)
        begun = story.published_at or self.now
        for reply in sorted(row["replies"], key=lambda reply: int(reply["at"])):
            self.load_reply(discussion, reply, begun)
        closes_at = begun + timedelta(minutes=row["closed"]) if "closed" in row else None
        pinned = self.said.get(row.get("pinned", ""))
        Discussion.objects.filter(pk=discussion.pk).update(
            slow_seconds=row.get("slow_seconds", 0), note=row["note"], closes_at=closes_at, pinned=pinned
        )

    def load_reply(self, discussion: Discussion, row: Row, begun: datetime) -> None:
        """One reply with what moderators, editors and readers did with it. It counts as announced."""
        at = min(begun + timedelta(minutes=row["at"]), self.now)
        status = Reply.Status.HELD if "held" in row else row.get("status", Reply.Status.PUBLISHED)
        rule = row.get("held", "")
        reply = Reply.objects.write(
            discussion,
            self.said[row["to"]] if "to" in row else None,
            author=self.people[row["by"]],
            text=row["text"],
            posted_at=at,
            edited_at=at + timedelta(minutes=row["edited"]) if "edited" in row else None,
            status=status,
            badge=row.get("badge", ""),
            is_featured=row.get("featured", False),
            score=row.get("likes", 0),
            rule=rule,
            reason=REASONS[rule] if rule else row.get("reason", ""),
            announced_at=None if rule else at,
        )
        self.said[row["id"]] = reply
        likers = [member for member in self.everybody if member.pk != reply.author_id][: reply.score]
        Reaction.objects.bulk_create(Reaction(reply=reply, member=member) for member in likers)
        if "earlier" in row:
            Version.objects.create(reply=reply, text=row["earlier"], replaced_at=reply.edited_at or at)
        if status == Reply.Status.REMOVED:
            self.rule_on(reply, row)

    def rule_on(self, reply: Reply, row: Row) -> None:
        """The moderator's decision that took a reply from sight, ten minutes after it was written."""
        at, by = min(reply.posted_at + timedelta(minutes=10), self.now), self.moderator
        words = {"reason": row["reason"], "message": row["message"]}
        Ruling.objects.create(reply=reply, verb="remove", before="published", after="removed", by=by, at=at, **words)
        Reply.objects.filter(pk=reply.pk).update(decided_by=by, decided_at=at)

    def load_reports(self, rows: Iterable[Row]) -> None:
        """What readers reported, and the word list; nobody has decided yet."""
        for row in rows:
            reply = self.said[row["reply"]]
            Report.objects.create(
                reply=reply,
                member=self.people[row["by"]] if "by" in row else None,
                reason=row["reason"],
                note=row["note"],
                reported_at=min(reply.posted_at + timedelta(minutes=2), self.now),
            )

    def load_sanctions(self, rows: Iterable[Row]) -> None:
        """What was decided about people; a muted one may write again after so many `days`."""
        for row in rows:
            starts_at = self.now - timedelta(days=row["days_ago"])
            Sanction.objects.create(
                member=self.people[row["member"]],
                kind=row["kind"],
                reason=row["reason"],
                note=row["note"],
                starts_at=starts_at,
                ends_at=starts_at + timedelta(days=row["days"]) if "days" in row else None,
                decided_by=self.moderator,
            )

    def load_appeals(self, rows: Iterable[Row]) -> None:
        """Against decisions, by whom they met; open."""
        for row in rows:
            ruling = Ruling.objects.get(reply=self.said[row["reply"]])
            Appeal.objects.create(member=self.people[row["by"]], ruling=ruling, text=row["text"], made_at=self.now)

    def load_wishes(self, talk: Row) -> None:
        """Who follows what, and who does not want to read whom."""
        for row in talk["follows"]:
            Follow.objects.create(
                member=self.people[row["member"]],
                discussion=Discussion.objects.get(story__slug=row["story"]),
                branch=self.said.get(row.get("branch", "")),
                since=self.now,
            )
        for row in talk["mutes"]:
            Mute.objects.create(member=self.people[row["member"]], muted=self.people[row["muted"]])


def load_talk(people: dict[str, Member], now: datetime) -> None:
    """Everything of `talk.toml`; the stories and people it names are loaded already. `people`: readers by key."""
    talk, loading = read_talk(), Talk(people, now)
    SiteRules.objects.update(**{f"{name}_words": "\n".join(words) for name, words in talk["words"].items()})
    for row in talk["discussions"]:
        loading.load_discussion(row)
    loading.load_reports(talk["reports"])
    loading.load_sanctions(talk["sanctions"])
    loading.load_appeals(talk["appeals"])
    loading.load_wishes(talk)
