"""The gate's truth table, complete, and the properties that hold whatever the values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.gate import (
    ANONYMOUS,
    NO_METER,
    STRICTNESS,
    Allowance,
    Audience,
    Decision,
    Reader,
    ReplyDecision,
    ReplyRight,
    Terms,
    decide,
    decide_reply,
)

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORY = 7
READ, SPEND, SIGN_UP, SUBSCRIBE, UPGRADE = Decision

NOBODY, MEMBER = ANONYMOUS, Reader(1)
PATRON, HIGHER = Reader(2, rank=1), Reader(3, rank=2)
NO_ARCHIVE, SILENT = Reader(5, rank=1, opens_archive=False), Reader(6, rank=1, may_reply=False)
STAFF, GIFTED = Reader(4, on_staff=True), Reader(gifts=frozenset({STORY}))
READERS = (NOBODY, MEMBER, PATRON, HIGHER, STAFF, GIFTED)

OFF = NO_METER
FRESH = Allowance(switched_on=True, left=3, left_as_member=6)
COUNTED = Allowance(switched_on=True, counted=True, left=0)
SPENT = Allowance(switched_on=True, left=0, left_as_member=2)
SPENT_FOR_GOOD = Allowance(switched_on=True, left=0, left_as_member=0)


def terms(audience: str = Audience.EVERYONE, **fields: object) -> Terms:
    """A story live since an hour."""
    return Terms(**{"story_id": STORY, "audience": audience, "live_from": NOW - HOUR, **fields})  # type: ignore[arg-type]  # one dict of many types


# What stands in a row: audience and minimum rank; then, in the order of READERS, the decision.
TRUTH: list[tuple[str, int, tuple[Decision, ...]]] = [
    ("everyone", 1, (READ, READ, READ, READ, READ, READ)),
    ("members", 1, (SIGN_UP, READ, READ, READ, READ, READ)),
    ("patrons", 1, (SUBSCRIBE, SUBSCRIBE, READ, READ, READ, READ)),
    ("patrons", 2, (SUBSCRIBE, SUBSCRIBE, UPGRADE, READ, READ, READ)),
    ("patrons", 3, (SUBSCRIBE, SUBSCRIBE, UPGRADE, UPGRADE, READ, READ)),
    ("", 1, (SUBSCRIBE, SUBSCRIBE, SUBSCRIBE, SUBSCRIBE, READ, READ)),
    ("unheard of", 1, (SUBSCRIBE, SUBSCRIBE, SUBSCRIBE, SUBSCRIBE, READ, READ)),
]
METERED: list[tuple[Allowance, tuple[Decision, ...]]] = [
    (OFF, (READ, READ, READ, READ, READ, READ)),
    (FRESH, (SPEND, SPEND, READ, READ, READ, READ)),
    (COUNTED, (READ, READ, READ, READ, READ, READ)),
    (SPENT, (SIGN_UP, SUBSCRIBE, READ, READ, READ, READ)),
    (SPENT_FOR_GOOD, (SUBSCRIBE, SUBSCRIBE, READ, READ, READ, READ)),
]


@pytest.mark.parametrize(("audience", "rank", "wanted"), TRUTH)
@pytest.mark.parametrize("allowance", [OFF, FRESH, COUNTED, SPENT, SPENT_FOR_GOOD])
def test_every_reader_of_every_audience(
    audience: str, rank: int, wanted: tuple[Decision, ...], allowance: Allowance
) -> None:
    story = terms(audience, minimum_rank=rank)
    assert tuple(decide(story, reader, allowance, NOW) for reader in READERS) == wanted


@pytest.mark.parametrize(("allowance", "wanted"), METERED)
def test_every_reader_of_a_metered_story(allowance: Allowance, wanted: tuple[Decision, ...]) -> None:
    assert tuple(decide(terms("metered"), reader, allowance, NOW) for reader in READERS) == wanted


@pytest.mark.parametrize("audience", [*Audience.values, "", "unheard of"])
def test_nobody_but_staff_reads_what_is_not_live(audience: str) -> None:
    for live_from in (None, NOW + timedelta(seconds=1)):
        story = terms(audience, live_from=live_from, public_interest=True)
        assert decide(story, Reader(1, rank=9, gifts=frozenset({STORY})), COUNTED, NOW) is SUBSCRIBE
        assert decide(story, STAFF, OFF, NOW) is READ


def test_story_is_live_at_its_very_moment() -> None:
    assert decide(terms(live_from=NOW), NOBODY, OFF, NOW) is READ


@pytest.mark.parametrize("audience", [*Audience.values, "unheard of"])
def test_public_interest_opens_a_live_story_for_everybody(audience: str) -> None:
    assert decide(terms(audience, public_interest=True, minimum_rank=9), NOBODY, SPENT, NOW) is READ


def test_gift_opens_its_own_story_only() -> None:
    assert decide(terms("patrons"), GIFTED, OFF, NOW) is READ
    assert decide(terms("patrons", story_id=STORY + 1), GIFTED, OFF, NOW) is SUBSCRIBE


@pytest.mark.parametrize(("own", "archive"), list(product(Audience.values, Audience.values)))
def test_archive_only_tightens(own: str, archive: str) -> None:
    story = terms(own, archived_at=NOW, archive_audience=archive)
    assert story.audience_at(NOW - HOUR) == own
    assert story.audience_at(NOW) == max(own, archive, key=STRICTNESS.__getitem__)


def test_archive_of_an_unknown_audience_is_closed() -> None:
    for own, archive in (("everyone", "unheard of"), ("unheard of", "everyone")):
        story = terms(own, archived_at=NOW, archive_audience=archive)
        assert decide(story, HIGHER, COUNTED, NOW) is SUBSCRIBE


ARCHIVED: list[tuple[str, str, tuple[Decision, ...]]] = [
    # own audience, the archive's; then NOBODY, MEMBER, PATRON, HIGHER, STAFF, GIFTED, NO_ARCHIVE
    ("everyone", "everyone", (READ, READ, READ, READ, READ, READ, READ)),
    ("everyone", "members", (SIGN_UP, READ, READ, READ, READ, READ, READ)),
    ("everyone", "patrons", (SUBSCRIBE, SUBSCRIBE, READ, READ, READ, READ, UPGRADE)),
    ("metered", "everyone", (SIGN_UP, SUBSCRIBE, READ, READ, READ, READ, READ)),
    ("metered", "members", (SIGN_UP, READ, READ, READ, READ, READ, READ)),
    ("metered", "patrons", (SUBSCRIBE, SUBSCRIBE, READ, READ, READ, READ, UPGRADE)),
    ("members", "everyone", (SIGN_UP, READ, READ, READ, READ, READ, READ)),
    ("members", "patrons", (SUBSCRIBE, SUBSCRIBE, READ, READ, READ, READ, UPGRADE)),
    ("patrons", "everyone", (SUBSCRIBE, SUBSCRIBE, READ, READ, READ, READ, READ)),
    ("patrons", "members", (SUBSCRIBE, SUBSCRIBE, READ, READ, READ, READ, READ)),
    ("patrons", "patrons", (SUBSCRIBE, SUBSCRIBE, READ, READ, READ, READ, READ)),
    ("unheard of", "patrons", (SUBSCRIBE, SUBSCRIBE, SUBSCRIBE, SUBSCRIBE, READ, READ, SUBSCRIBE)),
    ("everyone", "unheard of", (SUBSCRIBE, SUBSCRIBE, SUBSCRIBE, SUBSCRIBE, READ, READ, SUBSCRIBE)),
]


@pytest.mark.parametrize(("own", "archive", "wanted"), ARCHIVED)
def test_every_reader_of_every_story_of_the_archive(own: str, archive: str, wanted: tuple[Decision, ...]) -> None:
    story = terms(own, archived_at=NOW, archive_audience=archive)
    assert tuple(decide(story, reader, SPENT, NOW) for reader in (*READERS, NO_ARCHIVE)) == wanted


@pytest.mark.parametrize("own", Audience.values)
def test_a_tier_without_the_archive_reads_like_any_other_until_a_story_is_old(own: str) -> None:
    story = terms(own, archived_at=NOW + timedelta(seconds=1), archive_audience="patrons")
    assert decide(story, NO_ARCHIVE, SPENT, NOW) is decide(story, PATRON, SPENT, NOW) is READ


def test_the_archive_right_of_a_tier_closes_neither_public_interest_nor_gifts_nor_the_desk() -> None:
    story = terms(archived_at=NOW, archive_audience="patrons")
    gifted = replace(NO_ARCHIVE, gifts=frozenset({STORY}))
    assert decide(story, NO_ARCHIVE, OFF, NOW) is UPGRADE
    assert decide(story, gifted, OFF, NOW) is READ
    assert decide(story, replace(NO_ARCHIVE, on_staff=True), OFF, NOW) is READ
    assert decide(replace(story, public_interest=True), NO_ARCHIVE, OFF, NOW) is READ


REPLY_RIGHTS: list[tuple[str, tuple[ReplyDecision, ...]]] = [
    ("members", (ReplyDecision.SIGN_IN, *[ReplyDecision.WRITE] * 4, ReplyDecision.SIGN_IN)),
    (
        "patrons",
        (
            ReplyDecision.SIGN_IN,
            ReplyDecision.SUBSCRIBE,
            ReplyDecision.WRITE,
            ReplyDecision.WRITE,
            ReplyDecision.WRITE,
            ReplyDecision.SIGN_IN,
        ),
    ),
    ("closed", (ReplyDecision.CLOSED,) * 6),
    (
        "unheard of",
        (
            ReplyDecision.SIGN_IN,
            ReplyDecision.SUBSCRIBE,
            ReplyDecision.SUBSCRIBE,
            ReplyDecision.SUBSCRIBE,
            ReplyDecision.WRITE,
            ReplyDecision.SIGN_IN,
        ),
    ),
]


@pytest.mark.parametrize(("right", "wanted"), REPLY_RIGHTS)
def test_every_reader_of_every_reply_right(right: str, wanted: tuple[ReplyDecision, ...]) -> None:
    assert tuple(decide_reply(terms(reply_right=right), reader, OFF, NOW) for reader in READERS) == wanted


def test_a_tier_that_may_not_reply_is_told_so_only_where_replies_are_for_patrons() -> None:
    assert decide_reply(terms(reply_right="patrons"), SILENT, OFF, NOW) is ReplyDecision.UPGRADE
    assert decide_reply(terms(reply_right="members"), SILENT, OFF, NOW) is ReplyDecision.WRITE
    assert decide_reply(terms(reply_right="closed"), SILENT, OFF, NOW) is ReplyDecision.CLOSED
    assert decide_reply(terms(reply_right="unheard of"), SILENT, OFF, NOW) is ReplyDecision.SUBSCRIBE
    assert decide_reply(terms(reply_right="patrons"), replace(SILENT, on_staff=True), OFF, NOW) is ReplyDecision.WRITE
    assert decide_reply(terms("patrons", minimum_rank=2, reply_right="patrons"), SILENT, OFF, NOW) is (
        ReplyDecision.SUBSCRIBE
    )


def test_who_may_not_read_may_not_reply() -> None:
    assert decide_reply(terms("patrons"), MEMBER, OFF, NOW) is ReplyDecision.SUBSCRIBE
    assert decide_reply(terms("metered"), MEMBER, FRESH, NOW) is ReplyDecision.SUBSCRIBE


EVERY_WAY = tuple(
    Reader(member, rank, gifts=gifts, opens_archive=opens)
    for member, rank in ((None, 0), (1, 0), (1, 1), (1, 2))
    for gifts in (frozenset[int](), frozenset({STORY}), frozenset({STORY + 1}))
    for opens in (True, False)
)
MAYBE = [*Audience.values, "", "unheard of", None]


def is_wanted(own: Any, archive: Any, is_old: bool, reader: Reader, left: Allowance) -> bool:
    """Whether a live story of tier 2 is open: said again from the design, without the gate's own words."""
    order = ["everyone", "metered", "members", "patrons"]
    if STORY in reader.gifts:
        return True
    if own not in order or (is_old and archive not in order):
        return False
    asks = order[max(order.index(own), order.index(archive))] if is_old else own
    if asks == "patrons":
        return reader.rank >= 2 and (own == "patrons" or reader.opens_archive)
    if asks == "members":
        return reader.member_id is not None
    return asks == "everyone" or reader.rank > 0 or left.counted or not left.switched_on


