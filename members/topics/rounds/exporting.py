"""A round to take along: its rules, its result, and the ballots nobody's, so that anybody can count it again."""

import random
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from members.models import Ballot, Choice, Round
from members.topics.rounds import counting
from members.topics.rounds.voting import VotingError

chance = random.SystemRandom()


def export(round_: Round, now: datetime) -> dict[str, Any]:
    """The round as JSON can hold it: question, rules, tally, what was left out and why, and the counted ballots.

    A ballot is the list of what it chose, no more; the ballots are shuffled. Raises VotingError while the round is
    not closed: two exports before and after a vote would tell whose it was.
    """
    if now < round_.closes_at:
        raise VotingError(_("The ballots of a vote can be taken along once it is closed."))
    tally = counting.tally_of(round_, now)
    return {
        "question": round_.question,
        "slug": round_.slug,
        "rules": _rules(round_),
        "options": [_option(place) for place in sorted(tally.places, key=_first_proposed)],
        "tally": [
            {"topic": place.option.topic.slug, "votes": place.votes, "chosen": place.is_winner}
            for place in tally.places
        ],
        "ballots_counted": tally.ballots,
        "ballots_left_out": tally.left_out,
        "ballots": _ballots(round_, now),
    }


def _rules(round_: Round) -> dict[str, Any]:
    return {
        "opened_at": round_.opens_at.isoformat(),
        "closed_at": round_.closes_at.isoformat(),
        "choices_per_ballot": round_.choices_per_ballot,
        "winners": round_.winners,
        "days_held": round_.days_held,
        "tally": round_.tally,
        "tie_rule": round_.tie_rule,
    }


def _first_proposed(place: counting.Place) -> tuple[datetime, int]:
    return (place.option.topic.proposed_at, place.option.topic.pk)


def _option(place: counting.Place) -> dict[str, Any]:
    topic = place.option.topic
    return {
        "topic": topic.slug,
        "title": topic.title,
        "proposed_at": topic.proposed_at.isoformat(),
        "taken_off": place.is_off,
    }


def _ballots(round_: Round, now: datetime) -> list[list[str]]:
    counted = Ballot.objects.counting(round_, now).values("pk")
    rows: Iterable[tuple[int, str]] = Choice.objects.filter(ballot__in=counted).values_list(
        "ballot", "option__topic__slug"
    )
    by_ballot: dict[int, list[str]] = {}
    for ballot, slug in rows:
        by_ballot.setdefault(ballot, []).append(slug)
    found = [sorted(slugs) for slugs in by_ballot.values()]
    chance.shuffle(found)
    return found
