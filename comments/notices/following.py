"""Following: a member hears of every reply in a discussion, or below one reply of it (a branch)."""

from datetime import datetime

from django.db.models import Q, QuerySet

from comments.models import PATH_STEP, Discussion, Follow, Reply
from members.models import Member


def follow(member: Member, discussion: Discussion, *, now: datetime, branch: Reply | None = None) -> bool:
    """Let the member hear of the discussion, or of what answers `branch`. False if they do already.

    Callers have asked the gate whether the member may read it.
    """
    _row, is_new = Follow.objects.get_or_create(
        member=member, discussion=discussion, branch=branch, defaults={"since": now}
    )
    return is_new


def unfollow(member_id: int, discussion_id: int, *, branch_id: int | None = None) -> bool:
    """Let the member hear no more of it; what waits to be mailed is not. False if they did not follow it."""
    number, _by_model = Follow.objects.filter(member=member_id, discussion=discussion_id, branch=branch_id).delete()
    return bool(number)


def follows(member_id: int, discussion: Discussion, *, branch: Reply | None = None) -> bool:
    """Whether the member follows exactly this: the discussion, or the branch."""
    return Follow.objects.filter(member=member_id, discussion=discussion, branch=branch).exists()


def followers_of(reply: Reply) -> QuerySet[Follow, int]:
    """The members who hear of the reply: they follow its discussion, or something it stands below."""
    above = [reply.path[:end] for end in range(PATH_STEP, len(reply.path), PATH_STEP)]
    reached = Q(branch=None) | Q(branch__path__in=above) | Q(branch=reply.reply_to_id, branch__isnull=False)
    return Follow.objects.filter(reached, discussion=reply.discussion_id).values_list("member_id", flat=True)


def covers(row: Follow, reply: Reply) -> bool:
    """Whether whoever follows `row` (its branch loaded) hears of the reply: the twin of `followers_of`."""
    if row.discussion_id != reply.discussion_id:
        return False
    if row.branch is None or row.branch.pk == reply.reply_to_id:
        return True
    return reply.path.startswith(row.branch.path) and reply.path != row.branch.path
