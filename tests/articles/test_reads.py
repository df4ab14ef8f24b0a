"""Reads: counted of nobody in particular, written in sums; what is read most; somebody else's counter, if wanted."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.models import Article, StoryReads
from articles.reads import tally
from articles.reads.most import shelf
from members.models import SiteRules
from newsroom import checks, furniture
from tests.factories import Cast, make_article
from tests.world import ADDRESSES, World, local, marker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_furniture")]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OURS = {"Sec-Fetch-Site": "same-origin", "User-Agent": FIREFOX}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SCRIPT, SITE = "https://count.example.org/js/script.js", "news.example.org"


@pytest.fixture(autouse=True)
def nothing_counted(now: datetime) -> Iterator[None]:
    """This process has counted nothing yet."""
    tally.tally.__init__()  # type: ignore[misc]  # the view holds this very one
    yield
    tally.tally.take()


def read(story: Any, client: Client | None = None, **headers: Any) -> Any:
    """What the script on a page sends."""
    asked = {name: value for name, value in {**OURS, **headers}.items() if value is not None}
    return (client or Client()).post("/reads/", {"story": story}, headers=asked)


def sums() -> dict[str, int]:
    """What is written, by slug."""
    return dict(StoryReads.objects.values_list("article__slug", "reads"))


def test_read_is_a_sum_and_nothing_else(now: datetime, cast: Cast) -> None:
    story, coming = make_article(slug="out"), make_article(slug="to-come", published_at=now + DAY)
    signed_in = Client()
    signed_in.force_login(cast.member)
    with CaptureQueriesContext(connection) as queries:
        for client in (Client(), signed_in):
            answer = read(story.pk, client)
            assert (answer.status_code, answer.content, answer["Cache-Control"]) == (204, b"", "private, no-store")
            assert not answer.cookies
        read(coming.pk)
        for nonsense in ("", "x", "0", "999999999", "9" * 18, "9" * 19, "-1", "١", f"{story.pk}\x00"):
            assert read(nonsense).status_code == 204
        agents = (None, "", "Googlebot/2.1", "HeadlessChrome/140", "curl/8", "python-requests/2", "WhatsApp/2.23")
        for agent in agents:
            assert read(story.pk, **{"User-Agent": agent}).status_code == 204
        read(story.pk, **{"Sec-Purpose": "prefetch;prerender"})
    assert len(queries) == 0, "nobody's session is looked at"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": None, "Origin": "https://evil.example"}):
        assert read(story.pk, **headers).status_code == 403
    assert Client().get("/reads/", headers=OURS).status_code == 405
    with CaptureQueriesContext(connection) as queries:
        tally.flush(now)
    assert len(queries) == 1
    assert sums() == {"out": 2}
    assert {field.name for field in StoryReads._meta.fields} == {"id", "article", "day", "reads"}


def test_sums_of_processes_add_up_and_none_is_lost_while_the_database_is_away(now: datetime) -> None:
    stories = [make_article(slug=f"s{number}") for number in range(3)]
    other = tally.Tally()
    for number in range(30):
        assert tally.tally.count(stories[number % 3].pk, network=f"10.0.{number}.0/24", now=now)
        assert other.count(stories[0].pk, network="10.0.0.0/24", now=now)
    assert not other.count(stories[0].pk, network="10.0.0.0/24", now=now), "a network has its share of a minute"
    assert other.count(stories[0].pk, network="10.0.1.0/24", now=now)
    assert other.count(stories[0].pk, network="10.0.0.0/24", now=now + MINUTE)
    with connection.execute_wrapper(_away):
        assert tally.flush(now) == 0
    assert tally.flush(now) == 30
    tally.tally.give_back(other.take())
    assert tally.flush(now) == 32
    assert tally.flush(now) == 0
    assert sums() == {"s0": 42, "s1": 10, "s2": 10}

    midnight = now.replace(hour=23)  # in Copenhagen, where the site is
    assert tally.tally.count(stories[0].pk, network="n", now=midnight - timedelta(seconds=1))
    assert tally.tally.count(stories[0].pk, network="n", now=midnight)
    tally.flush(midnight)
    days = dict(StoryReads.objects.filter(article=stories[0]).values_list("day", "reads"))
    assert days == {now.date(): 43, now.date() + DAY: 1}
    StoryReads.objects.filter(day=now.date()).update(day=now.date() - tally.KEPT)
    assert tally.forget_outdated(now) == 0
    assert tally.forget_outdated(now + DAY) == 3


def test_front_page_shows_what_is_read_most_of_what_is_live(now: datetime) -> None:
    SiteRules.objects.create(pk=1)
    stories = [make_article("patrons" if number == 3 else "everyone", slug=f"s{number}") for number in range(8)]
    for number, story in enumerate(stories):
        _rows(story, now, today=10 + number, yesterday=1000 - number)
    assert "Most read today" not in _front()
    SiteRules.objects.filter(pk=1).update(shows_most_read=True)
    furniture.snapshot.drop(["site"])
    shelf.trust(connected=True)
    try:
        assert _most() == ["s7", "s6", "s5", "s4", "s3"]
        assert _most(says="For patrons")
        assert "What only some may read" not in _front()
        StoryReads.objects.filter(article=stories[0]).update(reads=99)
        assert _most()[0] == "s7", "as it stood up to five minutes ago"
        with time_machine.travel(now + 5 * MINUTE, tick=False):
            assert _most()[0] == "s0"
        Article.objects.filter(pk=stories[7].pk).update(status="withdrawn")
        shelf.drop(stories[7].cache_keys())
        assert _most() == ["s0", "s6", "s5", "s4", "s3"]
        with time_machine.travel(now + DAY, tick=False):
            assert "Most read today" not in _front(), "a new day begins with nothing"
        StoryReads.objects.exclude(article__in=stories[:2]).delete()
        shelf.drop(["front"])
        assert "Most read today" not in _front(), "two are no list"
    finally:
        shelf.trust(connected=False)


def test_desk_sees_how_often_stories_are_read_and_is_not_counted_itself(now: datetime, cast: Cast) -> None:
    world = World.make()
    story = world.stories["everyone"]
    _rows(story, now, today=1204, yesterday=30)
    desk = Client()
    desk.force_login(cast.editor)
    home = desk.get("/admin/").content.decode()
    assert "Most read today" in home
    assert "1,204 reads" in home
    out = desk.get(reverse("admin:articles_article_out", args=[story.pk])).content.decode()
    assert "<strong>1,234</strong> times, 1,204 of them today" in out
    mark, script = f'data-reads="{story.pk}"', "js/reads"
    path, member = story.get_absolute_url(), Client()
    member.force_login(cast.member)
    for client in (Client(), member):
        page = client.get(path).content.decode()
        assert mark in page
        assert script in page
        assert "data-reads" not in client.get(f"{path}rest/").content.decode()
    preview = reverse("admin:articles_article_preview", args=[story.pk])
    lent = local(ADDRESSES["preview"](world)[0])
    for client, where in ((desk, path), (desk, preview), (Client(), lent), (Client(), "/"), (Client(), "/city/")):
        page = client.get(where).content.decode()
        assert "data-reads" not in page
        assert script not in page
    assert Path("static/js/reads.js").stat().st_size <= 500
    assert marker("patrons") not in home + out


def test_outside_counter_counts_public_pages_alone_and_only_if_it_is_set_up(cast: Cast, now: datetime,
                                                                            settings: Any) -> None:  # fmt: skip
    world = World.make()
    public = [
        "/",
        "/archive/",
        "/tag/water/",
        "/author/ada-ink/",
        "/series/tides/",
        "/corrections/",
        "/city/",
        "/about/",
    ]
    public.append(world.stories["patrons"].get_absolute_url())
    ours = [
        "/account/",
        "/membership/",
        "/letters/",
        "/topics/",
        "/accounts/login/",
        "/search/?q=x",
        "/account/erased/",
    ]
    member, desk = Client(), Client()
    member.force_login(cast.member)
    desk.force_login(cast.editor)
    assert not [path for path in public if _counts(member, path)]
    settings.COUNTER_SCRIPT, settings.COUNTER_SITE = SCRIPT, SITE
    assert checks.counter(None) == []
    for client in (Client(), member):
        assert [path for path in public if not _counts(client, path)] == []
        assert [path for path in ours if _counts(client, path)] == []
    policy = member.get(public[-1])["Content-Security-Policy"]
    parts = {name: set(sources) for name, *sources in map(str.split, policy.split(";"))}
    named = {name for name, sources in parts.items() if "https://count.example.org" in sources}
    assert named == {"script-src", "connect-src"}
    assert "script.js" not in desk.get("/").content.decode(), "the desk is not counted"
    wrong = [("http://count.example.org/x.js", SITE), ("https://a.example; script-src *", SITE), ("https://", SITE),
             ("https://*.example.org/x.js", SITE), ("https://me@a.example/x.js", SITE), ("https://[/x.js", SITE),
             ("//a.example/x.js", SITE), ('https://a.example/"x', SITE), (SCRIPT, ""), (SCRIPT, 'a" onload="x'),
             ("", SITE)]  # fmt: skip
    for script, site in wrong:
        settings.COUNTER_SCRIPT, settings.COUNTER_SITE = script, site
        assert checks.counter(None), (script, site)
        assert not _counts(Client(), "/"), (script, site)


def _counts(client: Client, path: str) -> bool:
    """Whether the outside counter stands on a page or in its policy."""
    answer = client.get(path)
    assert answer.status_code in (200, 302), path
    return "data-domain" in answer.content.decode() or "count.example" in answer.get("Content-Security-Policy", "")


def _rows(story: Article, now: datetime, *, today: int, yesterday: int) -> None:
    StoryReads.objects.create(article=story, day=now.date(), reads=today)
    StoryReads.objects.create(article=story, day=now.date() - DAY, reads=yesterday)


def _front() -> str:
    return Client().get("/").content.decode()


def _most(says: str = "/") -> list[str]:
    """The slugs of the list, in its order; none where it does not say that."""
    part = _front().partition('class="most-read"')[2].partition("</section>")[0]
    return [piece.partition("/")[0] for piece in part.split("/2026/11/03/")[1:]] if says in part else []


def _away(*asked: Any) -> None:
    """What a database that is away says to every query."""
    raise OperationalError("It is away.")
