"""An open vote of four topics, and short ways to speak of it."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import cache

from members.models import Member, Option, Round, Topic
from members.topics.rounds import counting
from tests.factories import MemberFactory, make_option, make_patron

WEEK = timedelta(days=7)
NAMES = ("Quays", "Lunches", "Streets", "Rents")


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def vote(now: datetime) -> Round:
    """An open round of four topics, two choices a ballot, closing in a week."""
    return make_vote(now)


def make_vote(now: datetime) -> Round:
    """The same, for tests that open their own transaction."""
    round_ = Round.objects.create(
        slug="spring", question="What next?", opens_at=now - WEEK, closes_at=now + WEEK, choices_per_ballot=2
    )
    for n, name in enumerate(NAMES):
        make_option(round_, name, proposed_at=now - timedelta(days=60 - n))
    return round_


def topic(name: str) -> Topic:
    """The topic of that title."""
    return Topic.objects.get(title=name)


def key(name: str) -> int:
    """The option of that title."""
    return Option.objects.get(topic__title=name).pk


def keys(*names: str) -> list[int]:
    """The options of those titles."""
    return [key(name) for name in names]


def patrons(number: int) -> list[Member]:
    """So many patrons of long standing."""
    return [make_patron(MemberFactory()) for _ in range(number)]


def places(tally: counting.Tally) -> list[tuple[str, int]]:
    """Titles with votes, first place first."""
    return [(place.option.topic.title, place.votes) for place in tally.places]
