"""Whom and what "why does this reader see this wall?" means: from what somebody typed to a story and a reader."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpRequest

from articles.desk.fields import place_of
from articles.desk.rights import VIEW, within
from articles.models import Article
from articles.models.article import UNSEEN_BY_LISTS
from articles.search import stories_called, tidy
from members.models import Member

SEE_MEMBERS = "members.view_member"
OFFERED, NAMESAKES = 8, 5
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Stories:
    """The stories that fit what was typed: one, some to choose from, or none."""

    text: str
    found: list[Article]

    @property
    def one(self) -> Article | None:
        """The story, where exactly one fits."""
        return self.found[0] if len(self.found) == 1 else None


@dataclass(frozen=True)
class People:
    """The members that fit what was typed, each `with_standing`."""

    text: str
    found: list[Member]

    @property
    def one(self) -> Member | None:
        """The member, where exactly one fits."""
        return self.found[0] if len(self.found) == 1 else None


def may_see_members(request: HttpRequest) -> bool:
    """Whether this member of staff may be told what a certain member reads."""
    return request.user.has_perm(SEE_MEMBERS)


def stories_open(request: Any) -> Any:
    """The stories this member of staff may ask about: those they may see on the desk, and what readers know anyway."""
    live = Article.objects.live(request.now)
    stories = Article.objects.filter(within(request.user)) | live if request.user.has_perm(VIEW) else live
    return stories.defer(*UNSEEN_BY_LISTS).select_related("section", "minimum_tier")


def stories_meant(request: Any, text: str) -> Stories:
    """By pasted address, number, or words of the headline. Two queries at most."""
    text = tidy(text)
    stories = stories_open(request)
    place = place_of(text.split("#")[0].removesuffix("/").removesuffix("/rest")) if "/" in text else key_of(text)
    if place is not None:
        wanted = Q(pk=place) if isinstance(place, int) else Q(published_on=place[0], slug=place[1])
        return Stories(text, list(stories.filter(wanted)[:1]))
    return Stories(text, stories_called(text, among=stories, most=OFFERED) if text else [])


def people_meant(text: str, now: datetime) -> People:
    """By e-mail address (any of theirs), number or beginning of the name: each has its index. Two queries at most."""
    text = tidy(text)
    if not text:
        return People(text, [])
    keys = list(meant(text)[:NAMESAKES])
    rows = Member.objects.with_standing(now).filter(pk__in=keys).select_related("merged_into").order_by("pk")
    return People(text, list(rows) if keys else [])


def meant(text: str) -> Any:
    """The keys of the members that fit, as a query."""
    if "@" in text:
        second = EmailAddress.objects.filter(email=text.lower()).values_list("user_id", flat=True)
        return _called(address=text.lower()).values_list("pk", flat=True).union(second)
    key = key_of(text)
    found = Member.objects.filter(pk=key) if key is not None else _called(called__startswith=text.lower())
    return found.order_by("pk").values_list("pk", flat=True)


def _called(**wanted: str) -> Any:
    return Member.objects.alias(address=Lower("email"), called=Lower("name")).filter(**wanted)


def key_of(text: str) -> int | None:
    """The number somebody typed; None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_KEY else None
