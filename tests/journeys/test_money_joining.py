"""Joining in the browser: terms, a code, a card that fails, the bank's question, and methods that take days."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from members.models import CheckoutAttempt, Member, Subscription, Terms
from tests.browser.fixtures import OpenWindow
from tests.browser.window import Window
from tests.factories import MemberFactory
from tests.journeys.almanac import Almanac, at_the_account, in_order, is_kept_out, letter, letters, plain, rank, reads
from tests.journeys.paper import AFTER_THE_CUT, Paper, make_paper

pytestmark = pytest.mark.browser
READER = "jona@example.org"


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_reader_joins_with_a_code_after_a_declined_card_and_a_question_of_the_bank(
    almanac: Almanac, open_window: OpenWindow, has_script: bool
) -> None:
    paper = make_paper()
    make_terms("2026-11")
    almanac.site.fake.promote("TEA20", percent_off=20, duration="repeating", months=3)
    reader = open_window(java_script_enabled=has_script)
    chooses_and_signs_in(reader, paper)
    is_told_everything_before_paying(reader)
    uses_a_code(reader)
    is_declined_and_asked_by_the_bank(reader)
    reads_what_the_story_kept_back(reader, paper)
    is_welcomed_by_mail(almanac)
    finds_it_on_the_account_page(reader)
    assert reader.complaints == []


def make_terms(version: str, text: str = "Every story.\n\n# How it ends\n\nWhenever you like.") -> Terms:
    """A version of the terms, in force since this minute."""
    return Terms.objects.create(version=version, text=text, in_force_from=timezone.now())


def chooses_and_signs_in(reader: Window, paper: Paper) -> None:
    """From the wall to the tiers, whose terms are a page; then an address and a code."""
    reader.go(paper.patrons.get_absolute_url())
    reader.follow("Become a patron", within=".wall")
    reader.sees("5 € a month")
    reader.sees("Renews at 5 € every month until you stop.")
    reader.follow("our terms (2026-11)")
    expect(reader.page.get_by_role("heading", name="How it ends")).to_be_visible()
    in_order(reader)
    reader.page.go_back()
    in_order(reader)
    reader.press("Become a Friend")
    reader.page.get_by_label("E-mail address").fill(READER)
    reader.press("Send me a code")
    reader.page.get_by_label("Code").fill(reader.site.last_code(READER))
    reader.press("Sign in", within="main")


def is_told_everything_before_paying(reader: Window) -> None:
    """Today, the next payment and its day, and which terms; then on to Stripe."""
    chosen = reader.main(".chosen")
    expect(chosen.get_by_role("heading")).to_have_text("You chose Friend")
    assert plain(chosen.locator("dl").inner_text()) == (
        "Today 5 € Next payment 5 € on 3 December After that 5 € every month, until you stop"
    )
    expect(chosen.get_by_role("link", name="our terms (2026-11)")).to_be_visible()
    in_order(reader)
    reader.press("Continue to Stripe and pay 5 €")
    reader.page.wait_for_url(f"{reader.site.fake.url}/c/pay/**")
    reader.sees("To pay today")
    attempt = CheckoutAttempt.objects.get()
    assert attempt.terms is not None
    assert attempt.terms.version == "2026-11"
    assert attempt.accepted_at is not None


def uses_a_code(reader: Window) -> None:
    """A wrong one says so and costs nothing; the right one changes what is paid today."""
    reader.page.get_by_label("Promotion code").fill("TEA2O")
    reader.press("Apply")
    expect(reader.page.get_by_role("alert")).to_be_visible()
    expect(reader.page.locator(".total")).to_contain_text("€5.00")
    reader.page.get_by_label("Promotion code").fill("TEA20")
    reader.press("Apply")
    expect(reader.page.locator(".total")).to_contain_text("€4.00")


def is_declined_and_asked_by_the_bank(reader: Window) -> None:
    """A card without money, then a confirmation that fails, then one that works: paid once."""
    reader.press("Decline")
    reader.sees("Your card was declined. Nothing was charged")
    reader.press("3-D Secure")
    reader.press("Fail")
    reader.sees("Your bank did not confirm that it was you. Nothing was charged")
    assert not Subscription.objects.exists()
    reader.press("3-D Secure")
    reader.press("Succeed")


def reads_what_the_story_kept_back(reader: Window, paper: Paper) -> None:
    """Back where they left off."""
    reader.page.wait_for_url(f"**{paper.patrons.get_absolute_url()}#continue")
    reader.sees(f"{AFTER_THE_CUT} of {paper.patrons.headline}")
    reader.sees("Thank you. You are a patron now")


def is_welcomed_by_mail(almanac: Almanac) -> None:
    """Once, though page and webhooks both knew: what renews, when, for how much, and under which terms."""
    almanac.site.hear_stripe()
    welcome = letter(READER, "Welcome")
    welcome.says(
        "You support us with 5 € a month, as Friend.",
        "It renews by itself until you stop.",
        "The next payment is on 3 December: 4 € (TEA20: 20 % off until 3 February 2027).",
        "You accepted our terms of membership, version 2026-11, on 3 November 2026, 13:0",
    )
    assert "/membership/terms/?version=2026-11" in welcome.text
    assert letters(READER, "") == 2  # the code, and this one


def finds_it_on_the_account_page(reader: Window) -> None:
    """The deal and what the next payment takes."""
    known = "Next payment 3 December: 4 € (TEA20: 20 % off until 3 February 2027)."
    at_the_account(reader, "You support us with 5 € a month.", known)
    reader.sees("3 November 2026", within="#payments")
    reader.sees("4 €", within="#payments")
    in_order(reader)


def test_delayed_payment_that_fails_and_one_that_arrives(almanac: Almanac, open_window: OpenWindow) -> None:
    """No access and no thanks before the bank has paid; a mail either way; never an offer to pay twice."""
    paper, member = make_paper(), MemberFactory(email=READER)
    make_terms("2026-11")
    reader = open_window()
    reader.sign_in_as(member)
    reader.go(paper.patrons.get_absolute_url())
    reader.follow("Become a patron", within=".wall")
    terms_change_meanwhile(reader)
    pays_later(reader, paper, member)
    the_bank_says(almanac, reader, "Fail")
    letter(READER, "did not arrive").says("Your bank refused the payment that was under way. Nothing was charged.")
    at_the_account(reader, "You have a free account.")
    reader.follow("Become a patron", within="#membership")
    reader.press("Become a Patron")
    pays_later(reader, paper, member)
    the_bank_says(almanac, reader, "Succeed")
    welcome = letter(READER, "Welcome")
    welcome.says("You support us with 10 € a month, as Patron.", "The next payment is on 5 December.")
    reads(reader, paper)
    assert CheckoutAttempt.objects.filter(status="done", terms__version="2026-12").count() == 1
    assert reader.complaints == []


def terms_change_meanwhile(reader: Window) -> None:
    """Nobody accepts what the page did not show: the choice again, under the terms that hold now."""
    expect(reader.page.get_by_role("link", name="our terms (2026-11)").first).to_be_visible()
    make_terms("2026-12", "# How it ends\n\nStill whenever you like.")
    reader.press("Become a Friend")
    reader.sees("Our terms are new since you opened the page.")
    expect(reader.main(".chosen").get_by_role("link", name="our terms (2026-12)")).to_be_visible()
    reader.press("Continue to Stripe and pay 5 €")


def pays_later(reader: Window, paper: Paper, member: Member) -> None:
    """A way of paying that takes days: thanks for nothing yet, and *Join* shows that it waits."""
    reader.press("Pay later")
    reader.sees("Your bank is at work")
    in_order(reader)
    reader.site.hear_stripe()
    assert rank(member) == 0
    is_kept_out(reader, paper)
    at_the_account(reader, "We are waiting for your bank. There is nothing you need to do.")
    reader.go("/membership/")
    reader.press("Become a Friend")
    reader.sees("Your bank is at work")


def the_bank_says(almanac: Almanac, reader: Window, answer: str) -> None:
    """Days later the bank has an answer, which its page at Stripe decides."""
    session = CheckoutAttempt.objects.get(status="open").session_id
    almanac.clock.shift(timedelta(days=2))
    reader.page.goto(f"{reader.site.fake.url}/c/pay/{session}")
    reader.press(answer)
    reader.sees("This page was used.")
    reader.site.hear_stripe()
