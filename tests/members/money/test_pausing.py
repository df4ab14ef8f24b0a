"""What a pause is by the year, when there is none, and what is said when it is over."""

import pytest
from django.test import Client

from members.money.joining.checkout import CheckoutError
from members.money.keeping import portal
from tests.members.money.test_cancelling import in_portal
from tests.members.money.till import SAME_ORIGIN, Till


def test_a_year_is_paused_until_the_renewal_after_the_next_and_not_a_day_in_between(till: Till) -> None:
    member = till.patron("tier-1", "year")
    row = till.subscription(member)
    assert row.period_end is not None
    days = portal.pause_days(row)
    assert [day.isoformat() for day in days] == ["2028-11-03"]
    portal.pause(member, resumes_on=days[0].isoformat())
    till.advance(366)
    assert not till.has_access(member)  # the year in between was voided
    till.advance(366)
    assert till.has_access(member)
    assert member.payments.count() == 2


def test_what_is_ending_or_unpaid_is_not_paused_whatever_is_posted(till: Till) -> None:
    member = till.patron()
    day = portal.pause_days(till.subscription(member))[0].isoformat()
    in_portal(till, member, "cancel")
    with pytest.raises(CheckoutError, match="cannot be paused"):
        portal.pause(member, resumes_on=day)
    in_portal(till, member, "resume")
    till.fake.fail_next_renewal()
    till.advance(31)
    with pytest.raises(CheckoutError, match="cannot be paused"):
        portal.pause(member, resumes_on=portal.pause_days(till.subscription(member))[0].isoformat())


def test_whoever_resumes_hears_whether_everything_is_open(till: Till, client: Client) -> None:
    member = till.patron()
    client.force_login(member)
    portal.pause(member, resumes_on=portal.pause_days(till.subscription(member))[1].isoformat())
    answer = client.post("/membership/pause/", {"resume": "1"}, **SAME_ORIGIN, follow=True)
    assert "goes on, and everything is open" in answer.content.decode()
    portal.pause(member, resumes_on=portal.pause_days(till.subscription(member))[1].isoformat())
    till.advance(31)
    answer = client.post("/membership/pause/", {"resume": "1"}, **SAME_ORIGIN, follow=True)
    assert "The next payment opens everything again" in answer.content.decode()
