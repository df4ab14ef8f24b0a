"""Coming back from Checkout: what the welcome page says. It trusts nothing in the address."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from members.models import CheckoutAttempt, Grant, Member
from members.money.joining import checkout
from members.money.record.subscriptions import Unmatched
from members.money.stripe_api import payments
from members.money.stripe_api.errors import PaymentError

Kind, Status = CheckoutAttempt.Kind, CheckoutAttempt.Status


class Word(StrEnum):
    """What the page says."""

    OPEN = "open"
    THANKS = "thanks"
    GIFT = "gift"
    WAITING = "waiting"
    BANK = "bank"
    OVER = "over"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Welcome:
    """A word and the attempt it is about."""

    word: Word
    attempt: CheckoutAttempt | None = None
    session_id: str = ""

    @property
    def goes_to(self) -> str:
        """Where the reader left off; empty when nowhere in particular."""
        path = self.attempt.return_path.partition("#")[0] if self.attempt else ""
        return f"{path}#continue" if path else ""


def welcome_of(session_id: str, *, member: Member | None, now: datetime, ask: bool) -> Welcome:
    """What to say to whoever comes back with `session_id`. `ask`: look at Stripe, else only at our tables.

    Somebody else's Session is as unknown as none. When Stripe does not answer: we are confirming.
    """
    attempt = CheckoutAttempt.objects.filter(session_id=session_id).first() if session_id else None
    if ask and session_id.startswith("cs_") and (attempt is not None or member is not None):
        with suppress(PaymentError, Unmatched):  # the webhook's job will know; until then our tables speak
            attempt = checkout.sync_checkout(session_id, teller=payments.in_request()) or attempt
    if attempt is None or attempt.member_id != (member.pk if member else None):
        return Welcome(Word.UNKNOWN)
    return Welcome(_word(attempt, member, now), attempt, session_id)


def _word(attempt: CheckoutAttempt, member: Member | None, now: datetime) -> Word:
    if attempt.status in (Status.EXPIRED, Status.FAILED):
        return Word.OVER
    if attempt.status == Status.OPEN:
        return Word.BANK if attempt.details.get("waiting") else Word.WAITING
    if attempt.kind == Kind.SUBSCRIBE:
        is_open = member is not None and Grant.objects.covering(now).filter(member=member).exists()
        return Word.OPEN if is_open else Word.WAITING
    return Word.GIFT if attempt.kind == Kind.GIFT else Word.THANKS
