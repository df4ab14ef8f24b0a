"""Why a reader sees what they see of a story: the gate's decision, its cause, one sentence, and what would open it.

Pure, and built on `decide`: the decision is asked for, never made here; the cause is looked for among those of that
decision; what would open the story is what `decide` says yes to when it is tried.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from members.gate import STRICTNESS, Allowance, Audience, Decision, Reader, Terms, decide

SOMEBODY = -1  # the key of an account that is only thought of


class Cause(StrEnum):
    """What a decision rested on."""

    DESK_EARLY = "desk early"
    DESK = "desk"
    INTEREST = "public interest"
    GIFT = "gift"
    OPEN = "open"
    ACCOUNT = "account"
    METER_OFF = "meter off"
    COUNTED = "counted"
    NOT_COUNTED = "patron at the meter"
    TIER = "tier"
    VIEWS_LEFT = "views left"
    NO_ACCOUNT = "no account"
    VIEWS_WITH_ACCOUNT = "views with an account"
    NOT_LIVE = "not live"
    UNHEARD_OF = "unheard of"
    VIEWS_USED = "views used"
    NO_TIER = "no tier"
    NO_TIER_NOBODY = "no tier, nobody"
    TIER_TOO_LOW = "tier too low"
    TIER_WITHOUT_ARCHIVE = "tier without archive"


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier as the gate knows it. `is_sold`: whether somebody can join it today."""

    rank: int
    name: str
    opens_archive: bool = True
    is_sold: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """A reader before a story: what the gate is told, and how people call it.

    `who` begins a sentence. `not_live` says why readers do not know of it, as a clause (“it is a draft”).
    `limit`: the reader's metered stories a month. `rungs`: every tier, lowest rank first.
    """

    terms: Terms
    reader: Reader
    allowance: Allowance
    now: datetime
    who: str
    not_live: str = ""
    archive_days: int | None = None
    limit: int = 0
    rungs: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate says to this reader and why, in one sentence; each of `openers` would open the story to them."""

    decision: Decision
    cause: Cause
    sentence: str
    openers: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether they read on without doing anything."""
        return self.decision is Decision.READ


@dataclass(frozen=True, slots=True)
class Known:
    """A cause: the decision it may explain, when it does, and its sentence."""

    cause: Cause
    decision: Decision
    holds: Callable[[Case], bool]
    sentence: Any


def explain(case: Case) -> Answer:
    """What the gate decides in this case, and why. Raises LookupError if it learned a cause nobody wrote down here."""
    decision = decision_of(case)
    known = next((each for each in CAUSES if each.decision is decision and each.holds(case)), None)
    if known is None:
        raise LookupError(f"No sentence for {decision} of {case.terms} to {case.reader}")
    openers = () if decision is Decision.READ else tuple(_openers(case))
    return Answer(decision, known.cause, str(known.sentence) % _words(case), openers)


def decision_of(case: Case) -> Decision:
    """What the gate says."""
    return decide(case.terms, case.reader, case.allowance, case.now)


def story_clause(case: Case) -> str:
    """For whom the story is now, as a clause, and whether its age made it so."""
    terms, audience = case.terms, case.terms.audience_at(case.now)
    said = {
        Audience.EVERYONE.value: _("the story is open to everyone"),
        Audience.METERED.value: _("the story is metered"),
        Audience.MEMBERS.value: _("the story is for members"),
        Audience.PATRONS.value: _("the story is for patrons"),
    }.get(audience, _("the story’s audience is none the gate knows"))
    if audience == Audience.PATRONS and (above := _above(case)):
        said = _("the story is for patrons of “%(tier)s” and above") % {"tier": above}
    if audience == terms.audience or audience not in STRICTNESS:
        return said
    days = case.archive_days or 0
    old = ngettext(
        "%(story)s since it is more than %(n)d day old (the archive rule)",
        "%(story)s since it is more than %(n)d days old (the archive rule)",
        days,
    )
    return old % {"story": said, "n": days}


def _above(case: Case) -> str:
    """The tier a patrons' story asks for; empty where any will do."""
    ranks = {rung.rank: rung.name for rung in case.rungs}
    is_any = case.terms.minimum_rank <= min(ranks, default=1)
    return "" if is_any else ranks.get(case.terms.minimum_rank, _("rank %(n)d") % {"n": case.terms.minimum_rank})


