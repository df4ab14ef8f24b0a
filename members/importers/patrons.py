"""Patrons who pay at Patreon or Substack: whoever is active there reads here to the day paid, and some days more.

A later table of the same patrons extends what is here; whoever stopped there ends. Nobody is mailed: to move their
card they are asked on the desk (`members.money.giving.elsewhere`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from members.importers.accounts import Newcomer, open_accounts, owners, works_here
from members.importers.columns import Origin, is_yes, key_of, moment
from members.importers.tables import Line
from members.importers.telling import Telling
from members.importers.tiers import Tiers
from members.models import AuditEntry, Complimentary, Grant, Member, Subscription
from members.models.grant import add_months

FARTHEST = timedelta(days=3 * 366)  # a day paid beyond that is a slip
ONE_MONTH, ONE_YEAR = 1, 12
BROKEN = ("declined", "refunded", "fraud", "deleted")  # last charges that paid for nothing
ENDED_HERE = "end complimentary access"  # in the record


class State(StrEnum):
    """What a patron is there."""

    ACTIVE = "active"
    OVER = "over"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Patron:
    """One line: their key there, until when they paid (None: nothing says it), and in which tier of theirs."""

    origin: Origin
    number: int
    key: str
    email: str
    state: State
    tier: str
    paid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What an import of patrons goes by."""

    tiers: Tiers
    grace: timedelta
    now: datetime


def patron_of(line: Line, email: str) -> Patron:
    """What a row of Patreon's table says."""
    key = key_of(Origin.PATREON, line["id"], email)
    return Patron(Origin.PATREON, line.number, key, email, state_of(line), line["tier"], paid_until(line))


def payer_of(line: Line, email: str) -> Patron | None:
    """The same of Substack's table, where a plan stands for a tier; None for who never paid."""
    if not is_yes(line["paying"]) and not line["expires"]:
        return None
    key, state = key_of(Origin.SUBSTACK, "", email), State.ACTIVE if is_yes(line["paying"]) else State.OVER
    return Patron(Origin.SUBSTACK, line.number, key, email, state, line["plan"], moment(line["expires"]))


def state_of(line: Line) -> State:
    """Whether they pay. An active patron whose last charge broke does not."""
    status = line["status"].casefold()
    if status == "active patron":
        return State.OVER if line["charge"].casefold() in BROKEN else State.ACTIVE
    return State.OVER if status in ("declined patron", "former patron") else State.FREE


def paid_until(line: Line) -> datetime | None:
    """The day access ends there, else the next charge's, else one period after the last."""
    found = moment(line["expires"])
    if found is not None or state_of(line) is not State.ACTIVE:
        return found  # another charge is but tried with those who stopped
    found, charged = moment(line["next"]), moment(line["charged"])
    if found is None and charged is not None:
        yearly = line["frequency"].casefold().startswith(("annual", "year"))
        found = add_months(charged, ONE_YEAR if yearly else ONE_MONTH)
    return found


def count_tier(each: Patron | None, found: Counter[str]) -> None:
    """Count the tier of a patron who will need one of ours."""
    if each is not None and each.state is State.ACTIVE:
        found[each.tier] += 1


def bring(batch: Sequence[Patron], terms: Terms, telling: Telling) -> None:
    """Bring one batch, in the caller's transaction. Running it again changes nothing.

    Effects: accounts, access of the kind *elsewhere*, grants.
    """
    patrons = {each.key: each for each in reversed(batch)}
    telling.left("lines of a patron who came before in the file", len(batch) - len(patrons))
    batch = [patrons[key] for key in reversed(patrons)]
    rows = _rows(batch)
    coming = [each for each in batch if each.state is State.ACTIVE and each.key not in rows]
    good = [each for each in coming if _is_datable(each, terms, telling)]
    people = owners(each.email for each in good)
    missing = {each.email.lower(): Newcomer(each.email) for each in good if each.email.lower() not in people}
    people |= open_accounts(missing, now=terms.now)
    telling.came("accounts, without a password: they sign in with a code", len(missing))
    stopped = _stopped_here(rows, terms.now)
    for each in batch:
        row = rows.get(each.key)
        if row is not None:
            _follow(row, each, terms, telling, is_stopped=row.pk in stopped)
        elif each.state is not State.ACTIVE:
            telling.left("members who pay nothing there" if each.state is State.FREE else "patrons who had stopped")
    for each in good:
        _begin(people[each.email.lower()], each, terms, telling)
    _tell_who_pays_twice([*_rows(batch).values()], batch, telling)


def _rows(batch: Sequence[Patron]) -> dict[str, Complimentary]:
    wanted = Complimentary.objects.filter(legacy_key__in=[each.key for each in batch])
    found = wanted.select_related("member", "tier").select_for_update(of=("self",)).order_by("pk")
    return {str(row.legacy_key): row for row in found}


