"""kill -9 of a real worker in the middle of each step: after a restart everything is done, and done once."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from members.models import CheckoutAttempt, Grant, Mailing, Member, Payment, StripeEvent, Subscription
from tests.factories import MemberFactory
from tests.members.money.till import Till
from tests.members.money.workers import (  # fmt: skip
    MailServer,
    Shift,
    jobs,
    locked,
    somebody_waits,
    until,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
FETCH = "GET /v1/subscriptions/"


def paid(till: Till) -> Member:
    """A member who has paid; Stripe's bell has rung, nobody has looked."""
    member: Member = MemberFactory()
    till.fake.pay(till.join(member))
    till.fake.deliver()
    return member


def stopped_fetching(till: Till, shift: Shift, stack: ExitStack) -> None:
    hold = stack.enter_context(till.fake.hold(FETCH, after_write=True))
    shift.begin()
    until(hold.reached.is_set, why=shift.words)
    assert Subscription.objects.count() == 0


def stopped_before_saving(till: Till, shift: Shift, stack: ExitStack) -> None:
    """In its transaction, waiting for the member's row."""
    stack.enter_context(locked("members_member"))
    shift.begin()
    until(somebody_waits, why=shift.words)
    assert Subscription.objects.count() == 0


def stopped_before_settling(till: Till, shift: Shift, stack: ExitStack) -> None:
    """Saved and committed; the events are not marked yet."""
    with till.fake.hold(FETCH, after_write=True) as hold:
        shift.begin()
        until(hold.reached.is_set, why=shift.words)
        stack.enter_context(locked("members_stripeevent", "object_id LIKE 'sub_%'"))
    until(lambda: somebody_waits() and Subscription.objects.exists(), why=shift.words)
    assert StripeEvent.objects.filter(object_id__startswith="sub_", status="pending").exists()


def stopped_before_the_job_is_done(till: Till, shift: Shift, stack: ExitStack) -> None:
    """The events are marked; the job is not."""
    with till.fake.hold(FETCH, after_write=True) as hold:
        shift.begin()
        until(hold.reached.is_set, why=shift.words)
        stack.enter_context(locked("procrastinate_jobs", "status = 'doing' AND queue_name = 'money'"))
    until(lambda: somebody_waits() and StripeEvent.objects.filter(status="done").exists(), why=shift.words)
    assert jobs("doing")


def stopped_sending(till: Till, shift: Shift, stack: ExitStack) -> None:
    """The mail server has the text and has not said yes."""
    shift.post.is_holding = True
    stack.callback(setattr, shift.post, "is_holding", False)
    shift.begin()
    until(shift.post.reached.is_set, why=shift.words)
    assert Mailing.objects.get(key__startswith="welcome-").status == "handing"


STOPS = [
    stopped_fetching, stopped_before_saving, stopped_before_settling, stopped_before_the_job_is_done, stopped_sending,
]  # fmt: skip


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__.removeprefix("stopped_"))
def test_fault_46_a_worker_killed_anywhere_is_finished_by_the_next(
    counter: Till, shift: Shift, stop: Callable[[Till, Shift, ExitStack], None]
) -> None:
    member = paid(counter)
    with ExitStack() as stack:
        stop(counter, shift, stack)
        shift.kill()
    shift.relieve()
    until(lambda: is_quiet() and shift.post.got, why=shift.words)
    assert_done_once(counter, member, shift.post)


def is_quiet() -> bool:
    """Whether nothing is pending, queued, or under way."""
    waiting = StripeEvent.objects.pending().exists() or Mailing.objects.filter(status="queued").exists()
    return not waiting and not any(jobs(status, queue) for status in ("todo", "doing") for queue in ("money", "mail"))


def assert_done_once(till: Till, member: Member, post: MailServer) -> None:
    """One grant, one payment, one mail, everything settled."""
    row = Subscription.objects.get()
    grant = Grant.objects.get()
    assert (grant.member, grant.starts_at, grant.ends_at) == (member, row.started_at, row.paid_until)
    assert (Payment.objects.get().amount, CheckoutAttempt.objects.get().status) == (500, "done")
    assert set(till.statuses()) == {"done", "ignored"}
    assert Mailing.objects.get().status == "accepted"
    assert len(post.got) == 1
    assert till.calls("POST", "customers") == till.calls("POST", "checkout/sessions") == 1
    assert till.calls("POST", "refunds") == 0


@pytest.mark.parametrize("call", ["DELETE /v1/subscriptions/", "POST /v1/refunds"])
def test_fault_46_killed_while_settling_a_double_it_is_ended_and_refunded_once(
    counter: Till, shift: Shift, call: str
) -> None:
    member = counter.patron()
    first = counter.subscription(member)
    with counter.fake.state.change():
        counter.fake.state.settings["skew"] += 60  # bought a minute later
    counter.fake.client().v1.subscriptions.create(
        {"customer": first.customer.stripe_id, "items": [{"price": counter.price("tier-2").stripe_id or ""}]}
    )
    counter.fake.deliver()
    with counter.fake.hold(call, after_write=True) as hold:
        shift.begin()
        until(hold.reached.is_set, why=shift.words)
        shift.kill()
    shift.relieve()
    until(is_quiet, why=shift.words)
    counter.fake.deliver()
    until(is_quiet, why=shift.words)
    assert [row.amount_refunded for row in member.payments.order_by("amount")] == [0, 1000]
    assert len(counter.fake.state.every("refund")) == 1
    assert sorted(Subscription.objects.values_list("status", flat=True)) == ["active", "canceled"]
    assert counter.fake.state.objects[first.stripe_id]["status"] == "active"
    assert counter.rank(member) == 1
