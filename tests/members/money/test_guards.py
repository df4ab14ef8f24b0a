"""The guards around keys, the demo's Stripe, and the desk's pages and commands."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks.registry import registry
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from members.models import Price, ReconcileRun, StripeEvent
from members.money import catalogue
from members.money.inbox import reconcile
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Misconfigured
from members.money.stripe_api.fitting import fitter
from newsroom import checks
from tests.factories import MemberFactory
from tests.members.money.till import Till
from tests.newsroom.production import image_files

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


@pytest.fixture
def watched(till: Till) -> Till:
    """A site whose worker runs and whose last comparison is fresh."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (clock_timestamp())")
    reconcile.run(teller=payments.in_job(), now=timezone.now())
    return till


def doctor() -> str:
    """What stripe_doctor complains of; empty when all is well."""
    out = StringIO()
    try:
        call_command("stripe_doctor", stdout=out)
    except CommandError:
        return "\n".join(line for line in out.getvalue().splitlines() if line.startswith("- "))
    assert "All is well." in out.getvalue()
    return ""


def test_doctor_is_content_after_setting_up_and_names_what_is_missing(watched: Till) -> None:
    assert doctor() == ""
    Price.objects.filter(interval="month").update(unit_amount=700)
    watched.fake.pin_endpoints("2024-06-20")
    said = doctor()
    assert len(said.splitlines()) == 3
    assert "differs at Stripe" in said
    assert "speaks 2024-06-20" in said


def test_doctor_says_what_to_do_before_setting_up(watched: Till) -> None:
    Price.objects.filter(tier__rank=1, interval="month").update(stripe_id=None)
    assert "run stripe_setup" in doctor()


def test_doctor_misses_secrets_worker_comparison_and_sees_what_waits(watched: Till, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert "STRIPE_WEBHOOK_SECRETS is empty" in doctor()
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_test"]
    known = {"type": "customer.updated", "created": timezone.now(), "received_at": timezone.now() - timedelta(hours=1)}
    StripeEvent.objects.create(stripe_id="evt_1", status="parked", **known)
    StripeEvent.objects.create(stripe_id="evt_2", status="pending", **known)
    said = doctor()
    assert "1 events are parked" in said
    assert "1 events wait" in said
    StripeEvent.objects.all().delete()
    ReconcileRun.objects.update(started_at=timezone.now() - timedelta(days=2))
    assert "older than a day" in doctor()
    ReconcileRun.objects.update(started_at=timezone.now(), failures=["x"])
    assert "could not be compared" in doctor()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    assert "No worker runs" in doctor()


def test_doctor_names_the_permission_a_key_lacks(watched: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = watched.fake.api.answer

    def without_disputes(method: str, target: str, *rest: Any, **more: Any) -> Any:
        found = answer(method, target, *rest, **more)
        if not target.startswith("/v1/disputes"):
            return found
        body = '{"error": {"type": "invalid_request_error", "message": "The provided key lacks this permission."}}'
        return replace(found, status=403, body=body)

    monkeypatch.setattr(watched.fake.api, "answer", without_disputes)  # a restricted key, as the fake's Stripe has it
    assert doctor() == ("- The key may not read Disputes: give it that permission at Stripe (Developers, API keys).")


def test_setup_retires_what_was_archived_and_makes_a_changed_amount_a_new_price(till: Till) -> None:
    member = till.patron()
    old = till.price()
    Price.objects.filter(pk=old.pk).update(unit_amount=700)
    call_command("stripe_setup", stdout=StringIO())
    old.refresh_from_db()
    fresh = till.price()
    assert (old.unit_amount, old.is_active, fresh.unit_amount) == (500, False, 700)
    theirs = {each["id"]: each for each in till.fake.state.every("price")}
    assert (theirs[old.stripe_id]["active"], theirs[fresh.stripe_id]["active"]) == (False, True)
    portal = till.fake.state.every("billing_portal.configuration")[0]["features"]
    offered = [ident for product in portal["subscription_update"]["products"] for ident in product["prices"]]
    assert old.stripe_id not in offered
    assert fresh.stripe_id in offered
    assert catalogue.drift(fitter()) == []
    till.deliver()
    till.advance(31)
    assert till.payment(member).amount == 500


def test_the_portal_asks_why_ends_with_the_period_and_lowers_later(till: Till) -> None:
    features = till.fake.state.every("billing_portal.configuration")[0]["features"]
    cancel = features["subscription_cancel"]
    assert (cancel["mode"], cancel["cancellation_reason"]["enabled"]) == ("at_period_end", True)
    assert "too_expensive" in cancel["cancellation_reason"]["options"]
    assert len(features["subscription_update"]["schedule_at_period_end"]["conditions"]) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subscription_cancel": {"enabled": True, "mode": "immediately"}}, "cancels immediately"),
        (
            {"subscription_update": {"schedule_at_period_end": {"conditions": [{"type": "shortening_interval"}]}}},
            "at once",
        ),
    ],
)
def test_a_portal_changed_elsewhere_is_drift(till: Till, change: dict[str, Any], said: str) -> None:
    configuration = till.fake.state.every("billing_portal.configuration")[0]["id"]
    params: Any = {"features": change}
    till.fake.client().v1.billing_portal.configurations.update(configuration, params)
    assert said in " ".join(catalogue.drift(fitter()))
    catalogue.set_up(fitter())
    assert catalogue.drift(fitter()) == []


