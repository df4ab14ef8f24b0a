"""The inbox: what arrives twice, late, forged, foreign or too early."""

import json
import time
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from django.test import Client, RequestFactory
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from members.models import Grant, Payment, StripeCustomer, StripeEvent, Subscription
from members.money import jobs
from members.money.inbox import reconcile, webhooks
from members.money.inbox.views import stripe_webhook
from members.money.record.subscriptions import Unmatched
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Busy, Misconfigured, TryLater
from tests.factories import MemberFactory
from tests.fakestripe.webhooks import as_of_old
from tests.members.money.till import Till


def body_of(kind: str, thing: dict[str, Any], **more: Any) -> str:
    event = {
        "id": f"evt_{kind}", "object": "event", "type": kind, "api_version": payments.API_VERSION,
        "created": int(time.time()), "livemode": False, "data": {"object": thing},
    }  # fmt: skip
    return json.dumps(event | more)


def post(body: str, secret: str = "whsec_test", header: str | None = None) -> int:
    signed = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=int(time.time()))
    more = {} if header == "" else {"HTTP_STRIPE_SIGNATURE": header or signed}
    answer = Client(enforce_csrf_checks=True).post("/stripe/webhook/", body, content_type="application/json", **more)
    return answer.status_code


def grants() -> list[tuple[Any, ...]]:
    return sorted(Grant.objects.values_list("member", "tier", "starts_at", "ends_at", "source"))


def test_fault_03_each_event_three_times_has_one_effect(till: Till) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    till.fake.deliver("duplicate")
    till.fake.delivery.resend(everything=True)
    till.deliver()
    assert StripeEvent.objects.count() == len(till.fake.state.every("event"))
    assert Payment.objects.count() == Subscription.objects.count() == Grant.objects.count() == 1
    assert len(till.mails("welcome-")) == 1


@pytest.mark.parametrize("arrange", ["reverse", "shuffle", "duplicate"])
def test_fault_04_events_in_any_order_end_in_the_same_state(till: Till, arrange: str) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    till.deliver(arrange)
    till.advance(31, arrange=arrange)
    row = till.subscription(member)
    assert row.paid_until == row.period_end + timedelta(hours=72)
    assert row.period_end > timezone.now()
    assert Payment.objects.count() == 2
    assert len(till.mails("welcome-")) == 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_fault_05_all_webhooks_lost_and_the_nightly_run_heals(till: Till, dry_run: bool) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    till.fake.deliver("drop")
    report = reconcile.run(teller=payments.in_job(), now=timezone.now(), dry_run=dry_run)
    assert report.drifts
    assert not report.failures
    assert till.has_access(member) is not dry_run
    if not dry_run:
        till.run_jobs()
        assert Payment.objects.get().amount == 500
        again = reconcile.run(teller=payments.in_job(), now=timezone.now(), dry_run=True)
        assert again.drifts == []


def test_fault_05_heals_from_objects_when_the_event_was_never_made(till: Till) -> None:
    member = till.patron()
    sub = till.fake.state.objects[till.subscription(member).stripe_id]
    with till.fake.state.change():
        sub |= {"status": "canceled", "ended_at": int(time.time())}
    report = reconcile.run(teller=payments.in_job(), now=timezone.now())
    assert any("canceled at Stripe" in line for line in report.drifts)
    assert not till.has_access(member)


def test_fault_06_a_stale_active_event_brings_nothing_back(till: Till) -> None:
    member = till.patron()
    sub = till.subscription(member).stripe_id
    old = json.loads(json.dumps(till.fake.state.objects[sub]))
    till.fake.client().v1.subscriptions.cancel(sub)
    till.deliver()
    assert not till.has_access(member)
    assert old["status"] == "active"
    assert post(body_of("customer.subscription.updated", old)) == 200
    till.run_jobs()
    assert not till.has_access(member)
    assert till.subscription(member).status == "canceled"


def test_fault_10_stripe_down_while_working_leaves_it_pending_and_then_done(till: Till) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    till.fake.deliver()
    till.fake.down(1000, 503)
    failures = till.run_jobs()
    assert failures
    assert all(line.startswith("TryLater") for line in failures)
    assert set(till.statuses()) == {"pending", "ignored"}
    assert not till.has_access(member)
    till.fake.down(0)
    till.clock.shift(timedelta(minutes=6))
    jobs.sweep_inbox(0)
    assert till.run_jobs() == []
    assert set(till.statuses()) == {"done", "ignored"}
    assert till.has_access(member)


def test_the_sweep_leaves_alone_what_has_a_job(till: Till) -> None:
    till.fake.pay(till.join(MemberFactory()))
    till.fake.deliver()
    before = ProcrastinateJob.objects.filter(queue_name="money").count()
    till.clock.shift(timedelta(minutes=6))
    jobs.sweep_inbox(0)
    assert ProcrastinateJob.objects.filter(queue_name="money").count() == before


