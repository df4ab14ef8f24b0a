"""The front page: what is first, what comes second, and a strip for each section.

An editor's slots come first (`arranging` writes them); what no slot holds fills by itself with the newest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, prefetch_related_objects

from articles.models import Article, FrontSlot, RelatedLink, Section
from articles.models.article import bylines_in_order
from articles.reading import Card, cards
from members.models import SiteRules
from members.topics.rounds.glance import Glance

LOOKED_AT = 40
SECONDS, LATEST, OPINIONS, STRIP, LINES = 3, 8, 3, 4, 3
Slots = dict[tuple[str, int, int], FrontSlot]  # by place, section (0 for none) and position


@dataclass(frozen=True, slots=True)
class Place:
    """A place with its story. `slot` is None where it filled by itself; `lines` are a package's related stories."""

    card: Card
    position: int
    slot: FrontSlot | None = None
    lines: tuple[Card, ...] = ()
    in_strip: bool = False

    @property
    def shape(self) -> str:
        """How it looks: the slot's shape, else that of its part of the page; words where there is no picture."""
        picture = self.card.story.lead_picture
        if picture is None or not picture.file:
            return FrontSlot.Shape.WORDS
        if self.slot:
            return self.slot.shape
        return FrontSlot.Shape.BESIDE if self.in_strip else FrontSlot.Shape.ABOVE


@dataclass(frozen=True, slots=True)
class Strip:
    """A section's part of the page: one story large, the others as lines."""

    section: Section
    places: list[Place]

    @property
    def lead(self) -> Place:
        """The large one."""
        return self.places[0]

    @property
    def lines(self) -> list[Place]:
        """The others."""
        return self.places[1:]


@dataclass(frozen=True, slots=True)
class Front:
    """What stands where. Everything may be empty."""

    lead: Place | None = None
    seconds: list[Place] = field(default_factory=list)
    latest: list[Card] = field(default_factory=list)
    opinion: list[Card] = field(default_factory=list)
    strips: list[Strip] = field(default_factory=list)
    vote: Glance | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """The live stories a page may be made of: cards by key, the newest in order, slots of live stories only."""

    shown: dict[int, Card]
    newest: list[Card]
    by_section: dict[int, list[int]]
    slots: Slots

    @property
    def held(self) -> set[int]:
        """The stories given a place below the lead by hand, or carried by a package: nothing fills with them."""
        placed = {slot.story_id for slot in self.slots.values() if slot.place != FrontSlot.Place.LEAD}
        return placed.union(*(self.related(slot) for slot in self.slots.values()))

    def related(self, slot: FrontSlot | None) -> list[int]:
        """The keys of the live stories a package carries as lines; none of another shape."""
        if slot is None or slot.shape != FrontSlot.Shape.PACKAGE:
            return []
        related: list[int] = slot.related  # type: ignore[attr-defined]  # annotated by `_slots`
        return [pk for pk in related if pk in self.shown][:LINES]

    def place(self, card: Card, position: int, slot: FrontSlot | None = None, *, in_strip: bool = False) -> Place:
        """The card in its place, a package with its related stories as far as they are live."""
        lines = tuple(self.shown[pk] for pk in self.related(slot))
        return Place(card, position, slot, lines, in_strip)

    def chosen(self, place: str, position: int, section: int = 0) -> Place | None:
        """What an editor put there."""
        slot = self.slots.get((place, section, position))
        return self.place(self.shown[slot.story_id], position, slot, in_strip=bool(section)) if slot else None


def front_page(*, sections: Iterable[Section], vote: Glance | None, rules: SiteRules, now: datetime) -> Front:
    """The front page as it stands, or will stand, at `now`. Five queries."""
    strips = [section for section in sections if not section.is_opinion]
    stock = _stock(strips, rules=rules, now=now)
    news = [card for card in stock.newest if not is_opinion(card)] or stock.newest
    lead = _lead(stock, news)
    seconds = _seconds(stock, news, lead)
    above = {place.card.story.pk for place in [*filter(None, [lead]), *seconds]}
    rest = [card for card in stock.newest if card.story.pk not in above]
    opinion = [card for card in rest if is_opinion(card)][:OPINIONS]
    return Front(
        lead,
        seconds,
        latest=[card for card in rest if card not in opinion][:LATEST],
        opinion=opinion,
        strips=list(_strips(stock, strips, above)),
        vote=vote,
    )


