"""Sitemaps by the protocol's shape: every live story once, nothing else, absolute addresses."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element  # a type only

import pytest
from defusedxml.ElementTree import fromstring
from django.test import Client
from lxml import etree

from articles import sitemap_files, sitemaps
from articles.models import Article, Byline, Name, Page, Series
from tests.factories import AuthorFactory, SectionFactory, make_article

pytestmark = pytest.mark.django_db

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


SCHEMA = etree.XMLSchema(file=str(Path(__file__).parent / "fixtures/sitemap.xsd"))


def xml(client: Client, path: str) -> Element:
    """The root of an XML answer that must be there and keep to the schema."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    SCHEMA.assertValid(etree.fromstring(answer.content))
    root: Element = fromstring(answer.content)
    return root


def places(root: Element) -> list[str | None]:
    """Every `loc`, in order."""
    return [place.text for place in root.iter(f"{MAP}loc")]


def test_index_names_each_month_with_live_stories_once_and_the_site_first(client: Client, now: datetime) -> None:
    make_article()
    make_article()
    make_article(published_at=now - timedelta(days=60))
    make_article(published_at=now + timedelta(days=60))
    make_article(status=Article.Status.WITHDRAWN, published_at=now - timedelta(days=200))
    root = xml(client, "/sitemap.xml")
    assert root.tag == f"{MAP}sitemapindex"
    months = [f"http://testserver/sitemap-{month}.xml" for month in ("site", "2026-11", "2026-09")]
    assert places(root) == months
    for place in months:
        assert places(xml(client, place))


def test_month_has_its_live_stories_with_their_last_change(client: Client, now: datetime) -> None:
    story = make_article()
    changed = make_article(updated_at=now)
    make_article(published_at=now - timedelta(days=60))
    make_article(published_at=now + timedelta(days=2))
    root = xml(client, "/sitemap-2026-11.xml")
    assert root.tag == f"{MAP}urlset"
    said = {url.findtext(f"{MAP}loc"): url.findtext(f"{MAP}lastmod") for url in root}
    assert said == {
        f"http://testserver{story.get_absolute_url()}": "2026-11-03T11:00:00+00:00",
        f"http://testserver{changed.get_absolute_url()}": "2026-11-03T12:00:00+00:00",
    }


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "0000-01", "2025-01", "9999-12"])
def test_month_that_is_none_or_empty_is_not_there(month: str, client: Client, now: datetime) -> None:
    assert client.get(f"/sitemap-{month}.xml").status_code == 404


def test_site_has_sections_and_published_pages(client: Client) -> None:
    SectionFactory(slug="harbour")
    for slug, story in (("ada", make_article()), ("new", make_article(status=Article.Status.DRAFT))):
        Byline.objects.create(article=story, author=AuthorFactory(slug=slug))
        Article.objects.filter(pk=story.pk).update(series=Series.objects.create(name=slug, slug=slug))
    for path, is_published in (("about", True), ("about/team", True), ("plans", False)):
        page = Page.objects.create(path=path, title=path, is_published=is_published)
        Name.objects.create(path=path, page=page)
    said = places(xml(client, "/sitemap-site.xml"))
    for path in ("/", "/membership/", "/harbour/", "/about/", "/about/team/", "/author/ada/", "/series/ada/"):
        assert f"http://testserver{path}" in said
    assert not {f"http://testserver{path}" for path in ("/plans/", "/author/new/", "/series/new/")} & set(said)
    assert len(said) == len(set(said))


def test_news_are_those_of_two_days_with_title_language_and_name(client: Client, now: datetime) -> None:
    story = make_article(headline="Fish & <chips>\x0b", language="de-AT")
    make_article(published_at=now - timedelta(days=3))
    (url,) = xml(client, "/news-sitemap.xml")
    news: Any = url.find(f"{NEWS}news")
    assert url.findtext(f"{MAP}loc") == f"http://testserver{story.get_absolute_url()}"
    assert news.findtext(f"{NEWS}title") == "Fish & <chips>"
    assert news.findtext(f"{NEWS}publication/{NEWS}language") == "de"
    assert news.findtext(f"{NEWS}publication/{NEWS}name") == "Newsroom"
    assert news.findtext(f"{NEWS}publication_date") == "2026-11-03T11:00:00+00:00"


