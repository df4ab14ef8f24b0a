"""Links that lead out: what is noted, how they are looked after, and when one is dead."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from articles import jobs
from articles.links import outgoing
from articles.links.outgoing import Look, addresses, look_after_due, look_at, record, rounds
from articles.models import Article, OutgoingLink, RelatedLink
from articles.nodes import Body
from articles.workflow.keeping import derive
from newsroom.fetch import Network
from tests.articles.test_desk import draft, signed_in
from tests.factories import make_article
from tests.newsroom.test_fetch import Site, give

pytestmark = pytest.mark.django_db
TROUBLE, FINE = Look("It answers with an error (404).", answered=True), Look("", answered=True)
DAY = timedelta(days=1)


def keep_text(story: Article, *urls: str) -> None:
    """Keep the story with a text that links to `urls`."""
    story.full_text = "".join(f'<p><a href="{url}">x</a></p>' for url in urls)
    derive(story)


def test_addresses_are_those_of_others_once_each() -> None:
    text = (
        '<p><a href="https://a.example/x#part">x</a> <a href="https://a.example/x">x</a> <a href="/2024/05/02/y/">y</a>'
        ' <a href="mailto:a@b.example">m</a> <a href="http://testserver/z/">z</a> <a href="https://[broken">b</a></p>'
        '<ul><li><a href="http://b.example/">b</a></li></ul><figure data-embed="https://video.example/1"></figure>'
    )
    assert addresses(Body(text).blocks) == ["https://a.example/x", "http://b.example/", "https://video.example/1"]


def test_links_agree_with_text_and_related_links_and_keep_what_is_known(now: datetime) -> None:
    story = draft()
    RelatedLink.objects.create(article=story, url="https://report.example/")
    keep_text(story, "https://a.example/", "https://b.example/")
    assert set(story.outgoing_links.values_list("url", flat=True)) == {
        "https://a.example/",
        "https://b.example/",
        "https://report.example/",
    }
    story.outgoing_links.update(failing_since=now)
    keep_text(story, "https://a.example/", "https://new.example/")
    known = dict(story.outgoing_links.values_list("url", "failing_since"))
    assert known == {"https://a.example/": now, "https://report.example/": now, "https://new.example/": None}


def linked(url: str = "https://a.example/", **fields: Any) -> OutgoingLink:
    return OutgoingLink.objects.create(article=fields.pop("article", None) or make_article(), url=url, **fields)


def test_two_days_of_trouble_make_a_link_dead_and_an_answer_mends_it(now: datetime) -> None:
    link = linked()

    def after(look: Look, at: datetime) -> tuple[Any, ...]:
        record([link.pk], look, now=at)
        link.refresh_from_db()
        return link.checked_at, link.failing_since, bool(link.trouble)

    assert after(TROUBLE, now) == (now, None, True)
    assert after(TROUBLE, now + timedelta(hours=3)) == (now, None, True)  # the same day proves nothing
    assert after(TROUBLE, now + DAY) == (now + DAY, now, True)
    assert after(TROUBLE, now + 2 * DAY) == (now + 2 * DAY, now, True)
    assert after(FINE, now + 3 * DAY) == (now + 3 * DAY, None, False)


def test_what_is_due(now: datetime) -> None:
    never = linked("https://never.example/")
    week = linked("https://week.example/", checked_at=now - timedelta(days=7))
    failed = linked("https://failed.example/", checked_at=now - DAY, trouble="404")
    linked("https://lately.example/", checked_at=now - timedelta(days=6))
    linked("https://today.example/", checked_at=now - timedelta(hours=3), trouble="404")
    linked("https://dead.example/", checked_at=now - DAY, trouble="404", failing_since=now - 2 * DAY)
    linked("https://gone.example/", article=make_article(status="withdrawn"))
    assert list(OutgoingLink.objects.due(now)) == [never, week, failed]


def test_a_run_asks_fifty_addresses_and_five_of_a_host() -> None:
    many = [f"https://one.example/{number}" for number in range(40)]
    others = [f"https://host{number}.example/" for number in range(100)]
    turns = rounds([*many, *others])
    assert [len([url for url in turn if "one.example" in url]) for turn in turns] == [1, 1, 1, 1, 1]
    assert sum(map(len, turns)) == 50


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server of somebody else's, asked by HEAD and GET."""
    site = Site()
    handler: Any = site.server.RequestHandlerClass

    def head(self: BaseHTTPRequestHandler) -> None:
        site.asked.append((f"HEAD {self.path}", {}))
        site.pages.get(f"HEAD {self.path}", give(b"", status=200))(self)

    handler.do_HEAD = head
    yield site
    site.server.shutdown()
    site.server.server_close()


