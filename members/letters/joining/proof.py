"""The proof of consent: one line for every act, and the only place that writes one. Nobody changes them."""

from datetime import datetime

from members.models import Consent, LetterSubscription


def note(row: LetterSubscription, act: Consent.Act, *, where: str, wording: str, now: datetime) -> None:
    """Write down what was done about the letter: `where` is a page of ours, `wording` what was agreed to there."""
    Consent.objects.create(subscription=row, act=act, at=now, where=where[:300], wording=wording[:300])
