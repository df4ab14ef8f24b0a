"""The journey the product exists for: a stranger reads, signs up, pays, replies, votes, and leaves in peace."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article
from comments.models import Reply
from members.models import Grant, Member
from members.money.keeping.standing import day
from newsroom.groups import MODERATORS
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.window import Window
from tests.factories import MemberFactory, make_patron
from tests.journeys.paper import AFTER_THE_CUT, BRIEF, QUOTATION, Paper, make_paper

pytestmark = pytest.mark.browser
READER, PASSWORD = "rosa@example.org", "a quay in the fog"
REPLY = "My grandfather built that quay."


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_reader_becomes_patron(site: Site, open_window: OpenWindow, has_script: bool) -> None:
    paper = make_paper()
    reader = open_window(java_script_enabled=has_script)
    finds_an_open_story(reader, paper)
    reads_until_the_meter_is_spent(reader, paper)
    signs_up_and_is_back_at_the_line(reader, paper)
    pays_and_is_back_at_the_story(reader, paper)
    reply_is_held(reader, paper, open_window)
    moderator_lets_it_be_seen(open_window(java_script_enabled=has_script))
    reply_is_seen(reader, paper, open_window)
    votes(reader, paper)
    cancels_and_keeps_what_was_paid(reader, paper)
    assert reader.complaints == []


def finds_an_open_story(reader: Window, paper: Paper) -> None:
    """Front page, section, and everything an open story shows."""
    reader.go("/")
    reader.sees(BRIEF)
    reader.follow(paper.section.name, within="header")
    expect(reader.page.locator("h1")).to_have_text(paper.section.name)
    reader.follow(paper.opened.headline, within="main")
    reader.sees(BRIEF, within=".brief")
    reader.sees(QUOTATION, within="blockquote")
    reader.sees("Nora Quay, harbour master", within="figcaption")
    expect(reader.main(".lead-picture img")).to_have_attribute("alt", paper.picture.alt)
    assert reader.main(".lead-picture img").evaluate("img => img.complete && img.naturalWidth > 0")
    reader.sees(paper.metered[1].headline, within="[data-read-also]")
    reader.sees(paper.metered[0].headline, within=".related")
    reader.sees("The tide tables", within=".related")
    expect(reader.main(".appeal")).to_contain_text("€")
    reader.sees("I was there too.", within=".replies")
    expect(reader.page.get_by_role("heading", name="Discover more from The Harbour")).to_be_visible()
    if reader.has_script:
        reader.press("Continue reading", within=".discover")
        expect(reader.main(".discover")).to_be_hidden()


def reads_until_the_meter_is_spent(reader: Window, paper: Paper) -> None:
    """Two counted stories open; the third has the wall. What crawlers and caches get is the teaser."""
    for story in paper.metered[:2]:
        sent = reader.site.read(story.get_absolute_url())
        assert AFTER_THE_CUT not in sent
        assert "Continue reading" in sent
        reader.go(story.get_absolute_url())
        continue_reading(reader)
        reader.sees(f"{AFTER_THE_CUT} of {story.headline}")
    third = paper.metered[2]
    reader.go(third.get_absolute_url())
    continue_reading(reader)
    reader.sees("free stories of", within=".wall")
    reader.misses(AFTER_THE_CUT)


def continue_reading(window: Window) -> None:
    """Press the button, which a script presses by itself."""
    if not window.has_script:
        window.press("Continue reading", within=".wall")


def signs_up_and_is_back_at_the_line(reader: Window, paper: Paper) -> None:
    """One field, one code, and the story goes on where it stopped."""
    reader.main(".wall input[type=email]").fill(READER)
    reader.press("Send me the code", within=".wall")
    reader.page.get_by_label("Code").fill(reader.site.last_code(READER))
    reader.press("Sign in", within="main")
    story = paper.metered[2]
    reader.page.wait_for_url(f"**{story.get_absolute_url()}#continue")
    reader.sees(f"{AFTER_THE_CUT} of {story.headline}")
    expect(reader.page.locator("#continue")).to_be_in_viewport()
    assert Member.objects.get(email=READER).email


def pays_and_is_back_at_the_story(reader: Window, paper: Paper) -> None:
    """Wall, tier, Stripe's page, and the story open within five seconds though the webhook never came."""
    story = paper.patrons
    reader.go(story.get_absolute_url())
    reader.misses(AFTER_THE_CUT)
    reader.follow("Become a patron", within=".wall")
    reader.press("Become a Friend")
    reader.page.wait_for_url(f"{reader.site.fake.url}/**")
    reader.site.fake.arrange_next("drop")
    paid_at = timezone.now()
    reader.press("Pay")
    reader.page.wait_for_url(f"**{story.get_absolute_url()}#continue")
    reader.sees(f"{AFTER_THE_CUT} of {story.headline}", seconds=5)
    assert timezone.now() - paid_at < timedelta(seconds=5)
    reader.sees("Thank you")


