"""The guards around keys, the demo's Stripe, and the desk's pages and commands."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from members.models import Price, StripeEvent
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Misconfigured
from tests.factories import MemberFactory
from tests.members.money.till import Till

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "unsafe",
    [
        {"DEBUG": False},
        {"STRIPE_SECRET_KEY": "sk_live_1"},
        {"STRIPE_SECRET_KEY": "sk_test_other"},
        {"STRIPE_SECRET_KEY": ""},
        {"STRIPE_API_BASE": "http://stripe.example.org"},
        {"STRIPE_API_BASE": "https://127.0.0.1:1"},
        {"STRIPE_API_BASE": "http://127.0.0.1.example.org"},
        {"STRIPE_API_BASE": ""},
        {"STRIPE_API_BASE": "", "STRIPE_SECRET_KEY": "sk_live_1"},
        {"STRIPE_API_BASE": "", "STRIPE_SECRET_KEY": "rk_test_1", "STRIPE_ALLOW_TEST_KEY": False},
    ],
)
def test_an_unsafe_pair_of_key_and_base_is_refused(settings: Any, unsafe: dict[str, Any]) -> None:
    settings.DEBUG, settings.STRIPE_API_BASE = True, "http://127.0.0.1:1"
    payments.check_settings()
    for name, value in unsafe.items():
        setattr(settings, name, value)
    for ask in (payments.in_request, payments.in_job):
        with pytest.raises(Misconfigured):
            ask()


def test_a_live_key_alone_in_production_is_fine(settings: Any) -> None:
    settings.DEBUG, settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = False, "", "rk_live_1"
    settings.STRIPE_ALLOW_TEST_KEY = False
    payments.check_settings()
    assert payments.is_live()


def test_only_one_module_imports_the_sdk_and_none_knows_the_fake() -> None:
    importers = []
    for place in ("articles", "comments", "members", "newsroom"):
        for path in (ROOT / place).rglob("*.py"):
            text = path.read_text()
            if "import stripe" in text or "from stripe" in text:
                importers.append(path.relative_to(ROOT).as_posix())
            assert "fakestripe" not in text or path.parts[-2] == "commands" or "demo" in path.parts, path
    assert importers == ["members/money/stripe_api/payments.py"]


def test_setting_up_twice_makes_nothing_twice(till: Till) -> None:
    before = {kind: len(till.fake.state.every(kind)) for kind in ("product", "price", "webhook_endpoint")}
    out = StringIO()
    call_command("stripe_setup", stdout=out)
    assert {kind: len(till.fake.state.every(kind)) for kind in before} == before
    assert len(till.fake.state.every("billing_portal.configuration")) == 1
    assert "STRIPE_WEBHOOK_SECRETS" not in out.getvalue()


def test_doctor_is_content_after_setting_up_and_names_what_is_missing(till: Till) -> None:
    out = StringIO()
    call_command("stripe_doctor", stdout=out)
    assert "All is well." in out.getvalue()
    Price.objects.filter(interval="month").update(unit_amount=700)
    till.fake.pin_endpoints("2024-06-20")
    with pytest.raises(CommandError, match="3 things"):
        call_command("stripe_doctor", stdout=out)
    assert "differs at Stripe" in out.getvalue()
    assert "speaks 2024-06-20" in out.getvalue()


def test_doctor_says_what_to_do_before_setting_up(till: Till) -> None:
    Price.objects.filter(tier__rank=1, interval="month").update(stripe_id=None)
    with pytest.raises(CommandError):
        call_command("stripe_doctor", stdout=(out := StringIO()))
    assert "run stripe_setup" in out.getvalue()


def test_reconcile_exits_with_one_on_drift_in_a_dry_run_only(till: Till) -> None:
    call_command("reconcile_stripe", stdout=(out := StringIO()))
    call_command("reconcile_stripe", "--dry-run", stdout=out)
    till.fake.pay(till.join(MemberFactory()))
    till.fake.deliver("drop")
    with pytest.raises(CommandError, match="differences"):
        call_command("reconcile_stripe", "--dry-run", stdout=out)
    call_command("reconcile_stripe", stdout=out)
    assert "healed" in out.getvalue()
    till.run_jobs()
    call_command("reconcile_stripe", "--dry-run", stdout=out)


DESK = [
    "tier", "price", "subscription", "payment", "stripeevent", "grant", "gift", "complimentary", "offlinepayment",
    "checkoutattempt", "stripecustomer",
]  # fmt: skip


@pytest.mark.parametrize("page", DESK)
def test_every_money_page_of_the_desk_opens(till: Till, client: Client, page: str) -> None:
    boss = MemberFactory()
    boss.is_staff = boss.is_superuser = True
    boss.save()
    patron = till.patron()
    client.force_login(boss)
    assert client.get(f"/admin/members/{page}/?q=x").status_code == 200
    rows: dict[str, Any] = {
        "subscription": till.subscription(patron), "payment": till.payment(patron), "price": till.price(),
        "stripeevent": StripeEvent.objects.first(), "grant": patron.grants.get(), "tier": till.price().tier,
    }  # fmt: skip
    if page in rows:
        answer = client.get(f"/admin/members/{page}/{rows[page].pk}/change/")
        assert answer.status_code == 200
        assert 'name="unit_amount"' not in answer.content.decode()  # what was sold keeps its price


def test_a_parked_event_is_retried_by_a_button_and_by_nothing_else(till: Till, client: Client, cast: Any) -> None:
    event = StripeEvent.objects.create(
        stripe_id="evt_1", type="customer.subscription.updated", object_id="sub_1", status="parked",
        created=timezone.now(), error="why",
    )  # fmt: skip
    address = f"/admin/members/stripeevent/{event.pk}/do/retry/"
    client.force_login(cast.manager)
    assert "Look at it again" in client.get(f"/admin/members/stripeevent/{event.pk}/change/").content.decode()
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 303
    event.refresh_from_db()
    assert event.status == "pending"
    client.force_login(cast.writer)
    assert client.post(address).status_code in (302, 403)
