"""The ask under a story: whose it is, what it says of the price, and what the meter knows for it. No page here."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import RequestFactory

from members import appeals, meter
from members.asks import Ask, ask_for
from members.gate import Decision, Reader
from members.models import Complimentary, Grant, Member, MeteredView, Price, SiteRules
from tests.factories import MemberFactory, TierFactory

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOBODY, MEMBER, PATRON = Reader(), Reader(member_id=1), Reader(member_id=1, rank=1)
LAPSED, STAFF = Reader(member_id=1, patron_until=NOON), Reader(member_id=1, on_staff=True, rank=2)
RENEWED = Reader(member_id=1, rank=1, patron_until=NOON)

ROWS = [
    (NOBODY, Decision.READ, 0, Ask.ANYBODY),
    (NOBODY, Decision.SPEND, 2, Ask.ANYBODY),
    (NOBODY, Decision.READ, 3, Ask.OFTEN),
    (MEMBER, Decision.READ, 0, Ask.MEMBER),
    (MEMBER, Decision.READ, 4, Ask.OFTEN),
    (LAPSED, Decision.READ, 5, Ask.LAPSED),
    (PATRON, Decision.READ, 0, Ask.THANKS),
    (RENEWED, Decision.READ, 3, Ask.THANKS),
    (STAFF, Decision.READ, 3, Ask.NONE),
    (NOBODY, Decision.SIGN_UP, 0, Ask.ANYBODY),
    (NOBODY, Decision.SUBSCRIBE, 3, Ask.NONE),
    (LAPSED, Decision.SUBSCRIBE, 0, Ask.NONE),
    (PATRON, Decision.UPGRADE, 0, Ask.NONE),
]


@pytest.mark.parametrize(("reader", "decision", "often", "expected"), ROWS)
def test_each_reader_has_one_ask(reader: Reader, decision: Decision, often: int, expected: Ask) -> None:
    found = ask_for(reader, decision=decision, counted_this_week=often)
    assert found is expected
    assert not (found.is_personal and not reader.is_member and often < 3)
    assert found.is_plea is (expected not in (Ask.NONE, Ask.THANKS))


@pytest.mark.django_db
def test_who_was_a_patron_is_known_by_the_day_it_ended() -> None:
    person, tier = MemberFactory(), TierFactory()
    for starts, ends in ((-300, -200), (-150, -40)):
        Complimentary.objects.create(
            member=person, tier=tier, reason="a friend",
            starts_at=NOON + timedelta(days=starts), ends_at=NOON + timedelta(days=ends),
        )  # fmt: skip
    Grant.objects.rebuild(person, now=NOON)
    at = {days: reader_at(person, NOON + timedelta(days=days)) for days in (-400, -100, 0)}
    assert [(each.lapsed, each.is_patron) for each in at.values()] == [(False, False), (False, True), (True, False)]
    assert at[0].patron_until == NOON - timedelta(days=40)


def reader_at(person: Member, moment: datetime) -> Reader:
    """The gate's view of the person then."""
    return Member.objects.with_standing(moment).get(pk=person.pk).as_reader()


@pytest.mark.django_db
def test_price_in_an_appeal_is_the_lowest_month_that_can_be_paid_for() -> None:
    assert "coffee" in appeals.filled("From {from_price}.", appeals.price_today())
    cheap, sold = TierFactory(slug="cheap", rank=1), TierFactory(slug="sold", rank=2)
    Price.objects.filter(tier=cheap).update(stripe_id=None)
    assert appeals.price_today() == "10\u00a0€"
    Price.objects.filter(tier=sold, interval="month").update(livemode=True)
    assert appeals.price_today() == ""


