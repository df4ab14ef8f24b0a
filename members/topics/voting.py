"""Voting: one patron, one ballot, one weight, changeable until the close; the count follows from stored rows.

A ballot counts if a grant covers the close, bought, given or for hardship alike. The round closes at its
deadline with no worker running: a read computes the result, a job stores it, and stored it never changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import AuditEntry, Ballot, Choice, Grant, Member, Round, Topic
from newsroom.caching import purge


class VotingError(Exception):
    """The ballot cannot be taken; the message is fit to show."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How a round stands: topics with their votes, first place first, and how many ballots count."""

    places: list[tuple[Topic, int]]
    ballots: int

    @property
    def winner(self) -> Topic | None:
        """The topic in first place; none where nobody voted. One the newsroom had to decline cannot win."""
        standing = (topic for topic, votes in self.places if votes and topic.status != Topic.Status.DECLINED)
        return next(standing, None)


def cast_ballot(round_: Round, member: Member, topics: Iterable[int], *, now: datetime) -> None:
    """Make `topics` (keys) the member's choices; none takes the ballot back. Raises VotingError.

    Effects: the member's one ballot; the pages that show a live tally.
    """
    wanted = set(topics)
    with transaction.atomic():
        locked = Round.objects.select_for_update().get(pk=round_.pk)  # the close waits for us, or we for it
        _check(locked, member, wanted, now)
        Choice.objects.filter(ballot__round=locked, ballot__member=member).delete()
        if wanted:
            ballot, _is_new = Ballot.objects.update_or_create(round=locked, member=member, defaults={"cast_at": now})
            Choice.objects.bulk_create(Choice(ballot=ballot, topic_id=pk) for pk in sorted(wanted))
        else:
            Ballot.objects.filter(round=locked, member=member).delete()
        if locked.tally == Round.Tally.LIVE:
            purge("topics", *(f"topic-{pk}" for pk in locked.topics.values_list("pk", flat=True)))


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
    if round_.topics.filter(status=Topic.Status.IN_VOTE, pk__in=wanted).count() != len(wanted):
        raise VotingError(_("That is not on this ballot. Please choose again."))


def choices_of(round_: Round, member: Member) -> set[int]:
    """The topics (keys) the member chose; for that member's eyes only."""
    return set(Choice.objects.filter(ballot__round=round_, ballot__member=member).values_list("topic_id", flat=True))


def count(round_: Round) -> Tally:
    """The tally from the stored ballots, the tie rule applied: of equals the one proposed first wins."""
    counting = Ballot.objects.counting(round_)
    votes = dict(
        Choice.objects.filter(ballot__in=counting).values("topic").annotate(n=Count("pk")).values_list("topic", "n")
    )
    places = [(topic, votes.get(topic.pk, 0)) for topic in round_.topics.options()]
    places.sort(key=lambda place: (-place[1], place[0].proposed_at, place[0].pk))
    return Tally(places, counting.filter(choices__isnull=False).distinct().count())


def result(round_: Round) -> Tally:
    """The result of a round past its deadline: as stored, else counted now."""
    if round_.closed_at is None:
        return count(round_)
    options = [topic for topic in round_.topics.all() if topic.is_option]
    topics = sorted(options, key=lambda topic: (-(topic.votes or 0), topic.proposed_at, topic.pk))
    return Tally([(topic, topic.votes or 0) for topic in topics], round_.ballots_counted or 0)


def close_round(round_: Round, *, now: datetime) -> Tally:
    """Store the result of a round past its deadline, once. Raises VotingError before it.

    Effects: votes and states of its topics, the audit, pages. Asking again changes nothing.
    """
    with transaction.atomic():
        locked = Round.objects.select_for_update().get(pk=round_.pk)
        if now < locked.closes_at:
            raise VotingError(_("This round is still open."))
        if locked.closed_at is not None:
            return result(locked)
        tally = count(locked)
        winner = tally.winner
        for topic, votes in tally.places:
            Topic.objects.filter(pk=topic.pk).update(votes=votes)
            state = Topic.Status.WON if topic == winner else Topic.Status.NOT_CHOSEN
            Topic.objects.filter(pk=topic.pk, status=Topic.Status.IN_VOTE).update(status=state)
        Round.objects.filter(pk=locked.pk).update(closed_at=now, ballots_counted=tally.ballots)
        AuditEntry.objects.note("close round", by=None, subject=locked, changes={"winner": str(winner or "")})
        purge("topics", "site", *(f"topic-{topic.pk}" for topic, _votes in tally.places))
        return tally
