"""Feeds as others read them: by an independent parser and a schema, the same ids for ever, whole only where all may."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import jsonschema
import pytest
from defusedxml.ElementTree import fromstring
from django.test import Client
from lxml import html as lxml_html

from articles import publishing
from articles.models import Article, Byline, Correction, Picture, Series, Tag
from members.gate import Audience
from members.models import SiteRules
from tests.factories import HIDDEN, AuthorFactory, SectionFactory, make_article

pytestmark = pytest.mark.django_db

KEPT = "What only some may read."
SCHEMA = json.loads((Path(__file__).parent / "fixtures/json_feed.json").read_text())
PLACES = ("", "city/", "author/maren/", "tag/quay/", "series/under-water/")


@pytest.fixture(autouse=True)
def _rules(db: None) -> None:
    SiteRules.objects.update_or_create(pk=1, defaults={"name": "The Lantern & Co", "tagline": "A paper <for> all"})


def rss(client: Client, path: str = "/feed/") -> Any:
    """An RSS feed that must be there, as feedparser reads it."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer["Content-Type"] == "application/rss+xml; charset=utf-8"
    fromstring(answer.content)  # feedparser forgives what an XML parser must not
    feed = feedparser.parse(answer.content, sanitize_html=False)
    assert (feed.version, feed.bozo) == ("rss20", False), feed.get("bozo_exception")
    return feed


