"""A story's JSON-LD: complete for every audience and kind, and never past the teaser."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from articles.models import Article, Byline, Correction, Picture, Tag
from members.gate import Audience
from members.models import SiteRules
from tests.factories import AuthorFactory, Cast, make_article

pytestmark = pytest.mark.django_db
TYPES = {
    "news": "NewsArticle",
    "analysis": "AnalysisNewsArticle",
    "opinion": "OpinionNewsArticle",
    "interview": "ReportageNewsArticle",
    "sponsored": "AdvertiserContentArticle",
}
KEPT = "zqkept"


def rich(audience: str, kind: str, now: datetime) -> Article:
    """A story with everything it can say of itself, its rest marked."""
    picture = Picture.objects.create(alt="A boat", source_url="https://example.org/boat.jpg")
    story = make_article(
        audience, kind=kind, lead_picture=picture, updated_at=now, standfirst="",
        full_text=f'<p>Open.</p><hr data-paywall="here"><p>{KEPT}</p>',
    )  # fmt: skip
    for position, (name, is_agency) in enumerate([("Ada Ink", False), ("The Wire", True)]):
        Byline.objects.create(article=story, author=AuthorFactory(name=name, is_agency=is_agency), position=position)
    story.tags.add(Tag.objects.create(name="Water", slug="water"))
    return story


def facts_of(client: Client, story: Article, path: str = "") -> dict[str, Any]:
    """The JSON-LD of its page."""
    html = client.get(story.get_absolute_url() + path).content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("audience", Audience.values)
def test_every_audience_and_kind_is_complete_and_tells_no_more_than_the_teaser(
    audience: str, kind: str, cast: Cast, client: Client, now: datetime
) -> None:
    assert set(TYPES) == set(Article.Kind.values)
    SiteRules.objects.create(pk=1, name="The Lantern", meter_limit=3)
    story = rich(audience, kind, now)
    for member in (None, cast.member, cast.patron):
        if member:
            client.force_login(member)
        data = facts_of(client, story)
        assert KEPT not in json.dumps(data)
        assert data["@type"] == TYPES[kind]
        assert data["description"] == "Open."
        assert data["datePublished"] == story.published_at.isoformat()
        assert data["dateModified"] == now.isoformat()
        assert data["articleSection"] == "City"
        assert data["keywords"] == ["Water"]
        assert data["inLanguage"] == settings.LANGUAGE_CODE
        assert data["publisher"]["name"] == "The Lantern"
        assert [(author["@type"], author["name"]) for author in data["author"]] == [
            ("Person", "Ada Ink"), ("Organization", "The Wire"),
        ]  # fmt: skip
        assert all(author["url"].startswith(settings.SITE_URL) for author in data["author"])
        assert data["isAccessibleForFree"] is (audience == "everyone")
        assert ("hasPart" in data) is (audience != "everyone")


def test_a_story_of_public_interest_is_free(client: Client) -> None:
    data = facts_of(client, make_article("patrons", public_interest=True))
    assert data["isAccessibleForFree"] is True
    assert "hasPart" not in data


def test_corrections_are_told_and_count_as_changes(client: Client, now: datetime) -> None:
    story = make_article()
    Correction.objects.create(article=story, kind="retraction", text="Forged </script>.", made_at=now)
    data = facts_of(client, story)
    assert data["dateModified"] == now.isoformat()
    (said,) = data["correction"]
    assert (said["@type"], said["name"], said["text"]) == ("CorrectionComment", "Retraction", "Forged </script>.")
    assert said["datePublished"] == now.isoformat()


def test_a_republished_story_names_where_it_stood_first(client: Client) -> None:
    story = make_article(republished_from="The Tidewater Post", republished_url="https://example.org/first")
    assert facts_of(client, story)["isBasedOn"] == {
        "@type": "CreativeWork",
        "url": "https://example.org/first",
        "publisher": {"@type": "Organization", "name": "The Tidewater Post"},
    }
    assert "isBasedOn" not in facts_of(client, make_article())


def test_an_old_change_is_no_later_than_publication(client: Client, now: datetime) -> None:
    story = make_article(updated_at=now - timedelta(days=2))
    data = facts_of(client, story)
    assert data["dateModified"] == data["datePublished"]
