"""Issues on the desk, through its doors: composing without JavaScript, previews, sending, steering, the home's line."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import publishing
from articles.letters import composing, digests, issuing
from members.models import AuditEntry, Issue, Mailing
from tests.articles.letters.making import make_draft, make_letter, sent_form
from tests.articles.test_desk import signed_in
from tests.factories import HIDDEN, Cast, TierFactory, make_article

pytestmark = pytest.mark.django_db
WORDS_HIDDEN = HIDDEN.removeprefix("<p>").removesuffix("</p>")


@pytest.fixture
def desk(cast: Cast) -> Client:
    """An editor's browser."""
    return signed_in(cast.editor)


def address(issue: Issue, page: str = "change", *more: str) -> str:
    """A page of the issue."""
    return reverse(f"admin:members_issue_{page}", args=[issue.pk, *more])


def order(issue: Issue) -> list[int]:
    """Its stories as they are stored."""
    return [pick.story_id for pick in composing.picks_of(Issue.objects.get(pk=issue.pk))]


def test_an_issue_is_composed_with_buttons_alone(desk: Client, now: datetime) -> None:
    letter = make_letter(now, readers=3)
    a, b, c = (make_article(headline=f"Story {name}") for name in "ABC")
    began = desk.post(reverse("admin:members_issue_add"), {"letter": letter.pk})
    issue = Issue.objects.get()
    assert (began.status_code, began["Location"]) == (303, address(issue))
    page = desk.get(address(issue)).content.decode()
    assert all(f'value="add-{story.pk}"' in page for story in (a, b, c))
    assert "Send now to 3 readers" in page
    assert "Give it a subject." in page
    for story in (a, b, c):
        answer = desk.post(address(issue), sent_form(issue, press=f"add-{story.pk}", subject="This week"))
        assert answer["Location"].endswith(f"#story-{story.pk}")
    desk.post(address(issue), sent_form(issue, press=f"add-{a.pk}"))
    assert order(issue) == [a.pk, b.pk, c.pk]
    desk.post(address(issue), sent_form(issue, press=f"up-{c.pk}"))
    assert order(issue) == [a.pk, c.pk, b.pk]
    desk.post(address(issue), sent_form(issue, press=f"down-{a.pk}"))
    assert order(issue) == [c.pk, a.pk, b.pk]
    desk.post(
        address(issue), sent_form(issue, **{f"place-{b.pk}": "1", f"note-{b.pk}": " Read\nthis ", "subject": "A\nB"})
    )
    assert order(issue) == [b.pk, c.pk, a.pk]
    desk.post(address(issue), sent_form(issue, **{f"place-{b.pk}": "3", f"carries-{c.pk}": "whole"}))
    assert order(issue) == [c.pk, a.pk, b.pk]
    desk.post(address(issue), sent_form(issue, press=f"out-{a.pk}", story=[a.pk, c.pk, b.pk, b.pk, "x", "9" * 30]))
    issue.refresh_from_db()
    assert issue.subject == "A B"
    assert issue.content["stories"] == [
        {"story_id": c.pk, "carries": "whole", "note": ""},
        {"story_id": b.pk, "carries": "teaser", "note": "Read this"},
    ]
    found = desk.post(address(issue), sent_form(issue, press="find", q="story a"))
    assert found["Location"] == f"{address(issue)}?q=story+a#issue-pick"
    assert f'value="add-{a.pk}"' in desk.get(found["Location"]).content.decode()
    assert desk.post(address(issue), sent_form(issue, press="preview"))["Location"] == address(issue, "preview")


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "long subject": ({"subject": "s" * 300}, "200 characters"),
    "long note": ({"story": [1], "note-1": "n" * 301}, "300 characters"),
    "many stories": ({"story": list(range(1, 201))}, "40 stories at most"),
    "no such time": ({"at": "2026-03-29T02:30"}, "Europe/Berlin"),
    "nul": ({"intro": "a\x00b"}, "Null characters"),
    "somebody else saved": ({"seen": "old"}, "Somebody changed this issue"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_comes_back_as_it_was_typed(name: str, desk: Client, now: datetime, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    changes, said = BAD[name]
    issue = make_draft(make_letter(now), make_article())
    answer = desk.post(address(issue), sent_form(issue, **{"preheader": "What I typed", **changes}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "What I typed" in page
    assert Issue.objects.get().preheader == ""
    again = desk.post(address(issue, "send"), sent_form(issue, **{"preheader": "What I typed", **changes}))
    assert (again.status_code, Issue.objects.get().state) == (422, Issue.State.DRAFT)


def test_it_is_sent_now_or_later_with_what_is_typed_and_refusals_keep_it(desk: Client, now: datetime) -> None:
    story = make_article(headline="Gone story")
    issue = make_draft(make_letter(now), story, make_article())
    publishing.withdraw(story, reason="Wrong.", by=None, now=now)
    for changes, said in (
        ({"later": "1", "at": "2026-11-01T07:00"}, "has passed"),
        ({"later": "1", "at": ""}, "Say when"),
        ({"subject": " "}, "Give it a subject."),
        ({}, "“Gone story” is not out"),
    ):
        answer = desk.post(address(issue, "send"), sent_form(issue, **{"intro": "Typed just now", **changes}))
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert "Typed just now" in answer.content.decode()
    ready = sent_form(issue, press=f"out-{story.pk}", later="1", subject="This week", preheader="Typed last")
    answer = desk.post(address(issue, "send"), ready)
    issue.refresh_from_db()
    assert (answer.status_code, issue.state) == (303, Issue.State.SCHEDULED)
    assert issue.preheader == "Typed last"
    assert issue.send_at == datetime(2026, 11, 24, 7, tzinfo=timezone.get_default_timezone())
    assert "Goes out Tue 24 Nov, 07:00" in desk.get(address(issue)).content.decode()
    late = desk.post(address(issue, "send"), ready, follow=True)
    assert "Somebody was quicker" in late.content.decode()
    desk.post(address(issue, "do", "back"))
    desk.post(address(issue, "send"), sent_form(issue))
    issue.refresh_from_db()
    assert issue.state in (Issue.State.SCHEDULED, Issue.State.SENDING)
    assert issue.send_at == now


def test_steering_copying_and_throwing_away_are_buttons(desk: Client, now: datetime, cast: Cast) -> None:
    issue = make_draft(make_letter(now), make_article(headline="Hall shut"))
    issuing.schedule(issue, at=now + timedelta(hours=1), by=cast.editor, now=now)
    Issue.objects.update(state=Issue.State.SENDING, send_at=now)
    for status in ("accepted", "accepted", "bounced", "unsure"):
        place = Mailing.objects.count()
        Mailing.objects.create(key=f"k{place}", issue=issue, email="a@example.org", template="x", status=status)
    assert desk.get(address(issue, "do", "pause")).status_code == 405
    for verb, state in (("pause", "paused"), ("pause", "paused"), ("resume", "sending"), ("stop", "sending")):
        desk.post(address(issue, "do", verb))
        issue.refresh_from_db()
        assert issue.state == state, verb
    Issue.objects.update(waits_since=now, waits_because="the mail server does not answer")
    part = desk.get(address(issue), headers={"X-Fragment": "1"})
    assert "<html" not in part.content.decode()
    assert "the mail server does not answer" in part.content.decode()
    assert "X-Fragment" in part["Vary"]
    assert "4 copies, 3 accepted" in desk.get(reverse("admin:members_issue_changelist")).content.decode()
    page = desk.post(address(issue, "do", "stop"), {"reason": "A wrong name"}, follow=True).content.decode()
    issue.refresh_from_db()
    assert issue.state == Issue.State.STOPPED
    assert "A wrong name" in page
    assert "Hall shut" in page
    copied = desk.post(address(issue, "do", "copy"))
    draft = Issue.objects.get(state=Issue.State.DRAFT)
    assert copied["Location"] == address(draft)
    assert (draft.subject, order(draft)) == (issue.subject, order(issue))
    assert desk.post(address(draft, "do", "drop"))["Location"] == reverse("admin:members_issue_changelist")
    assert not Issue.objects.filter(pk=draft.pk).exists()
    desk.post(address(issue, "do", "drop"))
    assert Issue.objects.filter(pk=issue.pk).exists()
    assert desk.post(address(issue, "do", "burn")).status_code == 404
    verbs = set(AuditEntry.objects.filter(subject_type="members.Issue").values_list("verb", flat=True))
    assert verbs >= {"letter.schedule", "letter.pause", "letter.resume", "letter.stop", "letter.copy", "letter.drop"}


def test_the_preview_shows_each_kind_of_reader_what_the_gate_gives_them(desk: Client, now: datetime) -> None:
    tier, letter = TierFactory(slug="t", name="Guardian", rank=31), make_letter(now, from_name="The night desk")
    issue = make_draft(letter, make_article("patrons"), preheader="And more", intro="Dear all")
    picks = [composing.Pick(order(issue)[0], "whole")]
    composing.keep(issue, composing.words_of(issue), picks, at=None, seen=composing.seen_of(issue))
    opened = {}
    for kind in ("address", "member", f"tier-{tier.pk}", "lapsed", "nonsense"):
        page = desk.get(f"{address(issue, 'preview')}?as={kind}")
        mail = desk.get(f"{address(issue, 'mail')}?as={kind}")
        opened[kind] = (WORDS_HIDDEN in page.content.decode(), WORDS_HIDDEN in mail.content.decode())
    closed = (False, False)
    assert opened == {
        "address": closed, "member": closed, f"tier-{tier.pk}": (True, True), "lapsed": closed, "nonsense": closed,
    }  # fmt: skip
    shown = page.content.decode()
    assert all(words in shown for words in ("The night desk", "This week", "And more", " kB", "Guardian"))
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe-inline" not in page["Content-Security-Policy"]
    policy = mail["Content-Security-Policy"]
    assert all(
        rule in policy for rule in ("default-src 'none'", "style-src 'unsafe-inline'", "sandbox", "script-src 'none'")
    )
    assert mail["X-Frame-Options"] == "SAMEORIGIN"
    assert "private" in mail["Cache-Control"] or "no-cache" in mail["Cache-Control"]
    assert "<script" not in mail.content.decode()
    issue.refresh_from_db()
    assert set(issue.content["stories"][0]) == {"story_id", "carries", "note"}


def test_a_test_send_goes_to_the_desk_alone_and_is_in_no_figure(desk: Client, now: datetime, cast: Cast) -> None:
    issue = make_draft(make_letter(now), make_article())
    assert desk.post(address(issue, "test"), {"to": cast.member.pk}).status_code == 404
    desk.post(address(issue, "test"), {"to": cast.publisher.pk, "as": "member"})
    desk.post(address(issue, "test"))
    sent = list(Mailing.objects.order_by("pk"))
    assert [mailing.email for mailing in sent] == [cast.publisher.email, cast.editor.email]
    assert {mailing.issue_id for mailing in sent} == {None}
    assert sent[0].context["subject"] == "Test: This week"
    assert "everybody may read" in sent[0].context["html"]
    assert "everybody may read" in sent[0].context["text"]


def test_a_digest_that_waits_stands_on_the_home_of_who_may_send_it(now: datetime, cast: Cast) -> None:
    letter = make_letter(now, name="Mornings", digest="daily", digest_at=time(0), digest_waits=True)
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    make_article(headline="Hall shut", published_at=day - timedelta(hours=3))
    assert digests.put_together(letter.pk, now=now) is not None
    said = "“Mornings” waits for somebody to send it: Hall shut"
    home = reverse("admin:index")
    assert said in signed_in(cast.editor).get(home).content.decode()
    assert said not in signed_in(cast.writer).get(home).content.decode()
