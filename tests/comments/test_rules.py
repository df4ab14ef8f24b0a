"""The rules, each by itself and in their order; trust; what posting does with a verdict."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from comments.desk.beside import records_of
from comments.models import Discussion, Reply, Report, Sanction
from comments.moderation import rules as policy
from comments.moderation import verbs
from comments.moderation.draft import VISIBLE, Draft, Outcome
from comments.moderation.rules import NAMES, RULES, review
from comments.writing import editing, posting
from comments.writing.standing import FOR_GOOD, Record, Standing, Trust, lock
from members.models import SiteRules
from tests.comments.conftest import discussion_of, poster, say
from tests.conftest import NOON
from tests.factories import MemberFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KNOWN = Record(published=5, refused=0, upheld=0, since=NOON - 300 * DAY)
NOBODY = Standing(KNOWN)
SITE = {
    "held_words": "swamp\nfree money",
    "blocked_words": "slur",
    "reported_words": "harbour",
    "replaced_words": "damn = darn",
}
PLAIN = Draft("Good evening.", Discussion(), NOBODY, SiteRules(**SITE), on_staff=False, now=NOON)


def standing(**known: Any) -> Draft:
    """The plain draft, its poster otherwise."""
    return replace(PLAIN, standing=replace(NOBODY, **known))


def record(**counts: Any) -> Draft:
    """The plain draft, its poster's history otherwise."""
    return standing(record=replace(KNOWN, **counts))


def discussion(**known: Any) -> Draft:
    """The plain draft, its discussion otherwise."""
    return replace(PLAIN, discussion=Discussion(**known))


def site(draft: Draft, **known: Any) -> Draft:
    """The draft, the site's rules otherwise."""
    return replace(draft, rules=SiteRules(**{**SITE, **known}))


def text(said: str, draft: Draft = PLAIN) -> Draft:
    """The draft with another text."""
    return replace(draft, text=said)


