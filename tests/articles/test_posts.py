"""The page after publishing: the address, posts ready to paste, and where to go next."""

from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from articles.desk.story.posts import SHORT, hashtag, posts
from articles.models import Article, Tag
from tests.articles.test_desk import draft, form_of, signed_in
from tests.factories import SectionFactory, make_article

pytestmark = pytest.mark.django_db


def out_path(story: Article) -> str:
    """The page's address."""
    return reverse("admin:articles_article_out", args=[story.pk])


@pytest.mark.parametrize(("verb", "at"), [("publish", ""), ("schedule", "2026-11-04T06:00")])
def test_publishing_from_the_form_leads_to_it(cast: Any, now: datetime, verb: str, at: str) -> None:
    story = draft(section=SectionFactory())
    client = signed_in(cast.editor)
    path = reverse(f"admin:articles_article_{verb}", args=[story.pk])
    answer = client.post(path, form_of(client, story, published_at=at))
    assert answer.status_code == 303
    assert answer.headers["Location"] == out_path(story)
    page = client.get(out_path(story)).content.decode()
    story.refresh_from_db()
    assert f"http://testserver{story.get_absolute_url()}" in page
    assert ("Post nothing before" in page) is (verb == "schedule")


def test_from_home_the_way_back_is_home(cast: Any) -> None:
    story = draft()
    path = reverse("admin:articles_article_publish", args=[story.pk])
    assert signed_in(cast.editor).post(path, {"back": "home"}).headers["Location"] == reverse("admin:index")


def test_what_is_not_out_has_no_posts(cast: Any) -> None:
    story = draft()
    answer = signed_in(cast.editor).get(out_path(story))
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("admin:articles_article_change", args=[story.pk])
    assert signed_in(cast.moderator).get(out_path(make_article())).status_code == 403
    assert signed_in(cast.editor).post(out_path(make_article())).status_code == 405


def test_posts_say_headline_standfirst_and_tags_but_nothing_behind_the_gate(cast: Any) -> None:
    story = make_article("patrons", social_headline="Quay shut", headline="The quay is shut")
    for name in ("Harbour port", "2026", "Züge & Bahn"):
        story.tags.add(Tag.objects.create(name=name, slug=name))
    page = signed_in(cast.editor).get(out_path(story)).content.decode()
    address = f"http://testserver{story.get_absolute_url()}"
    assert f"Quay shut\n{address}\n#HarbourPort #ZügeBahn" in page
    assert "What it is about." in page
    assert "only some may read" not in page


@pytest.mark.parametrize("length", [1, 60, 200])
def test_the_short_post_always_fits_and_never_loses_the_address(length: int) -> None:
    story = make_article(headline="w" * length, slug="ї" * length)
    found = posts(story, ["tag" * 20, "other", "third"])
    address = found[2]["text"].splitlines()[-1]
    assert address.endswith(f"{'ї' * length}/")  # as people read it, not as %D1%97
    assert len(found[0]["text"]) <= SHORT
    assert address in found[0]["text"]


@pytest.mark.parametrize(
    ("name", "mark"),
    [("harbour", "#Harbour"), ("New York", "#NewYork"), ("co-op", "#CoOp"), ("2026", ""), ("!?", ""), ("B12", "#B12")],
)
def test_hashtags_are_what_networks_take(name: str, mark: str) -> None:
    assert hashtag(name) == mark


def test_the_next_story_is_the_one_that_waits_longest(cast: Any) -> None:
    story, waiting = make_article(), draft(status="ready", headline="Waits")
    draft(status="ready", headline="Came later")
    page = signed_in(cast.editor).get(out_path(story)).content.decode()
    assert reverse("admin:articles_article_change", args=[waiting.pk]) in page
    assert "Came later" not in page
    assert "Waits" not in signed_in(cast.writer).get(out_path(story)).content.decode()


def test_the_page_costs_few_queries(cast: Any, django_assert_max_num_queries: Any) -> None:
    story, client = make_article(), signed_in(cast.editor)
    client.get(out_path(story))
    with django_assert_max_num_queries(9):  # one of them: how often it was read
        client.get(out_path(story))
