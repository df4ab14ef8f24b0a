"""Votes: the fairness rules one by one, the pages, and who is turned away at which door."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import IntegrityError
from django.test import Client

from members.models import Ballot, Choice, Complimentary, Grant, Member, OfflinePayment, Option, Round, Tier, Topic
from members.topics.loop import proposals
from members.topics.rounds import closing, counting, voting
from tests.factories import MemberFactory, make_article, make_option, make_patron

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def vote(now: datetime) -> Round:
    """An open round of four topics, two choices a ballot, closing in a week."""
    round_ = Round.objects.create(
        slug="spring", question="What next?", opens_at=now - WEEK, closes_at=now + WEEK, choices_per_ballot=2
    )
    for n, name in enumerate(["Quays", "Lunches", "Streets", "Rents"]):
        make_option(round_, name, proposed_at=now - timedelta(days=60 - n))
    return round_


def topic(name: str) -> Topic:
    return Topic.objects.get(title=name)


def keys(*names: str) -> list[int]:
    return [Option.objects.get(topic__title=name).pk for name in names]


def patrons(number: int) -> list[Member]:
    return [make_patron(MemberFactory()) for _ in range(number)]


def places(tally: counting.Tally) -> list[tuple[str, int]]:
    return [(place.option.topic.title, place.votes) for place in tally.places]


def test_patron_votes_changes_and_takes_back_with_one_ballot(client: Client, vote: Round, cast: Any) -> None:
    client.force_login(cast.patron)
    for names in (["Quays", "Rents"], ["Streets"]):
        answer = client.post("/topics/vote/spring/", {"option": keys(*names)}, **HERE)
        assert (answer.status_code, answer["Location"]) == (303, "/topics/#ballot")
        assert voting.choices_of(vote, cast.patron) == set(keys(*names))
    assert Ballot.objects.count() == 1
    page = client.get("/topics/").content.decode()
    assert "You chose" in page
    client.post("/topics/vote/spring/", {}, **HERE)
    assert not Ballot.objects.exists()


def test_who_may_not_vote_is_shown_the_way(client: Client, vote: Round, cast: Any) -> None:
    chosen = {"option": keys("Quays")}
    assert client.post("/topics/vote/spring/", chosen, **HERE)["Location"] == "/accounts/login/?next=%2Ftopics%2F"
    for member in (cast.member, cast.editor):
        other = Client()
        other.force_login(member)
        assert other.post("/topics/vote/spring/", chosen, **HERE)["Location"] == "/membership/"
    client.force_login(cast.patron)
    assert client.post("/topics/vote/spring/", chosen, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    assert client.get("/topics/vote/spring/", chosen).status_code == 405
    assert not Ballot.objects.exists()


def test_refused_ballot_keeps_what_was_ticked_and_says_why(client: Client, vote: Round, cast: Any) -> None:
    client.force_login(cast.patron)
    answer = client.post("/topics/vote/spring/", {"option": keys("Quays", "Rents", "Streets")}, **HERE)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "You have 2 votes" in page
    assert page.count(" checked") == 3
    stranger = Topic.objects.create(slug="other", title="Other", status=Topic.Status.PROPOSED)
    assert client.post("/topics/vote/spring/", {"option": [stranger.pk]}, **HERE).status_code == 409
    Round.objects.update(closes_at=vote.opens_at + timedelta(days=1))
    assert client.post("/topics/vote/spring/", {"option": keys("Quays")}, **HERE).status_code == 409
    assert not Choice.objects.exists()


def test_second_ballot_is_impossible_in_the_database(vote: Round, cast: Any) -> None:
    Ballot.objects.create(round=vote, member=cast.patron)
    with pytest.raises(IntegrityError):
        Ballot.objects.create(round=vote, member=cast.patron)


def test_every_source_of_access_counts_once_whatever_the_tier(vote: Round, now: datetime, cast: Any) -> None:
    high, paid = make_patron(MemberFactory(), rank=3), MemberFactory()
    make_patron(high, rank=1)  # two overlapping grants are still one ballot
    OfflinePayment.objects.create(
        member=paid, tier=Tier.objects.get(rank=1), amount=6000, currency="EUR", received_on=now.date(), starts_at=now,
        ends_at=now + timedelta(days=90),
    )  # fmt: skip
    Grant.objects.rebuild(paid)
    for member in (cast.patron, high, paid):
        voting.cast_ballot(vote, member, keys("Rents"), now=now)
    assert places(counting.count(vote, vote.closes_at))[0] == ("Rents", 3)


def test_ballot_without_access_at_the_close_counts_nothing(vote: Round, now: datetime, cast: Any) -> None:
    leaver = make_patron(MemberFactory())
    voting.cast_ballot(vote, leaver, keys("Quays"), now=now)
    voting.cast_ballot(vote, cast.patron, keys("Rents"), now=now)
    Complimentary.objects.filter(member=leaver).update(ends_at=vote.closes_at)
    Grant.objects.rebuild(leaver)
    tally = counting.count(vote, vote.closes_at)
    assert (places(tally)[0], tally.ballots) == (("Rents", 1), 1)


def test_tie_goes_to_what_was_proposed_first(vote: Round, now: datetime) -> None:
    one, two = patrons(2)
    voting.cast_ballot(vote, one, keys("Streets", "Rents"), now=now)
    voting.cast_ballot(vote, two, keys("Rents", "Streets"), now=now)
    tally = counting.count(vote, vote.closes_at)
    assert tally.winner == topic("Streets")


def test_closing_happens_once_at_the_deadline_and_never_changes(vote: Round, now: datetime) -> None:
    one, two = patrons(2)
    voting.cast_ballot(vote, one, keys("Rents"), now=now)
    with pytest.raises(voting.VotingError):
        closing.close_round(vote, now=now)
    after = vote.closes_at
    first = closing.close_round(vote, now=after)
    assert (topic("Rents").status, topic("Quays").status) == (Topic.Status.WON, Topic.Status.NOT_CHOSEN)
    Ballot.objects.create(round=vote, member=two)
    Grant.objects.filter(member=one).delete()
    again = closing.close_round(vote, now=after + WEEK)
    assert (places(first), first.ballots) == (places(again), again.ballots)
    with pytest.raises(voting.VotingError):
        voting.cast_ballot(vote, two, keys("Quays"), now=now)


def test_option_taken_off_an_open_round_stays_with_its_reason_and_cannot_win(
    client: Client, vote: Round, now: datetime, cast: Any
) -> None:
    voting.cast_ballot(vote, cast.patron, keys("Rents"), now=now)
    proposals.decline(topic("Rents"), reason="A court forbids it.", by=cast.editor, now=now)
    assert "A court forbids it." in client.get("/topics/").content.decode()
    with pytest.raises(voting.VotingError):
        voting.cast_ballot(vote, make_patron(MemberFactory()), keys("Rents"), now=now)
    assert closing.close_round(vote, now=vote.closes_at).winner is None


def test_nobody_votes_and_nothing_wins(vote: Round) -> None:
    assert closing.close_round(vote, now=vote.closes_at).winner is None
    assert not Topic.objects.filter(status=Topic.Status.WON).exists()


@pytest.mark.parametrize(("kind", "seen"), [(Round.Tally.AT_CLOSE, False), (Round.Tally.LIVE, True)])
def test_tally_is_hidden_until_the_close_unless_the_round_is_live(
    client: Client, vote: Round, now: datetime, cast: Any, kind: str, seen: bool
) -> None:
    Round.objects.update(tally=kind)
    voting.cast_ballot(vote, cast.patron, keys("Rents"), now=now)
    for path in ("/topics/", "/topics/rents/"):
        assert ("vote so far" in client.get(path).content.decode()) is seen


def test_result_shows_at_the_deadline_with_no_worker(client: Client, vote: Round, now: datetime, cast: Any) -> None:
    import time_machine

    voting.cast_ballot(vote, cast.patron, keys("Rents"), now=now)
    make_article(topic=topic("Rents"), headline="What the letter boxes say")
    with time_machine.travel(vote.closes_at, tick=False):
        page = client.get("/topics/").content.decode()
        assert "1 vote, chosen" in page
        assert "What the letter boxes say" in page
        assert "1 vote" in client.get("/topics/rents/").content.decode()
    assert Round.objects.get().closed_at is None


def test_options_stand_in_an_order_of_ones_own_that_stays(client: Client, vote: Round, cast: Any) -> None:
    from members.topics.showing import in_own_order

    topics = list(vote.options.all())
    orders = {tuple(found.pk for found in in_own_order(topics, vote, f"member-{n}")) for n in range(40)}
    assert len(orders) > 10
    client.force_login(cast.patron)
    seen = [[line.topic for line in client.get("/topics/").context["open_rounds"][0].lines] for _ in range(2)]
    assert seen[0] == seen[1]


def test_round_counts_again_from_the_stored_rows(vote: Round, now: datetime, cast: Any) -> None:
    voting.cast_ballot(vote, cast.patron, keys("Rents"), now=now)
    closing.close_round(vote, now=vote.closes_at)
    out = StringIO()
    call_command("count_round", "spring", stdout=out)
    assert "1 of 1 ballots count" in out.getvalue()
    assert "The stored result is the same." in out.getvalue()
    assert cast.patron.email not in out.getvalue()


def test_proposal_waits_for_the_newsroom(client: Client, cast: Any) -> None:
    fields = {"title": "Хто доглядає за набережною?", "case": "Бо вона тоне."}
    assert client.post("/topics/propose/", fields, **HERE).status_code == 200
    assert not Topic.objects.exists()
    client.force_login(cast.patron)
    assert client.post("/topics/propose/", {"title": "x", "case": "y"}, **HERE).status_code == 422
    assert client.post("/topics/propose/", fields, **HERE)["Location"] == "/topics/propose/?thanks"
    found = Topic.objects.get()
    assert (found.status, found.proposed_by) == (Topic.Status.PROPOSED, cast.patron)
    assert client.get(found.get_absolute_url()).status_code == 404


def test_options_are_frozen_once_the_round_opens(vote: Round, now: datetime, cast: Any) -> None:
    idea = proposals.propose(cast.patron, title="Where did the herring go?", case="", now=now)
    with pytest.raises(proposals.TopicError):
        proposals.admit(idea, vote, by=cast.editor, now=now)
    later = Round.objects.create(slug="summer", question="And then?", opens_at=now + WEEK, closes_at=now + 2 * WEEK)
    proposals.admit(idea, later, by=cast.editor, now=now)
    with pytest.raises(proposals.TopicError):
        proposals.decline(idea, reason=" ", by=cast.editor, now=now)
    assert idea.round == later


@pytest.mark.parametrize("path", ["/topics/", "/topics/rents/", "/topics/propose/"])
def test_pages_of_topics_open_for_strangers_with_one_heading(client: Client, vote: Round, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


def test_page_of_topics_costs_few_queries(
    client: Client, vote: Round, now: datetime, django_assert_max_num_queries: Any
) -> None:
    closing.close_round(vote, now=vote.closes_at)
    from newsroom import furniture

    furniture.snapshot.trusted = True
    try:
        client.get("/topics/")
        with django_assert_max_num_queries(6):
            client.get("/topics/")
    finally:
        furniture.snapshot.trusted = False


def test_steps_on_the_desk_are_posts_with_permission_and_reasons(client: Client, now: datetime, cast: Any) -> None:
    idea = proposals.propose(cast.patron, title="Where did the herring go?", case="", now=now)
    Round.objects.create(slug="summer", question="And then?", opens_at=now + WEEK, closes_at=now + 2 * WEEK)
    address = f"/admin/members/topic/{idea.pk}/do"
    client.force_login(cast.writer)
    assert client.post(f"{address}/admit/", {"round": "summer"}).status_code == 403
    client.force_login(cast.editor)
    assert client.get(f"{address}/admit/").status_code == 405
    assert client.get(f"/admin/members/topic/{idea.pk}/change/").status_code == 200
    client.post(f"{address}/admit/", {"round": "summer"})
    idea.refresh_from_db()
    assert idea.status == Topic.Status.IN_VOTE
    client.post(f"{address}/decline/", {"reason": " "})
    idea.refresh_from_db()
    assert idea.status == Topic.Status.IN_VOTE
    client.post(f"{address}/assign/", {"to": cast.writer.email, "due_on": "2026-13-40"})
    client.post(f"{address}/decline/", {"reason": "We did it in May."})
    idea.refresh_from_db()
    assert (idea.status, idea.decline_reason) == (Topic.Status.DECLINED, "We did it in May.")
    assert "We did it in May." in client.get(idea.get_absolute_url()).content.decode()


def test_open_round_is_frozen_on_the_desk(client: Client, vote: Round, now: datetime, cast: Any) -> None:
    client.force_login(cast.publisher)
    page = client.get(f"/admin/members/round/{vote.pk}/change/").content.decode()
    assert 'name="question"' not in page
    client.post(f"/admin/members/round/{vote.pk}/change/", {"question": "Another?", "choices_per_ballot": 9})
    vote.refresh_from_db()
    assert (vote.question, vote.choices_per_ballot) == ("What next?", 2)
    assert 'name="question"' in client.get("/admin/members/round/add/").content.decode()
