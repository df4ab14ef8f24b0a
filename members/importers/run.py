"""One import of people: the table is looked through first, then brought batch by batch.

Nothing is written before the first look is over, so a tier without a counterpart leaves nothing behind. After that
each batch is a transaction: an interrupted run is completed by the next, and what is here is left alone. A dry run
does the same and takes every batch back.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import IntegrityError, transaction

from members.gate import Audience
from members.importers import accounts, patrons, readers, subscribers
from members.importers.columns import WISHES, Origin, Wish, is_yes, moment, parted, table_of
from members.importers.customers import Attaching
from members.importers.tables import BrokenTableError, Line, WrongFileError, joined, spoken
from members.importers.telling import Report, Telling
from members.importers.tiers import Tiers
from members.letters.joining import addresses
from members.models import Letter, Member, SiteRules
from members.money.stripe_api.errors import Misconfigured
from members.money.stripe_api.fitting import Fitter, fitter

BATCH = {Origin.JETPACK: 500, Origin.SUBSTACK: 500, Origin.PATREON: 100, Origin.GHOST: 100}  # lines a transaction
TWICE = "lines whose address came before in the file"
PAID = ("paid", "monthly", "annual", "yearly", "founding")
PAYING = "subscribers who pay there (counted above): of Substack’s, --tier has them read to the day they paid"
TRIES = 3  # of a batch that somebody's own wish came between
SILENT = (
    "This table does not say who confirmed, or who left. If you know that everybody in it wants the letter, "
    "say so with --all-confirmed."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command asks for. `grace`: None for the days the site's rules give."""

    origin: Origin
    letter: Letter | None = None
    tiers: Sequence[str] = ()
    grace: timedelta | None = None
    all_confirmed: bool = False
    makes_accounts: bool = False
    is_dry: bool = False


