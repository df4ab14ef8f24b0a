"""Writing in a real browser: a tab that dies, a session that ends, a network that goes, a second editor."""

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles.models import Article, Revision, WorkingCopy
from articles.publishing import save_draft
from members.models import Member
from tests.articles.test_desk import draft
from tests.browser.fixtures import OpenWindow, browser, open_window, site
from tests.browser.window import Window
from tests.factories import Cast

__all__ = ["browser", "open_window", "site"]  # fixtures by name
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SECRET = "a long enough secret"
HALF_AN_HOUR = 30 * 60 * 1000


def at_story(window: Window, member: Member, story: Article | None = None) -> Page:
    """This member's window with the story's form, the editor ready."""
    window.sign_in_as(member)
    window.go(f"/admin/articles/article/{story.pk}/change/" if story else "/admin/articles/article/add/")
    window.page.locator(".ProseMirror").wait_for()
    return window.page


def write(page: Page, words: str) -> None:
    """Type at the end of the text."""
    page.locator(".ProseMirror > p").last.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


def kept_text() -> str:
    """What the desk keeps unsaved."""
    return str(WorkingCopy.objects.get().content["full_text"])


def wait_until_kept(words: str, page: Page) -> None:
    """Wait until the desk keeps these words: a slow machine keeps the first half of them first."""
    for _turn in range(200):
        if any(words in str(copy.content.get("full_text")) for copy in WorkingCopy.objects.all()):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"The desk does not keep {words!r}.")


def nothing_left_in(page: Page) -> None:
    """Wait until the browser keeps no text any more. (The page's policy forbids waiting for an expression.)"""
    for _turn in range(100):
        if page.evaluate("Object.keys(localStorage).length") == 0:
            return
        page.wait_for_timeout(100)
    pytest.fail("The browser still keeps a text.")


def test_a_text_is_kept_while_it_is_written_and_comes_back_after_the_tab_died(open_window: OpenWindow) -> None:
    cast, story = Cast.make(), draft(full_text="<p>Before.</p>")
    window = open_window()
    page = at_story(window, cast.editor, story)
    write(page, " Kept on the desk.")
    wait_until_kept("Kept on the desk.", page)
    write(page, " And in the browser.")
    page.wait_for_timeout(600)  # less than the desk is asked, more than the browser needs
    page.evaluate("window.removeEventListener('pagehide', () => {})")
    page.context.route(re.compile("working-copy"), lambda route: route.abort())
    page.close()  # no goodbye reaches the desk
    assert "in the browser" not in kept_text()
    page.context.unroute(re.compile("working-copy"))
    window.page = window.context.new_page()
    window.page.goto(f"{window.site.url}/admin/articles/article/{story.pk}/change/")
    window.page.get_by_role("link", name=re.compile("Bring back what you had not saved")).wait_for()
    expect.set_options(timeout=20_000)
    nothing_left_in(window.page)  # it went to the desk
    window.page.get_by_role("link", name=re.compile("Bring back what you had not saved")).click()
    expect(window.page.locator(".ProseMirror")).to_contain_text("Before. Kept on the desk. And in the browser.")
    with window.page.expect_navigation():
        window.page.keyboard.press("Control+s")
    story.refresh_from_db()
    assert "Kept on the desk. And in the browser." in story.full_text
    assert not WorkingCopy.objects.exists()
    assert Revision.objects.count() == 1
    window.page.locator(".ProseMirror").wait_for()
    nothing_left_in(window.page)
    expect(window.page.get_by_role("link", name=re.compile("Bring back"))).to_have_count(0)


def test_a_new_story_that_was_never_saved_comes_back(open_window: OpenWindow) -> None:
    cast, window = Cast.make(), open_window()
    page = at_story(window, cast.writer)
    page.get_by_label("Headline", exact=True).fill("Never saved")
    write(page, "The first words.")
    window.sees("Not saved yet; kept")
    page.goto("about:blank")
    window.go("/admin/articles/article/add/")
    page.get_by_role("link", name=re.compile("Bring back what you had not saved")).click()
    expect(page.locator(".ProseMirror")).to_contain_text("The first words.")
    with page.expect_navigation():
        page.get_by_role("button", name="Save draft").click()
    assert Article.objects.get().headline == "Never saved"
    assert not WorkingCopy.objects.exists()


def test_signing_in_within_the_page_saves_what_was_written(open_window: OpenWindow, settings: Any) -> None:
    settings.STAFF_NEED_MFA = False
    cast, story = Cast.make(), draft(full_text="<p>Before.</p>" * 60)
    cast.editor.set_password(SECRET)
    cast.editor.save()
    cast.editor.emailaddress_set.create(email=cast.editor.email, verified=True, primary=True)
    window = open_window()
    page = window.page
    page.clock.install()
    page = at_story(window, cast.editor, story)
    write(page, " Twenty minutes of words.")
    scrolled = page.evaluate("window.scrollY")
    assert scrolled > 0
    Session.objects.all().delete()
    page.clock.fast_forward(HALF_AN_HOUR)
    page.keyboard.press("Control+s")
    frame = page.frame_locator(".signin-frame")
    frame.get_by_role("link", name="Sign in with your password").click()
    frame.get_by_label("Password").fill(SECRET)  # first: the page before has a field for an e-mail address, too
    frame.get_by_label(re.compile("E-?mail")).fill(cast.editor.email)
    assert page.locator(".ProseMirror").inner_text().endswith("Twenty minutes of words.")
    with page.expect_navigation(url=re.compile("/change/")):
        frame.get_by_role("button", name="Sign in", exact=True).click()
    story.refresh_from_db()
    assert story.full_text.endswith("Before. Twenty minutes of words.</p>")
    assert not [line for line in window.complaints if "Refused" in line or "script:" in line]


