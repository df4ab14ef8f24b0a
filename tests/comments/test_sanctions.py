"""Sanctions: warn, hold, mute, ban; what a ban takes, and that lifting it brings back that and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments import jobs
from comments.models import Notice, Reply, Report, Ruling, Sanction
from comments.moderation import appeals, sanctions, verbs
from comments.moderation.sanctions import SanctionError
from comments.writing import editing
from members.models import AuditEntry
from tests.comments.conftest import discussion_of, say
from tests.comments.test_decisions import of
from tests.factories import MemberFactory, make_article

pytestmark = pytest.mark.django_db
Status, Kind = Reply.Status, Sanction.Kind


def stored(**which: Any) -> list[dict[str, Any]]:
    """All that is stored of some replies."""
    return list(Reply.objects.filter(**which).order_by("pk").values())


@pytest.mark.parametrize("kind", Kind.values)
def test_a_sanction_says_what_why_and_until_when_and_ends_by_time_alone(kind: str, cast: Any) -> None:
    now = timezone.now()
    until = now + timedelta(days=7)
    words = {"reason": "Rude", "note": "the third time"}
    made = sanctions.impose(cast.member, kind, by=cast.moderator, now=now, until=until, **words)
    assert (made.kind, made.reason, made.note, made.decided_by) == (kind, "Rude", "the third time", cast.moderator)
    assert AuditEntry.objects.about(made).get().verb == kind
    assert Notice.objects.get().about == f"sanction-{made.pk}"
    for moment in (now - timedelta(seconds=1), now, until - timedelta(seconds=1), until):
        in_force = Sanction.objects.in_force(moment).filter(pk=made.pk).exists()
        assert in_force == made.is_in_force(moment) == (now <= moment < until)
    assert sanctions.lift(made, by=cast.moderator, now=now)
    assert not sanctions.lift(made, by=cast.moderator, now=now)
    assert not made.is_in_force(now)
    assert not Sanction.objects.in_force(now).exists()


def test_nobody_sanctions_themselves_the_desk_the_erased_or_into_the_past(cast: Any) -> None:
    now = timezone.now()
    erased, chief = MemberFactory(erased_at=now), MemberFactory(is_superuser=True)
    refused: list[tuple[Any, str, Any, str]] = [
        (cast.moderator, "ban", None, "themselves"),
        (cast.writer, "mute", None, "Wanda Writer works at the desk"),
        (chief, "ban", None, "works at the desk"),
        (erased, "ban", None, "erased"),
        (cast.member, "mute", now, "past"),
        (cast.member, "flog", None, "Choose"),
    ]
    for member, kind, until, said in refused:
        with pytest.raises(SanctionError, match=said):
            sanctions.impose(member, kind, by=cast.moderator, now=now, until=until)
    assert not Sanction.objects.exists()
    assert not Notice.objects.exists()


def test_of_each_kind_the_newest_is_shown(cast: Any) -> None:
    now = timezone.now()
    for kind, days in (("mute", 1), ("mute", 7), ("warn", 1)):
        sanctions.impose(cast.member, kind, by=cast.moderator, now=now, until=now + timedelta(days=days))
    shown = Sanction.objects.in_force(now).newest_of_each_kind()
    assert [(each.kind, each.ends_at) for each in shown] == [
        ("mute", now + timedelta(days=7)),
        ("warn", now + timedelta(days=1)),
    ]


def test_a_ban_takes_everything_in_batches_and_lifting_brings_back_exactly_that(
    story: Any, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sanctions, "AT_ONCE", 4)
    now, member, stories = timezone.now(), MemberFactory(), [story, make_article()]
    statuses = [Status.PUBLISHED, Status.HELD]
    own = [
        say(stories[number % 2], f"own {number}", by=member, status=statuses[number % 3 == 0], reason="why", rule="x")
        for number in range(11)
    ]
    Report.objects.create(reply=own[1], member=cast.patron, reason="spam")
    for status in (Status.REJECTED, Status.REMOVED, Status.ERASED):
        say(story, f"was {status}", by=member, status=status)
    other = say(story, "of somebody else", under=own[1])
    earlier = verbs.reject(say(story, "rejected before", by=member), by=cast.publisher, now=now, reason="Off topic")
    before = stored()
    ban = sanctions.impose(member, "ban", by=cast.moderator, now=now, reason="Rude", rejects_all=True)
    assert Ruling.objects.filter(sanction=ban).count() == 4
    jobs.reject_all(ban.pk)
    jobs.reject_all(ban.pk)
    assert Ruling.objects.filter(sanction=ban).count() == len(own)
    assert not Reply.objects.visible().published().filter(author=member).exists()
    assert of(other)["status"] == "published"
    assert Report.objects.get().outcome == "reject"
    assert set(ProcrastinateJob.objects.values_list("task_name", flat=True)) == {
        "comments.jobs.reject_all", "comments.jobs.tell_reporters", "comments.jobs.tell_decided",
        "comments.jobs.mail_notices",
    }  # fmt: skip
    assert ProcrastinateJob.objects.filter(task_name="comments.jobs.tell_decided").count() == 1  # the earlier one
    assert sanctions.lift(ban, by=cast.moderator, now=now + timedelta(days=1))
    assert Ruling.objects.standing().filter(sanction=ban).count() == len(own) - 4
    for _twice in range(2):
        jobs.bring_back(ban.pk)
    assert stored() == before
    assert Report.objects.unsettled().count() == 1
    assert list(Ruling.objects.standing().exclude(verb="rule")) == [earlier]
    jobs.reject_all(ban.pk)  # late: it was lifted
    jobs.reject_all(0)
    jobs.bring_back(0)
    assert stored() == before


def test_what_was_decided_anew_since_the_ban_stays_and_new_replies_of_who_goes_on_are_not_taken(
    story: Any, cast: Any
) -> None:
    now, member = timezone.now(), MemberFactory()
    restored, deleted, plain = (say(story, text, by=member, at=now) for text in ("a", "b", "c"))
    made = sanctions.impose(member, "ban", by=cast.moderator, now=now, rejects_all=True)
    verbs.restore(restored, by=cast.publisher, now=now)
    verbs.remove(restored, by=cast.publisher, now=now)
    Reply.objects.filter(pk=deleted.pk).update(status=Status.ERASED)
    sanctions.lift(made, by=cast.moderator, now=now)
    assert [of(each)["status"] for each in (restored, deleted, plain)] == ["removed", "erased", "published"]
    held = sanctions.impose(member, "hold", by=cast.moderator, now=now, rejects_all=True)
    goes_on = say(story, "goes on", by=member, at=now + timedelta(seconds=1))
    slipped = say(story, "of the same moment", by=member, at=now)
    jobs.reject_all(held.pk)
    assert [of(each)["status"] for each in (plain, goes_on, slipped)] == ["rejected", "published", "rejected"]
    short = sanctions.impose(member, "mute", by=cast.moderator, now=now, until=now + timedelta(hours=1))
    Sanction.objects.filter(pk=short.pk).update(ends_at=now)
    after_it = say(story, "after the mute", by=member, at=now + timedelta(hours=2))
    jobs.reject_all(short.pk)
    assert of(after_it)["status"] == "published"


def test_lifting_a_ban_of_a_thousand_replies_locks_no_longer_than_a_batch(
    story: Any, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one batch costs: a handful of queries and one or two for each reply, in a transaction of its own."""
    monkeypatch.setattr(sanctions, "AT_ONCE", 10)
    member, now = MemberFactory(), timezone.now()
    for number in range(25):
        say(story, f"own {number}", by=member)
    with CaptureQueriesContext(connection) as banned:
        made = sanctions.impose(member, "ban", by=cast.moderator, now=now, rejects_all=True)
    with CaptureQueriesContext(connection) as lifted:
        sanctions.lift(made, by=cast.moderator, now=now)
    jobs.bring_back(made.pk)
    assert len(banned) <= 20 + 10, len(banned)
    assert len(lifted) <= 15 + 3 * 10, len(lifted)
    jobs.reject_all(made.pk)
    assert Reply.objects.published().count() == 25


