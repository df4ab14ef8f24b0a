"""Paste from Word, Google Docs and WordPress, in the real editor; and the same markup without it, on the server."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from articles.editor import clean_story
from tests.articles import test_desk_browser
from tests.articles.test_desk_browser import unseen

FOLDER = Path(__file__).parent / "fixtures" / "paste"
PASTE = """html => {
  const area = document.querySelector("textarea[data-story-editor]")
  const data = new DataTransfer()
  data.setData("text/html", html)
  area.storyEditor.chain().focus().selectAll().run()
  const begun = performance.now()
  document.querySelector(".ProseMirror").dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))
  return { value: area.value, took: performance.now() - begun }
}"""
LINK = '<a href="https://example.org/minutes" rel="noopener noreferrer nofollow">minutes</a>'
NOTE = '<span data-footnote="">Of 3 May.</span>'
CASES = {
    "word.html": (
        f"<h2>The quay</h2><p>The <strong>council</strong> <em>voted</em> on the {LINK}.{NOTE}</p>"
        "<h2>What it costs</h2><ul><li>Stone<ul><li>Granite</li></ul></li><li>Steel</li></ul>"
        "<p>In this order:</p><ol><li>Survey</li><li>Build</li></ol>"
        "<blockquote><p>Nobody asked us.</p></blockquote>"
        "<table><tbody><tr><td>Year</td><td>2024</td></tr></tbody></table><p>End.</p>"
    ),
    "docs.html": (
        f"<h2>The quay</h2><p>The <strong>council</strong> <em>voted</em> on the {LINK}, m<sup>2</sup>.{NOTE}</p>"
        "<h2>What it costs</h2><ul><li>Stone<ul><li>Granite</li></ul></li><li>Steel</li></ul><p><s>Gone</s></p>"
        "<table><tbody><tr><td>Year</td><td>2024</td></tr></tbody></table>"
    ),
    "wordpress.html": (
        f'<h2 id="the-quay">The quay</h2><p>The <strong>council</strong> <em>voted</em> on the {LINK}.</p>'
        '<hr data-paywall="here"><figure data-quote="block"><blockquote><p>Nobody asked us.</p></blockquote>'
        '<figcaption>A docker</figcaption></figure><figure data-quote="pull"><blockquote><p>So it is.</p></blockquote>'
        "</figure><ul><li>Stone<ul><li>Granite</li></ul></li></ul>"
        '<figure data-embed="https://youtu.be/dQw4w9WgXcQ"></figure><p>A quay</p>'
    ),
}
HOSTILE = {
    "<p>a<script>alert(1)</script>b</p>": "<p>ab</p>",
    '<p>a<img src="data:image/png;base64,AAAA" onerror="alert(1)">b</p>': "<p>ab</p>",
    '<p><a href="javascript:alert(1)">a</a></p>': "<p>a</p>",
    '<p style="background:url(https://evil.example/x)">a</p>': "<p>a</p>",
    "<p>a</p><style>p{}": "<p>a</p>",
    "<p>a<!-- never closed": "<p>a</p>",
    '<header><h4 class="x">Small</h4></header>': "<h3>Small</h3>",
}
editor = test_desk_browser.editor  # the fixture


def paste(page: Page, html: str) -> dict[str, Any]:
    """What the text is after pasting `html` over all of it, and how many milliseconds that took."""
    answer: dict[str, Any] = page.evaluate(PASTE, html)
    return answer


def tidy(value: str) -> str:
    """Without the attributes the sanitiser sets anew."""
    return value.replace(' target="_blank"', "").replace(' rel="noopener noreferrer nofollow"', "")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_paste_keeps_what_a_story_is_made_of_and_loses_everything_else(editor: Page) -> None:
    story = unseen(full_text="<p>Start.</p>")
    editor.goto(f"/admin/articles/article/{story.pk}/change/")
    expect(editor.locator(".ProseMirror")).to_be_visible()
    came = {name: tidy(paste(editor, (FOLDER / name).read_text(encoding="utf-8"))["value"]) for name in CASES}
    came |= {html: tidy(paste(editor, html)["value"]) for html in HOSTILE}
    wanted = {name: tidy(html) for name, html in (CASES | HOSTILE).items()}
    assert came == wanted


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_five_megabytes_of_word_are_taken_quickly_or_refused_with_the_text_kept(editor: Page) -> None:
    story = unseen(full_text="<p>Start.</p>")
    editor.goto(f"/admin/articles/article/{story.pk}/change/")
    expect(editor.locator(".ProseMirror")).to_be_visible()
    ballast = f"<span style='mso-fareast-font-family:\"Times New Roman\";{'x:y;' * 60}'>word </span>"
    line = f"<p class=MsoNormal style='margin:0'>{ballast * 12}</p>"
    word = f"<html><head><style>{'p{}' * 1000}</style></head><body>{line * (5_000_000 // len(line))}</body></html>"
    found = paste(editor, word)
    assert found["took"] < 8_000  # under two seconds on a machine with nothing else to do
    assert found["value"].count("word word") > 1000
    assert "mso" not in found["value"]
    refused = paste(editor, "<p>too much</p>" * 600_000)
    assert refused["value"] == found["value"]
    expect(editor.locator(".editor-status")).to_contain_text("too long to paste at once")


@pytest.mark.parametrize("name", CASES)
def test_server_lets_in_nothing_of_the_same_markup_that_the_editor_would_not(name: str) -> None:
    cleaned = clean_story((FOLDER / name).read_text(encoding="utf-8"))
    assert "council" in cleaned
    for lost in ("<style", "<script", "alert(", "class=", "style=", "data:", "onclick", "<img", "mso-", "color:"):
        assert lost not in cleaned
