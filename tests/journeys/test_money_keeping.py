"""A patron's months in the browser: another tier, a pause, stopping with a reason, and coming back."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from members.models import Member, MoneyNotice, Subscription
from newsroom.groups import MEMBERSHIP_MANAGERS
from tests.browser.fixtures import OpenWindow
from tests.browser.window import Window
from tests.factories import MemberFactory
from tests.journeys.almanac import (
    MANAGER,
    Almanac,
    at_the_account,
    in_order,
    is_kept_out,
    letter,
    letters,
    rank,
    reads,
)
from tests.journeys.paper import make_paper

pytestmark = pytest.mark.browser
PATRON = "pia@example.org"


def in_the_portal(window: Window, button: str = "Card, invoices, switch, cancel") -> None:
    """From the account page to Stripe's portal."""
    window.go("/account/")
    window.press(button)
    window.page.wait_for_url(f"{window.site.fake.url}/p/**")


def back_at_the_site(window: Window) -> None:
    """Stripe has told us what was done, and the portal's link leads back."""
    window.site.hear_stripe()
    window.follow("Back to site")
    window.page.wait_for_url(f"{window.site.url}/account/")


def test_switch_up_is_quoted_and_at_once_and_switch_down_waits_for_its_day(
    almanac: Almanac, open_window: OpenWindow
) -> None:
    make_paper()
    member = almanac.patron(PATRON)
    almanac.turn(days=15)
    patron = open_window()
    patron.sign_in_as(member)
    switches_up(patron, member)
    switches_down(patron, member)
    almanac.turn(days=16)
    at_the_account(patron, "You support us with 5 € a month.", "Next payment 3 January 2027.")
    assert rank(member) == 1
    assert letters(PATRON, "") == 3  # welcome, up, down: the day itself brings no mail
    assert patron.complaints == []


def switches_up(patron: Window, member: Member) -> None:
    """Stripe says what the rest of the month costs; the tier is another one at once."""
    in_the_portal(patron)
    patron.page.get_by_label("Patron, €10.00 a month").check()
    patron.press("Switch plan")
    expect(patron.page.locator(".due")).to_have_text("To pay today: €2.50")
    patron.press("Confirm")
    patron.sees("The plan was switched.")
    back_at_the_site(patron)
    at_the_account(patron, "You support us with 10 € a month.", "Next payment 3 December.")
    patron.sees("2.50 €", within="#payments")
    assert rank(member) == 2
    letter(PATRON, "You are Patron").says("You support us with 10 € a month now, as Patron.")


def switches_down(patron: Window, member: Member) -> None:
    """Nothing to pay, and what was paid stays until the end of the month."""
    in_the_portal(patron)
    patron.page.get_by_label("Friend, €5.00 a month").check()
    patron.press("Switch plan")
    expect(patron.page.locator(".due")).to_have_text("Nothing to pay today")
    patron.press("Confirm")
    back_at_the_site(patron)
    at_the_account(patron, "You support us with 10 € a month.", "From 3 December: Friend, 5 € a month.")
    assert rank(member) == 2
    letter(PATRON, "From 3 December").says(
        "From 3 December you support us with 5 € a month, as Friend.", "Until then everything stays as it is: Patron."
    )


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_pause_rests_and_is_resumed_or_goes_on_by_itself(
    almanac: Almanac, open_window: OpenWindow, has_script: bool
) -> None:
    paper, member = make_paper(), almanac.patron(PATRON)
    patron = open_window(java_script_enabled=has_script)
    patron.sign_in_as(member)
    pauses(patron, until="2027-02-03")
    patron.press("Resume now")
    patron.sees("Welcome back. Your membership goes on, and everything is open.")
    at_the_account(patron, "You support us with 5 € a month.", "Next payment 3 December.")
    pauses(patron, until="2027-01-03")
    letter(PATRON, "is paused").says(
        "What you paid for stays open until 3 December.", "It goes on after 3 January 2027, with 5 € a month"
    )
    almanac.turn(days=31)
    assert rank(member) == 0
    is_kept_out(patron, paper)
    patron.go("/account/")
    patron.press("Resume now")
    patron.sees("Welcome back. The next payment opens everything again.")
    coming = "The next payment, on 3 January 2027, opens everything again."
    at_the_account(patron, "You support us with 5 € a month.", coming)
    almanac.site.hear_stripe()
    letter(PATRON, "goes on").says("Welcome back: Friend, 5 € a month.", "The next payment is on 3 January 2027.")
    almanac.turn(days=31)
    at_the_account(patron, "You support us with 5 € a month.", "Next payment 3 February.")
    reads(patron, paper)
    assert patron.complaints == []


