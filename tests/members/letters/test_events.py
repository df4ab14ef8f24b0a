"""What providers say: signed or refused, kept once, in any order, without spying."""

import itertools
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from members.letters.sending import events, mailings, suppression
from members.models import Consent, Issue, Letter, LetterSubscription, MailEvent, Mailing, Suppression
from newsroom import checks, mailevents
from tests.members.letters.payloads import BASIC, PROVIDERS, Post, mailgun, postmark

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailWarning")]
ANN = "ann@example.org"
MESSAGE = "20261103.1234@mg.example.org"
Status = Mailing.Status


def mailing_of(number: int = 1, email: str = ANN, letter: Letter | None = None, **fields: Any) -> Mailing:
    """One copy of an issue, accepted."""
    letter = letter or Letter.objects.get_or_create(slug="daily", name="The Daily")[0]
    issue = Issue.objects.get_or_create(letter=letter, subject="Today", state=Issue.State.SENT)[0]
    row, _new = LetterSubscription.objects.get_or_create(
        letter=letter, email=email, defaults={"confirmed_at": "2026-01-01T00:00Z"}
    )
    values = {"status": Status.ACCEPTED, "message_id": f"<{MESSAGE}>", **fields}
    return Mailing.objects.create(
        key=f"issue-{issue.pk}-{row.pk}-{number}", issue=issue, subscription=row, email=email, template="members/story",
        **values,
    )  # fmt: skip


def event(kind: str, now: datetime, message_id: str = MESSAGE, **told: Any) -> AnymailTrackingEvent:
    return AnymailTrackingEvent(event_type=kind, timestamp=now, message_id=message_id, esp_event={}, **told)


def use(name: str, settings: Any) -> Any:
    maker, keys = PROVIDERS[name]
    settings.EMAIL_BACKEND, settings.ANYMAIL = f"anymail.backends.{name}.EmailBackend", keys
    return maker


