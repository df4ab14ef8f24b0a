"""What everybody sees of votes: hidden and live tallies, results at their minute, what comes next, few queries."""

from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.models import Ballot, Choice, Grant, Member, Round, Tier, Topic
from members.topics.loop import proposals
from members.topics.rounds import closing, glance, voting
from newsroom import furniture
from tests.factories import make_article, make_option
from tests.members.topics.conftest import WEEK, keys, topic

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def seen(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.content.decode())


@pytest.mark.parametrize(("kind", "shows"), [(Round.Tally.AT_CLOSE, False), (Round.Tally.LIVE, True)])
def test_tally_is_hidden_until_the_close_unless_the_round_is_live(
    client: Client, vote: Round, now: datetime, cast: Any, kind: str, shows: bool
) -> None:
    Round.objects.update(tally=kind)
    voting.cast_ballot(vote, cast.patron, keys("Rents"), now=now)
    story = make_article(headline="Anything")
    for path in ("/topics/", "/topics/rents/"):
        assert ("vote so far" in seen(client, path)) is shows
    for path in ("/topics/", "/", story.get_absolute_url()):
        page = seen(client, path)
        assert ('<meter min="0" max="1" value="1" aria-label="Rents">' in page) is shows, path
        assert "What next?" in page
        assert page.count("<h1") == 1


def test_result_shows_at_the_deadline_with_no_worker(client: Client, vote: Round, now: datetime, cast: Any) -> None:
    voting.cast_ballot(vote, cast.patron, keys("Rents"), now=now)
    make_article(topic=topic("Rents"), headline="What the letter boxes say")
    assert client.get("/topics/past/spring/").status_code == 404
    with time_machine.travel(vote.closes_at, tick=False):
        for path in ("/topics/", "/topics/past/spring/"):
            page = seen(client, path)
            assert "1 vote, chosen" in page
            assert '<meter min="0" max="1" value="1" aria-label="Rents">' in page
            assert "What the letter boxes say" in page
        assert Round.objects.get().closed_at is None
        assert "What next?" not in seen(client, "/")
        closing.close_round(vote, now=vote.closes_at)
        way = seen(client, "/topics/")
        assert "On its way" in way
        assert "1 patron asked for it." in way
        proposals.assign(topic("Rents"), to=cast.writer, due_on=None, by=cast.editor, now=vote.closes_at)
        assert "A colleague is on it." in seen(client, "/topics/")


def test_the_next_vote_is_announced_without_its_options(client: Client, now: datetime) -> None:
    coming = Round.objects.create(slug="s", question="And then?", opens_at=now + DAY, closes_at=now + WEEK)
    for name in ("Quays", "Rents"):
        make_option(coming, name)
    page = seen(client, "/topics/")
    assert "And then?" in page
    assert "4 November, 13:00" in page
    assert "Quays" not in page
    assert "How it works" in page
    with time_machine.travel(now + DAY, tick=False):
        assert "Quays" in seen(client, "/topics/")


def test_older_votes_have_an_address_each_one_after_the_other(client: Client, now: datetime) -> None:
    for number in range(6):
        ended = now - (number + 1) * WEEK
        past = Round.objects.create(
            slug=f"past-{number}", question=f"Round {number}?", opens_at=ended - WEEK, closes_at=ended, closed_at=ended,
            ballots_counted=4,
        )  # fmt: skip
        for name in ("a", "b"):
            make_option(past, f"{name}{number}", votes=2, status=Topic.Status.NOT_CHOSEN)
    page = seen(client, "/topics/")
    assert ("Round 3?" in page, "Round 4?" in page) == (True, False)
    path, visited = "/topics/past/past-3/", []
    while path:
        shown = client.get(path).context
        visited.append(shown["shown"].round.slug)
        path = f"/topics/past/{shown['before'].slug}/" if shown["before"] else ""
    assert visited == ["past-3", "past-4", "past-5"]
    assert "Round 2?" in seen(client, "/topics/past/past-3/")


def test_other_pages_show_other_options_each_hour_while_nothing_may_lead(vote: Round, now: datetime) -> None:
    shown = []
    for hour in range(12):
        found = glance.at(now + timedelta(hours=hour))
        assert found is not None
        assert (len(found.lines), found.others, found.shows_tally) == (3, 1, False)
        shown.append({str(line.option) for line in found.lines})
    assert len(set().union(*shown)) == 4


def test_the_page_costs_the_same_at_twenty_ballots_and_at_two_thousand(
    client: Client, vote: Round, now: datetime, cast: Any
) -> None:
    Round.objects.update(tally="live")
    past = Round.objects.create(slug="past", question="Before?", opens_at=now - 3 * WEEK, closes_at=now - 2 * WEEK)
    for name in ("Ice", "Mud"):
        make_option(past, name)
    closing.close_round(past, now=now)
    tier, (rents,) = Tier.objects.get(rank=1), keys("Rents")
    furniture.snapshot.trust(True)
    for ballots in (20, 1980):
        members = Member.objects.bulk_create(Member(email=f"v{ballots}-{n}@example.org") for n in range(ballots))
        Grant.objects.bulk_create(
            Grant(
                member=each,
                tier=tier,
                starts_at=now - 9 * WEEK,
                ends_at=now + 9 * WEEK,
                source="gift",
                source_id=each.pk,
            )
            for each in members
        )
        cast_by = Ballot.objects.bulk_create(Ballot(round=vote, member=each) for each in members)
        Choice.objects.bulk_create(Choice(ballot=each, option_id=rents) for each in cast_by)
        furniture.snapshot.forget()
        furniture.snapshot.get()
        with CaptureQueriesContext(connection) as queries:
            page = seen(client, "/topics/")
        assert len(queries) <= 6, "\n".join(query["sql"][:160] for query in queries)
    furniture.snapshot.trust(False)
    assert "2,000 votes so far" in page


def test_a_vote_drops_the_pages_of_its_topic_alone_and_what_leads_is_read_anew_in_a_minute(
    client: Client, vote: Round, now: datetime, cast: Any, django_capture_on_commit_callbacks: Any
) -> None:
    make_article()
    Round.objects.update(tally="live")
    furniture.snapshot.trust(True)
    kept = furniture.snapshot.get()
    assert kept.vote is not None
    assert kept.vote.ballots == 0
    with django_capture_on_commit_callbacks(execute=True):
        voting.choose(vote, cast.patron, keys("Rents")[0], now=now)
    assert furniture.snapshot.get() is kept
    with time_machine.travel(now + timedelta(seconds=61), tick=False):
        assert '<meter min="0" max="1" value="1" aria-label="Rents">' in seen(client, "/")
    with time_machine.travel(vote.closes_at, tick=False):
        assert furniture.snapshot.get().vote is None
    furniture.snapshot.trust(False)
