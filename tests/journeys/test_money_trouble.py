"""When money goes wrong: a renewal that fails, a bank that asks, a refund, and "I paid and cannot read"."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from members.models import CheckoutAttempt, Grant, Member, Subscription
from tests.browser.fixtures import OpenWindow
from tests.browser.window import Window
from tests.factories import MemberFactory
from tests.journeys.almanac import (
    Almanac,
    at_the_account,
    in_order,
    is_kept_out,
    letter,
    letters,
    plain,
    reads,
    sits_at_the_desk,
)
from tests.journeys.paper import make_paper

pytestmark = pytest.mark.browser
PATRON = "pia@example.org"
GRACE = "Your last payment did not go through."


def asks_the_desk(desk: Window, text: str) -> str:
    """Type an address or a number; the one sentence that answers."""
    desk.go("/admin/members/money/")
    desk.page.get_by_role("searchbox").fill(text)
    desk.page.keyboard.press("Enter")
    return plain(desk.page.locator(".money-why").first.inner_text())


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_renewal_fails_everything_stays_open_and_paying_the_invoice_mends_it(
    almanac: Almanac, open_window: OpenWindow, has_script: bool
) -> None:
    paper, member = make_paper(), almanac.patron(PATRON)
    almanac.card_of(member, "declined")
    almanac.turn(days=31)
    patron = open_window(java_script_enabled=has_script)
    patron.sign_in_as(member)
    until = day_of_grace(member)
    reads(patron, paper)
    patron.sees(GRACE, within="aside.banner")
    in_order(patron)
    patron.follow("See what to do", within="aside.banner")
    patron.sees(f"{GRACE} Everything stays open until {until}.", within="[role=alert]")
    in_order(patron)
    told = letter(PATRON, "did not go through")
    told.says("We could not collect 5 €.", f"Everything stays open until {until}.")
    pays_the_invoice(patron)
    reads(patron, paper)
    patron.misses(GRACE)
    letter(PATRON, "went through").says("your last payment arrived after all", "5 € a month, as Friend")
    assert letters(PATRON, "") == 3
    assert patron.complaints == []


def day_of_grace(member: Member) -> str:
    """The last day that a missing payment leaves open, as pages name it."""
    ends_at = timezone.localtime(Grant.objects.get(member=member).ends_at)
    assert ends_at > timezone.now()
    return f"{ends_at.day} {ends_at:%B}"


def pays_the_invoice(patron: Window) -> None:
    """The page's button leads to the open invoice; a card that works pays it."""
    patron.follow("Pay now", within="#membership")
    patron.page.wait_for_url(f"{patron.site.fake.url}/i/**")
    patron.press("Pay")
    patron.sees("This invoice is paid.")
    patron.site.hear_stripe()
    at_the_account(patron, "You support us with 5 € a month.", "Next payment 3 January 2027.")


def test_bank_asks_at_a_renewal_and_grace_ends_by_itself(almanac: Almanac, open_window: OpenWindow) -> None:
    paper, member = make_paper(grace_days=5), almanac.patron(PATRON)
    almanac.card_of(member, "action")
    patron = open_window()
    patron.sign_in_as(member)
    almanac.turn(days=31)
    confirms_by_the_mailed_link(patron)
    reads(patron, paper)
    almanac.turn(days=31)
    reads(patron, paper)
    almanac.turn(days=5)
    is_kept_out(patron, paper)
    patron.go("/account/")
    patron.sees("Your bank wants you to confirm your payment. The days of grace are over", within="[role=alert]")
    in_order(patron)
    patron.follow("Confirm the payment", within="#membership")
    patron.press("Fail to confirm")
    patron.sees("Nothing was charged.")
    patron.press("Pay")
    patron.sees("This invoice is paid.")
    almanac.site.hear_stripe()
    reads(patron, paper)
    assert letters(PATRON, "wants you to confirm") == letters(PATRON, "went through") == 2
    assert patron.complaints == []


def confirms_by_the_mailed_link(patron: Window) -> None:
    """The mail leads straight to the invoice; the bank is told yes, and all is as before."""
    told = letter(PATRON, "wants you to confirm")
    told.says("Your bank asks you to confirm that it is you.", "It takes a minute, and nothing else changes.")
    patron.go("/account/")
    patron.sees("Your bank wants you to confirm your payment. Everything stays open until", within="[role=alert]")
    patron.page.goto(told.text.rpartition(" ")[2])
    patron.press("Confirm")
    patron.sees("This invoice is paid.")
    patron.site.hear_stripe()
    at_the_account(patron, "You support us with 5 € a month.", "Next payment 3 January 2027.")


def test_desk_puts_a_lost_payment_right_and_gives_it_back(almanac: Almanac, open_window: OpenWindow) -> None:
    paper, member = make_paper(), MemberFactory(email=PATRON, name="Pia Patron")
    patron, desk = open_window(), sits_at_the_desk(open_window)
    patron.sign_in_as(member)
    pays_and_nobody_hears_of_it(almanac, patron)
    is_kept_out(patron, paper)
    is_put_right_in_two_clicks(desk)
    reads(patron, paper)
    almanac.site.hear_stripe()
    letter(PATRON, "Welcome").says("The next payment is on 3 December.")
    is_given_back(desk)
    almanac.site.hear_stripe()
    answer = asks_the_desk(desk, PATRON)
    assert answer == "The 5 € of 3 November were refunded on 3 November, so what they paid for ended."
    is_kept_out(patron, paper)
    at_the_account(patron, "Your membership ended on 3 November.", "Come back whenever you like.")
    patron.sees("5 € given back", within="#payments")
    letter(PATRON, "gave 5 € back").says(
        "We gave the whole of your payment of 3 November back: 5 €.", "What this payment bought has ended with it."
    )
    assert desk.complaints == []
    assert patron.complaints == []


def pays_and_nobody_hears_of_it(almanac: Almanac, patron: Window) -> None:
    """The window was closed after paying, and no event ever came."""
    patron.go("/membership/")
    patron.press("Become a Friend")
    patron.sees("To pay today")
    almanac.site.fake.arrange_next("drop")
    almanac.site.fake.pay(CheckoutAttempt.objects.get().session_id or "")
    almanac.site.hear_stripe()


def is_put_right_in_two_clicks(desk: Window) -> None:
    """ "I paid and cannot read": a sentence, though the address is typed another way, and what helps."""
    assert asks_the_desk(desk, "P.ia+news@example.org") == "They opened Checkout on 3 November (5 €) and never paid."
    in_order(desk)
    desk.press("Look at Stripe and put it right")
    desk.sees("They can read: Friend for 5 €", within=".money-why")
    desk.follow("Everything about their money")
    in_order(desk)


def is_given_back(desk: Window) -> None:
    """Found by the receipt's number; the page names what ends, a button does it."""
    number = Subscription.objects.get().payments.get().receipt_number
    assert "They can read: Friend for 5 €" in asks_the_desk(desk, number)
    desk.page.get_by_text("Give access, refund, merge").click()
    desk.page.get_by_role("link", name="Refund …").click()
    desk.sees("Giving all of it back ends what it paid for (Friend until 3 December).")
    in_order(desk)
    desk.press("Give 5 € back")
    expect(desk.page.locator(".messagelist")).to_be_visible()
