"""The site's one meter: how many metered stories a reader may open in a calendar month.

Anonymous readers carry a signed cookie, members have rows. Only `spend` counts, and only a POST calls it.
The month is the site's, in its time zone. A ceiling of fresh meters per network prefix and day blunts
clients that throw the cookie away.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from members.gate import NO_METER, Allowance
from members.models import Member, MeteredView, SiteRules
from newsroom.network import client_address, network_prefix

COOKIE = "newsroom_meter"
STORY_TO_OPEN = "story_to_open"  # in the session, from the wall's form to the code
GIFTS_COOKIE = "newsroom_gifts"
SALT = "newsroom.meter"
GIFTS_SALT = "newsroom.gifts"
COOKIE_AGE = int(timedelta(days=62).total_seconds())
GIFTS_AGE = int(timedelta(days=5).total_seconds())
FRESH_METERS_PER_DAY = 200  # one network prefix: a school, an office, a city's mobile carrier


def period_of(now: datetime) -> str:
    """The month `now` falls in, in the site's time zone, as `2026-11`."""
    return f"{timezone.localtime(now, timezone.get_default_timezone()):%Y-%m}"


@dataclass
class Meter:
    """One reader's meter for this request. `stories` are those counted this period."""

    rules: SiteRules
    period: str
    member_id: int | None
    stories: set[int] = field(default_factory=set)
    prefix: str = ""
    is_fresh: bool = False

    @classmethod
    def of(cls, request: Any) -> "Meter":
        """The meter of the request's reader: a row lookup for members, the cookie for others."""
        rules = request.furniture.rules
        period = period_of(request.now)
        member_id = request.reader.member_id
        if member_id is not None:
            views = MeteredView.objects.filter(member_id=member_id, period=period)
            return cls(rules, period, member_id, set(views.values_list("story_id", flat=True)))
        counted = read_cookie(request, period)
        prefix = network_prefix(client_address(request))
        return cls(rules, period, None, counted or set(), prefix, is_fresh=counted is None)

    def allowance(self, story_id: int) -> Allowance:
        """What is left for this story."""
        if not self.rules.meter_is_on:
            return NO_METER
        used, members_limit = len(self.stories), max(self.rules.meter_limit, self.rules.meter_limit_members)
        limit = self.rules.meter_limit if self.member_id is None else members_limit
        if self.is_fresh and self._prefix_is_exhausted():
            limit = 0
        return Allowance(
            switched_on=True,
            counted=story_id in self.stories,
            left=max(0, limit - used),
            left_as_member=max(0, members_limit - used),
        )

    def spend(self, story_id: int) -> bool:
        """Count the story: for a member a row, once; for others the cookie that `write_to` sets.

        False when nothing is left, also where two requests of one member ask for the last view at once.
        """
        if self.member_id is not None:
            return self._spend_row(self.member_id, story_id)
        if self.is_fresh:
            key = self._prefix_key()
            cache.add(key, 0, timeout=86_400)
            cache.incr(key)
        self.stories.add(story_id)
        return True

    def write_to(self, response: HttpResponseBase) -> HttpResponseBase:
        """Put an anonymous reader's count into the signed cookie."""
        if self.member_id is None:
            value = signing.dumps({"p": self.period, "s": sorted(self.stories)}, salt=SALT, compress=True)
            set_private_cookie(response, COOKIE, value, COOKIE_AGE)
        return response

    def _spend_row(self, member_id: int, story_id: int) -> bool:
        with transaction.atomic():
            Member.objects.select_for_update().only("pk").get(pk=member_id)
            views = MeteredView.objects.filter(member_id=member_id, period=self.period)
            self.stories = set(views.values_list("story_id", flat=True))
            allowance = self.allowance(story_id)
            if not allowance.counted and not allowance.left:
                return False
            views.get_or_create(member_id=member_id, period=self.period, story_id=story_id)
        self.stories.add(story_id)
        return True

    def _prefix_key(self) -> str:
        return f"meter:{self.prefix}:{timezone.localdate():%Y%m%d}"

    def _prefix_is_exhausted(self) -> bool:
        return int(cache.get(self._prefix_key()) or 0) >= FRESH_METERS_PER_DAY


def read_cookie(request: HttpRequest, period: str) -> set[int] | None:
    """The stories the cookie counted this period; None when it is absent, forged or of another month."""
    try:
        value = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
    except signing.BadSignature:
        return None
    if value.get("p") != period:
        return None
    return {int(story_id) for story_id in value.get("s", [])}


def merge_into(member: Member, request: HttpRequest, now: datetime) -> None:
    """Count for `member` what this browser had counted anonymously. Called at sign-up and sign-in."""
    period = period_of(now)
    MeteredView.objects.bulk_create(
        [MeteredView(member=member, period=period, story_id=story) for story in read_cookie(request, period) or ()],
        ignore_conflicts=True,
    )


def open_story_of_wall(member: Member, request: Any, now: datetime) -> None:
    """Count the metered story at whose wall the member signed up, so that it is open when they are back."""
    story_id = request.session.pop(STORY_TO_OPEN, None)
    if story_id:
        Meter(request.furniture.rules, period_of(now), member.pk).spend(int(story_id))


def opened_gifts(request: HttpRequest) -> frozenset[int]:
    """The stories this browser opened by gift or letter links, while their cookie lasts."""
    try:
        value = signing.loads(request.COOKIES.get(GIFTS_COOKIE, ""), salt=GIFTS_SALT, max_age=GIFTS_AGE)
    except signing.BadSignature:
        return frozenset()
    return frozenset(int(story_id) for story_id in value)


def remember_gift(request: HttpRequest, response: HttpResponseBase, story_id: int) -> None:
    """Let this browser read the story for five days."""
    value = signing.dumps(sorted(opened_gifts(request) | {story_id}), salt=GIFTS_SALT)
    set_private_cookie(response, GIFTS_COOKIE, value, GIFTS_AGE)


def set_private_cookie(response: HttpResponseBase, name: str, value: str, seconds: int) -> None:
    """A cookie no script reads, sent to us alone."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
