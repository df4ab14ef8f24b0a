"""What templates of series need: which part a story is, and what comes before and after it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import template

from articles.models import Article
from articles.reading import Card

register = template.Library()


@dataclass(frozen=True, slots=True)
class Standing:
    """A part among the live ones: its number, of how many, and its neighbours."""

    number: int
    total: int
    previous: Article | None
    following: Article | None


@register.filter
def standing_in(story: Article, parts: Sequence[Article]) -> Standing | None:
    """Where `story` stands among `parts` (live, in order); None if it is not one of them.

    The number an editor gave counts, so that part 3 is not called 2 while part 2 is still to come.
    """
    keys = [part.pk for part in parts]
    if story.pk not in keys:
        return None
    place = keys.index(story.pk)
    return Standing(
        number=story.series_part or place + 1,
        total=max([len(parts), *(part.series_part or 0 for part in parts)]),
        previous=parts[place - 1] if place else None,
        following=parts[place + 1] if place + 1 < len(parts) else None,
    )


@register.filter
def stories_of(cards: Sequence[Card]) -> list[Article]:
    """The stories of a list's cards."""
    return [card.story for card in cards]
