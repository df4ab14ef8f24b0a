"""Giving once, giving to somebody, and what the desk gives."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import AuditEntry, CheckoutAttempt, Complimentary, Gift, Mailing, OfflinePayment, Payment, Tier
from members.money import jobs
from members.money.giving import gifts, support
from tests.factories import MemberFactory
from tests.members.money.till import SAME_ORIGIN, Till

GIFT = {"tier": "tier-2", "months": "3", "email": "giver@example.org", "recipient_email": "friend@example.org"}


def session_of(answer: Any) -> str:
    return str(answer["Location"].rsplit("/", 1)[-1])


def bought(till: Till, client: Client, **fields: str) -> Gift:
    answer = client.post("/membership/gift/", GIFT | fields, **SAME_ORIGIN)
    assert answer.status_code == 303
    till.fake.pay(session_of(answer))
    till.deliver()
    return Gift.objects.latest("pk")


def code(gift: Gift) -> str:
    assert gift.payment.attempt
    return gifts.code_of(gift.payment.attempt)


def test_fault_37_an_anonymous_donation_is_stored_once_without_anybody(till: Till, client: Client) -> None:
    answer = client.post("/membership/support/", {"own_amount": "12,50", "message": "Go on"}, **SAME_ORIGIN)
    assert answer.status_code == 303
    session = session_of(answer)
    till.fake.pay(session, email="somebody@example.org")
    page = client.get("/membership/welcome/", {"session_id": session})
    assert "Your 12.50\u00a0€ arrived" in page.content.decode()
    till.fake.deliver("duplicate")
    till.deliver()
    payment = Payment.objects.get()
    assert (payment.kind, payment.amount, payment.member, payment.subscription) == ("donation", 1250, None, None)
    assert till.fake.state.every("customer") == []
    assert Mailing.objects.get().email == "somebody@example.org"
    assert CheckoutAttempt.objects.get().details["message"] == "Go on"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("0", "smallest"), ("-5", "smallest"), ("0.50", "smallest"), ("100001", "write to us"), ("ten", "an amount"),
        ("1.0055", "small coins"), ("", "an amount"), ("NaN", "an amount"), ("5.5.5", "an amount"),
    ],
)  # fmt: skip
def test_a_bad_amount_is_explained_and_stays_in_the_form(till: Till, client: Client, typed: str, reason: str) -> None:
    answer = client.post("/membership/support/", {"own_amount": typed, "message": "Hello"}, **SAME_ORIGIN)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert reason in text
    assert "Hello" in text
    assert CheckoutAttempt.objects.count() == 0


def test_a_suggested_amount_is_in_minor_units(till: Till, client: Client) -> None:
    assert client.post("/membership/support/", {"amount": "1000"}, **SAME_ORIGIN).status_code == 303
    assert CheckoutAttempt.objects.get().amount == 1000


def test_fault_38_a_gift_is_made_once_and_redeemed_once(till: Till, client: Client) -> None:
    answer = client.post("/membership/gift/", GIFT, **SAME_ORIGIN)
    till.fake.pay(session_of(answer))
    till.fake.deliver("duplicate")
    till.fake.delivery.resend(everything=True)
    till.deliver()
    gift = Gift.objects.get()
    assert (gift.payment.amount, gift.months, gift.tier.slug) == (3000, 3, "tier-2")
    mailing = Mailing.objects.get(key=f"gift-{gift.pk}")
    assert (mailing.email, mailing.context["code"]) == ("friend@example.org", code(gift))
    friend = MemberFactory()
    client.force_login(friend)
    assert client.get("/membership/redeem/", {"code": code(gift)}).status_code == 200
    assert not till.has_access(friend)  # looking is not redeeming
    client.post("/membership/redeem/", {"code": code(gift).lower()}, **SAME_ORIGIN)
    assert till.rank(friend) == 2
    gift.refresh_from_db()
    assert gift.ends_at == gifts.add_months(timezone.now(), 3)
    client.force_login(MemberFactory())
    assert "used already" in client.post("/membership/redeem/", {"code": code(gift)}, **SAME_ORIGIN).content.decode()


def test_a_gift_with_a_day_waits_for_it(till: Till, client: Client) -> None:
    day = timezone.localdate() + timedelta(days=10)
    gift = bought(till, client, deliver_on=day.isoformat())
    assert till.mails("gift-") == []
    jobs.deliver_gifts(0)
    assert till.mails("gift-") == []
    till.clock.shift(timedelta(days=10))
    jobs.deliver_gifts(0)
    jobs.deliver_gifts(0)
    assert till.mails("gift-") == [f"gift-{gift.pk}"]


def test_fault_39_a_gift_refunded_before_use_is_void(till: Till, client: Client) -> None:
    gift = bought(till, client)
    till.fake.client().v1.refunds.create({"payment_intent": gift.payment.payment_intent})
    till.deliver()
    with pytest.raises(gifts.GiftError, match="paid back"):
        gifts.redeem(code(gift), by=MemberFactory(), now=timezone.now())


def test_fault_39_a_gift_refunded_after_use_ends(till: Till, client: Client) -> None:
    gift, friend = bought(till, client), MemberFactory()
    gifts.redeem(code(gift), by=friend, now=timezone.now())
    assert till.has_access(friend)
    till.fake.client().v1.refunds.create({"payment_intent": gift.payment.payment_intent})
    till.deliver()
    assert not till.has_access(friend)


def test_fault_39_an_expired_gift_is_refused(till: Till, client: Client) -> None:
    gift = bought(till, client)
    with pytest.raises(gifts.GiftError, match="good until"):
        gifts.redeem(code(gift), by=MemberFactory(), now=timezone.now() + timedelta(days=366))


def test_fault_39_a_gift_for_a_patron_queues_after_what_they_paid(till: Till, client: Client) -> None:
    gift, patron = bought(till, client), till.patron()
    paid_until = till.subscription(patron).paid_until
    gifts.redeem(code(gift), by=patron, now=timezone.now())
    gift.refresh_from_db()
    assert gift.starts_at == paid_until
    assert gift.ends_at == gifts.add_months(gift.starts_at, 3) if gift.starts_at else False


def test_an_ordinary_refund_never_touches_a_gift(till: Till, client: Client) -> None:
    gift, patron = bought(till, client), till.patron()
    gifts.redeem(code(gift), by=patron, now=timezone.now())
    till.fake.client().v1.refunds.create({"payment_intent": till.subscription(patron).payments.get().payment_intent})
    till.deliver()
    assert patron.grants.get().source == "gift"


def test_a_code_typed_wrong_ten_times_has_to_rest(till: Till, client: Client) -> None:
    client.force_login(MemberFactory())
    wrong = {"code": "AAAA-BBBB-CCCC-DDDD"}
    for _try in range(10):
        assert "no such code" in client.post("/membership/redeem/", wrong, **SAME_ORIGIN).content.decode()
    gift = bought(till, Client())
    assert "often" in client.post("/membership/redeem/", {"code": code(gift)}, **SAME_ORIGIN).content.decode()


def test_redeeming_asks_for_sign_in_and_keeps_the_code(till: Till, client: Client) -> None:
    answer = client.post("/membership/redeem/", {"code": "AAAA"}, **SAME_ORIGIN)
    assert answer["Location"] == "/accounts/login/?next=%2Fmembership%2Fredeem%2F%3Fcode%3DAAAA"


def test_a_complimentary_row_saved_on_the_desk_opens_and_ends(till: Till, client: Client, cast: Any) -> None:
    client.force_login(cast.manager)
    fields = {
        "member": cast.member.email, "tier": Tier.objects.get(slug="tier-2").pk, "kind": "hardship", "reason": "asked",
        "starts_at": "2026-11-01", "ends_at": "2027-11-01",
    }  # fmt: skip
    assert client.post("/admin/members/complimentary/add/", fields).status_code == 302
    row = Complimentary.objects.get(member=cast.member)
    assert row.granted_by == cast.manager
    assert till.rank(cast.member) == 2
    page = client.get(f"/admin/members/complimentary/{row.pk}/change/").content.decode()
    assert "End now" in page
    assert client.get(f"/admin/members/complimentary/{row.pk}/do/end/").status_code == 405
    assert till.rank(cast.member) == 2
    assert client.post(f"/admin/members/complimentary/{row.pk}/do/end/").status_code == 303
    assert not till.has_access(cast.member)
    assert AuditEntry.objects.filter(by=cast.manager, subject_type="members.Complimentary").count() == 2


def test_offline_money_is_a_grant_until_it_is_voided(till: Till, cast: Any) -> None:
    now = timezone.now()
    row = OfflinePayment.objects.create(
        member=cast.member, tier=Tier.objects.get(slug="tier-1"), amount=6000, currency="EUR", method="bank",
        received_on=now.date(), ends_at=now + timedelta(days=365), recorded_by=cast.manager,
    )  # fmt: skip
    support.changed(row, by=cast.manager, verb="record offline payment", now=now)
    assert till.rank(cast.member) == 1
    assert support.void_offline(row, by=cast.manager, now=now)
    assert not support.void_offline(row, by=cast.manager, now=now)
    assert not till.has_access(cast.member)
