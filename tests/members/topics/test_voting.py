"""A press on the ballot: kept, taken back, refused with a sentence; who is shown the way; what the reader is told."""

from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from members.models import Ballot, Choice, Complimentary, Grant, Member, Option, Round, Tier
from members.topics.loop import proposals
from members.topics.rounds import closing, voting
from tests.factories import MemberFactory, make_option, make_patron
from tests.members.topics.conftest import WEEK, key, keys, topic

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
INSIDE = {**HERE, "HTTP_X_FRAGMENT": "1"}
SPRING = "/topics/vote/spring/"


def text(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_one_press_votes_and_one_takes_back_with_one_ballot(client: Client, vote: Round, cast: Any) -> None:
    client.force_login(cast.patron)
    for _twice in range(2):
        answer = client.post(SPRING, {"add": key("Quays")}, **HERE)
        assert (answer.status_code, answer["Location"]) == (303, f"/topics/#option-{key('Quays')}")
        assert voting.choices_of(vote, cast.patron) == set(keys("Quays"))
    page = text(client.get("/topics/"))
    assert "Chosen: “Quays”. You have 1 vote left." in page
    assert "1 of 2 votes left" in page
    assert 'type="checkbox"' not in page
    assert page.count('name="add"') == 3
    assert page.count('name="remove"') == 1
    client.post(SPRING, {"add": key("Rents")}, **HERE)
    assert Ballot.objects.count() == 1
    for name in ("Quays", "Quays", "Rents"):
        client.post(SPRING, {"remove": key(name)}, **HERE)
    assert not Ballot.objects.exists()


def test_a_script_gets_the_ballot_alone_with_focus_and_words(client: Client, vote: Round, cast: Any) -> None:
    client.force_login(cast.patron)
    answer = client.post(SPRING, {"add": key("Quays")}, **INSIDE)
    assert answer.status_code == 200
    page = text(answer)
    assert "<html" not in page
    assert "data-says>Chosen: “Quays”. You have 1 vote left.<" in page
    assert f'name="remove" value="{key("Quays")}" data-focus' in page
    assert page.count("data-focus") == 1
    full = client.post(SPRING, {"add": key("Rents")}, **INSIDE)
    assert "All your votes are given." in text(full)
    refused = client.post(SPRING, {"add": key("Streets")}, **INSIDE)
    assert refused.status_code == 409
    assert "take one of these back first: “Quays”, “Rents”<" in text(refused)
    assert 'role="alert" tabindex="-1" data-focus' in text(refused)
    Round.objects.update(closes_at=vote.opens_at + timedelta(days=1))
    late = client.post(SPRING, {"remove": key("Quays")}, **INSIDE)
    assert (late.status_code, "This vote is closed. Your last choice counts." in text(late)) == (409, True)
    client.logout()
    gone = client.post(SPRING, {"add": key("Streets")}, **INSIDE)
    assert (gone.status_code, "You are signed out." in text(gone)) == (403, True)
    assert voting.choices_of(vote, cast.patron) == set(keys("Quays", "Rents"))


def test_who_may_not_vote_sees_the_ballot_and_the_way_in(client: Client, vote: Round, cast: Any) -> None:
    chosen = {"add": key("Quays")}
    assert client.post(SPRING, chosen, **HERE)["Location"] == "/accounts/login/?next=%2Ftopics%2F"
    lapsed = make_patron(MemberFactory())
    Complimentary.objects.filter(member=lapsed).update(ends_at=vote.opens_at + timedelta(days=1))
    Grant.objects.rebuild(lapsed)
    for member in (cast.member, cast.editor, lapsed):
        other = Client()
        other.force_login(member)
        assert other.post(SPRING, chosen, **HERE)["Location"] == "/membership/"
        page = text(other.get("/topics/"))
        assert "Quays" in page
        assert "Become a patron" in page
        assert 'name="add"' not in page
    client.force_login(cast.patron)
    assert client.post(SPRING, chosen, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    assert client.get(SPRING, chosen).status_code == 405
    assert not Ballot.objects.exists()


def test_bad_presses_get_a_sentence_and_leave_the_ballot_as_it_was(
    client: Client, vote: Round, now: datetime, cast: Any
) -> None:
    client.force_login(cast.patron)
    voting.cast_ballot(vote, cast.patron, keys("Quays", "Rents"), now=now)
    elsewhere = make_option(
        Round.objects.create(slug="other", question="Else?", opens_at=now - WEEK, closes_at=now + WEEK), "Elsewhere"
    )
    proposals.decline(topic("Lunches"), reason="A court forbids it.", by=cast.editor, now=now)
    odd: tuple[tuple[dict[str, Any], str], ...] = (
        ({"add": key("Streets")}, "take one of these back first"),
        ({}, "one topic at a time"),
        ({"add": keys("Quays", "Streets")}, "one topic at a time"),
        ({"add": list(range(900))}, "one topic at a time"),
        ({"add": key("Streets"), "remove": key("Quays")}, "one topic at a time"),
        ({"add": elsewhere.pk}, "not on this ballot"),
        ({"add": key("Lunches")}, "not on this ballot"),
        *(({"add": typed}, "not on this ballot") for typed in ("", "-1", "mud", "9" * 40, "1.5", "²", "\x00")),
    )
    for fields, sentence in odd:
        answer = client.post(SPRING, fields, **HERE)
        assert (answer.status_code, sentence in text(answer)) == (409, True), fields
        assert voting.choices_of(vote, cast.patron) == set(keys("Quays", "Rents")), fields
    assert client.post("/topics/vote/nothing/", {"add": 1}, **HERE).status_code == 404
    for moved in (
        {"opens_at": now + timedelta(days=1)},
        {"closes_at": now - timedelta(days=1), "opens_at": now - WEEK},
    ):
        Round.objects.filter(pk=vote.pk).update(**moved)
        assert client.post(SPRING, {"remove": key("Quays")}, **HERE).status_code == 409
    assert voting.choices_of(vote, cast.patron) == set(keys("Quays", "Rents"))


def test_an_option_taken_off_an_open_vote_stays_with_its_reason_can_be_taken_back_and_cannot_win(
    client: Client, vote: Round, now: datetime, cast: Any
) -> None:
    voting.choose(vote, cast.patron, key("Rents"), now=now)
    proposals.decline(topic("Rents"), reason="A court forbids it.", by=cast.editor, now=now)
    assert "A court forbids it." in text(client.get("/topics/"))
    assert closing.close_round(vote, now=vote.closes_at).winners == []
    Round.objects.update(closed_at=None)
    assert voting.take_back(vote, cast.patron, key("Rents"), now=now) == set()


def test_second_ballot_is_impossible_in_the_database(vote: Round, cast: Any) -> None:
    Ballot.objects.create(round=vote, member=cast.patron)
    with pytest.raises(IntegrityError):
        Ballot.objects.create(round=vote, member=cast.patron)


def test_a_vote_of_fewer_than_two_options_shows_no_ballot(
    client: Client, vote: Round, now: datetime, cast: Any
) -> None:
    Option.objects.exclude(topic__title="Quays").delete()
    client.force_login(cast.patron)
    page = text(client.get("/topics/"))
    assert "What next?" not in page
    assert "No vote is open now." in page
    assert "What next?" not in text(Client().get("/"))
    with pytest.raises(voting.VotingError):
        voting.choose(vote, cast.patron, key("Quays"), now=now)


def given(member: Member, starts_at: datetime, ends_at: datetime) -> None:
    """Access from the desk for that time."""
    make_patron(member)
    tier = Tier.objects.get(rank=1)
    Complimentary.objects.filter(member=member).delete()
    Complimentary.objects.create(member=member, tier=tier, starts_at=starts_at, ends_at=ends_at, reason="a friend")
    Grant.objects.rebuild(member)


@pytest.mark.parametrize(
    ("since", "until", "days_held", "says"),
    [
        (30, 300, 14, ""),
        (30, 2, 14, "Your membership now runs until 5 November."),
        (3, 300, 5, "Your vote counts if you stay one until it closes on 10 November, 13:00."),
        (3, 300, 11, "less than 11 days before this vote closes. Your vote cannot count this time"),
    ],
)
def test_a_patron_is_told_whether_their_vote_will_count(
    client: Client, vote: Round, now: datetime, cast: Any, since: int, until: int, days_held: int, says: str
) -> None:
    Round.objects.update(days_held=days_held)
    given(cast.member, now - timedelta(days=since), now + timedelta(days=until))
    client.force_login(cast.member)
    page = text(client.get("/topics/"))
    assert 'name="add"' in page
    assert says in page
    assert ('class="ballot-outlook"' in page) is bool(says)


def test_options_stand_in_an_order_of_ones_own_that_stays(client: Client, vote: Round, cast: Any) -> None:
    from members.topics.rounds.order import in_own_order

    options = list(vote.options.all())
    orders = {tuple(found.pk for found in in_own_order(options, vote, f"member-{n}")) for n in range(40)}
    assert len(orders) > 10
    client.force_login(cast.patron)
    seen = [[line.topic for line in client.get("/topics/").context["shown"].open[0].lines] for _ in range(2)]
    client.post(SPRING, {"add": key("Quays")}, **HERE)
    again = client.post(SPRING, {"remove": key("Quays")}, **INSIDE)
    assert seen[0] == seen[1] == [line.topic for line in again.context["shown"].lines]
    assert not Choice.objects.exists()
