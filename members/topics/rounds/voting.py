"""Voting: one patron, one ballot, one weight, changeable until the close."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import Ballot, Choice, Grant, Member, Option, Round
from members.models.topic import FEWEST_OPTIONS
from newsroom.caching import purge


class VotingError(Exception):
    """The ballot cannot be changed so; the message is fit to show."""


def choose(round_: Round, member: Member, option_pk: int, *, now: datetime) -> set[int]:
    """Add the option to the member's choices; one that is there already stays. What they are now.

    Raises VotingError. Effects as of `cast_ballot`.
    """
    return _change(round_, member, lambda had: had | {option_pk}, now=now)


def take_back(round_: Round, member: Member, option_pk: int, *, now: datetime) -> set[int]:
    """Take the option off the member's choices; one that is not there may go. What they are now.

    Raises VotingError. Effects as of `cast_ballot`.
    """
    return _change(round_, member, lambda had: had - {option_pk}, now=now)


def cast_ballot(round_: Round, member: Member, options: Iterable[int], *, now: datetime) -> set[int]:
    """Make `options` (keys) the member's choices; none takes the ballot back. Raises VotingError.

    Effects: the member's one ballot; where the tally is live, the pages of the topics and the one of all of them.
    """
    wanted = set(options)
    return _change(round_, member, lambda had: wanted, now=now)


def choices_of(round_: Round, member: Member) -> set[int]:
    """The options (keys) the member chose; for that member's eyes only."""
    return set(Choice.objects.filter(ballot__round=round_, ballot__member=member).values_list("option_id", flat=True))


def _change(round_: Round, member: Member, change: Callable[[set[int]], set[int]], *, now: datetime) -> set[int]:
    with transaction.atomic():
        # The close waits for us, or we for it; so does another press of the same member.
        locked = Round.objects.select_for_update(no_key=True).get(pk=round_.pk)
        had = choices_of(locked, member)
        wanted = change(had)
        _check(locked, member, had, wanted, now)
        if wanted != had:
            _keep(locked, member, had, wanted, now)
    return wanted


def _keep(round_: Round, member: Member, had: set[int], wanted: set[int], now: datetime) -> None:
    if wanted:
        ballot, _is_new = Ballot.objects.update_or_create(round=round_, member=member, defaults={"cast_at": now})
        ballot.choices.filter(option__in=had - wanted).delete()
        Choice.objects.bulk_create(Choice(ballot=ballot, option_id=pk) for pk in sorted(wanted - had))
    else:
        Ballot.objects.filter(round=round_, member=member).delete()
    if round_.tally == Round.Tally.LIVE:  # other pages show it too, and are made anew within a minute
        topics = Option.objects.filter(pk__in=had ^ wanted).values_list("topic", flat=True)
        purge(*(f"topic-{pk}" for pk in topics))


def _check(round_: Round, member: Member, had: set[int], wanted: set[int], now: datetime) -> None:
    if round_.opens_at > now or round_.options.count() < FEWEST_OPTIONS:
        raise VotingError(_("This vote is not open yet."))
    if round_.closes_at <= now or round_.closed_at is not None:
        raise VotingError(_("This vote is closed. Your last choice counts.") if had else _("This vote is closed."))
    if not Grant.objects.rank_of(member, now):
        raise VotingError(_("Patrons vote. Become one, and your vote counts as much as anybody's."))
    new = wanted - had
    if round_.options.standing().filter(pk__in=new).count() != len(new):
        raise VotingError(_("That is not on this ballot. Please choose again."))
    if new and len(wanted) > round_.choices_per_ballot:
        raise VotingError(_full(round_, had))


def _full(round_: Round, had: set[int]) -> str:
    if not had:
        return ngettext(
            "You have %(votes)d vote this time.", "You have %(votes)d votes this time.",
            round_.choices_per_ballot,
        ) % {"votes": round_.choices_per_ballot}  # fmt: skip
    titles = round_.options.filter(pk__in=had).order_by("topic__title").values_list("topic__title", flat=True)
    return ngettext(
        "Your vote is given. To choose another, take this back first: %(topics)s",
        "All your votes are given. To choose another, take one of these back first: %(topics)s",
        round_.choices_per_ballot,
    ) % {"topics": ", ".join(f"“{title}”" for title in titles)}