@pytest.mark.parametrize("own", MAYBE)
def test_every_story_for_every_reader_is_as_the_design_says(own: Any) -> None:
    """Audience × the archive's × its moment × public interest × live × allowance × reader."""
    for archive, age, interest, is_live in product(MAYBE, (None, -1, 0, 1), (False, True), (False, True)):
        archived_at = None if age is None else NOW + age * HOUR
        live_from = NOW - HOUR if is_live else NOW + HOUR
        story = Terms(STORY, own, live_from, 2, interest, archived_at, archive)
        is_old = age is not None and age <= 0
        for left, reader in product((OFF, FRESH, COUNTED, SPENT, SPENT_FOR_GOOD), EVERY_WAY):
            wanted = is_live and (interest or is_wanted(own, archive, is_old, reader, left))
            assert (decide(story, reader, left, NOW) is READ) is wanted, (story, reader, left)
        assert decide(story, STAFF, OFF, NOW) is READ


audiences = st.sampled_from([*Audience.values, "", "unheard of"])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
stories = st.builds(
    Terms,
    story_id=st.integers(1, 3),
    audience=audiences,
    live_from=st.none() | moments,
    minimum_rank=st.integers(1, 4),
    public_interest=st.booleans(),
    archived_at=st.none() | moments,
    archive_audience=audiences,
    reply_right=st.sampled_from([*ReplyRight.values, "unheard of"]),
)
readers = st.builds(
    Reader,
    member_id=st.none() | st.integers(1, 9),
    rank=st.integers(0, 4),
    gifts=st.frozensets(st.integers(1, 3)),
    in_grace=st.booleans(),
    opens_archive=st.booleans(),
    may_reply=st.booleans(),
)
allowances = st.builds(
    Allowance,
    switched_on=st.booleans(),
    counted=st.booleans(),
    left=st.integers(0, 6),
    left_as_member=st.integers(0, 6),
)