RAID = {"young_held_until": NOON + HOUR, "young_days": 7}
PROVEN = record(published=20)
SLOW = replace(discussion(slow_seconds=60), standing=replace(NOBODY, last_here_at=NOON - timedelta(seconds=59)))
CASES = [
    (PLAIN, "show", ""),
    (discussion(is_open=False), "refuse", "closed"),
    (discussion(closes_at=NOON), "refuse", "closed"),
    (replace(discussion(is_open=False), is_edit=True), "show", ""),
    (standing(banned_until=FOR_GOOD), "refuse", "banned"),
    (replace(standing(banned_until=FOR_GOOD), is_edit=True), "refuse", "banned"),
    (standing(muted_until=NOON + DAY), "refuse", "muted"),
    (standing(said_before=7), "refuse", "said_before"),
    (replace(standing(said_before=7), is_edit=True), "show", ""),
    (standing(by_member_in_minute=2, by_member_lately=9, by_network_lately=39, by_member_here=19), "show", ""),
    (standing(by_member_in_minute=3), "refuse", "too_fast"),
    (standing(by_member_lately=10), "refuse", "too_fast"),
    (standing(by_network_lately=40), "refuse", "too_fast"),
    (standing(by_member_here=20), "refuse", "too_fast"),
    (replace(standing(by_network_lately=40), is_edit=True), "show", ""),
    (replace(standing(by_network_lately=40), on_staff=True), "show", "trusted"),
    (SLOW, "refuse", "slow_mode"),
    (replace(SLOW, on_staff=True), "show", "trusted"),
    (replace(SLOW, now=NOON + timedelta(seconds=1)), "show", ""),
    (text("x" * 3000), "show", ""),
    (text("x" * 3001), "refuse", "too_long"),
    (text("what a SLÜR, really"), "refuse", "blocked_word"),
    (text("a slur", replace(PLAIN, on_staff=True)), "refuse", "blocked_word"),
    (text("a slurry is no slurs"), "show", ""),
    (standing(watched_until=FOR_GOOD), "hold", "watched"),
    (replace(standing(watched_until=FOR_GOOD), on_staff=True), "hold", "watched"),
    (standing(watched_until=FOR_GOOD, record=PROVEN.standing.record), "hold", "watched"),
    (PROVEN, "show", "trusted"),
    (text("drain the swamp", PROVEN), "show", "trusted"),
    (text("drain the swamp", record(published=20, refused=1)), "hold", "held_word"),
    (text("drain the swamp", record(published=50, refused=1)), "show", "trusted"),
    (text("drain the swamp", record(published=50, refused=1, upheld=1)), "hold", "held_word"),
    (text("drain the swamp", record(published=20, since=NOON - 13 * DAY)), "hold", "held_word"),
    (record(published=8, refused=3), "hold", "doubted"),
    (record(published=8, refused=2, upheld=1), "hold", "doubted"),
    (record(published=9, refused=3), "show", ""),
    (record(published=2, refused=2), "show", ""),
    (text("drain the Swamp!"), "hold", "held_word"),
    (text("swamps are wet"), "show", ""),
    (text("this is FREE\n money"), "hold", "held_word"),
    (text("http://a.b http://c.d"), "show", ""),
    (text("http://a.b https://c.d www.e.f"), "hold", "links"),
    (site(text("http://a.b"), links_in_replies=0), "hold", "links"),
    (site(record(since=NOON - 7 * DAY), **RAID), "show", ""),
    (site(record(since=NOON - 7 * DAY + HOUR), **RAID), "hold", "young"),
    (replace(site(record(since=NOON - 6 * DAY), **RAID), now=NOON + HOUR), "show", ""),
    (record(published=0), "hold", "new_member"),
    (replace(record(published=0), on_staff=True), "show", "trusted"),
    (standing(record=replace(KNOWN, published=0), is_patron=True), "hold", "new_member"),
    (site(standing(record=replace(KNOWN, published=0), is_patron=True), patrons_are_known=True), "show", ""),
    (site(record(published=0), patrons_are_known=True), "hold", "new_member"),
    (discussion(held_until=NOON + HOUR), "hold", "story_held"),
    (replace(discussion(held_until=NOON + HOUR), standing=PROVEN.standing), "hold", "story_held"),
    (discussion(held_until=NOON), "show", ""),
    (text("the harbour"), "report", "reported_word"),
    (text("the harbour, the swamp"), "hold", "held_word"),
    (replace(PLAIN, is_replaced=True), "show", "replaced_word"),
    (text("the harbour", replace(PLAIN, is_replaced=True)), "report", "reported_word"),
]


@pytest.mark.parametrize(("draft", "outcome", "rule"), CASES)
def test_the_first_rule_with_an_opinion_decides(draft: Draft, outcome: str, rule: str) -> None:
    verdict = review(draft)
    assert (verdict.outcome, verdict.rule) == (outcome, rule)
    assert verdict.is_visible == (outcome in ("show", "report"))
    assert bool(verdict.reason) == (not verdict.is_visible or draft.is_replaced)


def test_every_rule_has_a_case_of_its_own_a_name_and_nothing_to_say_of_a_plain_reply() -> None:
    assert review(PLAIN) is VISIBLE
    names = {rule.__name__ for rule in RULES}
    assert names == {rule for _draft, _outcome, rule in CASES} - {"", "replaced_word"}
    assert {*names, "replaced_word"} == set(NAMES)


