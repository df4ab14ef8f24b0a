"""Voting: one patron, one ballot, one weight, changeable until the close."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import Ballot, Choice, Grant, Member, Round
from newsroom.caching import purge


class VotingError(Exception):
    """The ballot cannot be taken; the message is fit to show."""


def cast_ballot(round_: Round, member: Member, options: Iterable[int], *, now: datetime) -> None:
    """Make `options` (keys) the member's choices; none takes the ballot back. Raises VotingError.

    Effects: the member's one ballot; the pages that show a live tally.
    """
    wanted = set(options)
    with transaction.atomic():
        locked = Round.objects.select_for_update().get(pk=round_.pk)  # the close waits for us, or we for it
        _check(locked, member, wanted, now)
        Choice.objects.filter(ballot__round=locked, ballot__member=member).delete()
        if wanted:
            ballot, _is_new = Ballot.objects.update_or_create(round=locked, member=member, defaults={"cast_at": now})
            Choice.objects.bulk_create(Choice(ballot=ballot, option_id=pk) for pk in sorted(wanted))
        else:
            Ballot.objects.filter(round=locked, member=member).delete()
        if locked.tally == Round.Tally.LIVE:
            purge("topics", *(f"topic-{pk}" for pk in locked.options.values_list("topic", flat=True)))


def _check(round_: Round, member: Member, wanted: set[int], now: datetime) -> None:
    if not round_.is_open(now) or round_.closed_at is not None:
        raise VotingError(_("This round is closed. Your last choice counts."))
    if not Grant.objects.rank_of(member, now):
        raise VotingError(_("Patrons vote. Become one, and your vote counts as much as anybody's."))
    if len(wanted) > round_.choices_per_ballot:
        raise VotingError(
            ngettext(
                "You have %(votes)d vote in this round. Take one of your choices back.",
                "You have %(votes)d votes in this round. Take one of your choices back.",
                round_.choices_per_ballot,
            )
            % {"votes": round_.choices_per_ballot}
        )
    if round_.options.standing().filter(pk__in=wanted).count() != len(wanted):
        raise VotingError(_("That is not on this ballot. Please choose again."))


def choices_of(round_: Round, member: Member) -> set[int]:
    """The options (keys) the member chose; for that member's eyes only."""
    return set(Choice.objects.filter(ballot__round=round_, ballot__member=member).values_list("option_id", flat=True))
