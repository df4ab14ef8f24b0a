"""Joining: from the form to the open story, whoever speaks first."""

import pytest
from django.test import Client

from members.models import CheckoutAttempt, Mailing, StripeCustomer, StripeEvent, Subscription
from members.money.joining import checkout
from members.money.record.subscriptions import end_all
from members.money.stripe_api import payments
from members.money.stripe_api.errors import TryLater
from tests.factories import MemberFactory
from tests.fakestripe.checkout import redeem
from tests.members.money.till import SAME_ORIGIN, Till


def test_fault_01_welcome_page_opens_before_any_webhook(till: Till, client: Client) -> None:
    member = MemberFactory()
    client.force_login(member)
    answer = client.post(
        "/membership/join/", {"price": till.price().pk, "next": "/2026/11/03/a-story/#continue"}, **SAME_ORIGIN
    )
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{till.fake.url}/c/pay/")
    session = CheckoutAttempt.objects.get().session_id
    till.fake.pay(session)
    back = client.get("/membership/welcome/", {"session_id": session})
    assert (back.status_code, back["Location"]) == (302, "/2026/11/03/a-story/#continue")
    assert till.has_access(member)
    grants = list(member.grants.values_list("starts_at", "ends_at", "source"))
    till.deliver()
    assert list(member.grants.values_list("starts_at", "ends_at", "source")) == grants
    assert till.mails("welcome-") == [f"welcome-{Subscription.objects.get().stripe_id}"]
    assert set(till.statuses()) <= {"done", "ignored"}


def test_fault_02_patron_never_returns_from_checkout(till: Till) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    assert not till.has_access(member)
    till.deliver()
    assert till.has_access(member)
    assert till.payment(member).amount == 500
    assert CheckoutAttempt.objects.get().status == "done"
    assert len(till.mails("welcome-")) == 1


def test_fault_08_a_patron_who_joins_again_is_sent_to_the_portal(till: Till, client: Client) -> None:
    member = till.patron()
    client.force_login(member)
    answer = client.post("/membership/join/", {"price": till.price("tier-2").pk}, **SAME_ORIGIN)
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{till.fake.url}/p/bps_")
    assert CheckoutAttempt.objects.count() == 1
    assert till.calls("POST", "checkout/sessions") == 1


def test_whoever_cancelled_can_come_back_the_same_day(till: Till) -> None:
    member = till.patron()
    till.fake.client().v1.subscriptions.cancel(till.subscription(member).stripe_id)
    till.deliver()
    assert not till.has_access(member)
    till.fake.pay(till.join(member))
    till.deliver()
    assert till.has_access(member)
    assert Subscription.objects.filter(customer__member=member).count() == 2
    assert StripeCustomer.objects.filter(member=member).count() == 1


def test_a_stale_row_does_not_keep_anybody_from_coming_back(till: Till) -> None:
    member = till.patron()
    till.fake.client().v1.subscriptions.cancel(till.subscription(member).stripe_id)
    till.fake.deliver("drop")
    till.fake.pay(till.join(member))
    till.deliver()
    assert till.has_access(member)


def test_another_price_closes_the_older_session_first(till: Till) -> None:
    member = MemberFactory()
    first = till.join(member, "tier-1")
    second = till.join(member, "tier-2")
    assert first != second
    assert till.fake.state.objects[first]["status"] == "expired"
    assert sorted(CheckoutAttempt.objects.values_list("status", flat=True)) == ["expired", "open"]


def test_a_session_paid_meanwhile_is_synced_instead_of_closed(till: Till) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member, "tier-1"))
    with pytest.raises(checkout.Waiting):
        till.join(member, "tier-2")
    assert till.rank(member) == 1
    assert till.calls("POST", "checkout/sessions") == 1


def test_fault_11_stripe_down_when_joining_gives_a_friendly_page_and_the_same_key_later(
    till: Till, client: Client
) -> None:
    client.force_login(MemberFactory())
    till.fake.down(1, 503)
    answer = client.post("/membership/join/", {"price": till.price().pk}, **SAME_ORIGIN)
    assert answer.status_code == 503
    assert "does not answer" in answer.content.decode()
    again = client.post("/membership/join/", {"price": till.price().pk}, **SAME_ORIGIN)
    assert again.status_code == 303
    assert CheckoutAttempt.objects.count() == 1
    assert len({call.key for call in till.fake.calls if call.path == "/v1/customers"}) == 1


