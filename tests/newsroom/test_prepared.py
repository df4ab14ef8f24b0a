"""A prepared query brings what the queryset itself would bring, whatever its words, for every thread its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections, models
from django.db.models import BigIntegerField, DateField, DateTimeField, F, TextField
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Byline, Correction, Picture, RelatedLink, Series
from newsroom.prepared import Prepared, Slot
from tests.factories import AuthorFactory, make_article

DAY = date(2026, 11, 3)
Words = Callable[[Any], "models.QuerySet[Any]"]


@pytest.fixture
def paper(db: None) -> Article:
    """A story with everything, one with nothing beside its text, and links between them."""
    face = Picture.objects.create(key="face", file="pictures/face.jpg", width=10, height=10)
    story = make_article(slug="full", published_on=DAY, lead_picture=face, series=Series.objects.create(name="S"))
    bare = make_article(slug="bare", published_on=DAY, section=None)
    Byline.objects.create(article=story, author=AuthorFactory(portrait=face), role="Text", position=1)
    Byline.objects.create(article=story, author=AuthorFactory(), position=0)
    RelatedLink.objects.create(article=story, story=bare, position=1)
    RelatedLink.objects.create(article=story, url="https://example.org/", position=0)
    story.tags.create(name="Harbour", slug="harbour")
    Correction.objects.create(article=story, text="It was 2006.")
    return story


def at_address(slug: Any) -> "models.QuerySet[Article]":
    return Article.objects.filter(published_on=DAY, slug=slug)


WORDS: dict[str, tuple[Words, Any, Any]] = {
    "for_reading": (lambda slug: at_address(slug).for_reading(), TextField(), "full"),
    "for_reading, relations that are not there": (lambda slug: at_address(slug).for_reading(), TextField(), "bare"),
    "without_text": (lambda slug: at_address(slug).without_text(), TextField(), "full"),
    "for_lists, with its prefetch": (lambda slug: at_address(slug).for_lists(), TextField(), "full"),
    "nothing there": (lambda slug: at_address(slug).for_reading(), TextField(), "missing"),
    "a quote in a value": (lambda slug: at_address(slug).for_reading(), TextField(), "it's 100 %s"),
    "live": (lambda now: Article.objects.live(now).newest_first(), DateTimeField(), timezone.now()),
    "live long ago": (lambda now: Article.objects.live(now), DateTimeField(), timezone.now() - timedelta(days=900)),
    "a day": (lambda day: Article.objects.filter(published_on=day).order_by("pk"), DateField(), DAY),
    "only, ordered by an expression": (
        lambda slug: at_address(slug).only("headline").order_by(F("series_part").asc(nulls_last=True)),
        TextField(),
        "full",
    ),
}


def plain(value: Any, depth: int = 4) -> Any:
    """An instance with all that was loaded of it, relations too, as values that can be compared."""
    if isinstance(value, models.Model):
        if not depth:
            return value.pk
        loaded = {name: plain(held, depth - 1) for name, held in vars(value).items() if name != "_state"}
        related = {name: plain(held, depth - 1) for name, held in value._state.fields_cache.items()}
        return type(value), loaded, related, value._state.db, value._state.adding
    if isinstance(value, models.QuerySet | list):
        return [plain(one, depth) for one in value]
    if isinstance(value, dict):
        return {name: plain(one, depth) for name, one in value.items()}
    return value


@pytest.mark.parametrize("name", WORDS)
def test_it_brings_what_the_queryset_brings(name: str, paper: Article) -> None:
    words, kind, value = WORDS[name]
    prepared: Prepared[Article] = Prepared(lambda: words(Slot("value", kind)))
    for _run in range(2):
        with CaptureQueriesContext(connection) as asked:
            found = prepared.rows(value=value)
        with CaptureQueriesContext(connection) as wanted:
            said = plain(words(value))
        assert plain(found) == said
        assert len(asked) == len(wanted)


def test_rows_that_belong_to_a_story(paper: Article) -> None:
    links: Prepared[RelatedLink] = Prepared(
        lambda: (
            RelatedLink.objects.with_targets().filter(article=Slot("article", BigIntegerField())).order_by("position")
        )
    )
    found = links.rows(article=paper.pk)
    assert plain(found) == plain(RelatedLink.objects.with_targets().filter(article=paper).order_by("position"))
    assert [link.story and link.story.slug for link in found] == [None, "bare"]
    assert links.rows(article=found[1].story_id) == []


def test_a_parameter_that_is_missing_or_none_is_refused(paper: Article) -> None:
    prepared: Prepared[Article] = Prepared(lambda: at_address(Slot("slug", TextField())))
    for values in ({}, {"slug": None}, {"other": "full"}):
        with pytest.raises(TypeError, match="slug"):
            prepared.rows(**values)


def test_the_instances_of_two_runs_are_different_ones(paper: Article) -> None:
    prepared: Prepared[Article] = Prepared(lambda: at_address(Slot("slug", TextField())).for_reading())
    first, second = prepared.rows(slug="full")[0], prepared.rows(slug="full")[0]
    first.headline = "Changed"
    assert second.headline != "Changed"
    assert first.lead_picture is not second.lead_picture


@pytest.mark.django_db(transaction=True)
def test_threads_have_their_own_connection_and_parameters() -> None:
    slugs = [f"story-{number}" for number in range(6)]
    for slug in slugs:
        make_article(slug=slug, published_on=DAY)
    prepared: Prepared[Article] = Prepared(lambda: at_address(Slot("slug", TextField())).for_reading())

    def ask(slug: str) -> set[str]:
        try:
            return {prepared.rows(slug=slug)[0].slug for _turn in range(30)}
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(ask, slugs)) == [{slug} for slug in slugs]


def test_each_database_has_its_own_text(paper: Article, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: Prepared[Article] = Prepared(lambda: at_address(Slot("slug", TextField())))
    assert prepared.rows(slug="full")[0]._state.db == "default"
    monkeypatch.setitem(connections.settings, "replica", connections.settings["default"])
    connections["replica"] = connection  # the same rows by another name
    try:
        prepared._queryset._db = "replica"  # type: ignore[attr-defined]  # as a router would have it
        assert prepared.rows(slug="full")[0]._state.db == "replica"
    finally:
        del connections["replica"]