SAYS = {
    "delivered": (Status.DELIVERED, ""),
    "deferred": (Status.ACCEPTED, ""),
    "soft": (Status.BOUNCED, ""),
    "hard": (Status.BOUNCED, "bounced"),
    "complained": (Status.COMPLAINED, "complained"),
    "unsubscribed": (Status.ACCEPTED, ""),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_is_believed_only_with_its_proof_and_each_event_counts_once(
    name: str, client: Client, settings: Any, now: datetime
) -> None:
    make = use(name, settings)
    for place, (kind, (status, reason)) in enumerate(SAYS.items()):
        email, message = f"r{place}@example.org", f"m{place}@mg.example.org"
        mailing = mailing_of(place, email, message_id=message)
        post = make(kind, message, email, now)
        forged = Post(name, post.body.replace(b"sign", b"sing").replace(b'"mess', b' "mess'), {})
        assert forged.to(client) in (400, 401, 403), kind
        if post.headers:
            spoiled = {header: "Basic Zm9yZ2VkOngy" for header in post.headers if not header.endswith("STAMP")}
            assert post.to(client, **spoiled) == 400, kind
        assert not MailEvent.objects.filter(mailing=mailing).exists()
        assert [post.to(client) for _turn in range(3)] == [200, 200, 200], kind
        kept = MailEvent.objects.get(mailing=mailing)
        mailing.refresh_from_db()
        assert (mailing.status, suppression.is_suppressed(email)) == (status, reason), (name, kind)
        assert (kept.is_lasting, kept.provider, "@" in kept.detail) == (kind == "hard", name, False)
        assert mailing.subscription is not None
        assert mailing.subscription.is_receiving == (kind in ("delivered", "deferred", "soft")), (name, kind)


@pytest.mark.parametrize("name", PROVIDERS)
def test_opening_and_clicking_leave_no_trace(name: str, client: Client, settings: Any, now: datetime) -> None:
    make = use(name, settings)
    mailing_of()
    assert [make(kind, MESSAGE, ANN, now).to(client) for kind in ("opened", "clicked")] == [200, 200]
    assert not MailEvent.objects.exists()


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_message_of_nobody_is_kept_without_its_address_and_found_by_our_own_metadata(
    name: str, client: Client, settings: Any, now: datetime
) -> None:
    make = use(name, settings)
    assert make("hard", "strange@elsewhere", "who@example.com", now).to(client) == 200
    row = MailEvent.objects.get()
    assert row.mailing is None
    assert "who" not in f"{row.key}{row.detail}"
    assert not Suppression.objects.exists()
    mailing = mailing_of(message_id="")
    assert make("delivered", MESSAGE, ANN, now, mailing.pk).to(client) == 200
    assert MailEvent.objects.get(mailing=mailing).kind == "delivered"
    assert make("delivered", MESSAGE, ANN, now, 10**20).to(client) == 200


def test_a_retry_that_mailgun_signs_anew_is_the_same_event(client: Client, settings: Any, now: datetime) -> None:
    use("mailgun", settings)
    mailing_of()
    assert [mailgun("hard", MESSAGE, ANN, now, token=token).to(client) for token in "ab"] == [200, 200]
    assert MailEvent.objects.count() == Consent.objects.filter(act="stopped").count() == 1


def test_only_the_configured_provider_rings_and_only_by_post(client: Client, settings: Any, now: datetime) -> None:
    use("mailgun", settings)
    assert postmark("delivered", MESSAGE, ANN, now).to(client) == 404
    assert client.get("/letters/events/mailgun/").status_code == 405
    assert client.head("/letters/events/mailgun/").status_code == 405
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert mailgun("delivered", MESSAGE, ANN, now).to(client) == 404
    settings.MAIL_EVENTS_FROM = "mailgun"  # behind an SMTP server
    assert mailgun("delivered", MESSAGE, ANN, now).to(client) == 200
    settings.MAIL_EVENTS_FROM = "nobody_we_know"
    assert client.post("/letters/events/nobody_we_know/", {}, content_type="application/json").status_code == 403


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("postmark", {}), ("postmark", {"WEBHOOK_SECRET": ""}), ("postmark", {"WEBHOOK_SECRET": [""]}), ("brevo", {}),
        ("mailgun", {}), ("mailgun", {"MAILGUN_WEBHOOK_SIGNING_KEY": ""}), ("sendgrid", {}), ("mandrill", {}),
        ("amazon_ses", {}),
    ],
)  # fmt: skip
def test_without_a_secret_the_webhook_refuses_and_the_checks_say_what_to_set(
    name: str, keys: dict[str, Any], client: Client, settings: Any, now: datetime
) -> None:
    settings.EMAIL_BACKEND, settings.ANYMAIL = f"anymail.backends.{name}.EmailBackend", keys
    mailing_of()
    make = PROVIDERS.get(name, PROVIDERS["postmark"])[0]
    assert Post(name, make("hard", MESSAGE, ANN, now).body, {}).to(client) == 403
    assert Post(name, make("hard", MESSAGE, ANN, now).body, BASIC).to(client) == 403
    assert not MailEvent.objects.exists()
    (found,) = checks.mail_events(None)
    assert found.id == "newsroom.W002"
    assert found.hint
    settings.ANYMAIL = PROVIDERS["postmark"][1]
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    assert checks.mail_events(None) == []


def test_what_nobody_can_read_and_what_is_too_large_is_refused(client: Client, settings: Any, now: datetime) -> None:
    use("postmark", settings)
    settings.LARGEST_BODIES = {"/letters/events/": 2000}
    for body, status in ((b"{", 400), (b"7", 400), (b"", 400), (b"[" * 1900, 400), (b"{}" + b" " * 2000, 413)):
        assert Post("postmark", body, BASIC).to(client) == status, body[:5]
    mail_to_us = json.dumps({"FromFull": {"Email": ANN}, "Subject": "Hello"}).encode()
    assert Post("postmark", mail_to_us, BASIC).to(client) == 200
    assert not MailEvent.objects.exists()


