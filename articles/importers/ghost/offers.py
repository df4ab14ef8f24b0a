"""Ghost's tiers and newsletters as ours: nothing is sold before `stripe_setup`, no letter is sent unasked.

And from them the audience of a story: who could read it there can read it here, and nobody else.
"""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from articles.importers.ghost.contents import Contents, in_order, number, text
from articles.importers.ghost.export import Row
from articles.importers.report import ImportReport
from articles.importers.texts import plain
from members.gate import Audience
from members.models import Letter, Price, Tier

CURRENCY = re.compile(r"[A-Za-z]{3}")
NAMED = re.compile(r"\b(?:products?|tiers?):(?:\[([^\]]*)\]|([\w-]+))")
LARGEST_PRICE = 2_147_483_647


@dataclass(frozen=True)
class Shown:
    """For whom a story is. `remark`: what of it a person should look at, or ""."""

    audience: str
    tier: Tier | None = None
    remark: str = ""


class Tiers:
    """The tiers of one export, brought, by Ghost's id and by slug."""

    def __init__(self, contents: Contents, report: ImportReport) -> None:
        self.contents, self.report = contents, report
        self.by_id: dict[str, Tier] = {}
        self.by_slug: dict[str, Tier] = {}

    def bring(self) -> None:
        """Make a tier of each paid product, ranked by its price, above those that are here. Known by slug."""
        paid = [row for row in self.contents.products.values() if self._is_paid(row)]
        rows = sorted(paid, key=lambda row: (self._amount(row, "month"), self._amount(row, "year"), text(row, "id")))
        for row in rows:
            slug = slugify(text(row, "slug") or text(row, "name"))[:60] or f"tier-{text(row, 'id')[-8:]}"
            with transaction.atomic():
                tier = Tier.objects.filter(slug=slug).first() or self._made(row, slug)
            self.by_id[text(row, "id")] = tier
            self.by_slug[text(row, "slug")] = tier
        ranks = [self.by_id[text(row, "id")].rank for row in rows]
        if ranks != sorted(ranks):
            self.report.note("Tiers", "do not rise with their prices: a higher rank reads what the lower ones may")

    def shown_to(self, row: Row) -> Shown:
        """For whom a post is. What Ghost's word for it is unknown is for patrons: nothing opens by mistake."""
        visibility = text(row, "visibility")
        wanted = re.sub(r"\s", "", visibility.removeprefix("filter:"))
        if visibility in ("", "public"):
            return Shown(Audience.EVERYONE)
        if visibility == "members" or {"status:free", "status:-free"} <= set(wanted.split(",")):
            return Shown(Audience.MEMBERS)
        if visibility == "paid" or wanted == "status:-free":
            return Shown(Audience.PATRONS)
        if visibility == "tiers":
            return self._from_tiers(
                [self.by_id.get(key) for key in in_order(self.contents.products_of, text(row, "id"))]
            )
        slugs = [slug for several, one in NAMED.findall(wanted) for slug in (several or one).split(",")]
        if slugs:
            return self._from_tiers([self.by_slug.get(slug) for slug in slugs])
        return Shown(Audience.PATRONS, remark=f"was for “{visibility}”, which has no counterpart: it is for patrons")

    def _from_tiers(self, given: list[Tier | None]) -> Shown:
        """The lowest of the named tiers is the minimum: a higher rank includes the lower ones."""
        known = [tier for tier in given if tier is not None]
        if not known or len(known) < len(given):
            top = max(self.by_id.values(), key=lambda tier: tier.rank, default=None)
            return Shown(Audience.PATRONS, top, "was for tiers the export does not name: it is for the highest one")
        lowest = min(known, key=lambda tier: tier.rank)
        above = [tier.name for tier in self.by_id.values() if tier.rank > lowest.rank and tier not in known]
        remark = f"was not for {', '.join(sorted(above))}: higher tiers include the lower ones here" if above else ""
        return Shown(Audience.PATRONS, lowest, remark)

    def _is_paid(self, row: Row) -> bool:
        return text(row, "type") != "free" and (text(row, "type") == "paid" or bool(self._amount(row, "month")))

    def _made(self, row: Row, slug: str) -> Tier:
        highest = Tier.objects.aggregate(rank=Max("rank"))["rank"] or 0
        wanted = (self.contents.benefits.get(key) for key in in_order(self.contents.benefits_of, text(row, "id")))
        tier = Tier.objects.create(
            slug=slug,
            name=plain(text(row, "name"))[:80] or slug,
            rank=highest + 1,
            description=plain(text(row, "description")),
            perks="\n".join(plain(text(benefit, "name")) for benefit in wanted if benefit),
            trial_days=min(max(number(row.get("trial_days")), 0), 365),
            is_active=row.get("active") in (None, True, 1) and text(row, "visibility") in ("", "public"),
        )
        for interval in Price.Interval.values:
            amount, currency = self._amount(row, interval), self._currency(row, interval)
            if amount and currency:
                Price.objects.create(tier=tier, currency=currency, unit_amount=amount, interval=interval)
        self.report.came["tiers (not on sale before stripe_setup)"] += 1
        return tier

    def _amount(self, row: Row, interval: str) -> int:
        """What it costs, in minor units: Ghost 5 writes it beside the tier, Ghost 4 into a table of its own."""
        price = self.contents.prices.get(text(row, f"{interval}ly_price_id"), {})
        amount = number(row.get(f"{interval}ly_price")) or number(price.get("amount"))
        return amount if 0 < amount <= LARGEST_PRICE else 0

    def _currency(self, row: Row, interval: str) -> str:
        price = self.contents.prices.get(text(row, f"{interval}ly_price_id"), {})
        found = text(row, "currency") or text(price, "currency")
        return found.upper() if CURRENCY.fullmatch(found) else ""


def bring_letters(contents: Contents, report: ImportReport) -> None:
    """Make a letter, not offered and not sent, of each newsletter. Known by slug."""
    for row in contents.newsletters:
        slug = slugify(text(row, "slug") or text(row, "name"))[:60]
        if not slug or text(row, "status") == "archived":
            report.skipped["newsletters that were archived"] += 1
            continue
        _letter, is_new = Letter.objects.get_or_create(
            slug=slug,
            defaults={
                "name": plain(text(row, "name"))[:80] or slug,
                "description": plain(text(row, "description"))[:300],
                "audience": Audience.PATRONS if text(row, "visibility") == "paid" else Audience.EVERYONE,
                "from_name": plain(text(row, "sender_name"))[:80],
                "reply_to": _address(text(row, "sender_reply_to")),
                "position": max(0, min(number(row.get("sort_order")), 32_000)),
                "is_active": False,
            },
        )
        report.came["letters (not offered and not sent before the desk says so)"] += is_new


def _address(value: str) -> str:
    """A mail address; Ghost writes `newsletter` or `support` where it means one of its own."""
    try:
        validate_email(value)
    except ValidationError:
        return ""
    return value
