"""Grants: the only answer to "may this member read as a patron now".

A grant is a dated interval with a tier, derived from what was paid or given. Dropping the table and
rebuilding it gives the same rows; intervals may overlap and the highest rank counts.
"""

import calendar
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.member import Member
from members.models.tier import Tier

GRACE = "grace"  # the reason of what stays open while a payment is missing
ELSEWHERE = "elsewhere"  # the reason of what is paid on another platform

if TYPE_CHECKING:
    from members.models.money import Subscription


@dataclass(frozen=True, slots=True)
class Span:
    """An interval to be granted: what it gives, when, and from which source row."""

    tier_id: int
    starts_at: datetime
    ends_at: datetime
    source: str
    source_id: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild changed, seen from now."""

    rank_before: int
    rank_after: int

    @property
    def became_patron(self) -> bool:
        """Whether the member had no grant covering now and has one."""
        return self.rank_before == 0 and self.rank_after > 0


class GrantQuerySet(models.QuerySet["Grant"]):
    """Words for grants, and their one writer."""

    def covering(self, now: datetime) -> Self:
        """Those in force at `now`."""
        return self.filter(starts_at__lte=now, ends_at__gt=now)

    def rank_of(self, member: Member, now: datetime) -> int:
        """The highest rank covering `now`; 0 for none."""
        found = self.covering(now).filter(member=member).aggregate(rank=models.Max("tier__rank"))
        return int(found["rank"] or 0)

    def rebuild(self, member: Member, *, now: datetime | None = None) -> Rebuilt:
        """Derive the member's grants anew from subscriptions, payments, gifts and given access.

        Locks the member, so that two rebuilds equal one. Returns the rank before and after.
        """
        now = now or timezone.now()
        with transaction.atomic():
            Member.objects.select_for_update().only("pk").get(pk=member.pk)
            before = self.rank_of(member, now)
            self.filter(member=member).delete()
            spans = list(spans_of(member))
            Grant.objects.bulk_create(
                Grant(
                    member=member,
                    tier_id=span.tier_id,
                    starts_at=span.starts_at,
                    ends_at=span.ends_at,
                    source=span.source,
                    source_id=span.source_id,
                    reason=span.reason,
                )
                for span in spans
            )
            _date_gifts(spans)
            return Rebuilt(before, self.rank_of(member, now))

    def differing(self, member: Member) -> tuple[set[Span], set[Span]]:
        """What the member is owed and has no row for, and the rows that no source owes them."""
        columns = ("tier_id", "starts_at", "ends_at", "source", "source_id", "reason")
        held = {Span(*values) for values in self.filter(member=member).values_list(*columns)}
        owed = set(spans_of(member))
        return owed - held, held - owed


class Grant(models.Model):
    """Patron's access for one interval, from one source. Written by `rebuild` alone."""

    class Source(models.TextChoices):
        SUBSCRIPTION = "subscription", _("Subscription")
        GIFT = "gift", _("Gift")
        COMPLIMENTARY = "complimentary", _("Complimentary")
        OFFLINE = "offline", _("Offline payment")

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="grants")
    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="grants")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    source = models.CharField(max_length=13, choices=Source.choices)
    source_id = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=200, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="grant_ends_after_start"),
            models.UniqueConstraint(fields=["source", "source_id"], name="grant_one_per_source"),
        ]
        indexes = [models.Index(fields=["member", "ends_at"], name="grant_member_end")]

    def __str__(self) -> str:
        return f"{self.member}: {self.tier} ({self.source})"


def spans_of(member: Member) -> Iterator[Span]:
    """Every interval the member is owed, in no particular order. Rows of the wrong mode grant nothing."""
    found = [*_from_subscriptions(member), *_from_the_desk(member)]
    yield from found
    yield from _from_gifts(member, found)


def _from_the_desk(member: Member) -> Iterator[Span]:
    for given in member.complimentary.all():
        yield Span(
            given.tier_id,
            given.starts_at,
            given.ends_at,
            Grant.Source.COMPLIMENTARY,
            given.pk,
            ELSEWHERE if given.kind == given.Kind.ELSEWHERE else given.reason[:200],
        )
    for paid in member.offline_payments.filter(voided_at=None):
        yield Span(paid.tier_id, paid.starts_at, paid.ends_at, Grant.Source.OFFLINE, paid.pk)


def _from_gifts(member: Member, others: list[Span]) -> Iterator[Span]:
    """Redeemed gifts, each after whatever covered the moment of redeeming for as long as that goes on.

    A renewal of the member's own moves a waiting gift with it; what was joined after redeeming moves none.
    """
    gifts = member.gifts.filter(voided_at=None, redeemed_at__isnull=False).select_related("payment")
    taken = list(others)
    for gift in gifts.order_by("redeemed_at", "pk"):
        if gift.redeemed_at is None or gift.payment.is_void or not _counts(gift.payment.livemode):
            continue
        starts = end_of_cover(taken, gift.redeemed_at)
        span = Span(gift.tier_id, starts, add_months(starts, gift.months), Grant.Source.GIFT, gift.pk)
        taken.append(span)
        yield span


def _date_gifts(spans: list[Span]) -> None:
    """Write on each gift when it is used, for those who look at it."""
    from members.models.support import Gift

    for span in spans:
        if span.source == Grant.Source.GIFT:
            dates = {"starts_at": span.starts_at, "ends_at": span.ends_at}
            Gift.objects.filter(pk=span.source_id).exclude(**dates).update(**dates)


def end_of_cover(spans: list[Span], moment: datetime) -> datetime:
    """When what covers `moment`, and whatever follows it without a gap, is over; `moment` where nothing does."""
    for span in sorted(spans, key=lambda each: each.starts_at):
        if span.starts_at <= moment < span.ends_at:
            moment = span.ends_at
    return moment


def add_months(start: datetime, months: int) -> datetime:
    """The same day so many months later, or that month's last day."""
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))


def _from_subscriptions(member: Member) -> Iterator[Span]:
    from members.models.money import Subscription

    rows = (
        Subscription.objects.filter(customer__member=member, price__isnull=False, paid_until__isnull=False)
        .select_related("price")
        .prefetch_related("payments")
    )
    for row in rows:
        ends = _until(row)
        if row.price and ends and ends > row.started_at and _counts(row.livemode):
            reason = GRACE if row.status == "past_due" else ""
            yield Span(row.price.tier_id, row.started_at, ends, Grant.Source.SUBSCRIPTION, row.pk, reason)


def _until(row: "Subscription") -> datetime | None:
    """Until when a subscription gives access: what its newest payments bought is gone if that money is."""
    ends = row.paid_until
    newest_first = sorted(row.payments.all(), key=lambda payment: payment.period_start or payment.paid_at, reverse=True)
    for payment in itertools.takewhile(lambda payment: payment.is_void, newest_first):
        begins = payment.period_start or payment.paid_at
        ends = min(ends, begins) if ends else None
    return ends


def _counts(livemode: bool) -> bool:
    """A test row grants only where test keys are allowed; a live row always."""
    return livemode or bool(settings.STRIPE_ALLOW_TEST_KEY)
