"""What else the fault table asks: pages that still open, amounts end to end, whose money it is, what heals later."""

import time
from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.test import Client
from django.utils import timezone

from members.models import CheckoutAttempt, Gift, Grant, Mailing, Payment, Price, StripeCustomer, StripeEvent, Tier
from members.money import catalogue
from members.money.amounts import spelled
from members.money.giving import gifts
from members.money.inbox import reconcile
from members.money.keeping.standing import Kind, standing_of
from members.money.record import ledger
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Refused
from members.money.stripe_api.fitting import fitter
from tests.factories import MemberFactory
from tests.members.money.test_giving import bought, code
from tests.members.money.till import SAME_ORIGIN, Till


def heal() -> list[str]:
    """The nightly comparison."""
    report = reconcile.run(teller=payments.in_job(), now=timezone.now())
    assert report.failures == []
    return report.drifts


def test_fault_05_whatever_was_lost_for_half_a_year_is_found(till: Till) -> None:
    member = till.patron()
    for _month in range(7):
        till.fake.advance(31, along=till.clock)
        till.fake.deliver("drop")
    first = till.payment(member).payment_intent
    till.fake.client().v1.refunds.create({"payment_intent": first, "amount": 100})
    till.fake.deliver("drop")
    till.clock.shift(timedelta(days=40))
    till.fake.run_due()
    till.fake.deliver("drop")
    heal()
    till.run_jobs()
    paid = [invoice for invoice in till.fake.state.every("invoice") if invoice["status"] == "paid"]
    assert member.payments.count() == len(paid) > 7
    assert Payment.objects.get(payment_intent=first).amount_refunded == 100
    assert till.has_access(member)
    assert heal() == []


def test_fault_05_a_dispute_decided_while_nobody_listened_is_followed(till: Till) -> None:
    member = till.patron("tier-1", "year")
    dispute = till.fake.dispute(till.charge(till.payment(member)))
    till.deliver()
    assert not till.has_access(member)
    till.clock.shift(timedelta(days=45))
    heal()
    till.fake.move_dispute(dispute, "won")
    till.fake.deliver("drop")
    with till.fake.state.change():  # as if its event had never been made
        events = [event["id"] for event in till.fake.state.every("event") if event["data"]["object"]["id"] == dispute]
        for ident in events:
            del till.fake.state.objects[ident]
            del till.fake.state.kinds["event"][ident]
    heal()
    assert till.payment(member).dispute_status == "won"
    assert till.has_access(member)


def test_fault_11_a_stripe_that_never_answers_costs_five_seconds_and_one_key(till: Till, client: Client) -> None:
    client.force_login(MemberFactory())
    price = {"price": till.price().pk}
    with till.fake.hold("POST /v1/checkout/sessions", after_write=True):
        began = time.monotonic()
        answer = client.post("/membership/join/", price, **SAME_ORIGIN)
        assert 4 < time.monotonic() - began < 9
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.content.decode()
    assert client.post("/membership/join/", price, **SAME_ORIGIN).status_code == 303
    assert CheckoutAttempt.objects.get().status == "open"
    assert len(till.fake.state.every("checkout.session")) == len(till.fake.state.every("customer")) == 1
    assert {call.key for call in till.fake.calls if call.path == "/v1/checkout/sessions"} == {
        str(CheckoutAttempt.objects.get().pk)
    }


def test_fault_30_a_bank_that_has_yet_to_pay_opens_nothing(till: Till) -> None:
    member = MemberFactory()
    session = till.join(member)
    till.fake.pay(session, "processing")
    till.deliver("duplicate")
    assert not Grant.objects.filter(ends_at__gt=timezone.now()).exists()
    heal()
    till.run_jobs()
    assert not Grant.objects.filter(ends_at__gt=timezone.now()).exists()
    assert set(till.statuses()) <= {"done", "ignored"}
    till.fake.settle_payment(session, succeeds=True)
    till.deliver("shuffle")
    assert Grant.objects.rank_of(member, timezone.now()) == 1
    assert Payment.objects.get().amount == 500


def test_fault_30_a_bank_that_gave_up_unheard_keeps_nobody_from_joining(till: Till) -> None:
    member = MemberFactory()
    session = till.join(member)
    till.fake.pay(session, "processing")
    till.deliver()
    till.fake.settle_payment(session, succeeds=False)
    till.fake.deliver("drop")
    till.clock.shift(timedelta(days=40))  # Stripe lists its events no longer
    assert any("given up" in line for line in heal())
    assert heal() == []
    assert CheckoutAttempt.objects.get().status == "failed"
    assert len(till.mails("unpaid-")) == 1
    till.fake.pay(till.join(member))
    till.deliver()
    assert till.has_access(member)


