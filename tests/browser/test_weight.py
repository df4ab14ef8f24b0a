"""What a story page costs a reader's connection, without its pictures."""

from collections.abc import Callable

import brotli
import pytest
from playwright.sync_api import Response

from articles.models import Article
from members.gate import Audience
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.whole_paper import WholePaper
from tests.browser.window import Window

pytestmark = pytest.mark.browser
KB = 1000
SCRIPTS, WHOLE = 15 * KB, 60 * KB
SENT_AS_THEY_ARE = ("font",)  # WOFF2 is compressed in itself
COUNTED = ("document", "stylesheet", "script", "font", "fetch")
STORIES: dict[str, Callable[[WholePaper], Article]] = {
    "an open story": lambda paper: paper.rich,
    "a metered story": lambda paper: paper.world.stories[Audience.METERED],
    "a patrons' story": lambda paper: paper.world.stories[Audience.PATRONS],
}


@pytest.mark.parametrize("name", STORIES)
def test_story_page_is_light(site: Site, open_window: OpenWindow, name: str) -> None:
    paper = WholePaper.make()
    weights = weigh(open_window(), STORIES[name](paper))
    assert {"document", "stylesheet", "script", "font"} <= weights.keys()
    assert weights["script"] <= SCRIPTS, weights
    assert sum(weights.values()) <= WHOLE, weights


def weigh(window: Window, story: Article) -> dict[str, int]:
    """Bytes sent for a first visit, by kind of resource; texts compressed as production does."""
    answers: list[Response] = []
    window.page.on("response", lambda answer: answers.append(answer))
    window.page.goto(f"{window.site.url}{story.get_absolute_url()}", wait_until="networkidle")
    weights: dict[str, int] = {}
    for answer in answers:
        kind = answer.request.resource_type
        if kind in COUNTED and answer.ok:
            weights[kind] = weights.get(kind, 0) + sent(answer.body(), kind)
    return weights


def sent(body: bytes, kind: str) -> int:
    """How many bytes go over the wire: pages at the page cache's level, files at whitenoise's."""
    if kind in SENT_AS_THEY_ARE:
        return len(body)
    return len(brotli.compress(body, quality=4 if kind in ("document", "fetch") else 11))
