"""A story's way from draft to readers and back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles import jobs, publishing
from articles.models import Article, Byline, RelatedLink, Revision
from articles.publishing import PublishError
from members.models import AuditEntry, Issue, Letter
from tests.factories import AuthorFactory, Cast, SectionFactory, TierFactory, make_article

pytestmark = pytest.mark.django_db
TEXT = "<p>One.</p><p>Two.</p><p>Three.</p>"
HOUR = timedelta(hours=1)


def draft(**fields: Any) -> Article:
    """A story nobody has seen."""
    story = Article(**{"headline": "The quay is sinking", "full_text": TEXT, "section": SectionFactory(), **fields})
    publishing.save_draft(story, by=None, now=datetime.now().astimezone())
    return story


def purged(run: Any) -> set[str]:
    """The keys that `run` named as stale."""
    with CaptureQueriesContext(connection) as queries:
        run()
    told = [query["sql"] for query in queries if "pg_notify" in query["sql"]]
    return {key for sql in told for key in sql.split("'")[3].split()}


def test_publishing_freezes_the_address_and_keeps_revision_and_record(now: datetime, cast: Cast) -> None:
    story = draft()
    publishing.publish(story, by=cast.editor, now=now)
    story.refresh_from_db()
    assert story.get_absolute_url() == "/2026/11/03/the-quay-is-sinking/"
    assert story.is_live(now)
    assert list(Revision.objects.order_by("pk").values_list("verb", flat=True)) == ["save", "publish"]
    assert AuditEntry.objects.filter(verb="story.publish", by=cast.editor, subject_id=str(story.pk)).count() == 1


def test_second_story_of_the_day_with_this_slug_gets_a_number(now: datetime) -> None:
    for _ in range(3):
        publishing.publish(draft(), by=None, now=now)
    assert set(Article.objects.values_list("slug", flat=True)) == {
        "the-quay-is-sinking",
        "the-quay-is-sinking-2",
        "the-quay-is-sinking-3",
    }


def test_slug_is_made_in_the_headlines_own_script(now: datetime) -> None:
    story = draft(headline="Порт чекає на весну")
    publishing.publish(story, by=None, now=now)
    assert story.slug == "порт-чекає-на-весну"


def test_address_follows_the_sites_day_not_utc(now: datetime) -> None:
    late = datetime.fromisoformat("2026-11-03T23:30:00+00:00")  # already the 4th in Copenhagen
    story = draft()
    publishing.publish(story, by=None, now=late)
    assert str(story.published_on) == "2026-11-04"


def test_of_two_editors_who_publish_one_wins(now: datetime) -> None:
    story = draft()
    same = Article.objects.get(pk=story.pk)
    publishing.publish(story, by=None, now=now)
    with pytest.raises(PublishError):
        publishing.publish(same, by=None, now=now)


def test_scheduled_story_waits_and_moves_without_freezing_its_date(now: datetime) -> None:
    story = draft()
    publishing.schedule(story, at=now + HOUR, by=None, now=now)
    assert not story.is_live(now)
    assert story.is_live(now + HOUR)
    publishing.schedule(story, at=now + timedelta(days=2), by=None, now=now)
    assert str(story.published_on) == "2026-11-05"
    assert story.announced_at is None


def test_nothing_is_scheduled_for_the_past(now: datetime) -> None:
    with pytest.raises(PublishError):
        publishing.schedule(draft(), at=now, by=None, now=now)


def test_embargo_holds_a_published_story_back(now: datetime) -> None:
    story = draft(embargo_until=now + HOUR)
    publishing.publish(story, by=None, now=now)
    assert story.live_from == now + HOUR
    assert not Article.objects.live(now).exists()
    assert Article.objects.live(now + HOUR).exists()


def test_scheduled_story_can_be_taken_back_but_a_live_one_cannot(now: datetime) -> None:
    story = draft()
    publishing.schedule(story, at=now + HOUR, by=None, now=now)
    publishing.unschedule(story, by=None, now=now)
    assert story.status == Article.Status.READY
    assert story.published_on is None
    publishing.publish(story, by=None, now=now)
    with pytest.raises(PublishError):
        publishing.unschedule(story, by=None, now=now)


def test_only_a_draft_is_handed_in(now: datetime) -> None:
    story = draft()
    publishing.submit(story, by=None, now=now)
    assert story.status == Article.Status.READY
    with pytest.raises(PublishError):
        publishing.submit(story, by=None, now=now)


@pytest.mark.parametrize("fields", [{"headline": " "}, {"full_text": ""}, {"full_text": "<p> </p>"}])
def test_story_without_headline_or_text_does_not_go_out(fields: dict[str, str], now: datetime) -> None:
    story = draft()
    for name, value in fields.items():
        setattr(story, name, value)
    with pytest.raises(PublishError):
        publishing.publish(story, by=None, now=now)
    assert not Article.objects.live(now).exists()


def test_minimum_tier_is_only_for_patrons_stories_and_an_offered_tier(now: datetime) -> None:
    tier = TierFactory(slug="keeper", rank=2)
    story = draft()
    story.minimum_tier = tier
    with pytest.raises(PublishError):
        publishing.save_draft(story, by=None, now=now)
    story.audience = "patrons"
    publishing.save_draft(story, by=None, now=now)
    tier.is_active = False
    with pytest.raises(PublishError):
        publishing.publish(story, by=None, now=now)


def test_withdrawn_story_is_gone_until_restored_at_the_same_address(now: datetime, cast: Cast) -> None:
    story = make_article()
    address = story.get_absolute_url()
    with pytest.raises(PublishError):
        publishing.withdraw(story, reason=" ", by=cast.editor, now=now)
    publishing.withdraw(story, reason="The document was forged.", by=cast.editor, now=now)
    assert not Article.objects.live(now).exists()
    with pytest.raises(PublishError):
        publishing.withdraw(story, reason="Again.", by=cast.editor, now=now)
    publishing.restore(story, by=cast.editor, now=now)
    story.refresh_from_db()
    assert story.is_live(now)
    assert story.get_absolute_url() == address
    with pytest.raises(PublishError):
        publishing.restore(story, by=cast.editor, now=now)


def test_correction_is_silent_and_stamps_only_when_asked(now: datetime) -> None:
    Letter.objects.create(slug="daily", name="Daily", sends_new_stories=True)
    story = make_article()
    announced = story.announced_at
    story.full_text = "<p>Put right.</p><p>Two.</p><p>Three.</p>"
    publishing.correct(story, by=None, now=now, stamp=False)
    story.refresh_from_db()
    assert story.updated_at is None
    assert story.teaser_text == "Put right. Two."
    assert story.announced_at == announced
    assert not Issue.objects.exists()
    publishing.correct(story, by=None, now=now, stamp=True)
    assert story.updated_at == now


def test_draft_is_not_corrected(now: datetime) -> None:
    with pytest.raises(PublishError):
        publishing.correct(draft(), by=None, now=now, stamp=False)


def test_saving_an_old_copy_neither_unpublishes_nor_announces_again(now: datetime) -> None:
    story = draft()
    stale = Article.objects.get(pk=story.pk)
    publishing.publish(story, by=None, now=now)
    publishing.save_draft(stale, by=None, now=now)
    story.refresh_from_db()
    assert story.is_live(now)
    assert story.announced_at == now


def test_every_verb_names_the_keys_of_the_version_before(now: datetime) -> None:
    story = draft()
    publishing.publish(story, by=None, now=now)
    old = story.section_id
    story.section = SectionFactory(slug="harbour")
    keys = purged(lambda: publishing.correct(story, by=None, now=now, stamp=False))
    assert {f"article-{story.pk}", f"section-{old}", f"section-{story.section_id}", "front", "feed"} <= keys


def test_keys_name_authors_and_tags(now: datetime) -> None:
    story = make_article()
    author = AuthorFactory()
    Byline.objects.create(article=story, author=author)
    tag = story.tags.create(name="Quay", slug="quay")
    assert {f"author-{author.pk}", f"tag-{tag.pk}"} <= set(story.cache_keys())


def test_announcing_happens_once_and_makes_one_issue(now: datetime) -> None:
    Letter.objects.create(slug="daily", name="Daily", sends_new_stories=True)
    Letter.objects.create(slug="weekly", name="Weekly")
    story = make_article(audience="patrons", announced_at=None)
    assert publishing.announce(story, now=now)
    assert not publishing.announce(story, now=now)
    issue = Issue.objects.get()
    assert issue.subject == story.headline
    assert "only some" not in str(issue.content)
    assert "everybody may read" in issue.content["stories"][0]["teaser_html"]


def test_old_story_is_claimed_silently(now: datetime) -> None:
    Letter.objects.create(slug="daily", name="Daily", sends_new_stories=True)
    story = make_article(announced_at=None, published_at=now - timedelta(hours=25))
    assert publishing.announce(story, now=now)
    assert not Issue.objects.exists()


def test_what_is_not_live_is_not_announced(now: datetime) -> None:
    story = draft()
    publishing.schedule(story, at=now + HOUR, by=None, now=now)
    assert not publishing.announce(story, now=now)


def test_job_announces_what_became_live_and_running_twice_changes_nothing(now: datetime) -> None:
    Letter.objects.create(slug="daily", name="Daily", sends_new_stories=True)
    story = draft()
    publishing.schedule(story, at=now + HOUR, by=None, now=now)
    jobs.announce_due(timestamp=0)
    assert not Issue.objects.exists()
    with time_machine.travel(now + HOUR, tick=False):
        jobs.announce_due(timestamp=0)
        jobs.announce_due(timestamp=0)
    assert Issue.objects.count() == 1


def test_deriving_finds_pictures_links_and_words(now: datetime) -> None:
    other = make_article()
    story = make_article(
        full_text=f'<p>One two.</p><aside data-read-also="{other.pk}"></aside>'
        '<aside data-read-also="999"></aside><p>3</p>'
    )
    RelatedLink.objects.create(article=story, url="https://example.org/a")
    publishing.derive(story)
    assert story.word_count == 3
    assert list(story.related_links.filter(in_body=True).values_list("story_id", flat=True)) == [other.pk]
    story.full_text = "<p>No inset any more.</p>"
    publishing.derive(story)
    assert not story.related_links.filter(in_body=True).exists()
    assert story.related_links.count() == 1


@pytest.mark.parametrize(("language", "query", "found"), [("de", "häuser", True), ("uk", "будинок", True)])
def test_search_vector_is_in_the_storys_language(language: str, query: str, found: bool, now: datetime) -> None:
    from django.contrib.postgres.search import SearchQuery

    make_article(language=language, headline="Das Haus", full_text="<p>будинок</p>")
    config = publishing.search_config(language)
    assert Article.objects.filter(search=SearchQuery(query, config=config)).exists() is found


def test_text_is_sanitised_before_anything_is_derived(now: datetime) -> None:
    story = make_article(full_text="<p>Good.</p><script>alert(1)</script><p onclick=x>Also.</p>")
    assert "script" not in story.full_text
    assert "alert" not in story.teaser_text
    assert "onclick" not in story.teaser
