"""The moderators' queue in a real browser: cleared by keyboard without leaving the page, and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from comments.models import Reply, Report, Ruling, Sanction, Version
from tests.browser.fixtures import browser, open_window, site
from tests.browser.test_accessibility import STILL, wrong_in_any_look
from tests.comments.conftest import say
from tests.factories import Cast, MemberFactory, make_article

__all__ = ["browser", "open_window", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = "/admin/comments/reply/"
HELD = Reply.Status.HELD
OpenQueue = Callable[..., Page]


@pytest.fixture
def open_queue(open_window: Any, site: Any) -> OpenQueue:
    """Opens the queue in a moderator's window, which keeps a mark as long as nobody leaves the page."""

    def open_one(**options: Any) -> Page:
        window = open_window(**options)
        window.sign_in_as(Cast.make().moderator)
        window.go(QUEUE)
        if window.has_script:
            window.page.evaluate("window.stayed = true")
        page: Page = window.page
        return page

    return open_one


def waiting(number: int, **own: Any) -> list[Reply]:
    """So many replies that wait, the first the longest."""
    story, now = make_article(), timezone.now()
    return [
        say(
            story,
            f"held {n}",
            status=HELD,
            at=now - timedelta(minutes=60 - n),
            by=MemberFactory(name=f"Reader {n}"),
            **own,
        )
        for n in range(number)
    ]


def press(page: Page, *keys: str) -> None:
    """One key after the other."""
    for key in keys:
        page.keyboard.press(key)


def settled(page: Page, done: int) -> None:
    """Wait until so many rows are decided and nothing is under way."""
    expect(page.locator(".queue-row.is-done")).to_have_count(done)
    expect(page.locator("[aria-busy]")).to_have_count(0)


def test_thirty_held_replies_are_cleared_by_keyboard_without_leaving_the_page(site: Any, open_queue: OpenQueue) -> None:
    held = waiting(30)
    page = open_queue()
    expect(page.locator(".queue-row")).to_have_count(25)
    expect(page.get_by_text("5 more wait")).to_be_visible()
    expect(page.locator(".queue-row").first).to_be_focused()
    press(page, "2", "r")  # off topic
    press(page, "f")
    for _turn in range(22):
        press(page, "a")
    press(page, "b")
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Banned for good").check()
    dialog.get_by_label("Also reject").check()
    dialog.get_by_role("button", name="Decide").click()
    expect(page.locator(".queue-row")).to_have_count(30)  # they came by themselves
    settled(page, 25)
    expect(page.locator(".queue-row:not(.is-done)").first).to_be_focused()
    press(page, "s", "j", "s", "j", "s", "A")
    settled(page, 28)
    press(page, "a", "a")
    settled(page, 30)
    expect(page.get_by_text("Nothing waits here.")).to_be_visible()
    assert page.evaluate("window.stayed")
    assert page.url.endswith(QUEUE)
    assert not Reply.objects.held().exists()
    assert list(Ruling.objects.filter(verb="reject").order_by("pk").values_list("reason", flat=True)) == [
        "Off topic",
        "",
    ]
    assert Reply.objects.filter(is_featured=True).get() == held[1]
    assert Sanction.objects.get().kind == "ban"
    press(page, "u")
    settled(page, 29)
    assert Reply.objects.held().count() == 1


def test_keys_decide_nothing_while_somebody_types_and_each_row_has_its_way_back(
    site: Any, open_queue: OpenQueue
) -> None:
    first, second, _third = waiting(3)
    page = open_queue()
    press(page, "m")
    page.keyboard.type("arrf: please stay with the quay")
    press(page, "Escape", "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press(page, "Escape")
    assert Ruling.objects.count() == 0
    press(page, "r")
    settled(page, 1)
    assert Ruling.objects.get().message == "arrf: please stay with the quay"
    expect(page.get_by_role("status")).to_contain_text("Rejected")
    row = page.locator(f'[data-row="{first.pk}"]')
    row.get_by_role("button", name="Undo").click()
    settled(page, 0)
    expect(row.get_by_role("button", name="Approve")).to_be_visible()
    expect(row).to_be_focused()
    Reply.objects.filter(pk=second.pk).update(status="published", decided_by=MemberFactory(name="Paula"))
    press(page, "ArrowDown", "a")
    settled(page, 1)
    expect(page.locator(f'[data-row="{second.pk}"]')).to_contain_text("Paula was faster. It is published.")
    expect(page.get_by_role("status")).to_have_class("queue-status is-wrong")


def test_without_javascript_the_buttons_decide_and_lead_back(site: Any, open_queue: OpenQueue) -> None:
    first, *others = waiting(3)
    page = open_queue(java_script_enabled=False)
    page.get_by_label("Reason for rejecting").select_option(label="3 · Advertising")
    page.locator(f'[data-row="{first.pk}"]').get_by_role("button", name="Reject").click()
    expect(page.locator(".queue-row")).to_have_count(2)
    assert Ruling.objects.get().reason == "Advertising"
    page.locator(".messagelist").get_by_role("button", name="Undo").click()
    expect(page.locator(".queue-row")).to_have_count(3)
    for reply in others:
        page.locator(f'[data-row="{reply.pk}"] [type=checkbox]').check()
    page.get_by_role("button", name="Approve the selected").click()
    expect(page.locator(".messagelist")).to_contain_text("Approved: 2 replies.")
    page.get_by_role("link", name="Sanction …").click()
    page.get_by_label("Every reply is read first").check()
    page.get_by_role("button", name="Decide").click()
    expect(page.locator(".conduct-side")).to_contain_text("Hold every reply")
    assert Sanction.objects.get().member == first.author


def test_axe_finds_nothing_in_the_queue_its_dialog_and_the_pages_around(site: Any, open_queue: OpenQueue) -> None:
    parent, reply, last = waiting(3, rule="held_word", reason="It uses a word.")
    Reply.objects.filter(pk=reply.pk).update(reply_to=parent)
    Report.objects.create(reply=reply, member=last.author, reason="hate", note="Look")
    Version.objects.create(reply=reply, text="held long ago")
    Sanction.objects.create(member=reply.author, kind="hold")
    page = open_queue(**STILL)

    def wrong() -> list[str]:
        return [f"{page.url} {each}" for each in wrong_in_any_look(page)]

    press(page, "a")
    settled(page, 1)
    for more in page.locator("details").all():
        more.evaluate("details => details.open = true")
    found = wrong()
    press(page, "b")
    found += wrong()
    of_one = [f"{QUEUE}{parent.pk}/change/", f"{QUEUE}conduct/{parent.author_id}/"]
    of_all = [f"{QUEUE}?queue=all&discussion={reply.discussion_id}", "/admin/comments/discussion/"]
    for address in (*of_one, *of_all, f"/admin/comments/discussion/{reply.discussion_id}/change/"):
        page.goto(f"{site.url}{address}")
        found += wrong()
    assert not found, "\n".join(found)
