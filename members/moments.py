"""The stored times of this app at which pages change by themselves."""

from collections.abc import Iterator
from datetime import datetime

from members.models.rules import SiteRules
from members.models.topic import Round
from newsroom.caching import Moment

SITE = frozenset({"site"})


def upcoming(now: datetime) -> Iterator[Moment]:
    """Banner and brief begin or end; rounds open or close."""
    rules = SiteRules.current()
    for at in (rules.brief_until, rules.banner_from, rules.banner_until):
        if at is not None and at > now:
            yield Moment(at, SITE)
    for opens_at, closes_at in Round.objects.filter(closes_at__gt=now).values_list("opens_at", "closes_at"):
        yield from (Moment(at, SITE | {"topics"}) for at in (opens_at, closes_at) if at > now)
