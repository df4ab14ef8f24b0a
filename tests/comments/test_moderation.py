"""The verbs of moderators; who is told."""

from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.models import Reply, Report
from comments.moderation import verbs
from comments.notices import telling
from members.models import AuditEntry, Mailing
from tests.comments.conftest import say
from tests.factories import MemberFactory, make_article


@pytest.mark.django_db
class TestVerbs:
    """Approve, reject, remove, restore: one row, once, written down."""

    def test_each_verb_acts_only_from_where_it_makes_sense(self, story: Any, cast: Any) -> None:
        now = timezone.now()
        acts: dict[str, Any] = {
            "approve": verbs.approve,
            "reject": verbs.reject,
            "remove": verbs.remove,
            "restore": verbs.restore,
        }
        after = {
            ("held", "approve"): "published",
            ("held", "reject"): "rejected",
            ("published", "reject"): "rejected",
            ("published", "remove"): "removed",
            ("rejected", "restore"): "published",
            ("removed", "restore"): "published",
        }
        for status in Reply.Status.values:
            for name, verb in acts.items():
                reply = say(story, f"{status} {name}", status=status)
                assert bool(verb(reply, by=cast.moderator, now=now)) == ((status, name) in after)
                reply.refresh_from_db()
                assert reply.status == after.get((status, name), status)
        assert AuditEntry.objects.count() == len(after)

    def test_of_two_moderators_the_second_is_told(self, story: Any, cast: Any) -> None:
        reply = say(story, "held", status=Reply.Status.HELD)
        now = timezone.now()
        assert verbs.reject(reply, by=cast.moderator, now=now, reason="Off topic")
        assert not verbs.approve(reply, by=cast.publisher, now=now)
        reply.refresh_from_db()
        assert (reply.status, reply.decided_by, reply.reason) == ("rejected", cast.moderator, "Off topic")

    def test_a_decision_settles_the_replys_reports(self, story: Any, cast: Any) -> None:
        reply = say(story, "nasty")
        Report.objects.create(reply=reply, member=cast.member, reason="hate")
        verbs.remove(reply, by=cast.moderator, now=timezone.now())
        assert not Report.objects.unsettled().exists()
        assert Report.objects.get().outcome == "remove"

    def test_a_moderators_decision_costs_the_same_in_a_long_thread(
        self, story: Any, cast: Any, django_assert_max_num_queries: Any
    ) -> None:
        root = say(story, "root")
        parent = root
        for number in range(60):
            parent = say(story, f"reply {number}", under=parent)
        before = list(Reply.objects.exclude(pk=root.pk).order_by("pk").values_list("status", "path"))
        with django_assert_max_num_queries(10):
            verbs.reject(root, by=cast.moderator, now=timezone.now())
        with django_assert_max_num_queries(10):
            verbs.restore(root, by=cast.moderator, now=timezone.now())
        assert list(Reply.objects.exclude(pk=root.pk).order_by("pk").values_list("status", "path")) == before

    def test_featuring_is_for_published_replies_and_once(self, story: Any, cast: Any) -> None:
        held, seen = say(story, "held", status=Reply.Status.HELD), say(story, "seen")
        assert not verbs.feature(held, by=cast.moderator, is_featured=True)
        assert verbs.feature(seen, by=cast.moderator, is_featured=True)
        assert not verbs.feature(seen, by=cast.moderator, is_featured=True)


@pytest.mark.django_db
class TestNotices:
    """Who is answered hears of it: once, not before it is visible, never of oneself."""

    def answer(self, story: Any, status: str, **own: Any) -> tuple[Reply, Reply]:
        """A reply and an answer to it that nobody was told of."""
        first = say(story, "first", by=MemberFactory(name="Asker"))
        answer = say(story, "an answer", under=first, status=status, **own)
        Reply.objects.filter(pk=answer.pk).update(announced_at=None)
        return first, answer

    def test_approval_defers_one_job_and_the_job_queues_one_mail(self, story: Any, cast: Any) -> None:
        first, answer = self.answer(story, Reply.Status.HELD, by=MemberFactory(name="Answerer"))
        telling.tell_answered(answer.pk)
        assert not Mailing.objects.exists()
        assert verbs.approve(answer, by=cast.moderator, now=timezone.now())
        assert not verbs.approve(answer, by=cast.moderator, now=timezone.now())
        jobs = ProcrastinateJob.objects.filter(task_name="comments.jobs.tell_answered")
        assert [job.args for job in jobs] == [{"reply_id": answer.pk}]
        for _twice in range(2):
            telling.tell_answered(answer.pk)
        mailing = Mailing.objects.get()
        answer.refresh_from_db()
        assert answer.announced_at is not None
        assert mailing.member == first.author
        assert mailing.context["name"] == "Answerer"
        assert mailing.context["text"] == "an answer"
        assert mailing.context["url"].endswith(f"/replies/{answer.pk}/")

    def test_nobody_is_told_of_their_own_answer_or_of_a_rejected_one(self, story: Any, cast: Any) -> None:
        member = MemberFactory()
        own = say(story, "b", by=member, under=say(story, "a", by=member))
        Reply.objects.filter(pk=own.pk).update(announced_at=None)
        telling.tell_answered(own.pk)
        _first, answer = self.answer(story, Reply.Status.HELD)
        verbs.approve(answer, by=cast.moderator, now=timezone.now())
        verbs.reject(answer, by=cast.moderator, now=timezone.now())
        telling.tell_answered(answer.pk)
        assert not Mailing.objects.exists()

    def test_what_comes_back_with_its_branch_is_told_of_then(self, story: Any, cast: Any) -> None:
        first, answer = self.answer(story, Reply.Status.HELD)
        verbs.reject(first, by=cast.moderator, now=timezone.now())
        verbs.approve(answer, by=cast.moderator, now=timezone.now())
        telling.tell_answered(answer.pk)
        assert not Mailing.objects.exists()
        verbs.restore(first, by=cast.moderator, now=timezone.now())
        telling.tell_answered(first.pk)
        assert Mailing.objects.count() == 1

    def test_the_mail_quotes_nothing_from_where_the_member_may_not_read(self, cast: Any) -> None:
        _first, answer = self.answer(make_article(audience="patrons"), Reply.Status.PUBLISHED)
        telling.tell_answered(answer.pk)
        assert Mailing.objects.get().context["text"] == ""
