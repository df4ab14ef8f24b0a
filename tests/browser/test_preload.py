"""The lead picture of a story is under way before the browser has read the page, and comes once."""

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from articles import pictures
from articles.models import Picture
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.factories import make_article

pytestmark = pytest.mark.browser
ENTRIES = """() => performance.getEntriesByType("resource")
    .filter(entry => /\\.(css|avif|webp|jpg)(\\?|$)/.test(entry.name))
    .map(entry => [entry.name.split("/").pop(), entry.initiatorType])"""


def prepared() -> Picture:
    noise = Image.effect_noise((1300, 860), 50).convert("RGB")
    file = ContentFile(pictures._encode(noise, "JPEG", {"quality": 60}), name="harbour.jpg")
    picture = Picture.objects.create(alt="The harbour", file=file)
    pictures.prepare(picture, now=timezone.now())
    return Picture.objects.get(pk=picture.pk)


def test_lead_picture_is_fetched_once_and_before_the_styles(site: Site, open_window: OpenWindow) -> None:
    story = make_article("patrons", lead_picture=prepared())
    windows = [open_window(viewport={"width": width, "height": 900}) for width in (390, 1280)]
    for window in windows:
        window.page.goto(f"{site.url}{story.get_absolute_url()}", wait_until="networkidle")
        entries = [tuple(entry) for entry in window.page.evaluate(ENTRIES)]
        fetched = [entry for entry in entries if not entry[0].endswith(".css")]
        assert len(fetched) == 1, entries
        shown = window.page.evaluate("() => document.querySelector('.lead-picture img').currentSrc")
        assert shown.endswith(fetched[0][0]), "What came early is what is shown."
        assert fetched[0][0].endswith(".avif")
        assert entries[0] == fetched[0], "It is the first thing that was asked for."
    windows[-1].page.wait_for_timeout(3500)  # Chromium complains of what was preloaded in vain after three seconds
    assert [window.complaints for window in windows] == [[], []]
