"""Which ballots count and what wins: against a plain model of the rules, whatever happens in whatever order."""

import json
import os
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from members.models import (
    Ballot,
    Complimentary,
    Grant,
    Option,
    Round,
    Topic,
    TopicStep,
)  # fmt: skip
from members.topics.loop import proposals
from members.topics.rounds import closing, counting, glance, standing, voting
from tests.conftest import NOON
from tests.factories import MemberFactory, TierFactory, make_patron
from tests.members.topics.conftest import WEEK, keys, patrons, places, topic

pytestmark = pytest.mark.django_db
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
DAY = timedelta(days=1)

moments = st.integers(-20, 20)
spans = st.lists(st.tuples(moments, st.integers(1, 15)), max_size=4)


@settings(
    max_examples=400 if LONG else 25,
    deadline=None,
    suppress_health_check=QUIET,
    phases=[Phase.explicit, Phase.generate],
)
@example(
    held=[[(-20, 40)], [(-8, 1), (1, 13)], [(-8, 3), (-5, 19)], [(0, 7)], [(0, 8)], [(-7, 1), (5, 9)]],
    days_held=7,
    at=7,
)
@example(held=[[(-7, 14)], [(-7, 7), (0, 8)], [(-6, 14)], [(0, 15)], [(1, 15)]], days_held=7, at=9)
@given(held=st.lists(spans, min_size=1, max_size=6), days_held=st.integers(0, 20), at=st.integers(-6, 9))
def test_what_sql_says_of_a_ballot_is_what_python_says(
    vote: Round, held: list[list[tuple[int, int]]], days_held: int, at: int
) -> None:
    tier = TierFactory()
    Ballot.objects.all().delete()
    vote.days_held = days_held
    wanted, number = {}, 1
    for own in held:
        ballot = Ballot.objects.create(round=vote, member=MemberFactory())
        intervals = [(NOON + start * DAY, NOON + (start + days) * DAY) for start, days in own]
        for starts_at, ends_at in intervals:
            Grant.objects.create(
                member=ballot.member, tier=tier, starts_at=starts_at, ends_at=ends_at, source="gift", source_id=number
            )
            number += 1
        wanted[ballot.pk] = standing.judge(intervals, vote, min(NOON + at * DAY, vote.closes_at))
    judged: Any = Ballot.objects.with_standing(vote, NOON + at * DAY)
    assert dict(judged.values_list("pk", "judged")) == wanted
    Grant.objects.all().delete()


def test_overlapping_grants_are_one_ballot_and_votes_weigh_the_same(vote: Round, now: datetime, cast: Any) -> None:
    high = make_patron(MemberFactory(), rank=3)
    make_patron(high, rank=1)
    for member in (cast.patron, high):
        voting.cast_ballot(vote, member, keys("Rents"), now=now)
    tally = counting.count(vote, vote.closes_at)
    assert (places(tally)[0], tally.ballots) == (("Rents", 2), 2)


def test_who_joins_votes_and_leaves_has_not_voted(vote: Round, now: datetime, cast: Any) -> None:
    leaver, joiner = patrons(2)
    Complimentary.objects.filter(member=leaver).update(starts_at=now - DAY, ends_at=vote.closes_at)
    Complimentary.objects.filter(member=joiner).update(starts_at=now - DAY)
    for member in (leaver, joiner):
        Grant.objects.rebuild(member)
    for member in (leaver, joiner, cast.patron):
        voting.cast_ballot(vote, member, keys("Rents"), now=now)
    tally = counting.count(vote, vote.closes_at)
    assert (places(tally)[0], tally.left_out) == (("Rents", 1), {"no_grant": 1, "too_new": 1})


def test_a_tie_goes_as_the_rule_says_and_the_rule_is_on_the_ballot(client: Any, vote: Round, now: datetime) -> None:
    for member in patrons(2):
        voting.cast_ballot(vote, member, keys("Streets", "Rents"), now=now)
    assert [str(option) for option in counting.count(vote, vote.closes_at).winners] == ["Streets"]
    assert "Of equals, the topic proposed first wins." in client.get("/topics/").content.decode()
    vote.tie_rule = Round.Tie.ALL
    assert [str(option) for option in counting.count(vote, vote.closes_at).winners] == ["Streets", "Rents"]


