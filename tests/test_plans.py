"""How PostgreSQL answers every public page where there is much: 20,000 stories, 5,000 members, 20,000 replies.

Each query of each address is explained as it ran. No big table is read from end to end, and no step of a plan
touches more rows than a page could need, whatever stands around them. The planner is left as it is.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles import search
from articles.lists import Cursor
from articles.models import Article, Section
from comments.models import Discussion
from members.models import Member, SiteRules
from newsroom import furniture
from newsroom.demo.archive.replies import SIZES
from newsroom.demo.archive.words import COMMON, RARE
from tests.factories import MemberFactory, make_patron
from tests.world import ADDRESSES, World, local

STORIES, MEMBERS, REPLIES = 20_000, 5_000, 20_000
BIG = {
    "articles_article", "articles_byline", "articles_article_tags", "articles_relatedlink", "members_member",
    "account_emailaddress", "comments_reply", "django_comments", "django_comments_xtd_xtdcomment",
}  # fmt: skip
MOST = 1_000  # rows one step of a plan touches; the longest thread has 250 replies
MORE = {
    "search": 10_000,  # the newest 3,000, and what the index finds of a word few of them have
    "sitemap_month": 5_000,  # a month of a paper of 110 stories a day
}
COUNTS = 'SELECT "comments_discussion"."story_id" AS "story", COALESCE((SELECT COUNT'  # of lists, kept for a minute
COUNTED = 3_000  # replies under the stories of one page
UNEXPLAINED = ("INSERT", "UPDATE", "DELETE", "SAVEPOINT", "RELEASE", "ROLLBACK")
ROWS_LOST = ("Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter")


@dataclass
class Archive:
    """The paper and what is wrong with it."""

    world: World
    patron: Member
    said: dict[str, int] = field(default_factory=dict)

    def walk(self, name: str, path: str, client: Client) -> list[str]:
        """What is wrong with the plans of `path`, in words."""
        with Recorder() as recorder:
            status = client.get(path).status_code
        assert status < 500, path
        return [f"{name} {path}: {line}" for sql, line in recorder.wrong(MORE.get(name, MOST))]


@dataclass
class Recorder:
    """Keeps the queries that run."""

    queries: list[tuple[str, Any]] = field(default_factory=list)

    def __enter__(self) -> "Recorder":
        self._wrapper = connection.execute_wrapper(self._note)
        self._wrapper.__enter__()
        return self

    def __exit__(self, *problem: Any) -> None:
        self._wrapper.__exit__(*problem)

    def _note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.queries.append((sql, params))
        return execute(sql, params, many, context)

    def wrong(self, most: int) -> Iterator[tuple[str, str]]:
        """Every step that reads too much, with its query."""
        for sql, params in self.queries:
            if sql.lstrip().upper().startswith(UNEXPLAINED) or "pg_notify" in sql:
                continue
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
                (told,) = cursor.fetchone()
            bound = COUNTED if sql.startswith(COUNTS) else most
            (plan,) = json.loads(told) if isinstance(told, str) else told
            yield from ((sql, f"{line}\n    {sql[:400]}") for line in faults(plan["Plan"], bound))


def faults(step: dict[str, Any], most: int) -> Iterator[str]:
    """What is wrong with a step of a plan and those below it."""
    kind, table = step["Node Type"], step.get("Relation Name", "")
    touched = (step["Actual Rows"] + sum(step.get(name, 0) for name in ROWS_LOST)) * step["Actual Loops"]
    if kind == "Seq Scan" and table in BIG and step["Actual Loops"]:
        yield f"reads all of {table}"
    elif touched > most and (table in BIG or "Index Name" in step or kind in ("Sort", "Hash", "Aggregate")):
        yield f"{kind} of {table or step.get('Index Name', 'rows')} touches {touched:.0f} rows"
    for below in step.get("Plans", []):
        yield from faults(below, most)


def deep(stories: Any, at: int = 500) -> str:
    """The cursor behind story `at` of the live ones among `stories`."""
    moment, pk = stories.live(timezone.now()).newest_first().values_list("published_at", "pk")[at]
    return f"?before={Cursor(moment, pk, at // 20 + 1)}"


def addresses(world: World) -> Iterator[tuple[str, str]]:
    """Every public address there is, and those that are heavy where there is much."""
    for name, paths in ADDRESSES.items():
        yield from ((name, local(path)) for path in paths(world))
    big = Section.objects.get(slug="city")
    longest = SIZES.index(max(SIZES)) + 1
    talked = Article.objects.get(legacy_key=f"archive:{longest:09}")
    archive = Article.objects.filter(legacy_key__startswith="archive:")
    oldest = archive.order_by("published_at")[0]
    assert oldest.published_on is not None
    yield "story", talked.get_absolute_url()
    yield "story", oldest.get_absolute_url()
    yield "reply_page", reverse("reply_page", args=[Discussion.objects.get(story=talked).pk])
    yield "place", big.get_absolute_url()
    yield "place", big.get_absolute_url() + deep(Article.objects.in_section(big))
    yield "archive", f"/archive/{deep(Article.objects.all(), 10_000)}"
    yield "archive", f"/archive/{oldest.published_on:%Y}/"
    yield "archive", f"/archive/{oldest.published_on:%Y/%-m}/"
    for kind in ("tag", "author"):
        yield from ((kind, f"/{kind}/archive-{number}/") for number in (1, 7, 30, 0))
    yield "series", "/series/archive-1/"
    yield "feed", "/city/feed/"
    yield "sitemap_month", f"/sitemap-{oldest.published_on:%Y-%m}.xml"
    for words in (RARE, COMMON, f"{COMMON} {RARE}", '"the harbour office"', "ferry -council", "nothingatall"):
        yield "search", f"/search/?q={words}"
    yield "missing", "/2016/10/old-address/"
    yield "missing", "/nowhere-at-all/"


@pytest.fixture(scope="module")
def archive(django_db_setup: None, django_db_blocker: Any) -> Iterator[Archive]:
    """The archive, gone again after this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        patron = make_patron(MemberFactory(email="patron@archive.test"))
        sizes = {"stories": STORIES, "members": MEMBERS, "replies": REPLIES}
        call_command("make_archive", stdout=io.StringIO(), yes_fill_this_database=True, **sizes)
        connection.check_constraints()  # here, once, or each test would
        yield Archive(World.make(), patron)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_no_public_page_reads_more_than_it_shows(archive: Archive, settings: Any) -> None:
    anonymous, patron = Client(), Client()
    patron.force_login(archive.patron)
    furniture.snapshot.trusted = True
    wrong = [
        line
        for name, path in addresses(archive.world)
        for client in (anonymous, patron)
        for line in archive.walk(name, path, client)
    ]
    furniture.snapshot.trusted = False
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_seldom_words_are_found_however_old_and_common_ones_among_the_newest(archive: Archive) -> None:
    now, rules = timezone.now(), SiteRules.current()
    newest = Article.objects.live(now).newest_first().values_list("pk", flat=True)[: search.NEWEST]
    seldom, common = (search.find(words, rules=rules, now=now) for words in (RARE, COMMON))
    assert len(seldom) == len(common) == search.SHOWN
    assert not {found.card.story.pk for found in seldom} <= set(newest)
    assert {found.card.story.pk for found in common} <= set(newest)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("index", "name", "path"),
    [
        ("article_newest", "archive", "/archive/"),
        ("byline_newest", "author", "/author/archive-1/"),
        ("tagging_newest", "tag", "/tag/archive-1/"),
        ("article_search", "search", f"/search/?q={RARE}"),
    ],
)
def test_without_its_index_a_page_is_found_out(archive: Archive, index: str, name: str, path: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")
    assert archive.walk(name, path, Client())