def _words(case: Case) -> Mapping[str, Any]:
    ranks = {rung.rank: rung.name for rung in case.rungs}
    rank = case.reader.rank
    return {
        "who": case.who,
        "story": story_clause(case),
        "tier": ranks.get(rank, _("rank %(n)d") % {"n": rank}),
        "left": case.allowance.left,
        "more": case.allowance.left_as_member,
        "limit": case.limit,
        "not_live": case.not_live or _("the story is not live"),
    }


def _is_metered(case: Case) -> bool:
    return case.terms.audience_at(case.now) == Audience.METERED


def _is_for_patrons(case: Case) -> bool:
    return case.terms.audience_at(case.now) == Audience.PATRONS


def _is_live(case: Case) -> bool:
    return case.terms.is_live(case.now)


CAUSES: tuple[Known, ...] = (  # within a decision, in the order the gate looks
    Known(
        Cause.DESK_EARLY, Decision.READ, lambda case: case.reader.on_staff and not _is_live(case),
        gettext_lazy("%(who)s sees it because they work at the desk; nobody else does: %(not_live)s."),
    ),
    Known(
        Cause.DESK, Decision.READ, lambda case: case.reader.on_staff,
        gettext_lazy("%(who)s reads all of it: they work at the desk, where the gate stops nobody."),
    ),
    Known(
        Cause.INTEREST, Decision.READ, lambda case: case.terms.public_interest,
        gettext_lazy("%(who)s reads all of it: it is marked as of public interest, which opens it to everyone."),
    ),
    Known(
        Cause.GIFT, Decision.READ, lambda case: case.reader.has_gift_for(case.terms),
        gettext_lazy("%(who)s reads all of it: their browser opened a gift of this story, or its link in a letter."),
    ),
    Known(
        Cause.OPEN, Decision.READ, lambda case: case.terms.audience_at(case.now) == Audience.EVERYONE,
        gettext_lazy("%(who)s reads all of it: %(story)s."),
    ),
    Known(
        Cause.ACCOUNT, Decision.READ, lambda case: case.terms.audience_at(case.now) == Audience.MEMBERS,
        gettext_lazy("%(who)s reads all of it while signed in: %(story)s, and they have an account."),
    ),
    Known(
        Cause.METER_OFF, Decision.READ, lambda case: _is_metered(case) and not case.allowance.switched_on,
        gettext_lazy("%(who)s reads all of it: %(story)s, but the meter is switched off, so nothing is counted."),
    ),
    Known(
        Cause.NOT_COUNTED, Decision.READ, lambda case: _is_metered(case) and case.reader.is_patron,
        gettext_lazy("%(who)s reads all of it: %(story)s, and a patron (“%(tier)s”) is never counted."),
    ),
    Known(
        Cause.COUNTED, Decision.READ, lambda case: _is_metered(case) and case.allowance.counted,
        gettext_lazy("%(who)s reads all of it: %(story)s, and they opened it this month already."),
    ),
    Known(
        Cause.TIER, Decision.READ, lambda case: _is_for_patrons(case) and case.reader.is_patron,
        gettext_lazy("%(who)s reads all of it while signed in: %(story)s, and they are a patron (“%(tier)s”)."),
    ),
    Known(
        Cause.VIEWS_LEFT, Decision.SPEND, _is_metered,
        gettext_lazy(
            "%(who)s sees “Continue reading”, which opens it: %(story)s, and of %(limit)d a month %(left)d can still "
            "be opened."
        ),
    ),
    Known(
        Cause.VIEWS_WITH_ACCOUNT, Decision.SIGN_UP, _is_metered,
        gettext_lazy(
            "%(who)s sees the sign-up wall: %(story)s, this month’s %(limit)d are used, and an account gives %(more)d "
            "more."
        ),
    ),
    Known(
        Cause.NO_ACCOUNT, Decision.SIGN_UP, lambda case: case.terms.audience_at(case.now) == Audience.MEMBERS,
        gettext_lazy("%(who)s sees the sign-up wall: %(story)s, and nobody is signed in."),
    ),
    Known(
        Cause.NOT_LIVE, Decision.SUBSCRIBE, lambda case: not _is_live(case),
        gettext_lazy("%(who)s is told that there is no such page: %(not_live)s."),
    ),
    Known(
        Cause.UNHEARD_OF, Decision.SUBSCRIBE, lambda case: case.terms.audience_at(case.now) not in STRICTNESS,
        gettext_lazy("%(who)s sees the patrons’ wall: %(story)s, so it is closed to all but the desk."),
    ),
    Known(
        Cause.VIEWS_USED, Decision.SUBSCRIBE, _is_metered,
        gettext_lazy("%(who)s sees the patrons’ wall: %(story)s, and this month’s %(limit)d are used."),
    ),
    Known(
        Cause.NO_TIER_NOBODY, Decision.SUBSCRIBE, lambda case: _is_for_patrons(case) and not case.reader.is_member,
        gettext_lazy("%(who)s sees the patrons’ wall: %(story)s, and nobody is signed in."),
    ),
    Known(
        Cause.NO_TIER, Decision.SUBSCRIBE, lambda case: _is_for_patrons(case) and not case.reader.is_patron,
        gettext_lazy("%(who)s sees the patrons’ wall: %(story)s, and they are no patron now."),
    ),
    Known(
        Cause.TIER_TOO_LOW, Decision.UPGRADE, lambda case: case.reader.rank < case.terms.minimum_rank,
        gettext_lazy("%(who)s is asked for a higher tier: %(story)s, and theirs is “%(tier)s”."),
    ),
    Known(
        Cause.TIER_WITHOUT_ARCHIVE, Decision.UPGRADE, lambda case: not case.reader.opens_archive,
        gettext_lazy(
            "%(who)s is asked for another tier: %(story)s, and theirs, “%(tier)s”, does not open the archive."
        ),
    ),
)  # fmt: skip


