"""Whatever arrives of a patron's life, in whatever order and however often: after the comparison it is the same.

`HYPOTHESIS_PROFILE=long` plays lives of a thousand events instead of sixty.
"""

import os
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from members.models import Grant, Member
from members.money.inbox import reconcile
from members.money.stripe_api import payments
from tests.conftest import NOON
from tests.members.money.histories import DECIDED, DERIVED, Life, Picture, Retelling, facts, unpaid_intervals
from tests.members.money.till import Till

pytestmark = pytest.mark.slow
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
EVENTS, LIVES, TOLD = (1000, 2, 2) if LONG else (60, 3, 2)


def heal() -> list[str]:
    """The nightly comparison, and the jobs it leaves."""
    report = reconcile.run(teller=payments.in_job(), now=timezone.now())
    assert report.failures == []
    return report.drifts


def differences() -> list[str]:
    """What a comparison would find now."""
    return reconcile.run(teller=payments.in_job(), now=timezone.now(), dry_run=True).drifts


@pytest.fixture
def afresh(till: Till) -> Iterator[Any]:
    """Called before each example: an empty site and a Stripe that knows our prices and nothing else."""
    stocked = Picture.of(till.fake.state)

    def begin() -> None:
        with till.fake.state.lock:
            till.clock.move_to(NOON)
            stocked.hang(till.fake.state)
        till.fake.deliver("drop")
        for model in (*DERIVED, *DECIDED, Member):
            model._default_manager.all().delete()

    return begin


@settings(
    max_examples=LIVES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a life is one number; there is nothing to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(number=4134, lost=[0.3] + [0.0] * (TOLD - 1))  # a month paid unheard, then an earlier one given back
@example(number=7024390, lost=[0.0, 0.7] + [1.0] * (TOLD - 2))  # a bank that gave up and was not heard
@given(number=st.integers(0, 2**32), lost=st.lists(st.sampled_from([0.0, 0.3, 0.7, 1.0]), min_size=TOLD, max_size=TOLD))
def test_any_subset_order_and_repetition_ends_in_the_ordered_runs_grants(
    till: Till, afresh: Any, number: int, lost: list[float]
) -> None:
    afresh()
    life = Life(till, Random(number))  # a life, not a secret
    life.live(EVENTS)
    ordered = facts()
    moves = [step.move for step in life.steps]
    assert differences() == [], moves
    assert not list(unpaid_intervals(till.fake.state)), moves
    Grant.objects.all().delete()
    for person in life.people:
        Grant.objects.rebuild(person)
    assert facts() == ordered, moves
    for turn, share in enumerate(lost):
        Retelling(life, Random(number + turn), share).tell()  # as above
        heal()
        till.run_jobs()
        assert facts() == ordered, (moves, share)
        assert differences() == [], (moves, share)
