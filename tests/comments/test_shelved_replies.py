"""What is kept of a discussion: the same HTML for everybody as without it, gone with every change that shows, and
nobody's own replies or recommendations are ever older than what they did."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.models import Article
from comments.importers.replies import ImportedReply, import_replies
from comments.models import Reply
from comments.moderation import verbs
from comments.threads import markup, shelved
from comments.writing import editing, posting, reacting
from members.models import Member, SiteRules
from newsroom import erasing, merging, rights
from tests.comments.conftest import discussion_of, poster, say
from tests.comments.test_reading_replies import section
from tests.factories import Cast, MemberFactory, make_article, make_patron

pytestmark = pytest.mark.django_db

WHO = ("nobody", "author", "held", "other", "member", "patron", "moderator", "writer")


@pytest.fixture
def shelves() -> Iterator[None]:
    """Shelves that hear of every change, as in a process whose listener is connected."""
    trust(connected=True)
    yield
    trust(connected=False)


def trust(*, connected: bool) -> None:
    """Have all that is kept of replies believed from now on, or nothing."""
    for shelf in (shelved.pages, shelved.discussions, markup.blocks):
        shelf.trust(connected)


@pytest.fixture
def people(cast: Cast) -> dict[str, Any]:
    """Who reads, and who wrote."""
    names = {"author": "Ann <Author>", "held": "Hel D", "other": "O'Ther"}
    written = {key: MemberFactory(name=name) for key, name in names.items()}
    known = {name: getattr(cast, name) for name in ("member", "patron", "moderator", "writer")}
    return {"nobody": None, **written, **known}


def fill(story: Article, people: dict[str, Any], now: datetime) -> dict[str, Reply]:
    """A reply of every kind, some recommended."""

    def ago(minutes: int) -> datetime:
        return now - timedelta(minutes=minutes)

    author, other, held = people["author"], people["other"], people["held"]
    first = say(story, "first <b> & https://x.org/a?b=1&c", by=author, at=ago(60))
    answer = say(story, "answer\n\n> quoted", by=people["patron"], under=first, at=ago(50))
    fresh = say(story, "still to be edited", by=author, under=answer, at=ago(3))
    picked = say(story, "picked", by=other, under=fresh, at=ago(30), is_featured=True)
    staff = say(story, "of the staff", by=people["writer"], under=picked, at=ago(29), badge="staff")
    say(story, "beside", by=author, under=staff, at=ago(28), badge="author")
    waits = say(story, "held", by=held, under=first, at=ago(20), status=Reply.Status.HELD)
    say(story, "below held", by=other, under=waits, at=ago(19))
    removed = say(story, "removed", by=other, status=Reply.Status.REMOVED, at=ago(18))
    say(story, "below removed", by=author, under=removed, at=ago(17), edited_at=ago(16))
    say(story, "", by=author, status=Reply.Status.ERASED, at=ago(15))
    rejected = say(story, "rejected", by=author, status=Reply.Status.REJECTED, at=ago(14))
    say(story, "below rejected", by=other, under=rejected, at=ago(13))
    for reply, names in ((first, ("other", "patron", "member")), (answer, ("member",)), (picked, ("author",))):
        for name in names:
            reacting.react(reply, by=people[name], wanted=True)
    return {"first": first, "answer": answer, "fresh": fresh, "picked": picked, "held": waits, "removed": removed}


def as_seen(story: Article, people: dict[str, Any]) -> dict[str, str]:
    """The section as each of them gets it."""
    return {name: section(story, member)[0] for name, member in people.items()}


@pytest.mark.parametrize("right", ["members", "patrons", "closed"])
def test_what_is_kept_prints_what_the_database_says(
    right: str, people: dict[str, Any], now: datetime, shelves: None
) -> None:
    SiteRules.objects.create(pk=1, hold_first_replies=0, reply_right=right)
    story = make_article()
    fill(story, people, now)
    trust(connected=False)
    anew = as_seen(story, people)
    trust(connected=True)
    assert as_seen(story, people) == anew, "the first reader has it made"
    with CaptureQueriesContext(connection) as asked:
        assert as_seen(story, people) == anew, "the others get what is kept"
    loads = [query["sql"] for query in asked if '"django_comments"."comment"' in query["sql"]]
    assert len(loads) == 1, "only whoever has a held reply gets a page of their own"
    seen = {name for name, html in anew.items() if ">held<" in html}
    assert seen == {"held"}
    assert ("to=" in anew["patron"]) is (right != "closed")
    assert {name for name, html in anew.items() if "Moderate" in html} == {"moderator"}
    assert 'aria-pressed="true"' in anew["member"]
    assert 'aria-pressed="true"' not in anew["moderator"]
    assert anew["author"].count("/edit/") == 1, "of one's own only what is younger than five minutes"
    assert "/report/" not in anew["author"].split("first &lt;b&gt;")[1].split("</footer>")[0]


Change = Callable[[dict[str, Reply], dict[str, Any]], object]
NOW = timezone.now


def _imports(replies: dict[str, Reply], people: dict[str, Any]) -> None:
    rows = [ImportedReply("old-1", "", "Old Reader", NOW(), "<p>long ago</p>", Reply.Status.PUBLISHED)]
    import_replies(replies["first"].discussion.story, rows, is_open=True, now=NOW())


def _edits(replies: dict[str, Reply], people: dict[str, Any]) -> None:
    rules = SiteRules.current()
    editing.edit(replies["fresh"], by=poster(people["author"]), text="said better", rules=rules, now=NOW())


def _posts(replies: dict[str, Reply], people: dict[str, Any]) -> None:
    terms = make_article().terms(SiteRules.current())
    by, rules = poster(people["other"]), SiteRules.current()
    posting.post(replies["first"].discussion, terms, by=by, text="new", reply_to=None, rules=rules, now=NOW())


def _renames_at_the_desk(replies: dict[str, Reply], people: dict[str, Any]) -> None:
    from django.test import Client

    owner = MemberFactory(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(owner)
    author = people["author"]
    rows = {"grants-TOTAL_FORMS": 0, "grants-INITIAL_FORMS": 0}
    form = {"email": author.email, "name": "Renamed", "is_active": "on", **rows}
    answer = client.post(reverse("admin:members_member_change", args=[author.pk]), form)
    assert answer.status_code == 302, answer.content.decode()


def _closes(replies: dict[str, Reply], people: dict[str, Any]) -> None:
    from django.test import Client

    people["moderator"].user_permissions.set(Permission.objects.filter(content_type__app_label="comments"))
    client = Client()
    client.force_login(people["moderator"])
    place = reverse("admin:comments_discussion_change", args=[replies["first"].discussion_id])
    assert client.post(place, {"slow_seconds": 0}).status_code == 302


CHANGES: dict[str, Change] = {
    "post": _posts,
    "edit": _edits,
    "delete": lambda replies, people: editing.delete(replies["answer"], by=people["patron"], now=NOW()),
    "approve": lambda replies, people: verbs.approve(replies["held"], by=people["moderator"], now=NOW()),
    "reject": lambda replies, people: verbs.reject(replies["answer"], by=people["moderator"], now=NOW()),
    "remove": lambda replies, people: verbs.remove(replies["answer"], by=people["moderator"], now=NOW()),
    "restore": lambda replies, people: verbs.restore(replies["removed"], by=people["moderator"], now=NOW()),
    "feature": lambda replies, people: verbs.feature(replies["first"], by=people["moderator"], is_featured=True),
    "react": lambda replies, people: reacting.react(replies["answer"], by=people["other"], wanted=True),
    "take back": lambda replies, people: reacting.react(replies["first"], by=people["other"], wanted=False),
    "rename": lambda replies, people: rights.change_profile(people["author"], name="Renamed", language=""),
    "rename at the desk": _renames_at_the_desk,
    "erase": lambda replies, people: erasing.erase(people["author"], now=NOW()),
    "merge": lambda replies, people: merging.merge(
        keep=people["other"], other=people["author"], by=people["moderator"], now=NOW()
    ),
    "import": _imports,
    "close": _closes,
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_shows_at_once_to_everybody(
    change: str, people: dict[str, Any], shelves: None, django_capture_on_commit_callbacks: Any
) -> None:
    SiteRules.objects.create(pk=1, hold_first_replies=0)
    story = make_article()
    replies = fill(story, people, NOW())
    readers = {name: people[name] for name in ("nobody", "patron", "moderator", "held")}
    before = as_seen(story, readers)
    with django_capture_on_commit_callbacks(execute=True):
        assert CHANGES[change](replies, people) is not False
    after = as_seen(story, readers)
    trust(connected=False)
    anew = as_seen(story, readers)
    if change in ("react", "take back"):  # nothing falls for these: machines hear of them some minutes later
        after["nobody"], anew["nobody"] = (html.split("<script")[0] for html in (after["nobody"], anew["nobody"]))
    assert after == anew
    assert after["nobody"] != before["nobody"]


@pytest.mark.parametrize("deed", ["post", "edit", "delete", "react", "take back"])
def test_who_did_something_sees_it_also_where_nobody_heard_of_it_yet(
    deed: str, people: dict[str, Any], shelves: None
) -> None:
    """The purge waits for a commit that never comes here: as in a process that is told a moment later."""
    SiteRules.objects.create(pk=1, hold_first_replies=0)
    story = make_article()
    with time_machine.travel(NOW(), tick=False) as clock:
        replies = fill(story, people, NOW())
        doer = {"edit": people["author"], "delete": people["patron"]}.get(deed, people["other"])
        section(story)
        clock.shift(timedelta(seconds=20))
        before = section(story, doer)[0]
        with CaptureQueriesContext(connection) as asked:
            section(story, doer)
        CHANGES[deed](replies, people)
        after, others = section(story, doer)[0], section(story, people["writer"])[0]
        trust(connected=False)
        assert after == section(story, doer)[0] != before
        if deed not in ("react", "take back"):
            assert others != section(story, people["writer"])[0], "for others the kept page stands until it falls"
    assert sum("comments_reply r" in query["sql"] for query in asked) == 1


def test_kept_page_ends_by_itself_soon_after_a_patrons_grant(story: Article, shelves: None) -> None:
    patron = make_patron(MemberFactory())
    with time_machine.travel(NOW(), tick=False) as clock:
        say(story, "said", by=patron)
        assert "Patron" in section(story)[0]
        grant = patron.grants.get()
        clock.move_to(grant.ends_at - timedelta(seconds=1))
        assert "Patron" in section(story)[0]
        clock.shift(timedelta(seconds=shelved.KEPT_FOR + 1))
        assert "Patron" not in section(story)[0]


def test_first_reply_drops_what_knew_of_no_discussion(
    story: Article, shelves: None, open_rules: SiteRules, django_capture_on_commit_callbacks: Any
) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert "Be the first" in section(story)[0]
        assert "Be the first" in section(story)[0]
    assert _of_replies(asked) == 1
    with django_capture_on_commit_callbacks(execute=True):
        discussion = discussion_of(story)
        terms, by = story.terms(open_rules), poster(MemberFactory())
        posting.post(discussion, terms, by=by, text="the first", reply_to=None, rules=open_rules, now=NOW())
    assert "the first" in section(story)[0]


@pytest.mark.parametrize("number", [3, 130])
def test_kept_discussion_costs_one_query_at_any_number(number: int, story: Article, shelves: None) -> None:
    writers = [MemberFactory() for _ in range(3)]
    for index in range(number):
        say(story, f"reply {index}", by=writers[index % 3], at=NOW() - timedelta(days=index + 1))
    reader, waiting = make_patron(MemberFactory()), writers[0]
    costs = [_queries_of_replies(story, reader), _queries_of_replies(story, reader)]
    assert costs[1] == 1 < costs[0] <= 4
    say(story, "held", by=waiting, status=Reply.Status.HELD)
    shelved.pages.forget()
    shelved.discussions.forget()
    assert _queries_of_replies(story, waiting) <= 6


def _queries_of_replies(story: Article, member: Member) -> int:
    with CaptureQueriesContext(connection) as asked:
        section(story, member)
    return _of_replies(asked)


def _of_replies(asked: CaptureQueriesContext) -> int:
    """How many of the queries ask for replies; when discussions close is the furniture's."""
    return sum("comments_" in query["sql"] and 'closes_at" >' not in query["sql"] for query in asked)


def test_nobody_elses_text_passes_for_a_mark(story: Article, shelves: None) -> None:
    name = "0-key-0 <!--foot--> {{ key }}"
    reply = say(story, "<!--foot--> 0-write-0 0-name-0", by=MemberFactory(name=name))
    html = section(story, MemberFactory())[0]
    assert html.count("0-key-0 &lt;!--foot--&gt; {{ key }}") == 4, "the name, and three buttons that say it"
    assert "&lt;!--foot--&gt; 0-write-0 0-name-0" in html
    assert f"/replies/{reply.pk}/recommend/" in html