def test_fault_12_a_stored_500_costs_one_attempt_not_the_membership(till: Till, client: Client) -> None:
    member = till.patron()
    till.fake.client().v1.subscriptions.cancel(till.subscription(member).stripe_id)
    till.deliver()
    client.force_login(member)
    price = {"price": till.price().pk}
    till.fake.down(1, 500)
    assert client.post("/membership/join/", price, **SAME_ORIGIN).status_code == 503  # stored at Stripe
    assert client.post("/membership/join/", price, **SAME_ORIGIN).status_code == 503  # replayed: spent
    assert client.post("/membership/join/", price, **SAME_ORIGIN).status_code == 303
    statuses = list(CheckoutAttempt.objects.order_by("created_at").values_list("status", flat=True))
    assert sorted(statuses) == ["done", "failed", "open"]


def test_fault_12_a_stored_500_on_the_customer_does_not_lock_anybody_out(till: Till, client: Client) -> None:
    client.force_login(MemberFactory())
    price = {"price": till.price().pk}
    till.fake.down(1, 500)
    answers = [client.post("/membership/join/", price, **SAME_ORIGIN).status_code for _ in range(3)]
    assert answers == [503, 503, 303]
    assert StripeCustomer.objects.count() == 1


def test_fault_21_a_customer_deleted_in_the_dashboard_ends_access_and_joins_anew(till: Till) -> None:
    member = till.patron()
    old = till.subscription(member).customer
    till.fake.client().v1.customers.delete(old.stripe_id)
    till.deliver()
    assert not till.has_access(member)
    old.refresh_from_db()
    assert old.deleted_at is not None
    till.fake.pay(till.join(member))
    till.deliver()
    assert till.has_access(member)
    assert StripeCustomer.objects.filter(member=member).count() == 2


def test_fault_21_also_when_nobody_told_us_of_the_deletion(till: Till, client: Client) -> None:
    member = till.patron()
    till.fake.client().v1.customers.delete(till.subscription(member).customer.stripe_id)
    till.fake.deliver("drop")
    client.force_login(member)
    price = {"price": till.price().pk}
    assert client.post("/membership/join/", price, **SAME_ORIGIN).status_code == 503
    assert client.post("/membership/join/", price, **SAME_ORIGIN).status_code == 303


def test_fault_30_complete_but_unpaid_grants_nothing_until_the_bank_pays(till: Till, client: Client) -> None:
    member = MemberFactory()
    client.force_login(member)
    session = till.join(member)
    till.fake.pay(session, "processing")
    page = client.get("/membership/welcome/", {"session_id": session})
    assert "Your bank is at work" in page.content.decode()
    till.deliver()
    assert not till.has_access(member)
    assert till.mails("welcome-") == []
    assert client.post("/membership/join/", {"price": till.price().pk}, **SAME_ORIGIN)["Location"].startswith(
        "/membership/welcome/"
    )
    till.fake.settle_payment(session, succeeds=True)
    till.deliver()
    assert till.has_access(member)
    assert len(till.mails("welcome-")) == 1


def test_fault_30_a_delayed_payment_that_fails_grants_nothing_and_is_told(till: Till) -> None:
    member = MemberFactory()
    session = till.join(member)
    till.fake.pay(session, "processing")
    till.deliver()
    till.fake.settle_payment(session, succeeds=False)
    till.deliver()
    attempt = CheckoutAttempt.objects.get()
    assert not till.has_access(member)
    assert attempt.status == "failed"
    assert till.mails("unpaid-") == [f"unpaid-{attempt.pk}"]
    till.fake.pay(till.join(member))
    till.deliver()
    assert till.has_access(member)


def test_fault_40_a_wallet_address_links_nobody_else(till: Till) -> None:
    stranger = MemberFactory(email="wallet@example.org")
    member = MemberFactory(email="account@example.org")
    till.fake.pay(till.join(member), email="wallet@example.org")
    till.deliver()
    assert till.has_access(member)
    assert not till.has_access(stranger)
    assert Mailing.objects.get(key__startswith="welcome-").member == member


