"""What the membership brings, told honestly: only money that came and stayed, for the time it pays for.

A payment counts for its period, without what was refunded, without tax, and not at all while it is disputed or
once a dispute is lost. What fails, is paused, on trial or free brought no payment and therefore counts nothing;
a year counts a twelfth a month; an offline payment is spread over its months. Currencies are never added up,
rows of the other mode are left out. Refunds and disputes are told in the month of their payment.
Amounts are minor units. Five queries at any size.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from members.models.money import NO_DISPUTE
from members.money.stripe_api import payments

MONTHS = 12
# One row a paid period: who paid, from when to when, and what it brings a month after refunds and tax.
PAID = """
WITH given AS (
  SELECT p.currency, s.price_id, NULL::bigint AS tier_id,
         COALESCE('m' || p.member_id, 'c' || s.customer_id, 'p' || p.id) AS who,
         p.period_start AS starts, LEAST(p.period_end, COALESCE(s.ended_at, p.period_end)) AS ends,
         (p.amount - p.amount_refunded) - p.tax * (p.amount - p.amount_refunded)::numeric / NULLIF(p.amount, 0) AS net,
         GREATEST(EXTRACT(EPOCH FROM p.period_end - p.period_start) / 86400, 1)::numeric AS days
  FROM members_payment p LEFT JOIN members_subscription s ON s.id = p.subscription_id
  WHERE p.kind = 'invoice' AND p.livemode = %(live)s AND p.period_end > p.period_start
    AND p.dispute_status = ANY(%(undisputed)s)
  UNION ALL
  SELECT o.currency, NULL, o.tier_id, 'm' || o.member_id, o.starts_at, o.ends_at, o.amount,
         GREATEST(EXTRACT(EPOCH FROM o.ends_at - o.starts_at) / 86400, 1)::numeric
  FROM members_offlinepayment o WHERE o.voided_at IS NULL
), paid AS (
  SELECT who, currency, price_id, tier_id, starts, ends,
         net / CASE WHEN days < 25 THEN days / 30.4375 ELSE round(days / 30.4375) END AS monthly
  FROM given WHERE net > 0
)"""
NOW_BY_TIER = """
SELECT t.name, paid.currency, COUNT(DISTINCT who), ROUND(SUM(monthly))::bigint
FROM paid LEFT JOIN members_price p ON p.id = paid.price_id
          LEFT JOIN members_tier t ON t.id = COALESCE(paid.tier_id, p.tier_id)
WHERE starts <= %(now)s AND ends > %(now)s
GROUP BY t.name, t.rank, paid.currency ORDER BY paid.currency, t.rank
"""
MOVEMENT = """, boundary AS (
  SELECT at, LAG(at) OVER (ORDER BY at) AS before FROM UNNEST(%(boundaries)s::timestamptz[]) AS at
), covered AS (
  SELECT b.at, who, currency, SUM(monthly) AS monthly
  FROM boundary b JOIN paid ON paid.starts <= b.at AND paid.ends > b.at GROUP BY 1, 2, 3
), was AS (
  SELECT b.at, c.who, c.currency, c.monthly FROM boundary b JOIN covered c ON c.at = b.before
), first AS (SELECT who, MIN(starts) AS since FROM paid GROUP BY who)
SELECT at, currency, ROUND(COALESCE(SUM(n.monthly), 0))::bigint, COUNT(n.who),
       COUNT(*) FILTER (WHERE was.who IS NULL AND first.since > boundary.before),
       COUNT(*) FILTER (WHERE was.who IS NULL AND first.since <= boundary.before),
       COUNT(*) FILTER (WHERE n.who IS NULL),
       COUNT(*) FILTER (WHERE n.monthly > was.monthly * 1.2),
       COUNT(*) FILTER (WHERE n.monthly < was.monthly / 1.2)