@given(stories, readers, allowances, moments)
def test_nothing_that_is_not_live_is_ever_read(
    story: Terms, reader: Reader, allowance: Allowance, now: datetime
) -> None:
    if not story.is_live(now):
        assert decide(story, reader, allowance, now) is SUBSCRIBE


@given(stories, readers, allowances, moments)
def test_a_higher_rank_never_reads_less(story: Terms, reader: Reader, allowance: Allowance, now: datetime) -> None:
    higher = replace(reader, rank=reader.rank + 1)
    if decide(story, reader, allowance, now) is READ:
        assert decide(story, higher, allowance, now) is READ


@given(stories, readers, allowances, moments)
def test_rights_of_a_tier_only_open_and_grace_decides_nothing(
    story: Terms, reader: Reader, allowance: Allowance, now: datetime
) -> None:
    able = replace(reader, opens_archive=True, may_reply=True)
    if decide(story, reader, allowance, now) is READ:
        assert decide(story, able, allowance, now) is READ
    if decide_reply(story, reader, allowance, now) is ReplyDecision.WRITE:
        assert decide_reply(story, able, allowance, now) is ReplyDecision.WRITE
    other = replace(reader, in_grace=not reader.in_grace)
    assert decide(story, reader, allowance, now) is decide(story, other, allowance, now)
    assert decide_reply(story, reader, allowance, now) is decide_reply(story, other, allowance, now)


