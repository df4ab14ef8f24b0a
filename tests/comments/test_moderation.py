"""The rules, each by itself; who is answered hears of it."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.models import Discussion, Reply
from comments.moderation import verbs
from comments.moderation.draft import VISIBLE, Draft, Outcome
from comments.moderation.rules import RULES, review
from comments.notices import telling
from comments.writing.standing import Standing
from members.models import Mailing, SiteRules
from tests.comments.conftest import say
from tests.conftest import NOON
from tests.factories import MemberFactory, make_article

NOBODY = Standing(
    by_member_in_minute=0,
    by_member_lately=0,
    by_network_lately=0,
    last_here_at=None,
    said_before=None,
    published=5,
    refused=0,
    is_barred=False,
    is_watched=False,
    is_author=False,
)
PLAIN = Draft(
    text="Good evening.",
    discussion=Discussion(),
    standing=NOBODY,
    rules=SiteRules(held_words="swamp\nfree money", blocked_words="slur"),
    on_staff=False,
    now=NOON,
)


def standing(**known: Any) -> Draft:
    """The plain draft, its poster otherwise."""
    return replace(PLAIN, standing=replace(NOBODY, **known))


def discussion(**known: Any) -> Draft:
    """The plain draft, its discussion otherwise."""
    return replace(PLAIN, discussion=Discussion(**known))


CASES = [
    (PLAIN, "show", ""),
    (discussion(is_open=False), "refuse", "closed"),
    (discussion(closes_at=NOON), "refuse", "closed"),
    (replace(discussion(is_open=False), is_edit=True), "show", ""),
    (standing(is_barred=True), "refuse", "sanctioned"),
    (standing(is_watched=True), "hold", "sanctioned"),
    (standing(by_member_in_minute=3), "refuse", "too_fast"),
    (standing(by_member_lately=10), "refuse", "too_fast"),
    (standing(by_network_lately=40), "refuse", "too_fast"),
    (replace(standing(by_network_lately=40), on_staff=True), "show", "trusted"),
    (
        replace(discussion(slow_seconds=60), standing=replace(NOBODY, last_here_at=NOON - timedelta(seconds=59))),
        "refuse",
        "too_fast",
    ),
    (
        replace(discussion(slow_seconds=60), standing=replace(NOBODY, last_here_at=NOON - timedelta(seconds=60))),
        "show",
        "",
    ),
    (standing(said_before=7), "refuse", "said_before"),
    (replace(PLAIN, text="x" * 3000), "show", ""),
    (replace(PLAIN, text="x" * 3001), "refuse", "too_long"),
    (replace(PLAIN, text="what a SLÜR, really"), "refuse", "blocked_word"),
    (replace(PLAIN, text="a slurry is no slurs"), "show", ""),
    (replace(PLAIN, text="drain the Swamp!"), "hold", "held_word"),
    (replace(PLAIN, text="swamps are wet"), "show", ""),
    (replace(PLAIN, text="this is FREE\n money"), "hold", "held_word"),
    (replace(PLAIN, text="http://a.b http://c.d"), "show", ""),
    (replace(PLAIN, text="http://a.b https://c.d www.e.f"), "hold", "links"),
    (standing(published=0), "hold", "new_member"),
    (discussion(held_until=NOON + timedelta(hours=1)), "hold", "story_held"),
    (discussion(held_until=NOON), "show", ""),
    (standing(published=20), "show", "trusted"),
    (replace(standing(published=20), text="drain the swamp"), "show", "trusted"),
    (replace(standing(published=20, refused=1), text="drain the swamp"), "hold", "held_word"),
    (
        replace(discussion(held_until=NOON + timedelta(hours=1)), standing=replace(NOBODY, published=20)),
        "hold",
        "story_held",
    ),
]


@pytest.mark.parametrize(("draft", "outcome", "rule"), CASES)
def test_the_first_rule_with_an_opinion_decides(draft: Draft, outcome: str, rule: str) -> None:
    verdict = review(draft)
    assert (verdict.outcome, verdict.rule) == (outcome, rule)
    assert bool(verdict.reason) == (outcome != Outcome.SHOW)


def test_every_rule_names_itself_and_is_silent_about_a_plain_reply() -> None:
    assert review(PLAIN) is VISIBLE
    assert {rule.__name__ for rule in RULES} >= {rule for _draft, _outcome, rule in CASES if rule}


def test_ten_thousand_listed_words_cost_less_than_two_milliseconds() -> None:
    rules = SiteRules(held_words="\n".join(f"word{number}" for number in range(10_000)))
    draft = replace(PLAIN, text="so many words " * 210, rules=rules)
    review(draft)  # the list is read once, when it changes
    began = time.perf_counter()
    for _again in range(5):
        review(draft)
    assert (time.perf_counter() - began) / 5 < 0.010  # with room for a busy machine


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
