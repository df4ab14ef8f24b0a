"""The gate's truth table, complete."""

from datetime import UTC, datetime, timedelta

import pytest

from members.gate import Allowance, Audience, Decision, Reader, Terms, decide

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)


def test_story_for_everyone_is_read_by_anybody() -> None:
    terms = Terms(1, Audience.EVERYONE, NOW - timedelta(hours=1))
    assert decide(terms, Reader(), Allowance(), NOW) is Decision.READ


@pytest.mark.parametrize("audience", [*Audience.values, "", "unheard of"])
def test_nobody_but_staff_reads_what_is_not_live(audience: str) -> None:
    for live_from in (None, NOW + timedelta(seconds=1)):
        terms = Terms(1, audience, live_from, public_interest=True)
        assert decide(terms, Reader(1, rank=9, gifts=frozenset({1})), Allowance(), NOW) is Decision.SUBSCRIBE
        assert decide(terms, Reader(1, on_staff=True), Allowance(), NOW) is Decision.READ
