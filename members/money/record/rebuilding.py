"""Every member's grants compared with what their sources owe them, and derived anew where they differ."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from members.models import Grant, Member


def concerned() -> "QuerySet[Member]":
    """Members who have a grant, or anything a grant could come from."""
    sources = (
        Q(pk__in=Grant.objects.values("member_id"))
        | Q(stripe_customers__subscriptions__isnull=False)
        | Q(gifts__isnull=False)
        | Q(complimentary__isnull=False)
        | Q(offline_payments__isnull=False)
    )
    found: QuerySet[Member] = Member.objects.filter(sources).distinct().order_by("pk")
    return found


def rebuild_all(
    *, now: datetime, dry_run: bool = False, progress: Callable[[int], None] = lambda done: None
) -> Iterator[str]:
    """A line for each member whose grants differ; they are rebuilt, one transaction a member, unless `dry_run`.

    Can be interrupted and run again: whose grants are right is left alone. `progress` hears how many were
    looked at.
    """
    for done, member in enumerate(concerned().iterator(chunk_size=200), start=1):
        missing, extra = Grant.objects.differing(member)
        if missing or extra:
            yield f"grants of member {member.pk} differ from their sources: {len(missing)} missing, {len(extra)} extra"
            if not dry_run:
                Grant.objects.rebuild(member, now=now)
        progress(done)
