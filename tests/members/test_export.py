"""What a person may take along: everything we hold about them, decided relation by relation."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

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
from tests.factories import Cast, TierFactory
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
