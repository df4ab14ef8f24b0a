"""The focal point in a real browser: by pointer, by arrow keys, and without JavaScript by its two numbers."""

import shutil
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connections
from django.test import Client
from django.urls import reverse
from PIL import Image
from playwright.sync_api import BrowserContext, expect, sync_playwright

from articles.models import Picture
from tests.factories import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def editor(request: Any, live_server: Any, transactional_db: None, monkeypatch: Any) -> Iterator[BrowserContext]:
    """An editor's browser."""
    if CHROMIUM is None:
        pytest.skip("NO CHROMIUM: the focal point was not tried in a browser.")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
    client = Client()
    client.force_login(Cast.make().editor)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(base_url=live_server.url, java_script_enabled=request.param)
        context.add_cookies([{**cookie, "url": live_server.url}])
        context.set_default_timeout(10_000)
        yield context
        browser.close()
        connections.close_all()  # playwright's loop has a context of its own, and with it a connection


def test_the_focal_point_moves_by_pointer_by_keys_and_by_numbers(editor: BrowserContext, request: Any) -> None:
    out = BytesIO()
    Image.new("RGB", (800, 600), "teal").save(out, "JPEG")
    picture = Picture(alt="A quay")
    picture.file.save("quay.jpg", ContentFile(out.getvalue()), save=False)
    picture.save()
    page = editor.new_page()
    said: list[str] = []
    page.on("console", lambda line: line.type == "error" and said.append(line.text))
    page.goto(reverse("admin:articles_picture_change", args=[picture.pk]))
    across, down = page.locator("#id_focus_x"), page.locator("#id_focus_y")
    if "without" in request.node.name:
        across.fill("20")
        down.fill("80")
    else:
        frame = page.locator(".desk-focus-frame")
        box = frame.locator("img").bounding_box()
        assert box is not None
        frame.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.5})
        assert abs(float(across.input_value()) - 30) < 1
        across.fill("30")
        frame.focus()
        page.keyboard.press("Shift+ArrowLeft")
        for _press in range(15):
            page.keyboard.press("ArrowDown")
        assert abs(float(down.input_value()) - 80) < 1
        expect(page.locator("[data-focus-said]")).to_have_text("20 % from the left, 80 % from the top")
        cut = page.locator("[data-focus-cut]").first.evaluate("image => getComputedStyle(image).objectPosition")
        assert cut.startswith(("20% 8", "20% 79"))
    page.click("[name=_save]")
    page.wait_for_url("**/picture/")
    stored = Picture.objects.get(pk=picture.pk).focus
    assert stored.startswith(("0.200x0.8", "0.200x0.79"))
    page.goto(reverse("admin:articles_picture_change", args=[picture.pk]))
    cut = page.locator("[data-focus-cut]").first.evaluate("image => getComputedStyle(image).objectPosition")
    assert cut.startswith("20% ")
    assert said == []
