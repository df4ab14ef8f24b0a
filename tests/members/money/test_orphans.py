"""Customers nobody is linked to: listed, asked about on a press, linked by a person, and their money read."""

import pytest
from django.test import Client
from django.utils import timezone

from members.models import AuditEntry, Member, StripeCustomer, StripeEvent
from members.money.desk.orphans import orphans
from members.money.record.linking import LinkError, link_customer
from members.money.stripe_api import payments
from newsroom.groups import MEMBERSHIP_MANAGERS
from tests.factories import MemberFactory
from tests.members.money.test_money_desk import said
from tests.members.money.till import Till

PAGE = "/admin/members/money/orphans/"


@pytest.fixture
def manager(till: Till) -> Member:
    """Who sits at the money desk."""
    person: Member = MemberFactory(group=MEMBERSHIP_MANAGERS)
    return person


@pytest.fixture
def desk(manager: Member) -> Client:
    """Their browser."""
    client = Client()
    client.force_login(manager)
    return client


@pytest.fixture
def orphan(till: Till) -> str:
    """A customer with a subscription, made in Stripe's dashboard; its events have been given up."""
    client = till.fake.client().v1
    made = client.customers.create({"email": "new@example.org"})
    till.fake.new_card(made.id)
    client.subscriptions.create({"customer": made.id, "items": [{"price": till.price().stripe_id or ""}]})
    till.deliver()
    StripeEvent.objects.filter(status="pending").update(attempts=9)
    for object_id in StripeEvent.objects.filter(status="pending").values_list("object_id", flat=True):
        from members.money.inbox import webhooks

        webhooks.process(object_id)
    return str(made.id)


def link(orphan: str, member: Member, manager: Member) -> str:
    return link_customer(orphan, member=member, by=manager, teller=payments.in_job())


def test_fault_19_a_customer_made_in_the_dashboard_is_listed_and_linked_by_hand(
    till: Till, desk: Client, orphan: str
) -> None:
    member: Member = MemberFactory(email="new@example.org")
    page = said(desk.get(PAGE))
    assert orphan in page
    assert "wait since 3 November" in page
    asked = desk.post("/admin/members/money/stripe/", {"q": orphan, "orphans": "1"}, follow=True)
    assert "Stripe knows new@example.org" in said(asked)
    assert 'value="new@example.org"' in asked.content.decode()  # a suggestion; a person presses
    assert not till.has_access(member)
    answer = desk.post(f"{PAGE}link/", {"customer": orphan, "email": "new@example.org"}, follow=True)
    assert "They can read: Friend" in said(answer)
    till.run_jobs()
    assert till.has_access(member)
    assert not StripeEvent.objects.filter(status__in=["parked", "pending"]).exists()
    assert "Every customer Stripe told us of has an account." in said(desk.get(PAGE))
    assert AuditEntry.objects.about(member).filter(verb="link customer").get().changes == {
        "stripe customer": ["", orphan]
    }


def test_events_of_one_customer_are_one_line(till: Till, manager: Member, orphan: str) -> None:
    rows = orphans(manager)
    assert [row.stripe_id for row in rows] == [orphan]
    assert rows[0].events == StripeEvent.objects.filter(status="parked").count()


def test_linking_twice_is_linking_once(till: Till, manager: Member, orphan: str) -> None:
    member: Member = MemberFactory()
    link(orphan, member, manager)
    link(orphan, member, manager)
    assert StripeCustomer.objects.get(stripe_id=orphan).member == member


def test_a_customer_of_somebody_else_is_not_taken_away(till: Till, manager: Member, orphan: str) -> None:
    owner, other = MemberFactory(), MemberFactory()
    link(orphan, owner, manager)
    with pytest.raises(LinkError, match="linked to"):
        link(orphan, other, manager)
    assert StripeCustomer.objects.get(stripe_id=orphan).member == owner
    assert not till.has_access(other)


@pytest.mark.parametrize("stripe_id", ["cus_none", "sub_1", "", "cus_"])
def test_what_stripe_does_not_know_is_not_linked(till: Till, manager: Member, stripe_id: str) -> None:
    with pytest.raises(LinkError):
        link(stripe_id, MemberFactory(), manager)
    assert not StripeCustomer.objects.exists()


def test_nobody_is_linked_to_an_account_that_is_gone(till: Till, manager: Member, orphan: str) -> None:
    erased = MemberFactory(erased_at=timezone.now())
    with pytest.raises(LinkError, match="no longer in use"):
        link(orphan, erased, manager)


def test_of_two_customers_the_one_that_pays_stays_in_use(till: Till, manager: Member, orphan: str) -> None:
    idle, payer = MemberFactory(), till.patron()
    StripeCustomer.objects.create(member=idle, stripe_id="cus_idle")
    link(orphan, idle, manager)
    assert StripeCustomer.objects.in_use().get(member=idle).stripe_id == orphan
    other = till.fake.client().v1.customers.create({"email": "x@example.org"})
    link(str(other.id), payer, manager)
    assert StripeCustomer.objects.in_use().get(member=payer).stripe_id != other.id
    assert StripeCustomer.objects.get(stripe_id=other.id).superseded_at is not None


def test_an_unknown_address_links_nobody(till: Till, desk: Client, orphan: str) -> None:
    answer = desk.post(f"{PAGE}link/", {"customer": orphan, "email": "typo@example.org"}, follow=True)
    assert "No account has this address." in said(answer)
    assert not StripeCustomer.objects.filter(stripe_id=orphan).exists()


def test_adding_a_customer_on_the_desk_is_the_same_page(till: Till, desk: Client) -> None:
    page = said(desk.get("/admin/members/stripecustomer/add/"))
    assert "Link a customer by hand" in page