def test_a_ban_and_what_it_took_are_one_thing_to_appeal_against(story: Any, cast: Any) -> None:
    reply, now = say(story, "said"), timezone.now()
    ban = sanctions.impose(reply.author, "ban", by=cast.moderator, now=now, rejects_all=True)
    made = appeals.appeal(reply.author, sanction=ban, text="It was not me.", now=now)
    sanctions.lift(ban, by=cast.moderator, now=now)
    made.refresh_from_db()
    assert (made.outcome, made.settled_by) == ("granted", cast.moderator)
    assert Notice.objects.filter(about=f"appeal-{made.pk}").exists()
    assert discussion_of(story).replies.visible().published().count() == 1
    assert not editing.delete(reply, by=cast.member, now=now)


def test_the_desk_imposes_and_lifts_and_a_refusal_keeps_what_was_typed(story: Any, cast: Any, signed_in: Any) -> None:
    client, reply = signed_in(cast.moderator), say(story, "said")
    member = reply.author
    add, impose = reverse("admin:comments_sanction_add"), reverse("admin:comments_sanction_impose")
    assert "E-mail address" in client.get(add).content.decode()
    assert "No account" in client.get(add, {"who": "nobody@example.org"}).content.decode()
    for named in ({"who": member.email.upper()}, {"member": member.pk}):
        assert member.display_name in client.get(add, named).content.decode()
    sent = {"member": member.pk, "kind": "mute", "reason": "zqrude", "note": "zqnote"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "for how many days"),
        ({"days": -1}, "greater than or equal to 1"),
        ({"kind": "warn", "rejects_all": "on"}, "Only with a ban"),
        ({"member": cast.writer.pk, "days": 3}, "works at the desk"),
    ]
    for change, said in wrong:
        answer = client.post(impose, sent | change)
        page = answer.content.decode()
        assert (answer.status_code, said in page, "zqrude" in page, "zqnote" in page) == (422, True, True, True)
    assert not Sanction.objects.exists()
    assert client.post(impose, sent | {"days": 3, "next": add}).headers["Location"] == add
    assert client.post(impose, sent | {"kind": "ban", "rejects_all": "on"}).status_code == 303
    mute, ban = Sanction.objects.order_by("pk")
    assert (mute.ends_at - mute.starts_at, ban.ends_at) == (timedelta(days=3), None)
    assert (ban.reason, ban.note, ban.decided_by, of(reply)["status"]) == (
        "zqrude", "zqnote", cast.moderator, "rejected",
    )  # fmt: skip
    change = reverse("admin:comments_sanction_change", args=[ban.pk])
    assert "1, of which 0 are back" in client.get(change).content.decode()
    assert client.post(change, {"reason": "typed over"}).status_code == 403
    lift = reverse("admin:comments_sanction_lift", args=[ban.pk])
    for said in ("What it took comes back.", "It was lifted before."):
        assert said in client.post(lift, follow=True).content.decode()
    assert of(reply)["status"] == "published"
    for address in (impose, lift):
        assert client.get(address).status_code == 405
        assert signed_in(cast.writer).post(address).status_code == 403


def test_the_list_says_in_words_how_each_sanction_stands(cast: Any, signed_in: Any) -> None:
    now = timezone.now()
    states: list[tuple[dict[str, Any], str]] = [
        ({"kind": "warn"}, "not read yet"),
        ({"kind": "warn", "seen_at": now}, ">read<"),
        ({"kind": "ban"}, "in force until somebody lifts it"),
        ({"kind": "mute", "ends_at": now + timedelta(days=1)}, "in force until "),
        ({"kind": "mute", "ends_at": now}, ">over<"),
        ({"kind": "ban", "lifted_at": now, "lifted_by": cast.moderator}, "lifted by Moe Moderator"),
        ({"kind": "ban", "lifted_at": now}, ">lifted<"),
    ]
    for values, said in states:
        Sanction.objects.all().delete()
        Sanction.objects.create(member=cast.member, starts_at=now - timedelta(days=2), **values)
        page = signed_in(cast.moderator).get(reverse("admin:comments_sanction_changelist")).content.decode()
        assert said in page, values
