"""How we are found elsewhere: heads of pages, pictures made of headlines, translations, search from the address bar."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from defusedxml.ElementTree import fromstring
from django.test import Client
from lxml import html as lxml_html
from PIL import Image, features

from articles import publishing
from articles.cards.drawing import Words, draw
from articles.cards.lettering import SIZES, fitted, font, length, runs_from_right, writable
from articles.models import Article, Name, Page, Picture, Series, Tag
from members.models import SiteRules
from newsroom import furniture
from tests.articles.test_desk import draft, form_of, signed_in
from tests.factories import AuthorFactory, Cast, make_article

pytestmark = pytest.mark.django_db
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
LONG = "How the council’s long-awaited waterfront settlement became a lease that nobody had read " * 3


def head(client: Client, path: str) -> dict[str, list[str]]:
    """The metas of a page by name, and its links by relation, as an HTML parser finds them."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    tree = lxml_html.fromstring(answer.content.decode())
    found: dict[str, list[str]] = {}
    for meta in tree.xpath("//head/meta[@content]"):
        found.setdefault(meta.get("property") or meta.get("name"), []).append(meta.get("content"))
    for link in tree.xpath("//head/link[@rel]"):
        found.setdefault(f"{link.get('rel')} {link.get('hreflang') or link.get('type') or ''}".strip(), []).append(
            link.get("href")
        )
    return found


def test_every_page_looks_well_where_it_is_passed_on(client: Client, now: datetime) -> None:
    SiteRules.objects.create(pk=1, name="The Lantern", tagline="Light")
    page = Page.objects.create(title="About", path="about", is_published=True)
    Name.objects.create(path="about", page=page)
    picture = Picture.objects.create(
        key="boat", file="pictures/boat.jpg", width=2400, height=1600, alt="A boat", prepared_at=now
    )
    seen = make_article(lead_picture=picture, language="de-AT", updated_at=now, social_headline="Passed on")
    plain = make_article("patrons", series=Series.objects.create(name="Mud", slug="mud"))
    plain.tags.add(Tag.objects.create(name="Quay", slug="quay"))
    AuthorFactory(name="Ada", slug="ada")
    places = ["/", "/city/", "/series/mud/", "/tag/quay/", "/author/ada/", "/about/", seen.get_absolute_url(),
              plain.get_absolute_url()]  # fmt: skip
    for path in places:
        said = head(client, path)
        for name in ("og:type", "og:title", "og:url", "og:site_name", "og:image", "og:image:alt", "twitter:card"):
            assert len(said[name]) == 1, (path, name)
        assert said["og:url"] == said["canonical"] == [f"http://testserver{path}"]
        assert said["robots"] == ["max-image-preview:large"]
        assert said["twitter:card"] == ["summary_large_image"]
        assert said["search application/opensearchdescription+xml"] == ["http://testserver/opensearch.xml"]
        drawn = said["og:image"][0].removeprefix("http://testserver")
        if path != seen.get_absolute_url():
            card = client.get(drawn)
            assert card["Content-Type"] == "image/png"
            size = Image.open(BytesIO(card.content)).size
            assert [str(side) for side in size] == [*said["og:image:width"], *said["og:image:height"]]
    own = head(client, seen.get_absolute_url())
    assert own["og:image"] == ["http://testserver/media/pictures/boat.1440.jpg"]
    assert (own["og:image:width"], own["og:image:height"], own["og:image:alt"]) == (["1440"], ["960"], ["A boat"])
    assert (own["og:title"], own["og:locale"]) == (["Passed on"], ["de_AT"])
    assert own["article:modified_time"] == ["2026-11-03T13:00:00+01:00"]


