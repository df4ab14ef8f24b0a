"""Walls and asks as people meet them: axe finds nothing, "not now" holds without a jump, the way back is the line."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article
from members import story_gifts
from members.models import Member, SiteRules
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.test_accessibility import STILL, wrong_in_any_look
from tests.browser.window import Window
from tests.factories import MemberFactory, TierFactory, make_article, make_patron

pytestmark = pytest.mark.browser
KEPT = "What only some may read."
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  const seen = (list) => list.getEntries().forEach((each) => { sum += each.value; });
  new PerformanceObserver(seen).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 400);
})"""


@dataclass(frozen=True)
class Paper:
    """A story behind every wall."""

    opened: Article
    metered: list[Article]
    members: Article
    patrons: Article
    keepers: Article
    archived: Article
    patron: Member
    member: Member

    @classmethod
    def make(cls) -> "Paper":
        """All of it, saved, with the gate on."""
        rules = {"meter_limit": 3, "meter_limit_members": 5, "archive_days": 90, "archive_audience": "members"}
        SiteRules.objects.update_or_create(pk=1, defaults={"name": "The Lantern", **rules})
        for rank, name in ((1, "Friend"), (2, "Keeper")):
            TierFactory(slug=f"tier-{rank}", name=name, rank=rank)
        keeper = TierFactory(slug="tier-2")
        return cls(
            opened=make_article(),
            metered=[make_article("metered") for _ in range(4)],
            members=make_article("members"),
            patrons=make_article("patrons"),
            keepers=make_article("patrons", minimum_tier=keeper),
            archived=make_article(published_at=timezone.now() - timedelta(days=100)),
            patron=make_patron(MemberFactory(name="Pat Patron")),
            member=MemberFactory(email="mina@example.org"),
        )


def test_axe_finds_nothing_on_any_wall_or_ask(site: Site, open_window: OpenWindow) -> None:
    paper, window = Paper.make(), open_window(**STILL)
    gift = story_gifts.give(paper.patron, paper.patrons.pk, now=timezone.now())
    found = []
    for story in (paper.opened, paper.members, paper.archived, paper.patrons, paper.keepers):
        found += wrong_with(window, story.get_absolute_url())
    for story in paper.metered:
        found += wrong_with(window, story.get_absolute_url(), settled=".prose.story-rest, .wall:not([data-continue])")
    found += wrong_with(window, f"/gift/{gift.token}/")
    window.sign_in_as(paper.member)
    for story in (paper.opened, paper.metered[0]):
        found += wrong_with(window, story.get_absolute_url())
    window.sign_in_as(paper.patron)
    for story in (paper.keepers, paper.patrons):
        found += wrong_with(window, story.get_absolute_url())
    assert found == []
    assert window.complaints == []


def wrong_with(window: Window, path: str, settled: str = "main") -> list[str]:
    """What axe finds on the page, once it shows what it will; and more than one ask to pay."""
    window.go(path)
    window.page.locator(settled).first.wait_for()
    asking = window.main(".appeal:visible, .wall:visible").count()
    return [f"{path}: {each}" for each in wrong_in_any_look(window.page)] + [path] * (asking > 1)


def test_not_now_puts_every_ask_away_for_ninety_days_without_a_jump(site: Site, open_window: OpenWindow) -> None:
    paper, window = Paper.make(), open_window(viewport={"width": 1280, "height": 1400})
    window.go(paper.opened.get_absolute_url())
    appeal, discover = window.main(".appeal"), window.main(".discover")
    expect(appeal).to_be_in_viewport()
    assert window.page.evaluate(SHIFTS) < 0.001
    window.press("Not now", within=".appeal")
    expect(appeal).to_be_hidden()
    expect(discover).to_be_hidden()
    assert window.page.evaluate("document.activeElement.closest('.story-after') !== null")
    days = window.page.evaluate("(Number(localStorage.getItem('asked-not-before')) - Date.now()) / 86_400_000")
    assert 89.9 < days <= 90
    assert window.page.evaluate("localStorage.length") == 1
    window.go(paper.opened.get_absolute_url())
    expect(appeal).to_be_hidden()
    expect(discover).to_be_hidden()
    assert window.page.evaluate(SHIFTS) < 0.001
    window.page.evaluate("localStorage.setItem('asked-not-before', String(Date.now() - 1))")
    window.page.reload()
    expect(appeal).to_be_visible()
    window.page.locator("#discover-mail").press("Escape")
    expect(discover).to_be_hidden()
    assert window.complaints == []


def test_without_a_script_nothing_offers_to_go_away_and_the_form_leads_on(site: Site, open_window: OpenWindow) -> None:
    paper, window = Paper.make(), open_window(java_script_enabled=False)
    window.go(paper.opened.get_absolute_url())
    expect(window.main(".appeal")).to_be_visible()
    assert [each.is_visible() for each in window.main("[data-dismiss]").all()] == [False, False]
    for story in paper.metered[:3]:
        window.go(story.get_absolute_url())
        expect(window.main(".appeal")).to_be_hidden()
        window.press("Continue reading", within=".wall")
        window.sees(KEPT)
        expect(window.main(".appeal")).to_be_visible()
    expect(window.main(".appeal")).to_contain_text("You are here often")


def test_the_personal_ask_takes_the_place_of_the_default_when_the_wall_goes(
    site: Site, open_window: OpenWindow
) -> None:
    paper, window = Paper.make(), open_window()
    said = []
    for story in paper.metered[:3]:
        window.go(story.get_absolute_url())
        window.sees(KEPT)
        expect(window.main(".appeal")).to_have_count(1)
        expect(window.main(".story-after > .appeal")).to_be_visible()
        said.append(window.main(".appeal").inner_text())
    assert ["often" in each for each in said] == [False, False, True]
    window.go(paper.metered[3].get_absolute_url())
    window.sees("You have read your 3 free stories", within=".wall")
    expect(window.main(".appeal")).to_be_hidden()
    window.press("Send me the code", within=".wall")  # no address yet: the browser says so, nothing is sent
    window.main(".wall input[type=email]").fill("new@example.org")
    window.press("Send me the code", within=".wall")
    type_code(window, "new@example.org")
    lands_at_the_line(window, paper.metered[3])


@pytest.mark.parametrize("has_script", [True, False])
def test_sign_in_at_a_wall_leads_back_to_the_line(site: Site, open_window: OpenWindow, has_script: bool) -> None:
    paper, window = Paper.make(), open_window(java_script_enabled=has_script)
    window.go(paper.members.get_absolute_url())
    window.follow("Sign in", within=".wall")
    window.page.get_by_label("E-mail address").fill(paper.member.email)
    window.press("Send me a code")
    window.page.get_by_label("Code").fill("000000")
    window.press("Sign in", within="main")
    type_code(window, paper.member.email)
    lands_at_the_line(window, paper.members)
    gift = story_gifts.give(paper.patron, paper.patrons.pk, now=timezone.now())
    window.go(f"/gift/{gift.token}/")
    window.press("Read the story")
    window.sees(KEPT)


def type_code(window: Window, email: str) -> None:
    """The newest code mailed to `email`, typed in."""
    window.page.get_by_label("Code").fill(window.site.last_code(email))
    window.press("Sign in", within="main")


def lands_at_the_line(window: Window, story: Article) -> None:
    """The story is open, at the place where it was cut."""
    window.page.wait_for_url(f"**{story.get_absolute_url()}#continue")
    window.sees(KEPT, within="#continue")
    expect(window.page.locator("#continue")).to_be_in_viewport()
