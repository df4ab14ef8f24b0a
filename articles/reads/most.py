"""What is read most today, for the front page; and how often one story was, for the desk."""

import sys
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, Sum
from django.utils import timezone

from articles.models import Article, StoryReads
from articles.reading import Card, cards
from members.models import SiteRules
from newsroom import caching
from newsroom.shelf import Kept, Shelf

SHOWN, FEWEST = 5, 3  # fewer are no list
KEPT_SECONDS = 300
MOST_BYTES = 400_000

shelf: Shelf[list[Article]] = Shelf(MOST_BYTES)
caching.follow(shelf)


@dataclass(frozen=True, slots=True)
class Reads:
    """How often a story was read."""

    ever: int
    today: int


def most_read(*, rules: SiteRules, now: datetime) -> list[Card]:
    """The live stories read most today, most first, where the site shows them and there are enough of them.

    As they stood at most five minutes ago: two queries, none from the shelf.
    """
    if not rules.shows_most_read:
        return []
    today = timezone.localdate(now)
    found = shelf.get((today, int(now.timestamp() // KEPT_SECONDS)), lambda: _load(today, now))
    live = [story for story in found if story.is_live(now)]
    return cards(live, rules=rules, now=now) if len(live) >= FEWEST else []


def reads_of(story: Article, *, now: datetime) -> Reads:
    """How often the story was read, as far as days are kept. One query."""
    today = Q(day=timezone.localdate(now))
    sums = StoryReads.objects.filter(article=story).aggregate(ever=Sum("reads"), today=Sum("reads", filter=today))
    return Reads(sums["ever"] or 0, sums["today"] or 0)


def _load(today: date, now: datetime) -> Kept[list[Article]]:
    """Every change of a story drops the front page, and this with it."""
    stories = Article.objects.live(now).filter(reads__day=today).order_by("-reads__reads", "-pk").page(SHOWN)
    return Kept(stories, frozenset(["front", "site"]), sum(map(sys.getsizeof, stories)) + 8_000 * len(stories))