def pauses(patron: Window, *, until: str) -> None:
    """One of three days, and a sentence."""
    patron.go("/account/")
    patron.page.get_by_text("Pause for a while").click()
    expect(patron.page.get_by_role("radio")).to_have_count(3)
    patron.page.locator(f"input[value='{until}']").check()
    in_order(patron)
    patron.press("Pause")
    patron.sees("Your membership is paused.", within="main")
    at_the_account(patron, "Your membership is paused.", "What you paid for stays open until 3 December.")
    patron.site.hear_stripe()


def test_stops_with_a_reason_takes_it_back_stops_again_and_comes_back_months_later(
    almanac: Almanac, open_window: OpenWindow
) -> None:
    paper, member = make_paper(), almanac.patron(PATRON)
    manager = MemberFactory(email=MANAGER, group=MEMBERSHIP_MANAGERS)
    MoneyNotice.objects.create(member=manager, on_cancel=True)
    patron = open_window()
    patron.sign_in_as(member)
    stops(patron)
    takes_it_back(patron)
    in_the_portal(patron)
    patron.press("Cancel subscription")
    back_at_the_site(patron)
    almanac.turn(days=31)
    is_over(patron, member)
    is_kept_out(patron, paper)
    almanac.clock.shift(timedelta(days=40))
    comes_back(patron)
    reads(patron, paper)
    assert Subscription.objects.filter(customer__member=member).count() == 2
    assert patron.complaints == []


def stops(patron: Window) -> None:
    """The portal asks why and names the last day; so do page and mail, and the desk hears the reason."""
    in_the_portal(patron)
    patron.sees("It goes on until 3 December 2026.")
    patron.page.get_by_label("Why do you leave?").select_option("It is too expensive")
    patron.press("Cancel subscription")
    back_at_the_site(patron)
    at_the_account(
        patron, "You support us with 5 € a month.",
        "Your membership ends on 3 December. Until then everything stays open.",
    )  # fmt: skip
    in_order(patron)
    letter(PATRON, "ends on 3 December").says("Everything stays open until 3 December; nothing more will be taken.")
    letter(MANAGER, "").says("cancelled the membership", "Reason given: too expensive.")


def takes_it_back(patron: Window) -> None:
    """One press."""
    in_the_portal(patron, "Stay after all, card, invoices")
    patron.press("Resume subscription")
    back_at_the_site(patron)
    at_the_account(patron, "You support us with 5 € a month.", "Next payment 3 December.")
    letter(PATRON, "You stay").says("Your membership goes on: Friend, 5 € a month.")


def is_over(patron: Window, member: Member) -> None:
    """The day came: it is said, nothing was taken, and the door back is there."""
    at_the_account(patron, "Your membership ended on 3 December.", "Come back whenever you like.")
    expect(patron.page.locator("#payments .account-list li")).to_have_count(1)
    letter(PATRON, "has ended").says("Your membership ended on 3 December. Nothing more will be taken.")
    assert rank(member) == 0


def comes_back(patron: Window) -> None:
    """As joining the first time, with the same account."""
    patron.go("/account/")
    patron.follow("Become a patron", within="#membership")
    patron.press("Become a Friend")
    patron.press("Pay")
    patron.sees("You are a patron now.")
    patron.site.hear_stripe()
    letter(PATRON, "Welcome").says("The next payment is on")
    assert letters(PATRON, "Welcome") == 2
