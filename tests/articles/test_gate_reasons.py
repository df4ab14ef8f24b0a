"""Why a reader sees what they see: it never disagrees with the gate, and every cause has a sentence of its own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from members.gate import ANONYMOUS, NO_METER, Allowance, Audience, Decision, Reader, Terms, decide
from members.reasons import CAUSES, Case, Cause, Rung, explain

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORY = 7
RUNGS = (Rung(1, "Supporter"), Rung(2, "Friend", opens_archive=False), Rung(3, "Guardian", is_sold=False))

MEMBER, PATRON, HIGHER = Reader(1), Reader(2, rank=1), Reader(3, rank=2, opens_archive=False)
DESK, GIFTED = Reader(4, on_staff=True), Reader(gifts=frozenset({STORY}))
FRESH = Allowance(switched_on=True, left=3, left_as_member=6)
SPENT = Allowance(switched_on=True, left=0, left_as_member=2)
FOR_GOOD = Allowance(switched_on=True)


def case(
    reader: Reader = ANONYMOUS, audience: str = "everyone", allowance: Allowance = NO_METER, **terms: object
) -> Case:
    """Ada before a story live for an hour."""
    story = Terms(**{"story_id": STORY, "audience": audience, "live_from": NOW - HOUR, **terms})  # type: ignore[arg-type]  # one dict of many types
    limit = 3 if allowance.switched_on else 0
    return Case(story, reader, allowance, NOW, "Ada", "it is a draft", archive_days=30, limit=limit, rungs=RUNGS)


OLD = {"archived_at": NOW - HOUR, "archive_audience": "patrons"}
EXAMPLES: list[tuple[Cause, Case, str]] = [
    (Cause.DESK_EARLY, case(DESK, live_from=None),
     "Ada sees it because they work at the desk; nobody else does: it is a draft."),
    (Cause.DESK, case(DESK, "patrons"), "Ada reads all of it: they work at the desk, where the gate stops nobody."),
    (Cause.INTEREST, case(audience="patrons", public_interest=True), "marked as of public interest"),
    (Cause.GIFT, case(GIFTED, "patrons"), "their browser opened a gift of this story"),
    (Cause.OPEN, case(), "Ada reads all of it: the story is open to everyone."),
    (Cause.ACCOUNT, case(MEMBER, "members"), "the story is for members, and they have an account"),
    (Cause.METER_OFF, case(audience="metered"), "the story is metered, but the meter is switched off"),
    (Cause.NOT_COUNTED, case(PATRON, "metered", SPENT), "a patron (“Supporter”) is never counted"),
    (Cause.COUNTED, case(MEMBER, "metered", replace(SPENT, counted=True)), "they opened it this month already"),
    (Cause.TIER, case(PATRON, "patrons"), "the story is for patrons, and they are a patron (“Supporter”)"),
    (Cause.VIEWS_LEFT, case(MEMBER, "metered", replace(FRESH, left=2)), "of 3 a month 2 can still be opened"),
    (Cause.NO_ACCOUNT, case(archived_at=NOW - HOUR, archive_audience="members"),
     "Ada sees the sign-up wall: the story is for members since it is more than 30 days old (the archive rule), "
     "and nobody is signed in."),
    (Cause.VIEWS_WITH_ACCOUNT, case(audience="metered", allowance=SPENT), "an account gives 2 more"),
    (Cause.NOT_LIVE, case(PATRON, live_from=None), "Ada is told that there is no such page: it is a draft."),
    (Cause.UNHEARD_OF, case(HIGHER, "unheard of"), "none the gate knows, so it is closed to all but the desk"),
    (Cause.VIEWS_USED, case(MEMBER, "metered", FOR_GOOD), "this month’s 3 are used"),
    (Cause.NO_TIER, case(MEMBER, "patrons"), "the story is for patrons, and they are no patron now"),
    (Cause.NO_TIER_NOBODY, case(audience="patrons"), "Ada sees the patrons’ wall: the story is for patrons, and"),
    (Cause.TIER_TOO_LOW, case(PATRON, "patrons", minimum_rank=3),
     "the story is for patrons of “Guardian” and above, and theirs is “Supporter”"),
    (Cause.TIER_WITHOUT_ARCHIVE, case(HIGHER, **OLD), "theirs, “Friend”, does not open the archive"),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "asked", "says"), EXAMPLES, ids=lambda value: getattr(value, "name", None))
def test_the_sentence_names_the_fact_that_decided(cause: Cause, asked: Case, says: str) -> None:
    answer = explain(asked)
    assert answer.cause is cause
    assert says in answer.sentence


def test_every_cause_and_every_decision_has_its_own_sentence_and_an_example() -> None:
    assert {cause for cause, _asked, _says in EXAMPLES} == set(Cause)
    assert [known.cause for known in CAUSES] == list(dict.fromkeys(known.cause for known in CAUSES))
    assert len({str(known.sentence) for known in CAUSES}) == len(CAUSES) == len(Cause)
    assert {known.decision for known in CAUSES} == set(Decision)


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MOMENTS = st.sampled_from([None, NOW - 400 * HOUR, NOW - HOUR, NOW, NOW + HOUR])
AUDIENCES = st.sampled_from([*Audience.values, "", "unheard of"])
CASES = st.builds(
    Case,
    terms=st.builds(
        Terms, story_id=st.just(STORY), audience=AUDIENCES, live_from=MOMENTS, minimum_rank=st.integers(1, 5),
        public_interest=st.booleans(), archived_at=MOMENTS, archive_audience=AUDIENCES,
    ),
    reader=st.builds(
        Reader, member_id=st.none() | st.just(1), rank=st.integers(0, 4), on_staff=st.booleans(),
        gifts=st.sampled_from([frozenset[int](), frozenset({STORY}), frozenset({STORY + 1})]),
        opens_archive=st.booleans(),
    ),
    allowance=st.builds(
        Allowance, switched_on=st.booleans(), counted=st.booleans(), left=st.integers(0, 2),
        left_as_member=st.integers(0, 2),
    ),
    now=st.just(NOW), who=st.just("Ada"), not_live=st.just("it is a draft"), archive_days=st.none() | st.just(30),
    limit=st.integers(0, 3), rungs=st.sampled_from([(), RUNGS]),
)  # fmt: skip


@unhurried
@given(asked=CASES)
def test_the_answer_is_the_gates_whatever_story_and_reader(asked: Case) -> None:
    answer = explain(asked)
    wanted = decide(asked.terms, asked.reader, asked.allowance, asked.now)
    assert answer.decision is wanted
    assert next(known.decision for known in CAUSES if known.cause is answer.cause) is wanted
    assert answer.sentence.startswith("Ada ")
    assert "%" not in answer.sentence
    assert bool(answer.openers) <= (wanted is not Decision.READ)


@unhurried
@given(asked=CASES)
def test_the_cause_is_what_made_the_difference(asked: Case) -> None:
    """Take the named fact away and the gate may answer otherwise; a fact that is not there is never named."""
    terms, reader, cause = asked.terms, asked.reader, explain(asked).cause
    facts = {
        Cause.DESK: reader.on_staff,
        Cause.INTEREST: terms.public_interest and not reader.on_staff,
        Cause.GIFT: STORY in reader.gifts and not terms.public_interest,
        Cause.ACCOUNT: reader.is_member and terms.audience_at(NOW) == "members",
        Cause.NO_ACCOUNT: not reader.is_member,
        Cause.NO_TIER: reader.is_member and not reader.is_patron,
        Cause.TIER_TOO_LOW: reader.is_patron and reader.rank < terms.minimum_rank,
        Cause.TIER_WITHOUT_ARCHIVE: terms.is_closed_by_archive(NOW) and not reader.opens_archive,
        Cause.UNHEARD_OF: terms.audience_at(NOW) not in Audience.values,
        Cause.NOT_LIVE: not terms.is_live(NOW),
        Cause.METER_OFF: not asked.allowance.switched_on,
        Cause.COUNTED: asked.allowance.counted and not reader.is_patron,
        Cause.VIEWS_USED: not asked.allowance.left,
    }
    assert facts.get(cause, True)


OPENERS = [
    (case(audience="members"), ["Signing in", "Joining “Supporter”", "gift", "public interest"]),
    (case(MEMBER, "patrons", minimum_rank=2), ["Joining “Friend”", "gift", "public interest"]),
    (case(PATRON, "patrons", minimum_rank=3), ["“Guardian”, which nobody can join", "gift", "public interest"]),
    (case(audience="metered", allowance=SPENT),
     ["next month", "Signing in", "Joining “Supporter”", "gift", "public interest"]),
    (case(MEMBER, "metered", FRESH), ["Continue reading", "Joining “Supporter”", "gift"]),
    (case(HIGHER, **OLD), ["Joining “Supporter”", "gift", "archive rule", "public interest"]),
    (case(live_from=NOW + HOUR), ["Waiting until the story is out", "An editor putting it out"]),
    (case(audience="patrons", live_from=None), []),
    (case(audience="unheard of"), ["gift", "public interest"]),
    (replace(case(MEMBER, "patrons"), rungs=(Rung(1, "Given", is_sold=False), Rung(2, "Sold"), Rung(3, "Dear"))),
     ["“Given”, which nobody can join", "Joining “Sold”", "gift", "public interest"]),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "wanted"), OPENERS)
def test_what_would_open_the_story_is_what_the_gate_says_yes_to(asked: Case, wanted: list[str]) -> None:
    openers = explain(asked).openers
    assert len(openers) == len(wanted)
    for opener, said in zip(openers, wanted, strict=True):
        assert said in opener
