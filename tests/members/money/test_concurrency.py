"""Real threads on real PostgreSQL: one effect, no deadlock, the later look wins."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import stripe
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from members.models import CheckoutAttempt, Gift, Grant, Member, Payment, StripeCustomer, StripeEvent, Tier
from members.money.giving import gifts
from members.money.inbox import reconcile, webhooks
from members.money.joining import checkout
from members.money.joining.checkout import CheckoutError
from members.money.record import ledger
from members.money.record.subscriptions import sync_subscription
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Full, PaymentError
from tests.factories import MemberFactory
from tests.members.money.till import Till
from tests.members.money.together import Dawdler, at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("turn", range(5))
def test_fault_03_one_event_by_eight_threads_is_one_row_and_one_job(till: Till, turn: int) -> None:
    thing = {"id": "sub_1", "object": "subscription", "customer": "cus_1"}
    body = json.dumps(
        {
            "id": "evt_1", "object": "event", "type": "customer.subscription.updated", "created": int(time.time()),
            "api_version": payments.API_VERSION, "livemode": False, "data": {"object": thing},
        }
    )  # fmt: skip
    header = stripe.WebhookSignature.generate_signature_header(body, "whsec_test", timestamp=int(time.time()))

    def ring() -> int:
        answer = Client().post("/stripe/webhook/", body, content_type="application/json", HTTP_STRIPE_SIGNATURE=header)
        return answer.status_code

    assert at_once([ring] * 8) == [200] * 8
    assert StripeEvent.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'money'")
        assert cursor.fetchone()[0] == 1


@pytest.mark.parametrize("turn", range(5))
def test_fault_07_eight_clicks_on_join_make_one_customer_and_one_session(till: Till, turn: int) -> None:
    member, price = MemberFactory(), till.price()
    now = timezone.now()

    def click() -> str:
        return checkout.join(Member.objects.get(pk=member.pk), price, return_path="", now=now)

    results = at_once([click] * 8)
    addresses = {each for each in results if isinstance(each, str)}
    assert len(addresses) == 1
    assert all(isinstance(each, str | CheckoutError) for each in results), results
    assert CheckoutAttempt.objects.count() == 1
    assert StripeCustomer.objects.count() == len(till.fake.state.every("customer")) == 1
    assert len(till.fake.state.every("checkout.session")) == 1
    assert click() in addresses


def test_fault_11_at_most_four_threads_wait_for_a_slow_stripe(till: Till) -> None:
    with till.fake.hold("GET /v1/customers") as hold, ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(payments.in_request().is_customer, "cus_nobody") for _ in range(6)]
        until = time.monotonic() + 4
        while sum(each.done() for each in asked) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        refused = [each.exception() for each in asked if each.done()]
        hold.release()
    assert [type(each) for each in refused] == [Full, Full]
    assert all(isinstance(each.exception(), PaymentError) for each in asked)


@pytest.mark.parametrize("turn", range(5))
def test_fault_38_two_people_redeem_at_once_and_one_wins(till: Till, turn: int) -> None:
    attempt = CheckoutAttempt.objects.create(kind="gift", amount=500, currency="EUR", expires_at=timezone.now())
    payment = Payment.objects.create(
        payment_intent="pi_gift", attempt=attempt, kind="gift", amount=500, currency="EUR",
        paid_at=timezone.now(), fetched_at=timezone.now(),
    )  # fmt: skip
    Gift.objects.create(
        payment=payment, tier=Tier.objects.get(rank=1), months=1, code_hash=gifts.digest(gifts.code_of(attempt)),
        expires_at=timezone.now() + timedelta(days=30),
    )  # fmt: skip
    people = [MemberFactory(), MemberFactory()]
    now = timezone.now()
    results = at_once([partial(gifts.redeem, gifts.code_of(attempt), by=person, now=now) for person in people])
    assert sum(isinstance(each, Gift) for each in results) == 1
    assert [str(each) for each in results if isinstance(each, gifts.GiftError)] == ["This gift has been used already."]
    assert Grant.objects.count() == 1


def test_fault_46_an_older_look_that_finishes_last_changes_nothing(till: Till) -> None:
    member = till.patron()
    stripe_id = till.subscription(member).stripe_id

    def meanwhile() -> None:
        till.fake.client().v1.subscriptions.cancel(stripe_id)
        sync_subscription(stripe_id, teller=payments.in_job())

    sync_subscription(stripe_id, teller=Dawdler(meanwhile))
    assert till.subscription(member).status == "canceled"
    assert not till.has_access(member)


@pytest.mark.parametrize("turn", range(5))
def test_fault_46_page_job_and_reconcile_on_one_subscription_neither_clash_nor_deadlock(till: Till, turn: int) -> None:
    member = MemberFactory()
    session = till.join(member)
    till.fake.pay(session)
    till.fake.deliver()
    sub = till.fake.state.every("subscription")[0]["id"]
    invoice = till.fake.state.every("invoice")[0]["id"]
    now = timezone.now()
    work: list[Callable[[], Any]] = [
        lambda: checkout.sync_checkout(session, teller=payments.in_request()),
        lambda: webhooks.process(sub),
        lambda: webhooks.process(sub),
        lambda: ledger.sync_invoice(invoice, teller=payments.in_job()),
        lambda: reconcile.run(teller=payments.in_job(), now=now),
        lambda: Grant.objects.rebuild(member),
    ]
    results = at_once(work)
    assert not [each for each in results if isinstance(each, Exception)], results
    till.run_jobs()
    assert Grant.objects.count() == Payment.objects.count() == 1
    assert till.has_access(member)
    assert len(till.mails("welcome-")) == 1


def test_stripe_is_never_called_inside_a_transaction(till: Till) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside atomic"):
        payments.in_request().fetch_checkout("cs_1")


def test_no_sync_inside_a_callers_transaction(till: Till) -> None:
    member = till.patron()
    with transaction.atomic(), pytest.raises(RuntimeError):
        sync_subscription(till.subscription(member).stripe_id, teller=payments.in_job())
