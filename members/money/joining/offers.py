"""What is offered on the membership page: tiers with honest totals, in one currency, joinable this minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Member, Price, Subscription, Tier
from members.models.grant import add_months
from members.money import amounts
from members.money.stripe_api import payments
from members.typed import typed


@dataclass(frozen=True)
class Offer:
    """A tier with its prices in one currency. Amounts are minor units; `trial_ends_at` is None without a trial."""

    tier: Tier
    monthly: Price | None
    yearly: Price | None
    trial_ends_at: datetime | None = None

    @property
    def saving(self) -> int:
        """What a year costs less than twelve months; 0 when nothing, or when one of the prices is missing."""
        if self.monthly is None or self.yearly is None:
            return 0
        return max(0, self.twelve_months - self.yearly.unit_amount)

    @property
    def twelve_months(self) -> int:
        """What a year of monthly payments comes to; 0 without a monthly price."""
        return 12 * self.monthly.unit_amount if self.monthly else 0

    @property
    def year_by_month(self) -> int:
        """What a yearly payment comes to a month, never rounded down; 0 without a yearly price."""
        return -(-self.yearly.unit_amount // 12) if self.yearly else 0

    @property
    def is_even(self) -> bool:
        """Whether the yearly price divides by twelve, so that the month's share is exact."""
        return self.yearly is not None and self.yearly.unit_amount % 12 == 0

    @property
    def rights(self) -> list[str]:
        """What the tier opens besides stories, in words; what it does not, said as well."""
        archive = _("opens the archive") if self.tier.opens_archive else _("does not open the archive")
        replies = _("replies wherever patrons do") if self.tier.may_reply else _("does not reply where only patrons do")
        return [_("votes on what we look into next"), archive, replies]

    def as_gift(self, months: int) -> int | None:
        """What so many months cost as a gift, in minor units; a year at the yearly price where there is one."""
        if months == 12 and self.yearly is not None:
            return self.yearly.unit_amount
        return None if self.monthly is None else months * self.monthly.unit_amount

    @property
    def currency(self) -> str:
        """The currency of its prices."""
        price = self.monthly or self.yearly
        return price.currency if price else settings.CURRENCY


@dataclass(frozen=True)
class Shelf:
    """What is offered in `currency`, and every currency in which anything is."""

    offers: list[Offer]
    currency: str
    currencies: list[str]


@dataclass(frozen=True)
class Deal:
    """A chosen price, said before anything is paid: what today takes, and when the next payment takes what."""

    price: Price
    trial_days: int
    next_at: datetime

    @property
    def today(self) -> int:
        """Minor units: nothing while it is tried free."""
        return 0 if self.trial_days else self.price.unit_amount


def shelf(*, now: datetime, currency: str = "", member: Member | None = None) -> Shelf:
    """Every tier that can be joined today, lowest rank first, in `currency` (unknown: the site's). Two queries.

    With a `member`, a third where a trial is offered: it is once for each of them.
    """
    tiers = [(tier, _joinable(tier)) for tier in Tier.objects.offered()]
    known = sorted({price.currency for _tier, prices in tiers for price in prices}, key=_site_first)
    chosen = currency.upper() if currency.upper() in known else settings.CURRENCY
    may_try = any(tier.trial_days for tier, _prices in tiers) and not had_one(member)
    found: list[Offer] = []
    for tier, prices in tiers:
        by_interval = {price.interval: price for price in prices if price.currency == chosen}
        if by_interval:
            free_until = now + timedelta(days=tier.trial_days) if may_try and tier.trial_days else None
            monthly, yearly = by_interval.get(Price.Interval.MONTH), by_interval.get(Price.Interval.YEAR)
            found.append(Offer(tier, monthly, yearly, free_until))
    return Shelf(found, chosen, known)


def offers(*, now: datetime) -> list[Offer]:
    """What is offered in the site's currency. Two queries."""
    return shelf(now=now).offers


def had_one(member: Member | None) -> bool:
    """Whether the member had a subscription before, be it a trial: there is no second trial. One query."""
    return member is not None and Subscription.objects.filter(customer__member=member).exists()


def trial_days_for(member: Member | None, tier: Tier) -> int:
    """How many days the member may try `tier` free."""
    return tier.trial_days if tier.trial_days and not had_one(member) else 0


def deal_of(price: Price, *, member: Member | None, now: datetime) -> Deal:
    """What joining at `price` takes today and next."""
    free = trial_days_for(member, price.tier)
    months = 12 if price.interval == Price.Interval.YEAR else 1
    return Deal(price, free, now + timedelta(days=free) if free else add_months(now, months))


def chosen_price(data: Mapping[str, str]) -> Price | None:
    """The price a form named, if it can be joined: `price` (its id), or `tier` (slug), `interval`, `currency`."""
    joinable = Price.objects.joinable(livemode=payments.is_live()).select_related("tier")
    if amounts.is_whole(data.get("price", "")):
        return joinable.filter(pk=int(data["price"][:18])).first()
    tier = typed(data, "tier")
    if not tier:
        return None
    interval = typed(data, "interval") or Price.Interval.MONTH
    currency = typed(data, "currency").upper() or settings.CURRENCY
    return joinable.filter(tier__slug=tier, interval=interval, currency=currency).first()


def midnight_after(now: datetime) -> datetime:
    """When the days a page names at `now` become others: the next midnight of the site's zone."""
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    return timezone.make_aware(datetime.combine(tomorrow, time()))


def _joinable(tier: Tier) -> list[Price]:
    """Of a tier's loaded prices those that Stripe knows in the mode of our key."""
    prices: list[Price] = tier.offered_prices  # type: ignore[attr-defined]  # by the prefetch
    return [price for price in prices if price.stripe_id and price.livemode == payments.is_live()]


def _site_first(currency: str) -> tuple[bool, str]:
    return currency != settings.CURRENCY, currency
