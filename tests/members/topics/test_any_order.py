"""Whatever patrons, the bank and the desk do, in whatever order: the tally is that of a plain model of the rules.

The model knows days, not intervals: whoever is covered on a day, by whatever row, is a patron that day.
`HYPOTHESIS_PROFILE=long` plays three hundred lives instead of four.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import models
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from members.models import (
    Ballot,
    Complimentary,
    Gift,
    Grant,
    Member,
    OfflinePayment,
    Payment,
    Round,
    StripeCustomer,
    Subscription,
    Tier,
)  # fmt: skip
from members.models.grant import add_months
from members.topics.rounds import closing, counting, voting
from tests.conftest import NOON
from tests.factories import MemberFactory, TierFactory
from tests.members.topics.conftest import NAMES, keys

pytestmark = pytest.mark.django_db
LIVES = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 4
PEOPLE, OPENS, CLOSES, HELD, CHOICES = 5, -7, 7, 5, 2
DAY = timedelta(days=1)
numbers = count(1)

days, lasting = st.integers(-15, 8), st.integers(1, 20)
who = st.integers(0, PEOPLE - 1)
given_away = st.tuples(st.sampled_from(["complimentary", "hardship", "offline", "subscription", "gift"]), days, lasting)
undone = st.tuples(st.just("money gone"), st.integers(0, 9), st.booleans())
voted = st.tuples(st.just("vote"), st.sets(st.sampled_from(NAMES), max_size=CHOICES), st.booleans())
pressed = st.tuples(st.just("press"), st.sampled_from(NAMES), st.booleans())
moves = st.lists(st.tuples(who, given_away | undone | voted | pressed), min_size=10, max_size=25)


def at(day: int) -> datetime:
    return NOON + day * DAY


@dataclass
class Person:
    """One member, with the plain model of what they hold and chose."""

    member: Member
    rows: list[tuple[Any, set[int]]] = field(default_factory=list)  # a row that can be voided, and its days
    gifts: list[tuple[Any, int, int]] = field(default_factory=list)  # row, day of redeeming, months
    chosen: set[str] = field(default_factory=set)

    def days(self) -> set[int]:
        """The days they are a patron."""
        covered = set().union(*(days for _row, days in self.rows))
        for _row, redeemed, months in sorted(self.gifts, key=lambda gift: (gift[1], gift[0].pk)):
            start = redeemed
            while start in covered:
                start += 1
            covered |= set(range(start, (add_months(at(start), months) - NOON).days))
        return covered

    def counts(self) -> bool:
        """Whether their ballot does: a patron at the close, and at the opening or for so many days before the close."""
        held = self.days()
        return CLOSES in held and (OPENS in held or all(day in held for day in range(CLOSES - HELD, CLOSES)))

    def take(self, kind: str, start: int, length: int) -> None:
        """Something gives them access from that day on."""
        tier, ends = Tier.objects.get(), at(start + length)
        span: dict[str, Any] = {"member": self.member, "tier": tier, "starts_at": at(start), "ends_at": ends}
        covers = set(range(start, start + length))
        if kind == "offline":
            row: Any = OfflinePayment.objects.create(amount=500, currency="EUR", received_on=NOON.date(), **span)
        elif kind == "subscription":
            row = self._subscribe(tier, at(start), ends)
        elif kind == "gift":
            self.gifts.append((self._redeem(tier, at(start), length), start, 1 + length // 10))
            return
        else:
            row = Complimentary.objects.create(kind=kind, reason="a friend", **span)
        self.rows.append((row, covers))

    def lose(self, place: int, disputed: bool) -> None:
        """Money is given back, or a bank takes it: what it bought is gone. What was given free stays."""
        payments = [row for row, _days in self.rows if isinstance(row, Payment)]
        voidable = [*payments, *(gift[0] for gift in self.gifts), *self._of(OfflinePayment)]
        if not voidable:
            return
        row = voidable[place % len(voidable)]
        if isinstance(row, OfflinePayment):
            OfflinePayment.objects.filter(pk=row.pk).update(voided_at=NOON)
        else:
            payment = row if isinstance(row, Payment) else row.payment
            gone = {"dispute_status": "lost"} if disputed else {"amount_refunded": 500}
            Payment.objects.filter(pk=payment.pk).update(**gone)
        self.rows = [(each, covers) for each, covers in self.rows if each is not row]
        self.gifts = [gift for gift in self.gifts if gift[0] is not row]

    def _of(self, kind: type[models.Model]) -> list[Any]:
        return [row for row, _days in self.rows if isinstance(row, kind)]

    def _pay(self, **more: Any) -> Payment:
        name = f"pi_{next(numbers)}"
        paid = {"amount": 500, "currency": "EUR", "paid_at": NOON, "fetched_at": NOON}
        return Payment.objects.create(payment_intent=name, member=self.member, **{**paid, **more})

    def _subscribe(self, tier: Tier, starts_at: datetime, ends_at: datetime) -> Payment:
        customer, _is_new = StripeCustomer.objects.get_or_create(
            member=self.member, defaults={"stripe_id": f"cus_{self.member.pk}"}
        )
        bought = Subscription.objects.create(
            stripe_id=f"sub_{next(numbers)}", customer=customer, price=tier.prices.first(), status="active",
            started_at=starts_at, paid_until=ends_at, fetched_at=NOON,
        )  # fmt: skip
        return self._pay(kind="invoice", subscription=bought, period_start=starts_at, period_end=ends_at)

    def _redeem(self, tier: Tier, redeemed_at: datetime, length: int) -> Gift:
        return Gift.objects.create(
            payment=self._pay(kind="gift"), tier=tier, months=1 + length // 10, code_hash=str(next(numbers)),
            redeemed_by=self.member, redeemed_at=redeemed_at, expires_at=at(400),
        )  # fmt: skip


def act(person: Person, vote: Round, move: tuple[str, Any, Any]) -> None:
    """Do the move, and note in the model what it should have done."""
    kind, what, more = move
    if kind == "money gone":
        person.lose(what, more)
        Grant.objects.rebuild(person.member)
    elif kind in ("vote", "press"):
        wanted = what if kind == "vote" else person.chosen | {what} if more else person.chosen - {what}
        allowed = 0 in person.days() and (len(wanted) <= CHOICES or wanted <= person.chosen)
        try:
            if kind == "vote":
                voting.cast_ballot(vote, person.member, keys(*what), now=NOON)
            else:
                (voting.choose if more else voting.take_back)(vote, person.member, keys(what)[0], now=NOON)
        except voting.VotingError:
            assert not allowed, move
        else:
            assert allowed, move
            person.chosen = set(wanted)
    else:
        person.take(kind, what, more)
        Grant.objects.rebuild(person.member)


@settings(
    max_examples=LIVES,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(moves=moves)
def test_any_order_of_votes_grants_refunds_and_disputes_gives_the_tally_of_the_rules(
    vote: Round, moves: list[tuple[int, tuple[str, Any, Any]]]
) -> None:
    TierFactory()
    Ballot.objects.all().delete()
    Round.objects.update(closed_at=None, days_held=HELD)
    people = [Person(MemberFactory()) for _ in range(PEOPLE)]
    for number, move in moves:
        act(people[number], vote, move)
    voters = [person for person in people if person.chosen]
    counted = [person for person in voters if person.counts()]
    wanted = Counter(name for person in counted for name in person.chosen)
    tally = counting.count(Round.objects.get(), vote.closes_at)
    assert {place.option.topic.title: place.votes for place in tally.places} == {name: wanted[name] for name in NAMES}
    assert (tally.ballots, sum(tally.left_out.values())) == (len(counted), len(voters) - len(counted))
    assert [str(option) for option in tally.winners] == sorted(
        wanted, key=lambda name: (-wanted[name], NAMES.index(name))
    )[:1]
    kept = closing.close_round(vote, now=vote.closes_at)
    for person in people:
        person.lose(0, disputed=True)
        Grant.objects.rebuild(person.member)
    assert kept == tally
    assert counting.differences(kept, counting.count(Round.objects.get(), at(30))) == []