def at(site: Site, path: str, host: str = "news.example") -> str:
    return f"http://{host}:{site.port}{path}"


@pytest.mark.parametrize(
    ("head", "get", "is_trouble"),
    [(200, None, False), (405, 200, False), (404, 200, False), (404, 404, True), (500, 503, True), (403, 403, False),
     (429, 429, False), (410, 410, True)],
)  # fmt: skip
def test_somebody_who_refuses_machines_has_answered(head: int, get: int, is_trouble: bool, site: Site) -> None:
    site.pages["HEAD /x"] = give(b"", status=head)
    site.pages["/x"] = give(b"", status=get or 500)
    look = look_at(at(site, "/x"), network=site.network)
    assert bool(look.trouble) == is_trouble
    assert look.answered
    assert [path for path, _headers in site.asked] == (["HEAD /x"] if get is None else ["HEAD /x", "/x"])


def test_a_run_looks_once_at_an_address_of_many_stories(site: Site, now: datetime) -> None:
    url, breaths = at(site, "/x"), list[float]()
    links = [linked(url) for _story in range(3)]
    look_after_due(now=now, network=site.network, breathe=breaths.append)
    assert len(site.asked) == 1
    assert set(OutgoingLink.objects.values_list("checked_at", flat=True)) == {now}
    assert len(links) == 3
    assert not breaths
    look_after_due(now=now, network=site.network, breathe=breaths.append)
    assert len(site.asked) == 1  # twice in a row asks nobody twice


def test_when_nobody_anywhere_answers_it_is_our_own_line(now: datetime) -> None:
    def cut(host: str, port: int) -> list[str]:
        raise OSError("no network")

    linked("https://a.example/")
    linked("https://b.example/")
    look_after_due(now=now, network=Network(resolve=cut), breathe=lambda seconds: None)
    assert set(OutgoingLink.objects.values_list("checked_at", "trouble")) == {(None, "")}


def test_a_host_that_is_gone_while_others_answer_is_trouble(site: Site, now: datetime) -> None:
    def resolve(host: str, port: int) -> list[str]:
        if host == "gone.example":
            raise OSError("no such name")
        return ["127.0.0.1"]

    network = Network(resolve=resolve, is_allowed=lambda address, port: True)
    linked(at(site, "/x"))
    gone = linked(at(site, "/y", "gone.example"))
    look_after_due(now=now, network=network, breathe=lambda seconds: None)
    gone.refresh_from_db()
    assert "gone.example" in gone.trouble
    assert gone.checked_at == now


def test_our_own_machines_are_never_asked(now: datetime) -> None:
    look = look_at("http://127.0.0.1:1/admin/")
    assert not look.answered


def report(**fields: Any) -> str:
    return reverse("admin:articles_article_dead_links", **fields)


def test_the_report_names_story_link_and_day_and_costs_the_same_for_many(cast: Any, now: datetime) -> None:
    client = signed_in(cast.editor)
    linked("https://fine.example/")
    linked("https://once.example/", trouble="404", checked_at=now)
    story = make_article(headline="The quay closes")
    linked("https://dead.example/report", article=story, failing_since=now - 9 * DAY, trouble="It answers (404).")
    client.get(report())
    with CaptureQueriesContext(connection) as few:
        page = client.get(report()).content.decode()
    for said in ("The quay closes", "https://dead.example/report", "25 Oct 2026", "It answers (404)."):
        assert said in page
    assert "fine.example" not in page
    assert "once.example" not in page
    for number in range(20):
        linked(f"https://dead.example/{number}", failing_since=now)
    with CaptureQueriesContext(connection) as many:
        client.get(report())
    assert len(many) == len(few) <= 12
    assert signed_in(cast.moderator).get(report()).status_code == 403


def test_looking_again_is_a_job_queued_once(cast: Any, now: datetime) -> None:
    link = linked(failing_since=now - DAY, trouble="404")
    client = signed_in(cast.editor)
    path = reverse("admin:articles_article_look_again", args=[link.pk])
    assert client.get(path).status_code == 405
    for _twice in range(2):
        assert client.post(path).status_code == 303
    queued = ProcrastinateJob.objects.filter(task_name="articles.jobs.look_at_link")
    assert [job.args for job in queued] == [{"link_id": link.pk}]


def test_a_job_for_a_link_that_is_gone_does_nothing(db: None) -> None:
    jobs.look_at_link(link_id=404)


def test_dead_links_of_withdrawn_stories_are_nobodys_business(now: datetime) -> None:
    linked(article=make_article(status=Article.Status.WITHDRAWN), failing_since=now)
    assert outgoing.dead_links(Article.objects.all()) == []