@pytest.mark.parametrize("told", [True, False])
def test_fault_21_the_desk_opens_on_a_deleted_customer(till: Till, client: Client, cast: Any, told: bool) -> None:
    member = till.patron()
    row, payment, grant = till.subscription(member), till.payment(member), member.grants.get()
    till.fake.client().v1.customers.delete(row.customer.stripe_id)
    if told:
        till.deliver()
    else:
        till.fake.deliver("drop")
    client.force_login(cast.manager)
    for place in (
        f"subscription/{row.pk}/change/", f"payment/{payment.pk}/change/", f"stripecustomer/{row.customer.pk}/change/",
        "subscription/", "payment/", "stripecustomer/", "grant/", "stripeevent/", "checkoutattempt/",
    ):  # fmt: skip
        assert client.get(f"/admin/members/{place}").status_code == 200, place
    assert client.post(f"/admin/members/subscription/{row.pk}/do/look/").status_code == 303
    assert not till.has_access(member)
    assert not Grant.objects.filter(pk=grant.pk, ends_at__gt=timezone.now()).exists()
    assert "parked" not in till.statuses()
    client.force_login(member)
    assert client.get("/account/").status_code == 200
    assert standing_of(member, timezone.now()).kind is Kind.NONE


def test_fault_27_the_end_of_the_unpaid_period_gives_nobody_a_month(till: Till) -> None:
    member = till.patron()
    till.fake.state.settings["dunning_end"] = "leave"
    till.fake.fail_next_renewal()
    till.advance(31)
    row = till.subscription(member)
    assert row.period_end is not None
    unpaid_until = row.period_end
    till.clock.move_to(unpaid_until - timedelta(days=14))  # a grace counted from there would be beginning
    assert not till.has_access(member)
    till.clock.move_to(unpaid_until + timedelta(days=1))
    heal()
    assert not till.has_access(member)
    assert member.payments.count() == 1


def test_fault_31_an_upgrade_from_the_desk_waits_for_its_money(till: Till) -> None:
    member = till.patron("tier-1")
    row = till.subscription(member)
    till.fake.new_card(row.customer.stripe_id, "declined")
    till.fake.client().v1.subscriptions.update(
        row.stripe_id,
        {
            "items": [{"id": row.item_id, "price": till.price("tier-2").stripe_id or ""}],
            "proration_behavior": "always_invoice", "payment_behavior": "pending_if_incomplete",
        },
    )  # fmt: skip
    till.deliver("shuffle")
    assert till.rank(member) == 1
    assert till.subscription(member).status == "active"
    till.fake.new_card(row.customer.stripe_id)
    till.deliver("shuffle")
    assert till.rank(member) == 2


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [("JPY", 1500, "1,500\u00a0¥"), ("KWD", 1250, "1.250\u00a0KWD"), ("EUR", 1999, "19.99\u00a0€"),
     ("USD", 100001, "1,000.01\u00a0$"), ("ISK", 150000, "1,500\u00a0kr")],
)  # fmt: skip
def test_fault_36_a_price_is_the_same_number_from_the_catalogue_to_the_screen(
    till: Till, client: Client, settings: Any, currency: str, amount: int, shown: str
) -> None:
    settings.CURRENCY = currency
    Price.objects.update(is_active=False)
    tier = Tier.objects.get(slug="tier-1")
    Price.objects.create(tier=tier, currency=currency, interval="month", unit_amount=amount)
    catalogue.set_up(fitter())
    assert shown in client.get("/membership/").content.decode()
    member = MemberFactory()
    session = till.join(member)
    at_stripe = till.fake.state.objects[session]
    assert (at_stripe["amount_total"], at_stripe["currency"]) == (amount, currency.lower())
    till.fake.pay(session)
    till.deliver()
    payment = till.payment(member)
    assert (payment.amount, payment.currency, CheckoutAttempt.objects.get().amount) == (amount, currency, amount)
    assert shown in " ".join(standing_of(member, timezone.now()).sentences)
    assert shown in " ".join(map(str, Mailing.objects.get(key__startswith="welcome-").context.values()))
    assert spelled(payment.amount, payment.currency) == shown


