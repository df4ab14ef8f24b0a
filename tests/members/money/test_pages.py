"""Money's pages: honest numbers, cached for the anonymous, exact in their queries."""

from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from members.models import CheckoutAttempt, Grant, Price, SiteRules, Subscription
from members.money.keeping.portal import pause_days
from members.money.keeping.standing import Kind, standing_of
from newsroom import furniture
from tests.factories import MemberFactory
from tests.members.money.till import SAME_ORIGIN, Till


@pytest.fixture
def warm(till: Till) -> None:
    """Furniture as a process that hears of changes keeps it."""
    furniture.snapshot.trusted = True
    furniture.snapshot.get()
    yield
    furniture.snapshot.trusted = False


def test_membership_page_is_kept_and_says_honest_totals(till: Till, client: Client) -> None:
    answer = client.get("/membership/")
    text = answer.content.decode()
    assert "membership" in answer["X-Edge-Keys"].split()
    assert "5\u00a0€ <small>a month" in text
    assert "50\u00a0€ <small>a year" in text
    assert "10\u00a0€ less than twelve months" in text
    assert "Become a Friend" in text
    assert "csrfmiddlewaretoken" not in text


def test_membership_page_without_tiers_looks_deliberate(till: Till, client: Client) -> None:
    Price.objects.update(is_active=False)
    text = client.get("/membership/").content.decode()
    assert "nothing to join yet" in text
    assert 'class="tiers"' not in text


@pytest.mark.parametrize(
    ("path", "queries"),
    [("/membership/", 3), ("/membership/?price=1", 4), ("/membership/support/", 1), ("/membership/gift/", 2),
     ("/membership/redeem/", 0), ("/membership/welcome/", 0)],
)  # fmt: skip
@pytest.mark.usefixtures("warm")
def test_anonymous_pages_have_exact_budgets(
    client: Client, django_assert_num_queries: Any, path: str, queries: int
) -> None:
    with django_assert_num_queries(queries):
        client.get(path)


def test_the_webhook_stores_in_few_queries(till: Till, django_assert_max_num_queries: Any) -> None:
    till.fake.pay(till.join(MemberFactory()))
    count = len(till.fake.delivery._waiting)
    with django_assert_max_num_queries(7 * count):
        till.fake.deliver()


def test_standing_costs_at_most_three_queries(till: Till, django_assert_max_num_queries: Any) -> None:
    for member in (till.patron(), MemberFactory()):
        with django_assert_max_num_queries(3):
            standing_of(member, timezone.now())


def test_other_ways_to_support_stand_under_the_form(till: Till, client: Client) -> None:
    assert 'id="other"' not in client.get("/membership/support/").content.decode()
    rules = SiteRules.current()
    rules.other_support = "Bank: DK00 <b>1234</b>"
    rules.save()
    furniture.snapshot.drop(["site"])
    text = client.get("/membership/support/").content.decode()
    assert 'id="other"' in text
    assert "&lt;b&gt;1234" in text


def test_looking_at_pages_acts_on_nothing(till: Till, client: Client) -> None:
    member = MemberFactory()
    client.force_login(member)
    for path in ("", "join/", "welcome/?session_id=cs_x", "support/", "gift/", "redeem/?code=A", "portal/", "pause/"):
        client.get(f"/membership/{path}")
        client.head(f"/membership/{path}")
    assert CheckoutAttempt.objects.count() == Subscription.objects.count() == Grant.objects.count() == 0


def test_portal_is_a_post_that_leads_straight_to_stripe(till: Till, client: Client) -> None:
    member = till.patron()
    client.force_login(member)
    answer = client.post("/membership/portal/", **SAME_ORIGIN)
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{till.fake.url}/p/bps_")
    assert answer["Cache-Control"] == "private, no-store"
    session = till.fake.state.every("billing_portal.session")[0]
    assert session["configuration"] == till.fake.state.every("billing_portal.configuration")[0]["id"]
    client.force_login(MemberFactory())
    assert client.post("/membership/portal/", **SAME_ORIGIN).status_code == 422


def test_the_account_component_offers_what_makes_sense(till: Till) -> None:
    member = till.patron()
    standing = standing_of(member, timezone.now())
    assert standing.subscription
    text = render_to_string(
        "components/standing.html", {"standing": standing, "pause_days": pause_days(standing.subscription)}
    )
    assert "You support us with 5\u00a0€ a month. Next payment 3 December." in text
    assert 'value="2027-01-03"' in text
    assert "Resume now" not in text


def test_a_member_without_membership_is_asked_and_a_guest_thanked(till: Till, cast: Any) -> None:
    free = standing_of(cast.member, timezone.now())
    assert (free.kind, free.may_join) == (Kind.NONE, True)
    guest = standing_of(cast.patron, timezone.now())
    assert guest.kind is Kind.GIVEN
    assert "You are our guest: Friend until" in guest.sentences[0]
    later = standing_of(cast.patron, timezone.now() + timedelta(days=500))
    assert later.kind is Kind.NONE
