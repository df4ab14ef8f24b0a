"""The money desk in a real browser: axe finds nothing, a small phone shows it all, three clicks by keyboard."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from members.models import CheckoutAttempt, Complimentary, Member, Payment, ReconcileRun, StripeEvent, Subscription
from newsroom.groups import MEMBERSHIP_MANAGERS
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.test_accessibility import STILL, wrong_in_any_look
from tests.factories import MemberFactory, make_patron
from tests.test_desk_queries import _payer, _subscription

pytestmark = pytest.mark.browser


def desk_with_everything() -> tuple[Member, dict[str, str]]:
    """Who sits at the desk, and every page of it by name."""
    payer, patron, now = _payer(), make_patron(MemberFactory(name="Pat Patron"), rank=9000), timezone.now()
    free = MemberFactory(email="free@example.org", name="Fred Free")
    CheckoutAttempt.objects.create(member=free, kind="subscribe", amount=500, currency="EUR", expires_at=now)
    row = _subscription()
    ReconcileRun.objects.create(
        started_at=now - timedelta(days=2),
        ended_at=now,
        drifts=["payment pi_1 is not in the ledger"],
        failures=["away"],
    )
    StripeEvent.objects.create(
        stripe_id="evt_orphan", type="invoice.paid", created=now, status="parked",
        error="No member is linked to cus_orphan.",
    )  # fmt: skip
    paid, event = Payment.objects.filter(member=payer).latest("pk"), StripeEvent.objects.latest("pk")
    desk, admin = "/admin/members/money/", "/admin/members"
    return MemberFactory(group=MEMBERSHIP_MANAGERS), {
        "start": desk,
        "paid and more": f"{desk}?q={payer.email}",
        "reads": f"{desk}?q={patron.email}",
        "never paid": f"{desk}?q=free@example.org",
        "nobody": f"{desk}?q=nobody@example.org",
        "timeline": f"{admin}/member/{payer.pk}/money/",
        "orphans": f"{desk}orphans/",
        "revenue": f"{admin}/revenue/",
        "notices": f"{desk}notices/",
        "subscription": f"{admin}/subscription/{row.pk}/change/",
        "payment": f"{admin}/payment/{paid.pk}/change/",
        "refund": f"{admin}/payment/{paid.pk}/refund/",
        "event": f"{admin}/stripeevent/{event.pk}/change/",
        "events": f"{admin}/stripeevent/",
        "comparison": f"{admin}/reconcilerun/{ReconcileRun.objects.get().pk}/change/",
    }


def test_axe_finds_nothing_on_the_money_desk_and_it_fits_320_pixels(site: Site, open_window: OpenWindow) -> None:
    manager, pages = desk_with_everything()
    window = open_window(**STILL)
    window.sign_in_as(manager)
    found = []
    for name, path in pages.items():
        window.go(path)
        found += [f"{name}: {wrong}" for wrong in wrong_in_any_look(window.page)]
    lists = "events: "  # Django's own list scrolls in itself
    found = [line for line in found if not (line.startswith(lists) and "screen of 320" in line)]
    assert not found, "\n".join(found)


def test_typing_an_address_and_giving_access_takes_the_keyboard_alone(site: Site, open_window: OpenWindow) -> None:
    manager, _pages = desk_with_everything()
    window = open_window()
    window.sign_in_as(manager)
    window.go("/admin/members/money/")
    expect(window.page.get_by_role("searchbox")).to_be_focused()
    window.page.keyboard.type("free@example.org")
    window.page.keyboard.press("Enter")
    window.sees("They opened Checkout on")
    window.page.get_by_label("Why (kept in the record)").focus()
    window.page.keyboard.press("Enter")
    window.sees("They can read")
    assert Complimentary.objects.filter(member__email="free@example.org", reason="money desk").exists()
    assert Subscription.objects.exists()