@given(stories, readers, allowances, moments)
def test_rights_of_a_tier_mean_nothing_to_who_has_none(
    story: Terms, reader: Reader, allowance: Allowance, now: datetime
) -> None:
    nobody = replace(reader, rank=0)
    able = replace(nobody, opens_archive=True, may_reply=True)
    assert decide(story, nobody, allowance, now) is decide(story, able, allowance, now)
    assert decide_reply(story, nobody, allowance, now) is decide_reply(story, able, allowance, now)


@given(stories, readers, allowances, moments)
def test_the_archive_never_opens_a_story(story: Terms, reader: Reader, allowance: Allowance, now: datetime) -> None:
    without = Terms(story.story_id, story.audience, story.live_from, story.minimum_rank, story.public_interest)
    if decide(story, reader, allowance, now) is READ:
        assert decide(without, reader, allowance, now) is READ


@given(stories, readers, allowances, moments)
def test_money_is_asked_first_only_for_patrons_stories(
    story: Terms, reader: Reader, allowance: Allowance, now: datetime
) -> None:
    if decide(story, reader, allowance, now) is UPGRADE:
        assert story.audience_at(now) == Audience.PATRONS
        assert reader.is_patron


@given(stories, readers, allowances, moments)
def test_whoever_may_write_may_read(story: Terms, reader: Reader, allowance: Allowance, now: datetime) -> None:
    if decide_reply(story, reader, allowance, now) is ReplyDecision.WRITE:
        assert decide(story, reader, allowance, now) is READ
        assert reader.is_member


