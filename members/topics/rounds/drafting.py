"""Until when a round may be changed: its question, rules and options are frozen the moment its ballot is open."""

from datetime import datetime

from django.utils.translation import gettext as _

from members.models import Round
from members.models.topic import FEWEST_OPTIONS


class FrozenError(Exception):
    """The round may not be changed any more; the message is fit to show."""


def is_frozen(round_: Round, now: datetime) -> bool:
    """Whether nothing of it may be changed: it is over, or it opened with something to choose between.

    One that opened without a ballot asked nobody anything: it may be put right and opened later. One query at most.
    """
    return round_.closes_at <= now or (round_.opens_at <= now and round_.options.count() >= FEWEST_OPTIONS)


def claim(round_: Round, *, now: datetime) -> Round:
    """The round as stored, nobody else's until the caller's transaction ends. Raises FrozenError.

    Asked when a form is sent, not when it was opened: who began before the opening and sends after it changes nothing.
    """
    locked = Round.objects.select_for_update(no_key=True).get(pk=round_.pk)
    if is_frozen(locked, now):
        raise FrozenError(
            _("This vote opened meanwhile: its question and rules stay as readers saw them. Nothing was changed.")
        )
    return locked
