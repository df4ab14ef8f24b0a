"""Two at one thing, on PostgreSQL, at the line where it matters: paid twice, looked at twice, erased while hearing."""

from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from members.models import CheckoutAttempt, Grant, Member, Payment, StripeCustomer, StripeEvent, Subscription
from members.money.inbox import reconcile, webhooks
from members.money.joining import checkout
from members.money.record import ledger
from members.money.record.subscriptions import Unmatched, sync_subscription
from members.money.stripe_api import payments
from newsroom.erasing import end_and_erase
from tests.factories import MemberFactory, make_patron
from tests.members.money.till import Till
from tests.members.money.together import at_once, failures
from tests.members.money.workers import until

pytestmark = pytest.mark.django_db(transaction=True)
FETCH = "GET /v1/subscriptions/"


def two_sessions(till: Till, member: Member) -> tuple[str, str]:
    """Two open Sessions of one member: the older could not be closed at Stripe, and nobody noticed."""
    first = till.join(member, "tier-1")
    CheckoutAttempt.objects.filter(session_id=first).update(status="expired")
    return first, till.join(member, "tier-2")


@pytest.mark.parametrize("turn", range(5))
def test_fault_09_of_two_sessions_completed_at_once_one_survives_and_the_newer_is_refunded_once(
    till: Till, turn: int
) -> None:
    member = MemberFactory()
    first, second = two_sessions(till, member)
    till.fake.pay(first)
    till.clock.shift(turn)  # in the first turn within one second
    till.fake.pay(second)
    till.fake.deliver()
    subs = [till.fake.state.objects[session]["subscription"] for session in (first, second)]
    look = partial(checkout.sync_checkout, teller=payments.in_job())
    works = [partial(look, first), partial(look, second), *(partial(webhooks.process, sub) for sub in subs)]
    assert not failures(at_once(works))
    assert not failures(at_once([till.run_jobs] * 3))
    till.deliver()
    till.run_jobs()
    standing = Subscription.objects.standing().get()
    ended = Subscription.objects.exclude(pk=standing.pk).get()
    if turn:
        assert standing.stripe_id == subs[0]
    assert ended.needs_review
    assert [till.fake.state.objects[row.stripe_id]["status"] for row in (standing, ended)] == ["active", "canceled"]
    refund = till.fake.state.every("refund")
    assert [each["payment_intent"] for each in refund] == [ended.payments.get().payment_intent]
    assert ended.payments.get().amount_refunded == ended.payments.get().amount
    assert standing.payments.get().amount_refunded == 0
    assert Grant.objects.rank_of(member, timezone.now()) == (standing.price.tier.rank if standing.price else 0)
    assert set(till.statuses()) == {"done", "ignored"}


@pytest.mark.parametrize("turn", range(5))
def test_fault_46_two_workers_that_looked_at_the_same_moment_save_one_object(till: Till, turn: int) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    till.fake.deliver()
    sub = till.fake.state.every("subscription")[0]["id"]
    results: list[Any] = []
    with till.fake.hold(FETCH, after_write=True) as hold:
        crowd = Thread(target=lambda: results.extend(at_once([partial(webhooks.process, sub)] * 4)))
        crowd.start()
        assert hold.reached.wait(10)
        until(lambda: sum(call.path.endswith(sub) for call in till.fake.calls) >= 4)
    crowd.join(60)
    assert not failures(results), results
    till.run_jobs()
    assert Subscription.objects.count() == Grant.objects.count() == Payment.objects.count() == 1
    assert till.mails("welcome-") == [f"welcome-{sub}"]
    assert set(till.statuses()) == {"done", "ignored"}


def test_fault_46_an_event_during_a_running_job_is_for_the_next_one(till: Till) -> None:
    member = till.patron()
    sub = till.subscription(member).stripe_id
    till.fake.emit("customer.subscription.updated", till.fake.state.objects[sub])
    till.fake.deliver()
    results: list[Any] = []
    with till.fake.hold(FETCH, after_write=True) as hold:
        job = Thread(target=lambda: results.extend(at_once([partial(webhooks.process, sub)])))
        job.start()
        assert hold.reached.wait(10)
        with till.fake.state.change():  # as the Portal does it; the API's own address is held
            till.fake.state.objects[sub] |= {"status": "canceled", "ended_at": till.fake.state.now()}
            till.fake.emit("customer.subscription.deleted", till.fake.state.objects[sub])
        till.fake.deliver()
    job.join(30)
    assert results == [1]  # the event that rang before it began, and no other
    assert till.subscription(member).status == "active"
    assert StripeEvent.objects.pending().get().type == "customer.subscription.deleted"
    assert till.run_jobs() == []
    assert till.subscription(member).status == "canceled"
    assert not till.has_access(member)


