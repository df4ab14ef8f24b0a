"""The desk's pages of subscriptions, payments, events and comparisons: sentences, buttons, and what a refund ends."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from members.models import AuditEntry, CheckoutAttempt, Member, Payment, ReconcileRun, StripeEvent, Subscription
from newsroom.groups import MEMBERSHIP_MANAGERS
from tests.factories import MemberFactory
from tests.members.money.test_money_desk import said
from tests.members.money.till import Till


@pytest.fixture
def desk(till: Till) -> Client:
    """The browser of who sits at the money desk."""
    client = Client()
    client.force_login(MemberFactory(group=MEMBERSHIP_MANAGERS))
    return client


def refund_path(till: Till, member: Member) -> str:
    return f"/admin/members/payment/{till.payment(member).pk}/refund/"


def test_a_subscription_reads_as_sentences_and_leads_on(till: Till, desk: Client) -> None:
    member = till.patron()
    row = till.subscription(member)
    answer = desk.get(f"/admin/members/subscription/{row.pk}/change/")
    page = said(answer)
    assert f"{member}: Friend, 5 € a month, since 3 November." in page
    assert "The next payment is on 3 December" in page
    html = answer.content.decode()
    assert f"https://dashboard.stripe.com/test/subscriptions/{row.stripe_id}" in html
    assert f"/admin/members/member/{member.pk}/money/" in html
    assert "End at once, without refund" in page


def test_a_payment_reads_as_sentences_and_its_refund_asks_first(till: Till, desk: Client) -> None:
    member = till.patron()
    page = said(desk.get(f"/admin/members/payment/{till.payment(member).pk}/change/"))
    assert f"{member} paid 5 € on 3 November (subscription)." in page
    assert "It pays for 3 November to 3 December." in page
    asked = said(desk.get(refund_path(till, member)))
    assert "Giving all of it back ends what it paid for (Friend until 3 December)." in asked
    assert till.payment(member).amount_refunded == 0
    assert till.calls("POST", "refunds") == 0


def test_a_whole_refund_ends_access_and_comes_back_to_the_answer(till: Till, desk: Client) -> None:
    member = till.patron()
    answer = desk.post(refund_path(till, member), {"amount": "", "already": "0"})
    assert answer.status_code == 303
    page = said(desk.get(answer["Location"]))
    assert "5 € are on their way back." in page
    assert "The 5 € of 3 November were refunded" in page
    assert not till.has_access(member)
    assert till.subscription(member).status == "canceled"


def test_a_part_is_given_back_once_however_often_it_is_pressed(till: Till, desk: Client) -> None:
    member = till.patron()
    for _press in range(2):
        desk.post(refund_path(till, member), {"amount": "2", "already": "0"})
    assert till.payment(member).amount_refunded == 200
    assert till.has_access(member)
    assert till.calls("POST", "refunds") == 1
    desk.post(refund_path(till, member), {"amount": "2", "already": "200"})
    assert till.payment(member).amount_refunded == 400
    assert AuditEntry.objects.filter(verb="refund").count() == 2


@pytest.mark.parametrize("amount", ["6", "0", "-1", "two", "0.001", "5.01"])
def test_no_other_amount_goes_back(till: Till, desk: Client, amount: str) -> None:
    member = till.patron()
    answer = desk.post(refund_path(till, member), {"amount": amount, "already": "0"})
    assert answer.status_code in (303, 422)
    assert till.payment(member).amount_refunded == 0
    assert till.calls("POST", "refunds") == 0


def test_a_disputed_payment_is_refused_in_a_sentence(till: Till, desk: Client) -> None:
    member = till.patron()
    till.fake.dispute(till.charge(till.payment(member)))
    page = said(desk.post(refund_path(till, member), {"amount": "", "already": "0"}, follow=True))
    assert "Stripe says:" in page


def test_an_event_says_what_became_of_it(till: Till, desk: Client) -> None:
    member = till.patron()
    event = StripeEvent.objects.filter(type="customer.subscription.created").get()
    StripeEvent.objects.filter(pk=event.pk).update(status="parked", error="Stripe knows no such object.")
    answer = desk.get(f"/admin/members/stripeevent/{event.pk}/change/")
    assert "(customer.subscription.created) is Parked: Stripe knows no such object." in said(answer)
    assert f"/admin/members/member/{member.pk}/money/" in answer.content.decode()
    listed = desk.get("/admin/members/stripeevent/")
    assert "Look again at everything parked" in said(listed)


def test_comparisons_are_listed_with_what_differed(till: Till, desk: Client) -> None:
    now = timezone.now()
    row = ReconcileRun.objects.create(
        started_at=now - timedelta(hours=30), ended_at=now - timedelta(hours=29),
        drifts=["payment pi_1 is not in the ledger", "<b>odd</b>"], failures=["events: Stripe is away"],
    )  # fmt: skip
    assert "payment pi_1 is not in the ledger" in said(desk.get("/admin/members/money/"))
    page = desk.get(f"/admin/members/reconcilerun/{row.pk}/change/").content.decode()
    assert "payment pi_1 is not in the ledger" in page
    assert "&lt;b&gt;odd" in page
    assert desk.get("/admin/members/reconcilerun/").status_code == 200
    assert "could not look at everything" in said(desk.get("/admin/"))


def test_no_page_shows_the_address_of_a_session(till: Till, desk: Client) -> None:
    member = till.patron()
    attempt = CheckoutAttempt.objects.get(member=member)
    page = desk.get(f"/admin/members/checkoutattempt/{attempt.pk}/change/").content.decode()
    assert attempt.url
    assert attempt.url not in page


def test_ending_and_reviewing_are_buttons_for_whoever_may(till: Till, desk: Client) -> None:
    member = till.patron()
    row = till.subscription(member)
    Subscription.objects.filter(pk=row.pk).update(needs_review="odd")
    assert desk.post(f"/admin/members/subscription/{row.pk}/do/reviewed/").status_code == 303
    assert till.subscription(member).needs_review == ""
    assert desk.post(f"/admin/members/subscription/{row.pk}/do/end/").status_code == 303
    assert till.subscription(member).status == "canceled"
    assert Payment.objects.get().amount_refunded == 0
