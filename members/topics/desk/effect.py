"""What votes led to: per round what won and the story it became, and what was promised and not done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from members.models import Ballot, Option, Round, Topic
from members.topics.loop.lateness import late

ROUNDS, UNDONE = 24, 50


@dataclass(frozen=True, slots=True)
class Won:
    """A topic that won, the first story that answers it, and the days from the close to that."""

    topic: Topic
    votes: int
    story: Any
    days: int | None
    replies: int


@dataclass(frozen=True, slots=True)
class Led:
    """A counted round: how many ballots were cast and counted, and what won."""

    round: Round
    cast: int
    won: list[Won]

    @property
    def is_whole(self) -> bool:
        """Whether every ballot counts."""
        return self.cast <= (self.round.ballots_counted or 0)


@dataclass(frozen=True, slots=True)
class Effect:
    """The page: rounds, newest first, and the sums over them. `days` is the middle one of all; None without any."""

    rounds: list[Led]
    undone: list[Topic]
    winners: int
    stories: int
    replies: int
    days: int | None


def effect_of_votes(now: datetime) -> Effect:
    """The last two dozen counted rounds. Six queries, whatever there is."""
    rounds = list(Round.objects.exclude(closed_at=None).closed(now)[:ROUNDS])
    options = list(Option.objects.filter(round__in=rounds, is_winner=True).select_related("topic").order_by("-votes"))
    answers, said = _stories(options, now), _replies(options)
    cast = dict(Ballot.objects.filter(round__in=rounds).order_by().values_list("round").annotate(n=Count("pk")))
    by_round: dict[int, list[Option]] = {}
    for option in options:
        by_round.setdefault(option.round_id, []).append(option)
    led = [
        Led(
            round_,
            cast.get(round_.pk, 0),
            [_won(option, round_, answers, said) for option in by_round.get(round_.pk, [])],
        )
        for round_ in rounds
    ]
    won = [each for row in led for each in row.won]
    days = sorted(each.days for each in won if each.days is not None)
    return Effect(
        rounds=led,
        undone=list(late(now).select_related("assigned_to")[:UNDONE]),
        winners=len(won),
        stories=sum(1 for each in won if each.story),
        replies=sum(each.replies for each in won),
        days=days[len(days) // 2] if days else None,
    )


def _won(option: Option, round_: Round, answers: dict[int, Any], said: dict[int, int]) -> Won:
    story = answers.get(option.topic_id)
    days = max(0, (story.published_at - round_.closes_at).days) if story else None
    return Won(option.topic, option.votes or 0, story, days, said.get(option.topic_id, 0))


def _stories(options: list[Option], now: datetime) -> dict[int, Any]:
    """The first live story that answers each of the topics."""
    stories: Any = Topic._meta.get_field("stories").related_model  # stories point at us; we name no other app
    rows = stories.objects.live(now).filter(topic__in=[option.topic_id for option in options])
    shown = rows.order_by("-published_at").only("headline", "slug", "published_on", "published_at", "topic")
    return {story.topic_id: story for story in shown}


def _replies(options: list[Option]) -> dict[int, int]:
    """How many published replies stand under each of the topics."""
    topics = Topic.objects.filter(pk__in=[option.topic_id for option in options])
    published = Count("discussion__replies", filter=Q(discussion__replies__status="published"))
    return dict(topics.annotate(said=published).values_list("pk", "said"))
