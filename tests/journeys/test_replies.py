"""The whole life of a reply, in browsers with and without JavaScript: written, held, approved, answered, changed,
reported, removed, appealed against, and back."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from playwright.sync_api import Locator, expect

from articles.models import Article
from comments.models import Appeal, Reply, Report
from members.models import SiteRules
from newsroom.groups import MODERATORS
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.test_accessibility import violations
from tests.browser.window import Window
from tests.factories import MemberFactory, make_article, make_patron

pytestmark = pytest.mark.browser
SAID, CHANGED, ANSWER = "The quay sinks, whatever they say.", "The quay sinks; I measured it.", "By how much?"


@pytest.mark.parametrize("has_script", [True, False], ids=["with", "without"])
def test_a_reply_lives_and_comes_back(site: Site, open_window: OpenWindow, has_script: bool) -> None:
    SiteRules.objects.create(pk=1, hold_first_replies=1, patrons_are_known=True)
    story = make_article()

    def seat(name: str, group: str | None = None) -> Window:
        window = open_window(java_script_enabled=has_script)
        member = MemberFactory(name=name, email=f"{name.lower()}@example.org", group=group)
        window.sign_in_as(make_patron(member) if name == "Otto" else member)
        return window

    nadia, otto = seat("Nadia"), seat("Otto")
    first, second = seat("Moe", MODERATORS), seat("Mara", MODERATORS)
    writes_and_waits(nadia, story)
    assert SAID not in site.read(story.get_absolute_url())
    reply = Reply.objects.get()
    decides(first, "/admin/comments/reply/", "Approve", reply, Reply.Status.PUBLISHED)
    assert SAID in site.read(story.get_absolute_url())
    answers(otto, story, reply)
    site.work()
    assert any(ANSWER in letter.body for letter in mail.outbox if letter.to == ["nadia@example.org"])
    changes(nadia, story, reply)
    assert CHANGED in site.read(story.get_absolute_url())
    reports(otto, story, reply)
    first.go("/admin/comments/reply/?queue=reported")
    first.page.get_by_label("Reason for rejecting or removing").select_option("Off topic")
    decides(first, "", "Remove", reply, Reply.Status.REMOVED)
    page = site.read(story.get_absolute_url())
    assert CHANGED not in page
    assert "Removed by a moderator." in page
    assert ANSWER in page, "A stub stays, and what stands under it."
    appeals(nadia)
    settles(second)
    assert Reply.objects.get(pk=reply.pk).status == Reply.Status.PUBLISHED
    assert CHANGED in site.read(story.get_absolute_url())
    site.work()
    assert "Mara" not in " ".join(str(letter.body) for letter in mail.outbox)
    assert nadia.complaints == otto.complaints == first.complaints == second.complaints == []


def row(window: Window, reply: Reply) -> Locator:
    """The reply under the story."""
    return window.page.locator(f"#reply-{reply.pk} > .reply-body")


def writes_and_waits(nadia: Window, story: Article) -> None:
    """A look at it before, then its author alone sees it."""
    nadia.go(story.get_absolute_url())
    nadia.page.get_by_label("Leave a reply").fill(SAID)
    nadia.press("Preview")
    expect(nadia.page.locator(".reply-preview")).to_contain_text(SAID)
    expect(nadia.page.get_by_label("Leave a reply")).to_have_value(SAID)
    nadia.press("Post reply")
    nadia.sees("A moderator will look at it first.")
    nadia.sees(SAID, within=".reply")


def decides(moderator: Window, path: str, label: str, reply: Reply, status: str) -> None:
    """Press a button of the queue; `path`: the queue, empty where it is open."""
    if path:
        moderator.go(path)
    beside = moderator.page.locator(f".queue-row[data-row='{reply.pk}']")
    beside.get_by_role("button", name=re.compile(f"^{label}")).click()
    answered = f".queue-row.is-done[data-row='{reply.pk}']" if moderator.has_script else ".queue-told"
    expect(moderator.page.locator(answered).first).to_be_visible()  # committed, and what is kept has fallen
    until(moderator, lambda: Reply.objects.get(pk=reply.pk).status == status)


def until(window: Window, is_so: Callable[[], bool]) -> None:
    """Wait for the site to have done what a script asked of it."""
    for _again in range(200):
        if is_so():
            return
        window.page.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def answers(otto: Window, story: Article, reply: Reply) -> None:
    """In place with a script, on a page of its own without; and recommends."""
    otto.go(story.get_absolute_url())
    row(otto, reply).get_by_role("link", name="Reply: Nadia").click()
    otto.page.get_by_label("Your answer to Nadia").fill(ANSWER)
    assert not otto.has_script or violations(otto.page) == []
    otto.press("Post reply", within=f"#reply-{reply.pk}" if otto.has_script else "body")
    otto.sees(ANSWER, within=f"#reply-{reply.pk} .reply")
    otto.page.get_by_role("button", name=re.compile("^Recommend\\b")).first.click()
    expect(row(otto, reply).get_by_role("button", name=re.compile("^Recommended"))).to_be_visible()


def changes(nadia: Window, story: Article, reply: Reply) -> None:
    """Within five minutes, and readers see that it was."""
    nadia.go(story.get_absolute_url())
    row(nadia, reply).get_by_role("link", name="Edit").click()
    nadia.page.get_by_label("Your reply").fill(CHANGED)
    nadia.press("Save")
    expect(row(nadia, reply)).to_contain_text(CHANGED)
    expect(row(nadia, reply)).to_contain_text("edited")


def reports(otto: Window, story: Article, reply: Reply) -> None:
    """With a reason, and gets a reference."""
    otto.go(story.get_absolute_url())
    row(otto, reply).locator("summary").click()
    row(otto, reply).get_by_role("link", name="Report").click()
    otto.page.get_by_label("Insult or harassment").check()
    assert not otto.has_script or violations(otto.page) == []
    otto.press("Send the report")
    until(otto, Report.objects.unsettled().filter(reply=reply).exists)
    otto.sees(f"Your report {Report.objects.get().reference} is with the moderators.")


def appeals(nadia: Window) -> None:
    """From the page of what one wrote, with the reason before the eyes."""
    nadia.go("/replies/mine/")
    nadia.sees("Off topic")
    assert not nadia.has_script or violations(nadia.page) == []
    nadia.page.locator("#replies a", has_text="Appeal").click()
    nadia.page.get_by_label("Why should it be decided otherwise?").fill("It was about the quay.")
    assert not nadia.has_script or violations(nadia.page) == []
    nadia.press("Send the appeal")
    nadia.sees(f"It is with the moderators under {Appeal.objects.get().reference}.")


def settles(second: Window) -> None:
    """Somebody else than who decided."""
    second.go("/admin/comments/appeal/")
    second.sees("It was about the quay.")
    assert not second.has_script or violations(second.page) == []
    second.page.get_by_label("Your answer; whoever appealed reads it").fill("It was. Sorry.")
    second.press("Grant: take it back")
    second.sees("It is taken back.")
