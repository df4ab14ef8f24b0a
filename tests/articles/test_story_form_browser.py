"""The story form under a hand: keys, the button that follows the clock, rows, and how few taps a task takes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles.models import Article, Byline
from tests.articles.test_desk import draft
from tests.browser.fixtures import browser, open_window, site
from tests.browser.window import Window
from tests.factories import AuthorFactory, Cast, SectionFactory, make_article

pytestmark = pytest.mark.browser
__all__ = ["browser", "open_window", "site"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TEXT = "<p>The council voted.</p>"


@pytest.fixture
def at_desk(open_window: Callable[..., Window]) -> Callable[..., Window]:
    """Opens an editor's window; options as the browser takes them."""

    def opened(**options: Any) -> Window:
        window = open_window(**options)
        window.sign_in_as(Cast.make().editor)
        return window

    return opened


class Taps:
    """Taps a person needs, counted one by one."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def tap(self, target: Any) -> None:
        """One tap on something that is to be seen without scrolling sideways."""
        expect(target).to_be_visible()
        box = target.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 391
        self.count += 1
        target.tap()

    def link(self, name: str) -> None:
        """A tap on a link."""
        self.tap(self.page.get_by_role("link", name=name, exact=True).and_(self.page.locator(":visible")).first)

    def button(self, name: str) -> None:
        """A tap on a button."""
        self.tap(self.page.get_by_role("button", name=name, exact=True).and_(self.page.locator(":visible")).first)

    def more(self) -> None:
        """A tap that opens the menu."""
        self.tap(self.page.locator(".bar-more > summary"))


def change_address(story: Article) -> str:
    """Where the story is changed."""
    return f"/admin/articles/article/{story.pk}/change/"


# -- How many clicks -------------------------------------------------------------------------------


def test_from_new_story_to_published_is_two_clicks(at_desk: Callable[..., Window]) -> None:
    window = at_desk()
    page = window.page
    page.add_init_script("addEventListener('click', ({isTrusted, detail}) => isTrusted && detail && clicked())")
    clicks: list[int] = []
    page.expose_function("clicked", lambda: clicks.append(1))
    window.go("/admin/")
    window.follow("New story")
    expect(page.locator("#id_headline")).to_be_focused()
    expect(page.locator(".ProseMirror")).to_be_visible()
    page.keyboard.type("The quay closes")
    page.keyboard.press("Enter")
    page.keyboard.type("Overnight, and for good.")
    page.keyboard.press("Enter")
    expect(page.locator(".ProseMirror")).to_be_focused()
    page.keyboard.type("Nobody told the dockers.")
    window.press("Publish now")
    window.sees("It is out")
    story = Article.objects.get(headline="The quay closes")
    assert story.is_live(timezone.now())
    assert story.standfirst == "Overnight, and for good."
    assert story.full_text == "<p>Nobody told the dockers.</p>"
    assert len(clicks) == 2
    assert not window.complaints


def test_by_keyboard_it_is_one(at_desk: Callable[..., Window]) -> None:
    window = at_desk()
    page = window.page
    window.go("/admin/")
    window.follow("New story")
    expect(page.locator("#id_headline")).to_be_focused()
    expect(page.locator(".ProseMirror")).to_be_visible()
    for words in ("By hand", "No mouse.", "None at all."):
        page.keyboard.type(words)
        page.keyboard.press("Enter")
    page.keyboard.press("Control+Shift+P")
    window.sees("It is out")
    assert Article.objects.get(headline="By hand").is_live(timezone.now())


# -- On a phone ------------------------------------------------------------------------------------


def correct(taps: Taps, story: Article) -> None:
    """From the public page: edit, put the cursor into the text, save."""
    taps.page.goto(taps.page.url.split("/admin")[0] + story.get_absolute_url())
    taps.link("Edit")
    taps.tap(taps.page.locator(".ProseMirror p").first)
    taps.page.keyboard.press("End")
    taps.page.keyboard.type(" Corrected.")
    taps.button("Save, live at once")
    taps.page.get_by_text("Readers see it now").wait_for()


def withdraw(taps: Taps, story: Article) -> None:
    """From the public page: edit, more, the reason, withdraw."""
    taps.page.goto(taps.page.url.split("/admin")[0] + story.get_absolute_url())
    taps.link("Edit")
    taps.more()
    taps.tap(taps.page.get_by_label("Reason; readers see it in the notice"))
    taps.page.keyboard.type("The source recanted.")
    taps.button("Withdraw")
    taps.page.get_by_text("Readers cannot open it any more.").wait_for()


def change_the_lead(taps: Taps, story: Article) -> None:
    """From home: the story, more, make it the lead."""
    taps.link(story.headline)
    taps.more()
    taps.button("Make it the lead")
    taps.page.get_by_text("It leads the front page.").wait_for()


def close_replies(taps: Taps, story: Article) -> None:
    """From home: the story, more, close replies."""
    taps.link(story.headline)
    taps.more()
    taps.button("Close replies")
    taps.page.get_by_text("Replies are closed.").wait_for()


def publish(taps: Taps, story: Article) -> None:
    """From home: the story, publish."""
    Article.objects.filter(pk=story.pk).update(
        status="ready", published_at=None, published_on=None, live_from=None, announced_at=None
    )
    taps.page.reload()
    taps.link(story.headline)
    taps.button("Publish now")
    taps.page.get_by_text("It is out").wait_for()


DONE: dict[Callable[[Taps, Article], None], tuple[int, Callable[[Article], bool]]] = {
    correct: (3, lambda story: "Corrected." in story.full_text),
    publish: (2, lambda story: story.is_live(timezone.now())),
    withdraw: (4, lambda story: story.status == Article.Status.WITHDRAWN),
    change_the_lead: (3, lambda story: story.front_slot.place == "lead"),
    close_replies: (3, lambda story: story.reply_right == "closed"),
}


@pytest.mark.parametrize("task", DONE, ids=lambda task: task.__name__)
def test_on_a_phone_each_task_takes_at_most_four_taps(at_desk: Callable[..., Window], task: Any) -> None:
    window = at_desk(**PHONE)
    story = make_article(headline="The quay", full_text=TEXT, section=SectionFactory())
    window.go("/admin/")
    taps, (wanted, is_done) = Taps(window.page), DONE[task]
    task(taps, story)
    assert is_done(Article.objects.get(pk=story.pk))
    assert taps.count == wanted <= 4
    assert not window.complaints


def test_on_a_phone_nothing_runs_off_the_side_and_the_bar_stays(at_desk: Callable[..., Window]) -> None:
    window = at_desk(**PHONE)
    window.go(change_address(make_article(headline="A headline that is long enough to need three lines of a phone")))
    page = window.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_role("button", name="Save, live at once")).to_be_in_viewport()
    page.locator(".bar-more > summary").tap()
    page.get_by_role("link", name="Section, bylines, audience …").tap()
    expect(page.locator("#part-out")).to_be_in_viewport()


# -- Keys and the clock ----------------------------------------------------------------------------


def test_the_button_follows_the_clock_of_the_site_wherever_the_browser_is(at_desk: Callable[..., Window]) -> None:
    window = at_desk(timezone_id="Pacific/Auckland")
    window.go(change_address(draft(section=SectionFactory())))
    page, button = window.page, window.page.locator("[data-primary]")
    soon = timezone.localtime() + timedelta(hours=2)  # in Auckland that wall clock passed half a day ago
    page.locator("#id_published_at").fill(f"{soon:%Y-%m-%dT%H:%M}")
    expect(button).to_have_text(f"Schedule for {said(soon)}")
    past = soon - timedelta(hours=5)
    page.locator("#id_published_at").fill(f"{past:%Y-%m-%dT%H:%M}")
    expect(button).to_have_text(f"Publish now, dated {said(past)}")
    page.locator("#id_embargo_until").fill(f"{soon:%Y-%m-%dT%H:%M}")
    expect(button).to_have_text(f"Publish when the embargo ends, {said(soon)}")
    page.locator("#id_embargo_until").fill("")
    page.locator("#id_published_at").fill("")
    expect(button).to_have_text("Publish now")
    assert page.locator(".desk-primary").count() == 1


def said(moment: datetime) -> str:
    """As the desk says it."""
    year = "" if moment.year == timezone.localtime().year else f" {moment.year}"
    return f"{moment:%a %-d %b}{year}, {moment:%H:%M} Copenhagen"


def test_a_question_mark_lists_the_keys_but_not_while_writing(at_desk: Callable[..., Window]) -> None:
    window = at_desk()
    window.go(change_address(draft(section=SectionFactory())))
    page, keys = window.page, window.page.locator("#desk-keys")
    page.locator("#id_headline").focus()
    page.keyboard.type("?")
    expect(keys).to_be_hidden()
    page.locator("#story-side").focus()
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    expect(keys).to_contain_text("Publish now")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_enter_in_a_line_sends_nothing_and_lengths_are_hinted(at_desk: Callable[..., Window]) -> None:
    window = at_desk()
    story = draft(section=SectionFactory(), full_text=TEXT)
    window.go(change_address(story))
    page = window.page
    page.get_by_text("Other headlines").click()
    page.get_by_label("For search engines").fill("x" * 66)
    hint = page.locator('[data-length-of="id_search_headline"]')
    expect(hint).to_have_text("66 / 65")
    expect(hint).to_have_class("desk-length is-long")
    page.get_by_label("For social networks").fill("y" * 70)
    expect(page.locator('[data-length-of="id_social_headline"]')).to_have_text("70 / 70")
    page.get_by_label("For social networks").press("Enter")
    page.locator("#id_kicker").press("Enter")
    expect(page.locator("#id_headline")).to_be_focused()
    page.keyboard.press("Control+s")
    window.sees("Saved.")
    story.refresh_from_db()
    assert story.search_headline == "x" * 66
    assert story.status == Article.Status.DRAFT


# -- Rows ------------------------------------------------------------------------------------------


def signed_story() -> Article:
    """A draft signed by three."""
    story = draft(section=SectionFactory(), full_text=TEXT)
    for place, name in enumerate(("Ada", "Ben", "Cleo")):
        Byline.objects.create(article=story, author=AuthorFactory(name=name), position=place + 1)
    return story


def names_of(story: Article) -> list[str]:
    """Who signs, in order."""
    return [row.author.name for row in story.bylines.select_related("author").order_by("position", "pk")]


def test_bylines_are_put_in_order_by_drag_by_button_and_by_arrow_key(at_desk: Callable[..., Window]) -> None:
    window, story = at_desk(), signed_story()
    window.go(change_address(story))
    page, rows = window.page, window.page.locator("[data-rows=bylines] [data-row]")
    assert rows.count() == 3  # the spare one is for those without scripts
    grip, target = rows.nth(2).locator(".desk-row-grip"), rows.nth(0)
    grip.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), target.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(start["x"] + 5, rows.nth(1).bounding_box()["y"] + 5)  # type: ignore[index]  # it is on the page
    page.mouse.move(start["x"] + 5, end["y"] + 5)
    page.mouse.up()
    page.keyboard.press("Control+s")
    window.sees("Saved.")
    assert names_of(story) == ["Cleo", "Ada", "Ben"]
    rows.nth(0).get_by_role("button", name="Down").click()
    rows.nth(2).locator(".desk-row-grip").press("ArrowUp")
    with page.expect_navigation():  # “Saved.” of the first time is still on the page
        page.keyboard.press("Control+s")
    window.sees("Saved.")
    assert names_of(story) == ["Ada", "Ben", "Cleo"]


def test_a_guest_is_added_by_name_and_an_empty_row_harms_nothing(at_desk: Callable[..., Window]) -> None:
    window, story = at_desk(), signed_story()
    window.go(change_address(story))
    page = window.page
    window.press("Add a byline")
    window.press("Add a byline")
    row = page.locator("[data-rows=bylines] [data-row]").nth(3)
    row.get_by_label("Or a new guest’s name").fill("Grace Guest")
    page.keyboard.press("Control+s")
    window.sees("Saved.")
    assert names_of(story) == ["Ada", "Ben", "Cleo", "Grace Guest"]


def test_without_scripts_a_story_is_signed_ordered_and_published(at_desk: Callable[..., Window]) -> None:
    window, story = at_desk(java_script_enabled=False), signed_story()
    window.go(change_address(story))
    page, rows = window.page, window.page.locator("[data-rows=bylines] [data-row]")
    assert rows.count() == 4
    rows.nth(3).get_by_label("Or a new guest’s name").fill("Grace Guest")
    rows.nth(3).get_by_label("Position").fill("1")
    rows.nth(0).get_by_label("Position").fill("9")
    page.locator("#id_headline").fill("By hand")
    window.press("Publish now")
    window.sees("It is out")
    assert names_of(story) == ["Grace Guest", "Ben", "Cleo", "Ada"]
    page.get_by_role("link", name="Back to the story").click()
    page.locator(".bar-more > summary").click()
    window.press("Close replies")
    window.sees("Replies are closed.")
    assert Article.objects.get().reply_right == "closed"


def test_what_to_post_is_copied_at_a_press(at_desk: Callable[..., Window]) -> None:
    window = at_desk(permissions=["clipboard-read", "clipboard-write"])
    story = make_article(headline="Quay shut")
    window.go(f"/admin/articles/article/{story.pk}/out/")
    button = window.page.locator("[data-copy=out-post-3]")
    button.click()
    expect(button).to_have_text("Copied")
    copied = window.page.evaluate("navigator.clipboard.readText()")
    assert copied == window.page.locator("#out-post-3").input_value()
    assert story.get_absolute_url() in copied
