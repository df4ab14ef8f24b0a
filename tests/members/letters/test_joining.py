"""Joining and leaving letters: nothing acts but a pressed button, and every answer is a sentence."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from members.gate import Audience
from members.letters.joining import asking, links
from members.models import Issue, Letter, LetterSubscription, Mailing, Suppression

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
ANN = "ann@example.org"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def letter(db: None) -> Letter:
    return Letter.objects.create(slug="daily", name="The Daily", is_default=True)


def path_of(link: str) -> str:
    return link.removeprefix("http://testserver")


def test_each_link_acts_by_its_button_alone_and_an_old_one_says_why(
    client: Client, letter: Letter, now: datetime
) -> None:
    asking.ask(letter, ANN, asked_on="/letters/", now=now)
    row = LetterSubscription.objects.get()
    old = path_of(links.confirm_link(row))
    asking.ask(letter, ANN.upper(), asked_on="/letters/", now=now + timedelta(minutes=5))
    assert Mailing.objects.count() == 1
    assert "Start “The Daily”?" in client.get(old).content.decode()
    asking.ask(letter, ANN, asked_on="/letters/", now=now + timedelta(hours=2))
    assert Mailing.objects.count() == 2
    row.refresh_from_db()
    with time_machine.travel(now + timedelta(hours=3), tick=False):
        assert "There is a newer link" in client.post(old, **HERE).content.decode()
        row.refresh_from_db()
        assert not row.is_receiving
        asking.leave(row, now + timedelta(hours=3))
        new = path_of(links.confirm_link(row))
        assert "This link was used" in client.post(new, **HERE).content.decode()
    row.refresh_from_db()
    assert not row.is_receiving


def test_whoever_it_was_not_is_never_written_to_again(client: Client, letter: Letter, now: datetime) -> None:
    asking.ask(letter, ANN, asked_on="/letters/", now=now)
    row = LetterSubscription.objects.get()
    confirm, never = path_of(links.confirm_link(row)), path_of(links.never_link(row))
    assert "It was not you?" in client.get(never).content.decode()
    assert not Suppression.objects.exists()
    assert client.post(never, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    assert "will not write again" in client.post(never, **HERE).content.decode()
    assert Suppression.objects.get().reason == "asked"
    client.post(confirm, **HERE)
    row.refresh_from_db()
    assert not row.is_receiving
    LetterSubscription.objects.update(email="other@example.org")
    assert client.post(never, **HERE).status_code == 410


def test_leaving_by_an_issues_link_counts_each_person_once(letter: Letter, now: datetime, settings: Any) -> None:
    issue = Issue.objects.create(letter=letter, subject="One")
    row = LetterSubscription.objects.create(letter=letter, email=ANN, confirmed_at=now)
    link = path_of(links.leave_link(row, issue))
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key " * 5
    with time_machine.travel(now + timedelta(days=3000), tick=False):
        for _again in range(2):
            LetterSubscription.objects.update(left_at=None)
            answers = [Client().post(link, {"List-Unsubscribe": "One-Click"}) for _ in range(2)]
            assert (answers[0].status_code, answers[0].content) == (200, answers[1].content)
    issue.refresh_from_db()
    row.refresh_from_db()
    assert (issue.left, row.is_receiving) == (1, False)


def test_an_address_chooses_its_letters_by_its_own_link(client: Client, letter: Letter, now: datetime) -> None:
    weekly = Letter.objects.create(slug="weekly", name="The Week")
    paid = Letter.objects.create(slug="paid", name="The Paid", audience=Audience.PATRONS)
    row = LetterSubscription.objects.create(letter=letter, email=ANN, confirmed_at=now)
    mine = path_of(links.mine_link(row))
    assert "Stop everything" in client.get(mine).content.decode()

    def getting() -> set[str]:
        return {each.letter.slug for each in asking.letters_with(row)}

    for pressed, gets in (
        ({"start": "weekly"}, {"daily", "weekly"}),
        ({"start": "paid"}, {"daily", "weekly"}),
        ({"start": "\x00"}, {"daily", "weekly"}),
        ({"stop": "daily"}, {"weekly"}),
        ({"stop_all": "1"}, set()),
    ):
        assert client.post(mine, pressed, **HERE).status_code == 200
        assert getting() == gets
    assert not Mailing.objects.exists()
    assert client.post(mine, {"start": "weekly"}, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    assert client.get("/letters/mine/forged/").status_code == 410
    assert not LetterSubscription.objects.filter(letter=paid).exists()
    assert LetterSubscription.objects.filter(letter=weekly).count() == 1


def test_letter_for_patrons_tells_the_way_and_rests_when_they_lapse(
    client: Client, letter: Letter, cast: Any, now: datetime
) -> None:
    paid = Letter.objects.create(slug="paid", name="The Paid", audience=Audience.PATRONS)
    refused = client.post("/letters/choose/", {"letter": "paid", "email": ANN}, **HERE)
    assert (refused.status_code, "Sign in first" in refused.content.decode()) == (422, True)
    assert "become one" in client.get("/letters/paid/").content.decode()
    client.force_login(cast.member)
    client.post("/letters/choose/", {"letter": "paid"}, **HERE)
    assert "not for everybody" in client.get("/letters/").content.decode()
    LetterSubscription.objects.create(letter=paid, email=cast.member.email, member=cast.member, confirmed_at=now)
    assert "It rests" in client.get("/letters/").content.decode()
    client.post("/letters/choose/", {"letter": "daily", "among": "daily"}, **HERE)
    assert {row.letter.slug for row in asking.letters_of(cast.member)} == {"daily", "paid"}