FROM covered n FULL JOIN was USING (at, who, currency) JOIN boundary USING (at) JOIN first USING (who)
WHERE boundary.before IS NOT NULL GROUP BY at, currency
"""
CASH = """
WITH came AS (
  SELECT date_trunc('month', paid_at AT TIME ZONE %(zone)s)::date AS month, currency, kind, amount, amount_refunded,
         dispute_status <> ALL(%(undisputed)s) AS is_lost,
         ROUND(tax * (amount - amount_refunded)::numeric / NULLIF(amount, 0)) AS tax
  FROM members_payment WHERE livemode = %(live)s AND paid_at >= %(since)s
  UNION ALL
  SELECT date_trunc('month', received_on)::date, currency, 'offline', amount, 0, FALSE, 0
  FROM members_offlinepayment WHERE voided_at IS NULL AND received_on >= %(since_day)s
)
SELECT month, currency, COALESCE(SUM(amount) FILTER (WHERE kind = 'invoice'), 0),
       COALESCE(SUM(amount) FILTER (WHERE kind = 'donation'), 0),
       COALESCE(SUM(amount) FILTER (WHERE kind = 'gift'), 0),
       COALESCE(SUM(amount) FILTER (WHERE kind = 'offline'), 0),
       SUM(amount_refunded), COALESCE(SUM(amount - amount_refunded) FILTER (WHERE is_lost), 0),
       COALESCE(SUM(tax) FILTER (WHERE NOT is_lost), 0)::bigint
FROM came GROUP BY month, currency
"""
STATES = """
SELECT t.name, COUNT(*) FILTER (WHERE s.status = 'trialing'),
       COUNT(*) FILTER (WHERE s.status IN ('past_due', 'unpaid')),
       COUNT(*) FILTER (WHERE s.status = 'paused' OR s.resumes_at IS NOT NULL),
       COUNT(*) FILTER (WHERE s.ends_at > %(now)s AND s.status IN ('active', 'trialing'))
FROM members_subscription s JOIN members_price p ON p.id = s.price_id JOIN members_tier t ON t.id = p.tier_id
WHERE s.livemode = %(live)s AND s.status NOT IN ('canceled', 'incomplete', 'incomplete_expired')
GROUP BY t.name, t.rank ORDER BY t.rank
"""
EVENTS = """
SELECT month, COUNT(*) FILTER (WHERE what = 'pause'), COUNT(*) FILTER (WHERE what = 'failed') FROM (
  SELECT date_trunc('month', at AT TIME ZONE %(zone)s)::date AS month, 'pause' AS what
  FROM members_auditentry WHERE verb = 'pause' AND at >= %(since)s
  UNION ALL
  SELECT date_trunc('month', queued_at AT TIME ZONE %(zone)s)::date, 'failed' FROM members_mailing
  WHERE key LIKE 'failed-%%' AND key NOT LIKE '%%-confirm' AND queued_at >= %(since)s
) AS told GROUP BY month
"""


@dataclass(frozen=True)
class TierNow:
    """What a tier brings a month now, in one currency."""

    name: str
    currency: str
    members: int
    monthly: int


@dataclass(frozen=True)
class TierState:
    """Subscriptions of a tier that bring nothing yet, nothing now, or soon nothing."""

    name: str
    trialing: int
    failing: int
    paused: int
    ending: int


@dataclass
class Month:
    """One month in one currency. `paying` and `monthly` at its end; the others within it; `net` is what stayed."""

    month: date
    currency: str
    monthly: int = 0
    paying: int = 0
    new: int = 0
    back: int = 0
    gone: int = 0
    more: int = 0
    less: int = 0
    subscriptions: int = 0
    once: int = 0
    gifts: int = 0
    offline: int = 0
    refunded: int = 0
    disputed: int = 0
    tax: int = 0

    @property
    def sums(self) -> list[int]:
        """What came, then what went, in the order of the table."""
        came = [self.subscriptions, self.once, self.gifts, self.offline]
        return [*came, -self.refunded, -self.disputed, -self.tax]

    @property
    def net(self) -> int:
        """What came and stayed."""
        came = self.subscriptions + self.once + self.gifts + self.offline
        return came - self.refunded - self.disputed - self.tax


@dataclass(frozen=True)
class Currency:
    """One currency's numbers; `monthly` is what the membership brings a month (MRR), `yearly` twelve times that."""

    code: str
    tiers: list[TierNow]
    months: list[Month]
    paying: int

    @property
    def monthly(self) -> int:
        """MRR."""
        return sum(tier.monthly for tier in self.tiers)

    @property
    def yearly(self) -> int:
        """ARR."""
        return self.monthly * 12


