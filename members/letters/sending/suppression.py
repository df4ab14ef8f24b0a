"""Whom we spare: addresses no letter and no notice goes to. Codes to sign in and mails about money still do.

Who was spared for bouncing is written to again once the address proves itself: by confirming a letter, or by the
code that made it an account's. Who complained, or asked never to be written to, comes back by a wish of their own
that proves the mailbox (signing in by code and choosing a letter: no mail to confirm goes to them, since anybody
may type an address), or by the desk, which says why. What the desk put here, the desk alone takes away.

Of somebody erased no address is kept. Where the wish was theirs, or the desk's, a digest of it under our secret
key stays, so that the wish still holds; a bounce is forgotten. A new SECRET_KEY without the old one among
SECRET_KEY_FALLBACKS forgets them all.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext as _

from members.models import AuditEntry, LetterSubscription, Member, Suppression

MOST_AT_ONCE = 10_000
CHUNK = 1000
ASKS = "members/letter_confirm"
SPARED = ("members/letter", "members/issue", "members/story", "members/topic", "comments/")  # templates
OF_ERASED = "erased.invalid"
Reason = Suppression.Reason
BOUNCING = (Reason.KEEPS_BOUNCING, Reason.BOUNCED)
STRENGTH = (*BOUNCING, Reason.COMPLAINED, Reason.ASKED, Reason.DESK)  # the stronger reason stays


class SuppressionError(Exception):
    """Why it cannot be done; fit to show."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a pasted list: how many are new, how many stood there, and the lines that are no address."""

    added: int
    known: int
    wrong: list[str]


def plain(email: str) -> str:
    """The address as it is compared: without spaces around it, in lower case."""
    return email.strip().lower()


def is_suppressed(email: str) -> str:
    """Why nothing is mailed to the address (a `Suppression.Reason`); empty where something may be."""
    return _strongest(_rows([email]).values_list("reason", flat=True))


def among(emails: Iterable[str]) -> set[str]:
    """Those of `emails` that are suppressed, in lower case. One query."""
    named = {name: plain(email) for email in emails for name in names_of(email)}
    rows = Suppression.objects.alias(lowered=Lower("email")).filter(lowered__in=list(named))
    return {named[email.lower()] for email in rows.values_list("email", flat=True)}


def without_spared(rows: QuerySet[LetterSubscription]) -> QuerySet[LetterSubscription]:
    """Those of `rows` whose mailbox is not suppressed; of somebody erased we know only once we write. No query."""
    there = Suppression.objects.alias(lowered=Lower("email")).filter(lowered=OuterRef("goes_to"))
    return rows.alias(goes_to=Lower(Coalesce("member__email", "email"))).exclude(Exists(there))


def keeps_back(template: str, email: str) -> str:
    """Why the mail of this template must not go to the address; empty where it may.

    The mail that asks to confirm a letter still goes to who only bounced: confirming is how they come back.
    """
    if not template.startswith(SPARED):
        return ""
    reason = is_suppressed(email)
    return "" if template == ASKS and reason in BOUNCING else reason


def suppress(
    email: str, reason: Suppression.Reason | str, *, detail: str = "", by: Member | None = None, now: datetime
) -> bool:
    """Mail nothing on request to the address any more; True if that, or a stronger reason for it, is new.

    Effects: the row; every letter of the address is stopped, with its line in the proof; the record, where
    somebody did it (`by`).
    """
    reason, address = Reason(reason), plain(email)
    with transaction.atomic():
        row, is_new = Suppression.objects.select_for_update().get_or_create(
            email=address, defaults={"reason": reason, "detail": detail[:300], "at": now, "by": by}
        )
        if not is_new and STRENGTH.index(reason) <= STRENGTH.index(Reason(row.reason)):
            return False
        row.reason, row.detail, row.at, row.by = reason, detail[:300], now, by
        row.save()
        _stop_letters([address], str(reason.label), now)
        if by is not None:
            AuditEntry.objects.note("suppress address", by=by, subject=row, reason=detail[:300])
    return True