def test_card_changes_its_address_with_its_words_and_goes_with_its_story(
    client: Client, now: datetime, cast: Cast
) -> None:
    story = make_article("patrons")
    (address,) = head(client, story.get_absolute_url())["og:image"]
    first = client.get(address)
    assert {f"article-{story.pk}", "site"} <= set(first["X-Edge-Keys"].split())
    story.headline = "Put right"
    publishing.correct(story, by=None, now=now, stamp=True)
    (later,) = head(client, story.get_absolute_url())["og:image"]
    assert later != address
    assert client.get(address)["Location"] == later.removeprefix("http://testserver"), "the old one leads on"
    assert client.get(later).content != first.content
    publishing.withdraw(story, reason="Wrong.", by=cast.editor, now=now)
    waiting = make_article(published_at=now + timedelta(days=1))
    for gone in (later, f"/card/{waiting.pk}-000000000000.png", "/card/999999-000000000000.png"):
        assert client.get(gone).status_code == 404


@pytest.mark.parametrize(
    ("headline", "is_rtl"),
    [
        ("Fish", False), (LONG, False), ("Після розмови з мером: чому об’єкт на Подолі досі не збудували?", False),
        ("בית המשפט דן בגורל הנמל ב-2026, והתושבים עם EU מחכים", True),
        ("المحكمة تنظر في مستقبل الميناء عام 2026 مع الاتحاد الأوروبي؟", True), ("Donaudampfschifffahrt" * 8, False),
    ],
)  # fmt: skip
def test_headline_of_any_length_and_script_fits_its_card(headline: str, is_rtl: bool) -> None:
    if is_rtl and not features.check("raqm"):
        assert writable(headline) == ""
        return
    text = writable(headline)
    set_text = fitted(text, 1056, 380)
    assert set_text.is_rtl is is_rtl
    assert set_text.height <= 380
    assert all(length(line, set_text.size) <= 1056 for line in set_text.lines)
    said = " ".join(set_text.lines)
    assert said.endswith("…") or said.replace(" ", "") == text.replace(" ", "")
    assert set_text.size in SIZES
    with Image.open(BytesIO(draw(Words("The Lantern", headline, "City", 2)))) as card:
        assert card.size == (1200, 630)
        ink = card.convert("L").point(lambda light: 255 if light < 100 else 0).crop((0, 120, 1200, 520)).getbbox()
    assert ink is not None
    assert 60 <= ink[0] < ink[2] <= 1140, "nothing runs over the margins"
    assert (ink[0] <= 80) or is_rtl
    assert (ink[2] >= 1110) or not is_rtl


def test_what_the_typeface_has_not_is_left_out_and_never_drawn_as_boxes() -> None:
    assert writable("Party 🎉 at the quay") == "Party at the quay"
    assert writable("港口的未来") == ""
    assert draw(Words("The Lantern", "港口的未来", "City", 1)) == draw(Words("", "The Lantern", "", 1)), (
        "the site's name"
    )
    missing = bytes(font(40).getmask("\U0001f389"))
    for letter in "Aé§ŁșЖґ№א۵ش“”–…€":
        assert writable(letter) == letter
        assert bytes(font(40).getmask(letter)) != missing, letter
    assert runs_from_right("ש")
    assert not runs_from_right("Ж")


def test_translations_name_each_other_while_they_are_live(client: Client, now: datetime) -> None:
    furniture.snapshot.get()
    first = make_article(slug="quay", headline="The quay")
    german = make_article(slug="kai", language="de", original=first)
    ukrainian = make_article(slug="naberezhna", language="uk", original=first, published_at=now + timedelta(hours=1))
    paths = {story.language or "en-gb": f"http://testserver{story.get_absolute_url()}" for story in (first, german)}
    wanted = {f"alternate {language}": [path] for language, path in paths.items()}
    wanted["alternate x-default"] = [paths["en-gb"]]
    for story in (first, german):
        answer = client.get(story.get_absolute_url())
        assert f"article-{first.pk}" in answer["X-Edge-Keys"].split(), "all fall with the first"
        said = head(client, story.get_absolute_url())
        languages = {
            name: to for name, to in said.items() if name.startswith("alternate") and "application" not in name
        }
        assert languages == wanted
        assert ukrainian.get_absolute_url() not in answer.content.decode()
    assert f"article-{first.pk}" in ukrainian.cache_keys()
    said = client.get(german.get_absolute_url()).content.decode()
    assert f'data-reads="{german.pk}" lang="de" dir="ltr">' in said
    assert f'<a href="{first.get_absolute_url()}" hreflang="en-gb" lang="en-gb" dir="ltr" rel="alternate">' in said
    assert ">Deutsch</a>" in client.get(first.get_absolute_url()).content.decode()
    assert '"translationOfWork"' in said
    Article.objects.filter(pk=ukrainian.pk).update(live_from=now)
    assert "alternate uk" in head(client, first.get_absolute_url())
    Article.objects.filter(pk=first.pk).update(canonical_url="https://example.org/first")
    assert "alternate de" not in head(client, first.get_absolute_url()), "known elsewhere, it names nobody"
    assert "alternate x-default" in head(client, german.get_absolute_url())