def test_an_event_that_comes_before_its_messages_name_is_adopted(client: Client, settings: Any, now: datetime) -> None:
    use("mailgun", settings)
    mailing = mailing_of(message_id="", status=Status.HANDING)
    mailgun("hard", MESSAGE, ANN, now).to(client)
    assert events.adopt(now=now) == 0
    mailings.settle(mailing.pk, Status.ACCEPTED, now=now, message_id=MESSAGE)
    assert [events.adopt(now=now), events.adopt(now=now)] == [1, 0]
    mailing.refresh_from_db()
    assert (mailing.status, suppression.is_suppressed(ANN)) == (Status.BOUNCED, "bounced")


def test_the_bounce_of_a_blind_copy_says_nothing_of_the_reader(client: Client, settings: Any, now: datetime) -> None:
    make = use("postmark", settings)
    mailing = mailing_of(email="ann@xn--mller-kva.example")
    make("hard", MESSAGE, "archive@example.com", now).to(client)
    events.adopt(now=now)
    make("delivered", MESSAGE, "Ann@Müller.example", now).to(client)
    mailing.refresh_from_db()
    assert mailing.status == Status.DELIVERED
    assert not Suppression.objects.exists()


# -- Any order -----------------------------------------------------------------------------------------------------

STATES = {
    "accepted": Status.ACCEPTED, "delivered": Status.DELIVERED, "bounced": Status.BOUNCED,
    "complained": Status.COMPLAINED, "unsure": Status.UNSURE,
}  # fmt: skip
WORST = ("unsure", "accepted", "delivered", "bounced", "complained")


def heard(mailing: Mailing, order: Sequence[str], now: datetime) -> str:
    """The state after hearing these, in this order, from a copy being handed over."""
    Mailing.objects.filter(pk=mailing.pk).update(status=Status.HANDING)
    for word in order:
        mailings.settle(mailing.pk, STATES[word], now=now)
    return str(Mailing.objects.values_list("status", flat=True).get(pk=mailing.pk))


def test_the_final_state_is_the_same_in_every_order(now: datetime) -> None:
    mailing = mailing_of()
    for size in range(1, len(WORST) + 1):
        for said in itertools.combinations(WORST, size):
            orders = itertools.permutations(said) if size <= 3 else [said, said[::-1], (*said[1:], said[0])]
            assert {heard(mailing, order, now) for order in orders} == {STATES[said[-1]]}, said


TOLD = st.tuples(
    st.sampled_from(["sent", "deferred", "delivered", "soft", "hard", "complained", "rejected"]), st.integers(0, 3)
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(TOLD, min_size=1, max_size=7), shuffled=st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_events_gives_the_same(told: list[Any], shuffled: Any, now: datetime) -> None:
    results = []
    again = told * 2
    shuffled.shuffle(again)
    for turn, order in enumerate((told, again)):
        email, message = f"any{turn}@example.org", f"any{turn}"
        MailEvent.objects.all().delete()
        Suppression.objects.all().delete()
        Mailing.objects.all().delete()
        mailing = mailing_of(turn, email, message_id=message)
        for kind, hours in order:
            code = {"hard": "5.1.1", "soft": "4.2.2"}.get(kind, "")
            name = EventType.BOUNCED if code else kind
            reason = RejectReason.SPAM if kind == "rejected" else None
            at = now - timedelta(hours=hours)
            events.record(event(name, at, message, mta_response=code, reject_reason=reason), "Test", now=now)
        mailing.refresh_from_db()
        kept = sorted(MailEvent.objects.values_list("kind", "at", "is_lasting"))
        results.append((mailing.status, suppression.is_suppressed(email), kept))
    assert results[0] == results[1]


def test_the_provider_named_by_the_backend_is_anymails_alone(settings: Any) -> None:
    found = {}
    for name in ("mailgun.EmailBackend", "amazon_ses.EmailBackend", "console.EmailBackend", "test.EmailBackend"):
        settings.EMAIL_BACKEND = f"anymail.backends.{name}"
        found[name.partition(".")[0]] = mailevents.provider()
    assert found == {"mailgun": "mailgun", "amazon_ses": "amazon_ses", "console": "", "test": ""}
