"""The checklist: what refuses publication, what only advises, and where it is shown."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from articles import publishing
from articles.models import Article, Byline, OutgoingLink, Picture, StoryNote
from articles.publishing import PublishError
from articles.workflow import reviewing
from articles.workflow.checklist import Finding, findings
from members.models import SiteRules
from tests.articles.test_desk import draft, signed_in, trust_furniture
from tests.factories import AuthorFactory, Cast, SectionFactory, TierFactory, make_article

pytestmark = pytest.mark.django_db
SIZE = {"width": 1200, "height": 800}


@pytest.fixture
def whole(now: datetime) -> Article:
    """A draft of which nothing is missing."""
    picture = Picture.objects.create(alt="A quay at dusk", file="pictures/quay.jpg", **SIZE)
    inside = Picture.objects.create(key="inside", alt="A crane", file="pictures/crane.jpg", **SIZE)
    text = f'<p>One.</p><p>Two.</p><figure data-picture="{inside.key}"></figure>'
    story = draft(headline="The quay", full_text=text, lead_picture=picture, section=SectionFactory())
    Byline.objects.create(article=story, author=AuthorFactory())
    return story


def found(story: Article, now: datetime, **rules: Any) -> dict[str, Finding]:
    """The findings by code."""
    return {finding.code: finding for finding in findings(story, rules=SiteRules(pk=1, **rules), now=now)}


def test_a_whole_story_has_nothing_to_be_told(whole: Article, now: datetime) -> None:
    assert not found(whole, now, review_step=False, legal_step=False)
    publishing.publish(whole, by=None, now=now)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"headline": " "}, "headline", "headline"),
        ({"full_text": "<p> </p>"}, "text", "full_text"),
    ],
)
def test_a_story_without_words_does_not_go_out(
    changes: dict[str, str], code: str, field: str, whole: Article, now: datetime
) -> None:
    for name, value in changes.items():
        setattr(whole, name, value)
    finding = found(whole, now)[code]
    assert (finding.is_hard, finding.field) == (True, field)
    with pytest.raises(PublishError, match=r"headline|Write the story"):
        publishing.publish(whole, by=None, now=now)


@pytest.mark.parametrize("alt", ["", "  ", "IMG_2024.JPG", "quay at night.jpeg", "dsc0012", "Screenshot_2026-11-03"])
@pytest.mark.parametrize("key", ["lead", "inside"])
def test_every_picture_shown_needs_words_that_are_no_file_name(
    alt: str, key: str, whole: Article, now: datetime
) -> None:
    silent = whole.lead_picture if key == "lead" else Picture.objects.get(key="inside")
    assert silent is not None
    silent.alt = alt
    silent.save()
    assert found(whole, now)["alt"].field == ("lead_picture" if key == "lead" else "full_text")
    assert list(Article.objects.without_alt()) == [whole]
    with pytest.raises(PublishError, match="alternative text"):
        publishing.publish(whole, by=None, now=now)
    silent.alt = "Screenshots of three ships"
    silent.save()
    assert not Article.objects.without_alt().exists()
    publishing.publish(whole, by=None, now=now)


def test_an_old_story_without_alternative_text_can_still_be_corrected(now: datetime) -> None:
    story = make_article(lead_picture=Picture.objects.create(file="pictures/old.jpg", **SIZE))
    story.headline = "Put right"
    publishing.correct(story, by=None, now=now, stamp=False)
    assert Article.objects.get().headline == "Put right"


@pytest.mark.parametrize(("days", "hard"), [(-1, True), (0, False), (7, False), (8, None)])
def test_rights_that_ended_refuse_and_those_about_to_end_warn(
    days: int, hard: bool | None, whole: Article, now: datetime
) -> None:
    Picture.objects.filter(key="inside").update(rights_until=now.date() + timedelta(days=days))
    finding = found(whole, now).get("rights")
    assert (finding.is_hard if finding else None) is hard


def test_a_blocking_note_holds_it_until_it_is_resolved(whole: Article, now: datetime, cast: Cast) -> None:
    StoryNote.objects.create(article=whole, by=cast.editor, text="Who says so?")
    assert "note" not in found(whole, now)
    note = StoryNote.objects.create(article=whole, by=cast.editor, text="Who says so?", blocks=True)
    with pytest.raises(PublishError, match="note that blocks"):
        publishing.publish(whole, by=None, now=now)
    StoryNote.objects.filter(pk=note.pk).update(resolved_at=now)
    publishing.publish(whole, by=None, now=now)


def test_a_tier_nobody_can_join_refuses(whole: Article, now: datetime) -> None:
    whole.audience, whole.minimum_tier = "patrons", TierFactory(slug="gone", rank=4, is_active=False)
    assert found(whole, now)["tier"].is_hard


def test_advice_never_refuses(whole: Article, now: datetime) -> None:
    whole.standfirst, whole.section, whole.headline = "", None, "Long " * 30
    whole.embargo_until = now + timedelta(hours=5)
    whole.bylines.all().delete()
    OutgoingLink.objects.create(article=whole, url="https://example.org/dead", failing_since=now)
    OutgoingLink.objects.create(article=whole, url="https://example.org/fine")
    said = found(whole, now)
    assert set(said) == {"standfirst", "section", "length", "embargo", "byline", "links"}
    assert not any(finding.is_hard for finding in said.values())
    assert "3 November 2026, 18:00" in said["embargo"].message  # five hours on, in Copenhagen
    assert "example.org/dead" in said["links"].message
    assert "fine" not in said["links"].message
    publishing.publish(whole, by=None, now=now)


def test_a_search_headline_may_be_long_only_so_far(whole: Article, now: datetime) -> None:
    whole.search_headline = "x" * 66
    assert found(whole, now)["length"].field == "search_headline"
    whole.headline, whole.search_headline = "Long " * 30, "Short"
    assert "length" not in found(whole, now)


def test_steps_that_are_off_cost_no_finding(whole: Article, now: datetime) -> None:
    whole.legal_flag = True
    assert not found(whole, now)
    assert set(found(whole, now, review_step=True, legal_step=True)) == {"review", "legal"}


def test_the_checklist_costs_one_query(whole: Article, now: datetime, django_assert_num_queries: Any) -> None:
    story = Article.objects.select_related("lead_picture", "minimum_tier").get(pk=whole.pk)
    with django_assert_num_queries(1):
        findings(story, rules=SiteRules(pk=1), now=now)
    with django_assert_num_queries(0):
        assert found(Article(headline="New"), now)["text"].is_hard


def test_a_refusal_names_everything_that_is_missing_at_once(whole: Article, now: datetime) -> None:
    SiteRules.objects.create(pk=1, review_step=True)
    Picture.objects.update(alt="")
    with pytest.raises(PublishError) as refused:
        publishing.publish(whole, by=None, now=now)
    assert "The lead picture has no alternative text" in str(refused.value)
    assert "crane.jpg" in str(refused.value)
    assert "second person" in str(refused.value)


def test_the_form_lists_what_is_missing_with_links_to_the_fields(whole: Article, cast: Cast) -> None:
    Picture.objects.update(alt="")
    page = signed_in(cast.editor).get(reverse("admin:articles_article_change", args=[whole.pk])).content.decode()
    assert "Before it goes out" in page
    assert 'href="#id_lead_picture"' in page
    Picture.objects.update(alt="A quay")
    page = signed_in(cast.editor).get(reverse("admin:articles_article_change", args=[whole.pk])).content.decode()
    assert "Before it goes out" not in page
    assert "Worth a look" not in page  # no heading over nothing


def test_the_list_says_what_each_story_still_needs(whole: Article, cast: Cast) -> None:
    trust_furniture()
    Picture.objects.update(alt="")
    StoryNote.objects.create(article=whole, by=cast.editor, text="Who says so?", blocks=True)
    page = signed_in(cast.editor).get(reverse("admin:articles_article_changelist")).content.decode()
    assert "alternative text, an answer to a note" in page


def test_a_scheduled_story_is_held_to_the_list_when_it_is_changed(whole: Article, now: datetime, cast: Cast) -> None:
    at = now + timedelta(hours=1)
    publishing.schedule(whole, at=at, by=cast.editor, now=now)
    Picture.objects.filter(key="inside").update(alt="")
    with pytest.raises(PublishError, match="alternative text"):
        publishing.correct(whole, by=cast.editor, now=now, stamp=False)
    assert Article.objects.scheduled(now).exists()
    Picture.objects.filter(key="inside").update(alt="A crane")
    publishing.correct(whole, by=cast.editor, now=now, stamp=False)
    assert Article.objects.get().live_from == at


def test_nobody_reviews_what_is_not_asked_for(whole: Article, now: datetime, cast: Cast) -> None:
    with pytest.raises(PublishError, match="Nobody flagged"):
        reviewing.clear(whole, by=cast.publisher, now=now)
