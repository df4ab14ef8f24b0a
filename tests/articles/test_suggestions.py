"""Suggestions from our own archive, what they leave out, what they cost; and who cites a story."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import related
from articles.links.suggestions import suggestions, telling_words
from articles.models import Article, RelatedLink, Series, Tag
from articles.related import RelatedError, citing, link_story
from members.models import AuditEntry
from tests.articles.test_desk import draft, signed_in
from tests.factories import make_article

pytestmark = pytest.mark.django_db
FERRY = "<p>The ferry to Skarsey sails past the old lighthouse, and the harbour board pays for the ferry.</p>"
BUDGET = "<p>The municipal budget raises taxes on parking, and the treasurer defends the taxes.</p>"


def ferry(headline: str = "The Skarsey ferry sails on", **fields: Any) -> Article:
    return make_article(headline=headline, full_text=FERRY, **fields)


def budget(headline: str = "Nine questions about the budget", **fields: Any) -> Article:
    return make_article(headline=headline, full_text=BUDGET, **fields)


@pytest.fixture
def story(now: datetime) -> Article:
    """A draft about the ferry."""
    return draft(headline="Who pays for the Skarsey ferry", full_text=FERRY)


def test_what_is_about_the_same_is_suggested_and_nothing_else(story: Article, now: datetime) -> None:
    near = ferry()
    budget()
    assert suggestions(story, now=now) == [near]


def test_what_was_filed_together_comes_first(story: Article, now: datetime) -> None:
    plain = ferry(published_at=now - timedelta(hours=1))
    tagged = ferry(published_at=now - timedelta(days=300))
    tag = Tag.objects.create(name="Ferries", slug="ferries")
    for one in (story, tagged):
        one.tags.add(tag)
    series = Series.objects.create(name="Islands", slug="islands")
    serial = ferry(series=series, published_at=now - timedelta(days=600))
    serial.tags.add(tag)
    story.series = series
    found = suggestions(story, now=now)
    assert found == [serial, tagged, plain]
    assert [(one.shared_tags, one.is_same_series) for one in found] == [(1, True), (1, False), (0, False)]  # type: ignore[attr-defined]  # annotated


def test_neither_itself_nor_what_it_links_nor_what_is_not_out(story: Article, now: datetime) -> None:
    ferry(status="draft", live_from=None)
    ferry(live_from=now + timedelta(hours=1))
    ferry(status="withdrawn")
    in_text, chosen, near = ferry(), ferry(), ferry()
    RelatedLink.objects.create(article=story, story=in_text, in_body=True)
    RelatedLink.objects.create(article=story, story=chosen)
    assert suggestions(story, now=now) == [near]
    near_itself = suggestions(near, now=now)
    assert near not in near_itself
    assert story not in near_itself


def test_only_in_its_own_language(story: Article, now: datetime, settings: Any) -> None:
    english = ferry(language=settings.LANGUAGE_CODE)
    german = ferry(language="de")
    assert suggestions(story, now=now) == [english]
    assert suggestions(ferry(language="de"), now=now) == [german]


def test_a_story_without_words_asks_once_and_gets_nothing(now: datetime) -> None:
    story = draft(headline="12", standfirst="", full_text="")
    with CaptureQueriesContext(connection) as queries:
        assert suggestions(story, now=now) == []
    assert len(queries) == 1


def test_words_that_most_stories_say_tell_nothing(story: Article) -> None:
    for number in range(30):
        make_article(headline=f"Something else {number}", full_text="<p>The harbour again.</p>")
    assert "harbour" in telling_words(story)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE articles_article")
    words = telling_words(story)
    assert "harbour" not in words
    assert "skarsey" in words


def test_quotes_and_operators_in_a_text_are_words_like_any(now: datetime) -> None:
    story = draft(headline="O'Brien & the | 'ferry' :* <-> \\ !", full_text=FERRY)
    near = ferry()
    assert near in suggestions(story, now=now)


def page(story: Article) -> str:
    return reverse("admin:articles_article_suggestions", args=[story.pk])


def test_one_press_adds_the_story_last(story: Article, cast: Any, now: datetime) -> None:
    RelatedLink.objects.create(article=story, url="https://example.org/", position=4)
    near, editor = ferry(), signed_in(cast.editor)
    assert near.headline in editor.get(page(story)).content.decode()
    answer = editor.post(page(story), {"story": near.pk})
    assert answer.status_code == 303
    assert answer["Location"].endswith(f"/{story.pk}/change/#suggestions")
    link = RelatedLink.objects.get(story=near)
    assert (link.article, link.position, link.in_body) == (story, 5, False)
    again = editor.post(page(story), {"story": near.pk}, headers={"X-Fragment": "1"})
    assert RelatedLink.objects.filter(story=near).count() == 1
    assert "stands under Related now" in again.content.decode()
    assert "Add to Related" not in again.content.decode()
    assert AuditEntry.objects.filter(verb="story.relate").count() == 1


def test_a_link_added_to_a_live_story_is_on_its_page_and_its_pages_fall(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, near = ferry("First"), ferry("Second")
    fallen: list[str] = []
    monkeypatch.setattr(related, "purge", lambda *keys: fallen.extend(keys))
    link_story(story, near, by=cast.editor)
    assert f"article-{story.pk}" in fallen
    assert near.headline in signed_in(cast.member).get(story.get_absolute_url()).content.decode()


def test_a_story_is_not_related_to_itself(story: Article, cast: Any) -> None:
    with pytest.raises(RelatedError):
        link_story(story, story, by=cast.editor)
    assert signed_in(cast.editor).post(page(story), {"story": story.pk}).status_code == 303
    assert not RelatedLink.objects.exists()


def test_adding_asks_for_the_right_to_change(cast: Any) -> None:
    story, near = ferry("First"), ferry("Second")
    assert signed_in(cast.writer).post(page(story), {"story": near.pk}).status_code == 403
    assert signed_in(cast.moderator).get(page(story)).status_code == 403
    for key in ("", "x", "9" * 30, str(near.pk + 999)):
        assert signed_in(cast.editor).post(page(story), {"story": key}).status_code == 404
    assert not RelatedLink.objects.exists()


def test_who_cites_it_in_text_or_as_related_live_or_not(story: Article, cast: Any) -> None:
    told = ferry()
    live = budget()
    RelatedLink.objects.create(article=story, story=told, in_body=True)
    RelatedLink.objects.create(article=story, story=told)
    RelatedLink.objects.create(article=live, story=told)
    assert {(link.article, link.in_body) for link in citing(told, among=Article.objects.all())} == {
        (story, True),
        (live, False),
    }
    said = signed_in(cast.editor).get(page(told)).content.decode()
    assert "Cited by" in said
    assert story.headline in said
    assert "Cited by" not in signed_in(cast.editor).get(page(live)).content.decode()


def test_the_fragment_costs_four_queries_and_the_form_none(story: Article, cast: Any) -> None:
    near = ferry()
    RelatedLink.objects.create(article=near, story=story)
    client = signed_in(cast.editor)
    client.get(page(story), headers={"X-Fragment": "1"})
    with CaptureQueriesContext(connection) as queries:
        client.get(page(story), headers={"X-Fragment": "1"})
    own = [query["sql"] for query in queries if "django_session" not in query["sql"]]
    own = [sql for sql in own if 'FROM "members_member"' not in sql and "auth_permission" not in sql]
    assert len(own) == 4, "\n".join(sql[:150] for sql in own)
    assert len(queries) <= 12