@dataclass(frozen=True)
class Revenue:
    """The whole page. `told`: {first day of month: (paused, failed)}."""

    currencies: list[Currency]
    states: list[TierState]
    told: dict[date, tuple[int, int]] = field(default_factory=dict)

    @property
    def recent(self) -> list[tuple[date, int, int]]:
        """Pauses and failed payments by month, the newest first."""
        return [(month, *counts) for month, counts in sorted(self.told.items(), reverse=True)]


def revenue(now: datetime) -> Revenue:
    """The numbers at `now` and of the twelve months up to it. Five queries."""
    boundaries = _boundaries(now)
    known = {
        "live": payments.is_live(), "undisputed": list(NO_DISPUTE), "now": now, "boundaries": boundaries,
        "zone": settings.TIME_ZONE,
        "since": boundaries[0], "since_day": timezone.localdate(boundaries[0]),
    }  # fmt: skip
    tiers: dict[str, list[TierNow]] = defaultdict(list)
    for row in _rows(PAID + NOW_BY_TIER, known):
        tiers[row[1]].append(TierNow(row[0] or "", *row[1:]))
    months = _months(boundaries, known)
    codes = sorted({*tiers, *(code for _month, code in months), settings.CURRENCY})
    codes.sort(key=lambda code: code != settings.CURRENCY)
    currencies = [_currency(code, tiers[code], months, boundaries) for code in codes]
    told = {row[0]: (row[1], row[2]) for row in _rows(EVENTS, known)}
    return Revenue(currencies, [TierState(*row) for row in _rows(STATES, known)], told)


def _currency(
    code: str, tiers: list[TierNow], months: dict[tuple[date, str], Month], boundaries: list[datetime]
) -> Currency:
    days = [timezone.localdate(moment) for moment in boundaries[:-1]]
    found = [months.get((day, code), Month(day, code)) for day in reversed(days)]
    found[0].monthly = sum(tier.monthly for tier in tiers)  # the same moment: one rounding
    return Currency(code, tiers, found, found[0].paying)


def _months(boundaries: list[datetime], known: dict[str, Any]) -> dict[tuple[date, str], Month]:
    """{(first day, currency): the month}. The state at a boundary belongs to the month that ends there."""
    found: dict[tuple[date, str], Month] = {}

    def month(day: date, code: str) -> Month:
        return found.setdefault((day, code), Month(day, code))

    begins = {end: timezone.localdate(start) for start, end in pairwise(boundaries)}
    for at, code, *numbers in _rows(PAID + MOVEMENT, known):
        here = month(begins[at], code)
        here.monthly, here.paying, here.new, here.back, here.gone, here.more, here.less = numbers
    for day, code, *sums in _rows(CASH, known):
        here = month(day, code)
        here.subscriptions, here.once, here.gifts, here.offline, here.refunded, here.disputed, here.tax = map(int, sums)
    return found


def _boundaries(now: datetime) -> list[datetime]:
    """The beginnings of the last twelve months in the site's zone, the oldest first, and now."""
    zone, today = timezone.get_default_timezone(), timezone.localdate(now)
    places = [today.year * 12 + today.month - 1 - back for back in reversed(range(MONTHS))]
    return [*(datetime(place // 12, place % 12 + 1, 1, tzinfo=zone) for place in places), now]


def _rows(sql: str, known: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, known)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
