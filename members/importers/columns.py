"""What Jetpack, Substack, Patreon and Ghost call what in the tables they write, and what their words mean.

Sources: the four systems' own exports. Names are as `tables.spoken` spells them.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from django.utils.crypto import salted_hmac

from members.importers.tables import Table, WrongFileError, joined


class Origin(StrEnum):
    """Where people come from."""

    JETPACK = "jetpack"
    SUBSTACK = "substack"
    PATREON = "patreon"
    GHOST = "ghost"

    @property
    def shown(self) -> str:
        """As it writes itself."""
        return self.value.title()


EMAIL = ("email", "e mail", "email address", "e mail address", "subscriber email", "mail", "e mail adresse")
NAME = ("name", "display name", "full name", "username")
COLUMNS: Mapping[Origin, Mapping[str, tuple[str, ...]]] = {
    Origin.JETPACK: {
        "email": EMAIL,
        "name": NAME,
        "status": ("email subscription", "subscription status", "email subscription status", "email status", "status"),
        "since": ("since", "date subscribed", "subscribed at", "subscription date", "subscribed on", "date"),
        "plan": ("subscription type", "plan"),
    },
    Origin.SUBSTACK: {
        "email": EMAIL,
        "name": NAME,
        "disabled": ("email disabled", "emails disabled"),
        "status": ("subscription status", "email status"),
        "since": ("created at", "start date", "signup date", "subscription date"),
        "paying": ("active subscription",),
        "expires": ("expiry", "paid until"),
        "plan": ("plan", "stripe plan", "subscription type", "type"),
    },
    Origin.PATREON: {
        "email": EMAIL,
        "id": ("user id", "patreon user id"),
        "status": ("patron status",),
        "tier": ("tier", "tier name", "reward"),
        "frequency": ("charge frequency",),
        "charged": ("last charge date",),
        "charge": ("last charge status",),
        "expires": ("access expiration",),
        "next": ("next charge date",),
    },
    Origin.GHOST: {
        "email": EMAIL,
        "id": ("id",),
        "name": NAME,
        "subscribed": ("subscribed to emails", "subscribed"),
        "complimentary": ("complimentary plan",),
        "customer": ("stripe customer id",),
        "since": ("created at",),
        "deleted": ("deleted at",),
        "labels": ("labels",),
        "tiers": ("tiers", "products"),
    },
}
TELLING: Mapping[Origin, tuple[str, ...]] = {  # columns that one of them alone has
    Origin.JETPACK: ("email subscription", "email subscription status"),
    Origin.SUBSTACK: ("email disabled", "active subscription", "stripe plan"),
    Origin.PATREON: ("patron status",),
    Origin.GHOST: ("subscribed to emails", "complimentary plan", "stripe customer id"),
}
NEEDED: Mapping[Origin, tuple[str, ...]] = {
    Origin.JETPACK: ("email",), Origin.SUBSTACK: ("email",), Origin.PATREON: ("email", "status"),
    Origin.GHOST: ("email",),
}  # fmt: skip


class Wish(StrEnum):
    """What a subscriber's row says of the letter."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    LEFT = "left"
    BARRED = "barred"
    COMPLAINED = "complained"


WISHES: Mapping[str, Wish] = {
    **dict.fromkeys(("subscribed", "confirmed", "active", "sending", "yes", "true", "1"), Wish.CONFIRMED),
    **dict.fromkeys(("not confirmed", "unconfirmed", "pending", "awaiting confirmation", "inactive"), Wish.WAITING),
    **dict.fromkeys(
        ("not subscribed", "unsubscribed", "opted out", "cancelled", "canceled", "no", "false", "0"), Wish.LEFT
    ),
    **dict.fromkeys(("not sending", "bounced", "bouncing", "blocked", "undeliverable"), Wish.BARRED),
    **dict.fromkeys(("spam", "complained", "marked as spam"), Wish.COMPLAINED),
}
YES = ("true", "yes", "1", "y", "t", "x", "on", "ja", "oui", "si", "sí")
FORMS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d.%m.%Y", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S.%f %z")
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
YEARS = range(1990, 2200)  # others are no dates of a subscription


def table_of(path: Path, origin: Origin) -> Table:
    """The table in `path`, read as `origin` writes it. Raises WrongFileError where it is somebody else's, OSError."""
    table = Table(path, COLUMNS[origin])
    others = [other for other in Origin if other != origin and set(TELLING[other]) & set(table.spoken)]
    if others and not set(TELLING[origin]) & set(table.spoken):
        raise WrongFileError(
            f"{path} is no export of {origin.shown}: by its columns it comes from {others[0].shown}. "
            f"Run this again with --from {others[0]}."
        )
    missing = [name for name in NEEDED[origin] if name not in table.names]
    if missing:
        wanted = " and ".join(f"“{COLUMNS[origin][name][0]}”" for name in missing)
        raise WrongFileError(f"{path} has no column {wanted}. Its columns are: {joined(list(table.spoken))}.")
    return table


def key_of(origin: Origin, number: str, email: str) -> str:
    """Under which key a person there is known here. Without a number of theirs it is a digest of the address.

    The key outlives an erased account, so that a later table does not bring the person back: no address is in it.
    """
    sealed = salted_hmac("newsroom.importers", email.lower(), algorithm="sha256").hexdigest()[:40]
    return f"{origin}-{number or sealed}"[:200]


def is_yes(text: str) -> bool:
    """Whether a cell says yes."""
    return text.casefold() in YES


def parted(text: str) -> tuple[str, ...]:
    """The entries of a cell that holds several."""
    return tuple(part for part in (each.strip() for each in re.split(r"[,;|]", text)) if part)


def moment(text: str) -> datetime | None:
    """A date or moment as exports write it, UTC where it names no zone. None for what could be two days, or is none."""
    if not text:
        return None
    found = _iso(text) or _by_form(text)
    if found is None or found.year not in YEARS:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _by_form(text: str) -> datetime | None:
    for form in FORMS:
        try:
            return datetime.strptime(text.replace(" UTC", " +0000"), form)  # noqa: DTZ007 - `moment` takes it for UTC
        except ValueError:
            continue
    return _slashed(text)


def _slashed(text: str) -> datetime | None:
    """`12/31/2024`, and `31/12/2024`: a day only where it can be but one."""
    found = SLASHED.match(text)
    if not found:
        return None
    one, two, year = map(int, found.groups())
    month, day = (two, one) if one > 12 else (one, two)
    if month > 12 or not 1 <= day <= 31 or (day <= 12 and one != two):
        return None
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
