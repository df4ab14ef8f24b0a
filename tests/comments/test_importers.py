"""Replies move in from dumpdata, Disqus and WordPress: once, in their threads; no mail, no address."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from articles.models import Article, Page, Redirect
from comments.importers.replies import LONGEST_TEXT, ImportedReply, import_replies, parents_first
from comments.models import Discussion, Notice, Reply
from members.models import Mailing
from tests.factories import make_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
SECRET = "zqsecret"  # in every address
WORDPRESS = Path(__file__).parents[1] / "articles" / "fixtures" / "wordpress-1.2.xml"


def run(path: Path, *options: str) -> str:
    """Import `path`; what the command said."""
    said = StringIO()
    call_command("import_replies", str(path), *options, stdout=said)
    return said.getvalue()


def refused(path: Path, *options: str) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(CommandError) as failure:
        run(path, *options)
    return str(failure.value)


def rows() -> dict[str, list[Any]]:
    """Every row an import may write, as it is."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in (Reply, Discussion)}


def tree(key: str) -> dict[str, str]:
    """Of each imported reply whose key begins so, what it answers; without the beginning."""
    found = Reply.objects.filter(legacy_key__startswith=key).select_related("reply_to")
    return {
        str(reply.legacy_key).removeprefix(key): str(getattr(reply.reply_to, "legacy_key", "")).removeprefix(key)
        for reply in found
    }


def reply(key: str) -> Reply:
    """The reply that came with this key."""
    return Reply.objects.get(legacy_key=key)


def comment(pk: int, text: str, thing: str = "42", **fields: Any) -> list[dict[str, Any]]:
    """The two rows of one reply of xtd, as dumpdata writes them; `answers`: the other's key."""
    answers = fields.pop("answers", pk)
    common = {
        "content_type": ["blog", "post"], "object_pk": thing, "site": 1, "user": None, "user_name": f"Name {pk}",
        "user_email": f"{SECRET}@example.org", "user_url": f"https://{SECRET}.example", "comment": text,
        "submit_date": f"2019-03-04T10:{pk % 60:02}:00Z", "ip_address": "203.0.113.9", "is_public": True,
        "is_removed": False,
    }  # fmt: skip
    thread = {"thread_id": 1, "parent_id": answers, "level": 0, "order": 1, "followup": True, "nested_count": 0}
    return [
        {"model": "django_comments_xtd.xtdcomment", "pk": pk, "fields": thread},
        {"model": "django_comments.comment", "pk": pk, "fields": common | fields},
    ]


def dump(path: Path, *comments: list[dict[str, Any]], **options: Any) -> Path:
    """A dump with the rows sorted by model, as dumpdata sorts them; and a list of its places."""
    objects = sorted((row for pair in comments for row in pair), key=lambda row: str(row["model"]))
    file = path / "dump.json"
    file.write_text(json.dumps(objects, **options), encoding="utf-8")
    return file


@pytest.fixture
def story(db: None) -> Article:
    """The story everything stands under."""
    return make_article(slug="the-quay", published_at=datetime(2019, 3, 4, 9, tzinfo=UTC))


@pytest.fixture
def places(tmp_path: Path, story: Article) -> tuple[str, str]:
    """The option that names our story for the old post 42."""
    file = tmp_path / "places.csv"
    file.write_text(f"old,new\nblog.post:42,https://paper.example{story.get_absolute_url()}\n", encoding="utf-8")
    return "--map", str(file)


