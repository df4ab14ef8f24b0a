"""Erasing an account: whoever looks through every text of the database afterwards finds nobody."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils import timezone

from comments.models import (
    Appeal,
    Discussion,
    Follow,
    Mute,
    Notice,
    NoticeWishes,
    Reply,
    Report,
    Ruling,
    Sanction,
    Version,
)
from comments.moderation import sanctions, verbs
from members.models import (
    AccessRequest,
    AuditEntry,
    CheckoutAttempt,
    Complimentary,
    Gift,
    Grant,
    Letter,
    LetterSubscription,
    Mailing,
    Member,
    OfflinePayment,
    Payment,
    StaffInvitation,
    StripeCustomer,
    Subscription,
    Topic,
)
from members.money.giving import support
from newsroom import erasing, merging
from tests.factories import Cast, MemberFactory, TierFactory, make_article
from tests.members.money.till import SAME_ORIGIN, Till

pytestmark = pytest.mark.django_db
MARK = "zqperson"  # in every text of theirs
PUBLIC = "zqsaidinpublic"
ADDRESS, SECOND, NAME = f"{MARK}@example.org", f"second-{MARK}@example.org", f"Anna {MARK}"


def texts() -> Iterator[tuple[str, str]]:
    """(column, text) of everything the database holds, whatever its type."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'inet', 'ARRAY', 'tsvector')"
        )
        columns = cursor.fetchall()
        for table, column in columns:
            cursor.execute(f'SELECT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL')
            yield from ((f"{table}.{column}", row[0]) for row in cursor.fetchall())


def holding(mark: str) -> list[str]:
    """The columns in which `mark` can be read."""
    return sorted({column for column, text in texts() if mark in text.lower()})


@pytest.fixture
def person(cast: Cast, now: datetime) -> Member:
    """Somebody who did everything that leaves a trace, in words of their own."""
    member: Member = MemberFactory(email=ADDRESS, name=NAME)
    second: Member = MemberFactory(email=SECOND, name=NAME)
    merging.merge(member, second, by=cast.manager, now=now)
    _money(member, cast, now)
    _words(member, cast, now)
    letter = Letter.objects.create(slug="daily", name="Daily")
    LetterSubscription.objects.create(letter=letter, email=ADDRESS.upper(), confirmed_at=now)
    StaffInvitation.objects.create(email=ADDRESS, role=Group.objects.first(), expires_at=now, accepted_at=now)
    Mailing.objects.create(key="thanks", email=ADDRESS, template="members/donation_thanks", context={"who": NAME})
    Mailing.objects.create(key="notice", email="a@example.org", template="t", context={"email": ADDRESS, "name": NAME})
    for row in (member, Complimentary.objects.get(member=member), OfflinePayment.objects.get()):
        kind = ContentType.objects.get_for_model(row)
        LogEntry.objects.create(user=cast.manager, content_type=kind, object_id=row.pk, object_repr=NAME, action_flag=2)
    return member


def _money(member: Member, cast: Cast, now: datetime) -> None:
    tier = TierFactory(slug="tier-1", name="Tier 1", rank=1)
    customer = StripeCustomer.objects.create(member=member, stripe_id="cus_1")
    subscription = Subscription.objects.create(
        customer=customer, stripe_id="sub_1", status="canceled", started_at=now, fetched_at=now,
        cancel_comment=f"{MARK} moved", card_brand=f"visa {MARK}", card_last4="4242",
        open_invoice_url=f"https://example.org/{MARK}",
    )  # fmt: skip
    details = {"tier": tier.pk, "message": MARK, "giver_name": NAME, "recipient_email": f"friend-{MARK}@example.org"}
    for number, (owner, to) in enumerate(((member, f"friend-{MARK}@example.org"), (cast.patron, ADDRESS))):
        attempt = CheckoutAttempt.objects.create(
            member=owner, kind="gift", amount=500, currency="EUR", expires_at=now, status="done",
            email=owner.email, details={**details, "recipient_email": to}, return_path=f"/?{MARK}",
        )  # fmt: skip
        if owner != member:
            CheckoutAttempt.objects.filter(pk=attempt.pk).update(return_path="")
        payment = Payment.objects.create(
            payment_intent=f"pi_{number}", attempt=attempt, member=owner, kind="gift", amount=500, currency="EUR",
            paid_at=now, fetched_at=now, billing_email=owner.email, subscription=subscription,
        )  # fmt: skip
        gift = Gift.objects.create(
            payment=payment, tier=tier, months=1, code_hash=str(number), giver_name="Pat" if number else NAME,
            message=f"For {MARK}", recipient_email=to, delivered_at=now, expires_at=now,
            redeemed_by=member if number else None,
        )  # fmt: skip
        Mailing.objects.create(
            key=f"gift-{gift.pk}", email=to, template="members/gift_code", context={"message": MARK}, status="accepted"
        )
    given = Complimentary.objects.create(
        member=member, tier=tier, ends_at=now + timedelta(days=9), reason=f"won by {MARK}", granted_by=cast.manager
    )
    offline = OfflinePayment.objects.create(
        member=member, tier=tier, amount=700, currency="EUR", method="bank", reference=f"from {MARK}",
        received_on=now.date(), starts_at=now, ends_at=now + timedelta(days=9),
    )  # fmt: skip
    for row in (given, offline):
        support.changed(row, by=cast.manager, verb="add", now=now)
    asked = AccessRequest.objects.create(member=member, message=f"{MARK} lost a job")
    AuditEntry.objects.note("settle", by=cast.manager, subject=asked, reason=f"{MARK} is right")
    changes = {"email": [f"old-{MARK}@example.org", ADDRESS]}
    AuditEntry.objects.note("change address", by=member, subject=member, changes=changes)


