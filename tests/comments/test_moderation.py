"""Who is answered hears of it."""

from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.models import Reply
from comments.moderation import verbs
from comments.notices import telling
from members.models import Mailing
from tests.comments.conftest import say
from tests.factories import MemberFactory, make_article


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