def test_only_our_own_news_known_by_our_address_is_named(client: Client, now: datetime) -> None:
    own = f"http://testserver{make_article('patrons').get_absolute_url()}"
    paid = f"http://testserver{make_article(kind=Article.Kind.SPONSORED).get_absolute_url()}"
    make_article(canonical_url="https://example.org/first")
    make_article(canonical_url="https://example.org/old", published_at=now - timedelta(days=90))
    assert places(xml(client, "/news-sitemap.xml")) == [own]
    assert places(xml(client, "/sitemap.xml"))[1:] == ["http://testserver/sitemap-2026-11.xml"]
    assert places(xml(client, "/sitemap-2026-11.xml")) == [own, paid]


def test_scheduled_story_enters_the_sitemaps_at_its_minute(client: Client, now: datetime) -> None:
    import time_machine

    story = make_article(published_at=now + timedelta(minutes=5))
    assert not places(xml(client, "/news-sitemap.xml"))
    assert client.get("/news-sitemap.xml")["X-Edge-Seconds"] == "300"
    with time_machine.travel(now + timedelta(minutes=5), tick=False):
        assert places(xml(client, "/news-sitemap.xml")) == [f"http://testserver{story.get_absolute_url()}"]


def test_robots_keep_out_of_private_places_and_find_the_sitemaps(client: Client) -> None:
    answer = client.get("/robots.txt")
    lines = answer.content.decode().splitlines()
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert lines[0] == "User-agent: *"
    assert "Sitemap: http://testserver/sitemap.xml" in lines
    assert {"Disallow: /admin/", "Disallow: /account/", "Disallow: /*/rest/$"} <= set(lines)
    assert "Disallow: /" not in lines


def test_long_month_is_split_so_that_each_story_is_in_exactly_one_file(client: Client, now: datetime) -> None:
    stories = [make_article(published_at=now - timedelta(hours=hours)) for hours in (1, 2, 3, 4, 30, 30, 30)]
    make_article(published_at=now - timedelta(days=60))
    assert sitemap_files.files(now) == ["/sitemap-2026-11.xml", "/sitemap-2026-09.xml"]
    paths = sitemap_files.files(now, most=3)
    assert [path.partition("?")[0] for path in paths] == ["/sitemap-2026-11.xml"] * 3 + ["/sitemap-2026-09.xml"]
    said: list[int] = []
    for path in paths[:3]:
        after = sitemap_files.Place.read(path.partition("after=")[2]) if "after=" in path else None
        part = list(sitemap_files.stories_of(now.date().replace(day=1), after, now, most=3))
        assert len(part) <= 3
        said += [story.pk for story in part]
    assert sorted(said) == sorted(story.pk for story in stories)
    later = client.get(paths[1])
    assert later.streaming
    assert later["Cache-Control"] == "private, no-store"
    assert len(list(fromstring(later.getvalue()))) == 4  # type: ignore[attr-defined]  # a streamed answer's


@pytest.mark.parametrize("after", ["", "x", "2026-11-31-5", "2026-11-02-", "2026-11-02-" + "9" * 30, "2027-01-01-1"])
def test_place_in_a_month_that_is_none_is_not_there(after: str, client: Client, now: datetime) -> None:
    make_article()
    assert client.get("/sitemap-2026-11.xml", {"after": after}).status_code == 404


def test_too_many_news_are_split_and_each_is_in_exactly_one_file(client: Client, now: datetime) -> None:
    stories = [make_article(published_at=now - timedelta(hours=hours)) for hours in (1, 1, 1, 4, 30)]
    wanted = Article.objects.live(now).newest_first()
    assert sitemaps.news_files(wanted) == ["/news-sitemap.xml"]
    paths = sitemaps.news_files(wanted, most=2)
    said = [places(xml(client, path)) for path in paths]
    assert [len(found) for found in said] == [5, 3, 1]  # each goes on to the end here: they are fewer than 1,000
    assert said[0][2:] == said[1]
    assert said[1][2:] == said[2]
    assert len(set(said[0])) == len(stories)
    assert client.get("/news-sitemap.xml?before=later").status_code == 404
