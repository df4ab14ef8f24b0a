"""Another address for an account: it counts once a code mailed to it comes back, and the old one is told.

The page is the same whether the new address is free or somebody else's: whose it is, only its mailbox learns.
What waits for the code is kept in the session.
"""

import hmac
import time
from dataclasses import asdict, dataclass
from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.account.forms import EmailField
from allauth.account.models import EmailAddress
from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.accounts.signing_in import CODES_PER_ADDRESS, HOUR, owner_of
from members.letters.joining import asking
from members.letters.sending import mailings, suppression
from members.limits import within
from members.models import AuditEntry, Mailing, Member
from members.money.record import customers

PENDING, USED = "address_change", "address_changed"  # keys of the session
LASTS = 15 * 60  # seconds
TRIES = 5
CHANGES = 5  # an hour, of one member


class AddressError(Exception):
    """Why the address does not change; fit to show."""


class AddressForm(forms.Form):
    """The new address."""

    email = EmailField(label=gettext_lazy("New e-mail address"))


@dataclass(frozen=True)
class Pending:
    """An address whose code was mailed. `at`: seconds since the epoch; `code` is empty where it belongs to another."""

    email: str
    code: str
    at: float
    failed: int = 0


def pending_of(request: HttpRequest) -> Pending | None:
    """What waits for its code in this session, if its time is not over."""
    kept = request.session.get(PENDING)
    found = Pending(**kept) if kept else None
    return found if found and time.time() - found.at <= LASTS else None


def ask(request: HttpRequest, member: Member, email: str) -> None:
    """Mail a code to the new address. The same for every address. Raises AddressError.

    Effects: session, one mail, limits. Somebody else's address is told that it has an account already.
    """
    if email.lower() == member.email.lower():
        raise AddressError(_("That is your address already."))
    if not within("address-change", member.pk, times=CHANGES, seconds=HOUR) or not within(
        "code-address", email.lower(), times=CODES_PER_ADDRESS, seconds=HOUR
    ):
        raise AddressError(_("That was quite often. Wait an hour, then ask for a code again."))
    owner, proved = owner_of(email)
    is_free = owner is None or owner.pk == member.pk
    code = get_adapter().generate_email_verification_code()
    template = "account/email/address_code" if is_free else "account/email/address_taken"
    get_adapter().send_mail(template, email if is_free else proved, {"request": request, "code": code})
    request.session.pop(USED, None)
    request.session[PENDING] = asdict(Pending(email.lower(), code if is_free else "", time.time()))


def give_up(request: HttpRequest) -> None:
    """Keep the old address after all."""
    request.session.pop(PENDING, None)


def confirm(request: HttpRequest, member: Member, code: str, *, now: datetime) -> str:
    """The code came back: the new address counts from now on, and is returned. Raises AddressError."""
    pending = pending_of(request)
    if pending is None:
        raise AddressError(_nothing_waits(request, member))
    typed = "".join(code.split())
    if not pending.code or not hmac.compare_digest(typed.encode(), pending.code.encode()):
        raise AddressError(_wrong(request, pending))
    give_up(request)
    change(member, pending.email, now=now)
    request.session[USED] = True
    return pending.email


def _nothing_waits(request: HttpRequest, member: Member) -> str:
    if request.session.pop(PENDING, None):
        return _("This code was good for fifteen minutes. Ask for a new one.")
    if request.session.get(USED):
        return _("This code was used already: your address is %(email)s.") % {"email": member.email}
    return _("No code waits to be typed. Ask for one first.")


def _wrong(request: HttpRequest, pending: Pending) -> str:
    failed = pending.failed + 1
    if failed >= TRIES:
        give_up(request)
        return _("That was the fifth wrong code, so it opens nothing any more. Ask for a new one.")
    request.session[PENDING] = {**asdict(pending), "failed": failed}
    return _("That is not the code. Look at the newest mail once more.")


def change(member: Member, email: str, *, now: datetime) -> None:
    """Make `email`, which was proved, the member's address. Raises AddressError if it became another's meanwhile.

    Effects: member, addresses, letters and waiting mails, a mail to the old address, the record, jobs that
    tell Stripe. Replies keep their author: nothing of theirs names an address.
    """
    try:
        with transaction.atomic():
            row = Member.objects.select_for_update().get(pk=member.pk)
            owner, _proved = owner_of(email)
            if owner is not None and owner.pk != row.pk:
                raise AddressError(_("This address belongs to another account by now."))
            old = row.email
            Member.objects.filter(pk=row.pk).update(email=email)
            row.email = email
            _make_primary(row, old, email)
            asking.follow_address(row, old, now=now)
            suppression.confirmed(email, now=now, for_letter=False)
            waiting = Mailing.objects.filter(member=row, email__iexact=old, status=Mailing.Status.QUEUED)
            waiting.update(email=email)
            entry = _note(row, old, email)
            customers.follow_address(row, entry)
            mailings.queue(f"address-{entry.pk}", template="members/address_changed", context={}, member=row, email=old)
    except IntegrityError as error:
        raise AddressError(_("This address belongs to another account by now.")) from error
    member.email = email


def _note(row: Member, old: str, email: str) -> AuditEntry:
    return AuditEntry.objects.create(
        by=row, verb="change address", subject_type=row._meta.label, subject_id=str(row.pk),
        subject_name=(row.name or email)[:200], changes={"email": [old, email]},
    )  # fmt: skip


def _make_primary(member: Member, old: str, email: str) -> None:
    EmailAddress.objects.filter(Q(primary=True) | Q(email__iexact=old), user=member).delete()
    EmailAddress.objects.filter(user=member, email__iexact=email).delete()
    EmailAddress.objects.create(user=member, email=email, verified=True, primary=True)
