"""What hangs on the hidden part is hidden with it: pictures, files, frames, links, notes; and what says that it is."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.core import signing
from django.utils import timezone
from lxml import html as lxml_html

from articles.models import Article, Document, LinkPreview, Picture
from members.letters.issues.rendering import Press
from members.meter import COOKIE, GIFTS_COOKIE, SALT
from members.models import LetterSubscription, Mailing, SiteRules
from newsroom import furniture
from tests.factories import Cast, make_article
from tests.surfaces.door import Door
from tests.surfaces.people import READABLE, STORIES, browser_of, leaks, person
from tests.world import ADDRESSES, World, local, marker

pytestmark = pytest.mark.django_db
VIDEO = "https://youtu.be/zqhidden001"
SECRETS = ("zqhidden", "zqsecret")


@pytest.fixture
def rich(world: World) -> Article:
    """A patrons' story with everything behind its cut that a text can hold."""
    shown, first, second = (
        Picture.objects.create(key=name, file=f"pictures/{name}.jpg", alt=name, caption=name, width=1200, height=800)
        for name in ("open", "zqhiddenone", "zqhiddentwo")
    )
    document = Document.objects.create(
        key="zqhiddenfile", file="documents/zqhidden.pdf", kind=Document.Kind.PDF, title="zqsecret report", size=9
    )
    LinkPreview.objects.create(url="https://example.org/zqhidden", title="zqsecret card")
    other = make_article(headline="zqsecret other", slug="zqhidden-other", standfirst="zqsecret")
    Article.objects.filter(pk=other.pk).update(published_at=other.published_at.replace(year=2020))
    text = (
        f'<p>Open.<span data-footnote="">An open note.</span></p><figure data-picture="{shown.key}"></figure>'
        f'<hr data-paywall="here"><p>zqsecret<span data-footnote="">zqsecret note</span>'
        f' <a href="https://example.org/zqhidden-link">zqsecret</a></p>'
        f'<figure data-picture="{first.key}"></figure><figure data-gallery="{first.key} {second.key}"></figure>'
        f'<figure data-file="{document.key}"></figure><figure data-embed="{VIDEO}"></figure>'
        f'<figure data-embed="https://example.org/zqhidden"></figure><aside data-read-also="{other.pk}"></aside>'
    )
    story: Article = make_article("patrons", full_text=text, slug="rich", headline="Rich", section=world.section)
    return story


def test_nothing_that_stands_behind_the_cut_is_named_on_the_page(cast: Cast, rich: Article, door: Door) -> None:
    path = rich.get_absolute_url()
    for who in ("anonymous", "member"):
        browser = browser_of(who, cast, door)
        for way in (path, f"{path}rest/", f"{path}?print=1"):
            for headers in ({}, {"X_Fragment": "1"}):
                said = browser.get(way, **headers).said
                assert [word for word in SECRETS if word in said] == [], (who, way, headers)
    patron = browser_of("patron", cast, door).get(path).said
    for part in ("zqhiddenone", "zqhiddentwo", "zqsecret note", "zqsecret report", "zqhidden001", "zqsecret card",
                 "zqhidden-link", "zqsecret other"):  # fmt: skip
        assert part in patron


def test_markup_says_what_is_closed_and_names_what_is_really_there(cast: Cast, world: World, door: Door) -> None:
    for who in ("anonymous", "member", "patron"):
        browser = browser_of(who, cast, door)
        for name, story in world.stories.items():
            page = browser.get(story.get_absolute_url()).body.decode()
            tree = lxml_html.fromstring(page)
            facts: dict[str, Any] = json.loads(tree.xpath('string(//script[@type="application/ld+json"])'))
            assert facts["isAccessibleForFree"] is (name == "everyone")
            assert marker(name) not in json.dumps(facts) or name == "everyone"
            if name != "everyone":
                part = facts["hasPart"]
                assert part["isAccessibleForFree"] is False
                assert tree.find_class(part["cssSelector"].removeprefix(".")), (who, name)
            metas = " ".join(tree.xpath("//head//meta/@content | //head//title/text() | //head//link/@href"))
            assert marker(name) not in metas


def test_machine_formats_carry_the_open_part_alone_whoever_asks(cast: Cast, world: World, door: Door) -> None:
    places = ("", "section_", "series_", "author_", "tag_")
    feeds = {f"{place}{form}" for place in places for form in ("feed", "json_feed")}
    names = (*feeds, "corrections_feed", "sitemap", "sitemap_site", "sitemap_month", "news_sitemap", "robots")
    for who in ("anonymous", "staff"):
        browser = browser_of(who, cast, door)
        for kind, path in ((name, local(path)) for name in names for path in ADDRESSES[name](world)):
            answer = browser.get(path)
            assert answer.status == 200
            whole = {marker("everyone")} if kind in feeds else set()  # what everybody may read feeds carry whole
            assert set(re.findall(r"zq[a-z]+(?:hidden|reply)", answer.said)) == whole, f"{path} for {who}"


def test_a_letter_holds_what_its_recipient_may_read_when_it_is_made(cast: Cast, world: World) -> None:
    now = world.issue.made_at
    for who in ("anonymous", "member", "lapsed", "lower", "patron", "grace"):
        member = person(who, cast)
        row = LetterSubscription.objects.create(
            letter=world.letter, email=member.email if member else "none@example.org", member=member, confirmed_at=now
        )
        mailing = Mailing(issue=world.issue, subscription=row, member=member, email=row.email)
        copy = Press(world.issue, timezone.now()).copy(mailing)  # the lapsed one's access ended a second ago
        assert not isinstance(copy, str), copy
        assert (marker("patrons") in copy.message().as_string()) is ("patrons" in READABLE[who]), who


def test_error_pages_and_redirects_say_nothing(world: World, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, path = door.browser(), world.stories["patrons"].get_absolute_url()
    cookie = signing.dumps({"p": "x", "s": []}, salt=SALT)
    odd = [
        browser.get(f"{path}nowhere/"), browser.get(path.rstrip("/")), browser.post(path), browser.get("/gift/x/"),
        browser.ask("POST", f"{path}rest/"), browser.get("/account/"), browser.get("/gift/forged/"),
        browser.get(path, Cookie=f"{COOKIE}={cookie}; {GIFTS_COOKIE}={cookie}"),
        browser.ask("POST", f"{path}rest/", Content_Length=str(10**9)),
    ]  # fmt: skip
    assert {answer.status for answer in odd} >= {301, 302, 403, 404, 413}
    monkeypatch.setattr(settings, "FAIL_LOUDLY", False)
    monkeypatch.setattr(furniture.snapshot, "get", lambda: 1 / 0)
    broken = browser.get(path, X_Fragment="1")
    assert broken.status == 500
    for answer in [*odd, broken]:
        assert leaks(answer.said, str(answer.status), "anonymous") == []
        assert "Traceback" not in answer.said
    assert SiteRules.objects.exists()
    assert STORIES


def test_headers_preload_nothing_from_behind_the_cut(rich: Article, door: Door) -> None:
    answer = door.browser().get(rich.get_absolute_url())
    assert not [word for word in SECRETS if word in str(answer.headers)]
