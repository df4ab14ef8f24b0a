"""Who gets a letter, with which consent: asked for, confirmed by the address itself, left at one press.

An address is confirmed by a button behind a mailed link, or by the code that signed its owner in. A link to
leave never expires and works any number of times; one to confirm does neither.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from members.letters.joining import links
from members.letters.sending import mailings, suppression
from members.models import Consent, Letter, LetterSubscription, Member


def wording(letter: Letter) -> str:
    """The words the reader agrees to; kept with the consent."""
    return _("Yes, send me “%(letter)s” by e-mail. I can stop it at any time.") % {"letter": letter.name}


def ask(letter: Letter, email: str, *, asked_on: str, now: datetime, member: Member | None = None) -> None:
    """Note the wish and mail a link to confirm it; nothing for an address that gets the letter already.

    Effects: a subscription, unconfirmed; one mail per letter, address and hour at most.
    """
    with transaction.atomic():
        row = LetterSubscription.objects.row_of(letter, email)
        if row.is_receiving:
            return
        row.member = member or row.member
        row.asked_at, row.asked_on, row.wording = now, asked_on[:300], wording(letter)
        row.save(update_fields=["member", "asked_at", "asked_on", "wording"])
        mailings.queue(
            f"letter-confirm-{row.pk}-{now:%Y%m%d%H}",
            template="members/letter_confirm",
            email=row.email,
            member=row.member,
            context={"letter": letter.name, "link": links.confirm_link(row), "days": links.CONFIRM_WITHIN.days},
        )


def join_confirmed(letter: Letter, member: Member, *, wording: str, asked_on: str, now: datetime) -> None:
    """Send `member` the letter from now on: their address was proved by signing in."""
    with transaction.atomic():
        row = LetterSubscription.objects.row_of(letter, member.email)
        if row.is_receiving and row.member_id == member.pk:
            return
        row.member, row.asked_at, row.asked_on, row.wording = member, now, asked_on[:300], wording[:300]
        row.confirmed_at, row.left_at = now, None
        row.save()
        suppression.confirmed(row.email, now=now)


def confirm(row: LetterSubscription, token: str, now: datetime) -> bool:
    """The button behind the mailed link was pressed: True if the letter comes from now on.

    A token confirms the wish it was mailed for, once; after leaving it does nothing.
    """
    asked_at = links.wish_of(token)
    fresh = Q(confirmed_at=None) | Q(confirmed_at__lt=F("asked_at"))
    claimed = (
        LetterSubscription.objects.filter(fresh, pk=row.pk, asked_at=asked_at).update(confirmed_at=now, left_at=None)
        if asked_at
        else 0
    )
    if claimed:
        suppression.confirmed(row.email, now=now)
    row.refresh_from_db()
    return claimed == 1 or row.is_receiving


def leave(row: LetterSubscription, now: datetime) -> None:
    """Stop the letter. Asking again changes nothing."""
    LetterSubscription.objects.filter(pk=row.pk, left_at=None).update(left_at=now)
    row.refresh_from_db()


def stop(row: LetterSubscription, *, because: str, now: datetime) -> None:
    """Stop the letter ourselves: the address does not take mail, or its reader complained. Written to the proof."""
    with transaction.atomic():
        if LetterSubscription.objects.filter(pk=row.pk, left_at=None).update(left_at=now):
            Consent.objects.create(subscription=row, act=Consent.Act.STOPPED, at=now, wording=because[:300])
    row.refresh_from_db()


def choose(member: Member, wanted: set[str], *, asked_on: str, now: datetime) -> None:
    """Make the member's letters exactly `wanted` (slugs): joins what is new, leaves the rest."""
    with transaction.atomic():
        getting = {row.letter_id: row for row in letters_of(member)}
        for letter in Letter.objects.filter(is_active=True):
            row = getting.get(letter.pk)
            if letter.slug in wanted and row is None:
                join_confirmed(letter, member, wording=wording(letter), asked_on=asked_on, now=now)
            elif letter.slug not in wanted and row is not None:
                leave(row, now)


def letters_of(member: Member) -> list[LetterSubscription]:
    """What the member gets, by account or by address."""
    owned = Q(member=member) | Q(email__iexact=member.email)
    return list(LetterSubscription.objects.receiving().filter(owned).select_related("letter"))
