"""Patrons who pay on another platform: asked once, and only when somebody at the desk presses, to move their card."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import translation

from members.letters.sending import mailings, suppression
from members.models import AuditEntry, Complimentary, Member
from members.money.keeping.standing import day

AT_ONCE = 500  # invitations a press
PLATFORMS = {"patreon": "Patreon", "substack": "Substack"}  # by how a key begins
TEMPLATE = "members/move_card"


@dataclass(frozen=True, slots=True)
class Figures:
    """How many pay elsewhere and read here: not asked yet, asked and still there, and paying in both places."""

    reading: int
    waiting: int
    spared: int
    asked: int
    paying_twice: int

    @property
    def next(self) -> int:
        """How many a press invites."""
        return min(self.waiting, AT_ONCE)


def figures(now: datetime) -> Figures:
    """Where the move stands. Three queries."""
    running = Complimentary.objects.elsewhere().running(now)
    counted = running.aggregate(reading=Count("pk"), asked=Count("pk", filter=Q(invited_at__isnull=False)))
    emails = list(Complimentary.objects.to_be_invited(now).values_list("member__email", flat=True))
    spared = suppression.among(emails) if emails else set()
    twice = running.of_payers().count()
    waiting = sum(email.lower() not in spared for email in emails)
    return Figures(counted["reading"], waiting, len(emails) - waiting, counted["asked"], twice)


def invite(row: Complimentary, *, by: Member, now: datetime) -> bool:
    """Ask one patron to move their card. False if they were asked before, pay here, or do not want mail.

    Effects: the row, one mail, the record.
    """
    with transaction.atomic():
        is_new = not suppression.is_suppressed(row.member.email) and _ask(row, now)
        if is_new:
            AuditEntry.objects.note("invite to move the card", by=by, subject=row)
    return is_new


def invite_next(*, by: Member, now: datetime) -> int:
    """Ask the next patrons, at most `AT_ONCE`, longest here first; how many. One mail each, one line in the record."""
    with transaction.atomic():
        rows = Complimentary.objects.to_be_invited(now).select_related("member", "tier").order_by("pk")
        spared = suppression.among(rows.values_list("member__email", flat=True))
        open_ones = (row for row in rows.iterator(chunk_size=AT_ONCE) if row.member.email.lower() not in spared)
        asked = sum(_ask(row, now) for row, _place in zip(open_ones, range(AT_ONCE), strict=False))
        if asked:
            changes = {"invited": [0, asked]}
            AuditEntry.objects.note("invite to move the card", by=by, subject=by, changes=changes)
    return asked


def _ask(row: Complimentary, now: datetime) -> bool:
    """Claim the row and queue its mail: of two presses one does it."""
    if not Complimentary.objects.to_be_invited(now).filter(pk=row.pk).update(invited_at=now):
        return False
    key = f"move-card-{row.pk}"
    return mailings.queue(key, template=TEMPLATE, context=context_of(row), member=row.member)


def context_of(row: Complimentary) -> dict[str, str]:
    """What the mail says of the patron, in their language."""
    with translation.override(row.member.language or settings.LANGUAGE_CODE):
        until = day(row.ends_at)
    return {"platform": platform_of(row), "tier": row.tier.name, "until": until, "email": row.member.email}


def platform_of(row: Complimentary) -> str:
    """Where they pay; empty where the row does not say it."""
    return PLATFORMS.get((row.legacy_key or "").partition("-")[0], "")
