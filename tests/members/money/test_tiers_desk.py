"""The desk of tiers, and of money that came past Stripe: amounts as written, refusals as sentences."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import AuditEntry, OfflinePayment, Price, Tier
from tests.factories import Cast
from tests.members.money.till import Till


@pytest.fixture
def manager(client: Client, cast: Cast) -> Client:
    client.force_login(cast.manager)
    return client


def path_of(till: Till, verb: str = "price", slug: str = "tier-1") -> str:
    return f"/admin/members/tier/{Tier.objects.get(slug=slug).pk}/{verb}/"


def test_a_new_price_is_a_new_row_and_who_pays_the_old_one_keeps_it(till: Till, manager: Client) -> None:
    patron, old = till.patron(), till.price()
    fields = {"amount": "6,50", "currency": "EUR", "interval": "month"}
    assert manager.post(path_of(till), fields).status_code == 303
    new = Price.objects.get(unit_amount=650)
    old.refresh_from_db()
    assert (old.is_active, new.is_active, new.stripe_id) == (False, True, None)
    assert till.subscription(patron).price == old
    assert till.has_access(patron)
    page = manager.get(path_of(till, "change")).content.decode()
    assert "to nobody new" in page
    assert "keep it" in page
    assert "not yet" in page
    assert "6.50" not in manager.get("/membership/").content.decode()
    assert manager.post(path_of(till, "do/stripe")).status_code == 303
    assert "6.50\u00a0€ <small>a month" in manager.get("/membership/").content.decode()
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"set price", "make at Stripe"} <= verbs


def test_making_it_at_stripe_is_said_when_it_does_not_work(till: Till, manager: Client) -> None:
    till.fake.down(9)
    answer = manager.post(path_of(till, "do/stripe"), follow=True)
    assert "Stripe says" in answer.content.decode()


def test_making_it_at_stripe_makes_no_endpoint_whose_secret_nobody_keeps(till: Till, manager: Client) -> None:
    for endpoint in till.fake.state.every("webhook_endpoint"):
        till.fake.client().v1.webhook_endpoints.delete(endpoint["id"])
    before = len(till.fake.state.every("webhook_endpoint"))
    manager.post(path_of(till, "do/stripe"))
    assert len(till.fake.state.every("webhook_endpoint")) == before


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("0", "EUR", "smallest"), ("-5", "EUR", "smallest"), ("1e9", "EUR", "an amount"), ("5 $", "EUR", "in EUR"),
        ("", "EUR", "required"), ("5", "XXX", "valid choice"), ("5.5", "JPY", "small coins"), ("5", "EUR", "already"),
        ("99999999", "EUR", "write to us"),
    ],
)  # fmt: skip
def test_what_no_price_can_be_is_explained_and_stays(
    till: Till, manager: Client, amount: str, currency: str, said: str
) -> None:
    before = Price.objects.count()
    answer = manager.post(path_of(till), {"amount": amount, "currency": currency, "interval": "month"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert f'value="{amount}"' in text or not amount
    assert Price.objects.count() == before


def test_a_retired_price_is_offered_to_nobody_new(till: Till, manager: Client) -> None:
    price = till.price()
    path = f"{path_of(till, 'retire')}{price.pk}/"
    assert manager.get(path).status_code == 405
    assert manager.post(path).status_code == 303
    assert manager.post(path).status_code == 303
    price.refresh_from_db()
    assert not price.is_active
    assert AuditEntry.objects.filter(verb="retire price").count() == 1
    assert "5\u00a0€ <small>a month" not in manager.get("/membership/").content.decode()


def test_a_tier_is_made_on_the_desk_without_touching_stripe(till: Till, manager: Client) -> None:
    calls = len(till.fake.calls)
    fields = {"name": "Guardian", "slug": "guardian", "rank": "3", "trial_days": "0", "is_active": "on"}
    assert manager.post("/admin/members/tier/add/", fields).status_code == 302
    assert len(till.fake.calls) == calls
    assert 'id="tier-guardian"' not in manager.get("/membership/").content.decode()
    again = manager.post("/admin/members/tier/add/", {**fields, "slug": "other", "trial_days": "400"})
    assert "A trial lasts a year at most" in again.content.decode()


# -- money that came past Stripe ------------------------------------------------------------------------------

ADD = "/admin/members/offlinepayment/add/"


def offline(cast: Cast, **fields: Any) -> dict[str, Any]:
    """A form filled in."""
    given = {
        "member": cast.member.email.upper(), "tier": Tier.objects.get(slug="tier-1").pk, "amount": "60,50",
        "currency": "EUR", "method": "bank", "reference": "Statement 11", "received_on": "2026-11-02",
        "starts_at": "2026-11-03", "ends_at": "2027-11-02",
    }  # fmt: skip
    return given | fields


def test_an_offline_payment_is_recorded_as_it_is_written(till: Till, manager: Client, cast: Cast) -> None:
    assert manager.post(ADD, offline(cast)).status_code == 302
    row = OfflinePayment.objects.get()
    assert (row.member, row.amount, row.currency, row.recorded_by) == (cast.member, 6050, "EUR", cast.manager)
    assert timezone.localtime(row.ends_at).isoformat().startswith("2027-11-02T23:59:59")
    assert till.rank(cast.member) == 1
    page = manager.get(f"/admin/members/offlinepayment/{row.pk}/change/").content.decode()
    assert 'value="60.50"' in page
    assert 'value="2027-11-02"' in page


def test_the_form_comes_with_today_and_a_year(till: Till, manager: Client, cast: Cast) -> None:
    page = manager.get(f"{ADD}?member={cast.member.pk}").content.decode()
    assert cast.member.email in page or f'value="{cast.member.pk}"' in page
    assert page.count('value="2026-11-03"') == 2
    assert 'value="2027-11-03"' in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("member", "nobody@example.org", "No account has this address"), ("member", "", "required"),
        ("amount", "0", "smallest"), ("amount", "-60", "smallest"), ("amount", "10000000", "write to us"),
        ("amount", "60 $", "in EUR"), ("currency", "ABC", "valid choice"), ("ends_at", "", "required"),
        ("ends_at", "2026-11-01", "before the first"), ("ends_at", "2099-01-01", "five years"),
        ("received_on", "2027-01-01", "has not come yet"), ("starts_at", "0001-01-01", "look at the year"),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_explained(
    till: Till, manager: Client, cast: Cast, field: str, value: str, said: str
) -> None:
    answer = manager.post(ADD, offline(cast, **{field: value}))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not OfflinePayment.objects.exists()


def test_an_end_moved_on_the_desk_moves_the_access_and_is_written_down(till: Till, manager: Client, cast: Cast) -> None:
    manager.post(ADD, offline(cast))
    row = OfflinePayment.objects.get()
    fields = offline(cast, amount="60.50", ends_at="2026-12-02")
    del fields["member"]
    assert manager.post(f"/admin/members/offlinepayment/{row.pk}/change/", fields).status_code == 302
    assert timezone.localdate(cast.member.grants.get().ends_at).isoformat() == "2026-12-02"
    assert list(AuditEntry.objects.latest("pk").changes) == ["ends_at"]