def test_fault_43_a_full_discount_counts_as_paid(till: Till) -> None:
    stripe = till.fake.client().v1
    coupon = stripe.coupons.create({"percent_off": 100, "duration": "forever"})
    stripe.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "FREE"})
    member = MemberFactory()
    session = till.join(member)
    with till.fake.state.change():
        assert redeem(till.fake.state, till.fake.state.objects[session], "free")
    till.fake.pay(session)
    till.deliver()
    assert till.fake.state.objects[session]["payment_status"] == "no_payment_required"
    assert till.has_access(member)
    assert CheckoutAttempt.objects.get().status == "done"
    assert not member.payments.exists()


def test_joining_asks_for_sign_in_first_and_keeps_the_choice(till: Till, client: Client) -> None:
    price = till.price("tier-2")
    answer = client.post("/membership/join/", {"tier": "tier-2", "interval": "month", "next": "/a/"}, **SAME_ORIGIN)
    assert answer.status_code == 303
    assert answer["Location"] == f"/accounts/login/?next=%2Fmembership%2F%3Fprice%3D{price.pk}%26next%3D%252Fa%252F"
    page = client.get(f"/membership/?price={price.pk}&next=/a/").content.decode()
    assert "You chose Patron" in page
    assert '<input type="hidden" name="next" value="/a/">' in page
    assert CheckoutAttempt.objects.count() == 0


@pytest.mark.parametrize("fields", [{"price": "0"}, {"price": "x"}, {"price": "9" * 40}, {"tier": "nobody"}, {}])
def test_an_unknown_price_is_refused_with_a_sentence(till: Till, client: Client, fields: dict[str, str]) -> None:
    client.force_login(MemberFactory())
    answer = client.post("/membership/join/", fields, **SAME_ORIGIN)
    assert answer.status_code == 422
    assert "not offered any more" in answer.content.decode()


def test_a_join_from_another_site_is_refused(till: Till, client: Client) -> None:
    client.force_login(MemberFactory())
    answer = client.post("/membership/join/", {"price": till.price().pk}, HTTP_SEC_FETCH_SITE="cross-site")
    assert answer.status_code == 403
    assert CheckoutAttempt.objects.count() == 0


def test_somebody_elses_session_is_unknown_on_the_welcome_page(till: Till, client: Client) -> None:
    member = MemberFactory()
    session = till.join(member)
    till.fake.pay(session)
    for visitor in (None, MemberFactory()):
        if visitor:
            client.force_login(visitor)
        answer = client.get("/membership/welcome/", {"session_id": session})
        assert "We do not know this payment" in answer.content.decode()
        assert not visitor or not till.has_access(visitor)


def test_welcome_page_says_confirming_when_stripe_is_down_and_never_asks_to_pay_again(
    till: Till, client: Client
) -> None:
    member = MemberFactory()
    client.force_login(member)
    session = till.join(member, back="/a/")
    till.fake.pay(session)
    till.fake.down(5)
    page = client.get("/membership/welcome/", {"session_id": session}).content.decode()
    assert "We are confirming your payment" in page
    assert "/membership/join/" not in page
    till.fake.down(0)
    waiting = client.get("/membership/welcome/", {"session_id": session}, HTTP_X_FRAGMENT="1").content.decode()
    assert "data-poll" in waiting
    till.deliver()
    ready = client.get("/membership/welcome/", {"session_id": session}, HTTP_X_FRAGMENT="1").content.decode()
    assert 'data-go href="/a/#continue"' in ready


def test_fault_22_leaving_cancels_at_stripe_first(till: Till) -> None:
    member = till.patron()
    stripe_id = till.subscription(member).stripe_id
    assert end_all(member, teller=payments.in_job()) == 1
    assert till.fake.state.objects[stripe_id]["status"] == "canceled"
    member.delete()
    till.deliver()
    assert StripeEvent.objects.filter(status="parked").count() == 0
    assert Subscription.objects.get().customer.member is None


def test_fault_22_leaving_is_refused_while_stripe_is_down(till: Till) -> None:
    member = till.patron()
    till.fake.down(5)
    with pytest.raises(TryLater):
        end_all(member, teller=payments.in_job())
    assert till.has_access(member)
