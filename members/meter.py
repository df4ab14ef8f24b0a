"""The site's one meter: how many metered stories a reader may open in a calendar month.

Anonymous readers carry a signed cookie, members have rows. Only `spend` counts, and only a POST calls it.
Both know the day of each view, for the ask of who comes often.
The month is the site's, in its time zone. A ceiling of fresh meters per network prefix and day blunts
clients that throw the cookie away.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from members.gate import NO_METER, Allowance
from members.limits import within
from members.models import Member, MeteredView, SiteRules
from newsroom.network import client_address, network_prefix

COOKIE = "newsroom_meter"
STORY_TO_OPEN = "story_to_open"  # in the session, from the wall's form to the code
GIFTS_COOKIE = "newsroom_gifts"
SALT = "newsroom.meter"
GIFTS_SALT = "newsroom.gifts"
COOKIE_AGE = int(timedelta(days=62).total_seconds())
GIFTS_AGE = int(timedelta(days=5).total_seconds())
MOST_GIFTS = 20  # stories one browser may have open by links at once
WEEK = 7
LARGEST_KEY = 2**63 - 1
MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError)  # ours by its signature, but of another version
FRESH_METERS_PER_DAY = 200  # one network prefix: a school, an office, a city's mobile carrier


def period_of(now: datetime) -> str:
    """The month `now` falls in, in the site's time zone, as `2026-11`."""
    return f"{timezone.localtime(now, timezone.get_default_timezone()):%Y-%m}"


def next_period(now: datetime) -> date:
    """The day on which the count starts anew: the first of the site's next month."""
    today = timezone.localdate(now, timezone.get_default_timezone())
    return (today.replace(day=1) + timedelta(days=31)).replace(day=1)


@dataclass
class Meter:
    """One reader's meter for this request.

    `stories` are those counted this period, `days` the days of the month on which they were, as far as known.
    """

    rules: SiteRules
    period: str
    member_id: int | None
    stories: set[int] = field(default_factory=set)
    prefix: str = ""
    is_fresh: bool = False
    days: dict[int, int] = field(default_factory=dict)
    today: int = 0

    @classmethod
    def of(cls, request: Any) -> "Meter":
        """The meter of the request's reader: a row lookup for members, the cookie for others."""
        rules = request.furniture.rules
        period = period_of(request.now)
        member_id = request.reader.member_id
        if member_id is not None:
            views = MeteredView.objects.filter(member_id=member_id, period=period)
            seen = {story: _day_of(at) for story, at in views.values_list("story_id", "viewed_at")}
            return cls(rules, period, member_id, set(seen), days=seen, today=_day_of(request.now))
        counted = read_cookie(request, period)
        prefix, today = network_prefix(client_address(request)), _day_of(request.now)
        days = {story: day for story, day in (counted or {}).items() if day}
        return cls(rules, period, None, set(counted or ()), prefix, counted is None, days, today)

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
            limit=limit,
            used=used,
            this_week=sum(0 <= self.today - day < WEEK for day in self.days.values()),
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
        elif not within("meter", self.prefix, times=FRESH_METERS_PER_DAY * self.rules.meter_limit, seconds=86_400):
            return False  # one cookie played back over and over opens no more than that many fresh ones
        self.stories.add(story_id)
        self.days.setdefault(story_id, self.today)
        return True

    def write_to(self, response: HttpResponseBase) -> HttpResponseBase:
        """Put an anonymous reader's count into the signed cookie; an empty one would hide that the meter is fresh."""
        if self.member_id is None and self.stories:
            stories = sorted(self.stories)
            told = {"p": self.period, "s": stories, "d": [self.days.get(story, 0) for story in stories]}
            value = signing.dumps(told, salt=SALT, compress=True)
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
        self.days.setdefault(story_id, self.today)
        return True

    def _prefix_key(self) -> str:
        return f"meter:{self.prefix}:{timezone.localdate():%Y%m%d}"

    def _prefix_is_exhausted(self) -> bool:
        return int(cache.get(self._prefix_key()) or 0) >= FRESH_METERS_PER_DAY


def read_cookie(request: HttpRequest, period: str) -> dict[int, int] | None:
    """The stories the cookie counted this period, each with the day of the month (0 in cookies of old, that knew none).

    None when it is absent, forged or of another month.
    """
    try:
        value = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
        if value["p"] != period:
            return None
        stories, days = value["s"], value.get("d", [])
        return dict(_checked(row, 31) for row in zip_longest(stories, days[: len(stories)], fillvalue=0))
    except (signing.BadSignature, *MISSHAPEN):
        return None


def _day_of(moment: datetime) -> int:
    """The day of the site's month."""
    return timezone.localtime(moment, timezone.get_default_timezone()).day


def merge_into(member: Member, request: HttpRequest, now: datetime) -> None:
    """Count for `member` what this browser had counted anonymously, each on its day. Called at sign-up and sign-in."""
    period, noon = period_of(now), timezone.localtime(now, timezone.get_default_timezone()).replace(hour=12)
    counted = read_cookie(request, period) or {}
    MeteredView.objects.bulk_create(
        [
            MeteredView(member=member, period=period, story_id=story, viewed_at=min(now, noon.replace(day=day or 1)))
            for story, day in counted.items()
        ],
        ignore_conflicts=True,
    )


def open_story_of_wall(member: Member, request: Any, now: datetime) -> None:
    """Count the metered story at whose wall the member signed up, so that it is open when they are back."""
    story_id = request.session.pop(STORY_TO_OPEN, None)
    if story_id:
        Meter(request.furniture.rules, period_of(now), member.pk).spend(int(story_id))


def opened_gifts(request: HttpRequest) -> frozenset[int]:
    """The stories this browser opened by gift or letter links within five days."""
    return frozenset(_gifts_in(request))


def remember_gift(request: Any, response: HttpResponseBase, story_id: int) -> None:
    """Let this browser read the story for five days; of more than twenty the one opened first is forgotten."""
    opened = {story: at for story, at in _gifts_in(request).items() if story != story_id}
    opened[story_id] = int(request.now.timestamp())
    kept = list(opened.items())[-MOST_GIFTS:]
    set_private_cookie(response, GIFTS_COOKIE, signing.dumps(kept, salt=GIFTS_SALT), GIFTS_AGE)


def _gifts_in(request: Any) -> dict[int, int]:
    """The stories of the cookie with the second each was opened, oldest first; nothing of a forged one."""
    try:
        rows = signing.loads(request.COOKIES.get(GIFTS_COOKIE, ""), salt=GIFTS_SALT, max_age=GIFTS_AGE)
        now = int(request.now.timestamp())
        dated = [_checked(row if isinstance(row, list) else (row, now), now) for row in rows]  # of old: keys alone
    except (signing.BadSignature, *MISSHAPEN):
        return {}
    return {story: at for story, at in dated if now - at < GIFTS_AGE}


def _checked(row: Any, most: int) -> tuple[int, int]:
    """A story's key and a number of at most `most`, as a cookie of ours holds them. ValueError for anything else."""
    story, number = row
    if not (type(story) is type(number) is int and 0 < story <= LARGEST_KEY and 0 <= number <= most):
        raise ValueError(row)
    return story, number


def set_private_cookie(response: HttpResponseBase, name: str, value: str, seconds: int) -> None:
    """A cookie no script reads, sent to us alone."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
