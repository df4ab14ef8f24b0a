"""What a person may take along: everything we hold about them, decided relation by relation."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from comments.models import (
    Appeal,
    Discussion,
    Follow,
    Mute,
    Notice,
    NoticeWishes,
    Reaction,
    Reply,
    Report,
    Version,
)
from comments.moderation import sanctions, verbs
from members.models import (
    AccessRequest,
    CheckoutAttempt,
    Gift,
    Member,
    OfflinePayment,
    Payment,
    Price,
    StripeCustomer,
    Subscription,
    Terms,
)
from newsroom import rights
from tests.factories import Cast, TierFactory, make_article
from tests.members.relations import relations

pytestmark = pytest.mark.django_db


def test_every_relation_to_a_member_is_exported_or_named_as_not() -> None:
    assert {*rights.EXPORTED, *rights.NOT_EXPORTED} == set(relations())
    assert not rights.EXPORTED.keys() & rights.NOT_EXPORTED.keys()


def test_each_part_of_the_file_that_is_promised_is_there(cast: Cast) -> None:
    assert {*rights.EXPORTED.values()} <= rights.export(cast.member).keys()


def test_the_file_tells_of_money_in_full_and_of_no_code(client: Client, cast: Cast, now: datetime) -> None:
    member, tier = cast.member, TierFactory(slug="tier-1", name="Tier 1", rank=1)
    terms = Terms.objects.create(version="2026-11", text="Be kind.", in_force_from=now)
    CheckoutAttempt.objects.create(
        member=member, kind="subscribe", amount=500, currency="EUR", expires_at=now, terms=terms, accepted_at=now
    )
    customer = StripeCustomer.objects.create(member=member, stripe_id="cus_1")
    Subscription.objects.create(
        customer=customer, stripe_id="sub_1", price=Price.objects.first(), status="canceled", started_at=now,
        fetched_at=now, cancel_reason="too_expensive", card_brand="visa", card_last4="4242",
    )  # fmt: skip
    bought, used = (
        Payment.objects.create(
            payment_intent=f"pi_{n}", member=owner, kind="gift", amount=500, currency="EUR", paid_at=now, fetched_at=now
        )
        for n, owner in ((1, member), (2, cast.patron))
    )
    common: dict[str, Any] = {"tier": tier, "months": 3, "expires_at": now}
    Gift.objects.create(payment=bought, code_hash="digest-1", recipient_email="friend@example.org", **common)
    Gift.objects.create(payment=used, code_hash="digest-2", redeemed_by=member, giver_name="Pat", **common)
    OfflinePayment.objects.create(
        member=member, tier=tier, amount=700, currency="EUR", method="bank", received_on=now.date(), starts_at=now,
        ends_at=now + timedelta(days=9),
    )  # fmt: skip
    AccessRequest.objects.create(member=member, message="I am between jobs.")
    Authenticator.objects.create(user=member, type="webauthn", data={"name": "My phone", "credential": "secret-key"})
    Member.objects.filter(pk=cast.patron.pk).update(merged_into=member)
    client.force_login(member)
    text = client.get("/account/export/").content.decode()
    data = json.loads(text)
    assert data["attempts to pay"][0]["terms__version"] == "2026-11"
    assert data["subscriptions"][0]["card_last4"] == "4242"
    assert data["subscriptions"][0]["cancel_reason"] == "too_expensive"
    assert data["gifts bought"][0]["recipient_email"] == "friend@example.org"
    assert data["gifts received"][0]["giver_name"] == "Pat"
    assert data["offline payments"][0]["amount"] == 700
    assert data["requests for access"][0]["message"] == "I am between jobs."
    assert data["second factors"][0]["data__name"] == "My phone"
    assert len(data["merged accounts"]) == 1
    for secret in ("digest-1", "digest-2", "secret-key", cast.patron.email):
        assert secret not in text


def test_the_file_tells_of_replies_with_all_that_was_decided_and_nothing_of_the_moderators(
    client: Client, cast: Cast, now: datetime
) -> None:
    member, talk = cast.member, Discussion.objects.create(story=make_article())
    said, asked = (
        Reply.objects.write(talk, None, text=text, posted_at=now, author=author, status="published")
        for text, author in (("What I said", member), ("What others said", cast.patron))
    )
    Version.objects.create(reply=said, text="What I said at first")
    ruling = verbs.remove(said, by=cast.moderator, now=now, reason="It names a neighbour.", message="Write it anew?")
    sanction = sanctions.impose(member, "warn", by=cast.moderator, now=now, reason="Twice now.", note="a secret note")
    Appeal.objects.create(member=member, ruling=ruling, text="The neighbour agrees.")
    Appeal.objects.create(
        member=member, sanction=sanction, text="Once.", outcome="dismissed", answer="Twice.", settled_by=cast.moderator
    )
    Report.objects.create(reply=asked, member=member, reason="spam", note="An advertisement", outcome="kept")
    Report.objects.create(reply=said, member=cast.patron, reason="insult", note="the note of whoever reported")
    Reaction.objects.create(reply=asked, member=member)
    Follow.objects.create(member=member, discussion=talk, branch=asked)
    Mute.objects.create(member=member, muted=cast.patron)
    Mute.objects.create(member=cast.writer, muted=member)
    NoticeWishes.objects.create(member=member, answers="never")
    Notice.objects.create(member=member, kind="answers", about=f"reply-{asked.pk}", reply=asked, due_at=now)
    client.force_login(member)
    text = client.get("/account/export/").content.decode()
    data = json.loads(text)
    reply = data["replies"][0]
    assert (reply["comment"], reply["status"], reply["reason"]) == ("What I said", "removed", "It names a neighbour.")
    assert reply["earlier texts"][0]["text"] == "What I said at first"
    assert (reply["decisions"][0]["verb"], reply["decisions"][0]["message"]) == ("remove", "Write it anew?")
    assert [row["text"] for row in data["appeals"]] == ["The neighbour agrees.", "Once."]
    assert data["appeals"][1]["answer"] == "Twice."
    assert (data["reports"][0]["note"], data["reports"][0]["outcome"]) == ("An advertisement", "kept")
    assert data["sanctions"][0]["reason"] == "Twice now."
    assert data["recommendations"] == [{"reply_id": asked.pk}]
    assert data["followed discussions"][0]["branch_id"] == asked.pk
    assert [row["muted__name"] for row in data["muted people"]] == [cast.patron.name]
    assert data["wishes for mails about replies"][0]["answers"] == "never"
    assert f"reply-{asked.pk}" in {row["about"] for row in data["told about replies"]}
    moderator, others = cast.moderator, ("a secret note", "the note of whoever reported", "What others said")
    for secret in (*others, moderator.email, moderator.name, cast.patron.email):
        assert secret not in text, secret