def _words(member: Member, cast: Cast, now: datetime) -> None:
    talk = Discussion.objects.create(story=make_article())
    asked = Reply.objects.write(talk, None, text="Well?", posted_at=now, author=cast.patron, status="published")
    said = Reply.objects.write(talk, asked, text=f"{PUBLIC}!", posted_at=now, author=member, status="published")
    alone = {"name": NAME, "text": PUBLIC}
    told = [{**words, "quoted": f"> {words['text']}", "url": f"https://x.example/replies/{reply.pk}/"}
            for reply, words in ((asked, {"name": "Pat", "text": "Well?"}), (said, alone))]  # fmt: skip
    several = {"quotes": [str(asked.pk), str(said.pk)], "stories": [{"replies": told}]}
    for key, template, context in ((f"answer-{said.pk}-9", "answer", alone), ("notices-9-1-2", "notices", several)):
        Mailing.objects.create(key=key, template=f"comments/{template}", email="asked@example.org", context=context)
    for status in ("held", "rejected", "removed"):
        Reply.objects.write(talk, None, text=f"{MARK} {status}", posted_at=now, author=member, status=status)
    Reply.objects.filter(author=member).update(user_name=NAME, user_email=ADDRESS, reason=f"because {MARK}")
    Report.objects.create(reply=asked, member=member, reason="other", note=f"{MARK} thinks so")
    _conduct(member, said, asked, cast, now)
    Topic.objects.create(slug="p", title=f"About {MARK}", case=MARK, proposed_by=member)


def _conduct(member: Member, said: Reply, asked: Reply, cast: Cast, now: datetime) -> None:
    """What moderators decided about them, what they said to it, and what they wanted to hear and not to read."""
    Version.objects.create(reply=said, text=f"{MARK} at first")
    loud = Reply.objects.write(said.discussion, None, text=f"{MARK} loud", posted_at=now, author=member, status="held")
    ruling = verbs.reject(loud, by=cast.moderator, now=now, reason=f"{MARK} shouts", message=f"Please, {NAME}")
    banned = sanctions.impose(member, "ban", by=cast.moderator, now=now, reason=f"{MARK} again", note=f"{MARK} is back")
    for number, against in enumerate(({"ruling": ruling}, {"sanction": banned})):
        answered = {"settled_at": now, "outcome": "dismissed", "answer": f"No, {NAME}"} if number else {}
        Appeal.objects.create(member=member, text=f"{MARK} did not", **against, **answered)
    Follow.objects.create(member=member, discussion=said.discussion, branch=asked)
    Mute.objects.create(member=member, muted=cast.patron)
    Mute.objects.create(member=cast.patron, muted=member)
    NoticeWishes.objects.create(member=member, answers="daily")
    Notice.objects.create(member=member, kind="answers", about=f"reply-{asked.pk}", due_at=now)
    Notice.objects.create(member=cast.patron, kind="answers", about=f"reply-{said.pk}", reply=said, due_at=now)


def test_what_was_decided_is_still_counted_and_nothing_else_of_their_conduct_stays(
    person: Member, now: datetime
) -> None:
    erasing.erase(person, now=now)
    assert Ruling.objects.get().verb == "reject"
    assert Appeal.objects.get().outcome == "dismissed"  # the open one has nobody left to answer
    assert Sanction.objects.get().kind == "ban"
    for gone in (Version, Follow, Mute, NoticeWishes, Notice):
        assert not gone.objects.exists(), gone


def test_no_text_of_the_database_holds_the_person_afterwards(person: Member, now: datetime) -> None:
    before = holding(MARK)
    assert len(before) > 25, before  # the person is everywhere
    erasing.erase(person, now=now)
    assert holding(MARK) == []
    assert holding(PUBLIC) == ["django_comments.comment"]  # what they published, without a name
    digest = Mailing.objects.get(key="notices-9-1-2")  # somebody else's, of several replies
    said = [(reply["name"], reply["text"]) for reply in digest.context["stories"][0]["replies"]]
    assert (digest.status, said) == ("queued", [("Pat", "Well?"), ("Deleted account", "")])


def test_money_stays_without_the_person(person: Member, now: datetime) -> None:
    erasing.erase(person, now=now)
    assert Payment.objects.count() == 2
    assert OfflinePayment.objects.get().amount == 700
    assert CheckoutAttempt.objects.filter(details__has_key="tier").count() == 2
    assert Grant.objects.filter(member=person).exists()
    customer = StripeCustomer.objects.get()
    assert (customer.member, customer.superseded_at) == (None, now)
    assert not EmailAddress.objects.exists()