def is_opinion(card: Card) -> bool:
    """Whether the author's name comes first."""
    section = card.story.section
    return card.story.kind == Article.Kind.OPINION or (section is not None and section.is_opinion)


def _stock(strips: list[Section], *, rules: SiteRules, now: datetime) -> Stock:
    """Everything the page could show, loaded: five queries. Only what is live at `now` is in it."""
    live = Article.objects.live(now)
    newest = list(live.without_text().newest_first()[:LOOKED_AT])
    by_section = _newest_by_section(strips, now)
    slots = _slots(now)
    wanted = {pk for pks in by_section.values() for pk in pks}
    wanted |= {pk for slot in slots for pk in [slot.story_id, *slot.related]}  # type: ignore[attr-defined]  # annotated
    others = live.without_text().filter(pk__in=wanted - {story.pk for story in newest})
    stories = newest + list(others)
    prefetch_related_objects(stories, bylines_in_order())
    shown = {card.story.pk: card for card in cards(stories, rules=rules, now=now)}
    places: Slots = {}
    for slot in slots:
        if slot.story_id in shown:
            places.setdefault((slot.place, slot.section_id or 0, slot.position), slot)
    return Stock(shown, [shown[story.pk] for story in newest], by_section, places)


def _slots(now: datetime) -> list[FrontSlot]:
    """The slots that hold at `now`, each with the keys of its story's related stories. One query."""
    links = RelatedLink.objects.filter(article=OuterRef("story"), story__isnull=False, in_body=False)
    related = ArraySubquery(links.order_by("position", "pk").values("story")[: LINES * 2])
    return list(FrontSlot.objects.holding(now).annotate(related=related))


def _lead(stock: Stock, news: list[Card]) -> Place | None:
    """A pinned slot holds. Else the latest word counts: the slot's, or the mark of a story that came out later."""
    leads = [slot for slot in stock.slots.values() if slot.place == FrontSlot.Place.LEAD]
    slot = min(leads, key=lambda slot: slot.position, default=None)
    marked = next((card for card in news if card.story.is_lead), None)
    if slot is not None and not (marked and _is_later(marked, slot)):
        return stock.place(stock.shown[slot.story_id], 1, slot)
    free = (card for card in news if card.story.pk not in stock.held)
    card = marked or next(free, None) or next(iter(news), None)
    return stock.place(card, 1) if card else None


def _is_later(marked: Card, slot: FrontSlot) -> bool:
    out = marked.story.live_from
    return slot.pinned_until is None and out is not None and out > slot.placed_at


def _seconds(stock: Stock, news: list[Card], lead: Place | None) -> list[Place]:
    """Three places: an editor's story where one was put, the newest news in the others."""
    taken = stock.held | ({lead.card.story.pk} if lead else set())
    free = iter([card for card in news if card.story.pk not in taken])
    places = []
    for position in range(1, SECONDS + 1):
        chosen = stock.chosen(FrontSlot.Place.SECOND, position)
        if chosen is not None and lead is not None and chosen.card is lead.card:
            chosen = None
        if chosen is None and (card := next(free, None)) is not None:
            chosen = stock.place(card, position)
        if chosen is not None:
            places.append(chosen)
    return places


def _newest_by_section(sections: list[Section], now: datetime) -> dict[int, list[int]]:
    """The newest stories of each section, in one query."""
    depth = 2 * STRIP + SECONDS + 1  # some may stand above already, or have a place by hand
    newest = Article.objects.live(now).filter(section=OuterRef("pk")).newest_first().values("pk")[:depth]
    rows = Section.objects.filter(pk__in=[section.pk for section in sections]).annotate(newest=ArraySubquery(newest))
    return dict(rows.values_list("pk", "newest"))


def _strips(stock: Stock, sections: list[Section], above: set[int]) -> Iterator[Strip]:
    taken = above | stock.held
    for section in sections:
        own = stock.by_section.get(section.pk, [])
        free = iter([stock.shown[pk] for pk in own if pk in stock.shown and pk not in taken])
        places = []
        for position in range(1, STRIP + 1):
            place = stock.chosen(FrontSlot.Place.STRIP, position, section.pk)
            if place is not None and place.card.story.pk in above:
                place = None
            if place is None and (card := next(free, None)) is not None:
                place = stock.place(card, position, in_strip=True)
            if place is not None:
                places.append(place)
        if places:
            yield Strip(section, places)
