"""A story's JSON-LD: complete for every audience and kind, and never past the teaser."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from articles.models import Article, Byline, Correction, LiveEntry, Name, Page, Picture, Series, Tag
from members.gate import Audience
from members.models import SiteRules
from members.story_gifts import give
from newsroom import furniture
from tests.articles.vocabulary import blocks_of, wrong_with
from tests.factories import AuthorFactory, Cast, SectionFactory, make_article

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
    picture = Picture.objects.create(
        key="boat", file="pictures/boat.jpg", width=2400, height=1600, alt="A boat", credit="Ida Lens", prepared_at=now
    )
    story = make_article(
        audience, kind=kind, lead_picture=picture, updated_at=now, standfirst="",
        full_text=f'<p>Open.</p><hr data-paywall="here"><p>{KEPT}</p>',
    )  # fmt: skip
    for position, (name, is_agency) in enumerate([("Ada Ink", False), ("The Wire", True)]):
        Byline.objects.create(article=story, author=AuthorFactory(name=name, is_agency=is_agency), position=position)
    story.tags.add(Tag.objects.create(name="Water", slug="water"))
    return story


def facts_of(client: Client, story: Article, path: str = "") -> dict[str, Any]:
    """What its page says of it. Every block of the page must be schema.org's."""
    blocks = checked(client, story.get_absolute_url() + path)
    return blocks[0]


def checked(client: Client, path: str) -> list[dict[str, Any]]:
    """The blocks of a page that must be there, with nothing in them that schema.org does not know."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    blocks = blocks_of(answer.content.decode())
    assert [wrong for block in blocks for wrong in wrong_with(block)] == []
    assert all(block["@context"] == "https://schema.org" for block in blocks)
    return blocks


EACH = sorted({*(("everyone", kind) for kind in TYPES), *((audience, "news") for audience in Audience.values)})


@pytest.mark.parametrize(("audience", "kind"), EACH)
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
        (picture,) = data["image"]
        assert picture["url"] == "http://testserver/media/pictures/boat.1440.jpg"
        assert (picture["caption"], picture["creditText"]) == ("A boat", "Ida Lens")
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


def test_who_publishes_says_where_its_promises_stand_on_every_story_and_on_the_front_page(client: Client) -> None:
    SiteRules.objects.create(pk=1, name="The Lantern", tagline="Light", contact_email="desk@example.org")
    for policy in Page.Policy.values:
        page = Page.objects.create(title=policy, path=policy.lower(), policy=policy, is_published=policy != "masthead")
        Name.objects.create(path=page.path, page=page)
    (site,) = checked(client, "/")
    assert site["potentialAction"]["target"]["urlTemplate"] == "http://testserver/search/?q={search_term_string}"
    for said in (site["publisher"], facts_of(client, make_article())["publisher"]):
        assert said["@type"] == "NewsMediaOrganization"
        assert {policy: said[policy] for policy in Page.Policy.values if policy in said} == {
            policy: f"http://testserver/{policy.lower()}/" for policy in Page.Policy.values if policy != "masthead"
        }
    Page.objects.update(policy="")
    furniture.snapshot.forget()
    assert checked(client, "/")[0]["publisher"]["correctionsPolicy"] == "http://testserver/corrections/"


def test_pages_say_where_they_stand_and_authors_who_they_are(client: Client) -> None:
    story = make_article(section=SectionFactory(slug="harbour"), series=Series.objects.create(name="Mud", slug="mud"))
    story.tags.add(Tag.objects.create(name="Quay", slug="quay"))
    face = Picture.objects.create(key="face", file="pictures/face.jpg", width=900, height=900)
    for slug, more in (("ada", {"role": "Reporter", "bio": "Writes."}), ("wire", {"is_agency": True})):
        Byline.objects.create(article=story, author=AuthorFactory(name=slug, slug=slug, portrait=face, **more))
    for path, names in {
        "/harbour/": ["Newsroom", "Harbour"], "/series/mud/": ["Newsroom", "Mud"], "/tag/quay/": ["Newsroom", "Quay"],
        story.get_absolute_url(): ["Newsroom", "Harbour", story.headline],
    }.items():  # fmt: skip
        crumbs = checked(client, path)[-1]
        assert crumbs["@type"] == "BreadcrumbList"
        assert [step["name"] for step in crumbs["itemListElement"]] == names
        assert [step["position"] for step in crumbs["itemListElement"]] == list(range(1, len(names) + 1))
        assert crumbs["itemListElement"][-1]["item"]["@id"] == f"http://testserver{path}"
    for slug, kind in (("ada", "Person"), ("wire", "Organization")):
        page, _crumbs = checked(client, f"/author/{slug}/")
        assert (page["@type"], page["mainEntity"]["@type"]) == ("ProfilePage", kind)
        assert page["mainEntity"]["image"]["url"] == "http://testserver/media/pictures/face.jpg"
    assert checked(client, "/author/ada/")[0]["mainEntity"]["worksFor"]["@type"] == "NewsMediaOrganization"


def test_markup_says_the_same_of_a_gated_story_however_somebody_came_to_read_it(cast: Cast, client: Client) -> None:
    SiteRules.objects.create(pk=1, meter_limit=3, meter_limit_members=3)
    metered, patrons = make_article("metered"), make_article("patrons")
    gift, here = give(cast.patron, patrons.pk, now=timezone.now()), {"HTTP_SEC_FETCH_SITE": "same-origin"}
    before = facts_of(client, metered), facts_of(client, patrons)
    client.post(f"{metered.get_absolute_url()}rest/", **here)
    client.post(f"/gift/{gift.token}/", **here)
    for story, said in zip((metered, patrons), before, strict=True):
        page = client.get(f"{story.get_absolute_url()}rest/").content.decode()
        assert "What only some may read." in page
        after = checked(client, f"{story.get_absolute_url()}rest/")[0]
        assert after == said
        assert (after["isAccessibleForFree"], after["hasPart"]["isAccessibleForFree"]) == (False, False)
        assert after["hasPart"]["cssSelector"].removeprefix(".") in page
        assert "What only some may read." not in json.dumps(after)


def test_live_story_is_a_live_blog_that_schema_org_knows(client: Client, now: datetime) -> None:
    SiteRules.objects.create(pk=1, live_coverage=True)
    story = make_article(coverage=Article.Coverage.RUNNING)
    LiveEntry.objects.create(article=story, headline="First", text="<p>Now.</p>")
    assert facts_of(client, story)["@type"] == "LiveBlogPosting"
