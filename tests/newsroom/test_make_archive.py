"""An archive made in two runs is one archive: as the product's own verbs would have left it."""

import io
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from articles.models import Article, Byline, Tagging
from articles.workflow.keeping import derive
from comments.models import Discussion, Reply
from members.models import Grant, Member
from newsroom.demo.archive.people import PATRON_EVERY

pytestmark = pytest.mark.django_db


def make(**sizes: int) -> None:
    """One run."""
    call_command("make_archive", stdout=io.StringIO(), authors=5, tags=9, yes_fill_this_database=True, **sizes)


def lexemes(vector: str) -> set[str]:
    """The words of a search vector, without their places."""
    return {word.partition(":")[0] for word in vector.split()}


def test_archive_is_continued_where_it_stopped_and_tells_nobody(client: Client) -> None:
    make(stories=40, members=25, replies=30)
    first = dict(Article.objects.values_list("legacy_key", "pk"))
    make(stories=90, members=60, replies=110)
    make(stories=90, members=60, replies=110)
    assert (Article.objects.count(), Reply.objects.count(), Member.objects.count()) == (90, 110, 60)
    assert first.items() <= dict(Article.objects.values_list("legacy_key", "pk")).items()
    assert not Article.objects.live(timezone.now()).unannounced().exists()
    assert not mail.outbox
    newest = Article.objects.live(timezone.now()).newest_first()[0]
    assert newest.legacy_key == "archive:000000001"
    assert client.get(newest.get_absolute_url()).status_code == 200


def test_archive_is_as_its_verbs_would_have_left_it() -> None:
    make(stories=20, members=PATRON_EVERY, replies=60)
    story = Article.objects.get(legacy_key="archive:000000001")
    vector = Article.objects.values_list("search", flat=True)
    had, words, teaser = vector.get(pk=story.pk), story.word_count, story.teaser_text
    derive(story)
    assert lexemes(had) == lexemes(vector.get(pk=story.pk))
    assert (story.word_count, story.teaser_text[:300]) == (words, teaser[:300])
    patron = Member.objects.patrons(timezone.now()).get()
    assert Grant.objects.differing(patron) == (set(), set())
    for discussion in Discussion.objects.with_subject().filter(replies__isnull=False).distinct():
        for reply in Reply.objects.of(discussion).filter(reply_to__isnull=False).select_related("reply_to"):
            assert reply.reply_to is not None
            assert reply.path == f"{reply.reply_to.path}{reply.pk:08x}"
    fresh: Any = Reply.objects.order_by("-pk")[0]
    assert Article.objects.create(headline="Next").pk > Article.objects.exclude(headline="Next").latest("pk").pk
    assert fresh.get_absolute_url()


def test_production_is_not_filled_by_a_slip(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="no development database"):
        call_command("make_archive", stories=1)
    assert not Article.objects.exists()


def test_bylines_and_tags_carry_the_time_of_publication_whoever_writes() -> None:
    make(stories=5)
    story = Article.objects.filter(taggings__isnull=False)[0]

    def carried() -> set[Any]:
        rows: list[Any] = [Byline.objects.filter(article=story), Tagging.objects.filter(article=story)]
        return {row.published_at for found in rows for row in found}

    assert carried() == {story.published_at}
    Article.objects.filter(pk=story.pk).update(status=Article.Status.WITHDRAWN)
    assert carried() == {None}
    moved = timezone.now()
    Article.objects.filter(pk=story.pk).update(status=Article.Status.PUBLISHED, published_at=moved)
    assert carried() == {moved}
    byline = story.bylines.all()[0]
    byline.published_at = None
    byline.save()
    story.tags.set([])
    story.tags.create(name="Late", slug="late")
    assert carried() == {moved}