def test_a_dump_of_xtd_comes_with_threads_names_and_dates_and_a_second_run_changes_nothing(
    tmp_path: Path, story: Article, places: tuple[str, str], client: Client
) -> None:
    file = dump(
        tmp_path,
        comment(1, "Root\n\nwith <b> in plain text & 2 < 3"),
        comment(2, "<p>Answer</p><script>alert(1)</script>", answers=1),
        comment(3, "Held", answers=2, is_public=False),
        comment(4, "Removed and answered", is_removed=True),
        comment(5, "Answer to the removed", answers=4),
        comment(6, "Removed, and nobody minded", is_removed=True),
        comment(7, "   ", answers=1),
        comment(8, "Answer to the empty one", answers=7),
        comment(9, "No date", submit_date="0000-00-00"),
        comment(10, "Nowhere", thing="43"),
        comment(11, "Signed with an address", user_name=f"{SECRET}@example.org"),
        comment(12, "Missing parent", answers=999),
        comment(13, "x" * 5_000_000, submit_date="2999-01-01T00:00:00Z"),
        comment(14, "One half of a pair \ud83d and \x00"),
    )
    assert "nothing was written" in run(file, *places, "--dry-run")
    assert not Discussion.objects.exists()
    said = run(file, *places)
    assert tree("xtd::") == {
        "1": "", "2": "1", "3": "2", "4": "", "5": "4", "8": "1", "11": "", "12": "", "13": "", "14": "",
    }  # fmt: skip
    root = reply("xtd::1")
    assert (root.comment, root.display_name) == ("Root\n\nwith <b> in plain text & 2 < 3", "Name 1")
    assert f"{root.posted_at:%Y-%m-%d %H:%M}" == "2019-03-04 10:01"
    assert reply("xtd::2").comment == "Answer"
    statuses = {key: reply(f"xtd::{key}").status for key in (1, 3, 4)}
    assert statuses == {1: "published", 3: "held", 4: "removed"}
    assert reply("xtd::11").display_name == "Anonymous"
    assert len(reply("xtd::13").comment) == LONGEST_TEXT
    assert reply("xtd::13").posted_at < datetime(2100, 1, 1, tzinfo=UTC)
    for line in ("8  replies, published", "1  replies without words", "1  replies without a date", "1  replies under"):
        assert line in said, said
    assert "“blog.post:43” is nowhere here, 1 of its replies" in said
    assert SECRET not in json.dumps(rows(), default=str)
    assert SECRET not in client.get(story.get_absolute_url()).content.decode()
    before = rows()
    again = run(file, *places)
    assert "10  replies that were here already" in again
    assert "Nothing new." in again
    assert rows() == before


def test_nobody_is_told_of_what_moved_in(tmp_path: Path, story: Article, places: tuple[str, str]) -> None:
    run(dump(tmp_path, comment(1, "One"), comment(2, "Two", answers=1)), *places)
    assert not Reply.objects.filter(announced_at=None).exists()
    assert not mail.outbox
    for rows_of in (Mailing, Notice):
        assert not rows_of.objects.exists()  # type: ignore[attr-defined]  # both have it
    assert set(ProcrastinateJob.objects.values_list("task_name", flat=True)) <= {"newsroom.jobs.purge_cdn"}


def test_a_dump_by_lines_with_numbers_for_kinds_and_of_contribs_own_comments_comes_too(
    tmp_path: Path, story: Article, places: tuple[str, str]
) -> None:
    old = comment(1, "From 2012", content_type=17)[1] | {"model": "comments.comment"}
    kind = {"model": "contenttypes.contenttype", "pk": 17, "fields": {"app_label": "blog", "model": "post"}}
    file = tmp_path / "dump.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, [old, kind])).encode()))
    run(file, *places, "--site", "old")
    assert tree("xtd:old:") == {"1": ""}


DISQUS = """<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
{}</disqus>"""


def thread(number: int, link: str, identifier: str = "", closed: str = "false") -> str:
    return (
        f'<thread dsq:id="{number}"><id>{identifier}</id><forum>old</forum><category dsq:id="1"/><link>{link}</link>'
        f"<author><email>{SECRET}@example.org</email><name>A</name></author><isClosed>{closed}</isClosed></thread>\n"
    )


