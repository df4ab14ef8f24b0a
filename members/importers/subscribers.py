"""Subscribers of a letter elsewhere: whoever confirmed there gets ours, with the proof of it; nobody else does.

What people did here counts more than what a table says: who left here stays out, who asked here stays in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower
from django.utils import timezone

from members.importers.accounts import owners
from members.importers.columns import Wish
from members.importers.telling import Telling
from members.letters.joining import asking, proof
from members.letters.sending import suppression
from members.models import Consent, Letter, LetterSubscription, Suppression

Act = Consent.Act
IMPORTED = "imported from "  # how the place begins where nobody asked on a page of ours
REASONS = {Wish.BARRED: Suppression.Reason.KEEPS_BOUNCING, Wish.COMPLAINED: Suppression.Reason.COMPLAINED}
CARE = (Wish.COMPLAINED, Wish.BARRED, Wish.LEFT, Wish.CONFIRMED, Wish.WAITING)
SAID = {
    Wish.BARRED: "addresses that do not take mail: nothing will be sent there",
    Wish.COMPLAINED: "addresses whose owner called mail spam: nothing will be sent there",
}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One line about a letter: the address, what it wishes, and since when (None: not said)."""

    number: int
    email: str
    wish: Wish
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Move:
    """Where subscribers come from and which letter they get."""

    origin: str
    letter: Letter
    now: datetime

    @property
    def where(self) -> str:
        """What the proof says of the place: no page of ours."""
        return f"{IMPORTED}{self.origin}, {timezone.localdate(self.now).isoformat()}"

    @property
    def wording(self) -> str:
        """What the proof says of the words: they are there."""
        return f"The words of {self.origin}, there"


def bring(batch: Sequence[Subscriber], move: Move, telling: Telling) -> None:
    """Bring one batch, in the caller's transaction. Mails nobody; running it again changes nothing.

    Effects: subscriptions with their lines in the proof; suppressed addresses.
    """
    lines = _most_careful(batch)
    here = _rows(list(lines), move.letter)
    barred, people = suppression.among(lines), owners(lines)
    wanted_here = _asked_here([email for email, each in lines.items() if each.wish in REASONS])
    new: list[tuple[LetterSubscription, Wish]] = []
    for email, each in lines.items():
        row = here.get(email)
        match each.wish:
            case Wish.WAITING:
                telling.left("subscribers who never confirmed: they do not come")
            case Wish.BARRED | Wish.COMPLAINED if email not in wanted_here:
                _spare(each, move, telling)
            case Wish.CONFIRMED if email in barred:
                telling.left("addresses that are spared here: they stay so")
            case Wish.CONFIRMED | Wish.LEFT if row is None:
                row = _row(each, move)
                row.member = people.get(email)
                new.append((row, each.wish))
            case Wish.CONFIRMED if row is not None:
                _confirm(row, each, move, telling)
            case Wish.LEFT if row is not None:
                _leave(row, move, telling)
            case _:
                telling.left("addresses that took no mail there and ask for it here: they go on")
    _store(new, move, telling)


def _most_careful(batch: Sequence[Subscriber]) -> dict[str, Subscriber]:
    """One line an address (lower case): of several the one that has us write least."""
    lines: dict[str, Subscriber] = {}
    for each in batch:
        known = lines.get(each.email.lower())
        if known is None or CARE.index(each.wish) < CARE.index(known.wish):
            lines[each.email.lower()] = each
    return lines


def _rows(emails: Sequence[str], letter: Letter) -> dict[str, LetterSubscription]:
    rows = LetterSubscription.objects.alias(lowered=Lower("email")).filter(letter=letter, lowered__in=emails)
    return {row.email.lower(): row for row in rows.select_for_update().order_by("pk")}


def _asked_here(emails: Sequence[str]) -> set[str]:
    """Those of the addresses that get some letter since they asked for it on our own pages."""
    if not emails:
        return set()
    receiving = LetterSubscription.objects.receiving().exclude(asked_on__startswith=IMPORTED)
    found = receiving.alias(lowered=Lower("email")).filter(lowered__in=emails)
    return {email.lower() for email in found.values_list("email", flat=True)}


def _row(each: Subscriber, move: Move) -> LetterSubscription:
    since = min(each.since or move.now, move.now)
    is_left = each.wish is Wish.LEFT
    return LetterSubscription(
        letter=move.letter, email=each.email, asked_at=since, asked_on=move.where, wording=move.wording,
        confirmed_at=None if is_left else since, left_at=since if is_left else None,
    )  # fmt: skip


def _store(new: Sequence[tuple[LetterSubscription, Wish]], move: Move, telling: Telling) -> None:
    """All rows at once, then the proof of each."""
    LetterSubscription.objects.bulk_create([row for row, _wish in new])
    lines = []
    for row, wish in new:
        acts = (Act.LEFT,) if wish is Wish.LEFT else (Act.ASKED, Act.CONFIRMED)
        lines += [proof.line(row, act, where=move.where, wording=move.wording, now=row.asked_at) for act in acts]
    proof.note_all(lines)
    left = sum(wish is Wish.LEFT for _row, wish in new)
    telling.came(f"subscribers of “{move.letter}”, with their consent", len(new) - left)
    telling.came("subscribers who had left: they get nothing, and that is noted", left)


def _confirm(row: LetterSubscription, each: Subscriber, move: Move, telling: Telling) -> None:
    """They asked for it here as well: what they confirmed there confirms that; who left here stays out."""
    if row.left_at is not None:
        telling.left("subscribers who have left since: they stay out")
    elif row.confirmed_at is not None:
        telling.left("subscribers who get the letter already")
    else:
        row.confirmed_at = max(row.asked_at, min(each.since or move.now, move.now))
        row.save(update_fields=["confirmed_at"])
        proof.note(row, Act.CONFIRMED, where=move.where, wording=move.wording, now=row.confirmed_at)
        telling.came("subscribers who had asked here and confirmed there")


def _leave(row: LetterSubscription, move: Move, telling: Telling) -> None:
    """They left there: what came from there ends; what they asked for here goes on."""
    if row.left_at is not None:
        telling.left("subscribers who have left since: they stay out")
    elif _is_ours(row):
        telling.left("subscribers who left there and asked for it here: they keep it")
    else:
        asking.leave(row, move.now, where=move.where, wording=move.wording)
        telling.came("subscribers who left there since the last time: they get it no more")


def _spare(each: Subscriber, move: Move, telling: Telling) -> None:
    is_new = suppression.suppress(each.email, REASONS[each.wish], detail=move.where, now=move.now)
    (telling.came if is_new else telling.left)(SAID[each.wish])


def _is_ours(row: LetterSubscription) -> bool:
    """Whether the wish was told on a page of ours, and not brought by a table."""
    return not row.asked_on.startswith(IMPORTED)
