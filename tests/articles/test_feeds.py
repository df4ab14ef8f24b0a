"""Feeds: well-formed, absolute, the same ids for ever, and never a word from behind the cut."""

import json
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from django.test import Client

from articles import publishing
from articles.models import Article, Byline
from members.gate import Audience
from members.models import SiteRules
from tests.factories import AuthorFactory, SectionFactory, make_article

pytestmark = pytest.mark.django_db

KEPT = "What only some may read."
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def _rules(db: None) -> None:
    SiteRules.objects.update_or_create(pk=1, defaults={"name": "The Lantern & Co", "tagline": "A paper <for> all"})


def rss(client: Client, path: str = "/feed/") -> Any:
    """The channel of an RSS feed that must be there."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/rss+xml; charset=utf-8"
    return fromstring(answer.content).find("channel")


def titles(channel: Any) -> list[str]:
    """The headlines of its items."""
    return [item.findtext("title") for item in channel.findall("item")]


def test_feed_has_the_live_stories_newest_first(client: Client, now: datetime) -> None:
    old = make_article(published_at=now - timedelta(days=2))
    new = make_article(published_at=now - timedelta(hours=1))
    make_article(published_at=now + timedelta(hours=1))
    make_article(status=Article.Status.WITHDRAWN)
    make_article(status=Article.Status.DRAFT)
    assert titles(rss(client)) == [new.headline, old.headline]


def test_item_has_absolute_link_stable_id_date_author_and_section(client: Client, now: datetime) -> None:
    story = make_article(headline="Fish & <chips>", standfirst="Salt & vinegar")
    Byline.objects.create(article=story, author=AuthorFactory(name="Maren Holt"))
    channel = rss(client)
    item = channel.find("item")
    assert item.findtext("title") == "Fish & <chips>"
    assert item.findtext("link") == f"http://testserver{story.get_absolute_url()}"
    assert item.findtext("guid") == f"http://testserver/story/{story.pk}"
    assert item.find("guid").get("isPermaLink") == "false"
    assert parsedate_to_datetime(item.findtext("pubDate")) == story.published_at
    assert item.findtext("{http://purl.org/dc/elements/1.1/}creator") == "Maren Holt"
    assert item.findtext("category") == "City"
    assert item.findtext("description") == "Salt & vinegar"
    assert channel.findtext("title") == "The Lantern & Co"
    assert channel.findtext("description") == "A paper <for> all"
    assert channel.findtext("link") == "http://testserver/"
    assert channel.find(f"{ATOM}link").get("href") == "http://testserver/feed/"


def test_correction_makes_no_new_item(client: Client, now: datetime) -> None:
    story = make_article()
    before = [item.findtext("guid") for item in rss(client).findall("item")]
    story.headline = "Put right"
    publishing.correct(story, by=None, now=now, stamp=True)
    assert [item.findtext("guid") for item in rss(client).findall("item")] == before
    assert titles(rss(client)) == ["Put right"]


@pytest.mark.parametrize("audience", Audience.values)
@pytest.mark.parametrize("path", ["/feed/", "/feed.json", "/city/feed/"])
@pytest.mark.parametrize("standfirst", ["", "What it is about."])
def test_no_feed_says_what_is_behind_the_cut(path: str, audience: str, standfirst: str, client: Client) -> None:
    make_article(audience, standfirst=standfirst)
    said = client.get(path).content.decode()
    assert KEPT not in said
    assert (standfirst or "What everybody may read.") in said


def test_feed_of_a_section_has_its_stories_alone(client: Client) -> None:
    mine = make_article(section=SectionFactory(slug="harbour", name="Harbour"))
    make_article(section=SectionFactory(slug="city"))
    channel = rss(client, "/harbour/feed/")
    assert titles(channel) == [mine.headline]
    assert channel.findtext("title") == "The Lantern & Co: Harbour"
    assert channel.findtext("link") == "http://testserver/harbour/"
    assert channel.find(f"{ATOM}link").get("href") == "http://testserver/harbour/feed/"
    assert client.get("/nowhere/feed/").status_code == 404


def test_feed_of_an_empty_site_is_a_feed(client: Client) -> None:
    assert titles(rss(client)) == []
    assert client.get("/feed.json").json()["items"] == []


def test_headline_with_what_xml_cannot_hold_does_not_break_the_feed(client: Client) -> None:
    make_article(headline="Fog\x0bhorn")
    assert titles(rss(client)) == ["Foghorn"]


def test_json_feed_has_the_fields_of_version_1_1(client: Client, now: datetime) -> None:
    story = make_article(updated_at=now)
    answer = client.get("/feed.json")
    assert answer["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(answer.content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["home_page_url"], feed["feed_url"]) == ("http://testserver/", "http://testserver/feed.json")
    (item,) = feed["items"]
    assert item["url"] == f"http://testserver{story.get_absolute_url()}"
    assert item["id"] == f"http://testserver/story/{story.pk}"
    assert datetime.fromisoformat(item["date_published"]) == story.published_at
    assert datetime.fromisoformat(item["date_modified"]) == now


@pytest.mark.parametrize("path", ["/feed/", "/feed.json", "/city/feed/"])
def test_feeds_are_kept_under_their_keys(path: str, client: Client) -> None:
    SectionFactory(slug="city")
    answer = client.get(path)
    assert "feed" in answer["X-Edge-Keys"].split()
    assert client.post(path).status_code == 405