def json_feed(client: Client, path: str = "/feed.json") -> Any:
    """A JSON feed that must be there and keeps to the schema."""
    answer = client.get(path)
    assert answer["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(answer.content)
    jsonschema.validate(feed, SCHEMA, format_checker=jsonschema.FormatChecker())
    return feed


def titles(client: Client, path: str = "/feed/") -> list[str]:
    """The headlines of its items; the JSON feed beside it has the same."""
    found = [entry.title for entry in rss(client, path).entries]
    assert [item["title"] for item in json_feed(client, f"{path.rstrip('/')}.json")["items"]] == found
    return found


def same(one: str, other: str) -> bool:
    """Whether two texts say the same and lead to the same, however their markup is written."""
    trees = [lxml_html.fromstring(f"<div>{text}</div>") for text in (one, other)]
    return len({(" ".join(tree.text_content().split()), *tree.xpath("//@href | //@src")) for tree in trees}) == 1


def full_story(now: datetime) -> Article:
    """A story with everything a feed can tell of it, in the places of `PLACES`."""
    lead = Picture.objects.create(
        key="lead", file="pictures/lead.jpg", width=2400, height=1600, alt="A quay", credit="Ida Lens", prepared_at=now
    )
    inside = Picture.objects.create(
        key="in", file="pictures/in.png", width=900, height=600, alt="A boat", caption="Moored"
    )
    text = (
        f'<h2>Piles</h2><p>Salt &amp; <a href="/about/">us</a><span data-footnote="">So they say.</span></p>'
        f'<figure data-picture="{inside.key}"></figure><figure data-embed="https://youtu.be/abcdefghijk"></figure>{HIDDEN}'
    )
    story = make_article(
        headline="Fish & <chips>\x0b", standfirst="Salt & vinegar", full_text=text, lead_picture=lead, updated_at=now,
        language="de-AT", series=Series.objects.create(name="Under water", slug="under-water", description="Parts."),
    )  # fmt: skip
    for position, slug in enumerate(("maren", "ilya")):
        author = AuthorFactory(name=slug.title(), slug=slug, bio="Writes.")
        Byline.objects.create(article=story, author=author, position=position)
    story.tags.add(Tag.objects.create(name="Quay", slug="quay"), Tag.objects.create(name="City", slug="town"))
    return story


def test_every_place_has_a_feed_in_both_forms_full_of_the_right_things(client: Client, now: datetime) -> None:
    story = full_story(now)
    Correction.objects.create(article=story, kind="retraction", text="None of it holds.", made_at=now)
    Correction.objects.create(article=story, text="It was 2006.", made_at=now)
    others = [make_article(section=SectionFactory(slug="harbour")), make_article(published_at=now + timedelta(days=1))]
    address = f"http://testserver{story.get_absolute_url()}"
    for place in PLACES:
        feed = rss(client, f"/{place}feed/")
        mine = next(entry for entry in feed.entries if entry.link == address)
        assert len(feed.entries) == (1 if place else 2), "no story of another place, none that is to come"
        assert others[0].headline not in (str(feed) if place else "")
        assert feed.feed.link == f"http://testserver/{place}"
        assert [(link.rel, link.href) for link in feed.feed.links][1:] == [("self", f"http://testserver/{place}feed/")]
        assert feed.feed.title.startswith("The Lantern & Co")
        assert feed.feed.subtitle in ("A paper <for> all", "Writes.", "Parts.")
        assert (feed.feed.language, feed.feed.ttl, feed.feed.rights) == ("en-gb", "15", "© The Lantern & Co")
        assert feed.feed.updated_parsed[:4] == (2026, 11, 3, 12), "the last change of any story"
        assert (mine.title, mine.summary, mine.id) == (
            "Fish & <chips>",
            "Salt & vinegar",
            f"http://testserver/story/{story.pk}",
        )
        assert mine.guidislink is False
        assert mine.published_parsed[:5] == (2026, 11, 3, 11, 0)
        assert mine.updated_parsed[:5] == (2026, 11, 3, 12, 0)
        assert [author.name for author in mine.authors] == ["Maren", "Ilya"]
        assert [tag.term for tag in mine.tags] == ["City", "Quay"], "the section, then the tags, each once"
        assert mine.language == "de-AT"
        (media,) = mine.media_content
        assert media == {
            "url": "http://testserver/media/pictures/lead.1440.jpg", "medium": "image", "type": "image/jpeg",
            "width": "1440", "height": "960",
        }  # fmt: skip
        assert [credit["content"] for credit in mine.media_credit] == ["Ida Lens"]
        said = mine.content[0].value
        assert said.index("None of it holds.") < said.index("Piles") < said.index(KEPT) < said.index("It was 2006.")
        for part in ('href="http://testserver/about/"', 'src="http://testserver/media/pictures/in.png"', "Moored",
                     "So they say.", 'href="https://youtu.be/abcdefghijk"', f'href="{address}#fn-1"'):  # fmt: skip
            assert part in said
        for hook in ("data-", "class=", "srcset", "<button", "<script", 'href="/', 'src="/'):
            assert hook not in said
        (item,) = [item for item in json_feed(client, f"/{place}feed.json")["items"] if item["url"] == address]
        assert same(item["content_html"], said)
        assert (item["id"], item["summary"], item["tags"]) == (mine.id, mine.summary, ["City", "Quay"])
        assert [author["name"] for author in item["authors"]] == ["Maren", "Ilya"]
        assert item["authors"][0]["url"] == "http://testserver/author/maren/"
        assert datetime.fromisoformat(item["date_modified"]) == now
        assert item["image"] == media["url"]
        assert item["language"] == "de-AT"
    for path in ("/nowhere/feed/", "/author/nobody/feed/", "/tag/none/feed.json", "/series/none/feed.json"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("audience", Audience.values)
def test_only_what_everybody_may_read_stands_whole_in_a_feed(audience: str, client: Client, now: datetime) -> None:
    SiteRules.objects.update(meter_limit=3, meter_limit_members=6)
    for standfirst in ("", "What it is about."):
        make_article(audience, standfirst=standfirst)
    for path in ("/feed/", "/feed.json", "/city/feed/", "/city/feed.json"):
        said = client.get(path).content.decode()
        assert (KEPT in said) is (audience == "everyone"), path
        assert "What it is about." in said
        assert "What everybody may read." in said
    if audience != "everyone":
        assert "content" not in rss(client).entries[0]
        assert json_feed(client)["items"][0]["content_text"] == "What it is about."
        Article.objects.update(public_interest=True)
        assert KEPT in client.get("/feed/").content.decode()


def test_feed_ends_when_the_archive_closes_what_stands_whole_in_it(client: Client, now: datetime) -> None:
    SiteRules.objects.update(archive_days=30, archive_audience=Audience.PATRONS)
    make_article(published_at=now - timedelta(days=30) + timedelta(seconds=90))
    answer = client.get("/feed/")
    assert KEPT in answer.content.decode()
    assert answer["X-Edge-Seconds"] == "90"


def test_feed_has_live_stories_newest_first_under_the_same_ids_whatever_happens(client: Client, now: datetime) -> None:
    assert titles(client) == []
    old = make_article(published_at=now - timedelta(days=2), feed_id="https://old.example.org/?p=12")
    new = make_article(published_at=now - timedelta(hours=1))
    make_article(published_at=now + timedelta(hours=1))
    make_article(status=Article.Status.WITHDRAWN)
    make_article(status=Article.Status.DRAFT)
    assert titles(client) == [new.headline, old.headline]
    ids = [f"http://testserver/story/{new.pk}", "https://old.example.org/?p=12"]
    new.headline, new.slug = "Put right", "put-right"
    publishing.correct(new, by=None, now=now, stamp=True)
    assert titles(client) == ["Put right", old.headline]
    for entries in (rss(client).entries, json_feed(client)["items"]):
        assert [entry["id"] for entry in entries] == ids


def test_feeds_are_kept_under_their_keys_and_named_by_their_pages(client: Client, now: datetime) -> None:
    full_story(now)
    for place in PLACES:
        page = client.get(f"/{place}").content.decode()
        for name in ("feed/", "feed.json"):
            answer = client.get(f"/{place}{name}")
            assert "feed" in answer["X-Edge-Keys"].split()
            assert client.post(f"/{place}{name}").status_code == 405
            assert f'href="http://testserver/{place}{name}"' in page, place
