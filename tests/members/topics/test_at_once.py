"""Presses, closes and counts that come together, on a real PostgreSQL: never one ballot or one choice too many."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from members.models import Ballot, Choice, Option, Round, TopicStep
from members.topics.rounds import closing, counting, voting
from tests.factories import MemberFactory, make_patron
from tests.members.money.together import at_once, failures
from tests.members.topics.conftest import NAMES, WEEK, keys, make_vote


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_whatever_comes_together_is_one_ballot_counted_or_refused() -> None:
    now = timezone.now()
    vote, patron = make_vote(now), make_patron(MemberFactory())
    options = keys(*NAMES)

    def press(pk: int, at: Any = now) -> Any:
        return lambda: voting.choose(vote, patron, pk, now=at)

    results = at_once([press(pk) for pk in options for _twice in range(2)])
    refused = failures(results)
    assert all(isinstance(error, voting.VotingError) for error in refused)
    assert Ballot.objects.count() == 1
    assert Choice.objects.count() == vote.choices_per_ballot
    assert len(refused) == 4  # two options of four, both presses

    voting.cast_ballot(vote, patron, [], now=now)
    Round.objects.update(closes_at=now + WEEK)
    others = [make_patron(MemberFactory()) for _ in range(3)]
    before, after = now + WEEK - timedelta(seconds=1), now + WEEK
    votes = [lambda who=who: voting.choose(vote, who, options[0], now=before) for who in others]
    closes = [lambda: closing.close_round(vote, now=after) for _ in range(2)]
    results = at_once([*closes, *votes])
    tallies, answers = results[:2], results[2:]
    kept = sum(not isinstance(answer, Exception) for answer in answers)
    assert all(isinstance(error, voting.VotingError) for error in failures(answers))
    assert [tally.ballots for tally in tallies] == [kept, kept]
    assert Option.objects.get(pk=options[0]).votes == kept
    assert TopicStep.objects.count() == len(NAMES)  # each once, whoever closed
    assert counting.differences(tallies[0], counting.count(Round.objects.get(), after)) == []
