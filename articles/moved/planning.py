"""Redirects thought through before they are stored: whatever leads somewhere leads there in one step.

Rules: what answers already is led nowhere; nothing leads back to itself, by whatever way; a target that is itself
led on is replaced by where that ends. Eight queries at most, however many are wished for.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from articles.models import Redirect
from articles.moved.asked import ANY, asked, both, patterns
from articles.moved.living import taken
from articles.moved.onward import KEPT_IN_PATH, by_form
from articles.moved.written import LeadError, agree, is_here, key_of, new_address, old_address, path_of

MOST, MOST_PATTERNS = 10_000, 100
FEW = 5  # so many targets are looked up by their form as well
MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """An old address and where it is to lead, as typed. `line`: where it stood in a list."""

    old: str
    new: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A wish that was not granted, and why."""

    wish: Wish
    why: LeadError


@dataclass
class Led:
    """What becomes of wishes. `leads`: each old address and where it leads for good; `before`: where it led.

    `further`: others' redirects that now lead a step further. `unanswered`: targets of ours that nobody answers yet.
    """

    leads: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    further: dict[str, str] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    @property
    def made(self) -> int:
        """How many are new."""
        return len(self.leads.keys() - self.before.keys())

    @property
    def changed(self) -> int:
        """How many led elsewhere before."""
        return sum(self.before.get(old, new) != new for old, new in self.leads.items())

    @property
    def unchanged(self) -> int:
        """How many stood so already."""
        return len(self.leads) - self.made - self.changed


@dataclass(frozen=True, slots=True)
class Pair:
    """An old address as it is stored and where it leads, with the wish it came from."""

    old: str
    new: str
    wish: Wish | None = None


@dataclass
class Way:
    """How addresses lead to addresses. `steps`: by key; `answering`: paths of ours where somebody answers."""

    steps: dict[str, str]
    answering: set[str]

    def answers(self, address: str) -> bool:
        """Whether somebody answers there: not on the front page for what old sites kept behind its parameters."""
        return path_of(address) in self.answering and not key_of(address).startswith("/?")

    def end(self, new: str, start: str = "") -> str:
        """Where one who goes to `new` ends. Raises LeadError where the way goes round, or comes back to `start`."""
        passed = [start] if start else []
        while is_here(new) and not self.answers(new):
            step, further = self._next(new)
            if not step:
                break
            if step in passed or len(passed) > MOST_STEPS:
                raise LeadError(_circle([*passed, step]), "new_path")
            passed.append(step)
            new = further
        return new

    def _next(self, address: str) -> tuple[str, str]:
        """The step that catches an address and where it leads; the narrowest pattern where none is exact."""
        if (key := key_of(address)) in self.steps:
            return key, self.steps[key]
        path = path_of(address)
        for pattern in patterns(path.lower()):
            if (new := self.steps.get(pattern, "")).endswith(f"/{ANY}"):
                rest = quote(path[len(pattern) - len(ANY) :], safe=f"{KEPT_IN_PATH}{ANY}")
                return pattern, f"{new.removesuffix(ANY)}{rest}"
            if new:
                return pattern, new
        return "", ""


def plan(wishes: Sequence[Wish], *, now: datetime, but: int | None = None) -> Led:
    """What storing `wishes` would do. `but`: the key of a redirect that is itself being changed.

    Raises LeadError for too many.
    """
    if len(wishes) > MOST:
        raise LeadError(_("At most 10,000 at once: these are %(count)d.") % {"count": len(wishes)})
    led = Led()
    wanted = _read(wishes, led)
    known = _known(list(wanted.values()), but)
    pairs = [*wanted.values(), *known]
    asked_for = {path_of(address) for pair in pairs for address in (pair.old, pair.new) if is_here(address)}
    typed = {path_of(pair.wish.old) for pair in wanted.values() if pair.wish and pair.wish.old.startswith("/")}
    answering = taken(asked_for | typed, now)
    wanted = _led_nowhere(wanted, answering, led)
    steps = {key_of(pair.old): pair.new for pair in known}
    way = Way({**steps, **{key: pair.new for key, pair in wanted.items()}}, answering)
    stored: dict[str, dict[str, str]] = defaultdict(dict)  # one address may stand in several spellings
    for row in known:
        stored[key_of(row.old)][row.old] = row.new
    for key, pair in wanted.items():
        _settle(key, pair, stored[key], way, led)
    if len(led.leads) <= FEW:
        led.leads = {old: _by_form(new, way, now) for old, new in led.leads.items()}
    ends = {new for new in led.leads.values() if is_here(new) and not new.endswith(ANY)}
    silent = asked_for - answering
    led.unanswered = sorted(new for new in ends if path_of(new) in silent)
    led.refused.sort(key=lambda one: one.wish.line)
    _shorten(known, Way({**steps, **{key_of(old): new for old, new in led.leads.items()}}, answering), led)
    return led


