"""Loads the demo's topics: rounds with their options, proposals, and the steps of each. Nobody is mailed of them."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from articles.models import Article
from members.models import Ballot, Choice, Member, Option, Round, Topic, TopicFollow, TopicStep

DAY = timedelta(days=1)
Kind = TopicStep.Kind
Status = Topic.Status


def load_rounds(rows: list[dict[str, Any]], now: datetime) -> None:
    """Open, coming and past rounds; of a past one the counted result."""
    for row in rows:
        is_past = "closed_days_ago" in row
        opens_at = now - DAY * row["opened_days_ago"] if "opened_days_ago" in row else now + DAY * row["opens_in_days"]
        closes_at = now + DAY * (-row["closed_days_ago"] if is_past else row["closes_in_days"])
        vote = Round.objects.create(
            slug=row["slug"],
            question=row["question"],
            explanation=row["rules"],
            choices_per_ballot=row["choices"],
            opens_at=opens_at,
            closes_at=closes_at,
            closed_at=closes_at if is_past else None,
            ballots_counted=ballots_behind(row) if is_past else None,
        )
        for option in row["options"]:
            load_option(vote, option, now)
        if is_past:
            load_counted_ballots(vote)


def load_counted_ballots(vote: Round) -> None:
    """Ballots without a name behind a past round's votes, so that it can be counted again."""
    ballots = Ballot.objects.bulk_create(
        Ballot(round=vote, cast_at=vote.opens_at, standing=Ballot.Standing.COUNTED)
        for _ballot in range(vote.ballots_counted or 0)
    )
    named = [option for option in vote.options.order_by("pk") for _vote in range(option.votes or 0)]
    Choice.objects.bulk_create(
        Choice(ballot=ballots[number % len(ballots)], option=option) for number, option in enumerate(named)
    )


def load_option(vote: Round, row: dict[str, Any], now: datetime) -> None:
    """A topic on the ballot, with the steps it took since."""
    proposed_at = min(vote.opens_at, now) - 5 * DAY
    topic = load_topic(row, proposed_at, status=Status.IN_VOTE, votes=row.get("votes"))
    won = bool(row.get("winner"))
    Option.objects.create(round=vote, topic=topic, votes=row.get("votes"), is_winner=won, added_at=proposed_at)
    take(topic, Kind.IN_VOTE, min(vote.opens_at, now - DAY), round=vote)
    if vote.closed_at is not None:
        take(topic, Kind.WON if won else Kind.NOT_CHOSEN, vote.closes_at, round=vote)
    if "assigned_to" in row:
        assign(topic, row, max(vote.closes_at + 2 * DAY, proposed_at), now)


def load_topic(row: dict[str, Any], proposed_at: datetime, **fields: Any) -> Topic:
    """The topic with its first step."""
    who = Member.objects.filter(email=row.get("proposed_by", "")).first()
    topic = Topic.objects.create(
        slug=row["slug"],
        title=row["title"],
        case=row["case"],
        proposed_at=proposed_at,
        proposed_by=who,
        by_newsroom=row.get("by_newsroom", False),
        **fields,
    )
    take(topic, Kind.PROPOSED, proposed_at)
    return topic


def take(topic: Topic, kind: TopicStep.Kind, at: datetime, **fields: Any) -> None:
    """Keep a step that was told long ago, and what it made of the topic."""
    TopicStep.objects.create(topic=topic, kind=kind, at=at, told_at=at, **fields)
    status = {Kind.PROPOSED: topic.status}.get(kind, str(kind))
    Topic.objects.filter(pk=topic.pk).update(status=status)
    topic.status = status


def assign(topic: Topic, row: dict[str, Any], at: datetime, now: datetime) -> None:
    """Give the topic to a colleague."""
    due = timezone.localdate(now + DAY * row["due_in_days"])
    Topic.objects.filter(pk=topic.pk).update(assigned_to=Member.objects.get(email=row["assigned_to"]), due_on=due)
    take(topic, Kind.ASSIGNED, at)


def load_proposals(rows: list[dict[str, Any]], now: datetime) -> None:
    """What waits in the queue, what was declined or joined with another."""
    for row in rows:
        topic = load_topic(row, now - DAY * row["days_ago"], status=Status.PROPOSED)
        decided_at = now - DAY * row["days_ago"] / 2
        if "declined" in row:
            Topic.objects.filter(pk=topic.pk).update(decline_reason=row["declined"])
            take(topic, Kind.DECLINED, decided_at, note=row["declined"])
        if "joined_with" in row:
            target = Topic.objects.get(slug=row["joined_with"])
            Topic.objects.filter(pk=topic.pk).update(merged_into=target)
            take(topic, Kind.MERGED, decided_at, note=target.title)


def load_answers() -> None:
    """Stories that answer a topic, as its last step; patrons follow what runs."""
    for story in Article.objects.exclude(topic=None).exclude(published_at=None).select_related("topic"):
        if story.topic is not None and story.published_at is not None:
            take(story.topic, Kind.PUBLISHED, story.published_at, story_id=story.pk, note=story.headline)
    TopicFollow.objects.bulk_create(_follows())


def _follows() -> Iterator[TopicFollow]:
    members = list(Member.objects.filter(is_staff=False).order_by("pk")[:12])
    for number, topic in enumerate(Topic.objects.public().order_by("pk")):
        yield from (TopicFollow(topic=topic, member=member) for member in members[number % 5 :: 5])


def ballots_behind(row: dict[str, Any]) -> int:
    """How many ballots, at least, stand behind a past round's votes."""
    votes = [int(option["votes"]) for option in row["options"]]
    return max(math.ceil(sum(votes) / int(row["choices"])), *votes)
