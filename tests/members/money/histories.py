"""Random lives of patrons: played on the fake, remembered step by step, told to the site in any order.

A `Life` is played once, every event delivered as it happens: that is the ordered run. After each step it
keeps a picture of Stripe and what people did here (attempts, customers, redeemed codes). A `Retelling` begins
with empty tables and goes through the same days: it puts Stripe back as it was, lets some events of the past
ring, some never, some again, and leaves the rest to the nightly comparison.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db.models import Model
from django.utils import timezone

from members.models import (
    CheckoutAttempt,
    Gift,
    Grant,
    Mailing,
    Member,
    Payment,
    ReconcileRun,
    StripeCustomer,
    StripeEvent,
    StripeRef,
    Subscription,
)
from members.money.joining import checkout
from members.money.joining.checkout import CheckoutError
from members.money.stripe_api import payments
from tests.factories import MemberFactory
from tests.fakestripe.billing import OVER
from tests.fakestripe.state import Json, State, copied
from tests.members.money.moves import MOVES, PLAYS
from tests.members.money.till import Till

DERIVED: list[type[Model]] = [Grant, StripeRef, Gift, Payment, Subscription, StripeEvent, Mailing, ReconcileRun]
DECIDED: list[type[Model]] = [CheckoutAttempt, StripeCustomer]
PEOPLE = 3
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Picture:
    """Stripe at one moment."""

    objects: dict[str, Json]
    hidden: dict[str, Json]
    settings: Json

    @classmethod
    def of(cls, state: State) -> "Picture":
        """A copy of everything Stripe knows."""
        return cls(copied(state.objects), copied(state.hidden), dict(state.settings))

    def hang(self, state: State) -> None:
        """Let Stripe be as it was then."""
        state.objects, state.kinds, state.hidden = {}, {}, {}
        for thing in copied(self.objects).values():
            state.put(thing)
        state.hidden = copied(self.hidden)
        state.settings.clear()
        state.settings.update(self.settings)

    def events(self) -> list[Json]:
        """Everything that had happened, oldest first."""
        return [thing for thing in self.objects.values() if thing["object"] == "event"]


@dataclass(frozen=True)
class Step:
    """A moment of a life: the time, Stripe, and what people decided here since the step before."""

    move: str
    at: datetime
    stripe: Picture
    decided: list[tuple[type[Model], Json]]
    redeemed: list[Json]


@dataclass
class Life:
    """Some people at a till for some years."""

    till: Till
    random: Random
    people: list[Member] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    refunds: list[str] = field(default_factory=list)
    disputes: list[str] = field(default_factory=list)
    _known: set[Any] = field(default_factory=set)

    def live(self, events: int) -> None:
        """Play until so many events have happened, each delivered at once and in order."""
        self.people = [MemberFactory() for _person in range(PEOPLE)]
        self.keep("begin")
        names = [name for name, often in MOVES.items() for _turn in range(often)]
        while len(self.steps[-1].stripe.events()) < events:
            name = self.random.choice(names)
            if self.play(name):
                self.till.deliver()
                self.till.deliver()  # what our own acts brought
                self.keep(name)

    def play(self, name: str) -> bool:
        """One move of somebody; False when it makes no sense for them now."""
        person = self.random.choice(self.people)
        try:
            return PLAYS[name](self, person)
        except CheckoutError:
            return False

    def keep(self, name: str) -> None:
        """Remember this moment."""
        decided: list[tuple[type[Model], Json]] = []
        for model in reversed(DECIDED):
            for row in model._default_manager.exclude(pk__in=[pk for kind, pk in self._known if kind is model]):
                self._known.add((model, row.pk))
                values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
                decided.append((model, values))
        taken = Gift.objects.exclude(redeemed_by=None).values(
            "payment__payment_intent", "payment__attempt__session_id", "redeemed_by_id", "redeemed_at", "starts_at",
            "ends_at",
        )  # fmt: skip
        new = [row for row in taken if (Gift, row["payment__payment_intent"]) not in self._known]
        self._known |= {(Gift, row["payment__payment_intent"]) for row in new}
        picture = Picture.of(self.till.fake.state)
        self.steps.append(Step(name, timezone.now(), picture, decided, new))

    # -- what people find in their hands

    def running(self, person: Member) -> Json | None:
        """The person's subscription at Stripe, if one runs."""
        mine = set(StripeCustomer.objects.filter(member=person).values_list("stripe_id", flat=True))
        found = [sub for sub in self.till.fake.state.every("subscription") if sub["customer"] in mine]
        return next((sub for sub in found if sub["status"] not in OVER), None)

    def paid(self, person: Member) -> list[Payment]:
        """Their payments of subscriptions that still can go back, newest first."""
        rows = Payment.objects.filter(member=person, kind="invoice", dispute_status="").order_by("-paid_at", "-pk")
        return [row for row in rows if row.amount_refunded < row.amount]


