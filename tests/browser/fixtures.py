"""Fixtures of every test that looks at the site through a browser."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.site import Site, running
from tests.browser.window import Window

OpenWindow = Callable[..., Window]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for the tests of one module. None to be had: a failure under CI=true, else a loud skip."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # playwright's loop runs in this thread, where Django then refuses to query
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        try:
            started = chromium.start(playwright)
        except chromium.NoChromiumError as error:
            (pytest.fail if chromium.must_have_one() else pytest.skip)(f"*** {error} ***")
        yield started
        started.close()


@pytest.fixture
def site(browser: Browser, transactional_db: None, settings: Any) -> Iterator[Site]:
    """The whole site on a port of its own; its database starts empty and is emptied again."""
    with running(settings) as site:
        yield site


@pytest.fixture
def open_window(browser: Browser, site: Site) -> Iterator[OpenWindow]:
    """Opens windows of people who know nothing of each other; takes `java_script_enabled` and the like."""
    opened: list[Window] = []

    def open_one(**options: Any) -> Window:
        has_script = options.get("java_script_enabled", True)
        options = {"locale": "en-GB", "timezone_id": "Europe/Copenhagen", **options}
        window = Window(site, browser.new_context(**options), has_script)
        opened.append(window)
        return window

    yield open_one
    for window in opened:
        print(window.said())  # shown where the test failed
        window.context.close()
