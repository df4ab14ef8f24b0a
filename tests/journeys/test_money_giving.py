"""Giving in the browser: a gift with its day, once without an account, past Stripe, and to who cannot pay."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from members.models import AccessRequest, Gift, Grant, OfflinePayment, Payment
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
    reads,
    sits_at_the_desk,
)
from tests.journeys.paper import Paper, make_paper

pytestmark = pytest.mark.browser
GIVER, FRIEND, PATRON = "gil@example.org", "frida@example.org", "pia@example.org"
CODE = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}")


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_gift_arrives_on_its_day_and_opens_everything_to_somebody_new(
    almanac: Almanac, open_window: OpenWindow, has_script: bool
) -> None:
    paper, giver = make_paper(), open_window(java_script_enabled=has_script)
    buys_a_gift(giver, to=FRIEND, on=date(2026, 11, 20))
    letter(GIVER, "Your gift").says("You paid 15 € for a gift: 3 months", "goes to frida@example.org on 20 November")
    assert CODE.search(letter(GIVER, "Your gift").text) is None  # it is for the friend alone
    almanac.turn(days=16)
    assert letters(FRIEND, "") == 0
    almanac.turn(days=1)
    told = letter(FRIEND, "A gift from Gil")
    told.says("Gil gave you 3 months of The Harbour, as Friend.", "Read on!", "It is good until 20 November 2027")
    friend = open_window(java_script_enabled=has_script)
    redeems_as_somebody_new(friend, told.text)
    reads(friend, paper)
    at_the_account(friend, "Somebody gave you this: Friend until 20 February 2027.")
    a_second_time_is_refused(friend, told.text)
    assert giver.complaints == []
    assert friend.complaints == []


def buys_a_gift(giver: Window, *, to: str, on: date | None = None) -> None:
    """Three months of the lower tier, without an account."""
    giver.go("/membership/gift/")
    giver.page.get_by_label("Friend").check()
    giver.page.get_by_label("3 months", exact=True).check()
    giver.page.get_by_label("Their e-mail; leave it empty to get the code yourself").fill(to)
    if on is not None:
        giver.page.get_by_label("Day on which the letter goes out; empty: at once").fill(on.isoformat())
    giver.page.get_by_label("Your name, as they shall read it").fill("Gil")
    giver.page.get_by_label("A few words").fill("Read on!")
    giver.page.get_by_label("Your e-mail").fill(GIVER)
    in_order(giver)
    giver.press("Continue to payment")
    expect(giver.page.locator(".total")).to_contain_text("€15.00")
    giver.press("Pay")
    giver.sees("Your gift is on its way")
    in_order(giver)
    giver.site.hear_stripe()


def redeems_as_somebody_new(friend: Window, mail: str) -> None:
    """The mailed link fills the field and spends nothing; the button asks for an account first, and keeps the code."""
    address = mail.rpartition("Use your gift: ")[2]
    friend.page.goto(address)
    friend.page.reload()
    assert Gift.objects.get().redeemed_at is None
    friend.press("Use this gift")
    friend.page.get_by_label("E-mail address").fill(FRIEND)
    friend.press("Send me a code")
    friend.page.get_by_label("Code").fill(friend.site.last_code(FRIEND))
    friend.press("Sign in", within="main")
    expect(friend.page.get_by_label("The code of your gift")).to_have_value(re.compile(CODE))
    assert Gift.objects.get().redeemed_at is None
    in_order(friend)
    friend.press("Use this gift")
    friend.sees("Friend, from 20 November until 20 February 2027. A present from Gil.")
    in_order(friend)


def a_second_time_is_refused(friend: Window, mail: str) -> None:
    """A sentence; nothing more is granted."""
    friend.page.goto(mail.rpartition("Use your gift: ")[2])
    friend.press("Use this gift")
    friend.sees("This gift has been used already.")
    assert Grant.objects.count() == 1


def test_gift_to_a_patron_waits_until_what_was_paid_is_over(almanac: Almanac, open_window: OpenWindow) -> None:
    """The giver passes the code on; the patron stops, and goes on with the gift."""
    paper, member = make_paper(), almanac.patron(PATRON)
    patron = open_window()
    patron.sign_in_as(member)
    patron.go("/account/")
    patron.press("Card, invoices, switch, cancel")
    patron.press("Cancel subscription")
    patron.site.hear_stripe()
    buys_a_gift(open_window(), to="")
    found = CODE.search(letter(GIVER, "Your gift").text)
    assert found is not None
    patron.go("/membership/redeem/")
    patron.page.get_by_label("The code of your gift").fill(found[0].lower().replace("-", " "))
    patron.press("Use this gift")
    patron.sees("Friend, from 3 December until 3 March 2027.")
    at_the_account(patron, "A gift waits for you: Friend from 3 December until 3 March 2027.")
    in_order(patron)
    almanac.turn(days=31)
    reads(patron, paper)
    at_the_account(patron, "Somebody gave you this: Friend until 3 March 2027.")
    assert patron.complaints == []


def test_ways_past_a_subscription_once_by_bank_and_without_paying(almanac: Almanac, open_window: OpenWindow) -> None:
    paper, desk = make_paper(), sits_at_the_desk(open_window)
    gives_once_without_an_account(open_window())
    paid_by_bank(open_window(), desk, paper)
    cannot_pay(open_window(), desk, paper)
    desk.go("/admin/members/revenue/")
    in_order(desk)
    desk.sees("5.04 €")  # the transfer's twelfth: what was given once, or for nothing, comes in no month
    assert desk.complaints == []


def gives_once_without_an_account(reader: Window) -> None:
    """No amount is a sentence; one of their own is paid, thanked for, and nobody's."""
    reader.go("/membership/support/")
    reader.page.get_by_label("Another amount").fill("twelve")
    reader.press("Continue to payment")
    reader.sees("Please write an amount, such as 10.")
    in_order(reader)
    reader.page.get_by_label("Another amount").fill("12,50")
    reader.page.get_by_label("A word to the newsroom").fill("For the ferry story.")
    reader.press("Continue to payment")
    reader.page.get_by_label("E-mail").fill("somebody@example.org")
    reader.press("Pay")
    reader.sees("Your 12.50 € arrived, and nothing renews.")
    reader.site.hear_stripe()
    letter("somebody@example.org", "Thank you").says("Your 12.50 € arrived on 3 November. Nothing renews.")
    given = Payment.objects.get()
    assert (given.amount, given.member) == (1250, None)
    assert reader.complaints == []


