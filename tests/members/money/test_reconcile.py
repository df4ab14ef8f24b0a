"""The comparison with Stripe: what it finds, heals, writes down, and leaves to a person."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from members.models import (
    CheckoutAttempt,
    Complimentary,
    Grant,
    Member,
    OfflinePayment,
    Payment,
    Price,
    ReconcileRun,
    StripeCustomer,
    StripeEvent,
    Subscription,
    Tier,
)
from members.money.inbox import reconcile
from members.money.stripe_api import payments
from tests.factories import MemberFactory
from tests.members.money.till import Till, in_days


def compare(*, dry_run: bool = False) -> reconcile.Report:
    return reconcile.run(teller=payments.in_job(), now=timezone.now(), dry_run=dry_run)


def test_when_all_is_well_nothing_differs_and_the_run_is_written_down(till: Till) -> None:
    till.patron()
    report = compare()
    assert (report.drifts, report.open, report.failures) == ([], [], [])
    run = ReconcileRun.objects.get()
    assert (run.drifts, run.failures) == ([], [])


def test_a_dry_run_writes_nothing_and_says_it_in_two_lines(till: Till) -> None:
    till.fake.pay(till.join(MemberFactory()))
    till.fake.deliver("drop")
    tables = (StripeEvent, Subscription, Payment, Grant, ReconcileRun)
    with pytest.raises(CommandError) as said:
        call_command("reconcile_stripe", "--dry-run", stdout=StringIO())
    assert len(str(said.value).splitlines()) == 2
    assert "Nothing was changed." in str(said.value)
    assert [table._default_manager.count() for table in tables] == [0, 0, 0, 0, 0]
    assert CheckoutAttempt.objects.get().status == "open"


@pytest.mark.parametrize(
    "damage",
    [
        {"next_amount": 1},
        {"card_last4": "0000"},
        {"cancel_reason": "unused"},
        {"period_end": None},
        {"paid_until": None},
        {"status": "canceled"},
        {"discount": "50 %"},
    ],
)
def test_every_column_that_differs_is_named_and_healed(till: Till, damage: dict[str, Any]) -> None:
    member = till.patron()
    was = Subscription.objects.values().get()
    Subscription.objects.update(**damage)
    (line, *_more) = compare().drifts
    assert next(iter(damage)) in line
    found = Subscription.objects.values().get()
    assert {**found, "fetched_at": None} == {**was, "fetched_at": None}
    assert till.has_access(member)


def test_a_subscription_whose_customer_is_linked_to_nobody_is_left_to_a_person(till: Till) -> None:
    made = till.fake.client().v1
    customer = made.customers.create({"email": "stranger@example.org"}).id
    made.subscriptions.create(
        {"customer": customer, "items": [{"price": till.price().stripe_id or ""}], "trial_period_days": 7}
    )
    till.fake.deliver("drop")
    report = compare()
    assert [line for line in report.open if customer in line]
    assert ReconcileRun.objects.get().drifts[-1] in report.open
    StripeCustomer.objects.create(member=MemberFactory(), stripe_id=customer)
    assert not [line for line in compare().open if customer in line]


def test_a_superseded_customer_is_still_compared(till: Till) -> None:
    member = till.patron()
    StripeCustomer.objects.update(superseded_at=timezone.now())
    Subscription.objects.update(status="past_due")
    assert any("differ: status" in line for line in compare().drifts)
    assert till.subscription(member).status == "active"


def test_a_subscription_stripe_forgot_ends(till: Till) -> None:
    member = till.patron()
    row = till.subscription(member)
    with till.fake.state.change():
        del till.fake.state.objects[row.stripe_id], till.fake.state.kinds["subscription"][row.stripe_id]
    assert any(f"{row.stripe_id} is unknown" in line for line in compare().drifts)
    assert not till.has_access(member)
    assert compare().drifts == []


def test_one_customer_that_fails_does_not_stop_the_rest(till: Till) -> None:
    first, second = till.patron(), till.patron()
    lost = till.payment(first)
    with till.fake.state.change():
        del till.fake.state.kinds["payment_intent"][lost.payment_intent]
    lost.delete()
    Subscription.objects.update(status="past_due")
    (failure,) = compare().failures
    assert till.subscription(first).customer.stripe_id in failure
    assert till.subscription(second).status == "active"
    assert ReconcileRun.objects.get().failures == [failure]


def test_when_stripe_does_not_answer_it_stops_and_says_so(till: Till) -> None:
    till.patron()
    till.fake.down(1000, 503)
    report = compare()
    till.fake.down(0)
    assert any("does not answer" in line for line in report.failures)
    assert len(report.failures) <= reconcile.GIVES_UP_AFTER + 1
    assert ReconcileRun.objects.get().failures == report.failures
    with pytest.raises(CommandError, match="run this again"):
        till.fake.down(1000, 503)
        call_command("reconcile_stripe", stdout=StringIO())
    till.fake.down(0)
    assert compare().failures == []


def test_an_interrupted_run_is_simply_run_again(till: Till) -> None:
    members = [till.patron() for _ in range(2)]
    Subscription.objects.update(status="past_due")

    def stop(done: int, of_what: str) -> None:
        if of_what == "customers" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reconcile.run(teller=payments.in_job(), now=timezone.now(), say=stop)
    assert ReconcileRun.objects.count() == 0
    assert len(compare().drifts) == 1
    assert {till.subscription(member).status for member in members} == {"active"}


def test_refunds_and_disputes_that_nobody_told_are_found(till: Till) -> None:
    member = till.patron()
    till.fake.client().v1.refunds.create({"payment_intent": till.payment(member).payment_intent, "amount": 100})
    till.fake.deliver("drop")
    StripeEvent.objects.all().delete()
    assert any("refunded or disputed" in line for line in compare().drifts)
    assert till.payment(member).amount_refunded == 100


def test_a_catalogue_changed_elsewhere_is_told_and_never_followed(till: Till) -> None:
    tier = Tier.objects.get(slug="tier-1")
    till.fake.client().v1.products.update(tier.product_id or "", {"name": "Pal", "active": False})
    report = compare()
    assert len([line for line in report.open if line.startswith("catalogue: ")]) == 2
    tier.refresh_from_db()
    assert tier.name == "Friend"
    till.deliver()
    event = StripeEvent.objects.get(type="product.updated")
    assert (event.status, "called Pal" in event.error) == ("done", True)


def test_foreign_subscriptions_of_our_customers_are_no_drift(till: Till) -> None:
    member = till.patron()
    made = till.fake.client().v1
    product = made.products.create({"name": "A mug a month"})
    price = made.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 900, "recurring": {"interval": "month"}}
    )
    made.subscriptions.create(
        {"customer": till.subscription(member).customer.stripe_id, "items": [{"price": price.id}]}
    )
    till.deliver()
    assert compare().drifts == []


# -- grants


def table() -> list[tuple[Any, ...]]:
    return sorted(Grant.objects.values_list("member", "tier", "starts_at", "ends_at", "source", "source_id", "reason"))


def test_grants_are_rebuilt_the_same_after_the_table_was_dropped(till: Till) -> None:
    till.patron()
    guest, payer = MemberFactory(), MemberFactory()
    tier = till.price("tier-2").tier
    Complimentary.objects.create(member=guest, tier=tier, ends_at=in_days(9), reason="Thanks")
    OfflinePayment.objects.create(
        member=payer, tier=tier, amount=1, currency="EUR", method="bank", received_on=timezone.localdate(),
        ends_at=in_days(9),
    )  # fmt: skip
    call_command("rebuild_grants", stdout=StringIO())
    was = table()
    assert len(was) == 3
    Grant.objects.all().delete()
    with pytest.raises(CommandError, match="3 members"):
        call_command("rebuild_grants", "--dry-run", stdout=StringIO())
    assert table() == []
    call_command("rebuild_grants", stdout=StringIO())
    assert table() == was
    call_command("rebuild_grants", "--dry-run", stdout=(out := StringIO()))
    assert "as it should be" in out.getvalue()


moments = st.integers(-400, 400)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    given_access=st.lists(st.tuples(moments, st.integers(1, 300), st.integers(0, 1)), max_size=4),
    subscriptions=st.lists(
        st.tuples(moments, moments, st.sampled_from(["active", "past_due", "canceled"])), max_size=3
    ),
    void=st.booleans(),
)
def test_any_sources_rebuild_to_the_same_grants(
    till: Till,
    given_access: list[tuple[int, int, int]],
    subscriptions: list[tuple[int, int, str]],
    void: bool,
) -> None:
    member: Member = MemberFactory()
    tiers = list(Tier.objects.order_by("rank"))
    for start, length, tier in given_access:
        Complimentary.objects.create(
            member=member, tier=tiers[tier], starts_at=in_days(start), ends_at=in_days(start + length)
        )
    customer = StripeCustomer.objects.create(member=member, stripe_id=f"cus_{member.pk}")
    for n, (start, until, status) in enumerate(subscriptions):
        row = Subscription.objects.create(
            stripe_id=f"sub_{member.pk}_{n}", customer=customer, price=Price.objects.first(), status=status,
            started_at=in_days(start), paid_until=in_days(until), fetched_at=timezone.now(),
        )  # fmt: skip
        Payment.objects.create(
            payment_intent=f"pi_{member.pk}_{n}", kind="invoice", subscription=row, amount=5, currency="EUR",
            amount_refunded=5 if void else 0, paid_at=in_days(start), fetched_at=timezone.now(),
        )  # fmt: skip
    Grant.objects.rebuild(member)
    was = table()
    assert Grant.objects.differing(member) == (set(), set())
    Grant.objects.all().delete()
    call_command("rebuild_grants", stdout=StringIO())
    assert table() == was
    Payment.objects.all().delete()
    Subscription.objects.all().delete()
    Complimentary.objects.all().delete()
    Grant.objects.all().delete()