def reply_is_held(reader: Window, paper: Paper, open_window: OpenWindow) -> None:
    """A new account's reply is seen by its author alone."""
    reader.page.get_by_label("Leave a reply").fill(REPLY)
    reader.press("Post reply")
    reader.sees(REPLY, within=".replies")
    expect(reader.main(".reply-state")).to_be_visible()
    assert Reply.objects.get(comment=REPLY).status == Reply.Status.HELD
    another_patron(open_window, paper.patrons).misses(REPLY)


def another_patron(open_window: OpenWindow, story: Article) -> Window:
    """Somebody else who may read the story, looking at it."""
    window = open_window()
    window.sign_in_as(make_patron(MemberFactory(), rank=9))
    window.go(story.get_absolute_url())
    return window


def moderator_lets_it_be_seen(moderator: Window) -> None:
    """Through the password door to the desk, and one button."""
    make_moderator("mod@example.org")
    moderator.go("/admin/comments/reply/")
    moderator.follow("Sign in with your password")
    moderator.page.get_by_label("E-mail address", exact=True).fill("mod@example.org")
    moderator.page.get_by_label("Password", exact=True).fill(PASSWORD)
    moderator.press("Sign in", within="main")
    moderator.sees(REPLY)
    moderator.press("Approve : A reader", within="li:has-text('grandfather')")
    moderator.sees("Approved")
    moderator.site.work()
    assert moderator.complaints == []


def make_moderator(email: str) -> Member:
    """A moderator with a password and a proved address."""
    member: Member = MemberFactory(email=email, name="Moe Moderator", group=MODERATORS)
    member.set_password(PASSWORD)
    member.save()
    EmailAddress.objects.create(user=member, email=email, verified=True, primary=True)
    return member


def reply_is_seen(reader: Window, paper: Paper, open_window: OpenWindow) -> None:
    """By its author without a note, and by others."""
    reader.go(paper.patrons.get_absolute_url())
    reader.sees(REPLY, within=".replies")
    expect(reader.main(".reply-state")).to_have_count(0)
    another_patron(open_window, paper.patrons).sees(REPLY, within=".replies")


def votes(reader: Window, paper: Paper) -> None:
    """From the section menu to the ballot."""
    reader.follow("Topics", within="header")
    reader.press(f"Vote for this : {paper.topics[1].title}")
    reader.sees(paper.topics[1].title, within=".your-votes")
    assert paper.vote.ballots.count() == 1


def cancels_and_keeps_what_was_paid(reader: Window, paper: Paper) -> None:
    """In the portal; the account names the last day, and until then everything stays open."""
    reader.go("/account/")
    reader.press("Card, invoices, switch, cancel")
    reader.press("Cancel subscription")
    reader.site.hear_stripe()
    reader.follow("Back to site")
    member = Member.objects.get(email=READER)
    ends_at = Grant.objects.get(member=member).ends_at
    reader.sees(f"Your membership ends on {day(ends_at)}. Until then everything stays open.")
    assert Grant.objects.rank_of(member, ends_at - timedelta(seconds=1)) == 1
    assert Grant.objects.rank_of(member, ends_at) == 0
    reader.go(paper.patrons.get_absolute_url())
    reader.sees(f"{AFTER_THE_CUT} of {paper.patrons.headline}")
