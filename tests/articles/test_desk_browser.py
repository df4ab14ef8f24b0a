"""The story form in a real browser: what the editor keeps, makes and sends."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from articles.models import Article, Picture
from tests.factories import ArticleFactory, AuthorFactory, Cast, SectionFactory, make_article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
KILOBYTE = 1000


@pytest.fixture
def editor(live_server: Any, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """An editor's browser on the desk; fails on any error the page reports, a refused script or style included."""
    if CHROMIUM is None:
        pytest.skip("NO CHROMIUM: the story form was not tried in a browser.")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
    client = Client()
    client.force_login(Cast.make().editor)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    complaints: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
        context.add_cookies([{**cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        yield page
        browser.close()
        connections.close_all()  # playwright's loop has a context of its own, and with it a connection
    assert [line for line in complaints if "Failed to load resource" not in line] == []  # those are answers


def every_node(picture: Picture, other: Article) -> str:
    """A text with everything the editor can write, as it is stored."""
    return (
        '<p>The <em>council</em> <strong>voted</strong>: <a href="https://example.org/x" rel="noopener">minutes</a>.'
        "<br>H<sub>2</sub>O, m<sup>2</sup>, <s>gone</s>, <code>x</code></p>"
        '<h2 id="next">What next</h2><h3>Soon</h3><pre><code>a\n  b</code></pre>'
        "<ul><li>One<ul><li>In one</li></ul></li><li>Two</li></ul>"
        '<ol start="3"><li>Third</li><li><p>Fourth</p><p>in two</p></li></ol>'
        '<blockquote cite="https://example.org/"><p>Plain.</p></blockquote>'
        '<figure data-quote="block"><blockquote><p>Said.</p><p>And said.</p></blockquote>'
        '<figcaption>Ann, <a href="https://example.org/a" rel="noopener">union</a></figcaption></figure>'
        '<figure data-quote="pull"><blockquote><p>Twice.</p></blockquote></figure>'
        '<p>With a note<span data-footnote="">See <em>the</em> <a href="https://example.org/n" rel="noopener">minutes'
        "</a>.</span> in it.</p>"
        f'<figure data-gallery="{picture.key} gone"></figure><figure data-file="gone"></figure>'
        f'<figure data-picture="{picture.key}"></figure><aside data-read-also="{other.pk}"></aside>'
        '<hr data-paywall="here"><aside data-box="fact"><h3>In brief</h3><p>1911.</p><ul><li>x</li></ul></aside>'
        '<figure data-embed="https://example.org/video"></figure><hr>'
        '<table><caption>Cost</caption><thead><tr><th scope="col">Year</th><th colspan="2">Cost</th></tr></thead>'
        "<tbody><tr><td>2024</td><td>4</td><td>5</td></tr></tbody></table><p>End.</p>"
    )


def unseen(**fields: Any) -> Article:
    """A draft."""
    empty = {"status": "draft", "published_at": None, "published_on": None, "live_from": None, "announced_at": None}
    story: Article = ArticleFactory(**empty, **fields)
    return story


def test_every_node_survives_writing_and_saving(editor: Page) -> None:
    text = every_node(Picture.objects.create(alt="A quay"), make_article(headline="The other"))
    story = unseen(full_text=text)
    story.refresh_from_db()
    stored = story.full_text
    assert stored == text  # the sanitiser keeps it all
    editor.goto(f"/admin/articles/article/{story.pk}/change/")
    editor.wait_for_selector(".ProseMirror")
    assert editor.locator(".editor-warning").count() == 0
    editor.get_by_text("The other · ").wait_for()
    editor.locator(".ProseMirror > p").last.click()
    editor.keyboard.press("Control+End")
    editor.keyboard.type("x")
    editor.keyboard.press("Backspace")
    with editor.expect_navigation():
        editor.keyboard.press("Control+s")
    story.refresh_from_db()
    assert story.full_text == stored


def test_a_story_is_written_from_nothing_and_published(editor: Page) -> None:
    make_article(headline="An older story of the quay")
    SectionFactory(slug="harbour", name="Harbour")
    AuthorFactory(name="Ida Holm")
    editor.goto("/admin/articles/article/add/")
    editor.get_by_label("Headline").fill("The quay closes")
    editor.keyboard.press("Enter")
    editor.keyboard.type("Overnight.")
    text = editor.locator(".ProseMirror")
    text.click()
    editor.keyboard.type("First line.")
    editor.keyboard.press("Enter")
    editor.keyboard.type("Nobody asked us.")
    editor.locator('[data-name="quote"]').click()
    text.locator("figcaption").click()
    editor.keyboard.type("A docker")
    editor.keyboard.press("Enter")
    editor.locator('[data-name="readAlso"]').click()
    editor.get_by_role("dialog").get_by_text("An older story of the quay").click()
    editor.keyboard.press("ArrowDown")
    editor.locator('[data-name="paywall"]').click()
    editor.get_by_label("Section").select_option(label="Harbour")
    editor.locator("#id_tag_names_entry").fill("Docks")
    editor.keyboard.press("Enter")
    editor.locator("[data-row-field=author] select").select_option(label="Ida Holm")
    with editor.expect_navigation():
        editor.get_by_role("button", name="Publish now").click()
    story = Article.objects.get(headline="The quay closes")
    older = Article.objects.get(headline="An older story of the quay")
    assert story.full_text == (
        '<p>First line.</p><figure data-quote="block"><blockquote><p>Nobody asked us.</p></blockquote>'
        f'<figcaption>A docker</figcaption></figure><aside data-read-also="{older.pk}"></aside><hr data-paywall="here">'
    )
    assert story.status == Article.Status.PUBLISHED
    assert [str(byline) for byline in story.bylines.all()] == ["Ida Holm"]
    assert [tag.name for tag in story.tags.all()] == ["Docks"]


def test_writing_goes_on_below_what_was_put_in_and_inside_a_quotation(editor: Page) -> None:
    older = make_article(headline="An older story of the quay")
    story = unseen(full_text="<p>Before.</p>")
    editor.goto(f"/admin/articles/article/{story.pk}/change/")
    editor.locator(".ProseMirror > p").first.click()
    editor.keyboard.press("End")
    editor.locator('[data-name="readAlso"]').click()
    editor.get_by_role("dialog").get_by_text("An older story of the quay").click()
    expect(editor.locator(".ProseMirror")).to_be_focused()
    editor.keyboard.type("After.")
    editor.keyboard.press("Enter")
    editor.locator('[data-name="quote"]').click()
    expect(editor.locator(".ProseMirror")).to_be_focused()
    editor.keyboard.type("Said.")
    with editor.expect_navigation():
        editor.get_by_role("button", name="Save draft").click()
    story.refresh_from_db()
    assert story.full_text == (
        f'<p>Before.</p><aside data-read-also="{older.pk}"></aside><p>After.</p>'
        '<figure data-quote="block"><blockquote><p>Said.</p></blockquote></figure>'
    )


def test_a_picture_is_uploaded_in_place(editor: Page, tmp_path: Path) -> None:
    story = unseen(full_text="<p>Before.</p>")
    Image.new("RGB", (640, 480), "teal").save(tmp_path / "IMG_1.jpg")
    editor.goto(f"/admin/articles/article/{story.pk}/change/")
    editor.locator(".ProseMirror > p").first.click()
    editor.locator('[data-name="picture"]').click()
    dialog = editor.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "IMG_1.jpg")
    dialog.get_by_label("Alternative text").fill("IMG_1.jpg")
    dialog.get_by_role("button", name="Upload and insert").click()
    dialog.get_by_text("That is a file name").wait_for()
    dialog.get_by_label("Alternative text").fill("Teal water")
    dialog.get_by_role("button", name="Upload and insert").click()
    editor.locator(".node-picture").wait_for()
    with editor.expect_navigation():
        editor.get_by_role("button", name="Save draft").click()
    story.refresh_from_db()
    assert f'<figure data-picture="{Picture.objects.get().key}"></figure>' in story.full_text


def test_the_button_says_when(editor: Page) -> None:
    story = unseen(full_text="<p>Later.</p>")
    editor.goto(f"/admin/articles/article/{story.pk}/change/")
    editor.locator("#id_published_at").fill("2040-05-01T06:00")
    button = editor.locator("[data-primary]")
    assert button.inner_text().startswith("Schedule for")
    assert button.inner_text().endswith("Copenhagen")
    with editor.expect_navigation():
        button.click()
    story.refresh_from_db()
    assert story.status == Article.Status.PUBLISHED
    assert story.live_from is not None
    assert story.live_from.year == 2040


WORD = (
    "<html><head><style>p{color:red}</style></head><body><!--StartFragment--><h2 class=MsoHeading style='color:red'>"
    "Title</h2><p class=MsoNormal style='margin:0'><b><span style='font-family:Calibri'>Bold</span></b> and "
    "<i>soft</i><o:p></o:p></p><script>alert(1)</script><img src='data:image/png;base64,AAAA'>"
    "<p><a href='https://example.org/'>link</a></p><!--EndFragment--></body></html>"
)
DOCS = (
    '<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><h2 dir="ltr" style="x:y">'
    '<span style="font-size:16pt">Title</span></h2><p dir="ltr"><span style="font-weight:700;color:#000">Bold</span>'
    '<span style="font-weight:400"> and </span><span style="font-style:italic">soft</span></p>'
    '<p><a href="https://example.org/" style="text-decoration:none"><span style="color:#15c">link</span></a></p></b>'
)


@pytest.mark.parametrize("copied", [WORD, DOCS], ids=["word", "docs"])
def test_paste_from_a_word_processor_comes_in_clean(editor: Page, copied: str) -> None:
    story = unseen(full_text="<p>Start.</p>")
    editor.goto(f"/admin/articles/article/{story.pk}/change/")
    editor.locator(".ProseMirror > p").first.click()
    editor.keyboard.press("Control+a")
    editor.evaluate(
        """html => { const data = new DataTransfer(); data.setData("text/html", html)
        document.querySelector(".ProseMirror").dispatchEvent(
          new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })) }""",
        copied,
    )
    with editor.expect_navigation():
        editor.keyboard.press("Control+s")
    story.refresh_from_db()
    assert story.full_text == (
        "<h2>Title</h2><p><strong>Bold</strong> and <em>soft</em></p>"
        '<p><a href="https://example.org/" rel="noopener">link</a></p>'
    )


def test_the_forms_files_are_small(editor: Page) -> None:
    story = unseen(full_text="<p>Light.</p>")
    sizes: dict[str, int] = {}

    def weigh(response: Any) -> None:
        if "/static/" in response.url:
            compressed = response.url.endswith(".woff2")
            sizes[response.url] = len(response.body() if compressed else brotli.compress(response.body()))  # as served

    editor.on("requestfinished", lambda request: weigh(request.response()))
    editor.goto(f"/admin/articles/article/{story.pk}/change/", wait_until="networkidle")
    assert sum(sizes.values()) <= 250 * KILOBYTE, sizes
    assert not [name for name in sizes if "jquery" in name]


def test_without_scripts_the_text_is_there_to_edit(editor: Page) -> None:
    story = unseen(full_text="<p>Plain.</p>")
    context = editor.context.browser.new_context(  # type: ignore[union-attr]  # the fixture launched one
        java_script_enabled=False, storage_state=editor.context.storage_state()
    )
    page = context.new_page()
    editor.goto(f"/admin/articles/article/{story.pk}/change/")
    page.goto(editor.url)  # a second context has no base of its own
    page.locator("#id_full_text").fill("<p>Changed.</p><script>x</script>")
    page.get_by_role("button", name="Save draft").click()
    story.refresh_from_db()
    assert story.full_text == "<p>Changed.</p>"
