"""Money that goes back: refunds, failed refunds, disputes, and what was bought twice."""

import pytest

from members.models import AuditEntry, Mailing, MoneyNotice, Subscription
from members.money.record import ledger
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Refused, TryLater
from newsroom.groups import MEMBERSHIP_MANAGERS
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


def test_the_desk_gives_a_part_back_and_the_subscription_goes_on(till: Till) -> None:
    member, manager = till.patron(), MemberFactory()
    seen = till.payment(member)
    for _press in range(2):  # the same page, pressed twice
        ledger.refund(seen, by=manager, teller=payments.in_job(), amount=200)
    assert len(till.fake.state.every("refund")) == 1
    assert till.payment(member).amount_refunded == 200
    entry = AuditEntry.objects.get(verb="refund")
    keys = {call.key for call in till.fake.calls if call.path == "/v1/refunds" and call.method == "POST"}
    assert keys == {f"refund-{entry.pk}"}
    assert till.has_access(member)
    ledger.refund(till.payment(member), by=manager, teller=payments.in_job(), amount=100)
    assert till.payment(member).amount_refunded == 300
    ledger.refund(till.payment(member), by=manager, teller=payments.in_job())
    assert till.payment(member).amount_refunded == 500
    assert not till.has_access(member)
    assert AuditEntry.objects.filter(verb="refund").count() == 3


@pytest.mark.parametrize("amount", [0, -1, 501, 10**9])
def test_no_more_and_no_less_than_there_is_can_be_given_back(till: Till, amount: int) -> None:
    member = till.patron()
    with pytest.raises(Refused, match="left to give back"):
        ledger.refund(till.payment(member), by=MemberFactory(), teller=payments.in_job(), amount=amount)
    assert till.calls("POST", "refunds") == 0
    assert not AuditEntry.objects.filter(verb="refund").exists()


def test_an_answer_that_was_lost_costs_no_second_refund(till: Till) -> None:
    member, manager = till.patron(), MemberFactory()
    seen = till.payment(member)
    till.fake.down(1, 0, after_write=True)
    with pytest.raises(TryLater):
        ledger.refund(seen, by=manager, teller=payments.in_request(), amount=200)
    ledger.refund(till.payment(member), by=manager, teller=payments.in_job(), amount=200)
    assert till.payment(member).amount_refunded == 200
    assert len(till.fake.state.every("refund")) == 1


def test_a_refund_that_died_before_the_cancel_is_finished_by_its_event(till: Till) -> None:
    member = till.patron()
    payments.in_job().refund(till.payment(member).payment_intent, key="the-desk-died-after-this")
    assert till.has_access(member)
    till.deliver()
    assert till.subscription(member).status == "canceled"
    assert not till.has_access(member)


def test_every_amount_given_back_is_told_once(till: Till) -> None:
    member = till.patron()
    refunds = till.fake.client().v1.refunds
    refunds.create({"payment_intent": till.payment(member).payment_intent, "amount": 200})
    till.deliver("duplicate")
    till.fake.delivery.resend(everything=True)
    till.deliver("shuffle")
    (key,) = till.mails("refund-")
    context = Mailing.objects.get(key=key).context
    assert (context["refunded"], context["amount"], context["ends"]) == ("2\u00a0€", "5\u00a0€", False)
    refunds.create({"payment_intent": till.payment(member).payment_intent})
    till.deliver("reverse")
    context = Mailing.objects.exclude(key=key).get(key__startswith="refund-").context
    assert (context["refunded"], context["is_whole"], context["ends"]) == ("3\u00a0€", False, True)


def test_a_refund_the_bank_sent_back_is_flagged(till: Till) -> None:
    member = till.patron()
    refund = till.fake.client().v1.refunds.create(
        {"payment_intent": till.payment(member).payment_intent, "amount": 300}
    )
    till.deliver()
    till.fake.fail_refund(refund.id)
    till.deliver()
    assert "a refund failed" in till.subscription(member).needs_review


def test_a_fraud_warning_is_flagged_and_takes_nothing_away(till: Till) -> None:
    member = till.patron()
    till.fake.warn_of_fraud(till.charge(till.payment(member)))
    till.deliver("duplicate")
    assert till.subscription(member).needs_review.startswith("early fraud warning")
    assert till.has_access(member)


def test_the_staff_who_want_it_hear_of_joins_failures_disputes_and_ends_once(till: Till) -> None:
    boss = MemberFactory(group=MEMBERSHIP_MANAGERS)
    MoneyNotice.objects.create(member=boss, on_join=True, on_cancel=True, on_failed=True, on_gift=True)
    MoneyNotice.objects.create(member=MemberFactory(group=MEMBERSHIP_MANAGERS))
    member = till.patron()
    till.fake.in_portal(till.portal(member), till.subscription(member).stripe_id, "cancel")
    till.fake.dispute(till.charge(till.payment(member)))
    till.deliver("duplicate")
    till.fake.delivery.resend(everything=True)
    till.deliver("shuffle")
    told = Mailing.objects.filter(member=boss, key__startswith="staff-").values_list("context__kind", flat=True)
    assert sorted(told) == ["cancel", "failed", "join"]
    assert Mailing.objects.filter(key__startswith="staff-").count() == 3