def post(number: int, message: str, under: int = 1, answers: int = 0, **facts: str) -> str:
    marks = {"isDeleted": "false", "isSpam": "false", "createdAt": f"2019-03-04T10:{number:02}:00Z"} | facts
    parent = f'<parent dsq:id="{answers}"/>' if answers else ""
    return (
        f'<post dsq:id="{number}"><id>wp_id={number}</id><message><![CDATA[{message}]]></message>'
        + "".join(f"<{name}>{value}</{name}>" for name, value in marks.items())
        + f"<author><email>{SECRET}@example.org</email><name>Name {number}</name><isAnonymous>false</isAnonymous>"
        f'</author><ipAddress>203.0.113.9</ipAddress><thread dsq:id="{under}"/>{parent}</post>\n'
    )


def test_a_disqus_export_finds_its_stories_by_address_redirect_and_number_and_keeps_its_threads(
    tmp_path: Path, story: Article
) -> None:
    Redirect.objects.create(old_path="/old/quay.html", new_path=story.get_absolute_url())
    other = make_article(legacy_key="wordpress:old.example.org:12")
    page = Page.objects.create(title="About", path="about/us", is_published=True)
    Redirect.objects.create(old_path="/?p=12", new_path=other.get_absolute_url())
    file = tmp_path / "disqus.xml.gz"
    body = [
        thread(1, f"http://old.example.org{story.get_absolute_url()}"),
        thread(2, "http://old.example.org//old/quay.html?utm_source=x"),
        thread(3, "http://old.example.org/?p=12", "12 http://old.example.org/?p=12", closed="true"),
        thread(4, "https://old.example.org/about/us"),
        thread(5, "https://old.example.org/gone/"),
        post(12, "<p>Answer</p><p>to <a href='https://example.com/'>one</a></p>", answers=11),
        post(11, "<p>Root</p>"),
        post(13, "Cheap watches", answers=11, isSpam="true"),
        post(14, "Answer to spam", answers=13),
        post(15, f"Deleted {SECRET}", answers=12, isDeleted="true"),
        post(16, "Answer to the deleted", answers=15),
        post(17, "Deleted, and alone", isDeleted="true"),
        post(18, "Loop", answers=19),
        post(19, "Loop", answers=18),
        post(20, "<img src=x onerror=alert(1)>"),
        post(21, "The same story at its old address", under=2, answers=11),
        post(22, "By number", under=3),
        post(23, "Under a page", under=4),
        post(24, "Under nothing", under=5),
        post(25, "Bad date", createdAt="yesterday"),
        post(11, "Root again"),
    ]
    file.write_bytes(gzip.compress(DISQUS.format("".join(body)).encode()))
    said = run(file)
    answers = tree("disqus:")
    loop = {key: answers.pop(key) for key in ("18", "19")}
    assert sorted(loop.values()) in (["", "18"], ["", "19"])
    assert answers == {
        "11": "", "12": "11", "14": "11", "15": "12", "16": "15", "21": "11", "22": "", "23": "",
    }  # fmt: skip
    assert reply("disqus:12").comment.startswith("Answer\n\nto one")
    deleted = reply("disqus:15")
    assert (deleted.status, deleted.comment, deleted.display_name) == ("erased", "", "")
    assert reply("disqus:22").discussion.story == other
    assert not reply("disqus:22").discussion.is_open
    assert reply("disqus:23").discussion.page == page
    assert Discussion.objects.get(story=story).replies.count() == 8
    for line in (
        "replies marked as spam",
        "deleted replies that nobody answered",
        "replies that stand in the file twice",
    ):
        assert f"1  {line}" in said, said
    assert SECRET not in json.dumps(rows(), default=str)
    before = rows()
    assert "Nothing new." in run(file)
    assert rows() == before


def test_replies_of_wordpress_come_under_stories_that_are_here_and_once_with_either_command() -> None:
    quay = make_article(legacy_key="wordpress:old.example.org:11")
    said = run(WORDPRESS)
    assert tree("wordpress:old.example.org:comment-") == {"101": "", "102": "101", "103": ""}
    assert Discussion.objects.get().story == quay
    assert "pings (pingbacks and trackbacks)" in said
    call_command("import_wordpress", str(WORDPRESS), "--no-media", stdout=StringIO())
    before = rows()
    assert len(before["Reply"]) > 3
    assert list(tree("wordpress:old.example.org:comment-101")) == [""]
    assert "Nothing new." in run(WORDPRESS)
    assert rows() == before


