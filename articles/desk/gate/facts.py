"""What the rules about the gate look at: the site's rules, the census, tiers and sections, as plain values."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from articles.desk.gate.census import Census, Group, take
from articles.models import Section
from members.gate import STRICTNESS, Audience
from members.models import Grant, Price, SiteRules, Tier
from members.money.stripe_api.payments import is_live
from newsroom import caching
from newsroom.shelf import Kept, Shelf

ANY_STORY = "sitemap"  # the key that falls with every story put out, changed or taken back
KEPT_SECONDS = 3600  # time opens and closes as well
GROUP_BYTES = 200


@dataclass(frozen=True, slots=True)
class TierFact:
    """A tier. `is_sold`: joinable this minute; `has_patrons`: a grant of it, or of a higher one, covers now."""

    pk: int
    name: str
    rank: int
    is_active: bool
    opens_archive: bool
    is_sold: bool
    has_patrons: bool


@dataclass(frozen=True, slots=True)
class SectionFact:
    """A section and the audience of its new stories; empty where the site's holds."""

    pk: int
    name: str
    audience: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The gate as it is set up, and what it does to the stories that are out."""

    rules: SiteRules
    census: Census
    tiers: tuple[TierFact, ...]
    sections: tuple[SectionFact, ...]

    @property
    def has_patrons(self) -> bool:
        """Whether anybody is a patron now."""
        return any(tier.has_patrons for tier in self.tiers)

    @property
    def is_set_up(self) -> bool:
        """Whether the newsroom switched any part of the gate on."""
        rules, everyone = self.rules, Audience.EVERYONE
        defaults = {rules.default_audience, *(section.audience for section in self.sections if section.audience)}
        return rules.meter_is_on or rules.archive_days is not None or defaults != {everyone}

    def is_open(self, group: Group) -> bool:
        """Whether an anonymous reader who comes for the first time reads these stories whole without doing anything."""
        return group.opens == Audience.EVERYONE or (group.opens == Audience.METERED and not self.rules.meter_is_on)

    def is_readable(self, group: Group) -> bool:
        """Whether such a reader gets to read them at all: at once, or from the meter."""
        return STRICTNESS.get(group.opens, len(STRICTNESS)) <= STRICTNESS[Audience.METERED]


shelf: Shelf[Facts] = Shelf(max_bytes=1_000_000)
caching.follow(shelf)


def gathered(rules: SiteRules, now: datetime) -> Facts:
    """The facts at `now`. Three queries."""
    return Facts(rules, take(rules, now), tiers_at(now), sections())


def kept(rules: SiteRules, now: datetime) -> Facts:
    """The facts as this process last gathered them, an hour old at most; for what is looked at often."""

    def load() -> Kept[Facts]:
        facts = gathered(rules, now)
        return Kept(facts, frozenset({"site", ANY_STORY}), GROUP_BYTES * (1 + len(facts.census.groups)))

    return shelf.get(int(now.timestamp() // KEPT_SECONDS), load)


def tiers_at(now: datetime) -> tuple[TierFact, ...]:
    """Every tier, lowest rank first. One query."""
    sold = Price.objects.joinable(livemode=is_live()).filter(tier=OuterRef("pk"))
    held = Grant.objects.covering(now).filter(tier__rank__gte=OuterRef("rank"))
    tiers = Tier.objects.annotate(is_sold=Exists(sold), has_patrons=Exists(held)).order_by("rank")
    columns = ("pk", "name", "rank", "is_active", "opens_archive", "is_sold", "has_patrons")
    return tuple(TierFact(*row) for row in tiers.values_list(*columns))


def sections() -> tuple[SectionFact, ...]:
    """Every section, in the order of the menu. One query."""
    rows = Section.objects.order_by("position", "pk").values_list("pk", "name", "audience")
    return tuple(SectionFact(*row) for row in rows)
