"""Whom we spare, for how long, and how they come back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from anymail.signals import EventType, RejectReason
from django.urls import reverse

from members.accounts import address
from members.letters.joining import asking, links
from members.letters.sending import events, keeping, mailings, suppression
from members.models import AuditEntry, Consent, Letter, LetterSubscription, MailEvent, Mailing, Suppression
from newsroom import erasing, rights
from tests.articles.test_desk import signed_in
from tests.factories import Cast, MemberFactory
from tests.members.letters.test_events import ANN, event, mailing_of

pytestmark = pytest.mark.django_db
Reason, Status = Suppression.Reason, Mailing.Status


def soft(day: int, start: datetime, email: str = ANN) -> str:
    """A passing bounce of a copy of its own; whether the address is spared then."""
    row = mailing_of(day, email, message_id=f"{email}-{day}")
    at = start + timedelta(days=day)
    events.record(event(EventType.BOUNCED, at, row.message_id, mta_response="452 4.2.2 full"), "Test", now=at)
    return suppression.is_suppressed(email)


def test_five_passing_bounces_on_different_days_within_thirty_spare_the_address(now: datetime) -> None:
    start = now - timedelta(days=200)
    assert [soft(day, start) for day in (0, 7, 14, 21, 28)] == ["", "", "", "", "bouncing"]
    assert [soft(day, start, "slow@example.org") for day in (0, 10, 20, 29, 31)] == [""] * 5
    assert [soft(day, start, "late@example.org") for day in (28, 0, 21, 7, 14)][-1] == "bouncing"  # told backwards
    for number in range(6):  # all of one day
        row = mailing_of(100 + number, "once@example.org", message_id=f"o{number}")
        events.record(event(EventType.BOUNCED, now, row.message_id, mta_response="4.2.2"), "Test", now=now)
    assert not suppression.is_suppressed("once@example.org")
    row = LetterSubscription.objects.get(email=ANN)
    assert not row.is_receiving
    assert row.consents.get().act == Consent.Act.STOPPED


def test_what_a_provider_keeps_back_by_its_own_list_follows_its_reason(now: datetime) -> None:
    wanted = {
        RejectReason.BOUNCED: ("bounced", False), RejectReason.SPAM: ("complained", False),
        RejectReason.UNSUBSCRIBED: ("", False), RejectReason.BLOCKED: ("", True), None: ("", True),
    }  # fmt: skip
    for place, (reason, (spared, receives)) in enumerate(wanted.items()):
        row = mailing_of(place, f"r{place}@example.org", message_id=f"m{place}")
        events.record(event(EventType.REJECTED, now, f"m{place}", reject_reason=reason), "Test", now=now)
        row.refresh_from_db()
        assert row.subscription is not None
        found = (row.status, suppression.is_suppressed(row.email), row.subscription.is_receiving)
        assert found == (Status.FAILED, spared, receives), reason


def test_a_lasting_bounce_stops_the_letters_of_that_address_and_nobody_elses(now: datetime) -> None:
    ann = MemberFactory(email="Ann@Example.org")
    weekly = Letter.objects.create(slug="weekly", name="Weekly")
    bounced = mailing_of()
    hers = LetterSubscription.objects.create(letter=weekly, email="old@example.org", member=ann, confirmed_at=now)
    moved = MemberFactory(email="moved@example.org")
    kept = LetterSubscription.objects.create(letter=weekly, email=ANN, member=moved, confirmed_at=now)
    events.record(event(EventType.BOUNCED, now, mta_response="550 5.1.1 no such user"), "Test", now=now)
    for row, receives in ((bounced.subscription, False), (hers, False), (kept, True)):
        assert row is not None
        row.refresh_from_db()
        assert row.is_receiving is receives
    assert suppression.among(["ANN@example.org", "moved@example.org"]) == {ANN}


def test_letters_and_notices_are_kept_back_but_codes_and_money_go(mailoutbox: list[Any], now: datetime) -> None:
    suppression.suppress(ANN, Reason.COMPLAINED, now=now)
    gone = {}
    for template in ("members/welcome", "members/topic_step", "comments/answer", "members/letter_confirm"):
        gone[template] = suppression.keeps_back(template, "Ann@example.org")
    assert gone == {"members/welcome": "", **dict.fromkeys([*gone][1:], "complained")}
    mailings.queue("answer-1-1", template="comments/answer", context={}, email=ANN)
    row = Mailing.objects.get()
    mailings.send(row)
    row.refresh_from_db()
    assert (row.status, row.error, mailoutbox) == (Status.SUPPRESSED, "complained", [])


def test_the_stronger_reason_stays_and_who_comes_back_how(now: datetime, cast: Cast) -> None:
    for reason in (Reason.BOUNCED, Reason.KEEPS_BOUNCING, Reason.ASKED, Reason.COMPLAINED):
        suppression.suppress(ANN.upper(), reason, now=now)
    assert suppression.is_suppressed(ANN) == Reason.ASKED
    lifted = {}
    for place, reason in enumerate(Reason):
        email = f"b{place}@example.org"
        suppression.suppress(email, reason, now=now)
        asks = not suppression.keeps_back("members/letter_confirm", email)  # anybody may type an address
        lifted[reason.value] = (asks, suppression.confirmed(email.upper(), now=now))
    assert lifted == {
        "bounced": (True, True), "bouncing": (True, True), "complained": (False, True), "asked": (False, True),
        "desk": (False, False),
    }  # fmt: skip
    with pytest.raises(suppression.SuppressionError):
        suppression.lift("b4@example.org", because=" ", by=cast.publisher, now=now)
    assert suppression.lift("B4@example.org", because="She wrote to us", by=cast.publisher, now=now)
    assert AuditEntry.objects.get(verb="lift suppression").reason == "She wrote to us"


def test_erasing_keeps_no_address_but_the_wish(now: datetime, settings: Any) -> None:
    ann, bob = MemberFactory(email=ANN, name="Ann"), MemberFactory(email="bob@example.org")
    copy = mailing_of()
    Mailing.objects.filter(pk=copy.pk).update(member=ann)
    events.record(event(EventType.COMPLAINED, now, mta_response="said Ann"), "Test", now=now)
    suppression.suppress(bob.email, Reason.BOUNCED, now=now)
    told = rights.export(ann)
    assert [row["kind"] for row in told["what providers said of mails"]] == ["complained"]
    assert [row["reason"] for row in told["addresses we spare"]] == ["complained"]
    for member in (ann, bob):
        erasing.erase(member, now=now)
    assert "ann@" not in str([*Suppression.objects.values(), *AuditEntry.objects.values(), *Mailing.objects.values()])
    assert MailEvent.objects.get().detail == ""
    assert Mailing.objects.get(pk=copy.pk).status == Status.COMPLAINED  # still counted
    assert (suppression.is_suppressed("Ann@example.org"), suppression.is_suppressed(bob.email)) == ("complained", "")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert suppression.among([ANN, bob.email]) == {ANN}
    assert suppression.confirmed(ANN, now=now)  # and comes back by a wish of her own
    assert not Suppression.objects.exists()


def test_the_desk_adds_a_list_finds_and_lifts_with_a_reason(cast: Cast, now: datetime) -> None:
    client, moderator = signed_in(cast.manager), signed_in(cast.moderator)
    letter = Letter.objects.create(slug="daily", name="Daily")
    row = LetterSubscription.objects.create(letter=letter, email="two@example.org", confirmed_at=now)
    suppression.suppress("one@example.org", Reason.BOUNCED, now=now)
    path = reverse("admin:members_suppression_add")
    pasted = {
        "addresses": "one@example.org\nTwo@example.org; two@example.org, none\n<three@example.org>",
        "why": "Old list",
    }
    assert client.post(path, {**pasted, "why": ""}).status_code == 422
    assert client.post(path, {"addresses": "none", "why": "x"}).status_code == 422
    many = "\n".join(f"a{number}@example.org" for number in range(10_001))
    assert client.post(path, {"addresses": many, "why": "x"}).status_code == 422
    assert moderator.post(path, pasted).status_code == 403
    said = client.post(path, pasted, follow=True).content.decode()
    assert "2 addresses are spared" in said
    assert "1 stood there already" in said
    assert "no addresses and were left out: none" in said
    row.refresh_from_db()
    assert not row.is_receiving
    assert AuditEntry.objects.get(verb="suppress addresses").changes == {"addresses": [0, 2]}
    found = client.get(reverse("admin:members_suppression_changelist"), {"q": "three@"}).content.decode()
    assert ("three@example.org" in found, "two@example.org" in found) == (True, False)
    spared = Suppression.objects.get(email="two@example.org")
    lift = reverse("admin:members_suppression_lift", args=[spared.pk])
    assert client.get(lift).status_code == 405
    assert client.post(lift, {"why": ""}).status_code == 422
    assert client.post(lift, {"why": "She wrote"}, follow=True).status_code == 200
    assert not suppression.is_suppressed("two@example.org")
    suppression.forget(["three@example.org"])
    found = client.get(reverse("admin:members_suppression_changelist"), {"q": "three@example.org"}).content.decode()
    assert "somebody who was erased" in found


def test_a_year_later_copies_are_counted_but_nobodys(now: datetime, cast: Cast) -> None:
    copy = mailing_of(status=Status.UNSURE)
    events.record(event(EventType.DEFERRED, now), "Test", now=now - timedelta(days=100))
    recent = mailing_of(2, "recent@example.org", message_id="recent")
    assert copy.issue is not None
    type(copy.issue).objects.filter(pk=copy.issue.pk).update(send_at=now - timedelta(days=400))
    money = Mailing.objects.create(
        key="welcome-1", member=cast.member, email=ANN, template="members/welcome", status=Status.ACCEPTED,
        settled_at=now - timedelta(days=400),
    )  # fmt: skip
    notice = Mailing.objects.create(
        key="answer-1", member=cast.member, email=ANN, template="comments/answer", status=Status.ACCEPTED,
        settled_at=now - timedelta(days=400), context={"text": "hers"},
    )  # fmt: skip
    Mailing.objects.filter(pk=recent.pk).update(issue=None, settled_at=now - timedelta(days=300))
    assert [keeping.forget_old(now=now), keeping.forget_old(now=now)] == [3, 0]
    rows = Mailing.objects.in_bulk([copy.pk, recent.pk, money.pk, notice.pk])
    assert [rows[row.pk].email for row in (copy, recent, money, notice)] == ["", "recent@example.org", ANN, ""]
    assert (rows[copy.pk].status, rows[copy.pk].subscription_id, rows[notice.pk].context) == (Status.ACCEPTED, None, {})
    assert not MailEvent.objects.exists()


def test_who_bounced_comes_back_by_confirming_and_who_complained_by_signing_in_and_asking(
    now: datetime, mailoutbox: list[Any]
) -> None:
    row = mailing_of().subscription
    assert row is not None
    suppression.suppress(ANN, Reason.BOUNCED, now=now)
    asking.ask(row.letter, ANN, asked_on="/letters/", now=now)
    mailings.send(Mailing.objects.get(template="members/letter_confirm"))
    assert len(mailoutbox) == 1
    row.refresh_from_db()
    assert asking.confirm(row, links.confirm_link(row).rstrip("/").rpartition("/")[2], now)
    assert not suppression.is_suppressed(ANN)
    suppression.suppress(ANN, Reason.COMPLAINED, now=now)
    later = now + timedelta(hours=2)
    asking.ask(row.letter, ANN, asked_on="/letters/", now=later)
    mailings.send(Mailing.objects.order_by("-pk")[0])
    assert len(mailoutbox) == 1  # whoever typed it
    member = MemberFactory(email="new@example.org")
    address.change(member, ANN, now=later)
    assert suppression.is_suppressed(ANN) == "complained"
    asking.join_confirmed(row.letter, member, wording="Yes", asked_on="/", now=later)
    assert not suppression.is_suppressed(ANN)
    for reason, kept in ((Reason.BOUNCED, ""), (Reason.DESK, "desk")):
        suppression.suppress("other@example.org", reason, now=now)
        address.change(member, "other@example.org", now=later)
        address.change(member, ANN, now=later)
        assert suppression.is_suppressed("other@example.org") == kept
