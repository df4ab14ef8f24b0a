"""A live story in a reader's window: what is new comes by itself and nothing jumps; sharing with a script."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles.live import coverage
from articles.models import Article, LiveEntry
from members.models import SiteRules
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.test_weight import SCRIPTS, weigh
from tests.browser.window import Window
from tests.factories import MemberFactory, make_article

pytestmark = pytest.mark.browser
MINUTE = 60_000


@pytest.fixture
def story(site: Site) -> Article:
    """A story told live, with one entry."""
    SiteRules.objects.update_or_create(pk=1, defaults={"live_coverage": True})
    found = make_article(coverage=Article.Coverage.RUNNING, headline="The vote", section=None)
    LiveEntry.objects.create(article=found, text="<p>The doors open.</p>")
    return found


@pytest.fixture
def by(site: Site) -> dict[str, Any]:
    """Who writes the entries, and when."""
    return {"by": MemberFactory(), "now": timezone.now()}


def wait(page: Page, milliseconds: int = MINUTE) -> int:
    """Let time pass until the page asks for news; the status of the answer."""
    with page.expect_response(lambda answer: "/live/?after=" in answer.url) as asked:
        page.clock.fast_forward(milliseconds)
    return asked.value.status


def opened(open_window: OpenWindow, story: Article) -> Window:
    """A reader's window on the story whose clock obeys the test."""
    window = open_window()
    window.page.clock.install()
    window.go(story.get_absolute_url())
    return window


def test_new_entries_wait_behind_a_button(open_window: OpenWindow, story: Article, by: dict[str, Any]) -> None:
    window = opened(open_window, story)
    page = window.page
    assert wait(page) == 200
    assert wait(page) == 304  # nothing new: nothing sent
    for text in ("The first vote.", "The second vote."):
        coverage.add_entry(story, headline="", text=text, is_key=True, **by)
    assert wait(page) == 200
    button = page.get_by_role("button", name="2 new entries")
    expect(button).to_be_visible()
    window.misses("The first vote.")
    assert page.locator(".live-new[role=status]").count() == 1  # said aloud by a reading machine
    button.click()
    expect(page.locator(".live-list > li").first).to_contain_text("The second vote.")
    expect(page.locator(".live-list > li").first).to_be_focused()
    expect(page.locator(".live-keys")).to_contain_text("The first vote.")
    expect(button).to_have_count(0)
    assert window.complaints == []


def test_entries_put_right_and_taken_off_change_in_place(
    open_window: OpenWindow, story: Article, by: dict[str, Any]
) -> None:
    entry = story.live_entries.get()
    LiveEntry.objects.create(article=story, text="<p>Wrong.</p>")
    wrong = story.live_entries.latest("pk")
    window = opened(open_window, story)
    later = {**by, "now": timezone.now()}
    coverage.change_entry(entry, headline="", text="<p>They were open.</p>", is_key=False, seen=None, **later)
    coverage.remove_entry(wrong, **later)
    wait(window.page)
    window.sees("They were open.")
    window.misses("Wrong.")
    assert window.page.get_by_role("button", name="new entr").count() == 0


def test_end_of_the_coverage_is_said_and_ends_the_asking(
    open_window: OpenWindow, story: Article, by: dict[str, Any]
) -> None:
    window = opened(open_window, story)
    coverage.end(story, **by)
    wait(window.page)
    window.sees("Our live coverage has ended.")
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url))
    window.page.clock.fast_forward(10 * MINUTE)
    window.page.wait_for_timeout(300)
    assert [url for url in asked if "after=" in url] == []


def test_metered_reader_is_told_what_is_new_for_them(
    open_window: OpenWindow, story: Article, by: dict[str, Any]
) -> None:
    SiteRules.objects.update(meter_limit=3)
    Article.objects.filter(pk=story.pk).update(audience="metered")
    window = opened(open_window, story)  # the script spends a view
    window.sees("The doors open.")
    coverage.add_entry(story, headline="", text="The first vote.", is_key=False, **by)
    assert wait(window.page) == 200
    window.press("1 new entry")
    window.sees("The first vote.")


def test_without_a_script_the_page_has_entries_and_ways_to_share(open_window: OpenWindow, story: Article) -> None:
    for number in range(25):
        LiveEntry.objects.create(article=story, text=f"<p>Entry number {number}.</p>")
    window = open_window(java_script_enabled=False)
    window.go(story.get_absolute_url())
    window.sees("Entry number 24.")
    expect(window.main(".share a")).to_have_count(2)
    expect(window.main(".share button")).to_be_hidden()
    window.follow("Earlier entries")
    window.sees("Entry number 4.")


def test_earlier_entries_come_below_without_leaving_the_page(open_window: OpenWindow, story: Article) -> None:
    for number in range(25):
        LiveEntry.objects.create(article=story, text=f"<p>Entry number {number}.</p>")
    window = open_window()
    window.go(story.get_absolute_url())
    window.follow("Earlier entries")
    window.sees("Entry number 4.")
    window.sees("Entry number 24.")


def test_link_is_copied_and_the_devices_sheet_opens(open_window: OpenWindow, story: Article) -> None:
    window = open_window()
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.page.add_init_script("navigator.share = async (what) => { window.shared = what }")
    window.go(story.get_absolute_url())
    window.follow("Link to this story")
    window.sees("Link copied")
    address = f"{window.site.url}{story.get_absolute_url()}"
    assert window.page.evaluate("navigator.clipboard.readText()") == address
    window.press("Share …")
    assert window.page.evaluate("window.shared") == {"url": address, "title": "The vote"}


def test_live_story_is_light(open_window: OpenWindow, story: Article) -> None:
    weights = weigh(open_window(), story)
    assert weights["script"] <= SCRIPTS, weights
