"""Who gets a letter, with which consent: asked for, confirmed by the address itself, left at one press.

An address is confirmed by a button behind a mailed link, by the code that signed its owner in, or by the link to
its own letters, which only its mailbox holds. A link to leave never expires and works any number of times; one to
confirm does neither. Every act leaves its line in the proof (`proof.note`).
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from members.gate import Reader
from members.letters.joining import entitled, links, proof
from members.letters.sending import mailings, suppression
from members.models import Consent, Issue, Letter, LetterSubscription, Member

ASKED_AGAIN_AFTER = timedelta(hours=1)
Act = Consent.Act


def wording(letter: Letter) -> str:
    """The words the reader agrees to; kept with the consent."""
    return _("Yes, send me “%(letter)s” by e-mail. I can stop it at any time.") % {"letter": letter.name}


def ask(letter: Letter, email: str, *, asked_on: str, now: datetime, member: Member | None = None) -> None:
    """Note the wish and mail a link to confirm it; nothing for an address that gets the letter already.

    Effects: a subscription, unconfirmed, its line in the proof, one mail. A new wish makes the link of an earlier
    one useless; within the hour of one that still waits nothing happens: its mail is on the way.
    """
    with transaction.atomic():
        row = LetterSubscription.objects.row_of(letter, email)
        if row.is_receiving or (row.asked_on and _waits(row, now)):
            return
        row.member = member or row.member
        after_leaving = row.left_at + timedelta(microseconds=1) if row.left_at else now  # in the same instant, too
        row.asked_at, row.asked_on, row.wording = max(now, after_leaving), asked_on[:300], wording(letter)
        row.save(update_fields=["member", "asked_at", "asked_on", "wording"])
        proof.note(row, Act.ASKED, where=asked_on, wording=row.wording, now=now)
        mailings.queue(
            f"letter-confirm-{row.pk}-{now:%Y%m%d%H%M%S}",
            template="members/letter_confirm",
            email=row.email,
            member=row.member,
            context={
                "letter": letter.name,
                "link": links.confirm_link(row),
                "never": links.never_link(row),
                "days": links.CONFIRM_WITHIN.days,
            },
        )


def join_confirmed(letter: Letter, member: Member, *, wording: str, asked_on: str, now: datetime) -> None:
    """Send `member` the letter from now on: their address was proved by signing in."""
    with transaction.atomic():
        row = LetterSubscription.objects.row_of(letter, member.email)
        if row.is_receiving and row.member_id == member.pk:
            return
        row.member = member
        _start(row, wording=wording, where=asked_on, now=now)


def start(letter: Letter, holder: LetterSubscription, reader: Reader, *, where: str, now: datetime) -> bool:
    """Send the letter to where `holder` goes: only that mailbox holds the link. False where it is not for `reader`."""
    if not entitled.may_get(letter, reader, now):
        return False
    with transaction.atomic():
        email = holder.member.email if holder.member else holder.email
        row = LetterSubscription.objects.row_of(letter, email)
        if not row.is_receiving:
            row.member = row.member or holder.member
            _start(row, wording=wording(letter), where=where, now=now)
    return True


def confirm(row: LetterSubscription, token: str, now: datetime) -> bool:
    """The button behind the mailed link was pressed: True if the letter comes from now on.

    A token confirms the wish it was mailed for, once; after leaving it does nothing.
    """
    asked_at = links.wish_of(token)
    with transaction.atomic():
        rows = LetterSubscription.objects.filter(_fresh(), pk=row.pk, asked_at=asked_at) if asked_at else None
        claimed = rows.update(confirmed_at=now, left_at=None) if rows is not None else 0
        if claimed:
            proof.note(row, Act.CONFIRMED, where=reverse("letters") + "confirm/", wording=row.wording, now=now)
            suppression.confirmed(row.email, now=now)
    row.refresh_from_db(fields=["asked_at", "confirmed_at", "left_at"])
    return claimed == 1 or row.is_receiving


def is_open(row: LetterSubscription, token: str) -> bool:
    """Whether the button behind this link would start the letter."""
    asked_at = links.wish_of(token)
    rows = LetterSubscription.objects.filter(_fresh(), pk=row.pk)
    return asked_at is not None and rows.filter(asked_at=asked_at).exists()


def leave(row: LetterSubscription, now: datetime, *, where: str = "", wording: str = "", issue_id: int = 0) -> None:
    """Stop the letter, confirmed or only asked for. Asking again changes nothing.

    `issue_id`: the issue whose link was pressed; it counts each person once. Effects: row, proof, figure.
    """
    where = where or reverse("letters")
    if issue_id:
        where = f"{where}#issue-{issue_id}"
    with transaction.atomic():
        if LetterSubscription.objects.filter(pk=row.pk, left_at=None).update(left_at=now):
            counted = Consent.objects.filter(subscription=row, act=Act.LEFT, where=where).exists()
            if issue_id and not counted:
                Issue.objects.filter(pk=issue_id, letter=row.letter_id).update(left=F("left") + 1)
            proof.note(row, Act.LEFT, where=where, wording=wording or _("Stop this letter"), now=now)
    row.refresh_from_db(fields=["left_at"])


def stop(row: LetterSubscription, *, because: str, now: datetime) -> None:
    """Stop the letter ourselves: the address does not take mail, or its reader complained. Written to the proof."""
    with transaction.atomic():
        if LetterSubscription.objects.filter(pk=row.pk, left_at=None).update(left_at=now):
            proof.note(row, Act.STOPPED, where="", wording=because, now=now)
    row.refresh_from_db(fields=["left_at"])


def refuse(row: LetterSubscription, *, now: datetime) -> None:
    """The owner of the address wants nothing of us ever again. Effects: suppression, its letters and wishes stop."""
    with transaction.atomic():
        for each in LetterSubscription.objects.filter(email__iexact=row.email, left_at=None):
            leave(each, now, where=reverse("letters") + "never/", wording=_("Never write to this address again"))
        suppression.suppress(row.email, "asked", detail=_("By the link in a mail that asked to confirm"), now=now)


def choose(
    member: Member, wanted: set[str], *, asked_on: str, now: datetime, among: set[str] | None = None
) -> list[Letter]:
    """Make the member's letters exactly `wanted` (slugs): joins what is new, leaves the rest.

    `among`: the slugs the choice was about, where not all. Returns what was wanted and is not for this member;
    what rests, since a membership lapsed, stays and goes on with the next one.
    """
    refused = []
    with transaction.atomic():
        getting = {row.letter_id: row for row in letters_of(member)}
        reader = Member.objects.with_standing(now).get(pk=member.pk).as_reader()
        for letter in Letter.objects.filter(is_active=True).select_related("minimum_tier"):
            row = getting.get(letter.pk)
            if among is not None and letter.slug not in among:
                continue
            if letter.slug not in wanted and row is not None:
                leave(row, now, where=asked_on)
            elif letter.slug in wanted and row is None and not entitled.may_get(letter, reader, now):
                refused.append(letter)
            elif letter.slug in wanted and row is None:
                join_confirmed(letter, member, wording=wording(letter), asked_on=asked_on, now=now)
    return refused


def follow_address(member: Member, old: str, *, now: datetime) -> None:
    """Have what went to `old` come to the member's address, which a code just proved; once, where it comes already.

    Effects: rows, each with its line in the proof: confirmed there, left at the old address.
    """
    where = reverse("account_email")
    with transaction.atomic():
        for row in LetterSubscription.objects.receiving().filter(email__iexact=old).select_related("letter"):
            there = LetterSubscription.objects.filter(letter=row.letter, email__iexact=member.email).first()
            if there is None:
                LetterSubscription.objects.filter(pk=row.pk).update(email=member.email, member=member)
                proof.note(row, Act.CONFIRMED, where=where, wording=row.wording, now=now)
                continue
            there.member = member
            if there.is_receiving:
                there.save(update_fields=["member"])
            else:
                _start(there, wording=row.wording, where=where, now=now)
            leave(row, now, where=where, wording=_("Its owner has another address now"))


def letters_of(member: Member) -> list[LetterSubscription]:
    """What the member gets, by account or by address."""
    owned = Q(member=member) | Q(email__iexact=member.email)
    return list(LetterSubscription.objects.receiving().filter(owned).select_related("letter"))


def letters_with(holder: LetterSubscription) -> list[LetterSubscription]:
    """What goes to the same mailbox as `holder`."""
    if holder.member:
        return letters_of(holder.member)
    same = LetterSubscription.objects.receiving().filter(email__iexact=holder.email, member=None)
    return list(same.select_related("letter"))


def _start(row: LetterSubscription, *, wording: str, where: str, now: datetime) -> None:
    """The letter comes from now on, by an address proved otherwise than by a mail."""
    row.asked_at, row.asked_on, row.wording = now, where[:300], wording[:300]
    row.confirmed_at, row.left_at = now, None
    row.save()
    proof.note(row, Act.CONFIRMED, where=where, wording=wording, now=now)
    suppression.confirmed(row.email, now=now)


def _fresh() -> Q:
    """Wishes nobody confirmed yet, and that nobody took back since."""
    unconfirmed = Q(confirmed_at=None) | Q(confirmed_at__lt=F("asked_at"))
    return unconfirmed & (Q(left_at=None) | Q(left_at__lt=F("asked_at")))


def _waits(row: LetterSubscription, now: datetime) -> bool:
    """Whether a wish of the last hour still waits for its button."""
    done = [moment for moment in (row.confirmed_at, row.left_at) if moment is not None and moment >= row.asked_at]
    return not done and row.asked_at > now - ASKED_AGAIN_AFTER