def paid_by_bank(patron: Window, desk: Window, paper: Paper) -> None:
    """Everything is open as soon as the transfer is recorded, to somebody who sits before the wall."""
    patron.sign_in_as(MemberFactory(email=PATRON, name="Pia Patron"))
    is_kept_out(patron, paper)
    records_a_transfer(desk)
    reads(patron, paper)
    at_the_account(patron, "Thank you for your support: Friend until 3 November 2027.")
    patron.sees("60.50 €", within="#payments")
    assert patron.complaints == []


def records_a_transfer(desk: Window) -> None:
    """Amount, day and last day, as the bank statement has them."""
    desk.go("/admin/members/offlinepayment/add/")
    desk.page.get_by_label("Their e-mail address").fill(PATRON)
    desk.page.get_by_label("Amount").fill("60,50")
    desk.page.get_by_label("Reference").fill("Statement 11, line 4")
    in_order(desk)
    desk.press("Save")
    expect(desk.page.locator(".messagelist")).to_be_visible()
    row = OfflinePayment.objects.get()
    assert (row.amount, row.currency, row.received_on) == (6050, "EUR", date(2026, 11, 3))


def cannot_pay(friend: Window, desk: Window, paper: Paper) -> None:
    """From the wall: asked for without a word, given by a person, told by mail."""
    friend.sign_in_as(MemberFactory(email=FRIEND, name="Frida Friend"))
    is_kept_out(friend, paper)
    friend.follow("Can’t pay? There is a way", within=".wall")
    in_order(friend)
    friend.press("Ask for access")
    friend.sees("We have your request")
    at_the_account(friend, "You asked for access on 3 November. Somebody reads it and answers by mail.")
    gives_access(desk)
    friend.site.work()
    letter(FRIEND, "is open to you").says("here it is: Friend, until 3 November 2027", "You owe us nothing for it.")
    reads(friend, paper)
    at_the_account(friend, "You are our guest: Friend until 3 November 2027.")
    assert friend.complaints == []


def gives_access(desk: Window) -> None:
    """From the money desk's *needs a look* to the request, and one button: the lowest tier for a year."""
    desk.go("/admin/members/money/")
    desk.follow("1 person asks for access without paying")
    desk.follow("Frida Friend", within="#result_list")
    in_order(desk)
    desk.press("Give access")
    desk.sees("reads on until", within=".messagelist")
    assert AccessRequest.objects.get().given is not None
