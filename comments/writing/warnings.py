"""Warnings: shown once, before the next reply, to the member they are for."""

from datetime import datetime

from comments.models import Sanction
from members.models import Member


def unread(member: Member) -> list[Sanction]:
    """The member's warnings they have not read, oldest first. One query."""
    rows = Sanction.objects.filter(member=member, kind=Sanction.Kind.WARN, seen_at=None, lifted_at=None)
    return list(rows.order_by("pk"))


def mark_read(member: Member, *, up_to: int, now: datetime) -> int:
    """Note that the member read their warnings up to the one called `up_to`; how many are new to them."""
    rows = Sanction.objects.filter(member=member, kind=Sanction.Kind.WARN, seen_at=None, pk__lte=up_to)
    return rows.update(seen_at=now)