def test_the_close_happens_once_and_never_changes(vote: Round, now: datetime, cast: Any) -> None:
    one, two = patrons(2)
    voting.cast_ballot(vote, one, keys("Rents"), now=now)
    with pytest.raises(voting.VotingError):
        closing.close_round(vote, now=now)
    first = closing.close_round(vote, now=vote.closes_at)
    assert (topic("Rents").status, topic("Quays").status) == (Topic.Status.WON, Topic.Status.NOT_CHOSEN)
    Complimentary.objects.filter(member=one).delete()
    Grant.objects.rebuild(one)
    proposals.decline(topic("Rents"), reason="It cannot be found out.", by=cast.editor, now=vote.closes_at + DAY)
    again = closing.close_round(vote, now=vote.closes_at + WEEK)
    vote.refresh_from_db()
    recount = counting.count(vote, vote.closes_at + 2 * WEEK)
    assert places(first) == places(again) == places(recount)
    assert [str(option) for option in recount.winners] == ["Rents"]
    assert (first.ballots, again.ballots, recount.ballots) == (1, 1, 1)
    assert TopicStep.objects.filter(kind=TopicStep.Kind.WON).count() == 1
    with pytest.raises(voting.VotingError):
        voting.cast_ballot(vote, two, keys("Quays"), now=now)


def test_nobody_votes_and_nothing_wins(vote: Round) -> None:
    assert closing.close_round(vote, now=vote.closes_at).winners == []
    assert not Topic.objects.filter(status=Topic.Status.WON).exists()


def test_the_leading_topics_are_nobodys_while_the_tally_is_hidden(vote: Round, now: datetime, cast: Any) -> None:
    voting.cast_ballot(vote, cast.patron, keys("Rents"), now=now)
    hidden = glance.at(now)
    assert hidden
    assert (hidden.ballots, {line.votes for line in hidden.lines}) == (None, {None})
    vote.tally = Round.Tally.LIVE
    vote.save()
    live = glance.at(now)
    assert live
    assert [(str(line.option), line.votes) for line in live.lines[:2]] == [("Rents", 1), ("Quays", 0)]


def counted(*arguments: str) -> str:
    out = StringIO()
    call_command("count_round", *arguments, stdout=out)
    return out.getvalue()


def test_a_round_counts_again_and_leaves_the_house_without_names(
    vote: Round, now: datetime, cast: Any, tmp_path: Path
) -> None:
    new = make_patron(MemberFactory())
    Complimentary.objects.filter(member=new).update(starts_at=now - timedelta(hours=1))
    Grant.objects.rebuild(new)
    for member, names in ((cast.patron, ("Rents", "Quays")), (patrons(1)[0], ("Rents",)), (new, ("Lunches",))):
        voting.cast_ballot(vote, member, keys(*names), now=now)
    file = tmp_path / "spring.json"
    with pytest.raises(CommandError, match="hidden until it closes"):
        counted("spring", "--export", str(file))
    Round.objects.update(tally="live")
    with pytest.raises(CommandError, match="once it is closed"):
        counted("spring", "--export", str(file))
    assert not file.exists()
    Round.objects.update(closes_at=now, tally="at_close")
    closing.close_round(vote, now=now)
    said = counted("spring", "--export", str(file))
    assert "2 of 3 ballots count" in said
    assert "The stored result is the same." in said
    found = json.loads(file.read_text())
    assert sorted(found["ballots"]) == [["quays", "rents"], ["rents"]]
    assert found["ballots_left_out"] == {"too_new": 1}
    assert found["tally"][0] == {"topic": "rents", "votes": 2, "chosen": True}
    assert recounted(found) == [(row["topic"], row["votes"], row["chosen"]) for row in found["tally"]]
    ballots = Ballot.objects.values_list("pk", "cast_at")
    for secret in (cast.patron.email, cast.patron.name, *(str(at) for _pk, at in ballots)):
        assert secret not in file.read_text() + said
    Option.objects.filter(topic__title="Quays").update(votes=7)
    with pytest.raises(CommandError, match="“Quays”: stored 7, recounted 1"):
        counted("spring")


def recounted(found: dict[str, Any]) -> list[tuple[str, int, bool]]:
    """The tally as a stranger counts it from the exported file alone."""
    order = [option["topic"] for option in found["options"]]
    votes = {slug: sum(slug in ballot for ballot in found["ballots"]) for slug in order}
    ranked = sorted(order, key=lambda slug: (-votes[slug], order.index(slug)))
    return [
        (slug, votes[slug], place < found["rules"]["winners"] and votes[slug] > 0) for place, slug in enumerate(ranked)
    ]