@dataclass
class Retelling:
    """The same life as the site hears of it: late, again, out of order, or not at all."""

    life: Life
    random: Random
    lost: float  # the share of events that never arrive

    def tell(self) -> None:
        """Go through the days once more, beginning with empty tables. The comparison is left to the caller."""
        till = self.life.till
        for model in (*DERIVED, *DECIDED):
            model._default_manager.all().delete()
        plan = self._plan()
        for number, step in enumerate(self.life.steps):
            with till.fake.state.lock:  # the fake's own clockwork must not see one without the other
                step.stripe.hang(till.fake.state)
                till.clock.move_to(step.at)
            self._decide(step)
            for event in plan.get(number, ()):
                assert till.fake.send(event) == 200
            assert till.run_jobs() == []
            assert standing(till.fake.state) == standing_in(step.stripe), f"we acted at Stripe after {step.move}"
            till.fake.deliver("drop")

    def _plan(self) -> dict[int, list[Json]]:
        """Which events ring in which step; an event rings at its own step at the soonest."""
        found: dict[int, list[Json]] = {}
        seen: set[str] = set()
        for number, step in enumerate(self.life.steps):
            for event in step.stripe.events():
                if event["id"] in seen:
                    continue
                seen.add(event["id"])
                if self.random.random() >= self.lost:
                    for _time in range(self.random.choice([1, 1, 1, 2, 3])):
                        late = int(self.random.expovariate(0.5)) if self.random.random() < 0.7 else 10**6
                        found.setdefault(min(number + late, len(self.life.steps) - 1), []).append(event)
        for events in found.values():
            self.random.shuffle(events)
        return found

    def _decide(self, step: Step) -> None:
        """What people did here at that moment."""
        for model, values in step.decided:
            if model is CheckoutAttempt:
                values = values | {"status": "open", "details": {**values["details"]}}
                values["details"].pop("waiting", None)
                before = CheckoutAttempt.objects.filter(
                    member_id=values["member_id"], kind="subscribe", status="open"
                ).exclude(member_id=None)
                for attempt in before:  # as *Join* does before it opens another
                    checkout.sync_checkout(attempt.session_id or "", teller=payments.in_job())
                before.update(status="expired")
            if model is StripeCustomer:
                values = values | {"deleted_at": None}
                StripeCustomer.objects.filter(member_id=values["member_id"]).update(deleted_at=step.at)
            model._default_manager.create(**values)
        for row in step.redeemed:
            checkout.sync_checkout(row["payment__attempt__session_id"], teller=payments.in_job())
            fields = {name: row[name] for name in ("redeemed_by_id", "redeemed_at", "starts_at", "ends_at")}
            gift = Gift.objects.filter(payment__payment_intent=row["payment__payment_intent"])
            assert gift.update(**fields) == 1
            Grant.objects.rebuild(gift.get().redeemed_by or self.life.people[0])


def standing(state: State) -> dict[str, str]:
    """The status of each subscription at Stripe."""
    return {sub["id"]: sub["status"] for sub in state.every("subscription")}


def standing_in(picture: Picture) -> dict[str, str]:
    """The same in a picture."""
    return {i: thing["status"] for i, thing in picture.objects.items() if thing["object"] == "subscription"}


def facts() -> dict[str, list[Row]]:
    """Everything that must not depend on what arrived when."""
    grants = Grant.objects.values_list("member", "tier", "starts_at", "ends_at", "source")
    subscriptions = Subscription.objects.values_list(
        "stripe_id", "customer__stripe_id", "item_id", "price", "status", "started_at", "period_end", "paid_until",
        "ends_at", "resumes_at",
    )  # fmt: skip
    paid = Payment.objects.values_list(
        "payment_intent", "kind", "member", "subscription__stripe_id", "attempt", "amount", "currency",
        "amount_refunded", "dispute_status", "period_start", "period_end", "paid_at",
    )  # fmt: skip
    given = [(g.payment.payment_intent, g.redeemed_by_id, g.starts_at, g.ends_at, g.voided_at is None)
             for g in Gift.objects.select_related("payment")]  # fmt: skip
    attempts = CheckoutAttempt.objects.exclude(status="open").values_list("pk", "status")
    found = {"grants": grants, "subscriptions": subscriptions, "payments": paid, "gifts": given, "attempts": attempts}
    return {name: sorted(rows, key=str) for name, rows in found.items()}


def unpaid_intervals(state: State) -> Iterator[str]:
    """Grants of subscriptions that no paid invoice bears, or that outlast what was paid by more than the grace."""
    for grant in Grant.objects.filter(source="subscription"):
        row = Subscription.objects.get(pk=grant.source_id)
        paid = [
            line["period"]["end"]
            for invoice in state.every("invoice")
            if invoice["parent"]["subscription_details"]["subscription"] == row.stripe_id
            and invoice["status"] == "paid"
            for line in invoice["lines"]["data"]
        ]
        longest = datetime.fromtimestamp(max(paid, default=0), grant.ends_at.tzinfo) + timedelta(days=14)
        if grant.ends_at > longest:
            yield f"{row.stripe_id} is open until {grant.ends_at}, paid until {longest}"