def test_of_all_that_speaks_against_a_reply_the_first_rule_counts_and_then_the_next() -> None:
    """Everything at once; take away what each rule minds, in the order of the policy."""
    worst = Draft(
        "slur swamp harbour www.a.b www.c.d www.e.f" + "x" * 3000,
        Discussion(is_open=False, slow_seconds=60, held_until=NOON + HOUR),
        Standing(
            Record(0, 3, 0, NOON - DAY), by_member_in_minute=3, last_here_at=NOON, said_before=7,
            banned_until=FOR_GOOD, muted_until=FOR_GOOD, watched_until=FOR_GOOD,
        ),
        SiteRules(**SITE, **RAID), on_staff=False, now=NOON,
    )  # fmt: skip
    mends: list[tuple[str, Any]] = [
        ("closed", lambda d: replace(d, discussion=Discussion(slow_seconds=60, held_until=NOON + HOUR))),
        ("banned", lambda d: replace(d, standing=replace(d.standing, banned_until=None))),
        ("muted", lambda d: replace(d, standing=replace(d.standing, muted_until=None))),
        ("said_before", lambda d: replace(d, standing=replace(d.standing, said_before=None))),
        ("too_fast", lambda d: replace(d, standing=replace(d.standing, by_member_in_minute=0))),
        ("slow_mode", lambda d: replace(d, standing=replace(d.standing, last_here_at=None))),
        ("too_long", lambda d: replace(d, text=d.text.rstrip("x"))),
        ("blocked_word", lambda d: replace(d, text=d.text.replace("slur", ""))),
        ("watched", lambda d: replace(d, standing=replace(d.standing, watched_until=None))),
        ("doubted", lambda d: replace(d, standing=replace(d.standing, record=Record(0, 0, 0, NOON - DAY)))),
        ("held_word", lambda d: replace(d, text=d.text.replace("swamp", ""))),
        ("links", lambda d: replace(d, text="harbour")),
        ("young", lambda d: replace(d, rules=SiteRules(**SITE))),
        ("new_member", lambda d: replace(d, standing=replace(d.standing, record=Record(1, 0, 0, NOON - DAY)))),
        ("story_held", lambda d: replace(d, discussion=Discussion())),
        ("reported_word", lambda d: replace(d, text="nothing")),
    ]
    for name, mend in mends:
        assert review(worst).rule == name
        worst = mend(worst)
    assert review(worst) is VISIBLE


def test_a_refusal_says_until_when_and_how_much() -> None:
    assert "until 4 Nov 2026" in review(standing(muted_until=NOON + DAY)).reason
    assert "until" not in review(standing(banned_until=FOR_GOOD)).reason
    assert "1 second," in review(SLOW).reason
    assert "2 characters" in review(text("x" * 3002)).reason


def test_moderators_read_what_a_rule_saw_and_whoever_wrote_does_not() -> None:
    for draft, note in (
        (text("the Swamp"), "swamp"),
        (text("a slur"), "slur"),
        (text("harbour"), "harbour"),
        (text("www.a www.b www.c"), "3 links, 2 allowed"),
        (PROVEN, "trusted: 20 published, 0 refused"),
    ):
        verdict = review(draft)
        assert note in verdict.note
        assert note not in verdict.reason


def test_trust_follows_from_the_record() -> None:
    for counts, trust in (
        ((0, 0, 0, 300), Trust.NEW),
        ((19, 0, 0, 300), Trust.KNOWN),
        ((40, 0, 0, 13), Trust.NEW),
        ((20, 0, 0, 14), Trust.TRUSTED),
        ((99, 2, 0, 300), Trust.KNOWN),
        ((100, 2, 0, 300), Trust.TRUSTED),
        ((0, 3, 0, 1), Trust.DOUBTED),
    ):
        published, refused, upheld, days = counts
        assert Record(published, refused, upheld, NOON - days * DAY).trust(NOON) is trust