@pytest.mark.parametrize(
    ("currency", "typed", "amount"),
    [("JPY", "1500", 1500), ("JPY", "1,500", 1500), ("KWD", "12.340", 12340), ("EUR", "12,5", 1250),
     ("USD", "1 000", 100000)],
)  # fmt: skip
def test_fault_36_a_typed_amount_reaches_stripe_in_its_smallest_unit(
    till: Till, client: Client, settings: Any, currency: str, typed: str, amount: int
) -> None:
    settings.CURRENCY = currency
    answer = client.post("/membership/support/", {"own_amount": typed}, **SAME_ORIGIN)
    session = till.fake.state.objects[answer["Location"].rsplit("/", 1)[-1]]
    assert (session["amount_total"], session["currency"]) == (amount, currency.lower())
    till.fake.pay(session["id"], email="a@example.org")
    till.deliver()
    payment = Payment.objects.get()
    assert (payment.amount, payment.currency, payment.kind) == (amount, currency, "donation")
    assert Mailing.objects.get().context["amount"] == spelled(amount, currency)


@pytest.mark.parametrize(("currency", "typed"), [("JPY", "1500.50"), ("KWD", "12.345"), ("EUR", "12.345678")])
def test_fault_36_an_amount_finer_than_the_currency_is_refused(
    till: Till, client: Client, settings: Any, currency: str, typed: str
) -> None:
    settings.CURRENCY = currency
    assert client.post("/membership/support/", {"own_amount": typed}, **SAME_ORIGIN).status_code == 200
    assert CheckoutAttempt.objects.count() == 0


def test_fault_40_what_a_wallet_paid_belongs_to_who_pressed_join(till: Till) -> None:
    stranger = MemberFactory(email="wallet@example.org")
    member = MemberFactory(email="account@example.org")
    till.fake.pay(till.join(member), email=stranger.email)
    with till.fake.state.change():  # a wallet writes its own address wherever it can
        till.fake.state.every("customer")[0]["email"] = stranger.email
        till.fake.state.every("charge")[0]["billing_details"]["email"] = stranger.email
        till.fake.state.every("invoice")[0]["customer_email"] = stranger.email
    till.deliver("shuffle")
    assert Payment.objects.get().member == member
    assert StripeCustomer.objects.get().member == member
    assert list(Grant.objects.values_list("member", flat=True)) == [member.pk]
    assert set(Mailing.objects.values_list("member", flat=True)) == {member.pk}
    assert not stranger.payments.exists()


def test_fault_44_a_price_archived_between_two_clicks_is_refused_with_a_sentence(till: Till, client: Client) -> None:
    client.force_login(MemberFactory())
    price = till.price()
    till.fake.client().v1.prices.update(price.stripe_id or "", {"active": False})
    till.deliver()
    answer = client.post("/membership/join/", {"price": price.pk}, **SAME_ORIGIN)
    assert answer.status_code in (303, 503)
    if answer.status_code == 503:
        assert "<h1" in answer.content.decode()
        assert not CheckoutAttempt.objects.filter(status="open").exists()


def test_fault_48_test_gifts_and_payments_grant_nothing_on_a_live_site(
    till: Till, client: Client, settings: Any
) -> None:
    gift, friend = bought(till, client), MemberFactory()
    gifts.redeem(code(gift), by=friend, now=timezone.now())
    assert till.has_access(friend)
    assert not Gift.objects.get().payment.livemode
    settings.STRIPE_ALLOW_TEST_KEY = False
    Grant.objects.rebuild(friend)
    assert not till.has_access(friend)
    assert StripeEvent.objects.filter(livemode=True).count() == 0


def test_fault_50_what_a_wrong_clock_refused_is_fetched_at_night(till: Till, caplog: Any) -> None:
    member = MemberFactory()
    till.fake.pay(till.join(member))
    real = stripe.WebhookSignature.generate_signature_header
    before = int(time.time()) - 4000  # Stripe's clock is right, ours an hour fast

    def signed_then(payload: str, secret: str, **more: Any) -> str:
        return str(real(payload, secret, timestamp=before))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stripe.WebhookSignature, "generate_signature_header", signed_then)
        assert set(till.fake.deliver()) == {400}
    assert "outside tolerance" in caplog.text
    assert StripeEvent.objects.count() == 0
    assert not till.has_access(member)
    heal()
    till.run_jobs()
    assert till.has_access(member)
    assert set(till.statuses()) == {"done"}


def test_fault_35_a_disputed_payment_is_not_refunded_as_well(till: Till) -> None:
    member = till.patron()
    payment = till.payment(member)
    till.fake.dispute(till.charge(payment))
    till.deliver()
    with pytest.raises(Refused):
        ledger.refund(payment, by=MemberFactory(), teller=payments.in_job())
    assert till.payment(member).amount_refunded == 0
    assert till.fake.state.every("refund") == []