@pytest.mark.parametrize("text", ["From {price}.", "From {from_price", "{ from_price }", "{{from_price}}", "a } b"])
def test_a_placeholder_misspelt_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValidationError, match=r"Write {from_price} where"):
        appeals.check(text)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("From 5 € a month", "5 €"), ("Only €4.50!", "€4.50"), ("for 60 kr", "60 kr"), ("12 EUR", "12 EUR"),
        ("5 euros", "5 euros"), ("From {from_price}, not 9 €", ""), ("We are 28 people", ""), ("5 eurozone states", ""),
    ],
)  # fmt: skip
def test_a_price_typed_by_hand_is_noticed(text: str, typed: str) -> None:
    appeals.check(text)
    assert appeals.typed_price(text) == typed


def request_with(cookies: dict[str, str], now: datetime = NOON, member_id: int | None = None) -> Any:
    """An anonymous request, or a member's, as the meter reads it."""
    request: Any = RequestFactory().get("/")
    request.COOKIES.update(cookies)
    request.now, request.reader = now, Reader(member_id=member_id)
    request.furniture = SimpleNamespace(rules=SiteRules(meter_limit=6, meter_limit_members=9))
    return request


def spent(cookies: dict[str, str], story: int, now: datetime) -> dict[str, str]:
    """The cookies after counting a story."""
    counting, response = meter.Meter.of(request_with(cookies, now)), HttpResponse()
    counting.spend(story)
    counting.write_to(response)
    return {meter.COOKIE: response.cookies[meter.COOKIE].value}


@pytest.mark.django_db
def test_the_week_is_counted_by_days_in_cookie_and_rows_and_old_cookies_still_read() -> None:
    cookies: dict[str, str] = {}
    with time_machine.travel(NOON, tick=False):
        for story, days in ((1, 12), (2, 6), (3, 1), (4, 0)):
            cookies = spent(cookies, story, NOON - timedelta(days=days))
        held = meter.Meter.of(request_with(cookies)).allowance(4)
        assert (held.this_week, held.used, held.left, held.limit, held.left_as_member) == (3, 4, 2, 6, 5)
        assert len(cookies[meter.COOKIE]) < 120
        person = MemberFactory()
        meter.merge_into(person, request_with(cookies), NOON)
        theirs = meter.Meter.of(request_with({}, member_id=person.pk)).allowance(4)
        assert (theirs.this_week, theirs.used, theirs.left, theirs.limit) == (3, 4, 5, 9)
        assert MeteredView.objects.filter(viewed_at__gt=NOON).count() == 0
        old = signing.dumps({"p": "2026-11", "s": [7, 8, 9]}, salt=meter.SALT, compress=True)
        read = meter.Meter.of(request_with({meter.COOKIE: old})).allowance(7)
        assert (read.counted, read.used, read.this_week) == (True, 3, 0)
        assert meter.Meter.of(request_with(cookies, NOON + timedelta(days=20))).allowance(4).used == 0


def opened(cookies: dict[str, str], story: int, now: datetime) -> dict[str, str]:
    """The cookies after opening a gift."""
    response = HttpResponse()
    with time_machine.travel(now, tick=False):
        meter.remember_gift(request_with(cookies, now), response, story)
    return {meter.GIFTS_COOKIE: response.cookies[meter.GIFTS_COOKIE].value}


def test_a_browser_keeps_twenty_opened_stories_each_for_five_days() -> None:
    cookies: dict[str, str] = {}
    for story in range(1, 26):
        cookies = opened(cookies, story, NOON + timedelta(minutes=story))
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert meter.opened_gifts(request_with(cookies, NOON + timedelta(hours=1))) == frozenset(range(6, 26))
        assert meter.opened_gifts(request_with({meter.GIFTS_COOKIE: cookies[meter.GIFTS_COOKIE][:-1]})) == frozenset()
    assert len(cookies[meter.GIFTS_COOKIE]) < 1000
    fifth = NOON + timedelta(days=4, hours=23)
    cookies = opened(cookies, 99, fifth)
    with time_machine.travel(fifth + timedelta(days=1), tick=False):
        assert meter.opened_gifts(request_with(cookies, fifth + timedelta(days=1))) == frozenset({99})
