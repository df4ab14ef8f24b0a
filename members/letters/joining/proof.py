"""The proof of consent: one line for every act, and the only place that writes one. Nobody changes them."""

from collections.abc import Iterable
from datetime import datetime

from members.models import Consent, LetterSubscription


def note(row: LetterSubscription, act: Consent.Act, *, where: str, wording: str, now: datetime) -> None:
    """Write down what was done about the letter: `where` is a page of ours, `wording` what was agreed to there."""
    line(row, act, where=where, wording=wording, now=now).save()


def line(row: LetterSubscription, act: Consent.Act, *, where: str, wording: str, now: datetime) -> Consent:
    """The line that `note` writes, not written yet."""
    return Consent(subscription=row, act=act, at=now, where=where[:300], wording=wording[:300])


def note_all(lines: Iterable[Consent]) -> None:
    """Write many lines at once: an import's."""
    Consent.objects.bulk_create(lines)
