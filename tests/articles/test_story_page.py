"""The story's page: what it sends to whom, and what it says of itself."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from articles import publishing
from articles.models import Article, Correction, Name, Page, RelatedLink, Series
from members.gate import Audience
from members.meter import GIFTS_COOKIE, GIFTS_SALT
from members.models import Letter, SiteRules
from tests.factories import Cast, TierFactory, make_article, make_patron

pytestmark = pytest.mark.django_db
SHOWN, KEPT = "What everybody may read.", "What only some may read."


@pytest.fixture(autouse=True)
def _metered(db: None) -> None:
    SiteRules.objects.update_or_create(
        pk=1, defaults={"name": "The Lantern", "meter_limit": 2, "meter_limit_members": 4}
    )


def body(client: Client, story: Article, path: str = "", **headers: Any) -> str:
    """The page as text; it must be there."""
    answer = client.get(story.get_absolute_url() + path, **headers)
    assert answer.status_code == 200
    return answer.content.decode()


def linked_data(html: str) -> dict[str, Any]:
    """The page's JSON-LD."""
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.parametrize("audience", Audience.values)
def test_text_goes_only_to_those_who_may_read_it(audience: str, cast: Cast, client: Client) -> None:
    story = make_article(audience)
    readers = {"nobody": None, "member": cast.member, "patron": cast.patron, "staff": cast.writer}
    opened = {
        "everyone": {"nobody", "member", "patron", "staff"},
        "metered": {"patron", "staff"},
        "members": {"member", "patron", "staff"},
        "patrons": {"patron", "staff"},
    }[audience]
    for name, member in readers.items():
        client.logout()
        if member:
            client.force_login(member)
        html = body(client, story)
        assert SHOWN in html
        assert (KEPT in html) is (name in opened)
        assert ('class="wall story-rest"' in html) is (name not in opened)


def test_minimum_tier_asks_a_lower_patron_for_more(cast: Cast, client: Client) -> None:
    story = make_article("patrons", minimum_tier=TierFactory(slug="keeper", name="Keeper", rank=2))
    client.force_login(cast.patron)
    html = body(client, story)
    assert KEPT not in html
    assert "This one is for “Keeper”" in html
    make_patron(cast.patron, rank=3)
    assert KEPT in body(client, story)


def test_anonymous_page_is_the_same_whatever_cookies_came(client: Client) -> None:
    from django.core import signing

    for audience in Audience.values:
        story = make_article(audience)
        plain = client.get(story.get_absolute_url())
        client.cookies[GIFTS_COOKIE] = signing.dumps([story.pk], salt=GIFTS_SALT)
        assert client.get(story.get_absolute_url()).content == plain.content
        assert KEPT in body(client, story, "rest/") or audience == "metered"
        del client.cookies[GIFTS_COOKIE]


def test_page_of_a_signed_in_reader_is_private(cast: Cast, client: Client) -> None:
    story = make_article()
    assert "private" not in client.get(story.get_absolute_url())["Cache-Control"]
    client.force_login(cast.member)
    assert client.get(story.get_absolute_url())["Cache-Control"] == "private, no-store"


def test_patron_is_thanked_and_asked_for_nothing(cast: Cast, client: Client) -> None:
    client.force_login(cast.patron)
    html = body(client, make_article())
    assert "Thank you" in html
    assert "is-ask" not in html
    assert 'class="discover"' not in html


@pytest.mark.parametrize("audience", ["patrons", "members", "metered"])
def test_gated_story_says_so_to_machines_and_leaks_nothing(audience: str, client: Client) -> None:
    html = body(client, make_article(audience, standfirst=""))
    data = linked_data(html)
    assert data["isAccessibleForFree"] is False
    selector = data["hasPart"]["cssSelector"]
    assert selector.startswith(".")
    assert re.search(rf'class="[^"]*\b{selector[1:]}\b', html)
    assert KEPT not in html
    assert data["description"] == SHOWN


def test_open_story_is_free_for_machines(client: Client) -> None:
    data = linked_data(body(client, make_article()))
    assert data["isAccessibleForFree"] is True
    assert "hasPart" not in data


def test_nothing_in_a_headline_ends_the_script_element(client: Client) -> None:
    headline = "</script><script>alert('&')</script>"
    html = body(client, make_article(headline=headline, slug="evil"))
    assert "<script>alert" not in html
    assert linked_data(html)["headline"] == headline


def test_unknown_and_unborn_stories_are_not_found(now: datetime, cast: Cast, client: Client) -> None:
    story = make_article(published_at=now + timedelta(hours=1), announced_at=None)
    assert client.get("/2026/11/03/nothing-here/").status_code == 404
    assert client.get("/2026/13/40/x/").status_code == 404
    for path in ("", "rest/"):
        assert client.get(story.get_absolute_url() + path).status_code == 404
    client.force_login(cast.patron)
    assert client.get(story.get_absolute_url()).status_code == 404
    client.force_login(cast.editor)
    assert client.get(story.get_absolute_url()).status_code == 200


def test_page_not_found_offers_search_and_the_latest(client: Client) -> None:
    story = make_article()
    html = client.get("/no/such/place/").content.decode()
    assert 'type="search"' in html
    assert story.get_absolute_url() in html


def test_withdrawn_story_says_why_and_shows_nothing_else(now: datetime, client: Client) -> None:
    story = make_article()
    publishing.withdraw(story, reason="The document was forged.", by=None, now=now)
    for path in ("", "rest/"):
        answer = client.get(story.get_absolute_url() + path)
        assert answer.status_code == 410
        html = answer.content.decode()
        assert "The document was forged." in html
        assert SHOWN not in html
        assert KEPT not in html


