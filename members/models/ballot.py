"""Ballots: one patron, one ballot, one weight. Secret, also from staff.

Which ballots count is said in SQL here (`counting`), and kept on each ballot by the close: what is stored
then is what a recount finds, whatever becomes of the money later.
"""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import Range

from members.models.grant import Grant
from members.models.member import Member
from members.models.topic import Option, Round


class RangeAgg(models.Aggregate):
    """What intervals cover together, as one multirange of PostgreSQL."""

    function = "range_agg"
    output_field = models.TextField()  # only ever compared in the database


class BallotQuerySet(models.QuerySet["Ballot"]):
    """Words for ballots."""

    def counting(self, round_: Round, now: datetime) -> Self:
        """Those of the round that count: as the close kept it, or as they would if it closed now.

        A ballot counts if a grant covers the close (or `now`, before it), whatever its source, and its member
        was a patron when the round opened, or without a break for `days_held` days before the close.
        """
        return self.judged(round_, now).filter(judged=Ballot.Standing.COUNTED)

    def judged(self, round_: Round, now: datetime) -> Self:
        """Those of the round that name an option, each with `judged`: as kept by the close, else as `with_standing`."""
        named = self.filter(models.Exists(Choice.objects.filter(ballot=models.OuterRef("pk"))), round=round_)
        return named.annotate(judged=F("standing")) if round_.closed_at else named.with_standing(round_, now)

    def with_standing(self, round_: Round, now: datetime) -> Self:
        """Each with `judged`: its standing if the round closed at `now`, or at its deadline once that has passed.

        `members.topics.rounds.standing.judge` says the same of intervals in memory.
        """
        at = min(now, round_.closes_at)
        since = min(round_.closes_at - timedelta(days=round_.days_held), at)
        held = Grant.objects.filter(member=models.OuterRef("member"))
        unbroken = (
            held.order_by()
            .values("member")
            .annotate(cover=RangeAgg(Func(F("starts_at"), F("ends_at"), function="tstzrange")))
            .annotate(
                holds=Func(
                    F("cover"),
                    Value(Range(since, at, bounds="[]"), output_field=DateTimeRangeField()),
                    template="(%(expressions)s)",
                    arg_joiner=" @> ",
                    output_field=models.BooleanField(),
                )
            )
            .filter(holds=True)
        )
        standing = models.Case(
            models.When(~models.Exists(held.covering(at)), then=Value(Ballot.Standing.NO_GRANT)),
            models.When(models.Exists(held.covering(round_.opens_at)), then=Value(Ballot.Standing.COUNTED)),
            models.When(models.Exists(unbroken), then=Value(Ballot.Standing.COUNTED)),
            default=Value(Ballot.Standing.TOO_NEW),
        )
        return self.annotate(judged=standing)


class Ballot(models.Model):
    """One patron's ballot in a round, changeable until the close. Without a member once that account is erased."""

    class Standing(models.TextChoices):
        COUNTED = "counted", _("Counted")
        NO_GRANT = "no_grant", _("No patron at the close")
        TOO_NEW = "too_new", _("A patron for too short a time")

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="ballots")
    member = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="ballots")
    cast_at = models.DateTimeField(default=timezone.now)
    standing = models.CharField(max_length=8, choices=Standing.choices, blank=True, editable=False)

    objects = BallotQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "member"], name="ballot_one_per_patron")]

    def __str__(self) -> str:
        return f"{self.pk}"  # secret, also from staff


class Choice(models.Model):
    """One option on a ballot."""

    ballot = models.ForeignKey(Ballot, on_delete=models.CASCADE, related_name="choices")
    option = models.ForeignKey(Option, on_delete=models.PROTECT, related_name="choices")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ballot", "option"], name="option_once_per_ballot")]

    def __str__(self) -> str:
        return f"{self.pk}"
