"""How moderators steer a whole discussion: hold it, close it, slow it down; each step has one back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from comments.models import Discussion
from members.models import AuditEntry, Member
from newsroom.caching import purge

HELD_FOR = timedelta(hours=1)
SLOW = 60  # seconds between two replies of one member

STEPS: dict[str, Callable[[datetime], dict[str, Any]]] = {
    "hold": lambda now: {"held_until": now + HELD_FOR},
    "release": lambda now: {"held_until": None},
    "close": lambda now: {"is_open": False},
    "open": lambda now: {"is_open": True, "closes_at": None},
    "slow": lambda now: {"slow_seconds": SLOW},
    "unslow": lambda now: {"slow_seconds": 0},
}


def steer(discussion: Discussion, step: str, *, by: Member, now: datetime) -> bool:
    """Take one of `STEPS` with a discussion (of `with_subject`). False if it was so already.

    Effects: its row, stale keys, audit with what was there before.
    """
    values = STEPS[step](now)
    with transaction.atomic():
        locked = Discussion.objects.select_for_update().get(pk=discussion.pk)
        changes = {name: [getattr(locked, name), value] for name, value in values.items()}
        changes = {name: change for name, change in changes.items() if change[0] != change[1]}
        if not changes:
            return False
        Discussion.objects.filter(pk=discussion.pk).update(**values)
        write_down(discussion, changes, by=by)
    return True


def write_down(discussion: Discussion, changes: dict[str, list[Any]], *, by: Member) -> None:
    """Note what was changed about a discussion; the pages that show its replies go stale with it."""
    AuditEntry.objects.note("discussion", by=by, subject=discussion, changes=changes)
    purge(discussion.cache_key)
