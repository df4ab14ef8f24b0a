"""Steering: who may do what with an issue when, that two people cannot both win, and how soon it is heeded."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from members.letters.issues import making
from members.letters.sending import mailings, outbox, steering
from members.letters.sending.steering import SteeringError
from members.models import AuditEntry, Issue, Letter, Mailing, Member
from tests.factories import MemberFactory
from tests.members.letters.outgoing import make_issue, send, states

pytestmark = pytest.mark.django_db
STATES = ["draft", "scheduled", "sending", "paused", "stopped", "sent"]
Step = Callable[[Issue, Member, datetime], Any]
STEPS: dict[str, tuple[Step, dict[str, str]]] = {
    "schedule": (
        lambda issue, by, now: steering.schedule(issue, at=now + timedelta(hours=1), by=by, now=now),
        {"draft": "scheduled", "scheduled": "scheduled"},
    ),
    "unschedule": (lambda issue, by, now: steering.unschedule(issue, by=by, now=now), {"scheduled": "draft"}),
    "pause": (lambda issue, by, now: steering.pause(issue, by=by, now=now), {"sending": "paused"}),
    "resume": (lambda issue, by, now: steering.resume(issue, by=by, now=now), {"paused": "sending"}),
    "stop": (
        lambda issue, by, now: steering.stop(issue, reason="a mistake", by=by, now=now),
        {"scheduled": "stopped", "sending": "stopped", "paused": "stopped"},
    ),
    "send_again": (
        lambda issue, by, now: steering.send_again(issue, by=by, now=now),
        {"sending": "sending", "sent": "sending"},
    ),
}


@pytest.fixture
def by(db: None) -> Member:
    return MemberFactory(name="Edda")


@pytest.mark.parametrize("verb", STEPS)
def test_each_step_is_taken_only_where_it_makes_sense_and_by_one_of_two_people(
    verb: str, by: Member, now: datetime
) -> None:
    step, allowed = STEPS[verb]
    for state in STATES:
        issue = make_issue(state=state, send_at=None if state == "draft" else now)
        Mailing.objects.create(key=state, issue=issue, status="unsure", template="x", email="a@example.org")
        one, other = Issue.objects.get(pk=issue.pk), Issue.objects.get(pk=issue.pk)
        if state not in allowed:
            with pytest.raises(SteeringError) as refused:
                step(one, by, now)
            assert str(refused.value).endswith("."), "A sentence."
            continue
        step(one, by, now)
        with pytest.raises(SteeringError):
            step(other, by, now)
        issue.refresh_from_db()
        assert issue.state == one.state == allowed[state]
        assert AuditEntry.objects.about(issue).get().verb == f"letter.{verb}"


def test_issue_is_not_scheduled_without_a_subject_a_letter_or_its_story(by: Member, now: datetime) -> None:
    for fields in ({"subject": " "}, {"withdrawn_at": now}, {}):
        issue = make_issue(state="draft", **fields)
        Letter.objects.filter(pk=issue.letter_id).update(is_active=bool(fields))
        with pytest.raises(SteeringError):
            steering.schedule(Issue.objects.get(pk=issue.pk), at=now, by=by, now=now)
    assert set(Issue.objects.values_list("state", flat=True)) == {"draft"}


def test_issue_scheduled_for_the_past_goes_out_at_once_and_one_for_later_does_not(
    by: Member, now: datetime, mailoutbox: list[Any]
) -> None:
    for late in (-1, 1):
        issue = make_issue(2, state="draft", send_at=None)
        steering.schedule(issue, at=now + timedelta(hours=late), by=None, now=now)
        assert send(issue).state == ("sent" if late < 0 else "scheduled")
    assert len(mailoutbox) == 2


def interrupted(issue: Issue, step: Callable[[], Any], mailoutbox: list[Any]) -> Issue:
    """A slice during which somebody takes a step, once three copies are out."""
    taken = []

    def look() -> bool:
        if len(mailoutbox) == 3 and not taken:
            taken.append(step())
        return False

    outbox.go_on(issue.pk, is_ending=look)
    issue.refresh_from_db()
    return issue


def test_pause_is_heeded_within_a_batch_and_resuming_sends_the_rest_once(
    by: Member, now: datetime, mailoutbox: list[Any], settings: Any
) -> None:
    settings.MAIL_BATCH = 2
    issue = make_issue(9)
    issue = interrupted(issue, lambda: steering.pause(Issue.objects.get(), by=by, now=now), mailoutbox)
    assert (issue.state, len(mailoutbox)) == ("paused", 4)
    assert send(issue).state == "paused"
    steering.resume(issue, by=by, now=now)
    assert send(issue).state == "sent"
    assert len({mail.to[0] for mail in mailoutbox}) == len(mailoutbox) == 9


def test_stop_is_heeded_by_the_next_copy_and_the_rest_is_not_sent(
    by: Member, now: datetime, mailoutbox: list[Any]
) -> None:
    issue = make_issue(9)
    stop = lambda: steering.stop(Issue.objects.get(), reason="a mistake", by=by, now=now)  # noqa: E731 - one line
    issue = interrupted(issue, stop, mailoutbox)
    assert (issue.state, issue.done_at, len(mailoutbox)) == ("stopped", now, 3)
    assert sorted(states(issue).values()) == ["accepted"] * 3 + ["suppressed"] * 6
    assert set(Mailing.objects.filter(status="suppressed").values_list("error", flat=True)) == {"stopped"}
    assert AuditEntry.objects.about(issue).get().reason == "a mistake"


def test_withdrawn_story_stops_an_issue_in_the_middle(now: datetime, mailoutbox: list[Any]) -> None:
    issue = make_issue(5, story_id=1)
    issue = interrupted(issue, lambda: making.stop_story(1, now=now), mailoutbox)
    assert (send(issue).state, len(mailoutbox)) == ("stopped", 3)


def test_what_is_unsure_or_was_refused_in_passing_is_sent_again_by_a_persons_wish_alone(
    by: Member, now: datetime, mailoutbox: list[Any]
) -> None:
    issue = send(make_issue(5))
    rows = list(Mailing.objects.order_by("pk"))
    Mailing.objects.update(context={"kept": 1})
    for row, status, error in zip(
        rows,
        ["handing", "failed", "failed", "bounced", "accepted"],
        ["", "450 busy", "550 unknown", "", ""],
        strict=True,
    ):
        Mailing.objects.filter(pk=row.pk).update(status=status, error=error)
    assert send(issue).state == "sent"
    assert len(mailoutbox) == 5, "What a dead process was handing over went out by itself."
    rows[0].refresh_from_db()
    assert rows[0].status == "unsure"
    assert steering.send_again(issue, by=by, now=now) == 2
    assert send(issue).state == "sent"
    assert [mail.to[0] for mail in mailoutbox[5:]] == [rows[0].email, rows[1].email]
    names = [mail.extra_headers["Message-ID"] for mail in mailoutbox]
    assert (names[5:], len(set(names))) == (names[:2], 5)
    with pytest.raises(SteeringError, match="nothing to send again"):
        steering.send_again(issue, by=by, now=now)


def test_a_proof_goes_to_the_desk_as_it_was_rendered_and_counts_nowhere(
    by: Member, now: datetime, mailoutbox: list[Any]
) -> None:
    class Words:
        subject, text, html = "Fish & chips", "Open & free.\n", "<p>Open &amp; free.</p>"

    issue = make_issue(1, state="draft")
    assert steering.send_test(issue, Words(), to=by, by=by, now=now)
    assert not steering.send_test(issue, Words(), to=by, by=by, now=now)
    mailings.send(Mailing.objects.get())
    mail = mailoutbox[0]
    assert (mail.to, mail.subject, mail.body) == ([by.email], "Fish & chips", "Open & free.\n")
    assert "<p>Open &amp; free.</p>" in mail.alternatives[0][0]
    assert not issue.mailings.exists()
