"""What patrons vote on: rounds, topics, ballots. The story that came of a topic points at it, not back."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.grant import Grant
from members.models.member import Member


class RoundQuerySet(models.QuerySet["Round"]):
    """Words for rounds."""

    def open(self, now: datetime) -> Self:
        """Those that take votes at `now`."""
        return self.filter(opens_at__lte=now, closes_at__gt=now)

    def upcoming(self, now: datetime) -> Self:
        """Those that did not open yet: their ballots are still being made."""
        return self.filter(opens_at__gt=now).order_by("opens_at")

    def closed(self, now: datetime) -> Self:
        """Those past their deadline, newest first."""
        return self.filter(closes_at__lte=now).order_by("-closes_at")

    def to_be_counted(self, now: datetime) -> Self:
        """Those past their deadline whose result is not stored yet."""
        return self.filter(closes_at__lte=now, closed_at=None)


class Round(models.Model):
    """A vote with a question, a beginning and an end. What it asks is frozen once it opens."""

    class Tally(models.TextChoices):
        AT_CLOSE = "at_close", _("Hidden until it closes")
        LIVE = "live", _("Shown while it runs")

    slug = models.SlugField(max_length=80, unique=True)
    question = models.CharField(max_length=200)
    explanation = models.TextField(blank=True)
    opens_at = models.DateTimeField(default=timezone.now)
    closes_at = models.DateTimeField()
    choices_per_ballot = models.PositiveSmallIntegerField(default=3)
    tally = models.CharField(max_length=8, choices=Tally.choices, default=Tally.AT_CLOSE)
    tie_rule = models.CharField(max_length=200, default="The topic proposed first wins a tie.")
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    ballots_counted = models.PositiveIntegerField(null=True, blank=True, editable=False)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        constraints = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="round_closes_after_opening"),
            models.CheckConstraint(condition=Q(choices_per_ballot__gte=1), name="round_one_choice_at_least"),
        ]

    def __str__(self) -> str:
        return self.question

    def is_open(self, now: datetime) -> bool:
        """Whether it takes votes at `now`."""
        return self.opens_at <= now < self.closes_at

    def shows_tally(self, now: datetime) -> bool:
        """Whether readers may see how the vote stands."""
        return now >= self.closes_at or (self.tally == self.Tally.LIVE and self.opens_at <= now)


class TopicQuerySet(models.QuerySet["Topic"]):
    """Words for topics."""

    def public(self) -> Self:
        """Those readers may see: whatever left the proposals' queue."""
        return self.exclude(status__in=[Topic.Status.PROPOSED, Topic.Status.MERGED])

    def proposals(self) -> Self:
        """The queue: proposed and not yet decided, oldest first."""
        return self.filter(status=Topic.Status.PROPOSED).order_by("proposed_at", "pk")

    def options(self) -> Self:
        """Those on the ballot of their round."""
        return self.filter(round__isnull=False).exclude(status__in=[Topic.Status.PROPOSED, Topic.Status.MERGED])


class Topic(models.Model):
    """Something patrons may ask the newsroom to cover, from proposal to published story."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        IN_VOTE = "in_vote", _("In the vote")
        WON = "won", _("Won")
        NOT_CHOSEN = "not_chosen", _("Not chosen this time")
        ASSIGNED = "assigned", _("Assigned")
        PUBLISHED = "published", _("Published")
        DECLINED = "declined", _("Declined")
        MERGED = "merged", _("Merged into another")

    slug = models.SlugField(max_length=120, unique=True)
    title = models.CharField(max_length=160)
    case = models.TextField(_("the case for the story"), blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PROPOSED)
    round = models.ForeignKey(Round, null=True, blank=True, on_delete=models.PROTECT, related_name="topics")
    proposed_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="topics")
    proposed_at = models.DateTimeField(default=timezone.now)
    votes = models.PositiveIntegerField(null=True, blank=True, editable=False)
    assigned_to = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    decline_reason = models.CharField(max_length=300, blank=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")

    def __str__(self) -> str:
        return self.title

    @property
    def is_option(self) -> bool:
        """Whether it is on the ballot of its round; the queryset's `options` rests on the same facts."""
        return self.round_id is not None and self.status not in (self.Status.PROPOSED, self.Status.MERGED)

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("topic", args=[self.slug])


class BallotQuerySet(models.QuerySet["Ballot"]):
    """Words for ballots."""

    def counting(self, round_: Round) -> Self:
        """Those of the round whose member holds a grant covering its close, whatever the grant's source."""
        grants = Grant.objects.covering(round_.closes_at).filter(member=models.OuterRef("member"))
        return self.filter(models.Exists(grants), round=round_)


class Ballot(models.Model):
    """One patron's ballot in a round: one weight, changeable until the close."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="ballots")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="ballots")
    cast_at = models.DateTimeField(default=timezone.now)

    objects = BallotQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "member"], name="ballot_one_per_patron")]

    def __str__(self) -> str:
        return f"{self.pk}"  # secret, also from staff


class Choice(models.Model):
    """One topic on a ballot."""

    ballot = models.ForeignKey(Ballot, on_delete=models.CASCADE, related_name="choices")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="choices")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ballot", "topic"], name="choice_once_per_ballot")]

    def __str__(self) -> str:
        return f"{self.pk}"
