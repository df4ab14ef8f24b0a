"""The gifts somebody bought, each with the sentence that says what became of it, for their account page."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from members.models import Gift, Member
from members.money.giving.gifts import known_code
from members.money.keeping.standing import day


@dataclass(frozen=True)
class Bought:
    """A gift as its giver sees it. `code` only while it is theirs to pass on: unused, and mailed to nobody."""

    gift: Gift
    words: str
    code: str = ""


def bought_by(member: Member, *, now: datetime) -> list[Bought]:
    """What `member` gave, newest first. One query."""
    rows = Gift.objects.filter(payment__member=member).select_related("tier", "payment__attempt")
    return [_seen(gift, now) for gift in rows.order_by("-payment__paid_at", "-pk")]


def _seen(gift: Gift, now: datetime) -> Bought:
    attempt = gift.payment.attempt
    words, is_open = _words(gift, now)
    passes_it_on = is_open and not gift.recipient_email and attempt is not None
    return Bought(gift, words, known_code(gift, attempt) if passes_it_on and attempt else "")


def _words(gift: Gift, now: datetime) -> tuple[str, bool]:
    """What became of it, and whether it can still be used."""
    known = {"day": day(gift.redeemed_at), "until": day(gift.expires_at), "to": gift.recipient_email}
    if gift.voided_at is not None or gift.payment.is_void:
        return _("Paid back; it opens nothing any more."), False
    if gift.redeemed_at is not None:
        return _("Used on %(day)s.") % known, False
    if gift.expires_at <= now:
        return _("Never used; it was good until %(until)s.") % known, False
    if gift.recipient_email and gift.delivered_at is None:
        return _("Goes to %(to)s on %(day)s.") % {**known, "day": day(gift.deliver_at)}, True
    if gift.recipient_email:
        return _("Sent to %(to)s; not used yet, good until %(until)s.") % known, True
    return _("Not used yet; good until %(until)s.") % known, True
