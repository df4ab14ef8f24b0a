"""The front page: what is first, what comes second, and a strip for each section."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, prefetch_related_objects

from articles.models import Article, Section
from articles.models.article import bylines_in_order
from articles.reading import Card, cards
from members.models import Round, SiteRules, Topic

LOOKED_AT = 40
SECONDS, LATEST, OPINIONS, STRIP, BAND = 3, 8, 3, 4, 3


@dataclass(frozen=True, slots=True)
class Strip:
    """A section's part of the page: one story large, the others as lines."""

    section: Section
    lead: Card
    lines: list[Card]


@dataclass(frozen=True, slots=True)
class Band:
    """The open round with its leading topics; `votes` only where the round shows its tally."""

    round: Round
    topics: list[Topic]
    shows_tally: bool
    most_votes: int


@dataclass(frozen=True, slots=True)
class Front:
    """What stands where. Everything may be empty."""

    lead: Card | None = None
    seconds: list[Card] = field(default_factory=list)
    latest: list[Card] = field(default_factory=list)
    opinion: list[Card] = field(default_factory=list)
    strips: list[Strip] = field(default_factory=list)
    band: Band | None = None


def front_page(*, sections: Iterable[Section], open_round: Round | None, rules: SiteRules, now: datetime) -> Front:
    """The front page as it stands at `now`. Five queries."""
    live = Article.objects.live(now)
    newest = list(live.without_text().newest_first()[:LOOKED_AT])
    by_section = _newest_by_section([section for section in sections if not section.is_opinion], now)
    known = {story.pk for story in newest}
    wanted = {pk for pks in by_section.values() for pk in pks} - known
    stories = newest + list(live.without_text().filter(pk__in=wanted))
    prefetch_related_objects(stories, bylines_in_order())
    shown = {card.story.pk: card for card in cards(stories, rules=rules, now=now)}
    page = _first_and_second([shown[story.pk] for story in newest])
    taken = {card.story.pk for card in [*filter(None, [page.lead]), *page.seconds]}
    return Front(
        page.lead,
        page.seconds,
        page.latest,
        page.opinion,
        strips=_strips(sections, by_section, shown, taken),
        band=_band(open_round),
    )


def is_opinion(card: Card) -> bool:
    """Whether the author's name comes first."""
    section = card.story.section
    return card.story.kind == Article.Kind.OPINION or (section is not None and section.is_opinion)


def _first_and_second(newest: list[Card]) -> Front:
    news = [card for card in newest if not is_opinion(card)] or newest
    chosen = [card for card in news if card.story.is_lead]
    lead = next(iter([*chosen, *news]), None)
    seconds = [card for card in news if card is not lead][:SECONDS]
    opinion = [card for card in newest if is_opinion(card) and card is not lead and card not in seconds][:OPINIONS]
    gone = [lead, *seconds, *opinion]
    return Front(lead, seconds, [card for card in newest if card not in gone][:LATEST], opinion)


def _newest_by_section(sections: list[Section], now: datetime) -> dict[int, list[int]]:
    """The newest stories of each section, in one query."""
    depth = STRIP + SECONDS + 1  # the first four may stand above already
    newest = Article.objects.live(now).filter(section=OuterRef("pk")).newest_first().values("pk")[:depth]
    rows = Section.objects.filter(pk__in=[section.pk for section in sections]).annotate(newest=ArraySubquery(newest))
    return dict(rows.values_list("pk", "newest"))


def _strips(
    sections: Iterable[Section], by_section: dict[int, list[int]], shown: dict[int, Card], taken: set[int]
) -> list[Strip]:
    strips = []
    for section in sections:
        own = [shown[pk] for pk in by_section.get(section.pk, []) if pk in shown and pk not in taken][:STRIP]
        if own:
            strips.append(Strip(section, own[0], own[1:]))
    return strips


def _band(open_round: Round | None) -> Band | None:
    if open_round is None:
        return None
    topics = Topic.objects.filter(round=open_round, status=Topic.Status.IN_VOTE)
    shows_tally = open_round.tally == Round.Tally.LIVE
    if shows_tally:
        topics = topics.annotate(count=Count("choices")).order_by("-count", "proposed_at")
    else:
        topics = topics.order_by("proposed_at", "pk")
    found = list(topics[:BAND])
    most = max((getattr(topic, "count", 0) for topic in found), default=0)
    return Band(open_round, found, shows_tally=shows_tally and most > 0, most_votes=most)