def test_related_story_appears_only_while_it_is_live(now: datetime, client: Client) -> None:
    other = make_article(headline="The other one")
    story = make_article(full_text=f'<p>x</p><aside data-read-also="{other.pk}"></aside><p>y</p>')
    RelatedLink.objects.create(article=story, story=other)
    RelatedLink.objects.create(article=story, url="https://www.example.org/m.pdf", title="Minutes", kind="document")
    answer = client.get(story.get_absolute_url())
    assert answer.content.decode().count("The other one") == 2
    assert f"article-{other.pk}" in answer["X-Edge-Keys"].split()
    publishing.withdraw(other, reason="Wrong.", by=None, now=now)
    html = body(client, story)
    assert "The other one" not in html
    assert "Minutes" in html
    assert "example.org" in html


def test_no_heading_stands_over_nothing(client: Client) -> None:
    html = body(client, make_article(standfirst="", section=None, lead_picture=None))
    for part in ("related", "series", "tags", "story-end", "correction"):
        assert f'class="{part}"' not in html


def test_series_and_corrections_stand_on_the_page(now: datetime, client: Client) -> None:
    series = Series.objects.create(name="Under water", slug="under-water")
    first, second = (make_article(series=series, series_part=part) for part in (1, 2))
    Correction.objects.create(article=second, text="It was 2006.", made_at=now)
    html = body(client, second)
    assert first.get_absolute_url() in html
    assert '<li aria-current="page">' in html
    assert "It was 2006." in html
    assert "It was 2006." in client.get("/corrections/").content.decode()


def test_archive_moment_ends_the_page(now: datetime, client: Client) -> None:
    SiteRules.objects.filter(pk=1).update(archive_days=1, archive_audience="members")
    story = make_article(published_at=now - timedelta(hours=23, minutes=58))
    answer = client.get(story.get_absolute_url())
    assert answer["X-Edge-Seconds"] == "120"
    old = make_article(published_at=now - timedelta(hours=25))
    assert KEPT not in body(client, old)
    assert "Free account" in body(client, old)


def test_staff_find_the_way_to_the_desk_and_readers_do_not(cast: Cast, client: Client) -> None:
    story = make_article()
    assert "/admin/" not in body(client, story)
    client.force_login(cast.patron)
    assert "/admin/" not in body(client, story)


def test_front_page_of_an_empty_site_is_deliberate(client: Client) -> None:
    html = client.get("/").content.decode()
    assert "The first issue is being written" in html
    assert html.count("<h1") == 1


def test_front_page_shows_each_story_once_above_the_strips(client: Client) -> None:
    lead = make_article(headline="Lead of the day", is_lead=True)
    for number in range(12):
        make_article(headline=f"Number {number:02}", audience=Audience.values[number % 4])
    html = client.get("/").content.decode()
    assert html.index("Lead of the day") < html.index("Number 11")
    assert html.count("Lead of the day") == 1
    assert KEPT not in html
    assert SHOWN not in html
    assert lead.get_absolute_url() in html


def test_lists_go_on_from_where_they_ended_and_refuse_made_up_places(client: Client) -> None:
    for _ in range(45):
        make_article()
    seen, path = [], "/city/"
    for _ in range(3):
        html = client.get(path).content.decode()
        seen += re.findall(r'<h2 class="headline"><a href="([^"]+)"', html)
        following = re.search(r'href="(\?before=[^"]+)"', html)
        path = f"/city/{following[1]}" if following else ""
    assert len(seen) == len(set(seen)) == 45
    assert path == ""
    for wrong in ("x", "1-2", "1-2-3-4", "-1-2-3", "9" * 40 + "-1-1", "1-99999999999-1"):
        assert client.get("/city/", {"before": wrong}).status_code == 404


def test_page_far_down_a_list_is_not_kept(now: datetime, client: Client) -> None:
    make_article()
    assert "X-Edge-Keys" in client.get("/city/", {"before": f"{int(now.timestamp())}000000-1-5"}).headers
    assert "X-Edge-Keys" not in client.get("/city/", {"before": f"{int(now.timestamp())}000000-1-6"}).headers


def test_archive_lists_a_month_and_refuses_a_time_without_one(now: datetime, client: Client) -> None:
    recent, old = make_article(), make_article(published_at=now - timedelta(days=400))
    for path, has_recent, has_old in (
        ("/archive/", True, True),
        ("/archive/2026/", True, False),
        ("/archive/2026/11/", True, False),
        ("/archive/2025/9/", False, True),
    ):
        html = client.get(path).content.decode()
        assert (recent.get_absolute_url() in html, old.get_absolute_url() in html) == (has_recent, has_old)
    for path in ("/archive/1999/", "/archive/2026/13/", "/archive/9999/1/"):
        assert client.get(path).status_code == 404


def test_standing_page_lives_at_its_path_only_when_published(client: Client) -> None:
    page = Page.objects.create(title="About us", path="about/team", body="<p>We are ten.</p>")
    Name.objects.create(path="about/team", page=page)
    assert client.get("/about/team/").status_code == 404
    Page.objects.update(is_published=True)
    assert "We are ten." in client.get("/about/team/").content.decode()


def test_error_page_needs_no_database(settings: Any) -> None:
    from django.template.loader import render_to_string

    assert "Something broke" in render_to_string("500.html")


def test_letter_tells_readers_nothing_it_should_not(now: datetime) -> None:
    Letter.objects.create(slug="daily", name="Daily", sends_new_stories=True)
    story = make_article("patrons", announced_at=None)
    publishing.announce(story, now=now)
    assert KEPT not in json.dumps(Letter.objects.get().issues.get().content)
