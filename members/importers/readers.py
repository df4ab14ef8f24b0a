"""Members of a Ghost site: an account each, their letter if they got it, and the access they were given.

Whoever pays there by a Customer of the Stripe account we use goes on paying without being asked for a card:
`customers` attaches them, after the accounts are written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from members.importers import subscribers
from members.importers.accounts import Newcomer, open_accounts, owners, works_here
from members.importers.columns import Origin, Wish, is_yes, key_of, moment, parted
from members.importers.subscribers import Move, Subscriber
from members.importers.tables import Line
from members.importers.telling import Telling
from members.importers.tiers import Tiers
from members.models import Complimentary, Grant, Member
from members.money.giving.hardship import usual_end

LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class GhostReader:
    """One line: who it is, what they get, and whom Stripe knows them as ("" for nobody)."""

    number: int
    key: str
    email: str
    name: str
    since: datetime | None
    is_subscribed: bool
    is_guest: bool
    customer: str
    tiers: tuple[str, ...]
    labels: tuple[str, ...]
    is_deleted: bool

    @property
    def needs_tier(self) -> bool:
        """Whether they get access of a tier of ours."""
        return not self.is_deleted and (self.is_guest or (bool(self.customer) and bool(self.tiers)))


def reader_of(line: Line, email: str) -> GhostReader:
    """What a row of Ghost's table says."""
    return GhostReader(
        number=line.number,
        key=key_of(Origin.GHOST, line["id"], email),
        email=email,
        name=line["name"],
        since=moment(line["since"]),
        is_subscribed=is_yes(line["subscribed"]),
        is_guest=is_yes(line["complimentary"]),
        customer=line["customer"] if line["customer"].startswith("cus_") else "",
        tiers=parted(line["tiers"]),
        labels=parted(line["labels"]),
        is_deleted=bool(line["deleted"]),
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """What members get here. `move`: the letter for subscribers; None where the command names none."""

    tiers: Tiers
    move: Move | None
    now: datetime


def bring(batch: Sequence[GhostReader], offer: Offer, telling: Telling) -> dict[int, Member]:
    """Bring one batch, in the caller's transaction; the member of each line by its number.

    Effects: accounts, subscriptions with their proof, complimentary access, grants.
    """
    here = [each for each in batch if not each.is_deleted]
    telling.left("members deleted there", len(batch) - len(here))
    people = owners(each.email for each in here)
    missing = {
        each.email.lower(): Newcomer(each.email, each.name, each.since)
        for each in here
        if each.email.lower() not in people
    }
    telling.came("accounts, without a password: they sign in with a code", len(missing))
    telling.left("members who have an account here: it stays as it is", len(here) - len(missing))
    people |= open_accounts(missing, now=offer.now)
    members = {each.number: people[each.email.lower()] for each in here}
    _tell_of(here, members, telling)
    _give(here, members, offer, telling)
    if offer.move is not None:
        subscribers.bring([_subscriber(each) for each in here], offer.move, telling)
    else:
        subscribed = sum(each.is_subscribed for each in here)
        telling.left("members who get the newsletter there: name a letter with --letter", subscribed)
    return members


def _subscriber(each: GhostReader) -> Subscriber:
    return Subscriber(each.number, each.email, Wish.CONFIRMED if each.is_subscribed else Wish.LEFT, each.since)


def _tell_of(here: Sequence[GhostReader], members: dict[int, Member], telling: Telling) -> None:
    """Labels have no place here; people who work here, and closed accounts, stay as they are."""
    for each in here:
        for label in each.labels:
            telling.left(f"label “{label[:LONGEST_LABEL]}”")
        member = members[each.number]
        if works_here(member):
            telling.note("staff", f"line {each.number}, {each.email} works here: their role stays as it is")
        if not member.is_active:
            telling.list("members whose account here is closed", each.number, each.email)


def _give(here: Sequence[GhostReader], members: dict[int, Member], offer: Offer, telling: Telling) -> None:
    """Complimentary access, which always has an end here: as far as the rules say, once."""
    guests = {each.key: each for each in here if each.is_guest and members[each.number].is_active}
    known = Complimentary.objects.filter(legacy_key__in=guests).values_list("legacy_key", flat=True)
    for key in known:
        guests.pop(str(key))
        telling.left("guests who are here already")
    now = offer.now
    until = usual_end(now) if guests else now
    for key, each in guests.items():
        tier = offer.tiers.best_of(each.tiers)
        if tier is None:
            telling.list("guests without a tier of ours: name one with --tier", each.number, each.email)
            continue
        Complimentary.objects.create(
            member=members[each.number], tier=tier, starts_at=now, ends_at=until, legacy_key=key,
            reason=" · ".join([Origin.GHOST.shown, *each.tiers])[:300],
        )  # fmt: skip
        Grant.objects.rebuild(members[each.number], now=now)
        telling.came(f"guests, until {until:%Y-%m-%d}")
