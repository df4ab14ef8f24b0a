"""Access for who cannot pay: asked for in one line, given or declined by a person, always with an end."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from members.letters.sending import mailings
from members.models import AccessRequest, AuditEntry, Complimentary, Member, SiteRules, Tier
from members.models.grant import add_months
from members.money.giving import support
from members.money.keeping.standing import day


class HardshipError(Exception):
    """Why the request cannot be settled so; fit to show."""


def open_request_of(member: Member) -> AccessRequest | None:
    """What the member asked and nobody has settled yet. One query."""
    return AccessRequest.objects.filter(member=member, settled_at=None).first()


def ask(member: Member, *, message: str, now: datetime) -> AccessRequest:
    """Ask for access without paying; while a request is open it is the answer to asking again."""
    try:
        with transaction.atomic():
            return AccessRequest.objects.create(member=member, message=message, asked_at=now)
    except IntegrityError:  # another click was first, or they ask once more
        return open_request_of(member) or AccessRequest.objects.create(member=member, message=message, asked_at=now)


def usual_end(now: datetime) -> datetime:
    """Until when access is given unless the desk says otherwise. One query."""
    return add_months(now, SiteRules.current().hardship_months or 12)


def give(request: AccessRequest, *, tier: Tier, until: datetime, by: Member, now: datetime) -> Complimentary:
    """Give access to `tier` until `until`. Settles the request, rewrites grants, queues a mail, audited.

    Raises HardshipError when it was settled before, or when `until` is over.
    """
    if until <= now:
        raise HardshipError(_("Please choose a day to come."))
    with transaction.atomic():
        _settle(request, by, now)
        given = Complimentary.objects.create(
            member=request.member, tier=tier, starts_at=now, ends_at=until, kind=Complimentary.Kind.HARDSHIP,
            reason=_("Asked on %(day)s") % {"day": day(request.asked_at)}, granted_by=by,
        )  # fmt: skip
        AccessRequest.objects.filter(pk=request.pk).update(given=given)
        support.changed(given, by=by, verb="give hardship access", now=now)
        context = {"tier": tier.name, "until": day(until)}
        mailings.queue(f"access-{request.pk}", template="members/access_given", context=context, member=request.member)
    return given


def decline(request: AccessRequest, *, text: str, by: Member, now: datetime) -> None:
    """Say no, with `text` in the mail. Settles the request, audited. Raises HardshipError."""
    if not text.strip():
        raise HardshipError(_("Please write them a line: a no without words hurts."))
    with transaction.atomic():
        _settle(request, by, now)
        AuditEntry.objects.note("decline access", by=by, subject=request, reason=text[:300])
        key, context = f"access-{request.pk}", {"text": text.strip()}
        mailings.queue(key, template="members/access_declined", context=context, member=request.member)


def _settle(request: AccessRequest, by: Member, now: datetime) -> None:
    """Claim the request: of two people one settles it."""
    if not AccessRequest.objects.filter(pk=request.pk, settled_at=None).update(settled_at=now, settled_by=by):
        raise HardshipError(_("Somebody has answered this request already."))
