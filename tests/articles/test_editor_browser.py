"""The editor's nodes under a person's hands: menu, links, footnotes, galleries, files, embeds."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from articles.models import Article, Document, Picture
from tests.articles import test_desk_browser
from tests.articles.test_desk_browser import unseen
from tests.factories import make_article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
editor = test_desk_browser.editor  # the fixture
VIDEO = "https://youtu.be/dQw4w9WgXcQ"


def write_in(page: Page, text: str = "<p>Before</p>") -> tuple[Article, Locator]:
    """A draft open on the desk, the cursor at the end of its first paragraph."""
    story = unseen(full_text=text)
    page.goto(f"/admin/articles/article/{story.pk}/change/")
    page.locator(".ProseMirror > p").first.click()
    page.keyboard.press("End")
    return story, page.locator(".ProseMirror")


def saved(page: Page, story: Article) -> str:
    """The text after Save."""
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    story.refresh_from_db()
    return story.full_text


def pictures(folder: Path, count: int) -> list[Picture]:
    """Pictures in the library, the oldest first."""
    made = []
    for number in range(count):
        Image.new("RGB", (64, 48), (number * 60, 90, 120)).save(folder / f"{number}.png")
        row = Picture(alt=f"Picture {number}")
        row.file.save(f"{number}.png", (folder / f"{number}.png").open("rb"), save=False)  # type: ignore[arg-type]  # a file
        row.save()
        made.append(row)
    return made


def test_slash_lists_what_can_be_put_in_and_typing_filters(editor: Page) -> None:
    story, text = write_in(editor)
    menu = editor.get_by_role("listbox", name="Insert")
    editor.keyboard.type(" and/or")
    expect(menu).to_be_hidden()
    editor.keyboard.press("Enter")
    editor.keyboard.type("/")
    expect(menu.get_by_role("option")).to_have_count(15)
    editor.keyboard.type("lis")
    expect(menu.get_by_role("option")).to_have_text(["List", "Numbered list"])
    editor.keyboard.press("ArrowDown")
    editor.keyboard.press("Enter")
    expect(text.locator("ol")).to_be_visible()
    editor.keyboard.type("First")
    editor.keyboard.press("Enter")
    editor.keyboard.press("Enter")
    editor.keyboard.type("/pay")
    editor.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    editor.keyboard.press("Backspace")
    expect(menu).to_be_hidden()
    for _letter in "/pa":
        editor.keyboard.press("Backspace")
    editor.keyboard.type("/what fol")
    editor.keyboard.press("Enter")
    assert saved(editor, story) == '<p>Before and/or</p><ol><li>First</li></ol><hr data-paywall="here">'


def test_three_words_and_enter_link_our_own_older_story(editor: Page) -> None:
    older = make_article(headline="The ferry to Sund stops in winter", slug="ferry")
    unseen(headline="The ferry to Sund stops in winter, a draft")
    story, _text = write_in(editor)
    editor.keyboard.type(": ")
    editor.keyboard.press("Control+k")
    editor.keyboard.type("ferry sund winter")
    editor.keyboard.press("Enter")
    expect(editor.get_by_role("dialog")).to_have_count(0)
    editor.keyboard.type(" and")
    editor.keyboard.press("Shift+Control+ArrowLeft")
    editor.wait_for_timeout(200)  # a browser tells of a new selection after the key; no hand is faster
    editor.keyboard.press("Control+k")
    editor.keyboard.type("example.org/x")
    editor.keyboard.press("Enter")
    expect(editor.get_by_role("dialog")).to_have_count(0)
    address = older.get_absolute_url()
    assert saved(editor, story) == (
        f'<p>Before: <a href="{address}" rel="noopener">The ferry to Sund stops in winter</a> '
        '<a href="https://example.org/x" rel="noopener">and</a></p>'
    )


def test_footnote_is_written_changed_by_keyboard_and_taken_away(editor: Page) -> None:
    story, text = write_in(editor)
    editor.locator('[data-name="footnote"]').click()
    editor.keyboard.type("See the ")
    editor.keyboard.press("Control+i")
    editor.keyboard.type("minutes")
    editor.keyboard.press("Enter")
    expect(text.locator(".node-note")).to_have_count(1)
    editor.keyboard.type(".")
    editor.keyboard.press("ArrowLeft")
    editor.keyboard.press("Shift+ArrowLeft")
    text.locator(".node-note").click()
    editor.keyboard.press("End")
    editor.keyboard.type("!")
    editor.keyboard.press("Enter")
    expect(editor.get_by_role("dialog")).to_have_count(0)
    assert saved(editor, story) == '<p>Before<span data-footnote="">See the <em>minutes!</em></span>.</p>'
    editor.locator(".node-note").click()
    editor.keyboard.press("Control+a")
    editor.keyboard.press("Delete")
    editor.get_by_role("button", name="Keep").click()
    assert saved(editor, story) == "<p>Before.</p>"


def test_gallery_is_chosen_ordered_by_buttons_and_uploaded_into(editor: Page, tmp_path: Path) -> None:
    first, second = pictures(tmp_path, 2)
    story, text = write_in(editor)
    editor.locator('[data-name="gallery"]').click()
    dialog = editor.get_by_role("dialog")
    insert = dialog.locator("button", has_text="pictures")
    expect(insert).to_be_disabled()
    dialog.get_by_role("button", name="Picture 0").click()
    dialog.get_by_role("button", name="Picture 1").click()
    expect(dialog.get_by_role("button", name="Picture 1")).to_have_attribute("aria-pressed", "true")
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "new.png")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "new.png")
    expect(dialog.locator(".desk-focus-frame")).to_be_visible()
    dialog.locator(".desk-focus-frame").press("ArrowRight")
    dialog.get_by_label("Alternative text").fill("Teal water")
    dialog.get_by_role("button", name="Upload and insert").click()
    expect(dialog.get_by_role("button", name="Insert 3 pictures")).to_be_enabled()
    dialog.get_by_role("button", name="Insert 3 pictures").click()
    expect(text.locator(".node-gallery li")).to_have_count(3)
    text.get_by_role("button", name="Move to the front by one").last.click()
    third = Picture.objects.get(alt="Teal water")
    expect(text.locator(".node-gallery li img").nth(1)).to_have_attribute("alt", "Teal water")
    text.locator(".node-gallery").get_by_role("button", name="Remove").first.click()
    expect(text.locator(".node-gallery li")).to_have_count(2)
    assert saved(editor, story) == f'<p>Before</p><figure data-gallery="{third.key} {second.key}"></figure>'
    assert str(third.focus) == "0.520x0.500"
    assert set(story.pictures.all()) == {third, second}
    assert first not in story.pictures.all()


def test_sound_is_uploaded_in_place_and_what_is_none_is_refused(editor: Page, tmp_path: Path) -> None:
    (tmp_path / "talk.mp3").write_bytes(b"MZ not a sound")
    (tmp_path / "real.mp3").write_bytes(b"ID3\x04" + b"\0" * 200)
    story, text = write_in(editor)
    editor.locator('[data-name="attachment"]').click()
    dialog = editor.get_by_role("dialog")
    dialog.get_by_label("Title").fill("The talk")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "talk.mp3")
    dialog.get_by_role("button", name="Upload and insert").click()
    expect(dialog.get_by_role("alert")).to_contain_text("This file is neither")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "real.mp3")
    dialog.get_by_role("button", name="Upload and insert").click()
    expect(text.locator(".node-attachment")).to_contain_text("The talk · Sound")
    assert saved(editor, story) == f'<p>Before</p><figure data-file="{Document.objects.get().key}"></figure>'


def test_embed_says_what_becomes_of_it_and_is_changed_by_enter(editor: Page) -> None:
    story, text = write_in(editor)
    editor.locator('[data-name="embed"]').click()
    dialog = editor.get_by_role("dialog")
    dialog.get_by_label("Address").fill("not an address")
    editor.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("whole address")
    dialog.get_by_label("Address").fill(VIDEO)
    editor.keyboard.press("Enter")
    expect(text.locator(".node-embed")).to_contain_text("Loads after a press, from YouTube")
    text.locator(".node-embed .node-line").click()
    editor.keyboard.press("Enter")
    editor.get_by_role("dialog").get_by_label("Address").fill("https://example.org/a,b")
    editor.keyboard.press("Enter")
    expect(text.locator(".node-embed")).to_contain_text("Shown as a link to example.org")
    assert saved(editor, story) == '<p>Before</p><figure data-embed="https://example.org/a,b"></figure>'


def test_nothing_is_asked_of_others_before_the_press(editor: Page) -> None:
    make_article(slug="film", headline="The film", full_text=f'<p>x</p><figure data-embed="{VIDEO}"></figure><p>y</p>')
    path = Article.objects.get(slug="film").get_absolute_url()
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(body="<!doctype html><title>Film</title>", content_type="text/html")

    editor.route(lambda url: "localhost" not in url and "127.0.0.1" not in url, answer)
    editor.goto(path, wait_until="networkidle")
    assert asked == []
    place = editor.locator(".embed-place")
    before = place.bounding_box()
    editor.get_by_role("button", name="Load from YouTube").press("Enter")
    frame = editor.locator(".embed-place iframe")
    expect(frame).to_have_attribute("src", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1")
    expect(frame).to_have_attribute("title", "YouTube")
    expect(editor.frame_locator(".embed-place iframe").locator("html")).to_be_attached()
    assert [url.split("?")[0] for url in asked] == ["https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"]
    assert place.bounding_box() == before


def test_without_scripts_an_embed_is_a_link_and_a_gallery_scrolls(editor: Page, tmp_path: Path) -> None:
    keys = " ".join(row.key for row in pictures(tmp_path, 4))
    text = f'<p>x</p><figure data-embed="{VIDEO}"></figure><figure data-gallery="{keys}"></figure>'
    path = make_article(slug="plain", full_text=text).get_absolute_url()
    editor.goto(path)
    address = editor.url
    context = editor.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]  # launched
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("button", name="Load from YouTube")).to_be_hidden()
    expect(page.get_by_role("link", name="Open on youtu.be")).to_have_attribute("href", VIDEO)
    strip = page.get_by_role("region", name="Gallery: 4 pictures")
    strip.focus()
    page.keyboard.press("ArrowRight")
    expect(strip.locator("li").nth(1)).to_be_in_viewport(ratio=0.5)
