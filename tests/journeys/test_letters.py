"""A letter's whole way, in browsers with and without JavaScript: asked for, composed, sent, read and stopped."""

import re
import urllib.parse
import urllib.request

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article
from members.gate import Audience
from members.letters.joining import asking
from members.models import Issue, Letter, LetterSubscription
from newsroom.groups import EDITORS
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.window import Window
from tests.factories import MemberFactory, SectionFactory, make_article, make_patron
from tests.journeys.almanac import in_order, letter, letters
from tests.journeys.paper import AFTER_THE_CUT, make_gated

pytestmark = pytest.mark.browser
STRANGER, PATRON, EDITOR = "sten@example.org", "pat@example.org", "edgar@example.org"
NAME, SUBJECT, NEXT, INTRO = "The Friday letter", "What the harbour hides", "One more Friday", "It rained all week."
FREE, KEPT = "The harbour at six", "Who owns the quay"
SECRET = f"{AFTER_THE_CUT} of {KEPT}"


@pytest.mark.parametrize("has_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_letter_is_asked_for_sent_read_and_stopped(site: Site, open_window: OpenWindow, has_script: bool) -> None:
    about, stories = is_set_up()
    stranger, patron, desk = (open_window(java_script_enabled=has_script) for _person in range(3))
    desk.sign_in_as(MemberFactory(email=EDITOR, name="Edgar Editor", group=EDITORS))
    asks_for_it(stranger)
    starts_it_by_the_button(stranger)
    composes(desk, stories)
    previews_as_two_kinds_of_reader(desk)
    sends_a_test(desk)
    sends_it(desk)
    issue = Issue.objects.get()
    strangers_mail_has_the_beginnings(issue)
    patrons_mail_has_it_all()
    link_opens_the_story_without_a_session(patron, stories[1])
    web_page_has_the_beginnings(stranger)
    follows_a_link(stranger, stories[0])
    is_stopped_at_one_press()
    next_one_does_not_come(desk, issue)
    figures_tell(desk, issue)
    assert LetterSubscription.objects.filter(letter=about).receiving().get().email == PATRON
    assert [window.complaints for window in (stranger, patron, desk)] == [[], [], []]


def is_set_up() -> tuple[Letter, tuple[Article, Article]]:
    """A letter of whole stories which one patron gets, a story for everybody and one for patrons."""
    about = Letter.objects.create(slug="friday", name=NAME, description="What happened.", carries=Letter.Carries.WHOLE)
    pat = make_patron(MemberFactory(email=PATRON, name="Pat Patron"))
    asking.choose(pat, {about.slug}, asked_on="/account/", now=timezone.now())
    section = SectionFactory(slug="harbour", name="Harbour")
    free = make_article(section=section, headline=FREE, full_text="<p>The harbour woke early.</p>")
    return about, (free, make_gated(section, Audience.PATRONS, KEPT))


def asks_for_it(stranger: Window) -> None:
    """On the letter's own page, with an address."""
    stranger.go("/letters/friday/")
    stranger.sees("What happened.")
    in_order(stranger)
    stranger.page.get_by_label("E-mail address").first.fill(STRANGER)
    stranger.press("Send it to me", within="main")
    stranger.sees("Look into your mailbox")
    stranger.site.work()


def starts_it_by_the_button(stranger: Window) -> None:
    """Whatever opens the mailed link, a program that looks into mails too, starts nothing."""
    address = link(newest(STRANGER, "Start"), "/letters/confirm/")
    path = address.removeprefix(stranger.site.url)
    stranger.site.read(path)
    stranger.go(path)
    stranger.sees(f"Start “{NAME}”?")
    in_order(stranger)
    assert not LetterSubscription.objects.receiving().filter(email=STRANGER).exists()
    stranger.press("Yes, start it")
    stranger.sees(f"“{NAME}” is on its way")
    assert LetterSubscription.objects.receiving().filter(email=STRANGER).exists()


def composes(desk: Window, stories: tuple[Article, Article]) -> None:
    """Words, and two stories from what is new."""
    desk.go("/admin/members/issue/")
    desk.page.get_by_label("Letter", exact=True).select_option(label=NAME)
    desk.press("Compose an issue")
    desk.page.get_by_label("Subject").fill(SUBJECT)
    desk.page.get_by_label("Intro").fill(INTRO)
    for story in stories:
        desk.page.locator(f"button[value='add-{story.pk}']").click()
        added = desk.page.locator(f"#story-{story.pk}")
        expect(added).to_be_visible()
        added.get_by_label("How much of").select_option("whole")
    desk.sees("Closed past its beginning for:", within=f"#story-{stories[1].pk}")
    in_order(desk)


def previews_as_two_kinds_of_reader(desk: Window) -> None:
    """The same issue, cut and whole."""
    desk.press("Save and preview")
    desk.page.wait_for_url("**/preview/**")
    shown = desk.page.locator(".issue-text")
    expect(shown).to_contain_text(f"{KEPT} begins.")
    expect(shown).not_to_contain_text(AFTER_THE_CUT)
    in_order(desk)
    desk.follow("Tier 1")
    expect(shown).to_contain_text(SECRET)
    expect(desk.page.frame_locator(".issue-frame").get_by_text(SECRET)).to_be_visible()


def sends_a_test(desk: Window) -> None:
    """To oneself, as the preview shows it; nobody else gets it."""
    desk.page.get_by_role("button", name="Send test").press("Enter")
    desk.sees(f"On its way to {EDITOR}.")
    desk.site.work()
    assert letters(EDITOR, f"Test: {SUBJECT}") == 1
    letter(EDITOR, "Test:").says(SECRET)
    assert letters(STRANGER, SUBJECT) == letters(PATRON, SUBJECT) == 0


def sends_it(desk: Window) -> None:
    """By one button, and the worker hands it over."""
    desk.go(f"/admin/members/issue/{Issue.objects.get().pk}/change/")
    desk.press("Send now to 2 readers")
    desk.sees("Handed over.")
    desk.site.work()
    desk.page.reload()
    desk.sees("Out since")
    in_order(desk)
    assert letters(STRANGER, SUBJECT) == letters(PATRON, SUBJECT) == 1
    assert letters(EDITOR, "") == 1


def strangers_mail_has_the_beginnings(issue: Issue) -> None:
    """And what a mail program needs to stop it; not a word past the cut, in any part."""
    letter(STRANGER, SUBJECT).says(INTRO, "The harbour woke early.", f"{KEPT} begins.")
    message = newest(STRANGER, SUBJECT)
    assert AFTER_THE_CUT not in str(message.message())
    assert AFTER_THE_CUT not in everything(message)
    assert message.extra_headers["List-Id"].startswith(f'"{issue.letter.name}" <friday.')
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def patrons_mail_has_it_all() -> None:
    """What they pay for is in the mail."""
    letter(PATRON, SUBJECT).says(INTRO, "The harbour woke early.", f"{KEPT} begins.", SECRET)


def link_opens_the_story_without_a_session(patron: Window, story: Article) -> None:
    """A browser that knows nobody: looking at the link opens nothing, its button does, for this story alone."""
    path = link(newest(PATRON, SUBJECT), "/letters/story/").removeprefix(patron.site.url)
    assert AFTER_THE_CUT not in patron.site.read(path)
    patron.go(path)
    patron.sees(KEPT)
    in_order(patron)
    patron.press("Read the story")
    patron.page.wait_for_url(f"**{story.get_absolute_url()}**")
    patron.sees(SECRET)
    assert AFTER_THE_CUT not in patron.site.read(story.get_absolute_url())


def web_page_has_the_beginnings(stranger: Window) -> None:
    """The same address in every copy."""
    own, patrons = (link(newest(email, SUBJECT), "/letters/issue/") for email in (STRANGER, PATRON))
    assert own == patrons
    stranger.go(own.removeprefix(stranger.site.url))
    stranger.sees(SUBJECT, within="h1")
    stranger.sees(f"{KEPT} begins.")
    stranger.misses(AFTER_THE_CUT)
    in_order(stranger)


def follows_a_link(stranger: Window, story: Article) -> None:
    """To the open story; twice in a minute is one press."""
    path = link(newest(STRANGER, SUBJECT), "/letters/go/").removeprefix(stranger.site.url)
    for _again in range(2):
        stranger.go(path)
        stranger.page.wait_for_url(f"**{story.get_absolute_url()}")


def is_stopped_at_one_press() -> None:
    """As a mail program does it: a POST from nowhere, without a cookie or a page of ours."""
    address = str(newest(STRANGER, SUBJECT).extra_headers["List-Unsubscribe"]).strip("<>")
    with urllib.request.urlopen(address, timeout=20):  # what a program does that follows links
        assert LetterSubscription.objects.receiving().filter(email=STRANGER).exists()
    body = urllib.parse.urlencode({"List-Unsubscribe": "One-Click"}).encode()
    with urllib.request.urlopen(address, body, timeout=20) as answer:
        assert answer.status == 200
    assert not LetterSubscription.objects.receiving().filter(email=STRANGER).exists()


def next_one_does_not_come(desk: Window, issue: Issue) -> None:
    """To whoever left; to the others it does."""
    desk.go(f"/admin/members/issue/{issue.pk}/change/")
    desk.press("Make a new draft of it")
    desk.page.get_by_label("Subject").fill(NEXT)
    desk.press("Send now to 1 reader")
    desk.sees("Handed over.")
    desk.site.work()
    assert letters(PATRON, NEXT) == 1
    assert letters(STRANGER, NEXT) == 0


def figures_tell(desk: Window, issue: Issue) -> None:
    """In sums, and nothing of who."""
    desk.go(f"/admin/members/issue/{issue.pk}/change/")
    shown = desk.page.locator(".issue-figures")
    for line in (
        "Copies written2",
        "Accepted by the mail server2",
        "Left by its link1",
        "Presses on its links, in sum1",
    ):
        expect(shown.locator("div", has_text=re.compile(f"^{line}$"))).to_be_visible()
    in_order(desk)


def newest(to: str, about: str) -> EmailMessage:
    """The newest mail to an address whose subject has these words."""
    return next(each for each in reversed(mail.outbox) if to in each.to and about in str(each.subject))


def link(message: EmailMessage, start: str) -> str:
    """The first link of the mail's text to such an address of ours."""
    found = re.search(rf"http\S+{start}\S+", str(message.body))
    assert found, f"no {start} in {message.body!r}"
    return found[0]


def everything(message: EmailMessage) -> str:
    """Text and HTML, before they are wrapped and encoded."""
    return "\n".join([str(message.body), *(str(part[0]) for part in getattr(message, "alternatives", []))])
