"""What stands on every page: name, sections, menu, rules, brief, open round, lowest price. One snapshot a
process, under the key `site`; kept only while the page cache's listener hears of changes.

Wiring: it knows every app. Apps reach it as `request.furniture`, never by import.
"""

import functools
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import nh3
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe

from articles.models import EmbedHost, Page, Section
from members.models import Grant, Letter, MenuItem, Price, Round, SiteRules
from members.money.stripe_api import payments
from members.topics.rounds import glance
from members.topics.rounds.glance import Glance
from newsroom import caching
from newsroom.caching import Moment
from newsroom.shelf import Follower

KEPT_FOR, KEPT_WHILE_LIVE = timedelta(minutes=5), timedelta(minutes=1)
MOST_PARTS = 200
OWN_KEYS = {"site", "moments", "topics"}


@dataclass(frozen=True)
class Furniture:
    """The site's furniture as it stood at `loaded_at`."""

    rules: SiteRules
    sections: list[Section]
    menu: list[MenuItem]
    footer: list[MenuItem]
    offers: tuple[Price, ...]
    vote: Glance | None
    default_letter: Letter | None
    patron_count: int
    framed_hosts: tuple[str, ...]
    policies: tuple[Page, ...]
    moments: list[Moment]
    loaded_at: datetime
    _parts: dict[Hashable, SafeString] = field(default_factory=dict, repr=False, compare=False)

    @functools.cached_property
    def places(self) -> frozenset[str]:
        """The paths the menu leads to."""
        return frozenset(
            [
                reverse("topics"),
                *(section.get_absolute_url() for section in self.sections),
                *(item.path for item in self.menu),
            ]
        )

    @property
    def open_round(self) -> Round | None:
        """The vote that is open, of several the one that closes first."""
        return self.vote.round if self.vote else None

    def holds(self, now: datetime) -> bool:
        """Whether it may still be shown: for five minutes, or one while a vote shows how it stands; no moment passed.

        Votes drop no page of the site: what they change here is read anew once a minute.
        """
        lasts = KEPT_WHILE_LIVE if self.vote and self.vote.ballots is not None else KEPT_FOR
        ended = caching.next_change(OWN_KEYS, self.moments, self.loaded_at)
        return self.loaded_at <= now < self.loaded_at + lasts and (ended is None or now < ended)

    def keep(self, name: Hashable, make: Callable[[], SafeString]) -> SafeString:
        """The part of a page called `name`, made once for as long as this furniture stands (`{% kept %}`)."""
        part = self._parts.get(name)
        if part is None:
            part = make()
            if len(self._parts) < MOST_PARTS:
                self._parts[name] = part
        return part

    @property
    def lowest_price(self) -> Price | None:
        """The cheapest month that can be paid for now; None where nothing is sold."""
        return self.offers[0] if self.offers else None

    def brief(self, now: datetime) -> SafeString:
        """The day's brief while it holds and no banner stands, else nothing; of markup only links and stress."""
        until = self.rules.brief_until
        text = self.rules.brief if (until is None or now < until) and not self.banner(now) else ""
        return mark_safe(nh3.clean(text, tags={"a", "em", "strong"}, attributes={"a": {"href"}}, link_rel=None))

    def banner(self, now: datetime) -> str:
        """The urgent banner while it holds, else nothing."""
        rules = self.rules
        begun = rules.banner_from is None or rules.banner_from <= now
        return rules.banner if begun and (rules.banner_until is None or now < rules.banner_until) else ""


class Snapshot(Follower):
    """The kept furniture; follows the page cache's listener and trusts itself only while that hears."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: Furniture | None = None
        self._drops = 0

    def drop(self, keys: list[str]) -> None:
        """Forget it if one of `keys` touches it; the next page loads it anew."""
        if not OWN_KEYS.isdisjoint(keys):
            self.forget()

    def forget(self) -> None:
        """Have the next page load it anew."""
        with self._lock:
            self._kept = None
            self._drops += 1

    def get(self) -> Furniture:
        """The furniture: kept where changes are heard of, else loaded (twelve queries, three more of a vote)."""
        kept, now = self._kept, timezone.now()
        if kept is not None and self.hears and kept.holds(now):
            return kept
        drops = self._drops
        loaded = load(now)
        with self._lock:
            if drops == self._drops:  # nothing fell while we were loading
                self._kept = loaded
        return loaded


snapshot = Snapshot()
caching.follow(snapshot)


def load(now: datetime) -> Furniture:
    """Read the furniture from the database."""
    links = list(MenuItem.objects.order_by("position", "pk"))
    return Furniture(
        rules=SiteRules.current(),
        sections=list(Section.objects.filter(is_in_menu=True).order_by("position", "pk")),
        menu=[link for link in links if link.place == MenuItem.Place.MENU],
        footer=[link for link in links if link.place == MenuItem.Place.FOOTER],
        offers=tuple(Price.objects.monthly(settings.CURRENCY, livemode=payments.is_live())),
        default_letter=Letter.objects.filter(is_active=True, is_default=True).first(),
        vote=glance.at(now),
        patron_count=Grant.objects.covering(now).values("member").distinct().count(),
        framed_hosts=tuple(EmbedHost.objects.filter(is_active=True).order_by("pk").values_list("host", flat=True)),
        policies=tuple(Page.objects.published().exclude(policy="").only("path", "policy").order_by("policy")),
        moments=caching.upcoming_moments(now),
        loaded_at=now,
    )


class FurnitureMiddleware:
    """Gives every request its `furniture`, loaded when first asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set `request.furniture`."""
        request.furniture = SimpleLazyObject(snapshot.get)  # type: ignore[attr-defined]  # our mark on the request
        return self.get_response(request)


def furniture(request: HttpRequest) -> dict[str, Any]:
    """The template context of every page: `furniture`, `reader`, `now`, `site_url`, `brief`, `banner`.

    `menu_place`: the path of the page if the menu leads to it, else nothing.
    """
    found = getattr(request, "furniture", None)
    now = getattr(request, "now", None) or timezone.now()
    if found is None:
        return {}
    return {
        "furniture": found,
        "reader": getattr(request, "reader", None),
        "now": now,
        "site_url": settings.SITE_URL,
        "menu_place": lambda: request.path if request.path in found.places else "",
        "brief": SimpleLazyObject(lambda: found.brief(now)),
        "banner": SimpleLazyObject(lambda: found.banner(now)),
    }
