"""Figures of letters: true, honest about their base, and about nobody in particular."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from members.letters.sending import figures
from members.models import Consent, Issue, IssueLink, Letter, LetterSubscription, Mailing
from newsroom.home import home
from tests.articles.test_desk import signed_in
from tests.factories import Cast

pytestmark = pytest.mark.django_db
Status = Mailing.Status
READER = "x@y.zz"


def issue_of(now: datetime, letter: Letter | None = None, left: int = 0, **copies: int) -> Issue:
    """An issue with so many copies of each state."""
    letter = letter or Letter.objects.get_or_create(slug="daily", name="The Daily")[0]
    issue = Issue.objects.create(
        letter=letter, subject=f"Out {Issue.objects.count()}", state="sent", send_at=now, left=left
    )
    rows = [
        Mailing(
            key=f"i{issue.pk}-{status}-{number}", issue=issue, template="members/story", status=status, email="x@y.zz"
        )
        for status, times in copies.items()
        for number in range(times)
    ]
    Mailing.objects.bulk_create(rows)
    return issue


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(copies=st.dictionaries(st.sampled_from(Status.values), st.integers(0, 4)), left=st.integers(0, 9))
def test_every_copy_is_in_one_place_and_rates_never_exceed_their_base(
    copies: dict[str, int], left: int, now: datetime
) -> None:
    issue = issue_of(now, left=left, **copies)
    found = figures.of(issue)
    assert found.written == sum(copies.values())
    assert found.written == found.queued + found.accepted + found.failed + found.suppressed + found.unsure
    waiting = copies.get("accepted", 0)
    assert found.accepted == waiting + found.delivered + found.bounced
    assert found.complained <= found.delivered
    heard = sum(copies.get(status, 0) for status in ("delivered", "bounced", "complained"))
    assert found.tells == bool(heard)
    for rate in (found.delivered_rate, found.bounced_rate, found.complained_rate):
        assert rate is None or (found.tells and 0 <= rate <= 100)
    assert figures.of_many([issue])[issue.pk] == found
    assert figures.by_letter([issue, issue])[issue.letter_id].written == 2 * found.written


def test_many_issues_cost_two_queries_over_an_index(now: datetime, django_assert_num_queries: Any) -> None:
    issues = [issue_of(now, accepted=2, delivered=1) for _number in range(5)]
    IssueLink.objects.create(issue=issues[0], position=1, path="/a/", clicks=3)
    IssueLink.objects.create(issue=issues[0], position=2, path="/b/", clicks=4)
    with django_assert_num_queries(2):
        found = figures.of_many(issues)
    assert [found[issue.pk].clicks for issue in issues[:2]] == [7, 0]
    assert figures.of(issues[0]).links == (figures.Link("/a/", 3), figures.Link("/b/", 4))


@pytest.mark.parametrize(
    ("complained", "delivered", "level"),
    [(0, 1999, ""), (1, 999, "warn"), (1, 1000, ""), (3, 997, "bad"), (1, 198, ""), (1, 199, "bad")],
)
def test_complaints_warn_at_a_thousandth_and_are_bad_at_three(
    complained: int, delivered: int, level: str, now: datetime, cast: Cast
) -> None:
    issue_of(now - timedelta(days=1), complained=complained, delivered=delivered)
    issue_of(now - timedelta(days=8), complained=50, delivered=50)  # another week's
    found = figures.complaints(now)
    assert [row.level for row in found] == ([level] if level else [])
    assert bool(home(cast.manager, now).spam) is bool(level)
    assert home(cast.manager, now).needs_a_look is bool(level)
    assert not home(cast.editor, now).spam


def test_months_tell_whom_a_letter_won_and_lost(now: datetime) -> None:
    letter = Letter.objects.create(slug="daily", name="The Daily")
    row = LetterSubscription.objects.create(letter=letter, email="a@example.org")
    other = LetterSubscription.objects.create(
        letter=Letter.objects.create(slug="other", name="Other"), email="a@example.org"
    )
    for act, days in (("asked", 1), ("confirmed", 1), ("confirmed", 2), ("left", 40), ("stopped", 40), ("left", 900)):
        Consent.objects.create(subscription=row, act=act, at=now - timedelta(days=days))
    Consent.objects.create(subscription=other, act="confirmed", at=now)
    months = [(month.month.month, month.gained, month.left, month.stopped) for month in figures.months_of(letter, now)]
    assert months == [(11, 2, 0, 0), (9, 0, 1, 1)]


def test_the_desk_says_what_is_known_and_what_nobody_tells(cast: Cast, now: datetime, settings: Any) -> None:
    client = signed_in(cast.manager)
    told = issue_of(now, left=1, delivered=3, bounced=1, complained=1, failed=1, suppressed=1, unsure=2)
    untold = issue_of(now, accepted=4)
    pages = {
        row.pk: client.get(reverse("admin:members_mailing_issue", args=[row.pk])).content.decode()
        for row in (told, untold)
    }
    assert "the mail server does not tell" in pages[untold.pk]
    assert "Send 2 copies again" in pages[told.pk]
    assert "80.0 %" in pages[told.pk]
    settings.EMAIL_BACKEND, settings.ANYMAIL = "anymail.backends.mandrill.EmailBackend", {}
    page = client.get(reverse("admin:members_mailing_letter", args=[told.letter_id])).content.decode()
    assert "nothing proves" in page
    assert "not told" in page
    answer = client.post(reverse("admin:members_mailing_again", args=[told.pk]), follow=True).content.decode()
    assert "2 copies go out again" in answer
    assert Mailing.objects.filter(issue=told, status="queued").count() == 2
    assert (
        "nothing to send again"
        in client.post(reverse("admin:members_mailing_again", args=[untold.pk]), follow=True).content.decode()
    )


def test_the_list_of_messages_hides_mails_about_topics_and_finds_a_whole_address(cast: Cast, now: datetime) -> None:
    issue = issue_of(now, accepted=2, unsure=1)
    Mailing.objects.create(key="topic-1", email="voter@example.org", template="members/topic_won")
    hidden = Mailing.objects.create(key="topic-2", email="voter@example.org", template="members/topic_out")
    shown = Mailing.objects.create(key="welcome-1", email="Ann@example.org", template="members/welcome")
    client, path = signed_in(cast.manager), reverse("admin:members_mailing_changelist")
    page = client.get(path).content.decode()
    assert ("voter@" in page, "Ann@example.org" in page) == (False, True)
    assert "0 results" in client.get(path, {"q": "voter@example.org"}).content.decode()
    assert "Ann@example.org" in client.get(path, {"q": "ann@EXAMPLE.org"}).content.decode()
    one = client.get(path, {"issue__id__exact": issue.pk, "status__exact": "unsure"}).content.decode()
    assert one.count(READER) == 1
    assert client.get(reverse("admin:members_mailing_change", args=[hidden.pk])).status_code == 302
    assert "does not tell" in client.get(reverse("admin:members_mailing_change", args=[shown.pk])).content.decode()
