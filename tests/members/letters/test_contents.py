"""What a letter carries: the gate for each recipient, stories taken back, links that count or open, once per story."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from articles.models import Redirect
from members import meter
from members.gate import Audience, Decision, decide
from members.letters.issues import contents, making
from members.letters.issues.rendering import Press
from members.letters.joining import asking
from members.letters.sending import mailings
from members.models import AuditEntry, Issue, IssueLink, Letter, LetterSubscription, Mailing, Member
from tests.factories import MemberFactory, make_patron
from tests.members.letters.printed import copy_for, issue_of, mailing_to, marker, notice, patron_of

pytestmark = pytest.mark.django_db
HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture
def letter(db: None, now: datetime) -> Letter:
    return Letter.objects.create(slug="daily", name="The Daily", sends_new_stories=True, is_default=True)


def local(link: str) -> str:
    return link.removeprefix("http://testserver")


def path_in(message: EmailMultiAlternatives, part: str) -> str:
    found = [line for line in str(message.body).splitlines() if f"/letters/{part}/" in line]
    assert found, message.body
    return local(found[0])


def test_a_copy_is_cut_by_the_standing_its_reader_has_when_it_is_made(letter: Letter, now: datetime) -> None:
    issue, reader = issue_of(letter, notice("one", Audience.PATRONS)), MemberFactory()
    mailing = mailing_to(issue, reader)
    before = Press(issue, now).copy(mailing)
    make_patron(reader)
    after = Press(issue, now).copy(mailing)
    assert [marker("one") in str(getattr(copy, "body", "")) for copy in (before, after)] == [False, True]


@pytest.mark.parametrize(
    ("carries", "teaser", "body"), [("lines", False, False), ("teaser", True, False), ("whole", True, True)]
)
def test_a_copy_holds_as_much_of_a_story_as_the_desk_asked_for(
    letter: Letter, carries: str, teaser: bool, body: bool
) -> None:
    text = str(copy_for(issue_of(letter, notice("one", carries=carries, note="Read this first."))).body)
    assert "Quay sinks: one" in text
    assert "And nobody owns it." in text
    assert "Read this first." in text
    assert ("Open & free." in text, marker("one") in text) == (teaser, body)


def test_whoever_may_not_get_the_letter_now_gets_none_and_it_says_why(now: datetime) -> None:
    high = patron_of(20)
    for_them = Letter.objects.create(
        slug="dear", name="Dear", audience=Audience.PATRONS, minimum_tier=high.grants.get().tier
    )
    issue = issue_of(for_them, notice("one"))
    people = [None, MemberFactory(), patron_of(10), patron_of(20, lapsed=True), high]
    gone = patron_of(20)
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    left = mailing_to(issue, MemberFactory())
    asking.leave(left.subscription, now)
    answers = [Press(issue, now).copy(mailing_to(issue, who)) for who in [*people, gone]]
    said = [answer if isinstance(answer, str) else "a copy" for answer in [*answers, Press(issue, now).copy(left)]]
    other = "not among those the letter is for"
    assert said == [other, other, other, "no patron any more", "a copy", "the account is closed", "has left the letter"]


def test_a_page_of_recipients_costs_three_queries(
    letter: Letter, now: datetime, django_assert_num_queries: Any
) -> None:
    issue = issue_of(letter, notice("one"), notice("two", Audience.PATRONS))
    page = [mailing_to(issue, MemberFactory()) for _ in range(5)] + [
        mailing_to(issue, email=f"{n}@x.org") for n in "ab"
    ]
    press = Press(issue, now)
    with django_assert_num_queries(3):
        press.learn(page)
        assert all(isinstance(press.copy(mailing), EmailMultiAlternatives) for mailing in page)
    one_by_one = Press(issue, now)
    with django_assert_num_queries(4):  # and those who come next
        for mailing in page:
            one_by_one.copy(mailing)


def test_a_story_goes_once_to_each_letter_of_its_section(letter: Letter, now: datetime) -> None:
    Letter.objects.create(slug="other", name="Sends no stories")
    city = Letter.objects.create(slug="city", name="City", sends_new_stories=True, section_ids=[7], carries="whole")
    told = [notice("one", section_id=7), notice("two", section_id=8), notice("three")]
    for _ in range(2):
        for each in told:
            making.queue_for_story(each)
    assert Issue.objects.filter(letter=letter).count() == 3
    assert [issue.subject for issue in Issue.objects.filter(letter=city)] == ["Quay sinks: one"]
    assert {contents.first_story(issue)["carries"] for issue in Issue.objects.filter(letter=letter)} == {"teaser"}
    assert contents.first_story(Issue.objects.get(letter=city))["carries"] == "whole"


def test_a_withdrawn_story_stops_its_letter_and_leaves_the_others(
    letter: Letter, now: datetime, client: Client
) -> None:
    one, two = notice("one"), notice("two")
    making.queue_for_story(one)
    alone, both = Issue.objects.get(), issue_of(letter, one, two, subject="Both")
    alone_copy, both_copy = mailing_to(alone), mailing_to(both)
    press = Press(both, now)
    press.learn([])
    assert making.stop_story(one.story_id, now=now) == 1
    press.learn([both_copy])
    said = str(getattr(press.copy(both_copy), "body", ""))
    assert ("sinks: one" in said, "sinks: two" in said) == (False, True)
    mailings.send(alone_copy)
    alone_copy.refresh_from_db()
    alone.refresh_from_db()
    assert (alone_copy.status, alone_copy.error) == (Mailing.Status.SUPPRESSED, "the story was taken back")
    assert (alone.state, client.get(contents.web_link(alone)).status_code) == (Issue.State.STOPPED, 410)
    assert "sinks: one" not in client.get(contents.web_link(both)).content.decode()
    assert making.stop_story(two.story_id, now=now) == 1
    both.refresh_from_db()
    assert both.state == Issue.State.STOPPED
    assert AuditEntry.objects.filter(verb="letter.stop", subject_id=str(both.pk)).count() == 1
    making.reopen_story(one.story_id)
    pages = [client.get(contents.web_link(issue)).content.decode() for issue in (alone, both)]
    assert [("sinks: one" in page, "sinks: two" in page) for page in pages] == [(True, False), (True, False)]


def test_a_link_to_an_open_story_is_counted_in_sum_and_leads_nowhere_else(
    letter: Letter, client: Client, now: datetime
) -> None:
    issue = issue_of(
        letter, notice("one"), notice("two", path="//evil.example/"), notice("three", path="/\\evil.example")
    )
    link, other = (local(contents.go_link(issue, place)) for place in (0, 1))
    assert path_in(copy_for(issue), "go") == link
    client.head(link)
    client.get(link, headers={"sec-purpose": "prefetch;prerender"})
    assert not IssueLink.objects.exists()
    answers = [client.get(link) for _ in range(2)] + [client.get(link, REMOTE_ADDR="198.51.100.7")]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, contents.first_story(issue)["path"])
    }
    assert IssueLink.objects.get().clicks == 2
    with time_machine.travel(now + timedelta(minutes=2), tick=False):
        client.get(link)
    assert IssueLink.objects.values_list("position", "clicks", "path").get() == (
        0,
        3,
        contents.first_story(issue)["path"],
    )
    assert [client.get(local(contents.go_link(issue, place)))["Location"] for place in (1, 2)] == ["/", "/"]
    assert client.get(local(contents.go_link(issue, 9))).status_code == 410
    assert client.get(link.replace("/letters/go/", "/letters/go/x")).status_code == 404
    assert not client.cookies
    making.stop_story(contents.first_story(issue)["story_id"], now=now)
    assert (client.get(link).status_code, client.get(other).status_code) == (410, 302)


def test_a_recipients_link_opens_any_gated_story_of_the_issue_for_them_alone(
    letter: Letter, client: Client, now: datetime
) -> None:
    issue = issue_of(letter, notice("one"), notice("two", Audience.PATRONS), notice("three", Audience.METERED))
    patron, two = patron_of(10), contents.stories_of(issue)[1]
    message = copy_for(issue, patron)
    assert str(message.body).count("/letters/story/") == 2
    assert str(message.body).count("/letters/go/") == 1
    assert str(copy_for(issue).body).count("/letters/story/") == 1  # the metered one: a letter costs no view
    link = path_in(message, "story")
    assert client.get(link).status_code == 200
    assert meter.GIFTS_COOKIE not in client.cookies
    opened = client.post(link, **HERE)
    assert (opened.status_code, opened["Location"]) == (303, f"{two['path']}rest/#continue")
    assert meter.GIFTS_COOKIE in client.cookies
    elsewhere = link.replace(f"/{two['story_id']}~", "/999999~")
    assert [
        Client().post(path, **HERE).status_code for path in (elsewhere, link[:-3] + "zz/", "/letters/story/x/")
    ] == [410] * 3
    stranger = contents.story_link(issue, LetterSubscription.objects.get(email="ann@example.org"), two)
    assert Client().post(stranger, **HERE)["Location"] == f"{two['path']}#continue"
    for _ in range(9):
        assert Client().post(link, **HERE).status_code == 303
    assert Client().post(link, **HERE).status_code == 410
    with time_machine.travel(now + timedelta(days=15), tick=False):
        assert Client().get(link).status_code == 410


def test_links_outlive_what_happens_to_story_issue_and_reader(letter: Letter, client: Client, now: datetime) -> None:
    issue, patron = issue_of(letter, notice("one", Audience.PATRONS)), patron_of(10)
    story = contents.first_story(issue)
    link = path_in(copy_for(issue, patron), "story")
    row = LetterSubscription.objects.get(member=patron)
    asking.leave(row, now)
    assert client.post(link, **HERE)["Location"].endswith(
        "rest/#continue"
    )  # the mail is theirs; the gate still says yes
    Redirect.objects.create(old_path="/2026/11/03/old-name/", new_path=story["path"])  # as its mail may know it
    assert client.get("/2026/11/03/old-name/rest/")["Location"] == story["path"]
    making.stop_story(story["story_id"], now=now)
    for path in (link, local(contents.go_link(issue, 0)), local(contents.web_link(issue))):
        closed = client.get(path)
        assert closed.status_code == 410
        assert story["headline"] not in closed.content.decode()
    making.reopen_story(story["story_id"])
    patron.grants.all().delete()
    assert Client().post(link, **HERE)["Location"].endswith("/#continue")
    row.delete()
    assert client.get(link).status_code == 410
    terms = contents.terms_of(story)
    assert decide(terms, contents.recipient(None), meter.NO_METER, now) is not Decision.READ


def test_the_page_of_a_letter_is_for_no_search_engine_and_keeps_the_intro_for_its_readers(
    client: Client, now: datetime
) -> None:
    letter = Letter.objects.create(slug="dear", name="Dear", audience=Audience.PATRONS)
    told = notice("one", note="Between us.")
    issue = issue_of(letter, told, intro_html="<p>Dear patrons.</p>")
    draft = issue_of(letter, told, state=Issue.State.DRAFT)
    reader = Client()
    reader.force_login(patron_of(10))
    for browser, is_theirs in ((client, False), (reader, True)):
        answer = browser.get(contents.web_link(issue))
        page = answer.content.decode()
        assert '<meta name="robots" content="noindex">' in page
        assert ("Dear patrons." in page, "Between us." in page) == (is_theirs, is_theirs)
        assert (marker("one") in page) is is_theirs
        assert ("private" in answer["Cache-Control"]) is is_theirs
        assert browser.get(contents.web_link(draft)).status_code == 404
        assert browser.get("/letters/issue/forged/").status_code == 404
    assert contents.web_link(issue) == contents.web_link(issue)
