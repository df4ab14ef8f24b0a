"""The front page in a browser and through the page cache: arranging, brief and banner, and nothing that moves."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from articles import arranging
from articles.models import Article, FrontSlot
from members.models import Member
from newsroom.groups import EDITORS
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.whole_paper import WholePaper
from tests.factories import MemberFactory, SectionFactory, make_article

pytestmark = pytest.mark.browser
DESK = "/admin/articles/frontslot/"
SHIFTS = """() => new Promise((done) => {
  const found = []
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      found.push([entry.value, ...entry.sources.map((source) => source.node?.parentElement?.outerHTML.slice(0, 150))])
  }).observe({ type: "layout-shift", buffered: true })
  setTimeout(() => done(found), 500)
})"""


@pytest.fixture
def editor(site: Site) -> Member:
    member: Member = MemberFactory(name="Edgar Editor", group=EDITORS)
    return member


@pytest.fixture
def stories(site: Site) -> list[Article]:
    """Six live stories of one section, the newest first."""
    section, now = SectionFactory(slug="city"), timezone.now()
    out = [now - timedelta(hours=age) for age in range(1, 7)]
    return [
        make_article(headline=f"Number {age}", section=section, published_at=at, live_from=at, announced_at=at)
        for age, at in enumerate(out, start=1)
    ]


def comes(true: Callable[[], bool]) -> bool:
    """Whether it becomes true, long before a kept page would end of its age; how soon is a bench's business."""
    until = time.monotonic() + 20
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_brief_and_banner_renew_every_cached_page_within_a_second(
    site: Site, stories: list[Article], editor: Member
) -> None:
    paths = ["/", stories[0].get_absolute_url()]
    now = timezone.now()
    soon: dict[str, Any] = {"until": now + timedelta(hours=1), "by": editor, "now": now}
    for path in [*paths, "/archive/"]:
        site.read(path)
    arranging.set_brief("The bridge is open", **soon)
    assert comes(lambda: all("The bridge is open" in site.read(path) for path in paths))
    arranging.set_banner("Flood warning", level="breaking", url="", starts=None, **soon)
    everywhere = [*paths, "/archive/"]
    assert comes(lambda: all("Flood warning" in site.read(path) for path in everywhere))
    assert not any("The bridge is open" in site.read(path) for path in paths)
    arranging.set_banner("", level="breaking", url="", starts=None, **soon)
    assert comes(lambda: all("The bridge is open" in site.read(path) for path in paths))


def test_a_pin_and_a_banner_end_on_the_cached_page_by_themselves(
    site: Site, stories: list[Article], editor: Member
) -> None:
    now = timezone.now()
    ends = now + timedelta(seconds=5)
    arranging.place(stories[5], at="lead", until=ends, by=editor, now=now)
    arranging.set_banner("Flood warning", level="notice", url="", starts=None, until=ends, by=editor, now=now)

    def lead() -> str:
        return site.read("/").split('class="front-lead')[1].split("</h2>")[0]

    assert comes(lambda: "Number 6" in lead() and "Flood warning" in site.read("/"))
    assert comes(lambda: "Number 1" in lead() and "Flood warning" not in site.read("/"))
    assert timezone.now() >= ends


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("above", ["brief", "banner"])
def test_nothing_on_the_front_page_moves(
    site: Site, open_window: OpenWindow, editor: Member, above: str, width: int
) -> None:
    story = WholePaper.make().rich
    now = timezone.now()
    until: dict[str, Any] = {"until": now + timedelta(hours=1), "by": editor, "now": now}
    arranging.place(story, at="lead", shape="package", by=editor, now=now)
    if above == "brief":
        arranging.set_banner("", level="notice", url="", starts=None, **until)  # the paper has one
        arranging.set_brief("The bridge is open", **until)
    else:
        arranging.set_banner("Flood warning", level="breaking", url="", starts=None, **until)
    window = open_window(viewport={"width": width, "height": 900})
    # Times become relative within their own line; here only what brief, banner and places do counts.
    still = {"content_type": "text/javascript", "body": ""}
    window.page.route("**/relative-times*.js", lambda route: route.fulfill(**still))
    for path in ("/", story.get_absolute_url()):
        window.page.goto(f"{site.url}{path}", wait_until="networkidle")
        window.sees("The bridge is open" if above == "brief" else "Flood warning")
        assert window.page.evaluate(SHIFTS) == []
    assert window.page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_editor_drags_a_story_into_a_place(
    site: Site, open_window: OpenWindow, stories: list[Article], editor: Member
) -> None:
    window = open_window(viewport={"width": 1280, "height": 1400})
    window.sign_in_as(editor)
    window.go(DESK)
    with window.page.expect_navigation():
        window.page.locator(f'.front-offered [data-front-story="{stories[5].pk}"]').drag_to(
            window.page.locator('[data-front-place="second-1"]')
        )
    window.sees("“Number 6” stands there now.")
    assert FrontSlot.objects.values_list("story__headline", "place", "position").get() == ("Number 6", "second", 1)
    with window.page.expect_navigation():
        window.page.locator('[data-front-place="second-1"]').drag_to(window.page.locator('[data-front-place="lead-1"]'))
    assert FrontSlot.objects.values_list("place", "position").get() == ("lead", 1)
    assert window.complaints == []


def test_without_javascript_on_a_phone_the_lead_changes_in_two_taps(
    site: Site, open_window: OpenWindow, stories: list[Article], editor: Member
) -> None:
    window = open_window(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    window.sign_in_as(editor)
    window.go("/admin/")
    window.follow("Front page", within=".desk-nav")
    window.press("Make it the lead", within='[data-front-place="second-2"]')
    window.sees("“Number 3” stands there now.")
    assert FrontSlot.objects.get().story == stories[2]


@pytest.mark.parametrize("path", ["/admin/", DESK])
def test_the_desk_does_not_overflow_a_phone(
    site: Site, open_window: OpenWindow, stories: list[Article], editor: Member, path: str
) -> None:
    window = open_window(viewport={"width": 390, "height": 844})
    window.sign_in_as(editor)
    window.go(path)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert window.complaints == []
