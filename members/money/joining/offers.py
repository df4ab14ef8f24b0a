"""What is offered on the membership page: tiers with honest totals."""

from dataclasses import dataclass

from django.conf import settings

from members.models import Price, Tier


@dataclass(frozen=True)
class Offer:
    """A tier with its prices in the site's currency; `saving`: what a year costs less than twelve months."""

    tier: Tier
    monthly: Price | None
    yearly: Price | None

    @property
    def saving(self) -> int:
        """Minor units; 0 when a year saves nothing or one of the prices is missing."""
        if self.monthly is None or self.yearly is None:
            return 0
        return max(0, 12 * self.monthly.unit_amount - self.yearly.unit_amount)

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


def offers() -> list[Offer]:
    """Every tier that can be joined today, lowest rank first. Two queries."""
    found: list[Offer] = []
    for tier in Tier.objects.offered():
        prices: list[Price] = [p for p in tier.offered_prices if p.currency == settings.CURRENCY]  # type: ignore[attr-defined]  # by the prefetch
        by_interval = {price.interval: price for price in prices}
        if by_interval:
            found.append(Offer(tier, by_interval.get(Price.Interval.MONTH), by_interval.get(Price.Interval.YEAR)))
    return found


def chosen_price(data: "dict[str, str]") -> Price | None:
    """The offered price a form named: `price` (its id), or `tier` (slug) with `interval`."""
    offered = Price.objects.offered().filter(currency=settings.CURRENCY).select_related("tier")
    if data.get("price", "").isdigit():
        return offered.filter(pk=int(data["price"][:18])).first()
    if data.get("tier"):
        interval = data.get("interval") or Price.Interval.MONTH
        return offered.filter(tier__slug=data["tier"], interval=interval).first()
    return None