ENTITIES = '<!DOCTYPE disqus [<!ENTITY a "{}"><!ENTITY b "&a;&a;&a;">]><disqus xmlns="http://disqus.com">&b;</disqus>'
OUTSIDE = '<!DOCTYPE disqus [<!ENTITY a SYSTEM "file:///etc/passwd">]><disqus xmlns="http://disqus.com">&a;</disqus>'
CUT = DISQUS.format(post(1, "One") + post(2, "Two"))[:-80]
BROKEN = {
    "disqus": {
        ENTITIES.format("x" * 99): "declares entities",
        OUTSIDE: "declares entities",
        CUT: "after disqus:1",
        "<html><body>Log in</body></html>": "not <disqus>",
    },
    "xtd": {
        json.dumps([*comment(1, "One"), *comment(2, "Two")])[:-20]: "after object 3",
        "[" + json.dumps(comment(1, "One")[1]) + ", oops]": "after object 1",
        '[{"model": "django_comments.comment", "pk": 1, "fields": {"comment": "x"}}]': "object 1: it is no row",
        '{"count": 2, "results": []}': "object 1: it is no row",
        "[1, 2]": "object 1: it is a list or a bare value",
        "[]": "it holds no rows",
        '{"a":' * 99_999: "lists in lists",
    },
    "wxr": {"<rss><channel><title>News</title></channel></rss>": "no WordPress export"},
}


@pytest.mark.parametrize(
    ("kind", "text", "words"), [(kind, text, words) for kind, cases in BROKEN.items() for text, words in cases.items()]
)
def test_a_broken_file_is_refused_with_the_place_and_leaves_nothing(
    tmp_path: Path, kind: str, text: str, words: str
) -> None:
    file = tmp_path / "file"
    file.write_text(text, encoding="utf-8")
    sentence = refused(file, "--from", kind)
    assert words in sentence
    assert "Nothing was imported" in sentence
    assert not Discussion.objects.exists()


def test_what_is_no_export_at_all_is_refused_with_a_sentence(tmp_path: Path, story: Article) -> None:
    file, named = tmp_path / "file", tmp_path / "map.csv"
    for content, words in ((b"", "It is empty"), (b"%PDF-1.7", "begins with “%PDF"), (b"\x1f\x8b", "not loaded whole")):
        file.write_bytes(content)
        assert words in refused(file)
    file.write_bytes(gzip.compress(json.dumps(comment(1, "One")).encode())[:-20])
    assert "was not loaded whole" in refused(file)
    file.write_bytes(b'[{"model": "\xff"}]')
    assert "not UTF-8" in refused(file)
    assert "There is no file" in refused(tmp_path / "nothing")
    named.write_text("blog.post:42,/2019/03/04/the-quay/\nblog.post:43,/nowhere/\n")
    assert "line 2: nothing lives at /nowhere/" in refused(file, "--map", str(named))
    named.write_text("blog.post:42\n")
    assert "line 1: two columns" in refused(file, "--map", str(named))


def test_an_interrupted_import_is_completed_by_the_next_and_a_parent_of_another_story_is_none(
    story: Article, now: datetime
) -> None:
    other = make_article()
    chain = [
        ImportedReply(str(n), str(n - 1) if n else "", "A", now - timedelta(hours=n), f"T{n}", "published")
        for n in range(9)
    ]
    assert [row.key for row in parents_first(chain)] == [str(n) for n in range(9)]  # although dated backwards
    import_replies(story, chain[:4], is_open=True, now=now)
    assert len(import_replies(story, chain, is_open=True, now=now)) == 5
    assert tree("")["4"] == "3"
    stray = ImportedReply("stray", "3", "B", now, "Elsewhere", "published")
    import_replies(other, [stray], is_open=True, now=now)
    assert reply("stray").reply_to is None
