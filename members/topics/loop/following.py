"""Who asked for a topic: proposed it, voted for it or follows it; and whether they want mails about topics at all.

The signed links in mails hold a key alone, carry no session, and asking again gives the same answer. Whose
account was merged into another speaks for that one.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from members.models import Choice, Member, Topic, TopicFollow, TopicWishes

SALT = "newsroom.topics.mails"


def follow(topic: Topic, member: Member, *, now: datetime) -> bool:
    """Let the member hear how the topic goes on; False if they follow it already. Who follows wants mails again."""
    with transaction.atomic():
        wish(member, wants_mail=True)
        _row, is_new = TopicFollow.objects.get_or_create(topic=topic, member=member, defaults={"at": now})
    return is_new


def unfollow(topic: Topic, member: Member) -> bool:
    """Take it back; False if they did not follow it."""
    number, _by_model = TopicFollow.objects.filter(topic=topic, member=member).delete()
    return bool(number)


def follows(topic: Topic, member: Member) -> bool:
    """Whether the member follows it."""
    return TopicFollow.objects.filter(topic=topic, member=member).exists()


def wish(member: Member, *, wants_mail: bool) -> None:
    """Keep whether the member wants mails about topics."""
    if wants_mail:
        TopicWishes.objects.filter(member=member).update(wants_mail=True)
    else:
        TopicWishes.objects.update_or_create(member=member, defaults={"wants_mail": False})


def wants_mail(member: Member) -> bool:
    """Whether the member wants mails about topics."""
    return not TopicWishes.objects.filter(member=member, wants_mail=False).exists()


def asked_for(topics: Iterable[int]) -> QuerySet[Member]:
    """Members who proposed, voted for or follow one of the topics, or one joined with it, and may be mailed."""
    wanted = Topic.objects.filter(Q(pk__in=[*topics]) | Q(merged_into__in=[*topics])).values("pk")
    voted = Choice.objects.filter(option__topic__in=wanted, ballot__member__isnull=False)
    proposed = Topic.objects.filter(pk__in=wanted, proposed_by__isnull=False)
    asking = (
        Q(pk__in=voted.values("ballot__member"))
        | Q(pk__in=TopicFollow.objects.filter(topic__in=wanted).values("member"))
        | Q(pk__in=proposed.values("proposed_by"))
    )
    return mailable(Member.objects.filter(asking))


def mailable(members: QuerySet[Member]) -> QuerySet[Member]:
    """Those of them who are there and did not stop mails about topics."""
    return members.filter(is_active=True, erased_at=None).exclude(topic_wishes__wants_mail=False)


def stop_link(member_id: int) -> str:
    """The address by which whoever holds the mail stops all mails about topics. Good for ever."""
    return settings.SITE_URL + reverse("topic_mails", args=[signing.dumps(member_id, salt=SALT)])


def member_of(token: str) -> Member | None:
    """The member a link names; None for a forged one, or where the account is erased."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    found = Member.objects.select_related("merged_into").filter(pk=pk, erased_at=None).first()
    return found.merged_into or found if found else None
