"""The queue under a real worker: jobs of one customer wait for each other, and for nobody else, and never for ever."""

import pytest

from members.models import Mailing, Member, StripeEvent
from tests.factories import MemberFactory
from tests.members.money.till import Till
from tests.members.money.workers import Shift, jobs, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
FETCH = "GET /v1/subscriptions/"


def paid(till: Till) -> Member:
    """A member who has paid; Stripe's bell has rung, nobody has looked."""
    member: Member = MemberFactory()
    till.fake.pay(till.join(member))
    till.fake.deliver()
    return member


def is_quiet() -> bool:
    """Whether nothing is pending, queued or under way."""
    return not (StripeEvent.objects.pending().exists() or jobs("todo") or jobs("doing"))


def test_fault_10_a_failing_job_and_those_behind_its_lock_are_all_done_in_the_end(counter: Till, shift: Shift) -> None:
    member = paid(counter)
    assert jobs("todo") > 3  # of one customer: one lock
    counter.fake.down(3, 503)  # the three attempts of the first call
    shift.begin()
    until(lambda: StripeEvent.objects.filter(error__startswith="TryLater").exists(), why=shift.words)
    counter.fake.client().v1.subscriptions.update(
        str(counter.fake.state.every("subscription")[0]["id"]), {"cancel_at_period_end": True}
    )
    counter.fake.deliver()  # another event behind the same lock while the first waits for its turn
    until(is_quiet, 60, shift.words)
    assert counter.has_access(member)
    assert counter.subscription(member).ends_at is not None
    assert set(counter.statuses()) == {"done", "ignored"}
    assert jobs("failed") == 0
    assert Mailing.objects.filter(key__startswith="welcome-").count() == 1


def test_fault_10_one_customers_trouble_keeps_nobody_else_waiting(counter: Till, shift: Shift) -> None:
    first = paid(counter)
    sub = counter.fake.state.every("subscription")[0]["id"]
    second = paid(counter)
    with counter.fake.hold(f"{FETCH}{sub}", after_write=True) as hold:
        shift.begin()
        until(hold.reached.is_set, why=shift.words)
        until(lambda: counter.has_access(second), why=shift.words)
        assert not counter.has_access(first)
    until(is_quiet, 60, shift.words)
    assert counter.has_access(first)


def test_fault_46_an_event_during_a_running_job_is_done_by_the_worker_after_it(counter: Till, shift: Shift) -> None:
    member = counter.patron()
    sub = counter.fake.state.objects[counter.subscription(member).stripe_id]
    counter.fake.emit("customer.subscription.updated", sub)
    counter.fake.deliver()
    with counter.fake.hold(FETCH, after_write=True) as hold:
        shift.begin()
        until(hold.reached.is_set, why=shift.words)
        with counter.fake.state.change():
            sub |= {"status": "canceled", "ended_at": counter.fake.state.now()}
            counter.fake.emit("customer.subscription.deleted", sub)
        counter.fake.deliver()
        assert jobs("todo")  # behind the lock; the clock may have brought others
    until(is_quiet, 60, shift.words)
    assert counter.subscription(member).status == "canceled"
    assert not counter.has_access(member)
    assert set(counter.statuses()) == {"done", "ignored"}
