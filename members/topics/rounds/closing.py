"""The close: at the deadline a read computes the result, a job stores it, and stored it never changes."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from members.models import AuditEntry, Ballot, Option, Round, Topic, TopicStep
from members.topics.loop import steps
from members.topics.rounds import counting
from members.topics.rounds.counting import Tally
from members.topics.rounds.voting import VotingError
from newsroom.caching import purge


def close_round(round_: Round, *, now: datetime) -> Tally:
    """Store the result of a round past its deadline, once. Raises VotingError before it.

    Effects: what each ballot counts for, votes of the options, states and steps of its topics, the audit, pages.
    Asking again changes nothing.
    """
    with transaction.atomic():
        locked = Round.objects.select_for_update(no_key=True).get(pk=round_.pk)
        if now < locked.closes_at:
            raise VotingError(_("This round is still open."))
        if locked.closed_at is not None:
            return counting.stored(locked)
        tally = _count_once(locked, now)
        for place in tally.places:
            Option.objects.filter(pk=place.option.pk).update(votes=place.votes, is_winner=place.is_winner)
            Topic.objects.filter(pk=place.option.topic_id).update(votes=place.votes)
            kind = TopicStep.Kind.WON if place.is_winner else TopicStep.Kind.NOT_CHOSEN
            steps.take_if(place.option.topic, kind, {Topic.Status.IN_VOTE}, at=locked.closes_at, round_=locked)
        Round.objects.filter(pk=locked.pk).update(closed_at=locked.closed_at, ballots_counted=tally.ballots)
        named = ", ".join(str(option) for option in tally.winners)
        AuditEntry.objects.note("close round", by=None, subject=locked, changes={"winners": named})
        purge("topics", "site", *(f"topic-{place.option.topic_id}" for place in tally.places))
        return tally


def _count_once(round_: Round, now: datetime) -> Tally:
    """Judge each ballot in one statement and count what that kept: money that goes meanwhile parts them not."""
    ballots = Ballot.objects.filter(round=round_)
    ballots.with_standing(round_, now).update(standing=F("judged"))
    round_.closed_at = now
    return counting.count(round_, now)
