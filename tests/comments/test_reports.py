"""Reports: a notice of what is wrong, with its reference; settled by the reply, once; who made it stays private."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from comments.models import Notice, Reply, Report
from comments.moderation import reports, verbs
from comments.writing.posting import PostError
from members.models import AuditEntry, Mailing
from tests.comments.conftest import say
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db
LIST = "admin:comments_report_changelist"


def page_of(reply: Reply) -> str:
    """Where readers report it."""
    return reverse("reply_report", args=[reply.pk])


def button(reply: Reply, verb: str) -> str:
    """The address of a moderator's button."""
    return reverse("admin:comments_report_settle", args=[reply.pk, verb])


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Choose one."),
        ({"reason": "word"}, "Select a valid choice"),
        ({"reason": "illegal", "in_good_faith": "on"}, "Say why it is illegal"),
        ({"reason": "illegal", "note": "§ 130"}, "Tick this"),
        ({"reason": "spam", "note": "x" * 1_000_000}, "at most 5000 characters"),
    ],
)
def test_what_is_missing_is_said_and_what_was_written_stays(
    sent: dict[str, str], said: str, story: Any, cast: Any, signed_in: Any
) -> None:
    reply = say(story, "nasty")
    answer = signed_in(cast.member).post(page_of(reply), sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert sent.get("note", "") in answer.content.decode()
    assert not Report.objects.exists()


def test_a_notice_of_something_illegal_has_a_reference_and_a_confirmation(
    story: Any, cast: Any, signed_in: Any
) -> None:
    reply, client = say(story, "nasty"), signed_in(cast.member)
    assert client.get(page_of(reply)).status_code == 200
    assert not Report.objects.exists()
    sent = {"reason": "illegal", "note": "It breaks § 130.", "in_good_faith": "on"}
    for _twice in range(2):
        assert client.post(page_of(reply), sent).status_code == 303
    made = Report.objects.get()
    assert (made.reason, made.note, made.member) == ("illegal", "It breaks § 130.", cast.member)
    assert made.reference in Mailing.objects.get().context["reference"]
    said = client.get(page_of(reply)).content.decode()
    assert made.reference in said
    assert "<form class=" not in said
    for outcome, sentence in (("keep", "The reply stays."), ("remove", "took the reply from sight")):
        Report.objects.update(settled_at=made.reported_at, outcome=outcome)
        assert sentence in client.get(page_of(reply)).content.decode()


def test_nobody_reports_their_own_reply_or_what_is_gone_or_unseen(story: Any, cast: Any, signed_in: Any) -> None:
    sent = {"reason": "spam"}
    own, gone = say(story, "own", by=cast.member), say(story, "gone", status=Reply.Status.REMOVED)
    held = say(story, "held", status=Reply.Status.HELD)
    client = signed_in(cast.member)
    for reply, sentence, status in ((own, "your own reply", 422), (gone, "gone already", 422), (held, "", 404)):
        answer = client.post(page_of(reply), sent)
        assert answer.status_code == status
        assert sentence in client.get(page_of(reply)).content.decode()
    assert not Report.objects.exists()


def test_twenty_reports_a_day_are_enough_but_one_that_is_made_stays_made(story: Any, cast: Any) -> None:
    now, said = timezone.now(), [say(story, f"nasty {number}") for number in range(21)]
    Report.objects.bulk_create(Report(reply=reply, member=cast.member, reason="spam") for reply in said[:20])
    with pytest.raises(PostError, match="a lot today"):
        reports.report(said[20], by=cast.member, reason="spam", note="", now=now)
    assert reports.report(said[0], by=cast.member, reason="hate", note="", now=now).reason == "spam"
    assert reports.report(said[20], by=cast.member, reason="spam", note="", now=now + timedelta(days=2))


def test_the_word_list_reports_once_and_nobody_hears_of_it(story: Any, cast: Any) -> None:
    reply, now = say(story, "swamp"), timezone.now()
    first = reports.flag(reply, note="swamp", now=now)
    assert reports.flag(reply, note="swamp", now=now) == first
    assert (first.member, first.reason, first.note) == (None, "word", "swamp")
    assert reports.keep(reply, by=cast.moderator, now=now, note="A place name.") == 1
    assert reports.flag(reply, note="swamp", now=now) != first
    reports.tell_reporters([reply.pk])
    assert not Notice.objects.exists()


def test_leaving_a_reply_settles_every_report_of_it_at_once(story: Any, cast: Any) -> None:
    reply, other, now = say(story, "fine"), say(story, "another"), timezone.now()
    for member in (cast.member, cast.patron):
        Report.objects.create(reply=reply, member=member, reason="spam")
    Report.objects.create(reply=other, member=cast.member, reason="spam")
    assert reports.keep(reply, by=cast.moderator, now=now, note="It is fine.") == 2
    assert reports.keep(reply, by=cast.moderator, now=now) == 0
    settled = Report.objects.filter(settled_at=now, settled_by=cast.moderator, outcome="keep")
    assert [each.is_upheld for each in settled] == [False, False]
    assert (AuditEntry.objects.get().verb, AuditEntry.objects.get().reason) == ("keep", "It is fine.")
    reports.tell_reporters([reply.pk])
    assert Notice.objects.count() == 2
    one = Report.objects.unsettled().get()
    assert reports.settle(one, outcome="reject", by=cast.moderator, now=now)
    assert not reports.settle(one, outcome="keep", by=cast.moderator, now=now)
    assert one.is_upheld


def test_the_desk_shows_replies_and_what_is_illegal_first(story: Any, cast: Any, signed_in: Any) -> None:
    now, client = timezone.now(), signed_in(cast.moderator)
    rows = [("longest", "spam", 3), ("illegal", "illegal", 1), ("younger", "hate", 2)]
    for text, reason, hours in rows:
        reply = say(story, f"the {text} one")
        for member in (cast.member, MemberFactory()):
            Report.objects.create(
                reply=reply, member=member, reason=reason, reported_at=now - timedelta(hours=hours), note="a note"
            )
    page = client.get(reverse(LIST)).content.decode()
    places = [page.index(f"the {text} one") for text in ("illegal", "longest", "younger")]
    assert places == sorted(places)
    assert page.count('<li class="case">') == 3
    assert page.count("a note") == 6


@pytest.mark.parametrize(
    ("verb", "status", "upheld"),
    [("remove", "removed", True), ("reject", "rejected", True), ("keep", "published", False)],
)
def test_a_button_decides_about_the_reply_and_settles_its_reports(
    verb: str, status: str, upheld: bool, story: Any, cast: Any, signed_in: Any
) -> None:
    reply, client = say(story, "reported"), signed_in(cast.moderator)
    report = Report.objects.create(reply=reply, member=cast.member, reason="spam")
    sent = {"reason": "Advertising", "words": "Please do not.", "next": reverse(LIST) + "?state=settled"}
    answer = client.post(button(reply, verb), sent, follow=True)
    assert answer.redirect_chain == [(sent["next"], 303)]
    assert "reported" in answer.content.decode()
    report.refresh_from_db()
    reply.refresh_from_db()
    assert (reply.status, report.is_upheld, report.settled_by) == (status, upheld, cast.moderator)
    if upheld:
        assert list(reply.rulings.values_list("reason", "message")) == [("Advertising", "Please do not.")]
    answer = client.post(button(reply, verb), {"next": "https://elsewhere.example/"}, follow=True)
    assert answer.redirect_chain == [(reverse(LIST), 303)]
    assert "Somebody decided already" in answer.content.decode()
    assert client.post(button(reply, "burn")).status_code == 404
    assert client.get(button(reply, "keep")).status_code == 405


def test_settled_reports_go_on_page_after_page(
    story: Any, cast: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from comments.desk import reports as desk

    monkeypatch.setattr(desk, "A_PAGE", 2)
    now, client = timezone.now(), signed_in(cast.moderator)
    for number in range(3):
        reply = say(story, f"reported {number}")
        Report.objects.create(reply=reply, member=cast.member, reason="spam")
        reports.keep(reply, by=cast.moderator, now=now + timedelta(minutes=number))
        Report.objects.create(reply=say(story, f"open {number}"), member=cast.member, reason="spam")
    first = client.get(reverse(LIST), {"state": "settled"}).content.decode()
    assert [f"reported {number}" in first for number in range(3)] == [False, True, True]
    before = (now + timedelta(minutes=1)).isoformat()
    assert f"before={before.replace(':', '%3A').replace('+', '%2B')}" in first
    second = client.get(reverse(LIST), {"state": "settled", "before": before}).content.decode()
    assert [f"reported {number}" in second for number in range(3)] == [True, False, False]
    for nonsense in ("x", "2026-02-31T10:00:00", "2026-02-01T10:00:00"):
        assert client.get(reverse(LIST), {"state": "settled", "before": nonsense}).status_code == 200
    assert "More wait." in client.get(reverse(LIST)).content.decode()


def test_of_reports_settled_at_one_moment_none_is_passed_over(
    story: Any, cast: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from comments.desk import reports as desk

    monkeypatch.setattr(desk, "A_PAGE", 2)
    now, client = timezone.now(), signed_in(cast.moderator)
    for number in range(5):
        reply = say(story, f"reported {number}")
        Report.objects.create(reply=reply, member=cast.member, reason="spam", settled_at=now, outcome="reject")
    met: list[str] = []
    way: str | None = "?state=settled"
    while way:
        page = client.get(reverse(LIST) + way).content.decode()
        met += re.findall(r"reported \d", page)
        onward = re.search(r'href="(\?state=settled[^"]+)">Older', page)
        way = onward[1].replace("&amp;", "&") if onward else None
    assert met == [f"reported {number}" for number in range(4, -1, -1)]


def test_the_desk_of_reports_costs_twelve_queries_at_any_size(
    story: Any, cast: Any, signed_in: Any, django_assert_max_num_queries: Any, warm_furniture: Any
) -> None:
    parent = say(story, "parent")
    for number in range(30):
        reply = say(story, f"reported {number}", under=parent)
        for _each in range(2):
            Report.objects.create(reply=reply, member=MemberFactory(), reason="spam")
        if number % 2:
            verbs.remove(reply, by=cast.moderator, now=timezone.now())
    client = signed_in(cast.moderator)
    warm_furniture()
    for state in ("", "settled"):
        with django_assert_max_num_queries(12):
            assert client.get(reverse(LIST), {"state": state}).status_code == 200


def test_who_reported_is_on_no_page_of_the_author_or_of_other_readers(story: Any, cast: Any, signed_in: Any) -> None:
    reporter = MemberFactory(name="Rita Reporter", email="rita@example.org")
    reply = say(story, "nasty", by=cast.member)
    reports.report(reply, by=reporter, reason="illegal", note="zqnote", now=timezone.now())
    made = verbs.remove(reply, by=cast.moderator, now=timezone.now())
    assert made is not None
    for member in (cast.member, cast.patron):
        client = signed_in(member)
        for path in (page_of(reply), story.get_absolute_url(), reverse("reply_appeal", args=["ruling", made.pk])):
            page = client.get(path).content.decode()
            assert not [word for word in ("Rita", "rita@", "zqnote") if word in page]
