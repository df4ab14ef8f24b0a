"""Letters: consent that can be proved, one press to leave, and a mail that carries what its reader may read."""

import re
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from members.gate import Audience, Terms
from members.letters.issues import making
from members.letters.joining import asking, links
from members.letters.sending import mailings, outbox, recipients
from members.models import Issue, Letter, LetterSubscription, Mailing
from tests.factories import make_article

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
REST = "only for some"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def letter(db: None) -> Letter:
    return Letter.objects.create(slug="daily", name="The Daily", sends_new_stories=True, is_default=True)


def subscribe(letter: Letter, email: str, now: datetime, member: Any = None) -> LetterSubscription:
    return LetterSubscription.objects.create(letter=letter, email=email, member=member, confirmed_at=now)


def notice(audience: str, now: datetime, **terms: Any) -> making.StoryNotice:
    story = make_article(audience=audience)
    values = asdict(Terms(story.pk, audience, now - timedelta(hours=1), **terms))
    values["live_from"] = values["live_from"].isoformat()
    return making.StoryNotice(
        story_id=story.pk,
        headline="Quay sinks",
        standfirst="And nobody owns it.",
        teaser_html="<p>Open &amp; free.</p>",
        path=story.get_absolute_url(),
        terms=values,
        body_html=f"<p>Open.</p><p>{REST}</p>",
    )


def send_all() -> None:
    for issue in Issue.objects.all():
        while outbox.go_on(issue.pk):
            pass


def link_in(mail: Any, part: str) -> str:
    found = re.search(rf"http://testserver(/letters/{part}/\S+)", mail.body)
    assert found
    return found[1]


def test_letter_starts_only_after_the_button_behind_the_mailed_link(
    client: Client, letter: Letter, mailoutbox: list[Any], now: datetime
) -> None:
    asked = client.post("/letters/choose/", {"letter": "daily", "email": "Ann@Example.org"}, **HERE)
    assert (asked.status_code, asked["Location"]) == (303, "/letters/asked/")
    mailings.send(Mailing.objects.get())
    row = LetterSubscription.objects.get()
    assert (row.is_receiving, row.asked_on, "The Daily" in row.wording) == (False, "/letters/", True)
    link = link_in(mailoutbox[0], "confirm")
    assert "Start “The Daily”?" in client.get(link).content.decode()
    assert not LetterSubscription.objects.receiving().exists()  # scanners open links, too
    assert client.post(link, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403
    assert "on its way" in client.post(link, **HERE).content.decode()
    assert LetterSubscription.objects.receiving().exists()


def test_confirming_link_works_once_and_not_after_leaving(client: Client, letter: Letter, now: datetime) -> None:
    asking.ask(letter, "ann@example.org", asked_on="/", now=now)
    row = LetterSubscription.objects.get()
    link = links.confirm_link(row)
    for expected in ("on its way", "on its way"):
        assert expected in client.post(link, **HERE).content.decode()
    asking.leave(row, now)
    assert "This link was used" in client.post(link, **HERE).content.decode()
    assert not LetterSubscription.objects.receiving().exists()


def test_confirming_link_expires(client: Client, letter: Letter, now: datetime) -> None:
    import time_machine

    asking.ask(letter, "ann@example.org", asked_on="/", now=now)
    link = links.confirm_link(LetterSubscription.objects.get())
    with time_machine.travel(now + timedelta(days=8), tick=False):
        assert client.post(link, **HERE).status_code == 410
    assert client.get("/letters/confirm/forged/").status_code == 410


def test_who_gets_the_letter_already_is_not_mailed_and_not_told_apart(
    client: Client, letter: Letter, now: datetime
) -> None:
    subscribe(letter, "ann@example.org", now)
    answer = client.post("/letters/choose/", {"letter": "daily", "email": "ANN@example.org"}, **HERE)
    assert answer["Location"] == "/letters/asked/"
    assert not Mailing.objects.exists()


def test_form_says_what_is_missing_and_keeps_the_address(client: Client, letter: Letter) -> None:
    answer = client.post("/letters/choose/", {"email": "ann@example.org"}, **HERE)
    assert answer.status_code == 422
    assert 'value="ann@example.org"' in answer.content.decode()
    assert client.post("/letters/choose/", {"letter": "daily", "email": "none"}, **HERE).status_code == 422
    client.post("/letters/choose/", {"letter": "daily", "email": "a@example.org", "website": "x"}, **HERE)
    assert not LetterSubscription.objects.exists()


def test_leaving_takes_one_press_from_anywhere_and_asking_again_changes_nothing(
    client: Client, letter: Letter, now: datetime
) -> None:
    row = subscribe(letter, "ann@example.org", now)
    link = links.leave_link(row)
    assert "Stop “The Daily”?" in client.get(link).content.decode()
    row.refresh_from_db()
    assert row.is_receiving
    answers = [Client().post(link, {"List-Unsubscribe": "One-Click"}) for _ in range(2)]  # as RFC 8058 posts
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].content == answers[1].content
    row.refresh_from_db()
    assert row.left_at == now
    assert client.post("/letters/leave/forged/").status_code == 410


def test_member_chooses_without_a_mail(client: Client, letter: Letter, cast: Any) -> None:
    other = Letter.objects.create(slug="weekly", name="The Week")
    client.force_login(cast.member)
    for wanted in (["daily"], ["weekly"], []):
        client.post("/letters/choose/", {"letter": wanted}, **HERE)
        assert {row.letter.slug for row in asking.letters_of(cast.member)} == set(wanted)
    assert LetterSubscription.objects.filter(letter=other, left_at__isnull=False).exists()
    assert not Mailing.objects.exists()


def test_story_goes_out_once_to_those_who_confirmed(letter: Letter, mailoutbox: list[Any], now: datetime) -> None:
    Letter.objects.create(slug="other", name="Sends no stories")
    subscribe(letter, "ann@example.org", now)
    LetterSubscription.objects.create(letter=letter, email="never@example.org")
    told = notice(Audience.EVERYONE, now)
    for _ in range(2):
        making.queue_for_story(told)
        send_all()
    assert [mail.to for mail in mailoutbox] == [["ann@example.org"]]


def test_who_left_after_it_was_queued_gets_nothing(letter: Letter, mailoutbox: list[Any], now: datetime) -> None:
    row = subscribe(letter, "ann@example.org", now)
    making.queue_for_story(notice(Audience.EVERYONE, now))
    recipients.write_page(Issue.objects.get(), now=now)
    asking.leave(row, now)
    mailings.send(Mailing.objects.get())
    assert Mailing.objects.get().status == Mailing.Status.SUPPRESSED
    assert not mailoutbox


def test_recipients_are_written_down_page_by_page(
    letter: Letter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients, "PAGE", 2)
    for n in range(5):
        subscribe(letter, f"r{n}@example.org", now)
    making.queue_for_story(notice(Audience.EVERYONE, now))
    issue = Issue.objects.get()
    assert [recipients.write_page(issue, now=now) for _page in range(4)] == [2, 2, 1, 0]
    assert Mailing.objects.count() == 5


def test_page_of_letters_costs_two_queries_and_furniture(
    client: Client, letter: Letter, django_assert_max_num_queries: Any
) -> None:
    from newsroom import furniture

    furniture.snapshot.trusted = True
    try:
        client.get("/letters/")
        with django_assert_max_num_queries(1):
            client.get("/letters/")
    finally:
        furniture.snapshot.trusted = False
