"""Replying in the story's own page: the form opens where it is asked for, and what was typed is never lost."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from comments.access import subject_of
from comments.models import Reply
from comments.writing import posting
from members.models import SiteRules
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.test_accessibility import violations
from tests.factories import MemberFactory, make_article

pytestmark = pytest.mark.browser


def test_a_reply_is_written_in_place_and_survives_a_lost_connection(site: Site, open_window: OpenWindow) -> None:
    rules = SiteRules.objects.create(pk=1, hold_first_replies=0)
    story = make_article()
    said = Reply.objects.write(
        posting.discussion_of(subject_of(story, None, rules, timezone.now())), None, text="What do you say?",
        posted_at=timezone.now(), author=MemberFactory(name="Nadia"), status="published", announced_at=timezone.now(),
    )  # fmt: skip
    window = open_window()
    window.sign_in_as(MemberFactory(name="Mina"))
    window.go(story.get_absolute_url())
    row = window.page.locator(f"#reply-{said.pk}")
    text = row.get_by_label("Your answer to Nadia")
    reply = row.locator("a[data-answer]").first

    reply.click()
    expect(text).to_be_focused()
    text.fill("I say this.")
    window.press("Preview", within=f"#reply-{said.pk}")
    expect(row.locator(".reply-preview")).to_contain_text("I say this.")
    assert not violations(window.page)
    text.press("Escape")
    expect(reply).to_be_focused()
    expect(text).to_have_count(0)
    window.page.reload()
    reply.click()
    expect(text).to_have_value("I say this.")

    doors = "**/replies/to/**"
    window.page.route(doors, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    window.press("Post reply", within=f"#reply-{said.pk}")
    window.sees("There is no connection.", within=f"#reply-{said.pk}")
    expect(text).to_have_value("I say this.")
    window.page.unroute(doors)
    window.press("Post reply", within=f"#reply-{said.pk}")
    answer = row.locator(".reply", has_text="I say this.")
    expect(answer).to_be_focused()
    expect(window.page.locator("[data-reply-status]")).to_have_text("Your reply is posted.")
    expect(text).to_have_count(0)
    assert list(said.answers.values_list("comment", flat=True)) == ["I say this."]

    recommend = row.locator("form[action$='/recommend/'] button").first
    recommend.click()
    expect(recommend).to_have_attribute("aria-pressed", "true")
    expect(recommend).to_be_focused()
    window.page.get_by_label("Leave a reply").fill("x" * 3001)
    window.press("Post reply", within="#reply-form")
    expect(window.page.locator("#replies > .reply-writing [role=alert]")).to_be_focused()
    expect(window.page.get_by_label("Leave a reply")).to_have_value("x" * 3001)
    said.refresh_from_db()
    assert (said.score, Reply.objects.count()) == (1, 2)
