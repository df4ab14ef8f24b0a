"""The faults of django-comments-xtd 2.10 that cost time, by their numbers in `comments.md`. 19, the order under
concurrent posting, is in `test_concurrency.py`."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.models import Discussion, Follow, Notice, Reaction, Reply
from comments.moderation import verbs
from comments.notices import telling
from comments.threads import reading
from comments.writing import posting, reacting
from members.models import Mailing, Member
from tests.comments.conftest import discussion_of, poster, say
from tests.factories import MemberFactory, make_article

pytestmark = pytest.mark.django_db


def test_fault_17_the_whole_request_costs_the_same_at_every_depth(
    story: Any, open_rules: Any, signed_in: Any, warm_furniture: Any
) -> None:
    say(make_article(), "warms the content types")
    discussion_of(story)  # made once for a story
    warm_furniture()
    parent, costs = None, []
    for level in range(6):
        client = signed_in(MemberFactory())
        with CaptureQueriesContext(connection) as asked:
            sent = {"comment": f"level {level}", "reply_to": parent.pk if parent else ""}
            assert client.post(f"/replies/to/story/{story.pk}/", sent).status_code == 303
        costs.append(len(asked))
        parent = Reply.objects.latest("pk")
    assert len(set(costs[1:])) == 1, costs
    assert costs[0] <= costs[1] <= 14, costs


def test_fault_18_answering_writes_one_row_and_rewrites_none(story: Any, open_rules: Any) -> None:
    first = say(story, "first")
    for number in range(100):
        say(story, f"reply {number}", under=first)
    by = poster(MemberFactory())
    with CaptureQueriesContext(connection) as asked:
        posting.post(
            first.discussion,
            story.terms(open_rules),
            by=by,
            text="late answer",
            reply_to=first.pk,
            rules=open_rules,
            now=timezone.now(),
        )
    sql = [query["sql"] for query in asked]
    assert sum(statement.startswith("INSERT INTO") for statement in sql) == 3  # one a table
    assert not [statement for statement in sql if statement.startswith("UPDATE")]
    with CaptureQueriesContext(connection) as asked:
        verbs.reject(first, by=MemberFactory(), now=timezone.now())
    assert len(asked) <= 10 + 3  # the moderator, made on the way


def test_fault_20_replies_cost_three_queries_at_any_number(story: Any, django_assert_num_queries: Any) -> None:
    member = MemberFactory()
    for number in range(120):
        say(story, f"reply {number}", by=member, at=timezone.now() - timedelta(hours=number))
    with django_assert_num_queries(3):
        found = Discussion.objects.with_count().get(story=story)
        thread = reading.read_page(found, member_id=None, now=timezone.now())
        assert [row.name for row in thread.rows] == [member.name] * 50
    page = Client().get(f"/replies/in/{found.pk}/", headers={"X-Fragment": "1"})
    assert len(page.content) <= 40_000


def test_fault_21_a_walk_meets_every_visible_reply_once_while_others_post_and_hide(story: Any, cast: Any) -> None:
    roots = [say(story, f"root {number}") for number in range(230)]
    met: list[int] = []
    after = ""
    for turn in range(10):
        found = Discussion.objects.with_count().get(story=story)
        with CaptureQueriesContext(connection) as asked:
            thread = reading.read_page(found, member_id=None, now=timezone.now(), after=after)
        assert len(asked) == 2
        met += [row.reply.pk for row in thread.rows]
        verbs.reject(roots[turn], by=cast.moderator, now=timezone.now())  # already met
        say(story, f"posted meanwhile {turn}")
        after = thread.next_cursor
        if not after:
            break
    assert len(met) == len(set(met))
    assert {reply.pk for reply in roots} <= set(met)


def test_fault_22_a_thousand_followers_cost_the_request_one_job_and_a_branch_its_own_followers(
    story: Any, signed_in: Any, open_rules: Any
) -> None:
    first, other = say(story, "first"), say(story, "other")
    crowd = Member.objects.bulk_create(Member(email=f"f{n}@example.org", password="!") for n in range(1000))
    Follow.objects.bulk_create(Follow(member=member, discussion=first.discussion) for member in crowd)
    of_branch, of_other = MemberFactory(), MemberFactory()
    Follow.objects.create(member=of_branch, discussion=first.discussion, branch=first)
    Follow.objects.create(member=of_other, discussion=first.discussion, branch=other)
    client = signed_in(MemberFactory())
    client.post(f"/replies/to/story/{story.pk}/", {"comment": "hello", "reply_to": first.pk})
    assert not mail.outbox
    assert not Mailing.objects.exists()
    assert not Notice.objects.exists()
    assert ProcrastinateJob.objects.filter(task_name="comments.jobs.tell_answered").count() == 1
    telling.tell_answered(Reply.objects.latest("pk").pk)
    heard = set(Notice.objects.values_list("member_id", flat=True))
    assert {member.pk for member in crowd} | {of_branch.pk} <= heard
    assert of_other.pk not in heard


def test_fault_23_recommending_costs_the_same_however_many_did(story: Any) -> None:
    reply = say(story, "said")
    costs = []
    for _again in range(2):
        with CaptureQueriesContext(connection) as asked:
            reacting.react(reply, by=MemberFactory(), wanted=True)
        costs.append(len(asked))
        Reaction.objects.bulk_create(Reaction(reply=reply, member=MemberFactory()) for _each in range(50))
    assert costs[0] == costs[1]
