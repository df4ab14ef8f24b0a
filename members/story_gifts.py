"""Gifts of stories: a patron opens one story for others by a link that expires, is capped and names nobody."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from members.gate import NO_METER, Decision, Reader, Terms, decide
from members.models import Member, StoryGift

GIFTS_A_MONTH = 10
GOOD_FOR = timedelta(days=5)


class GiftError(Exception):
    """The gift cannot be made; the message is fit to show."""


def may_give(story: Terms, reader: Reader, now: datetime) -> bool:
    """Whether the reader may give the story away: as a patron, not by a link or a place at the desk."""
    plain = Reader(member_id=reader.member_id, rank=reader.rank, opens_archive=reader.opens_archive)
    return plain.is_patron and decide(story, plain, NO_METER, now) is Decision.READ


def give(patron: Member, story_id: int, *, now: datetime) -> StoryGift:
    """A link to the story; the one that still works if the patron made one before.

    Raises GiftError past the month's ten. The month is the site's. The caller has asked the gate.
    """
    with transaction.atomic():
        Member.objects.select_for_update().only("pk").get(pk=patron.pk)  # two presses make one link
        working = next((gift for gift in gifts_of(patron, now=now) if gift.story_id == story_id), None)
        if working is not None:
            return working
        if left_this_month(patron, now=now) <= 0:
            raise GiftError(_("You have given away this month's ten stories. The next ones come with the new month."))
        return StoryGift.objects.create(
            patron=patron, story_id=story_id, token=secrets.token_urlsafe(24), created_at=now, expires_at=now + GOOD_FOR
        )


def gifts_of(patron: Member, *, now: datetime) -> list[StoryGift]:
    """The patron's links that still work, newest first."""
    rows = StoryGift.objects.filter(patron=patron, revoked_at=None, expires_at__gt=now)
    return list(rows.filter(openings__lt=F("openings_allowed")).order_by("-created_at"))


def given(patron: Member, *, now: datetime) -> list[StoryGift]:
    """The patron's gifts of this month, dead ones too, and older ones that still work; newest first."""
    rows = StoryGift.objects.filter(patron=patron).filter(Q(created_at__gte=_month_begun(now)) | Q(expires_at__gt=now))
    return list(rows.order_by("-created_at"))


def left_this_month(patron: Member, *, now: datetime) -> int:
    """How many more stories the patron may give in the site's current month. Revoked ones count."""
    return GIFTS_A_MONTH - StoryGift.objects.filter(patron=patron, created_at__gte=_month_begun(now)).count()


def _month_begun(now: datetime) -> datetime:
    local = timezone.localtime(now, timezone.get_default_timezone())
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def works(gift: StoryGift, now: datetime) -> bool:
    """Whether the link opens its story now."""
    return gift.revoked_at is None and now < gift.expires_at and gift.openings < gift.openings_allowed


def count_opening(gift: StoryGift, *, now: datetime) -> bool:
    """Count one opening; False when it expired, was revoked or is used up, also if that happens just now."""
    rows = StoryGift.objects.filter(pk=gift.pk, revoked_at=None, expires_at__gt=now)
    return rows.filter(openings__lt=F("openings_allowed")).update(openings=F("openings") + 1) == 1


def revoke(patron: Member, token: str, *, now: datetime) -> None:
    """Stop a link of the patron's own. Asking again changes nothing."""
    StoryGift.objects.filter(patron=patron, token=token, revoked_at=None).update(revoked_at=now)
