"""Series: parts in order on the desk, on their page, under each story and in their feed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.arranging import number_parts, odd_parts
from articles.models import Article, Series
from members.models import AuditEntry
from tests.factories import Cast, SectionFactory, make_article

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(now: datetime) -> Series:
    """Three live parts and one still to come, the second of them."""
    made = Series.objects.create(name="Under water", slug="under-water")
    section = SectionFactory()
    for part, name in ((1, "First"), (3, "Third"), (4, "Fourth")):
        make_article(headline=name, slug=name.lower(), series=made, series_part=part, section=section)
    soon = now + timedelta(hours=1)
    make_article(headline="Still to come", series=made, series_part=2, published_at=soon, live_from=soon)
    return made


def parts(series: Series) -> dict[str, Article]:
    return {story.headline: story for story in series.articles.all()}


def as_(member: Any) -> Client:
    client = Client()
    client.force_login(member)
    return client


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ([1, 2, 3], ""),
        ([], ""),
        ([None, None], ""),
        ([1, 2, 2], "Given twice: part 2."),
        ([1, 4], "Missing: part 2, 3."),
        ([1, None], "1 without a number: they come last."),
    ],
)
def test_gaps_doubles_and_parts_without_a_number_are_said(numbers: list[int | None], says: str) -> None:
    assert " ".join(odd_parts(numbers)) == says


def test_the_public_page_says_part_n_of_m_and_hides_what_is_to_come(series: Series) -> None:
    page = Client().get("/series/under-water/").content.decode()
    for shown in ("Part 1 of 4", "Part 3 of 4", "Part 4 of 4", "/series/under-water/feed/"):
        assert shown in page
    assert "Still to come" not in page


def test_a_part_leads_to_the_part_before_and_after_it(series: Series) -> None:
    page = Client().get(parts(series)["Third"].get_absolute_url()).content.decode()
    assert "part 3 of 4" in page
    assert 'rel="prev"><small>Previous part</small> First' in page
    assert 'rel="next"><small>Next part</small> Fourth' in page
    first = Client().get(parts(series)["First"].get_absolute_url()).content.decode()
    assert 'rel="prev"' not in first


def test_the_feed_of_a_series_holds_its_live_parts_alone(series: Series) -> None:
    make_article(headline="Something else")
    answer = Client().get("/series/under-water/feed/")
    assert answer.headers["Content-Type"].startswith("application/rss+xml")
    feed = answer.content.decode()
    assert feed.count("<item>") == 3
    assert "Still to come" not in feed
    assert "Something else" not in feed
    assert Client().get("/series/nothing/feed/").status_code == 404


def test_the_desk_numbers_parts_warns_and_writes_it_down(series: Series, cast: Cast) -> None:
    found, client = parts(series), as_(cast.editor)
    page = client.get(reverse("admin:articles_series_change", args=[series.pk])).content.decode()
    assert "Still to come" in page
    post = {
        f"part-{found['Third'].pk}": "2",
        f"part-{found['Fourth'].pk}": "nonsense",
        "part-x": "9",
        "part-999999": "1",
    }
    address = reverse("admin:articles_series_parts", args=[series.pk])
    assert client.post(address, post).status_code == 303
    after = {name: story.series_part for name, story in parts(series).items()}
    assert after == {"First": 1, "Third": 2, "Fourth": None, "Still to come": 2}
    warned = client.get(reverse("admin:articles_series_change", args=[series.pk])).content.decode()
    assert "Given twice: part 2." in warned
    assert AuditEntry.objects.get(verb="series.order").changes == {"Third": [3, 2], "Fourth": [4, None]}


def test_numbering_asks_for_a_post_and_the_right_and_touches_no_other_series(series: Series, cast: Cast) -> None:
    address = reverse("admin:articles_series_parts", args=[series.pk])
    stranger = make_article(series=Series.objects.create(name="Other", slug="other"), series_part=1)
    assert as_(cast.editor).get(address).status_code == 405
    assert as_(cast.writer).post(address, {f"part-{stranger.pk}": "5"}).status_code == 403
    number_parts(series, {stranger.pk: 5}, by=cast.editor)
    stranger.refresh_from_db()
    assert stranger.series_part == 1


def test_the_desks_page_of_a_series_costs_at_most_twelve_queries(series: Series, cast: Cast) -> None:
    client = as_(cast.editor)
    address = reverse("admin:articles_series_change", args=[series.pk])
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    assert len(queries) <= 12, "\n".join(query["sql"][:200] for query in queries)
