"""The rules, each by itself; the verbs of moderators."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from comments.models import Discussion, Reply, Report
from comments.moderation import verbs
from comments.moderation.draft import VISIBLE, Draft, Outcome
from comments.moderation.rules import RULES, review
from comments.writing.standing import Standing
from members.models import AuditEntry, SiteRules
from tests.comments.conftest import say
from tests.conftest import NOON

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
