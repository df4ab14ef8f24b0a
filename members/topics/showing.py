"""What readers see of rounds and topics: ballots in an order of their own, results with what came of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from members.models import Member, Option, Round, Topic
from members.models.topic import FEWEST_OPTIONS
from members.topics.rounds import counting, standing, voting
from members.topics.rounds.counting import Tally
from members.topics.rounds.order import in_own_order
from members.topics.rounds.standing import Outlook

PAST_ROUNDS, ON_THE_WAY = 4, 12
Options = dict[int, list[Option]]


@dataclass(frozen=True, slots=True)
class Line:
    """One option of a round. `votes` is None while the tally is hidden."""

    option: Option
    votes: int | None
    is_winner: bool
    is_yours: bool
    stories: list[Any]

    @property
    def topic(self) -> Topic:
        """What is voted on."""
        return self.option.topic

    @property
    def is_off(self) -> bool:
        """Whether it was turned down, or its story came out, before the close: it cannot be chosen, nor win."""
        return bool(self.option.was_settled)  # type: ignore[attr-defined]  # of `with_fate`


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A round with its lines. `ballots`, which the bars are measured against, only once the tally shows.

    `outlook`: what the patron who looks is told of their vote; `left_out`: how many ballots did not count.
    """

    round: Round
    lines: list[Line]
    ballots: int | None
    outlook: Outlook | None = None
    left_out: int = 0

    @property
    def yours(self) -> list[Line]:
        """What the reader chose."""
        return [line for line in self.lines if line.is_yours]

    @property
    def left(self) -> int:
        """How many choices the reader has left."""
        return max(0, self.round.choices_per_ballot - len(self.yours))

    @property
    def stories(self) -> list[Any]:
        """What came of it."""
        return [story for line in self.lines for story in line.stories]


@dataclass(frozen=True, slots=True)
class Overview:
    """All of `/topics/`: what is open, what comes next, what was asked for and is on its way, what was decided."""

    open: list[ShownRound]
    coming: Round | None
    on_the_way: list[Topic]
    past: list[ShownRound]
    has_older: bool

    @property
    def proof(self) -> Line | None:
        """The newest chosen topic that became a story, for who has never seen a vote lead to one."""
        lines = (line for shown in self.past for line in shown.lines)
        return next((line for line in lines if line.is_winner and line.stories), None)


def overview(now: datetime, member: Member | None, *, votes: bool) -> Overview:
    """Everything on the page. Four queries, two more for a live tally, two more for a member who `votes`."""
    latest = Round.objects.with_ballot().closed(now).values("pk")[: PAST_ROUNDS + 1]
    rounds = list(Round.objects.filter(Q(closes_at__gt=now) | Q(pk__in=latest)).order_by("opens_at", "pk"))
    over = sorted((each for each in rounds if each.closes_at <= now), key=lambda each: each.closes_at, reverse=True)
    running = sorted((each for each in rounds if each.is_open(now)), key=lambda each: each.closes_at)
    shown = over[:PAST_ROUNDS]
    options = _options([*running, *shown])
    tallies = {each.pk: _tally(each, options[each.pk], now) for each in shown}
    stories = stories_of([option.topic for each in shown for option in options[each.pk]], now)
    ballots = [each for each in running if len(options[each.pk]) >= FEWEST_OPTIONS]
    return Overview(
        open=[_open(each, options[each.pk], now, member, votes=votes) for each in ballots],
        coming=next((each for each in rounds if each.opens_at > now), None),
        on_the_way=list(Topic.objects.on_the_way()[:ON_THE_WAY]),
        past=[_past(each, tallies[each.pk], stories) for each in shown],
        has_older=len(over) > PAST_ROUNDS,
    )


def ballot(round_: Round, now: datetime, member: Member | None, *, votes: bool) -> ShownRound | None:
    """One open round as this reader sees it; None where it takes no votes."""
    options = _options([round_])[round_.pk]
    if not round_.is_open(now) or len(options) < FEWEST_OPTIONS:
        return None
    return _open(round_, options, now, member, votes=votes)


def past_round(slug: str, now: datetime) -> ShownRound | None:
    """A round past its deadline with its result, what did not count, and what came of it."""
    round_ = Round.objects.with_ballot().closed(now).filter(slug=slug).first()
    if round_ is None:
        return None
    tally = counting.tally_of(round_, now)
    return _past(round_, tally, stories_of([place.option.topic for place in tally.places], now))


def neighbours(round_: Round, now: datetime) -> tuple[Round | None, Round | None]:
    """The past rounds before and after it."""
    past = Round.objects.with_ballot().closed(now).exclude(pk=round_.pk)
    before = past.filter(closes_at__lte=round_.closes_at).first()
    return before, past.filter(closes_at__gt=round_.closes_at).order_by("closes_at").first()


def stories_of(topics: list[Topic], now: datetime) -> dict[int, list[Any]]:
    """The live stories that answer each of the topics, by topic key. One query."""
    stories: Any = Topic._meta.get_field("stories").related_model  # stories point at us; we name no other app
    found: dict[int, list[Any]] = {}
    wanted = [topic.pk for topic in topics]
    rows = stories.objects.live(now).filter(topic__in=wanted).newest_first()
    for story in rows.only("headline", "standfirst", "published_on", "slug", "topic", "published_at"):
        found.setdefault(story.topic_id, []).append(story)
    return found


def votes_of(option: Option, now: datetime) -> int | None:
    """How many chose it in its round; None while that is hidden."""
    if not option.round.shows_tally(now):
        return None
    if option.votes is not None:
        return option.votes
    tally = counting.tally_of(option.round, now)
    return next((place.votes for place in tally.places if place.option.pk == option.pk), None)


def result_of(option: Option, now: datetime) -> tuple[int, bool]:
    """Its votes, and whether it won, in a round past its deadline."""
    places = counting.tally_of(option.round, now).places
    place = next(place for place in places if place.option.pk == option.pk)
    return place.votes, place.is_winner


def _options(rounds: list[Round]) -> Options:
    found: Options = {each.pk: [] for each in rounds}
    for option in Option.objects.filter(round__in=rounds).with_fate().order_by("pk") if rounds else ():
        found[option.round_id].append(option)
    return found


def _tally(round_: Round, options: Iterable[Option], now: datetime) -> Tally:
    is_stored = round_.closed_at is not None
    return counting.stored_among(round_, options) if is_stored else counting.count_among(round_, options, now)


def _open(round_: Round, options: list[Option], now: datetime, member: Member | None, *, votes: bool) -> ShownRound:
    chosen = voting.choices_of(round_, member) if member and votes else set()
    tally = counting.count_among(round_, options, now) if round_.shows_tally(now) else None
    found = {place.option.pk: place.votes for place in tally.places} if tally else {}
    ordered = in_own_order(options, round_, f"member-{member.pk}" if member else "everybody")
    lines = [Line(option, found.get(option.pk), False, option.pk in chosen, []) for option in ordered]
    told = standing.outlook(round_, member, now) if member and votes else None
    return ShownRound(round_, lines, tally.ballots if tally else None, told)


def _past(round_: Round, tally: Tally, stories: dict[int, list[Any]]) -> ShownRound:
    lines = [
        Line(place.option, place.votes, place.is_winner, False, stories.get(place.option.topic_id, []))
        for place in tally.places
    ]
    return ShownRound(round_, lines, tally.ballots, left_out=sum(tally.left_out.values()))
