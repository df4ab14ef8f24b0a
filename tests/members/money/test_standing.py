"""Every standing has its plain sentence: the whole table, each row made at the fake Stripe."""

from collections.abc import Callable
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from members.models import Member
from members.money.keeping import portal
from members.money.keeping.standing import Kind, Standing, standing_of
from tests.members.money.lives import (
    discounted,
    disputed,
    downgrading,
    ended,
    ending,
    free,
    gift_after,
    given_gift,
    guest,
    hardship,
    month,
    offline,
    on_trial,
    past_due,
    past_grace,
    paused,
    rests,
    resumed_unpaid,
    trial_stopped,
    unconfirmed,
    unpaid,
    waiting,
    year,
)
from tests.members.money.till import Till

NBSP = "\u00a0"


def told(member: Member) -> str:
    return " ".join(standing_of(member, timezone.now()).sentences).replace(NBSP, " ")


SUPPORTS = "You support us with 5 € a month."
FAILED = "Your last payment did not go through."
TABLE: list[tuple[Callable[[Till], Member], Kind, str]] = [
    (month, Kind.PAYING, f"{SUPPORTS} Next payment 3 December."),
    (year, Kind.PAYING, "You support us with 100 € a year. Next payment 3 November 2027."),
    (discounted, Kind.PAYING, f"{SUPPORTS} Next payment 3 December: 4 € (SPRING: 20 % off until 3 March 2027)."),
    (on_trial, Kind.TRIAL, "Free until 3 December; then 5 € a month. Stop before and nothing is taken."),
    (lambda till: on_trial(till, card=False), Kind.TRIAL,
     "Free until 3 December. There is no card yet: add one and you go on with 5 € a month, or it rests and nothing "
     "is taken."),
    (trial_stopped, Kind.ENDING, "Free until 3 December; then it ends, and nothing is taken."),
    (downgrading, Kind.PAYING, "You support us with 10 € a month. From 3 December: Friend, 5 € a month."),
    (ending, Kind.ENDING, f"{SUPPORTS} Your membership ends on 3 December. Until then everything stays open."),
    (past_due, Kind.PAST_DUE, f"{FAILED} Everything stays open until 17 December. "
     "Nothing is lost: we also try again by ourselves."),
    (past_grace, Kind.PAST_DUE, f"{FAILED} The days of grace are over; the payment opens everything again. "
     "Nothing is lost: we also try again by ourselves."),
    (unconfirmed, Kind.PAST_DUE,
     "Your bank wants you to confirm your payment. Everything stays open until 17 December."),
    (unpaid, Kind.LAPSED,
     "Your membership rests because a payment is missing. Paying it, or a new card, brings it back."),
    (paused, Kind.PAUSED, "Your membership is paused. What you paid for stays open until 3 December. "
     "It goes on after 3 January 2027; the next payment opens everything again."),
    (rests, Kind.PAUSED, "Your free days are over and there was no card, so your membership rests. "
     "Nothing was taken. A card brings it back."),
    (resumed_unpaid, Kind.PAYING, f"{SUPPORTS} The next payment, on 3 January 2027, opens everything again."),
    (disputed, Kind.DISPUTED, "Your bank has called a payment back. What it paid for is closed until that is "
     "settled. If that is a mistake, please write to us."),
    (waiting, Kind.WAITING, "We are waiting for your bank. There is nothing you need to do."),
    (ended, Kind.NONE, "Your membership ended on 3 December. Come back whenever you like."),
    (free, Kind.NONE, "You have a free account."),
    (given_gift, Kind.GIVEN, "Somebody gave you this: Patron until 3 February 2027."),
    (gift_after, Kind.PAYING, f"{SUPPORTS} Next payment 3 December. "
     "A gift waits for you: Patron from 6 December until 6 March 2027."),
    (guest, Kind.GIVEN, "You are our guest: Friend until 2 January 2027."),
    (hardship, Kind.GIVEN, "You are our guest: Friend until 2 January 2027."),
    (offline, Kind.GIVEN, "Thank you for your support: Friend until 2 January 2027."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("made", "kind", "sentence"), TABLE, ids=[getattr(row[0], "__name__", "").strip("<>") for row in TABLE]
)
def test_every_standing_has_its_sentence(
    till: Till, made: Callable[[Till], Member], kind: Kind, sentence: str, django_assert_max_num_queries: Any
) -> None:
    member = made(till)
    with django_assert_max_num_queries(3):
        standing = standing_of(member, timezone.now())
    assert (told(member), standing.kind) == (sentence, kind)
    assert bool(standing.warning) == (kind in (Kind.PAST_DUE, Kind.LAPSED, Kind.DISPUTED))


def page(standing: Standing) -> str:
    return render_to_string("components/standing.html", {"standing": standing, "pause_days": []})


@pytest.mark.parametrize(("made", "label"), [(past_due, "Pay now"), (unconfirmed, "Confirm the payment")])
def test_what_failed_links_to_the_page_that_mends_it(till: Till, made: Callable[[Till], Member], label: str) -> None:
    standing = standing_of(made(till), timezone.now())
    text = page(standing)
    assert f'href="{till.fake.url}/i/in_' in text
    assert label in text


def test_what_rests_goes_on_by_one_press_once_a_card_is_there(till: Till) -> None:
    member = rests(till)
    assert not standing_of(member, timezone.now()).may_resume
    till.fake.set_card(till.subscription(member).customer.stripe_id)
    till.deliver()
    standing = standing_of(member, timezone.now())
    assert standing.may_resume
    assert "Go on now" in page(standing)
    portal.resume(member)
    till.deliver()
    assert till.has_access(member)
    assert standing_of(member, timezone.now()).kind is Kind.PAYING


def test_grace_is_one_line_and_silent_for_everybody_else() -> None:
    class Reader:
        in_grace = True

    assert "did not go through" in render_to_string("components/grace.html", {"reader": Reader()})
    assert render_to_string("components/grace.html", {"reader": object()}).strip() == ""


def test_a_grant_says_that_it_is_grace_while_a_payment_is_missing(till: Till) -> None:
    member = past_due(till)
    assert member.grants.get().reason == "grace"
    till.fake.new_card(till.subscription(member).customer.stripe_id)
    till.deliver()
    assert member.grants.get().reason == ""
