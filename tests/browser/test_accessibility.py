"""Every kind of page for everybody: axe finds nothing, the keyboard gets everywhere, a small phone shows it all."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.whole_paper import WholePaper
from tests.browser.window import Window

pytestmark = pytest.mark.browser
AXE = Axe().axe_script
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1280), ("dark", 390))
SETTLED = "document.getAnimations().forEach((each) => each instanceof CSSTransition && each.finish())"  # Django's own
STILL = {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 900}}  # no colour is caught on its way


def visit(window: Window, paper: WholePaper) -> Iterator[tuple[str, Page]]:
    """Open every kind of page as those who see it, one after the other."""
    yield from each(window, paper.public())
    yield from code_page(window)
    window.sign_in_as(paper.patron)
    yield from each(window, paper.of_patrons())
    window.sign_in_as(paper.editor)
    yield from each(window, paper.of_editors())
    window.sign_in_as(paper.moderator)
    yield from each(window, paper.of_moderators())


def each(window: Window, addresses: dict[str, str]) -> Iterator[tuple[str, Page]]:
    """Open the addresses."""
    for name, address in addresses.items():
        window.go(address.removeprefix(window.site.url))
        yield name, window.page


def code_page(window: Window) -> Iterator[tuple[str, Page]]:
    """Where the mailed code is typed."""
    window.go("/accounts/login/")
    window.page.get_by_label("E-mail address").fill("new@example.org")
    window.press("Send me a code")
    yield "code", window.page


def violations(page: Page) -> list[str]:
    """What axe finds wrong, one line a place. Its half megabyte is brought to a page once, and only what is wrong comes
    back."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
    )
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def wrong_in_any_look(page: Page) -> list[str]:
    """What axe finds in light and wide, then in dark on a phone; and whether a phone of 320 pixels shows it all.

    The page is loaded once: what follows scheme and width is the stylesheet. The window must be a `STILL` one.
    """
    found = []
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(SETTLED)
        found += [f"{scheme}, {width}: {wrong}" for wrong in violations(page)]
    page.set_viewport_size({"width": 320, "height": 700})
    wide = width_of(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    return found + [f"{wide} pixels wide on a screen of 320"] * (wide > 320)


def test_axe_finds_nothing_on_any_kind_of_page_and_each_fits_320_pixels(site: Site, open_window: OpenWindow) -> None:
    paper, window = WholePaper.make(), open_window(**STILL)
    found = [f"{name}: {wrong}" for name, page in visit(window, paper) for wrong in wrong_in_any_look(page)]
    assert not found, "\n".join(found)


def width_of(page: Page) -> int:
    """How far the page reaches to the right, in pixels."""
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def test_skip_link_comes_first_is_seen_and_leads_to_the_text(site: Site, open_window: OpenWindow) -> None:
    paper, window = WholePaper.make(), open_window()
    window.go(paper.rich.get_absolute_url())
    skip = window.page.locator("a.skip")
    window.page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    window.page.keyboard.press("Enter")
    expect(window.page.locator("#main")).to_be_focused()
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.querySelector('#main').contains(document.activeElement)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_focus_is_visible_wherever_the_keyboard_goes(site: Site, open_window: OpenWindow, scheme: str) -> None:
    paper, window = WholePaper.make(), open_window(color_scheme=scheme)
    window.go(paper.rich.get_absolute_url())
    stops = [focused(window.page) for _ in range(60)]
    names = [name for name, _outline in stops if name != "BODY"]
    assert len(set(names)) > 20
    assert [name for name, has_outline in stops if not has_outline and name != "BODY"] == []


def focused(page: Page) -> tuple[str, bool]:
    """Press Tab: what has the focus now, and whether it can be seen there."""
    page.keyboard.press("Tab")
    found: list[Any] = page.evaluate(
        """() => {
            const at = document.activeElement, style = getComputedStyle(at)
            const rings = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5
            return [at.tagName === "BODY" ? "BODY" : at.outerHTML.slice(0, 120), rings || style.boxShadow !== "none"]
        }"""
    )
    return found[0], found[1]
