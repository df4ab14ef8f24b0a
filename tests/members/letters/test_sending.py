"""Sending: every state says what is known and no more, whatever the mail server does."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine
from anymail.exceptions import AnymailAPIError, AnymailRequestsAPIError
from anymail.message import AnymailRecipientStatus
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from requests import Response

from members.gate import Audience
from members.letters import jobs
from members.letters.joining import asking
from members.letters.sending import mailings, outbox, recipients
from members.models import Issue, LetterSubscription, Mailing, Suppression
from newsroom import checks, mail
from newsroom.mailserver import DJANGOS, Answer, Line, Result
from tests.factories import MemberFactory, make_patron
from tests.mailsink import Sink, sink
from tests.members.letters.outgoing import CALM, connect, make_issue, send, states, subscribe

pytestmark = pytest.mark.django_db
ANN = "ann@example.org"
HUNG_UP = "the mail server hung up"


@pytest.fixture(scope="module")
def running() -> Iterator[Sink]:
    with sink() as post:
        yield post


@pytest.fixture
def post(running: Sink, settings: Any) -> Sink:
    connect(settings, running)
    return running


def hand_over(line: Line, *, wanted: bool = True, **fields: Any) -> tuple[Answer, bool]:
    """What becomes of a message, and whether its text was about to leave us."""
    asked = []
    message = EmailMultiAlternatives("Quay sinks", "Open.", "us@example.org", [ANN])
    for name, value in fields.items():
        setattr(message, name, value)
    return line.hand_over(message, lambda: bool(asked.append(1)) or wanted, name="17"), bool(asked)


SERVERS = [
    ({}, Result.ACCEPTED, True, ""),
    ({"refuse": {ANN: f"550 5.1.1 <{ANN}> nobody here"}}, Result.REFUSED, False, "550 5.1.1 <…> nobody here"),
    ({"refuse": {ANN: "450 busy"}}, Result.LATER, False, "450 busy"),
    ({"refuse": {ANN: "421 closing"}}, Result.DOWN, False, "421 closing"),
    ({"refuse_text": {ANN: "554 spam"}}, Result.REFUSED, True, "554 spam"),
    ({"refuse_text": {ANN: "451 later"}}, Result.LATER, True, "451 later"),
    ({"refuse_text": {ANN: "421 closing"}}, Result.DOWN, True, "421 closing"),
    ({"hang_up": "connected"}, Result.DOWN, False, ""),
    ({"hang_up": "text"}, Result.UNSURE, True, HUNG_UP),
    ({"hang_up": "taken"}, Result.UNSURE, True, HUNG_UP),
    ({"is_down": True}, Result.DOWN, False, "Connection refused"),
]


def test_what_a_server_does_is_told_apart_and_a_copy_is_marked_right_before_its_text_leaves(post: Sink) -> None:
    with Line() as line:
        for rules, result, is_marked, words in SERVERS:
            post.tell(**rules)
            answer, was_marked = hand_over(line)
            assert (answer.result, was_marked) == (result, is_marked), rules
            assert words in answer.words
            post.tell(**CALM)
        before = post.number()
        assert hand_over(line, wanted=False)[0].result is Result.CALLED_OFF
        assert post.number() == before, "A text left us that nobody wanted sent."
        assert hand_over(line)[0].result is Result.ACCEPTED


def provider(status: str) -> dict[str, Any]:
    return {"recipient_status": {ANN: AnymailRecipientStatus("from-provider", status)}}


def api_error(code: int) -> AnymailAPIError:
    response = Response()
    response.status_code, response.reason = code, "words"
    return AnymailRequestsAPIError(f"about {ANN}", response=response)


PROVIDERS = [
    (provider("queued"), Result.ACCEPTED), (provider("sent"), Result.ACCEPTED), (provider("rejected"), Result.REFUSED),
    (provider("invalid"), Result.REFUSED), (provider("failed"), Result.REFUSED), (provider("unknown"), Result.UNSURE),
    (api_error(401), Result.DOWN), (api_error(422), Result.REFUSED), (api_error(429), Result.DOWN),
    (api_error(503), Result.DOWN), (api_error(502), Result.UNSURE), (AnymailAPIError("broke"), Result.UNSURE),
]  # fmt: skip


def test_what_a_provider_answers_is_believed_for_this_recipient_and_readers_are_not_tracked(settings: Any) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    with Line() as line:
        for response, result in PROVIDERS:
            answer, was_marked = hand_over(line, anymail_test_response=response)
            assert (answer.result, was_marked) == (result, True), response
            assert answer.message_id == ("from-provider" if isinstance(response, dict) else "")
            assert ANN not in answer.words
    told: Any = django_mail.outbox[0]
    asked = [told.anymail_test_params[name] for name in ("metadata", "track_opens", "track_clicks")]
    assert asked == [{"mailing": "17"}, False, False]


def test_issue_reaches_those_it_is_for_and_says_of_all_others_why_not(post: Sink, now: datetime) -> None:
    issue = make_issue(2, state=Issue.State.SCHEDULED)
    subscribe(issue, ["Barred@example.org", "gone@example.org", "unknown@example.org", "busy@example.org"])
    Suppression.objects.create(email="barred@EXAMPLE.org", reason=Suppression.Reason.DESK)
    recipients.write_page(issue, now=now)
    asking.leave(LetterSubscription.objects.get(email="gone@example.org"), now)
    post.tell(refuse={"unknown@example.org": "550 nobody here", "busy@example.org": "450 try later"})
    before = post.counts()
    issue = send(issue)
    assert (issue.state, issue.is_written) == ("sending", True)
    expected = {"reader0": "accepted", "reader1": "accepted", "Barred": "suppressed", "gone": "suppressed",
                "unknown": "failed", "busy": "queued"}  # fmt: skip
    assert states(issue) == expected
    told = dict(Mailing.objects.values_list("email", "error"))
    assert told["Barred@example.org"] == recipients.NOT_THERE
    assert (told["gone@example.org"], told["unknown@example.org"]) == ("left", "550 nobody here")
    for waits in mailings.AGAIN_AFTER:  # a day
        assert states(send(issue))["busy"] == "queued"
        now += waits
        with time_machine.travel(now, tick=False):
            issue = send(issue)
    assert (issue.state, issue.done_at, states(issue)["busy"]) == ("sent", now, "failed")
    assert Mailing.objects.get(email="busy@example.org").error == "450 try later"
    new = {email: number - before.get(email, 0) for email, number in post.counts().items()}
    assert {email for email, number in new.items() if number} == {"reader0@letters.example", "reader1@letters.example"}
    mailing = Mailing.objects.get(email="reader1@letters.example")
    assert (mailing.message_id, mailing.settled_at) == (mail.message_id(mailing.key), issue.send_at)
    assert f"Message-ID: {mailing.message_id}" in post.last().replace("Message-Id", "Message-ID")


def test_letter_for_patrons_is_written_to_patrons_alone(now: datetime) -> None:
    issue = make_issue(1)
    for person in (MemberFactory(name="free"), make_patron(MemberFactory(name="paying"))):
        LetterSubscription.objects.create(letter=issue.letter, member=person, email=person.email, confirmed_at=now)
    type(issue.letter).objects.update(audience=Audience.PATRONS)
    issue = Issue.objects.select_related("letter").get()
    recipients.write_page(issue, now=now)
    found = {row.member.name if row.member else "": row for row in Mailing.objects.select_related("member")}
    assert {name: row.status for name, row in found.items()} == {
        "": "suppressed", "free": "suppressed", "paying": "queued",
    }  # fmt: skip
    assert found["free"].error == recipients.NOT_FOR_THEM


def test_while_the_server_is_down_the_issue_waits_and_nobody_has_failed(post: Sink, now: datetime) -> None:
    issue = make_issue(7)
    post.tell(is_down=True)
    issue = send(issue)
    assert (issue.state, issue.waits_since, issue.waits_because) == ("sending", now, "Connection refused")
    assert set(states(issue).values()) == {"queued"}
    tried = [minute for minute in range(120) if issue.pk in outbox.due(now + timedelta(minutes=minute))]
    assert tried == [*range(10), *range(10, 60, 5), *range(60, 120, 15)]
    post.tell(is_down=False, close_after=2)  # and then it takes two messages a connection
    issue = send(issue)
    assert (issue.state, issue.waits_since, issue.waits_because) == ("sent", None, "")
    assert set(states(issue).values()) == {"accepted"}


def test_server_that_never_answers_costs_two_copies_a_try_and_they_are_shown(post: Sink) -> None:
    issue = make_issue(5)
    post.tell(hang_up="taken")
    issue = send(issue)
    assert sorted(states(issue).values()) == ["queued"] * 3 + ["unsure"] * 2
    assert HUNG_UP in issue.waits_because
    post.tell(hang_up="")
    assert sorted(states(send(issue)).values()) == ["accepted"] * 3 + ["unsure"] * 2


@pytest.mark.parametrize(("reply", "state"), [("554 we do not know you", "paused"), ("450 too much today", "sending")])
def test_server_that_refuses_everybody_ends_the_slice(post: Sink, reply: str, state: str) -> None:
    issue = make_issue(30)
    post.tell(refuse_all=reply)
    issue = send(issue)
    assert (issue.state, reply in issue.waits_because) == (state, True)
    refused = Mailing.objects.exclude(error="")
    assert refused.count() == outbox.IN_A_ROW


def test_issue_that_cannot_be_rendered_is_paused_with_the_reason_and_sends_nothing(post: Sink) -> None:
    issue, before = make_issue(3, content={"stories": [{"story_id": 1}]}), post.number()
    issue = send(issue)
    assert (issue.state, set(states(issue).values()), post.number()) == ("paused", {"queued"}, before)
    assert "KeyError: 'terms'" in issue.waits_because


def test_state_only_goes_up_whatever_order_events_come_in(now: datetime) -> None:
    lowest_first = ["unsure", "accepted", "delivered", "bounced", "complained"]
    for order in permutations(lowest_first, 3):
        row = Mailing.objects.create(key="-".join(order), email=ANN, template="x", context={"code": "1", "name": "A"})
        for status in (*order, *order):
            mailings.settle(row.pk, status, now=now, message_id="theirs")
        row.refresh_from_db()
        assert (row.status, row.message_id) == (max(order, key=lowest_first.index), "theirs")
        assert row.context == {"name": "A"}, "A code was kept that only its reader should hold."
    assert not mailings.settle(row.pk, "suppressed", now=now)
    assert not mailings.suppress(Mailing.objects.all(), because="stopped", now=now)


def queue_one(email: str = ANN) -> Mailing:
    context = {"letter": "The Daily", "link": "https://x/", "never": "https://x/never/", "days": 7}
    assert mailings.queue("one", template="members/letter_confirm", context=context, email=email)
    return Mailing.objects.get()


def test_single_mail_goes_again_under_the_same_name_after_any_trouble(post: Sink, now: datetime) -> None:
    row = queue_one()
    for rules in ({"is_down": True}, {"is_down": False, "hang_up": "taken"}):
        post.tell(**rules)
        with pytest.raises(mailings.HandingError):
            mailings.send(row)
        row.refresh_from_db()
        assert row.status == "queued"
    post.tell(hang_up="")
    Mailing.objects.update(status="handing")  # by a process that died
    for _again in range(2):
        mailings.send(row)
    row.refresh_from_db()
    assert (row.status, row.error) == ("accepted", "")
    assert post.message_ids()[ANN][-2:] == [mail.message_id(row.key)] * 2


def test_single_mail_refused_for_a_passing_reason_is_tried_for_a_day(post: Sink, now: datetime) -> None:
    row = queue_one()
    post.tell(refuse={ANN: "450 busy"})
    for waits in (*mailings.AGAIN_AFTER, None):
        with time_machine.travel(now, tick=False):
            mailings.send(row)
        now += waits or timedelta()
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(scheduled_at) FROM procrastinate_jobs WHERE task_name LIKE '%send_mailing'")
            assert cursor.fetchone()[0] == now
    row.refresh_from_db()
    assert (row.status, row.error, row.tries) == ("failed", "450 busy", 5)


def test_single_mail_that_lacks_a_field_is_not_sent_and_says_so(now: datetime, mailoutbox: list[Any]) -> None:
    mailings.queue("one", template="members/letter_confirm", context={"letter": "The Daily"}, email=ANN)
    row = Mailing.objects.get()
    with pytest.raises(mail.MissingField):
        mailings.send(row)
    row.refresh_from_db()
    assert (row.status, "lacks" in row.error, mailoutbox) == ("queued", True, [])


def test_single_mail_that_lost_its_job_is_found_and_one_days_old_has_failed(now: datetime) -> None:
    for age in (1, 3, 24 * 4):
        Mailing.objects.create(key=f"{age} h", email=ANN, template="x", queued_at=now - timedelta(hours=age))
    assert (mailings.send_forgotten(now), mailings.send_forgotten(now)) == (1, 1)
    assert queued("send_mailing") == 1
    assert Mailing.objects.get(status="failed").key == "96 h"


def queued(task: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE %s", [f"%.{task}"])
        return int(cursor.fetchone()[0])


def test_issue_has_one_job_and_yields_to_single_mails(now: datetime) -> None:
    issue = make_issue(1, state=Issue.State.SCHEDULED)
    make_issue(1, state=Issue.State.SCHEDULED, send_at=now + timedelta(minutes=1))
    for _minute in range(2):
        jobs.send_issues_due(timestamp=0)
    queue_one()
    assert queued("send_issue") == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT (procrastinate_fetch_job_v2(NULL, NULL)).task_name")
        assert cursor.fetchone()[0].endswith("send_mailing")
    assert outbox.due(now) == [issue.pk]


def test_another_process_that_has_its_turn_is_left_alone(post: Sink) -> None:
    issue, before = make_issue(1), post.number()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"issue-{issue.pk}"])
        assert send(issue).is_written is False
        cursor.execute("SELECT pg_advisory_unlock_all()")
    other.close()
    assert (send(issue).state, post.number()) == ("sent", before + 1)


def test_copies_keep_the_pace(post: Sink, settings: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAIL_PER_SECOND, waited = 2, list[float]()
    monkeypatch.setattr(outbox.time, "sleep", waited.append)
    monkeypatch.setattr(outbox.time, "monotonic", lambda: 0.0)
    issue = send(make_issue(12))
    assert (issue.state, waited) == ("sent", [number / 2 for number in range(12)])


def test_checks_say_what_mail_needs(settings: Any) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    assert ["MAILGUN_API_KEY" in found.msg for found in checks.mail(None)] == [True]
    settings.ANYMAIL = {"MAILGUN_API_KEY": "key"}
    assert checks.mail(None) == []
    settings.EMAIL_BACKEND = DJANGOS
    settings.EMAIL_HOST, settings.EMAIL_HOST_PASSWORD, settings.MAIL_BATCH = "mail.example.org", "secret", 0
    assert [found.id for found in checks.mail(None)] == ["newsroom.E021", "newsroom.E022"]
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = True
    assert [found.id for found in checks.mail(None)] == ["newsroom.E020", "newsroom.E022"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert [found.id for found in checks.mail(None)] == ["newsroom.W020", "newsroom.E022"]
