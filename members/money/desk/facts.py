"""What is known of a member's money, gathered for several members at once: six queries, whatever their history."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Lower, RowNumber

from members.models import CheckoutAttempt, Gift, Grant, Member, Payment, StripeCustomer, StripeEvent, Subscription

NEWEST = 12  # rows of each kind and member; older ones decide nothing


@dataclass(frozen=True)
class Facts:
    """One member's rows, newest first. `others`: accounts they may have paid with; `top_rank`: of the best tier."""

    member: Member
    addresses: tuple[str, ...] = ()
    others: tuple[dict[str, Any], ...] = ()
    tiers: tuple[dict[str, Any], ...] = ()
    grants: tuple[Grant, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    payments: tuple[Payment, ...] = ()
    attempts: tuple[CheckoutAttempt, ...] = ()
    gifts: tuple[Gift, ...] = ()
    events: tuple[StripeEvent, ...] = ()

    @property
    def top_rank(self) -> int:
        """The rank of the best tier on offer."""
        return max((int(tier["rank"]) for tier in self.tiers), default=0)


def facts_of(members: Iterable[Member]) -> list[Facts]:
    """The facts of members that `search` found, in their order. Six queries; none for nobody."""
    people = list(members)
    if not people:
        return []
    of = {member.pk: member for member in people}
    grants = _sorted(
        _newest(Grant.objects.select_related("tier"), "member_id", "ends_at", of), lambda row: row.member_id
    )
    rows = Subscription.objects.select_related("customer", "price__tier")
    subscriptions = _sorted(_newest(rows, "customer__member_id", "started_at", of), lambda row: row.customer.member_id)
    payments = _sorted(_newest(Payment.objects.all(), "member_id", "paid_at", of), lambda row: row.member_id)
    tries = CheckoutAttempt.objects.defer("url")
    attempts = _sorted(_newest(tries, "member_id", "created_at", of), lambda row: row.member_id)
    gifts, events = _gifts(people), _events(of, subscriptions, payments, attempts)
    return [
        Facts(
            member=member,
            addresses=_addresses(member),
            others=tuple(getattr(member, "others", ())),
            tiers=tuple(getattr(member, "tiers", ())),
            grants=tuple(grants[member.pk]),
            subscriptions=tuple(subscriptions[member.pk]),
            payments=tuple(payments[member.pk]),
            attempts=tuple(attempts[member.pk]),
            gifts=tuple(gifts[member.pk]),
            events=tuple(events[member.pk]),
        )
        for member in people
    ]


def _newest(rows: "QuerySet[Any]", owner: str, moment: str, of: dict[int, Member]) -> "QuerySet[Any]":
    """The newest rows of each owner."""
    place = Window(RowNumber(), partition_by=F(owner), order_by=[F(moment).desc(), F("pk").desc()])
    wanted = rows.filter(**{f"{owner}__in": list(of)}).annotate(place=place)
    found: QuerySet[Any] = wanted.filter(place__lte=NEWEST).order_by(f"-{moment}", "-pk")
    return found


def _sorted(rows: Iterable[Any], owner: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[owner(row)].append(row)
    return found


def _addresses(member: Member) -> tuple[str, ...]:
    second = [address for address in getattr(member, "addresses", ()) if address.lower() != member.email.lower()]
    return (member.email, *second)


def _gifts(people: list[Member]) -> dict[int, list[Gift]]:
    """Gifts they redeemed, bought, or that were sent to one of their addresses."""
    of = {address.lower(): member.pk for member in people for address in _addresses(member)}
    keys = [member.pk for member in people]
    rows = (
        Gift.objects.annotate(sent_to=Lower("recipient_email"))
        .filter(Q(redeemed_by__in=keys) | Q(sent_to__in=list(of)) | Q(payment__attempt__member__in=keys))
        .select_related("payment__attempt", "tier", "redeemed_by")
        .order_by("-pk")[: NEWEST * len(people)]
    )
    found: dict[int, list[Gift]] = defaultdict(list)
    for gift in rows:
        attempt = gift.payment.attempt
        for pk in {gift.redeemed_by_id, of.get(gift.recipient_email.lower()), attempt.member_id if attempt else None}:
            if pk in keys and pk is not None:
                found[pk].append(gift)
    return found


def _events(of: dict[int, Member], *rows: dict[int, list[Any]]) -> dict[int, list[StripeEvent]]:
    """Events of the inbox nobody has settled: of their customers, or of things of theirs."""
    things = {_id_of(row): pk for kind in rows for pk, held in kind.items() for row in held}
    things.pop("", None)
    customers = StripeCustomer.objects.filter(member_id__in=list(of))
    waiting = StripeEvent.objects.filter(status__in=[StripeEvent.Status.PENDING, StripeEvent.Status.PARKED])
    found: dict[int, list[StripeEvent]] = defaultdict(list)
    owner = customers.filter(stripe_id=OuterRef("customer_id")).values("member_id")[:1]
    mine = waiting.filter(Q(customer_id__in=customers.values("stripe_id")) | Q(object_id__in=list(things)))
    for event in mine.annotate(owner=Subquery(owner)).order_by("created", "pk")[: NEWEST * len(of)]:
        pk = event.owner or things.get(event.object_id)
        if pk is not None:
            found[pk].append(event)
    return found


def _id_of(row: Any) -> str:
    """Under which id events speak of it."""
    if isinstance(row, Subscription):
        return row.stripe_id
    if isinstance(row, Payment):
        return row.payment_intent
    return row.session_id or ""