@pytest.mark.parametrize("turn", range(5))
def test_fault_47_a_job_that_starts_before_our_commit_waits_and_then_matches(till: Till, turn: int) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    customer = StripeCustomer.objects.get()
    StripeCustomer.objects.all().delete()
    till.fake.deliver()
    sub = till.fake.state.every("subscription")[0]["id"]
    with transaction.atomic():
        StripeCustomer.objects.create(member=member, stripe_id=customer.stripe_id)
        [early] = at_once([partial(webhooks.process, sub)])
        assert isinstance(early, Unmatched)
    assert StripeEvent.objects.filter(object_id=sub, status="pending", attempts=1).exists()
    assert not till.has_access(member)
    assert till.run_jobs() == []
    assert till.has_access(member)
    assert set(till.statuses()) == {"done", "ignored"}


@pytest.mark.parametrize("turn", range(5))
def test_eight_rebuilds_of_one_members_grants_equal_one(till: Till, turn: int) -> None:
    member = make_patron(MemberFactory())
    before = list(Grant.objects.values_list("member", "tier", "starts_at", "ends_at", "source", "source_id"))
    results = at_once([partial(Grant.objects.rebuild, member)] * 8)
    assert not failures(results)
    after = list(Grant.objects.values_list("member", "tier", "starts_at", "ends_at", "source", "source_id"))
    assert after == before


@pytest.mark.parametrize("turn", range(5))
def test_fault_46_refund_renewal_page_and_reconcile_at_one_member_agree(till: Till, turn: int) -> None:
    member = till.patron()
    till.fake.advance(31, along=till.clock)
    sub, newest = till.subscription(member).stripe_id, till.fake.state.every("payment_intent")[0]["id"]
    till.fake.client().v1.refunds.create({"payment_intent": newest})
    till.fake.deliver()
    job, now = payments.in_job(), timezone.now()
    works = [
        partial(sync_subscription, sub, teller=job), partial(ledger.sync_payment, newest, teller=job),
        partial(ledger.sync_payment, newest, teller=job), partial(reconcile.run, teller=job, now=now),
        partial(webhooks.process, sub),
    ]  # fmt: skip
    assert not failures(at_once(works))
    till.deliver()
    till.deliver()
    assert till.subscription(member).status == "canceled"
    assert not till.has_access(member)
    assert sorted(member.payments.values_list("amount_refunded", flat=True)) == [0, 500]
    assert till.calls("POST", "refunds") == 1  # ours in the dashboard; the site gave nothing back twice


@pytest.mark.parametrize("turn", range(5))
def test_fault_22_an_account_erased_while_webhooks_arrive_is_billed_no_more(till: Till, turn: int) -> None:
    member = till.patron()
    row = till.subscription(member)
    till.fake.emit("customer.subscription.updated", till.fake.state.objects[row.stripe_id])
    till.fake.emit("invoice.paid", till.fake.state.every("invoice")[0])
    till.fake.deliver()
    works = [
        partial(end_and_erase, Member.objects.get(pk=member.pk), now=timezone.now()),
        partial(webhooks.process, row.stripe_id),
        partial(webhooks.process, till.fake.state.every("invoice")[0]["id"]),
        partial(sync_subscription, row.stripe_id, teller=payments.in_job()),
    ]  # fmt: skip
    assert not failures(at_once(works))
    till.deliver()
    member.refresh_from_db()
    assert member.erased_at is not None
    assert "invalid" in member.email
    assert till.fake.state.objects[row.stripe_id]["status"] == "canceled"
    assert Subscription.objects.get().status == "canceled"
    assert not till.has_access(member)
    assert Payment.objects.get().amount == 500  # money's history stays
    assert set(till.statuses()) == {"done", "ignored"}
    till.advance(62)
    assert Payment.objects.count() == 1


def test_fault_22_the_page_ends_the_membership_at_stripe_or_refuses(till: Till, client: Client) -> None:
    member = till.patron()
    row = till.subscription(member)
    client.force_login(member)
    till.fake.down(50)
    refused = client.post("/account/erase/", {"email": member.email, "end": "1"})
    member.refresh_from_db()
    assert refused.status_code == 422
    assert member.erased_at is None
    assert till.has_access(member)
    till.fake.down(0)
    session = till.join(other := MemberFactory())
    client.force_login(other)
    assert client.post("/account/erase/", {"email": other.email, "end": "1"}).status_code == 303
    assert till.fake.state.objects[session]["status"] == "expired"  # nobody pays for who is gone
    client.force_login(member)
    assert client.post("/account/erase/", {"email": member.email}).status_code == 422  # it still runs
    assert client.post("/account/erase/", {"email": member.email, "end": "1"}).status_code == 303
    member.refresh_from_db()
    assert member.erased_at is not None
    assert till.fake.state.objects[row.stripe_id]["status"] == "canceled"
    assert not till.has_access(member)
    till.deliver()
    assert set(till.statuses()) == {"done", "ignored"}
    assert all("deleted" in customer for customer in till.fake.state.every("customer"))


def test_no_thread_of_these_tests_keeps_a_connection(till: Till) -> None:
    at_once([partial(Member.objects.count)] * 4)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        )
        assert cursor.fetchone()[0] == 0