def test_the_desk_says_what_a_story_was_translated_from(cast: Cast) -> None:
    client = signed_in(cast.editor)
    first, own = make_article(slug="quay"), draft(headline="Der Kai")
    second = make_article(slug="naberezhna", language="uk", original=first)
    path = f"/admin/articles/article/{own.pk}/change/"

    def says(address: str, language: str = "de", story: Article = own) -> str:
        form = form_of(client, story, translation_of=address, language=language)
        answer = client.post(f"/admin/articles/article/{story.pk}/change/", form)
        story.refresh_from_db()
        return "" if answer.status_code == 302 else answer.content.decode()

    assert "No story of ours stands at this address." in says("https://example.org/2026/11/03/quay/")
    assert "No story of ours" in says(f"http://testserver{own.get_absolute_url()}")
    assert "Both are in one language." in says(first.get_absolute_url(), language="")
    assert own.original is None
    assert says(f"http://testserver{second.get_absolute_url()}") == ""
    assert own.original == first, "a translation of a translation is one of the first"
    assert f'value="{first.get_absolute_url()}"' in client.get(path).content.decode()
    assert "That is this story itself." in says(second.get_absolute_url(), "de", first)
    other = make_article().get_absolute_url()
    assert "Other stories are translations of this one." in says(other, "de", first)
    assert own.revisions.latest("pk").content["original_id"] == first.pk
    assert says("") == ""
    assert own.original is None


def test_browsers_learn_to_search_us(client: Client) -> None:
    SiteRules.objects.create(pk=1, name="The Lantern of the Long Estuary & Co", description="d" * 3000)
    answer = client.get("/opensearch.xml")
    assert answer["Content-Type"] == "application/opensearchdescription+xml; charset=utf-8"
    root: Any = fromstring(answer.content)
    assert root.tag == f"{OPENSEARCH}OpenSearchDescription"
    for name, most in (("ShortName", 16), ("LongName", 48), ("Description", 1024)):
        assert 0 < len(root.findtext(f"{OPENSEARCH}{name}")) <= most
    url = root.find(f"{OPENSEARCH}Url")
    assert (url.get("type"), url.get("template")) == ("text/html", "http://testserver/search/?q={searchTerms}")
    assert client.get(url.get("template").replace("{searchTerms}", "quay")).status_code == 200
    assert root.findtext(f"{OPENSEARCH}InputEncoding") == "UTF-8"


def test_robots_are_understood_as_they_are_meant(client: Client) -> None:
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").content.decode().splitlines())
    for path in ("/", "/city/", "/feed/", "/feed.json", "/card/1-0123456789ab.png", "/2026/11/03/story/"):
        assert robots.can_fetch("Googlebot-News", f"http://testserver{path}"), path
    for path in ("/feed/mine/0123/", "/account/", "/admin/", "/search/?q=x", "/gift/x/"):
        assert not robots.can_fetch("Googlebot-News", f"http://testserver{path}"), path
    assert robots.site_maps() == ["http://testserver/sitemap.xml", "http://testserver/news-sitemap.xml"]