def _ends(each: Patron, terms: Terms) -> datetime:
    return (each.paid_until or terms.now) + terms.grace


def _is_datable(each: Patron, terms: Terms, telling: Telling) -> bool:
    """Whether what they paid covers a day to come, and one that can be."""
    if each.paid_until is None:
        telling.list("patrons without a date", each.number, each.email, "nothing says until when they paid")
    elif each.paid_until > terms.now + FARTHEST:
        telling.list("patrons paid for too long", each.number, each.email, f"paid until {each.paid_until:%Y-%m-%d}?")
    elif _ends(each, terms) <= terms.now:
        telling.list(
            "active patrons whose paid days and grace are over", each.number, each.email,
            f"paid until {each.paid_until:%Y-%m-%d} by this table; a newer one will say more",
        )  # fmt: skip
    else:
        return True
    return False


def _begin(member: Member, each: Patron, terms: Terms, telling: Telling) -> None:
    """Access from now on. A closed account stays closed."""
    tier = terms.tiers.of(each.tier)
    if not member.is_active or tier is None:
        telling.list("patrons whose account here is closed", each.number, each.email)
        return
    if works_here(member):
        telling.note("staff", f"line {each.number}, {each.email} works here: their role stays as it is")
    Complimentary.objects.create(
        member=member, tier=tier, starts_at=terms.now, ends_at=_ends(each, terms), legacy_key=each.key,
        kind=Complimentary.Kind.ELSEWHERE, reason=_reason(each),
    )  # fmt: skip
    Grant.objects.rebuild(member, now=terms.now)
    telling.came("patrons who pay there and read here")


def _follow(row: Complimentary, each: Patron, terms: Terms, telling: Telling, *, is_stopped: bool) -> None:
    """What was brought before: longer, ended, or as it is."""
    if row.member.erased_at is not None:
        telling.left("patrons who had their account here erased: nothing of them is kept")
    elif each.state is not State.ACTIVE:
        _end(row, each, terms, telling)
    elif is_stopped:
        telling.list("patrons whose access the desk ended: it stays so", each.number, each.email)
    elif _is_datable(each, terms, telling):
        _extend(row, each, terms, telling)


def _extend(row: Complimentary, each: Patron, terms: Terms, telling: Telling) -> None:
    """Never shorter than it is: what was promised holds."""
    tier = terms.tiers.of(each.tier) or row.tier
    ends = max(row.ends_at, _ends(each, terms))
    if (ends, tier.pk) == (row.ends_at, row.tier_id):
        telling.left("patrons who are here already")
        return
    row.ends_at, row.tier, row.reason = ends, tier, _reason(each)
    row.save(update_fields=["ends_at", "tier", "reason"])
    Grant.objects.rebuild(row.member, now=terms.now)
    telling.came("patrons whose access is extended, or of another tier now")


def _end(row: Complimentary, each: Patron, terms: Terms, telling: Telling) -> None:
    """They stopped there: what is paid already stays open, the grace does not."""
    paid = each.paid_until if each.paid_until and each.state is State.OVER else terms.now
    ends = max(min(paid, row.ends_at), terms.now, row.starts_at + timedelta(seconds=1))
    if row.ends_at <= ends:
        telling.left("patrons who stopped there, and whose access is over or ends")
        return
    row.ends_at = ends
    row.save(update_fields=["ends_at"])
    Grant.objects.rebuild(row.member, now=terms.now)
    telling.came("patrons who stopped there: their access ends")


def _stopped_here(rows: dict[str, Complimentary], now: datetime) -> set[int]:
    """Those whose access the desk ended. One query, none while nobody's is over."""
    over = {str(row.pk): row.pk for row in rows.values() if row.ends_at <= now}
    if not over:
        return set()
    told = AuditEntry.objects.filter(subject_type=Complimentary._meta.label, subject_id__in=over, verb=ENDED_HERE)
    return {over[subject] for subject in told.values_list("subject_id", flat=True)}


def _tell_who_pays_twice(rows: Sequence[Complimentary], batch: Sequence[Patron], telling: Telling) -> None:
    """Name those who moved their card here and forgot to stop there."""
    active = {each.key: each for each in batch if each.state is State.ACTIVE}
    owners_ = {row.member_id: active[str(row.legacy_key)] for row in rows if row.legacy_key in active}
    paying = Subscription.objects.standing().filter(customer__member__in=owners_)
    for member_id in sorted(set(paying.values_list("customer__member", flat=True))):
        each = owners_[member_id]
        telling.note("twice", f"line {each.number}, {each.email} pays here by now, and there as well")


def _reason(each: Patron) -> str:
    return " · ".join(filter(None, (each.origin.shown, each.tier)))[:300]
