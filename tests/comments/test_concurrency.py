"""Many at once, on PostgreSQL, in real transactions."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.models import Discussion, Reply, Version
from comments.moderation import verbs
from comments.writing import editing, posting, reacting
from members.models import AuditEntry, Member, SiteRules
from newsroom.groups import MODERATORS
from tests.comments.conftest import discussion_of, poster, say
from tests.factories import MemberFactory, make_article

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS_AT_ONCE, EACH = 8, 15


@pytest.fixture(autouse=True)
def _no_jobs_left(transactional_db: None) -> Iterator[None]:
    """The queue's tables are not Django's, so no flush empties them."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def at_once(works: list[Any]) -> list[Any]:
    """Do all of `works` in threads of their own, each with its own connection of the pool."""
    connection.close()  # this thread's goes back

    def run(work: Any) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def write(discussion: Discussion, terms: Any, rules: SiteRules, member: Member, text: str, to: int | None) -> Reply:
    """One reply through the verb, at a moment of its own."""
    by = poster(member, on_staff=True)  # no limit of speed
    return posting.post(discussion, terms, by=by, text=text, reply_to=to, rules=rules, now=timezone.now())


def test_120_concurrent_replies_have_120_paths_in_the_order_of_the_tree() -> None:
    story, rules = make_article(), SiteRules.current()
    discussion, terms = discussion_of(story), story.terms(rules)
    root = say(story, "root")
    members = [MemberFactory() for _writer in range(WRITERS_AT_ONCE)]

    def work(number: int) -> Any:
        def post_all() -> list[int]:
            to = root.pk
            made = []
            for turn in range(EACH):
                reply = write(discussion, terms, rules, members[number], f"{number}-{turn}", to)
                made.append(reply.pk)
                connection.close()  # as after each request
                to = reply.pk if turn % 3 else root.pk
            return made

        return post_all

    at_once([work(number) for number in range(WRITERS_AT_ONCE)])
    rows = list(Reply.objects.exclude(pk=root.pk).in_thread_order())
    assert len(rows) == len({row.path for row in rows}) == WRITERS_AT_ONCE * EACH
    by_path = {row.path: row for row in rows}
    assert all(row.path[:-8] == root.path or row.path[:-8] in by_path for row in rows)

    def preorder(path: str) -> list[str]:
        children = sorted(row.path for row in rows if row.path[:-8] == path)
        return [below for child in children for below in (child, *preorder(child))]

    assert [row.path for row in rows] == preorder(root.path)


def test_a_second_writer_waits_until_the_first_is_through() -> None:
    story, rules = make_article(), SiteRules.current()
    discussion, terms = discussion_of(story), story.terms(rules)
    members = [MemberFactory(), MemberFactory()]
    has_written, order = threading.Event(), []

    def first() -> None:
        with transaction.atomic():
            write(discussion, terms, rules, members[0], "first", None)
            has_written.set()
            time.sleep(0.4)
            order.append("first")

    def second() -> None:
        has_written.wait(5)
        write(discussion, terms, rules, members[1], "second", None)
        order.append("second")

    at_once([first, second])
    assert order == ["first", "second"]  # so ids rise in the order of commits


def test_the_same_words_in_two_requests_at_once_are_one_reply() -> None:
    story, rules, member = make_article(), SiteRules(hold_first_replies=0), MemberFactory()
    discussion, terms = discussion_of(story), story.terms(rules)
    now = timezone.now()

    def post_it() -> int:
        by = poster(member)
        made = posting.post(discussion, terms, by=by, text="twice", reply_to=None, rules=rules, now=now)
        return made.pk

    assert len(set(at_once([post_it] * 4))) == 1
    assert Reply.objects.count() == 1
    assert ProcrastinateJob.objects.filter(task_name="comments.jobs.tell_answered").count() == 1


def test_of_two_moderators_at_once_one_wins() -> None:
    reply = say(make_article(), "held", status=Reply.Status.HELD)
    moderators = [MemberFactory(group=MODERATORS) for _each in range(2)]
    now = timezone.now()
    outcomes = at_once([lambda by=by: verbs.approve(reply, by=by, now=now) for by in moderators * 2])
    assert len([made for made in outcomes if made]) == 1
    assert AuditEntry.objects.count() == 1


def test_a_rolled_back_reply_mails_nobody() -> None:
    story, rules, member = make_article(), SiteRules(hold_first_replies=0), MemberFactory()
    discussion, terms = discussion_of(story), story.terms(rules)

    def post_and_fail() -> None:
        with transaction.atomic():
            by = poster(member)
            posting.post(discussion, terms, by=by, text="gone", reply_to=None, rules=rules, now=timezone.now())
            raise LookupError

    with pytest.raises(LookupError):
        post_and_fail()
    assert not Reply.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="comments.jobs.tell_answered").exists()


def test_two_recommendations_at_once_count_once() -> None:
    reply, member = say(make_article(), "well said"), MemberFactory()
    at_once([lambda: reacting.react(reply, by=member, wanted=True)] * 4)
    reply.refresh_from_db()
    assert reply.score == 1


@pytest.mark.parametrize("turn", range(3))
def test_a_text_that_changes_while_it_is_approved_is_not_published_unread(turn: int) -> None:
    rules, author, moderator = SiteRules(held_words="swamp"), MemberFactory(), MemberFactory(group=MODERATORS)
    reply = say(make_article(), "harmless", by=author, status=Reply.Status.HELD)
    now = timezone.now()
    works = [
        lambda: editing.edit(reply, by=poster(author), text="a swamp", rules=rules, now=now),
        lambda: verbs.approve(reply, by=moderator, now=now),
    ]
    at_once(works if turn % 2 else works[::-1])
    assert list(Reply.objects.values_list("status", "comment")) == [("held", "a swamp")]
    assert Version.objects.get().text == "harmless"


@pytest.mark.parametrize("turn", range(3))
def test_an_answer_to_what_is_taken_back_meanwhile_stands_under_a_stub_or_is_refused(turn: int) -> None:
    story, rules, author, other = make_article(), SiteRules(hold_first_replies=0), MemberFactory(), MemberFactory()
    parent, terms = say(story, "first", by=author), story.terms(rules)

    def answer() -> bool:
        try:
            write(parent.discussion, terms, rules, other, "an answer", parent.pk)
        except posting.PostError:
            return False
        return True

    works = [answer, lambda: editing.delete(parent, by=author, now=timezone.now())]
    done = at_once(works if turn % 2 else works[::-1])
    assert all(done) or sorted(done) == [False, True]
    assert list(Reply.objects.filter(pk=parent.pk).values_list("status", "comment")) == [("erased", "")]
    below = Reply.objects.exclude(pk=parent.pk)
    assert below.count() == below.visible().published().count() == done.count(True) - 1


def test_recommendations_given_and_taken_back_at_once_add_up() -> None:
    reply, members = say(make_article(), "well said"), [MemberFactory() for _each in range(8)]
    for member in members[:4]:
        reacting.react(reply, by=member, wanted=True)
    at_once([lambda m=m, n=n: reacting.react(reply, by=m, wanted=n >= 4) for n, m in enumerate(members)])
    reply.refresh_from_db()
    assert reply.score == reply.reactions.count() == 4