def test_an_endpoint_that_was_disabled_or_hears_too_little_is_drift_until_setup(till: Till) -> None:
    endpoint = till.fake.state.every("webhook_endpoint")[0]["id"]
    params: Any = {"disabled": True, "enabled_events": ["invoice.paid"]}
    till.fake.client().v1.webhook_endpoints.update(endpoint, params)
    said = " ".join(catalogue.drift(fitter()))
    assert "disabled" in said
    assert "does not hear of" in said
    catalogue.set_up(fitter())
    assert catalogue.drift(fitter()) == []


# -- 7.4: nothing of the demo in production


@pytest.mark.parametrize(
    ("unsafe", "number"),
    [
        ({"STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_API_BASE": ""}, "newsroom.E013"),
        ({"STRIPE_API_BASE": "https://127.0.0.1:1"}, "newsroom.E001"),
        ({"STRIPE_API_BASE": "http://10.0.0.1:1"}, "newsroom.E001"),
        ({"STRIPE_SECRET_KEY": "sk_test_other"}, "newsroom.E001"),
        ({"DEBUG": False}, "newsroom.E001"),
        ({"DEBUG": False, "STRIPE_API_BASE": "", "STRIPE_WEBHOOK_SECRETS": []}, "newsroom.E008"),
        ({"DEBUG": False, "STRIPE_API_BASE": "", "STRIPE_WEBHOOK_SECRETS": [""]}, "newsroom.E008"),
    ],
)
def test_what_must_not_start_is_an_error_of_every_command(settings: Any, unsafe: dict[str, Any], number: str) -> None:
    settings.DEBUG, settings.STRIPE_SECRET_KEY = True, checks.DEMO_KEY
    settings.STRIPE_API_BASE, settings.STRIPE_WEBHOOK_SECRETS = "http://127.0.0.1:1", ["whsec_1"]
    assert checks.stripe_base(None) == []
    for name, value in unsafe.items():
        setattr(settings, name, value)
    found = checks.stripe_base(None)
    assert [error.id for error in found] == [number]
    assert found[0].is_serious()
    assert checks.stripe_base in registry.get_checks(include_deployment_checks=False)


def test_a_live_key_and_another_base_never_go_together(settings: Any) -> None:
    settings.DEBUG, settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = False, "rk_live_1", "https://example.org"
    with pytest.raises(Misconfigured):
        payments.in_job()
    assert checks.stripe_base(None)


def test_without_a_secret_no_webhook_is_believed(till: Till, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    till.fake.pay(till.join(MemberFactory()))
    assert set(till.fake.deliver()) == {400}
    assert StripeEvent.objects.count() == 0


@pytest.mark.parametrize("environment", [{"DATABASE_URL": "postgresql://elsewhere/news"}, {"DEBUG": "0"}])
def test_demo_refuses_another_database_and_production(
    settings: Any, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    settings.DEBUG = environment.get("DEBUG") != "0"
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match="its own database"):
        call_command("demo")


def test_demo_listens_and_talks_on_this_machine_alone() -> None:
    text = (ROOT / "newsroom" / "management" / "commands" / "demo.py").read_text()
    assert '"--host", "127.0.0.1"' in text
    assert 'f"http://127.0.0.1:{stripe}"' in text
    assert "0.0.0.0" not in text


def test_the_image_ships_neither_tests_nor_demo() -> None:
    shipped = image_files()
    assert shipped
    for path in shipped:
        name = str(path)
        assert not name.startswith("tests/"), name
        assert "fakestripe" not in name
        assert "demo" not in name.split("/")[-1] or not name.endswith(".py"), name


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