@given(stories, readers, allowances, moments)
def test_signing_in_never_closes_and_staff_read_everything(
    story: Terms, reader: Reader, allowance: Allowance, now: datetime
) -> None:
    nobody = replace(reader, member_id=None, rank=0)
    if decide(story, nobody, allowance, now) is READ:
        assert decide(story, replace(nobody, member_id=1), allowance, now) is READ
    assert decide(story, replace(reader, on_staff=True), allowance, now) is READ


@given(stories, readers, allowances, moments, st.sampled_from(["", "unheard of", "EVERYONE", "members "]))
def test_what_is_unknown_never_opens(
    story: Terms, reader: Reader, allowance: Allowance, now: datetime, said: str
) -> None:
    strange = replace(story, audience=said, public_interest=False)
    if not reader.has_gift_for(story):
        assert decide(strange, reader, allowance, now) is SUBSCRIBE
        old = replace(story, public_interest=False, archived_at=now, archive_audience=said)
        assert decide(old, reader, allowance, now) is SUBSCRIBE
    assert decide_reply(replace(story, reply_right=said), reader, allowance, now) is not ReplyDecision.WRITE


@given(stories, readers, allowances, moments)
def test_gift_opens_its_story_alone_and_public_interest_only_what_is_live(
    story: Terms, reader: Reader, allowance: Allowance, now: datetime
) -> None:
    others = replace(reader, gifts=frozenset({story.story_id + 1}))
    without = replace(reader, gifts=frozenset())
    assert decide(story, others, allowance, now) is decide(story, without, allowance, now)
    opened = decide(replace(story, public_interest=True), reader, allowance, now)
    assert (opened is READ) is story.is_live(now)


@given(stories, moments)
def test_moment_of_change_is_when_the_audience_changes(story: Terms, now: datetime) -> None:
    at = story.changes_at(now)
    later = story.archived_at if story.archived_at is not None and story.archived_at > now else now
    assert (at is not None) is (story.audience_at(later) != story.audience_at(now))
    assert at in (None, later)