def _openers(case: Case) -> Iterator[str]:
    """What would open the story to this reader: each is tried on the gate."""
    yield from _waiting(case)
    yield from _joining(case)
    yield from _changing(case)


def _opens(case: Case, **changed: Any) -> bool:
    """Whether the gate would let this reader read on, at the cost of a view at most."""
    return decision_of(replace(case, **changed)) in (Decision.READ, Decision.SPEND)


def _waiting(case: Case) -> Iterator[str]:
    """What comes by itself."""
    live_from = case.terms.live_from
    if live_from is not None and live_from > case.now and _opens(case, now=live_from):
        yield _("Waiting until the story is out.")
    if not _opens(case) and _opens(case, allowance=replace(case.allowance, left=case.limit)):
        yield _("Waiting for the next month, when the count begins anew.")


def _joining(case: Case) -> Iterator[str]:
    """What the reader can do."""
    if case.allowance.left > 0 and _opens(case):
        yield _("Pressing “Continue reading”: it costs one of this month’s stories.")
    account = replace(case.reader, member_id=SOMEBODY)
    views = replace(case.allowance, left=case.allowance.left_as_member)
    if not case.reader.is_member and not _opens(case) and _opens(case, reader=account, allowance=views):
        yield _("Signing in, or a free account.")
    for rung in case.rungs:
        archive = rung.opens_archive or (case.reader.is_patron and case.reader.opens_archive)
        patron = replace(account, rank=max(rung.rank, case.reader.rank), opens_archive=archive)
        if decision_of(replace(case, reader=patron)) is Decision.READ:
            sold = _("Joining “%(tier)s”, or a higher tier.")
            unsold = _("The tier “%(tier)s”, which nobody can join at the moment: it has to be given.")
            yield (sold if rung.is_sold else unsold) % {"tier": rung.name}
            if rung.is_sold:
                break
    gifted = replace(case.reader, gifts=case.reader.gifts | {case.terms.story_id})
    if decision_of(replace(case, reader=gifted)) is Decision.READ:
        yield _("A patron’s gift of this story, or its link in a letter.")


def _changing(case: Case) -> Iterator[str]:
    """What the desk can do."""
    if _opens(case):
        return
    if not _is_live(case):
        if _opens(case, terms=replace(case.terms, live_from=case.now)):
            yield _("An editor putting it out.")
        return
    if _opens(case, terms=replace(case.terms, archived_at=None)):
        yield _("An archive rule that closes later, or not at all.")
    if _opens(case, terms=replace(case.terms, public_interest=True)):
        yield _("An editor marking it as of public interest.")
