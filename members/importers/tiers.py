"""Which tier of ours a tier of theirs is: as the command names it, else by its own name, else the default."""

from collections import Counter
from collections.abc import Iterable, Sequence

from members.importers.tables import counted
from members.models import Tier


class TierError(Exception):
    """A tier is named that we do not have, or one of theirs has no counterpart; fit to show."""


class Tiers:
    """The counterparts. `wanted`: `Gold=patron` for each of theirs, `friend` alone for all the others.

    Raises TierError for a slug that none of our tiers has.
    """

    def __init__(self, wanted: Sequence[str] = ()) -> None:
        self._ours = {tier.slug: tier for tier in Tier.objects.order_by("rank")}
        self._named = {tier.name.casefold(): tier for tier in self._ours.values()}
        self._mapped: dict[str, Tier] = {}
        self.default: Tier | None = None
        for each in wanted:
            theirs, sign, slug = each.rpartition("=")
            if sign and theirs.strip():
                self._mapped[theirs.strip().casefold()] = self._of(slug.strip())
            else:
                self.default = self._of(slug.strip())

    def _of(self, slug: str) -> Tier:
        if slug not in self._ours:
            known = ", ".join(self._ours) or "none yet: make them on the desk first"
            raise TierError(f"There is no tier “{slug}”. Our tiers are: {known}.")
        return self._ours[slug]

    def of(self, theirs: str) -> Tier | None:
        """Our tier for theirs; None where it has none."""
        name = theirs.strip().casefold()
        return self._mapped.get(name) or (self._named.get(name) if name else None) or self.default

    def best_of(self, theirs: Iterable[str]) -> Tier | None:
        """The highest of ours among several of theirs; the default for none at all."""
        found = [tier for tier in map(self.of, theirs) if tier is not None]
        return max(found, key=lambda tier: tier.rank, default=self.default)

    def refuse_unknown(self, theirs: Counter[str]) -> None:
        """Raise TierError where one of theirs has no counterpart. `theirs`: name → people."""
        unknown = Counter({name or "no tier at all": n for name, n in theirs.items() if self.of(name) is None})
        if unknown:
            raise TierError(
                f'These tiers have no counterpart here: {counted(unknown)}. Name it with --tier "NAME=SLUG", or one '
                f"for all of them with --tier SLUG. Our tiers are: {', '.join(self._ours) or 'none yet'}."
            )
