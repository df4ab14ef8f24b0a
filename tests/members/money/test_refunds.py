"""Money that goes back: refunds, failed refunds, disputes, and what was bought twice."""

import pytest

from members.models import AuditEntry, Subscription
from members.money.record import ledger
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Refused
from tests.factories import MemberFactory
from tests.members.money.till import Till


def double(till: Till) -> None:
    """A second subscription of the same customer, made by API."""
    row = Subscription.objects.get()
    till.fake.client().v1.subscriptions.create(
        {"customer": row.customer.stripe_id, "items": [{"price": till.price("tier-2").stripe_id or ""}]}
    )


def test_fault_09_what_was_bought_twice_is_ended_and_refunded_and_access_goes_on(till: Till) -> None:
    member = till.patron()
    first = till.subscription(member)
    till.clock.shift(60)
    double(till)
    till.deliver()
    till.deliver()
    second = till.subscription(member)
    assert first != second
    assert second.status == "canceled"
    assert till.fake.state.objects[first.stripe_id]["status"] == "active"
    assert [row.amount_refunded for row in member.payments.order_by("paid_at")] == [0, 1000]
    assert till.rank(member) == 1
    assert second.needs_review
    assert till.calls("POST", "refunds") == 1


def test_fault_33_partial_then_full_refund_with_every_event_twice(till: Till) -> None:
    member = till.patron()
    refunds = till.fake.client().v1.refunds
    intent = till.payment(member).payment_intent
    refunds.create({"payment_intent": intent, "amount": 200})
    till.deliver("duplicate")
    assert till.payment(member).amount_refunded == 200
    assert till.has_access(member)
    assert till.subscription(member).needs_review == "payment partly refunded"
    till.fake.delivery.resend(everything=True)
    till.deliver("shuffle")
    assert till.payment(member).amount_refunded == 200
    refunds.create({"payment_intent": intent})
    till.deliver("duplicate")
    assert till.payment(member).amount_refunded == 500
    assert not till.has_access(member)
    assert till.subscription(member).status == "canceled"


def test_a_refund_of_an_older_period_takes_nothing_that_was_paid_since(till: Till) -> None:
    member = till.patron()
    first = till.payment(member).payment_intent
    till.advance(31)
    till.fake.client().v1.refunds.create({"payment_intent": first})
    till.deliver()
    assert till.has_access(member)
    assert till.subscription(member).status == "active"


def test_fault_34_a_refund_that_fails_later_lowers_the_amount_again(till: Till) -> None:
    member = till.patron()
    refund = till.fake.client().v1.refunds.create(
        {"payment_intent": till.payment(member).payment_intent, "amount": 300}
    )
    till.deliver()
    assert till.payment(member).amount_refunded == 300
    till.fake.fail_refund(refund.id)
    till.deliver("reverse")
    assert till.payment(member).amount_refunded == 0
    assert till.subscription(member).needs_review
    assert till.has_access(member)


@pytest.mark.parametrize(("outcome", "open_after"), [("won", True), ("lost", False)])
def test_fault_35_a_dispute_suspends_and_its_end_decides(till: Till, outcome: str, open_after: bool) -> None:
    member = till.patron()
    dispute = till.fake.dispute(till.charge(till.payment(member)))
    till.deliver()
    assert not till.has_access(member)
    assert "disputed" in till.subscription(member).needs_review
    till.fake.emit("customer.subscription.updated", till.fake.state.objects[till.subscription(member).stripe_id])
    till.deliver()
    assert not till.has_access(member)  # a later look at the active subscription undoes no suspension
    till.fake.move_dispute(dispute, outcome)
    till.deliver()
    assert till.has_access(member) is open_after
    assert till.payment(member).dispute_status == outcome


def test_fault_35_an_inquiry_that_is_closed_restores(till: Till) -> None:
    member = till.patron()
    dispute = till.fake.dispute(till.charge(till.payment(member)), inquiry=True)
    till.deliver()
    assert not till.has_access(member)
    till.fake.move_dispute(dispute, "warning_closed")
    till.deliver()
    assert till.has_access(member)


def test_the_desk_refunds_once_however_often_it_is_pressed(till: Till) -> None:
    member, manager = till.patron(), MemberFactory()
    for _press in range(2):
        ledger.refund(till.payment(member), by=manager, teller=payments.in_job())
    assert till.payment(member).amount_refunded == 500
    assert till.subscription(member).status == "canceled"
    assert not till.has_access(member)
    assert AuditEntry.objects.filter(verb="refund", by=manager).count() == 1


def test_a_disputed_payment_cannot_be_refunded(till: Till) -> None:
    member = till.patron()
    till.fake.dispute(till.charge(till.payment(member)))
    with pytest.raises(Refused, match="charged back"):
        ledger.refund(till.payment(member), by=MemberFactory(), teller=payments.in_job())
