"""Not wanting to read somebody: known to the reader alone, and changing nobody else's page."""

from datetime import datetime

from comments.models import Mute
from members.models import Member


def mute(member: Member, muted: Member, now: datetime) -> bool:
    """Have `member` no longer see what `muted` says. False if it is so already, or nobody mutes themselves."""
    if member.pk == muted.pk:
        return False
    _row, is_new = Mute.objects.get_or_create(member=member, muted=muted, defaults={"since": now})
    return is_new


def unmute(member: Member, muted: Member) -> bool:
    """Have `member` see them again. False if nothing was in the way."""
    return bool(Mute.objects.filter(member=member, muted=muted).delete()[0])


def is_muted(member: Member, other: Member) -> bool:
    """Whether `member` muted `other`."""
    return Mute.objects.filter(member=member, muted=other).exists()