def line_at(page: Page) -> float:
    """How far down in the window the last line of the text stands, in pixels."""
    box = page.locator(".ProseMirror p").last.bounding_box()
    assert box is not None
    return box["y"]


def test_signing_in_again_keeps_the_place_and_the_cursor(open_window: OpenWindow) -> None:
    cast, story = Cast.make(), draft(full_text="<p>Before.</p>" * 60)
    window = open_window()
    page = at_story(window, cast.editor, story)
    write(page, " Here.")
    Session.objects.all().delete()
    window.sees("You are signed out. What you write is kept in this browser.")
    assert page.evaluate("window.scrollY") > 0
    place = line_at(page)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".signin-frame").wait_for()
    window.sign_in_as(cast.editor)  # as the frame would
    page.evaluate("new BroadcastChannel('desk-session').postMessage('signed-in')")
    page.locator(".signin-frame").wait_for(state="detached")
    assert abs(line_at(page) - place) < 24  # what the panel says may take another line
    window.sees("Not saved yet; kept")
    write(page, " And on.")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    story.refresh_from_db()
    assert story.full_text.endswith("Before. Here. And on.</p>")


def test_somebody_else_in_the_same_browser_gets_nothing_of_it(open_window: OpenWindow) -> None:
    cast, story = Cast.make(), draft(full_text="<p>Before.</p>")
    window = open_window()
    page = at_story(window, cast.editor, story)
    window.sign_in_as(cast.publisher)
    write(page, " Edgar's.")
    window.sees("did not write this")
    assert not WorkingCopy.objects.exists()
    page.keyboard.press("Control+s")
    page.frame_locator(".signin-frame").get_by_text("You are signed in as Paula Publisher").wait_for()
    window.sees("Somebody else is signed in in this browser. Sign in as Edgar Editor to save.")
    story.refresh_from_db()
    assert story.full_text == "<p>Before.</p>"


def test_offline_is_said_and_the_desk_catches_up(open_window: OpenWindow) -> None:
    cast, story = Cast.make(), draft(full_text="<p>Before.</p>")
    window = open_window()
    page = at_story(window, cast.editor, story)
    page.context.set_offline(True)
    write(page, " On the train.")
    window.sees("Offline. What you write is kept in this browser.")
    page.context.set_offline(False)
    wait_until_kept("On the train.", page)


def test_two_editors_see_one_another_and_choose_between_their_texts(open_window: OpenWindow) -> None:
    cast, story = Cast.make(), draft(headline="As it was", full_text="<p>The council voted on Monday.</p>")
    save_draft(story, by=cast.writer, now=timezone.now())
    ada, ben = open_window(), open_window()
    at_story(ada, cast.editor, story)
    at_story(ben, cast.publisher, story)
    ben.sees("Edgar Editor has it open.")
    write(ada.page, " Ada was here.")
    with ada.page.expect_navigation():
        ada.page.keyboard.press("Control+s")
    ben.page.get_by_label("Headline", exact=True).fill("Ben's headline")
    write(ben.page, " Ben too.")
    ben.page.get_by_role("button", name="Save draft").click()
    ben.sees("Somebody saved this story after you opened it: Edgar Editor")
    expect(ben.page.get_by_role("group", name="Headline").get_by_label("Keep mine")).to_be_checked()  # only Ben did
    text = ben.page.get_by_role("group", name="Text")
    expect(text.get_by_label("Keep theirs")).not_to_be_checked()
    text.get_by_label("Put both into the editor").check()
    ben.press("Save what I chose")
    expect(ben.page.locator(".ProseMirror")).to_contain_text("Ada was here.")
    expect(ben.page.locator(".ProseMirror")).to_contain_text("Ben too.")
    with ben.page.expect_navigation():
        ben.page.keyboard.press("Control+s")
    story.refresh_from_db()
    assert story.headline == "Ben's headline"
    assert "Ada was here." in story.full_text
    assert "Ben too." in story.full_text


def test_ones_own_second_tab_is_no_stranger(open_window: OpenWindow) -> None:
    cast, story = Cast.make(), draft(full_text="<p>Before.</p>")
    window = open_window()
    at_story(window, cast.editor, story)
    second = window.context.new_page()
    second.goto(window.page.url)
    expect(second.locator("[data-writing-people]")).to_have_text("Open in another tab of yours.")
    expect(window.page.locator("[data-writing-people]")).to_have_text("Open in another tab of yours.")
    second.close()
    expect(window.page.locator("[data-writing-people]")).to_have_text("")


def test_without_scripts_nothing_written_is_lost(open_window: OpenWindow) -> None:
    cast, story = Cast.make(), draft(full_text="<p>Before.</p>")
    window = open_window(java_script_enabled=False)
    window.sign_in_as(cast.editor)
    window.go(f"/admin/articles/article/{story.pk}/change/")
    window.page.locator("#id_full_text").fill("<p>After a long lunch.</p>")
    Session.objects.all().delete()
    window.press("Save draft")
    window.sees("Not stored yet: your text is in this page")
    window.sign_in_as(cast.editor)  # in another tab
    window.press("Send it again")
    story.refresh_from_db()
    assert story.full_text == "<p>After a long lunch.</p>"
