"""What a wall says: why it stands here, what opens it, and what that gives. Pure; the gate has decided before.

Only what is true for this reader is in a `Wall`: no figure of a meter that nobody looked at, no price that does
not open this story, nothing that is switched off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils import timezone

from articles.reading import Reading
from members.gate import Audience, Decision, Reader, Terms
from members.meter import next_period
from members.models import Price, SiteRules, Tier

GETS = 3  # lines of what a tier gives


class Reason(StrEnum):
    """Why the wall stands."""

    COUNTED = "counted"  # a view opens it
    USED_UP = "used_up"  # this period's views are gone
    CROWDED = "crowded"  # too many fresh meters came from this network today
    MEMBERS = "members"
    PATRONS = "patrons"
    TIER = "tier"  # the patron's tier is too low
    ARCHIVE = "archive"  # the site's rule closed it because it is old


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall's words as values.

    `offer`: the cheapest month that opens this story, None where none is sold; `is_lowest`: whether no other month
    costs less. `tier`: the one the story asks for by name. `gets`: the offer's first perks. Of the meter:
    `used`, `left` and `limit` of this reader, `more` after signing up; `today` in the site's zone, and `anew`, when the
    count begins again.
    """

    reason: Reason
    offer: Price | None
    is_lowest: bool
    tier: Tier | None
    gets: list[str]
    archive_days: int
    used: int
    left: int
    limit: int
    more: int
    today: date
    anew: date


def wall_of(reading: Reading, reader: Reader, *, rules: SiteRules, offers: Iterable[Price], now: datetime) -> Wall:
    """The wall at a story that is cut for `reader`. `offers`: months that can be paid for, cheapest first."""
    offers, allowance = list(offers), reading.allowance
    offer = next((price for price in offers if opens(price.tier, reading.terms, now)), None)
    return Wall(
        reason=reason_of(reading, reader, now),
        offer=offer,
        is_lowest=offer is not None and offer == offers[0],
        tier=reading.article.minimum_tier,
        gets=offer.tier.perk_list[:GETS] if offer else [],
        archive_days=rules.archive_days or 0,
        used=allowance.used,
        left=allowance.left,
        limit=allowance.limit,
        more=allowance.left_as_member,
        today=timezone.localdate(now, timezone.get_default_timezone()),
        anew=next_period(now),
    )


def opens(tier: Tier, story: Terms, now: datetime) -> bool:
    """Whether a patron of `tier` may read the story: its rank reaches, and it opens the archive if that is it."""
    return tier.rank >= story.minimum_rank and (tier.opens_archive or not story.is_closed_by_archive(now))


def reason_of(reading: Reading, reader: Reader, now: datetime) -> Reason:
    """Why the wall stands, from the gate's decision and the story's terms."""
    terms = reading.terms
    if reading.decision is Decision.SPEND:
        return Reason.COUNTED
    if terms.audience_at(now) == Audience.METERED:
        return Reason.USED_UP if reading.allowance.used else Reason.CROWDED
    if reading.decision is Decision.UPGRADE and reader.rank < terms.minimum_rank:
        return Reason.TIER
    if terms.audience_at(now) != terms.audience:
        return Reason.ARCHIVE
    return Reason.MEMBERS if reading.decision is Decision.SIGN_UP else Reason.PATRONS