class PeopleImport:
    """One run over one file. `look` comes before `bring`. Raises WrongFileError, TierError, OSError."""

    def __init__(self, path: Path, wanted: Wanted, *, report: Report, now: datetime) -> None:
        self.wanted, self.now = wanted, now
        self.telling = Telling(report)
        self.table = table_of(path, wanted.origin)
        self.tiers = Tiers(wanted.tiers)
        self.total, self.broken = 0, ""
        self._seen: set[str] = set()
        self._refuse_what_cannot_be()

    def _refuse_what_cannot_be(self) -> None:
        """Raise WrongFileError where the command lacks something, or the table does."""
        origin, letter = self.wanted.origin, self.wanted.letter
        if origin in (Origin.JETPACK, Origin.SUBSTACK):
            if letter is None:
                raise WrongFileError(f"Which letter do they get? Name it with --letter. {known_letters()}")
            if not {"status", "disabled"} & set(self.table.names) and not self.wanted.all_confirmed:
                raise WrongFileError(SILENT)
            if letter.audience != Audience.EVERYONE and not self.wanted.makes_accounts:
                raise WrongFileError(f"“{letter}” is for members: --accounts makes an account for each subscriber.")
        elif origin is Origin.PATREON and letter is not None:
            raise WrongFileError("Nobody on Patreon confirmed a letter of yours: leave --letter out.")

    def look(self) -> Iterator[int]:
        """Look the table through, writing nothing; after each line how many there were.

        Raises TierError for a tier without a counterpart. Where the table breaks, `broken` says so, and the lines
        before it are brought.
        """
        found: Counter[str] = Counter()
        try:
            for line in self.table.lines():
                self.total += 1
                if self.wanted.origin is Origin.PATREON:
                    patrons.count_tier(patrons.patron_of(line, line["email"]), found)
                elif self._brings_payers:
                    patrons.count_tier(patrons.payer_of(line, line["email"]), found)
                elif self.wanted.origin is Origin.GHOST and readers.reader_of(line, line["email"]).needs_tier:
                    found.update(parted(line["tiers"]) or [""])
                yield self.total
        except BrokenTableError as error:
            self.broken = str(error)
        self.tiers.refuse_unknown(found)
        if self.table.unknown:
            names = joined(self.table.unknown, 8)
            self.telling.left(f"columns that have no place here: {names}", len(self.table.unknown))

    def bring(self) -> Iterator[int]:
        """Write batch after batch; after each how many of `total` lines were looked at."""
        attaching = Attaching(*self._fitter(), self.tiers, self.wanted.is_dry)
        batch: list[tuple[Line, str]] = []
        done = 0
        for line in self._good_lines():
            done += 1
            if email := self._address(line):
                batch.append((line, email))
            if len(batch) >= BATCH[self.wanted.origin]:
                self._bring(batch, attaching)
                batch = []
                yield done
        self._bring(batch, attaching)
        self.telling.close()
        yield done

    def _fitter(self) -> tuple[Fitter | None, str]:
        """Stripe, for those who have Customers there, or why there is none."""
        try:
            return (fitter(), "") if self.wanted.origin is Origin.GHOST else (None, "")
        except Misconfigured as error:
            return None, str(error)

    def _good_lines(self) -> Iterator[Line]:
        try:
            yield from self.table.lines()
        except BrokenTableError as error:
            self.broken = str(error)

    def _address(self, line: Line) -> str:
        """The line's address as we keep it; empty, and said, where it cannot be used or came before."""
        email = addresses.plain(line["email"])
        why = "it has other cells than there are columns" if line.is_torn else refusal(email)
        if why:
            kind = "torn lines" if line.is_torn else "addresses that cannot be used"
            self.telling.list(kind, line.number, line["email"][:100], why)
            return ""
        if email.lower() in self._seen:
            self.telling.list(TWICE, line.number, email, "came before in this file")
            return email if self.wanted.origin in (Origin.JETPACK, Origin.SUBSTACK) else ""
        self._seen.add(email.lower())
        return email

    def _bring(self, batch: Sequence[tuple[Line, str]], attaching: Attaching) -> None:
        """One batch and, outside its transaction, what Stripe says of its Customers."""
        self.telling.keep()  # what was said of its lines holds, whatever becomes of the transaction
        for left in reversed(range(TRIES)):
            try:
                members = self._write(batch)
                break
            except IntegrityError:
                self.telling.drop()
                if not left:
                    raise
        if self.wanted.origin is Origin.GHOST:
            attaching.attach([readers.reader_of(*each) for each in batch], members, self.telling)
        self.telling.keep()

    def _write(self, batch: Sequence[tuple[Line, str]]) -> dict[int, Member]:
        """Write a batch in one transaction; of Ghost's lines the member of each, by its number."""
        members: dict[int, Member] = {}
        with transaction.atomic():
            match self.wanted.origin:
                case Origin.PATREON:
                    patrons.bring([patrons.patron_of(*each) for each in batch], self._terms(), self.telling)
                case Origin.GHOST:
                    rows = [readers.reader_of(*each) for each in batch]
                    members = readers.bring(rows, self._offer(), self.telling)
                case _:
                    self._subscribers(batch)
            if self.wanted.is_dry:
                transaction.set_rollback(True)
        return members

    def _offer(self) -> readers.Offer:
        return readers.Offer(self.tiers, self._move(), self.now)

    def _terms(self) -> patrons.Terms:
        grace = self.wanted.grace
        days = timedelta(days=SiteRules.current().grace_days) if grace is None else grace
        return patrons.Terms(self.tiers, days, self.now)

    def _subscribers(self, batch: Sequence[tuple[Line, str]]) -> None:
        rows = [found for line, email in batch if (found := self._subscriber(line, email))]
        if self.wanted.makes_accounts:
            self._open_accounts(rows)
        move = self._move()
        if move is not None:
            subscribers.bring(rows, move, self.telling)
        if self._brings_payers:
            payers = [payer for line, email in batch if (payer := patrons.payer_of(line, email))]
            patrons.bring(payers, self._terms(), self.telling)

    @property
    def _brings_payers(self) -> bool:
        """Whether those who pay on Substack read here to the day they paid: where a tier is named for them."""
        return self.wanted.origin is Origin.SUBSTACK and bool(self.wanted.tiers)

    def _move(self) -> subscribers.Move | None:
        letter = self.wanted.letter
        return subscribers.Move(self.wanted.origin.shown, letter, self.now) if letter else None

    def _open_accounts(self, rows: Sequence[subscribers.Subscriber]) -> None:
        """For whoever confirmed and has none."""
        emails = {row.email.lower(): row for row in rows if row.wish is Wish.CONFIRMED}
        for known in accounts.owners(emails):
            del emails[known]
        accounts.open_accounts({email: accounts.Newcomer(row.email) for email, row in emails.items()}, now=self.now)
        self.telling.came("accounts, without a password: they sign in with a code", len(emails))

    def _subscriber(self, line: Line, email: str) -> subscribers.Subscriber | None:
        """What a row says of the letter; None, and said, where its word is unknown to us."""
        if not self._brings_payers and (is_yes(line["paying"]) or spoken(line["plan"]) in PAID):
            self.telling.left(PAYING)
        wish = self._wish(line)
        if wish is None:
            self.telling.list("words about a letter that we do not know", line.number, email, f"“{line['status']}”")
            return None
        since = moment(line["since"])
        if line["since"] and since is None:
            self.telling.list("dates that could be two days, or are none", line.number, email, f"“{line['since']}”")
        return subscribers.Subscriber(line.number, email, wish, since)

    def _wish(self, line: Line) -> Wish | None:
        if is_yes(line["disabled"]):
            return Wish.LEFT
        if line["status"]:
            return WISHES.get(spoken(line["status"]))
        return Wish.CONFIRMED if self.wanted.all_confirmed or "disabled" in self.table.names else None


def refusal(email: str) -> str:
    """Why nobody can be reached at the address, in a sentence; empty where somebody may be."""
    if email and not email.isascii():
        return "an address is written in the letters of mail servers, a to z"
    if email and addresses.is_disposable(email):
        return "a mailbox made to be thrown away"
    return addresses.refusal(email) if email else "no address"


def known_letters() -> str:
    """The letters there are, for who has to name one."""
    slugs = ", ".join(Letter.objects.order_by("position", "name").values_list("slug", flat=True))
    return f"There are: {slugs}." if slugs else "There is none yet: make it on the desk first."