@pytest.mark.django_db
def test_the_lock_and_the_desk_read_the_same_record(story: Any, cast: Any, django_assert_num_queries: Any) -> None:
    member, other, now = MemberFactory(), MemberFactory(), timezone.now()
    for number in range(3):
        say(story, f"fine {number}", by=member)
    reported, refused, restored, undone, withdrawn, held = (say(story, f"bad {n}", by=member) for n in range(6))
    Report.objects.create(reply=reported, member=other, reason="hate")
    Report.objects.create(reply=refused, reason="word")  # the word list's own does not count
    for reply in (reported, refused, restored, undone, withdrawn):
        ruling = verbs.reject(reply, by=cast.moderator, now=now)
        if reply is restored:
            verbs.restore(reply, by=cast.moderator, now=now)
        elif reply is undone and ruling is not None:
            verbs.undo(ruling, by=cast.moderator, now=now)
    Reply.objects.filter(pk=withdrawn.pk).update(rule=Reply.WITHDRAWN)
    Reply.objects.filter(pk=held.pk).update(status="held")
    say(story, "somebody else’s", by=other)
    wanted = Record(published=5, refused=2, upheld=1, since=member.joined_at)
    with django_assert_num_queries(1):
        records = records_of([member.pk, other.pk], now)
    shown = {pk: (found.published, found.refused, found.upheld, found.trust) for pk, found in records.items()}
    assert shown == {member.pk: (5, 2, 1, Trust.DOUBTED.value), other.pk: (1, 0, 0, Trust.NEW.value)}
    assert lock(discussion_of(story).pk, poster(member), digest="", now=now)[1].record == wanted


@pytest.mark.django_db
def test_the_lock_reads_limits_and_the_sanctions_in_force_with_their_ends(
    story: Any, django_assert_num_queries: Any
) -> None:
    member, now = MemberFactory(), timezone.now()
    for minutes in (0.5, 5, 50, 70):
        say(story, f"{minutes} ago", by=member, at=now - timedelta(minutes=minutes), ip_digest="net")
    for kind, ends in (("ban", now + DAY), ("ban", None), ("mute", now + HOUR), ("mute", now), ("hold", now - DAY)):
        Sanction.objects.create(member=member, kind=kind, starts_at=now - 2 * DAY, ends_at=ends)
    Sanction.objects.create(member=member, kind="hold", starts_at=now - DAY, lifted_at=now)
    Sanction.objects.create(member=member, kind="warn", starts_at=now - DAY)
    discussion, by = discussion_of(story), poster(member, rank=1, network="net")
    with django_assert_num_queries(1):
        found = lock(discussion.pk, by, digest="", now=now)[1]
    assert (found.by_member_in_minute, found.by_member_lately, found.by_network_lately) == (1, 2, 2)
    assert (found.by_member_here, found.is_patron, found.is_author) == (3, True, False)
    assert (found.banned_until, found.muted_until, found.watched_until) == (FOR_GOOD, now + HOUR, None)


@pytest.mark.django_db
def test_a_reported_word_is_shown_and_flagged_once_and_a_replaced_one_is_owned_up_to(story: Any) -> None:
    rules = SiteRules.current()
    rules.hold_first_replies, rules.reported_words, rules.replaced_words = 0, "harbour", "damn = darn"
    discussion, by, now = discussion_of(story), poster(MemberFactory()), timezone.now()
    said = {"by": by, "rules": rules, "now": now}
    reply = posting.post(discussion, story.terms(rules), text="the Harbour, damn it", reply_to=None, **said)
    assert (reply.status, reply.comment, reply.rule) == ("published", "the Harbour, darn it", "reported_word")
    assert reply.reason == policy.REPLACED
    report = Report.objects.get()
    assert (report.reply_id, report.member, report.reason, report.note) == (reply.pk, None, "word", "harbour")
    editing.edit(reply, text="the harbour once more", **said)
    reply.refresh_from_db()
    assert (reply.reason, Report.objects.count()) == ("", 1)
    again = posting.post(discussion, story.terms(rules), text="the harbour once more", reply_to=None, **said)
    assert again.pk == reply.pk  # said before: one reply, whatever was replaced in it


@pytest.mark.django_db
def test_what_is_refused_is_neither_stored_nor_flagged(story: Any) -> None:
    rules = SiteRules(pk=1, blocked_words="slur", reported_words="slur", hold_first_replies=0)
    with pytest.raises(posting.PostError, match="not printed here"):
        posting.post(
            discussion_of(story), story.terms(rules), by=poster(MemberFactory()), text="a $lur", reply_to=None,
            rules=rules, now=timezone.now(),
        )  # fmt: skip
    assert not Reply.objects.exists()
    assert not Report.objects.exists()
    assert Outcome.REFUSE == "refuse"
