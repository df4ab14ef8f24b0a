"""Whose address a line names, and accounts for those who need one. No role is given here or taken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db.models.functions import Lower

from members.models import Member

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who gets an account: what they are called, and since when they are with us."""

    email: str
    name: str = ""
    joined_at: datetime | None = None


def owners(emails: Iterable[str]) -> dict[str, Member]:
    """The member behind each of the addresses (lower case), their own or a second one they proved. Two queries."""
    wanted = {email.lower() for email in emails}
    second = EmailAddress.objects.alias(lowered=Lower("email")).filter(lowered__in=wanted, verified=True)
    found = {row.email.lower(): row.user for row in second.select_related("user") if row.user.is_active}
    own = Member.objects.alias(lowered=Lower("email")).filter(lowered__in=wanted)
    return {**found, **{member.email.lower(): member for member in own}}


def open_accounts(newcomers: Mapping[str, Newcomer], *, now: datetime) -> dict[str, Member]:
    """Accounts for addresses (lower case) that have none, as signing in would open them. Nobody is told.

    They sign in with a code to that address, which proves it. Somebody who came first meanwhile is taken.
    """
    rows = [
        Member(
            email=email,
            name=tidy(each.name),
            joined_at=min(each.joined_at or now, now),
            password=make_password(None),
        )
        for email, each in newcomers.items()
    ]
    Member.objects.bulk_create(rows, ignore_conflicts=True)
    return owners(newcomers)


def tidy(name: str) -> str:
    """A name on one line, cut to what we keep; none where it is an address, which nobody should see."""
    found = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    return "" if "@" in found else found[:LONGEST_NAME].strip()


def works_here(member: Member) -> bool:
    """Whether somebody may open the desk: their account is theirs and no table's."""
    return member.is_staff or member.is_superuser