def suppress_all(text: str, *, detail: str, by: Member, now: datetime) -> Imported:
    """Take over a pasted list, one address a line (or apart by spaces, commas, semicolons).

    Raises SuppressionError for more than `MOST_AT_ONCE`. Effects as of `suppress`, and one line in the record.
    """
    words = dict.fromkeys(plain(word).strip("<>\"'") for word in re.split(r"[\s,;]+", text) if word.strip())
    if len(words) > MOST_AT_ONCE:
        raise SuppressionError(_("That is more than %(most)d addresses; take them in parts.") % {"most": MOST_AT_ONCE})
    good = [word for word in words if is_address(word)]
    wrong, added = [word for word in words if not is_address(word)], 0
    if not good:
        return Imported(0, 0, wrong)
    with transaction.atomic():
        for place in range(0, len(good), CHUNK):
            part = good[place : place + CHUNK]
            added += _insert(
                [Suppression(email=one, reason=Reason.DESK, detail=detail[:300], at=now, by=by) for one in part]
            )
            _stop_letters(part, str(Reason.DESK.label), now)
        counted = {"addresses": [0, added]}
        AuditEntry.objects.note("suppress addresses", by=by, subject=by, reason=detail[:300], changes=counted)
    return Imported(added, len(good) - added, wrong)


def is_address(text: str) -> bool:
    """Whether the text is an e-mail address we could store."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


def lift(email: str, *, because: str, by: Member, now: datetime) -> bool:
    """Let the desk write to the address again; False where nothing kept it. Raises SuppressionError without a reason.

    Letters that were stopped stay so: their reader asks for them again. Effects: the row, the record.
    """
    if not because.strip():
        raise SuppressionError(_("Say why: it stays in the record."))
    with transaction.atomic():
        rows = list(_rows([email]).select_for_update())
        for row in rows:
            AuditEntry.objects.note("lift suppression", by=by, subject=row, reason=because[:300])
            row.delete()
    return bool(rows)


def confirmed(email: str, *, now: datetime, for_letter: bool = True) -> bool:
    """The owner of the address has just proved it: True if that lifted what kept letters from it.

    `for_letter`: they asked for a letter with it, which is a new wish of their own; otherwise only bounces are
    forgotten. What the desk put here stays.
    """
    lifted = [*BOUNCING, Reason.COMPLAINED, Reason.ASKED] if for_letter else BOUNCING
    return bool(_rows([email]).filter(reason__in=lifted).delete()[0])


def forget(emails: Iterable[str]) -> None:
    """Keep no address of somebody erased: see the module's first lines."""
    addresses = {plain(email) for email in emails if email}
    with transaction.atomic():
        rows = Suppression.objects.alias(lowered=Lower("email")).filter(lowered__in=addresses)
        for row in rows.select_for_update():
            row.delete()
            if row.reason not in BOUNCING:
                sealed = _sealed(plain(row.email), settings.SECRET_KEY)
                _insert([Suppression(email=sealed, reason=row.reason, at=row.at, by=row.by)])
        told = AuditEntry.objects.filter(subject_type=Suppression._meta.label)
        named = told.alias(lowered=Lower("subject_name")).filter(lowered__in=addresses)
        named.update(subject_name="", reason="", changes={})


def is_of_erased(row: Suppression) -> bool:
    """Whether the row's address was erased: only a digest of it is left."""
    return row.email.endswith(f"@{OF_ERASED}")


def _insert(rows: list[Suppression]) -> int:
    """How many of the rows stood under no address yet; the others are left out."""
    before = Suppression.objects.alias(lowered=Lower("email")).filter(lowered__in=[row.email for row in rows])
    known = before.count()
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)
    return before.count() - known


def _rows(emails: Collection[str]) -> QuerySet[Suppression]:
    names = [name for email in emails for name in names_of(email)]
    return Suppression.objects.alias(lowered=Lower("email")).filter(lowered__in=names)


def names_of(email: str) -> list[str]:
    """What a row of the address may be called: itself, or its digest under a key of ours."""
    address = plain(email)
    return [address, *(_sealed(address, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))]


def _sealed(address: str, key: str) -> str:
    digest = hmac.new(f"newsroom.suppression{key}".encode(), address.encode(), hashlib.sha256)
    return f"{digest.hexdigest()[:48]}@{OF_ERASED}"


def _strongest(reasons: Iterable[str]) -> str:
    return max(reasons, key=lambda reason: STRENGTH.index(Reason(reason)), default="")


def _stop_letters(addresses: Collection[str], because: str, now: datetime) -> None:
    from members.letters.joining import asking  # which itself asks whom we spare

    for row in letters_to(addresses):
        asking.stop(row, because=because, now=now)


def letters_to(addresses: Collection[str]) -> QuerySet[LetterSubscription]:
    """The letters that go to these addresses now (lower case): a member's go to the address of their account."""
    theirs = Member.objects.alias(lowered=Lower("email")).filter(lowered__in=addresses)
    nobodys = LetterSubscription.objects.alias(lowered=Lower("email")).filter(lowered__in=addresses, member=None)
    return LetterSubscription.objects.receiving().filter(Q(member__in=theirs) | Q(pk__in=nobodys.values("pk")))
