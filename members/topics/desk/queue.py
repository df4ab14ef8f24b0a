"""What the desk's queue of topics shows: one state at a time, oldest first, with what looks alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy

from members.models import Member, Round, Topic, TopicStep
from members.topics.loop.alike import Alike, look_alikes
from members.topics.loop.merging import MAY_BE_JOINED
from members.topics.loop.proposals import RUNNING

ROOMS: tuple[tuple[Any, str], ...] = (
    (gettext_lazy("Proposals"), "admin:members_topic_queue"),
    (gettext_lazy("All topics"), "admin:members_topic_changelist"),
    (gettext_lazy("Rounds"), "admin:members_round_changelist"),
    (gettext_lazy("What votes led to"), "admin:members_topic_effect"),
)
Status = Topic.Status
STATES: dict[str, Any] = {
    "proposed": gettext_lazy("Proposed"),
    "in_vote": gettext_lazy("In the vote"),
    "won": gettext_lazy("Won, nobody on it"),
    "assigned": gettext_lazy("Assigned"),
    "not_chosen": gettext_lazy("Not chosen"),
}
MAY_BE_ADMITTED = {Status.PROPOSED, Status.IN_VOTE, Status.NOT_CHOSEN}
MAY_BE_ASSIGNED = {Status.PROPOSED, Status.WON, Status.NOT_CHOSEN, Status.ASSIGNED}
PAGE, COMPARED = 50, 500


@dataclass(frozen=True, slots=True)
class Card:
    """A topic of the queue with its look-alikes, and which verbs its state allows."""

    topic: Topic
    alikes: list[Alike]

    @property
    def may_be_admitted(self) -> bool:
        """Whether it can stand on a ballot."""
        return self.topic.status in MAY_BE_ADMITTED

    @property
    def may_be_assigned(self) -> bool:
        """Whether it can be given to a colleague."""
        return self.topic.status in MAY_BE_ASSIGNED

    @property
    def may_be_joined(self) -> bool:
        """Whether it can be joined with another."""
        return self.topic.status in MAY_BE_JOINED

    @property
    def may_be_declined(self) -> bool:
        """Whether it can be turned down."""
        return self.topic.status in RUNNING


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue. `after` leads to the next one, empty at the end."""

    state: str
    states: list[tuple[str, Any, int]]
    cards: list[Card]
    rounds: list[Round]
    colleagues: list[Member]
    after: str


def page_of(state: str, after: str, now: datetime) -> Page:
    """Fifty topics in a state, oldest first, those with a key past `after`. Five queries at any number."""
    state = state if state in STATES else "proposed"
    rows = Topic.objects.filter(status=state).select_related("proposed_by", "assigned_to").order_by("pk")
    past = int(after) if after.isdecimal() and len(after) < 18 else 0
    found = list(rows.filter(pk__gt=past).annotate(followers=Count("follows"))[: PAGE + 1])
    shown = found[:PAGE]
    alikes = look_alikes(shown, _others())
    numbers = dict(Topic.objects.order_by().values_list("status").annotate(n=Count("pk")))
    states = [(name, label, numbers.get(name, 0)) for name, label in STATES.items()]
    cards = [Card(topic, alikes[topic.pk]) for topic in shown]
    return Page(state, states, cards, _rounds(now), _colleagues(), str(shown[-1].pk) if len(found) > PAGE else "")


def around(pk: int, now: datetime) -> dict[str, Any]:
    """What the page of one topic shows beside its form: its steps, the next ones. At most five queries."""
    topic = Topic.objects.filter(pk=pk).first()
    if topic is None:
        return {}
    card = Card(topic, look_alikes([topic], _others())[topic.pk])
    steps = TopicStep.objects.filter(topic=topic).select_related("by", "round").order_by("at", "pk")
    return {"card": card, "steps": steps, "rounds": _rounds(now), "colleagues": _colleagues()}


def _others() -> QuerySet[Topic]:
    """The newest topics that run, as far as comparing needs them."""
    running = Topic.objects.filter(status__in=RUNNING).order_by("-proposed_at")
    return running.only("title", "slug", "status")[:COMPARED]


def _rounds(now: datetime) -> list[Round]:
    return list(Round.objects.upcoming(now))


def _colleagues() -> list[Member]:
    return list(Member.objects.filter(is_staff=True, is_active=True).order_by("name", "email"))