def test_an_undelivered_gift_still_finds_its_recipient(person: Member, now: datetime) -> None:
    Gift.objects.filter(code_hash="0").update(delivered_at=None, deliver_at=now + timedelta(days=9))
    assert erasing.has_waiting_gifts(person)
    erasing.erase(person, now=now)
    gift = Gift.objects.get(code_hash="0")
    assert (gift.recipient_email, gift.giver_name, gift.message) == (f"friend-{MARK}@example.org", "", "")


def test_what_waits_to_be_mailed_to_them_is_not_mailed(person: Member, now: datetime, mailoutbox: list[Any]) -> None:
    from members.letters.sending import mailings

    row = Mailing.objects.get(key="thanks")
    erasing.erase(person, now=now)
    mailings.send(row)
    assert not mailoutbox


def test_fault_22_an_account_that_pays_is_ended_at_stripe_first_then_erased(till: Till, client: Client) -> None:
    member = till.patron()
    row = till.subscription(member)
    client.force_login(member)
    page = client.get("/account/erase/").content.decode()
    assert "You support us with 5" in page
    assert 'name="end"' in page
    refused = client.post("/account/erase/", {"email": member.email}, **SAME_ORIGIN)
    assert refused.status_code == 422
    assert till.fake.state.objects[row.stripe_id]["status"] == "active"
    answer = client.post("/account/erase/", {"email": member.email, "end": "1"}, **SAME_ORIGIN)
    assert answer["Location"] == "/account/erased/"
    assert till.fake.state.objects[row.stripe_id]["status"] == "canceled"
    till.deliver()  # what Stripe tells of it afterwards, and the job that has Stripe forget the customer
    till.deliver()
    assert till.calls("DELETE", f"customers/{row.customer.stripe_id}") == 1
    customer = StripeCustomer.objects.get()
    assert (customer.member, customer.deleted_at) == (None, timezone.now())
    member.refresh_from_db()
    assert (member.is_active, member.name) == (False, "")
    assert not till.has_access(member)
    assert Payment.objects.get().amount == 500
    assert set(till.statuses()) <= {"done", "ignored"}
    assert not Mailing.objects.exclude(email="").exists()


def test_fault_22_where_stripe_is_down_nothing_is_erased(till: Till, client: Client) -> None:
    member = till.patron()
    client.force_login(member)
    till.fake.down(50)
    answer = client.post("/account/erase/", {"email": member.email, "end": "1"}, **SAME_ORIGIN)
    assert answer.status_code == 422
    assert "Nothing was erased" in answer.content.decode()
    member.refresh_from_db()
    assert member.erased_at is None
    assert till.has_access(member)


def test_what_stripe_tells_afterwards_brings_nobody_back(till: Till) -> None:
    member = till.patron()
    row = till.subscription(member)
    payment, email = till.payment(member), "payer@example.org"
    till.fake.in_portal(till.portal(member), row.stripe_id, "cancel", reason="other", comment="Anna moved to Rome")
    till.fake.state.objects[till.charge(payment)]["billing_details"]["email"] = email
    till.deliver()
    erasing.end_and_erase(member, now=timezone.now())
    till.fake.delivery.resend(everything=True)
    till.deliver()
    till.deliver()
    row.refresh_from_db()
    assert (row.status, row.cancel_comment, row.card_last4) == ("canceled", "", "")
    for mark in ("rome", email, member.email):
        assert not holding(mark)
    assert Payment.objects.get().amount == 500


def test_stripe_is_asked_again_to_forget_until_it_does(till: Till) -> None:
    from members.money.record import customers
    from members.money.stripe_api import payments

    member = till.patron()
    erasing.end_and_erase(member, now=timezone.now())
    till.fake.down(3)
    assert till.run_jobs()
    assert StripeCustomer.objects.get().deleted_at is None
    assert customers.forget_due(teller=payments.in_job(), now=timezone.now()) == 1
    assert customers.forget_due(teller=payments.in_job(), now=timezone.now()) == 0
    assert StripeCustomer.objects.get().deleted_at == timezone.now()


def test_a_page_left_open_at_checkout_can_not_be_paid_any_more(till: Till) -> None:
    member: Member = MemberFactory()
    session = till.join(member)
    erasing.end_and_erase(member, now=timezone.now())
    assert till.fake.state.objects[session]["status"] == "expired"


def test_without_a_membership_the_page_left_open_is_closed_as_well(till: Till) -> None:
    member = MemberFactory()
    session = till.join(member)
    erasing.erase(member, now=timezone.now())
    till.run_jobs()
    assert till.fake.state.objects[session]["status"] == "expired"
    assert not till.fake.pay(session)


def test_who_works_here_is_refused(cast: Cast, now: datetime, client: Client) -> None:
    for erase in (erasing.erase, erasing.end_and_erase):
        with pytest.raises(erasing.EraseError):
            erase(cast.writer, now=now)
    client.force_login(cast.writer)
    assert 'name="email"' not in client.get("/account/erase/").content.decode()
