"""Another price: upwards at once, downwards with the period, each told once."""

from datetime import datetime

from django.utils import timezone

from members.models import Mailing, Member
from members.money.stripe_api import payments
from tests.members.money.lives import downgrading
from tests.members.money.till import Till


def switch(till: Till, member: Member, slug: str, interval: str = "month") -> bool:
    row = till.subscription(member)
    wanted = till.price(slug, interval).stripe_id or ""
    done = till.fake.in_portal(till.portal(member), row.stripe_id, "switch", price=wanted)
    till.fake.deliver("duplicate")
    till.fake.delivery.resend(everything=True)
    till.deliver("shuffle")
    return done


def test_a_planned_downgrade_stands_on_the_row_with_its_day(till: Till) -> None:
    row = till.subscription(downgrading(till))
    assert (row.price, row.next_price, row.next_amount) == (till.price("tier-2"), till.price("tier-1"), 500)
    assert row.changes_at == row.period_end


def test_a_planned_downgrade_is_told_once_and_its_day_brings_no_second_mail(till: Till) -> None:
    member = till.patron("tier-2")
    switch(till, member, "tier-1")
    (key,) = till.mails("plan")
    context = Mailing.objects.get(key=key).context
    assert (context["from_day"], context["tier"], context["until_tier"]) == ("3 December", "Friend", "Patron")
    till.advance(31, arrange="shuffle")
    row = till.subscription(member)
    assert (row.price, row.next_price, row.changes_at) == (till.price("tier-1"), None, None)
    assert len(till.mails("plan")) == 1


def test_a_planned_downgrade_that_is_given_up_leaves_the_row(till: Till) -> None:
    member = downgrading(till)
    till.fake.in_portal(till.portal(member), till.subscription(member).stripe_id, "keep")
    till.deliver()
    row = till.subscription(member)
    assert (row.next_price, row.changes_at, row.next_amount) == (None, None, 1000)


def test_a_shorter_plan_waits_for_the_end_of_the_year(till: Till) -> None:
    member = till.patron("tier-1", "year")
    switch(till, member, "tier-1", "month")
    row = till.subscription(member)
    assert row.next_price == till.price("tier-1", "month")
    assert row.changes_at is not None
    assert row.changes_at.date() == datetime(2027, 11, 3).date()


def test_an_upgrade_counts_now_and_is_told_once(till: Till) -> None:
    member = till.patron("tier-1")
    assert switch(till, member, "tier-2")
    assert till.rank(member) == 2
    (key,) = till.mails("plan-")
    context = Mailing.objects.get(key=key).context
    assert (context["from_day"], context["tier"], context["renews_on"]) == ("", "Patron", "3 December")


def calls_of(till: Till, member: Member) -> int:
    before = len(till.fake.calls)
    payments.in_job().fetch_subscription(till.subscription(member).stripe_id)
    return len(till.fake.calls) - before


def test_a_look_at_a_quiet_subscription_is_two_calls_and_at_most_three_when_something_is_up(till: Till) -> None:
    member = till.patron("tier-2")
    assert calls_of(till, member) == 2
    switch(till, member, "tier-1")
    assert calls_of(till, member) == 2
    till.fake.state.settings["dunning_end"] = "leave"
    till.fake.fail_next_renewal("action")
    till.advance(31)
    assert calls_of(till, member) == 3


def test_switching_to_a_dearer_year_is_at_once(till: Till) -> None:
    member = till.patron("tier-1")
    assert switch(till, member, "tier-2", "year")
    row = till.subscription(member)
    assert row.price == till.price("tier-2", "year")
    assert row.period_end is not None
    assert row.period_end > timezone.now()