def _read(wishes: Sequence[Wish], led: Led) -> dict[str, Pair]:
    """The wishes as they would be stored, by key. One that contradicts an earlier one is refused."""
    wanted: dict[str, Pair] = {}
    for wish in wishes:
        try:
            if not (wish.old and wish.new):
                raise LeadError(_("Two things are needed: an old address, and where it leads."))
            pair = Pair(old_address(wish.old), new_address(wish.new), wish)
            agree(pair.old, pair.new)
            earlier = wanted.setdefault(key_of(pair.old), pair)
            if earlier.new != pair.new:
                raise LeadError(_("An earlier line leads it to %(path)s.") % {"path": earlier.new})
        except LeadError as error:
            led.refused.append(Refused(wish, error))
    if sum(key.endswith(ANY) for key in wanted) > MOST_PATTERNS:
        raise LeadError(_("At most %(most)d patterns at once.") % {"most": MOST_PATTERNS})
    return wanted


def _known(wanted: list[Pair], but: int | None) -> list[Pair]:
    """What is stored of the wishes' old addresses, of their targets, and of what leads to the old ones. One query."""
    olds = {form for pair in wanted for form in (pair.old, *both(pair.old))}
    targets = [path_of(pair.new).lower() for pair in wanted if is_here(pair.new)]
    olds |= {form for path in targets for form in (*both(path), *patterns(path))}
    olds |= {key_of(pair.new) for pair in wanted if is_here(pair.new)}
    to_them = {form for pair in wanted for one in both(pair.old) for form in (one, quote(one, safe=KEPT_IN_PATH))}
    named = Q(old_path__in=olds) | Q(new_path__in=to_them | {pair.old for pair in wanted})
    for pair in wanted:
        if pair.old.endswith(ANY):
            named |= Q(new_path__istartswith=pair.old.removesuffix(ANY))
    rows = Redirect.objects.filter(named).exclude(pk=but or 0).order_by("pk")
    return [Pair(old, new) for old, new in rows.values_list("old_path", "new_path")]


def _led_nowhere(wanted: dict[str, Pair], answering: set[str], led: Led) -> dict[str, Pair]:
    """The wishes without those for addresses that answer already; those are refused."""
    kept = {}
    for key, pair in wanted.items():
        typed = path_of(pair.wish.old) if pair.wish else pair.old
        if pair.wish and not pair.old.startswith("/?") and {typed, pair.old} & answering:
            sentence = _("Something of ours answers there already: nobody would be led on.")
            led.refused.append(Refused(pair.wish, LeadError(sentence)))
        else:
            kept[key] = pair
    return kept


def _settle(key: str, pair: Pair, stands: dict[str, str], way: Way, led: Led) -> None:
    """Lead one on to where its way ends, in every spelling it is stored in."""
    try:
        end = way.end(pair.new, key)
    except LeadError as error:
        if pair.wish:
            led.refused.append(Refused(pair.wish, error))
        return
    led.before.update(stands)
    led.leads.update(dict.fromkeys(stands or [pair.old], end))


def _by_form(new: str, way: Way, now: datetime) -> str:
    """Where an old form as a target leads, if it leads anywhere; else as it is."""
    path, _mark, query = new.partition("?")
    if not is_here(new) or new.endswith(ANY) or way.answers(new):
        return new
    return by_form(asked(path_of(path), QueryDict(query).dict()), now) or new


def _shorten(known: list[Pair], way: Way, led: Led) -> None:
    """Lead what stood before as far as it goes now."""
    for pair in known:
        if pair.old in led.leads:
            continue
        try:
            end = way.end(pair.new, key_of(pair.old))
        except LeadError:  # it went round before anybody wished for anything, and still does
            continue
        if end != pair.new:
            led.further[pair.old] = end


def _circle(passed: list[str]) -> str:
    """What is wrong with a way that comes back."""
    if passed[0] == passed[-1] and len(passed) == 2:
        return _("That leads back to itself.")
    return _("That goes round in a circle: %(way)s.") % {"way": " → ".join(passed)}
