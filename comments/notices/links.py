"""The signed links in mails about replies: to hear no more of a kind, or of a discussion. Good for ever.

They hold keys alone, carry no session, and asking again gives the same answer. Whose account was merged into
another speaks for that one.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse

from comments.models import Discussion, Reply
from members.models import Member

WISHES_SALT = "newsroom.replies.wishes"
FOLLOW_SALT = "newsroom.replies.follow"
KINDS = ("answers", "followed", "decisions", "own_stories", "moderation")  # fields of NoticeWishes, kept in links


@dataclass(frozen=True, slots=True)
class Followed:
    """What a link stops: a member following a discussion (with its subject), or a branch of it."""

    member: Member
    discussion: Discussion
    branch: Reply | None


def wishes_link(member_id: int, kinds: list[str]) -> str:
    """The address by which whoever holds the mail stops those kinds."""
    letters = "".join(str(KINDS.index(kind)) for kind in sorted(set(kinds)))
    return settings.SITE_URL + reverse("reply_wishes", args=[signing.dumps([member_id, letters], salt=WISHES_SALT)])


def follow_link(member_id: int, discussion_id: int, branch_id: int | None) -> str:
    """The address by which whoever holds the mail stops following it."""
    token = signing.dumps([member_id, discussion_id, branch_id or 0], salt=FOLLOW_SALT)
    return settings.SITE_URL + reverse("reply_unfollow", args=[token])


def wishes_of(token: str) -> tuple[Member, list[str]] | None:
    """The member and the kinds a link names; None for a forged one, or where the member is gone."""
    try:
        member_id, letters = signing.loads(token, salt=WISHES_SALT)
    except signing.BadSignature:
        return None
    member = _member(member_id)
    return (member, [KINDS[int(letter)] for letter in letters]) if member else None


def followed_of(token: str) -> Followed | None:
    """What a link names; None for a forged one, or where one of the three is gone."""
    try:
        member_id, discussion_id, branch_id = signing.loads(token, salt=FOLLOW_SALT)
    except signing.BadSignature:
        return None
    member = _member(member_id)
    discussion = Discussion.objects.with_subject().filter(pk=discussion_id).first()
    branch = Reply.objects.filter(pk=branch_id).first() if branch_id else None
    if member is None or discussion is None or (branch_id and branch is None):
        return None
    return Followed(member, discussion, branch)


def _member(pk: int) -> Member | None:
    found = Member.objects.select_related("merged_into").filter(pk=pk, erased_at=None).first()
    return found.merged_into or found if found else None
