"""The site with a calendar: days pass here and at Stripe, the post is read, and whoever should pay has paid."""

import re
from dataclasses import dataclass
from html import unescape

import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from playwright.sync_api import expect

from members.models import Grant, Member, Price, Subscription
from members.money import jobs
from members.money.joining import checkout
from newsroom.groups import MEMBERSHIP_MANAGERS
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.test_accessibility import violations
from tests.browser.window import Window
from tests.factories import MemberFactory
from tests.journeys.paper import AFTER_THE_CUT, Paper

TAGS = re.compile(r"<[^>]*>")
MANAGER = "max@example.org"


@dataclass(frozen=True)
class Almanac:
    """A running site, and the clock that it and its Stripe go by."""

    site: Site
    clock: time_machine.Traveller

    def turn(self, days: float) -> None:
        """Let so many days pass: Stripe charges what falls due and tells us of it; the daily jobs of money run."""
        self.site.fake.advance(days, along=self.clock)
        self.site.hear_stripe()
        jobs.deliver_gifts(timestamp=0)
        jobs.remind_patrons(timestamp=0)
        self.site.work()

    def patron(self, email: str, slug: str = "tier-1", interval: str = "month") -> Member:
        """Somebody who joined and paid today, everything heard and mailed."""
        member: Member = MemberFactory(email=email, name=email.partition("@")[0].title())
        price = Price.objects.get(tier__slug=slug, interval=interval, is_active=True)
        address = checkout.join(member, price, return_path="", now=timezone.now())
        self.site.fake.pay(address.rsplit("/", 1)[-1])
        self.site.hear_stripe()
        return member

    def card_of(self, member: Member, works: str) -> None:
        """From now on the member's card is `paid`, `declined` or asks for `action`."""
        row = Subscription.objects.filter(customer__member=member).latest("started_at")
        self.site.fake.set_card(row.customer.stripe_id, works=works)
        self.site.hear_stripe()


@dataclass(frozen=True)
class Letter:
    """A mail as its reader has it: `text` and `html` in one line each, without tags."""

    text: str
    html: str

    def says(self, *sentences: str) -> None:
        """Fail unless both its text and its HTML say all of that."""
        for sentence in sentences:
            assert plain(sentence) in self.text, f"{sentence!r} is not in {self.text!r}"
            assert plain(sentence) in self.html, f"{sentence!r} is not in the HTML: {self.html!r}"


def letter(to: str, about: str) -> Letter:
    """The newest mail to an address whose subject has the words `about`."""
    mine = [each for each in mail.outbox if to in each.to]
    found = next((each for each in reversed(mine) if about in str(each.subject)), None)
    assert isinstance(found, EmailMultiAlternatives), f"no “{about}” among {[each.subject for each in mine]}"
    html = unescape(TAGS.sub(" ", str(found.alternatives[0][0])))
    return Letter(plain(str(found.body)), plain(html))


def letters(to: str, about: str) -> int:
    """How many mails with these words in the subject an address got."""
    return sum(to in each.to and about in str(each.subject) for each in mail.outbox)


def sits_at_the_desk(open_window: OpenWindow) -> Window:
    """The membership manager's window."""
    desk = open_window()
    desk.sign_in_as(MemberFactory(email=MANAGER, name="Max Manager", group=MEMBERSHIP_MANAGERS))
    return desk


def reads(window: Window, paper: Paper) -> None:
    """The patrons' story is open to whoever sits there."""
    window.go(paper.patrons.get_absolute_url())
    window.sees(f"{AFTER_THE_CUT} of {paper.patrons.headline}")


def is_kept_out(window: Window, paper: Paper) -> None:
    """It is cut, and the wall stands under it."""
    window.go(paper.patrons.get_absolute_url())
    expect(window.main(".wall")).to_be_visible()
    window.misses(AFTER_THE_CUT)


def at_the_account(window: Window, *sentences: str) -> None:
    """Open the account page: about the membership it says these sentences, in this order."""
    window.go("/account/")
    shown = plain(window.page.locator("#membership").inner_text())
    assert plain(" ".join(sentences)) in shown, shown


def rank(member: Member) -> int:
    """The rank of what the member may read now; 0 for none."""
    return Grant.objects.rank_of(member, timezone.now())


def plain(text: str) -> str:
    """One line, each gap a single space."""
    return " ".join(text.split())


def in_order(window: Window) -> None:
    """Fail if axe finds anything wrong with the page the window is on. What axe itself breaks on it is forgotten."""
    if not window.has_script:
        return
    window.page.wait_for_load_state()
    before = len(window.complaints)
    found = violations(window.page)
    del window.complaints[before:]
    assert not found, "\n".join([window.page.url, *found])
