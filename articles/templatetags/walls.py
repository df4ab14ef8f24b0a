"""What templates of walls and asks need: the wall at a cut story, the ask under it, the price in an appeal."""

from datetime import datetime
from typing import TYPE_CHECKING

from django import template

from articles import walls
from articles.reading import Reading
from members import appeals, story_gifts
from members.asks import Ask, ask_for
from members.gate import Reader
from members.models import Price
from members.money.amounts import spelled

if TYPE_CHECKING:
    from newsroom.furniture import Furniture

register = template.Library()
register.filter("with_price", appeals.filled)


@register.filter
def in_money(price: Price | None) -> str:
    """What a price is, as readers see it; nothing for none."""
    return spelled(price.unit_amount, price.currency) if price else ""


@register.simple_tag
def wall_at(reading: Reading, reader: Reader, furniture: "Furniture", now: datetime) -> walls.Wall:
    """What the wall at a cut story says. No query."""
    return walls.wall_of(reading, reader, rules=furniture.rules, offers=furniture.offers, now=now)


@register.simple_tag
def ask_under(reading: Reading, reader: Reader) -> Ask:
    """The ask under a story, for its reader; none where the editor took it off. No query."""
    if not reading.article.shows_appeal:
        return Ask.NONE
    return ask_for(reader, decision=reading.decision, counted_this_week=reading.allowance.this_week)


@register.simple_tag
def may_give(reading: Reading, reader: Reader, now: datetime) -> bool:
    """Whether the reader may give the story away: it is not open to all, and opens to them as a patron."""
    return reading.is_gated and story_gifts.may_give(reading.terms, reader, now)
