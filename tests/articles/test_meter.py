"""Continuing a metered story: counting, not counting twice, and the walls when nothing is left."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from articles.models import Article
from members.meter import COOKIE, FRESH_METERS_PER_DAY, Meter
from members.models import MeteredView, SiteRules
from tests.factories import Cast, make_article

pytestmark = pytest.mark.django_db
KEPT = "What only some may read."
OURS = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture(autouse=True)
def _limits(db: None, now: datetime) -> None:
    SiteRules.objects.update_or_create(pk=1, defaults={"meter_limit": 2, "meter_limit_members": 3})


def go_on(client: Client, story: Article, **headers: Any) -> str:
    """Press *Continue reading* and follow to what comes."""
    path = f"{story.get_absolute_url()}rest/"
    answer = client.post(path, **{**OURS, **headers})
    assert answer.status_code == 303
    assert answer["Location"] == f"{path}#continue"
    return client.get(path).content.decode()


def test_reader_continues_until_the_meter_is_spent_and_may_read_again(client: Client) -> None:
    first, second, third = (make_article("metered") for _ in range(3))
    assert KEPT in go_on(client, first)
    assert KEPT in go_on(client, second)
    wall = go_on(client, third)
    assert KEPT not in wall
    assert "You have read your 2 free stories of November" in wall
    assert "1 more is free with an account" in wall
    assert "The count starts anew on 1 December" in wall
    assert KEPT in go_on(client, first)


def test_get_and_head_never_count(client: Client, cast: Cast) -> None:
    story = make_article("metered")
    for member in (None, cast.member):
        if member:
            client.force_login(member)
        for path in (story.get_absolute_url(), f"{story.get_absolute_url()}rest/"):
            assert KEPT not in client.get(path).content.decode()
            client.head(path)
            client.get(path, headers={"X-Fragment": "1"})
    assert COOKIE not in client.cookies
    assert not MeteredView.objects.exists()


@pytest.mark.parametrize(
    "headers", [{"HTTP_SEC_FETCH_SITE": "cross-site"}, {"HTTP_ORIGIN": "https://evil.example"}, {}]
)
def test_form_from_elsewhere_is_refused(headers: dict[str, str], client: Client) -> None:
    story = make_article("metered")
    assert client.post(f"{story.get_absolute_url()}rest/", **headers).status_code == 403
    assert COOKIE not in client.cookies


def test_cookie_is_signed_and_no_script_reads_it(client: Client) -> None:
    story = make_article("metered")
    go_on(client, story)
    assert client.cookies[COOKIE]["httponly"]
    client.cookies[COOKIE] = str(client.cookies[COOKIE].value)[:-2] + "xx"
    assert KEPT not in client.get(f"{story.get_absolute_url()}rest/").content.decode()


def test_fragment_holds_only_the_rest_and_is_private(client: Client) -> None:
    story = make_article("metered")
    answer = client.post(f"{story.get_absolute_url()}rest/", headers={"X-Fragment": "1"}, follow=True, **OURS)
    html = answer.content.decode()
    assert KEPT in html
    assert "<html" not in html
    assert 'class="prose story-rest" id="continue"' in html
    assert answer["Cache-Control"] == "private, no-store"


def test_rest_page_is_not_indexed_and_names_the_story_as_its_address(client: Client) -> None:
    story = make_article("metered")
    html = go_on(client, story)
    assert '<meta name="robots" content="noindex">' in html
    assert f'<link rel="canonical" href="http://testserver{story.get_absolute_url()}">' in html


def test_members_views_are_rows_counted_once(client: Client, cast: Cast) -> None:
    client.force_login(cast.member)
    stories = [make_article("metered") for _ in range(4)]
    for story in stories[:3]:
        assert KEPT in go_on(client, story)
        assert KEPT in go_on(client, story)
    assert MeteredView.objects.filter(member=cast.member).count() == 3
    wall = go_on(client, stories[3])
    assert KEPT not in wall
    assert "You have read your 3 free stories of November" in wall
    assert "from 1 December, when the count starts anew" in wall
    assert COOKIE not in client.cookies
    assert KEPT in client.get(stories[0].get_absolute_url()).content.decode()


def test_of_two_requests_for_the_last_view_one_opens(cast: Cast, now: datetime) -> None:
    rules = SiteRules.current()
    one, two = (Meter(rules, "2026-11", cast.member.pk, stories={1, 2}) for _ in range(2))
    MeteredView.objects.bulk_create(MeteredView(member=cast.member, story_id=pk, period="2026-11") for pk in (1, 2))
    assert one.spend(3)
    assert not two.spend(4)


def test_patron_spends_nothing(client: Client, cast: Cast) -> None:
    client.force_login(cast.patron)
    assert KEPT in go_on(client, make_article("metered"))
    assert not MeteredView.objects.exists()


def test_month_of_the_site_starts_the_count_anew(client: Client) -> None:
    stories = [make_article("metered") for _ in range(3)]
    for story in stories:
        go_on(client, story)
    with time_machine.travel("2026-11-30T23:30:00+00:00", tick=False):  # December in Copenhagen
        assert KEPT in go_on(client, stories[2])


def test_network_that_throws_cookies_away_meets_a_ceiling(client: Client) -> None:
    from django.core.cache import cache

    story = make_article("metered")
    go_on(client, story)
    key = next(key for key in (f"meter:127.0.0.0/24:{day}" for day in ("20261103",)) if cache.get(key))
    cache.set(key, FRESH_METERS_PER_DAY)
    client.cookies.clear()
    assert KEPT not in go_on(client, make_article("metered"))


def test_meter_that_is_off_opens_metered_stories(client: Client) -> None:
    SiteRules.objects.update(meter_limit=0)
    assert KEPT in client.get(make_article("metered").get_absolute_url()).content.decode()


def test_spending_on_other_audiences_does_nothing(client: Client) -> None:
    for audience in ("patrons", "members"):
        assert KEPT not in go_on(client, make_article(audience))
    assert KEPT in go_on(client, make_article())
