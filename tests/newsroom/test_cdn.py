"""The one adapter for a CDN in front, against a small one: what it keeps, when that falls, and for whom never."""

import itertools
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.error import URLError

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from articles import publishing
from articles.models import Article
from newsroom import caching, cdn, jobs
from newsroom.pagecache import PageCache
from newsroom.pagestore import PageStore
from tests.factories import Cast, make_article
from tests.newsroom.fake_cdn import FakeCdn
from tests.newsroom.servers import Said, ask
from tests.newsroom.test_pagecache import Client

TASK = "newsroom.jobs.purge_cdn"


class House:
    """The site's process behind the CDN. It hears of what falls as its listener would have it hear."""

    def __init__(self) -> None:
        self.store = PageStore(1_000_000)
        self.store.trust(connected=True)
        self.client = Client(PageCache(WSGIHandler(), self.store))
        self.numbers = itertools.count(1)

    def answer(self, path: str, headers: dict[str, str]) -> tuple[str, dict[str, str], bytes]:
        """What the origin says to the CDN."""
        environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        own = {"SERVER_NAME": "testserver", "SERVER_PORT": "80", "wsgi.input": BytesIO(), "wsgi.url_scheme": "http"}
        return self.client.get(path, **environ, **own, HTTP_HOST="testserver")  # type: ignore[arg-type]  # WSGI's


@pytest.fixture
def house(transactional_db: None, settings: Any) -> House:
    settings.CDN_PURGE_TOKEN = "secret"
    return House()


@pytest.fixture
def edge(house: House, settings: Any) -> Iterator[FakeCdn]:
    def origin(path: str, headers: dict[str, str]) -> tuple[str, dict[str, str], bytes]:
        return house.answer(path, {name: value for name, value in headers.items() if name != "host"})

    with FakeCdn(origin) as running:
        settings.CDN_PURGE_URL = f"{running.address}/purge"
        yield running


def get(edge: FakeCdn, path: str, **headers: str) -> Said:
    return ask(int(edge.server_address[1]), path, **headers)


def run_jobs() -> list[dict[str, Any]]:
    """Run the purges that wait; what they were about and when each was due."""
    found = list(ProcrastinateJob.objects.filter(task_name=TASK, status="todo").order_by("id"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [TASK])
    for job in found:
        app.tasks[TASK](**job.args)
    return [{**job.args, "is_later": job.scheduled_at is not None} for job in found]


def correct(story: Article, headline: str, cast: Cast, now: Any, house: House) -> None:
    story.headline = headline
    story.save()
    publishing.correct(story, by=cast.editor, now=now, stamp=False)
    house.store.drop([f"article-{story.pk}"])  # the listener's part


def test_story_is_kept_corrected_purged_by_its_job_and_fresh(edge: FakeCdn, house: House, cast: Cast, now: Any) -> None:
    story = make_article()
    path = story.get_absolute_url()
    first, second = get(edge, path), get(edge, path)
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("miss", "hit")
    assert "s-maxage=600" in second.headers["cache-control"]
    correct(story, "Put right", cast, now, house)
    assert b"Put right" not in get(edge, path).body, "The CDN knows nothing until it is told."
    done = run_jobs()
    assert [job["is_later"] for job in done] == [False]
    fresh = get(edge, path)
    assert (fresh.headers["x-cache"], b"Put right" in fresh.body) == ("miss", True)
    purge = edge.purges[0]
    assert {f"article-{story.pk}", cdn.TOO_MANY} <= {key for each in edge.purges for key in each.keys}
    assert purge.headers["authorization"] == "Bearer secret"
    assert get(edge, path).headers["x-cache"] == "hit"


def test_page_on_its_way_while_it_was_purged_falls_with_the_second_purge(
    edge: FakeCdn, house: House, cast: Cast, now: Any
) -> None:
    story = make_article()
    path = story.get_absolute_url()

    def meanwhile() -> None:
        edge.on_its_way = lambda: None
        correct(story, "Put right", cast, now, house)
        run_jobs()

    edge.on_its_way = meanwhile
    get(edge, path)
    assert b"Put right" not in get(edge, path).body, "What was on its way is kept, although it was purged."
    (second,) = run_jobs()
    assert (second["is_second"], second["is_later"]) == (True, True)
    assert b"Put right" in get(edge, path).body
    assert run_jobs() == []


def test_purge_that_fails_is_tried_again(edge: FakeCdn, house: House) -> None:
    caching.purge("article-1")
    edge.refuses = 1
    with pytest.raises(URLError) as failure:
        run_jobs()
    job: Any = type("Job", (), {"attempts": 0})
    strategy = jobs.purge_cdn.retry_strategy
    assert strategy is not None
    assert strategy.get_retry_decision(exception=failure.value, job=job) is not None
    assert run_jobs() == [], "The second purge follows one that was heard."


def test_session_and_fragment_pass_and_are_never_given_to_others(edge: FakeCdn, house: House, cast: Cast) -> None:
    story = make_article("patrons")
    path = story.get_absolute_url()
    browser = Browser()
    browser.force_login(cast.patron)
    cookie = f"newsroom_session={browser.cookies['newsroom_session'].value}"
    hidden = b"What only some may read."
    assert hidden in get(edge, path, Cookie=cookie).body
    assert hidden not in get(edge, path).body
    assert hidden in get(edge, path, Cookie=cookie).body
    assert get(edge, path, X_Fragment="1").headers["cache-control"] == "private, no-store"
    assert not [name for name in edge.kept if name.endswith("passed")]


def test_header_of_keys_never_grows_too_long_and_what_has_too_many_falls_with_every_purge(settings: Any) -> None:
    settings.CDN_PURGE_URL = "https://cdn.example/purge"
    few, many = [f"article-{n}" for n in range(400)], [f"article-{n}" for n in range(2000)]
    for keys, said in ((few, " ".join(few)), (many, cdn.TOO_MANY)):
        response = HttpResponse()
        cdn.set_headers(response, keys=keys, seconds=60)
        assert response["Surrogate-Key"] == said
        assert response["Cache-Tag"].split(",") == said.split()
        assert len(response["Surrogate-Key"]) <= cdn.KEYS_BYTES


def test_purge_of_many_keys_goes_out_in_requests_a_cdn_takes(edge: FakeCdn, settings: Any) -> None:
    settings.CDN_PURGE_HEADER, settings.CDN_PURGE_FIELD = "Fastly-Key", "surrogate_keys"
    keys = [f"article-{number}" for number in range(100)]
    cdn.purge_now(keys)
    assert [key for purge in edge.purges for key in purge.keys] == [*keys, cdn.TOO_MANY]
    assert max(len(purge.keys) for purge in edge.purges) <= cdn.KEYS_A_REQUEST
    assert edge.purges[0].headers["fastly-key"] == "secret"
