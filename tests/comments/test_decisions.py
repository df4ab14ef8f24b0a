"""The verbs of moderators: one row, once, written down; and taken back as if nothing had been."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments import jobs
from comments.models import Discussion, Notice, Reply, Report, Ruling
from comments.moderation import reports, verbs
from comments.writing import editing
from members.models import AuditEntry, SiteRules
from newsroom.groups import MODERATORS
from tests.comments.conftest import discussion_of, poster, say
from tests.comments.test_concurrency import _no_jobs_left, at_once
from tests.factories import MemberFactory, make_article

__all__ = ["_no_jobs_left"]
Status = Reply.Status
AFTER = {
    ("held", "approve"): "published",
    ("held", "reject"): "rejected",
    ("published", "reject"): "rejected",
    ("published", "remove"): "removed",
    ("rejected", "restore"): "published",
    ("removed", "restore"): "published",
}
ACTS: dict[str, Any] = {
    "approve": verbs.approve,
    "reject": verbs.reject,
    "remove": verbs.remove,
    "restore": verbs.restore,
}


def of(reply: Reply) -> dict[str, Any]:
    """All that is stored of a reply."""
    row: dict[str, Any] = Reply.objects.filter(pk=reply.pk).values().get()
    return row


@pytest.mark.django_db
def test_each_verb_acts_only_from_where_it_makes_sense_and_writes_down_what_it_did(story: Any, cast: Any) -> None:
    now = timezone.now()
    for status in Status.values:
        for name, verb in ACTS.items():
            reply = say(story, f"{status} {name}", status=status)
            made = verb(reply, by=cast.moderator, now=now)
            assert bool(made) == ((status, name) in AFTER)
            assert of(reply)["status"] == reply.status == AFTER.get((status, name), status)
            if made:
                assert (made.verb, made.before, made.after, made.by, made.at) == (
                    name, status, reply.status, cast.moderator, now,
                )  # fmt: skip
                entry = AuditEntry.objects.about(reply).get()
                assert (entry.verb, entry.by) == (name, cast.moderator)
    assert AuditEntry.objects.count() == Ruling.objects.count() == len(AFTER)


@pytest.mark.django_db
def test_what_its_author_took_back_is_nobodys_to_approve(story: Any, cast: Any) -> None:
    reply = say(story, "held", status=Status.HELD)
    assert editing.delete(reply, by=reply.author, now=timezone.now())
    for verb in ACTS.values():
        assert verb(reply, by=cast.moderator, now=timezone.now()) is None
    assert of(reply)["comment"] == ""


@pytest.mark.django_db
def test_of_two_moderators_the_second_is_told(story: Any, cast: Any) -> None:
    reply, seen_before = say(story, "held", status=Status.HELD), Reply.objects.get()
    now = timezone.now()
    assert verbs.reject(reply, by=cast.moderator, now=now, reason="Off topic", message="Elsewhere, please.")
    assert verbs.approve(seen_before, by=cast.publisher, now=now) is None
    reply.refresh_from_db()
    assert (reply.status, reply.decided_by, reply.reason) == ("rejected", cast.moderator, "Off topic")
    assert Ruling.objects.get().message == "Elsewhere, please."


@pytest.mark.django_db
def test_an_approval_is_of_the_text_that_was_read(story: Any, cast: Any, open_rules: SiteRules) -> None:
    now = timezone.now()
    reply, read = say(story, "what was read", status=Status.HELD), Reply.objects.get()
    editing.edit(reply, by=poster(reply.author), text="what was not", rules=open_rules, now=now)
    assert verbs.approve(read, by=cast.moderator, now=now) is None
    assert of(reply)["status"] == "held"
    assert verbs.approve(Reply.objects.get(), by=cast.moderator, now=now)


@pytest.mark.django_db
def test_a_decision_costs_ten_queries_at_most_in_a_long_thread_and_leaves_every_child_as_it_was(
    story: Any, cast: Any, django_assert_max_num_queries: Any
) -> None:
    root = parent = say(story, "root", status=Status.HELD, rule="links", reason="It has more than two links.")
    for number in range(60):
        parent = say(
            story, f"reply {number}", under=parent, status=(Status.PUBLISHED, Status.REJECTED)[number % 7 == 0]
        )
    Report.objects.bulk_create(Report(reply=root, member=MemberFactory(), reason="hate") for _each in range(3))
    children = Reply.objects.exclude(pk=root.pk).order_by("pk")
    before, now = list(children.values()), timezone.now()

    def decide(verb: Any) -> Ruling:
        with django_assert_max_num_queries(10):
            made: Ruling = verb(root, by=cast.moderator, now=now)
        assert list(children.values()) == before
        return made

    for name in ("approve", "remove", "restore", "reject"):
        made = decide(ACTS[name])
        assert made.verb == name
    with django_assert_max_num_queries(10):
        assert verbs.undo(made, by=cast.moderator, now=now)
    decide(verbs.pin)
    assert list(children.values()) == before


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "name"), AFTER)
def test_undoing_puts_back_exactly_what_was(before: str, name: str, story: Any, cast: Any) -> None:
    now = timezone.now()
    rule = {"rule": "links", "reason": "It has more than two links."} if before == "held" else {}
    reply = say(story, "said", status=before, is_featured=True, **rule)
    Discussion.objects.update(pinned=reply)
    other = say(story, "beside it")
    open_one = Report.objects.create(reply=reply, member=cast.member, reason="spam")
    settled: dict[str, Any] = {"reason": "spam", "settled_at": now, "outcome": name}
    Report.objects.create(**settled | {"settled_at": now - timedelta(days=1)}, reply=reply, member=cast.patron)
    Report.objects.create(**settled, reply=other, member=cast.member)
    stored, reported = of(reply), list(Report.objects.order_by("pk").values())
    for turn in range(2):  # and a second time
        made = ACTS[name](reply, by=cast.moderator, now=now + timedelta(hours=turn), **_words(name))
        assert of(reply) != stored
        open_one.refresh_from_db()
        assert (open_one.settled_at is None) == (made.after == "published")
        assert verbs.undo(made, by=cast.publisher, now=now + timedelta(hours=turn, minutes=1))
        assert of(reply) == stored
        assert list(Report.objects.order_by("pk").values()) == reported
        assert not verbs.undo(made, by=cast.publisher, now=now)
    assert Discussion.objects.get().pinned == reply
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [name, "undo"] * 2
    by_rule = Ruling.objects.filter(verb=Ruling.BY_RULE)
    assert [(row.by, row.reason) for row in by_rule] == ([(None, rule["reason"])] if rule else [])


def _words(verb: str) -> dict[str, str]:
    return {"reason": "Off topic"} if verb in ("reject", "remove") else {}


@pytest.mark.django_db
def test_decisions_come_off_from_the_last_to_the_first_each_with_who_decided_before(story: Any, cast: Any) -> None:
    now = timezone.now()
    reply = say(story, "said", status=Status.HELD, reason="It is among the first.", rule="new_member")
    stored = of(reply)
    first = verbs.approve(reply, by=cast.publisher, now=now)
    second = verbs.remove(reply, by=cast.moderator, now=now + timedelta(hours=1), reason="Off topic")
    assert first is not None
    assert second is not None
    assert not verbs.undo(first, by=cast.moderator, now=now)
    assert verbs.undo(second, by=cast.moderator, now=now)
    row = of(reply)
    assert (row["decided_by_id"], row["decided_at"], row["reason"]) == (cast.publisher.pk, now, "")
    assert verbs.undo(first, by=cast.moderator, now=now)
    assert of(reply) == stored


@pytest.mark.django_db
def test_nothing_is_undone_once_its_author_acted(story: Any, cast: Any) -> None:
    now = timezone.now()
    reply = say(story, "said", status=Status.HELD)
    made = verbs.approve(reply, by=cast.moderator, now=now)
    editing.delete(reply, by=reply.author, now=now)
    assert made is not None
    assert not verbs.undo(made, by=cast.moderator, now=now)
    made.refresh_from_db()
    assert (made.undone_at, of(reply)["status"]) == (None, "erased")


@pytest.mark.django_db
def test_who_wrote_and_who_reported_hear_by_jobs_that_wait_for_second_thoughts(story: Any, cast: Any) -> None:
    reply, now = say(story, "nasty"), timezone.now()
    Report.objects.create(reply=reply, member=cast.member, reason="hate")
    reports.flag(reply, note="a word", now=now)
    made = verbs.remove(reply, by=cast.moderator, now=now)
    assert made is not None
    waiting = {job.task_name: job for job in ProcrastinateJob.objects.all()}
    assert waiting["comments.jobs.tell_decided"].args == {"ruling_id": made.pk}
    assert waiting["comments.jobs.tell_reporters"].args == {"reply_ids": [reply.pk]}
    assert all(waiting[f"comments.jobs.{name}"].scheduled_at > now for name in ("tell_decided", "tell_reporters"))
    assert not Notice.objects.exists()
    verbs.undo(made, by=cast.moderator, now=now)
    jobs.tell_reporters([reply.pk])
    assert not Notice.objects.exists()
    verbs.remove(reply, by=cast.moderator, now=now)
    for _twice in range(2):
        jobs.tell_reporters([reply.pk])
    report = Report.objects.get(member=cast.member)
    assert list(Notice.objects.values_list("member", "about")) == [(cast.member.pk, f"report-{report.pk}")]


@pytest.mark.django_db
def test_picks_and_pins_are_for_what_everybody_sees_and_once(story: Any, cast: Any) -> None:
    now, by = timezone.now(), cast.moderator
    held, seen = say(story, "held", status=Status.HELD), say(story, "seen")
    below = say(story, "below it", under=held)
    discussion = discussion_of(story)
    assert not verbs.feature(held, by=by, is_featured=True)
    assert verbs.feature(seen, by=by, is_featured=True)
    assert not verbs.feature(seen, by=by, is_featured=True)
    assert not verbs.unpin(discussion, by=by)
    assert [verbs.pin(reply, by=by, now=now) for reply in (held, below, seen, seen)] == [False, False, True, False]
    assert Discussion.objects.get().pinned == seen
    assert verbs.approve(held, by=by, now=now)
    assert verbs.pin(held, by=by, now=now)  # instead of the other
    assert verbs.unpin(discussion, by=by)
    assert Discussion.objects.get().pinned is None
    assert set(AuditEntry.objects.values_list("verb", flat=True)) == {"feature", "pin", "approve", "unpin"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["approve", "reject", "remove", "restore", "undo", "feature", "pin", "unpin"])
def test_every_verb_drops_the_pages_that_show_the_reply(name: str, story: Any, cast: Any) -> None:
    before = {"approve": Status.HELD, "restore": Status.REMOVED}.get(name, Status.PUBLISHED)
    reply, now = say(story, "said", status=before), timezone.now()
    made = verbs.remove(reply, by=cast.moderator, now=now) if name == "undo" else None
    if name == "unpin":
        verbs.pin(reply, by=cast.moderator, now=now)
    with CaptureQueriesContext(connection) as queries:
        if name in ACTS:
            ACTS[name](reply, by=cast.moderator, now=now)
        elif made is not None:
            verbs.undo(made, by=cast.moderator, now=now)
        elif name == "feature":
            verbs.feature(reply, by=cast.moderator, is_featured=True)
        elif name == "pin":
            verbs.pin(reply, by=cast.moderator, now=now)
        else:
            verbs.unpin(reply.discussion, by=cast.moderator)
    assert any("pg_notify" in query["sql"] and reply.discussion.cache_key in query["sql"] for query in queries)


@pytest.mark.django_db(transaction=True)
def test_approving_against_deleting_loses_no_word_and_of_four_who_undo_one_does(transactional_db: None) -> None:
    now, moderators = timezone.now(), [MemberFactory(group=MODERATORS) for _each in range(2)]
    story = make_article()
    for number in range(4):
        reply = say(story, f"held {number}", status=Status.HELD)
        approved, deleted = at_once(
            [
                lambda reply=reply: verbs.approve(Reply.objects.get(pk=reply.pk), by=moderators[0], now=now),
                lambda reply=reply: editing.delete(reply, by=reply.author, now=now),
            ]
        )
        row = of(reply)
        assert deleted  # before the approval, a withdrawn one; after it, a stub
        assert (row["comment"], row["status"]) == ("", "erased" if approved else "rejected")
    taken = say(story, "taken")
    first = verbs.remove(taken, by=MemberFactory(group=MODERATORS), now=now)
    assert first is not None
    outcomes = at_once([lambda by=by: verbs.undo(first, by=by, now=timezone.now()) for by in moderators * 2])
    assert sorted(outcomes) == [False, False, False, True]