def test_back_off_doubles_to_a_quarter_of_an_hour_and_leaves_bugs_alone() -> None:
    waits = [jobs.wait_after(tries) for tries in range(12)]
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 900
    assert jobs.BackOff().get_retry_decision(exception=ValueError(), job=None) is None  # type: ignore[arg-type]  # it is not asked


def test_fault_13_forged_unsigned_old_and_wrongly_signed_bodies_store_nothing(till: Till) -> None:
    body = body_of("customer.updated", {"id": "cus_1", "object": "customer"})
    old = stripe.WebhookSignature.generate_signature_header(body, "whsec_test", timestamp=int(time.time()) - 301)
    good = stripe.WebhookSignature.generate_signature_header(body, "whsec_test", timestamp=int(time.time()))
    assert post(body, header="") == 400
    assert post(body, secret="whsec_other") == 400
    assert post(body, header=old) == 400
    assert post(body.replace("cus_1", "cus_2"), header=good) == 400
    assert post(body, header="nonsense") == 400
    assert StripeEvent.objects.count() == 0
    assert post(body, header=good) == 200


def test_an_empty_list_of_secrets_accepts_nothing(till: Till, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert post(body_of("customer.updated", {"id": "cus_1"}), secret="") == 400


def test_fault_14_two_secrets_are_accepted_while_both_are_configured(till: Till, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_test"]
    assert post(body_of("customer.updated", {"id": "cus_1"}, id="evt_1"), secret="whsec_test") == 200
    assert post(body_of("customer.updated", {"id": "cus_1"}, id="evt_2"), secret="whsec_new") == 200
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
    assert post(body_of("customer.updated", {"id": "cus_1"}, id="evt_3"), secret="whsec_test") == 400


def test_fault_15_an_event_of_the_other_mode_is_parked(till: Till) -> None:
    body = body_of("customer.subscription.updated", {"id": "sub_1", "customer": "cus_1"}, livemode=True)
    assert post(body) == 200
    event = StripeEvent.objects.get()
    assert (event.status, bool(event.error)) == ("parked", True)
    assert till.run_jobs() == []


def test_fault_16_an_endpoint_of_an_old_version_gives_the_same(till: Till, caplog: Any) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    for event in reversed(till.fake.state.every("event")):
        if event["type"] in webhooks.VERBS:
            till.fake.send(as_of_old(json.loads(json.dumps(event)), "2024-06-20"))
    till.run_jobs()
    assert till.has_access(member)
    assert "2024-06-20" in caplog.text


def test_fault_17_thin_events_are_400_and_unknown_types_are_kept_as_two_words(till: Till) -> None:
    assert till.fake.send_thin() == 400
    assert StripeEvent.objects.count() == 0
    assert post(body_of("payout.paid", {"id": "po_1", "object": "payout", "customer": "cus_1"})) == 200
    event = StripeEvent.objects.get()
    assert (event.status, event.type, event.object_id, event.customer_id) == ("ignored", "payout.paid", "", "")
    assert till.run_jobs() == []


def foreign_price(till: Till) -> str:
    made = till.fake.client().v1
    product = made.products.create({"name": "A mug a month"})
    price = made.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
    )
    return str(price.id)


@pytest.mark.parametrize("known", [True, False])
def test_fault_18_a_foreign_product_makes_nobody_a_patron(till: Till, known: bool) -> None:
    made = till.fake.client().v1
    price = foreign_price(till)
    customer = made.customers.create({"email": "mug@example.org"}).id
    member = MemberFactory()
    if known:
        StripeCustomer.objects.create(member=member, stripe_id=customer)
    made.subscriptions.create({"customer": customer, "items": [{"price": price}], "trial_period_days": 3})
    till.deliver()
    assert not till.has_access(member)
    assert Subscription.objects.count() == 0
    assert "parked" not in till.statuses()


def test_fault_19_an_unknown_customer_is_parked_and_can_be_linked_by_hand(till: Till) -> None:
    made = till.fake.client().v1
    customer = made.customers.create({"email": "dashboard@example.org"}).id
    made.subscriptions.create(
        {"customer": customer, "items": [{"price": till.price().stripe_id or ""}], "trial_period_days": 7}
    )
    till.fake.deliver()
    till.run_jobs()
    sub = till.fake.state.every("subscription")[0]["id"]
    for _try in range(webhooks.WAITS_FOR_MATCH):
        with suppress(Unmatched):
            webhooks.process(sub)
    event = StripeEvent.objects.filter(object_id=sub).first()
    assert event is not None
    assert event.status == "parked"
    assert customer in event.error
    member = MemberFactory()
    StripeCustomer.objects.create(member=member, stripe_id=customer)
    webhooks.retry(event)
    till.run_jobs()
    assert till.has_access(member)


def test_fault_20_an_object_nobody_knows_is_parked_with_its_reason(till: Till) -> None:
    assert post(body_of("customer.subscription.updated", {"id": "sub_nope", "customer": "cus_nope"})) == 200
    assert till.run_jobs() == []
    event = StripeEvent.objects.get()
    assert event.status == "parked"
    assert "no such object" in event.error
    till.clock.shift(timedelta(minutes=10))
    jobs.sweep_inbox(0)
    assert ProcrastinateJob.objects.filter(queue_name="money").count() == 0


def test_fault_41_charges_and_invoices_without_metadata_find_their_member(till: Till) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    with till.fake.state.change():
        for kind in ("subscription", "invoice", "payment_intent", "charge", "checkout.session"):
            for thing in till.fake.state.every(kind):
                thing["metadata"] = {}
        for invoice in till.fake.state.every("invoice"):
            invoice["parent"]["subscription_details"]["metadata"] = {}
    till.deliver()
    payment = Payment.objects.get()
    assert (payment.member, payment.subscription) == (member, till.subscription(member))
    assert till.has_access(member)


def test_fault_47_an_event_before_our_own_commit_waits_and_then_matches(till: Till) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    stripe_id = StripeCustomer.objects.get().stripe_id
    StripeCustomer.objects.all().delete()  # not committed yet, as the worker sees it
    till.fake.deliver()
    failures = till.run_jobs()
    assert any(line.startswith("Unmatched") for line in failures)
    assert not till.has_access(member)
    assert "parked" not in till.statuses()
    StripeCustomer.objects.create(member=member, stripe_id=stripe_id)
    till.clock.shift(timedelta(minutes=6))
    jobs.sweep_inbox(0)
    assert till.run_jobs() == []
    assert till.has_access(member)


def test_fault_48_test_rows_never_grant_on_a_live_site(till: Till, settings: Any) -> None:
    member = till.patron()
    settings.STRIPE_ALLOW_TEST_KEY = False
    Grant.objects.rebuild(member)
    assert not till.has_access(member)


def test_fault_49_no_redirect_no_token_and_raw_bytes(till: Till) -> None:
    body = body_of("customer.updated", {"id": "cus_1", "name": "Zoë  Ø"}).replace(", ", " ,\n  ")
    assert post(body) == 200
    assert Client().get("/stripe/webhook/").status_code == 405


def test_fault_50_a_wrong_clock_has_its_own_alert(till: Till, caplog: Any) -> None:
    body = body_of("customer.updated", {"id": "cus_1"})
    old = stripe.WebhookSignature.generate_signature_header(body, "whsec_test", timestamp=int(time.time()) - 400)
    assert post(body, header=old) == 400
    assert "outside tolerance" in caplog.text
    assert "CRITICAL" in caplog.text


def test_an_oversized_body_is_refused_unread(till: Till) -> None:
    assert post("x" * (webhooks.LARGEST + 1)) == 413


def test_a_body_that_says_nothing_of_its_length_is_refused_when_it_is_too_long(till: Till) -> None:
    request = RequestFactory().post("/stripe/webhook/", "x" * (webhooks.LARGEST + 1), content_type="application/json")
    for told in ("", "nonsense", "12"):
        request.META["CONTENT_LENGTH"] = told
        request._body = b"x" * (webhooks.LARGEST + 1)
        assert stripe_webhook(request).status_code == 413


def test_a_wrong_key_stops_the_work_and_alerts_instead_of_trying_on(till: Till, settings: Any, caplog: Any) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    till.fake.deliver()
    settings.STRIPE_SECRET_KEY = "sk_test_other"
    failures = till.run_jobs()
    assert failures
    assert all(line.startswith("Misconfigured") for line in failures)
    assert jobs.BackOff().get_retry_decision(exception=Misconfigured("no"), job=None) is None  # type: ignore[arg-type]  # it is not asked
    assert "CRITICAL" in caplog.text
    assert set(till.statuses()) == {"pending", "ignored"}
    settings.STRIPE_SECRET_KEY = "sk_test_demo"
    till.clock.shift(timedelta(minutes=6))
    jobs.sweep_inbox(0)
    till.run_jobs()
    assert till.has_access(member)


def test_a_conflict_of_two_requests_is_tried_again(till: Till) -> None:
    till.fake.pay(till.join(MemberFactory()))
    till.fake.deliver()
    till.fake.down(1000, 409)
    assert all(line.startswith("Busy") for line in till.run_jobs())
    assert jobs.BackOff().get_retry_decision(exception=Busy("at it"), job=SimpleNamespace(attempts=1)) is not None  # type: ignore[arg-type]  # a job has them


def test_a_dead_worker_between_fetch_and_save_costs_nothing(till: Till) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    till.fake.deliver()
    till.fake.down(1, 0)
    with suppress(TryLater):
        webhooks.process(till.fake.state.every("subscription")[0]["id"])
    till.run_jobs()
    assert till.has_access(member)
    assert len(till.mails("welcome-")) == 1
