"""What patrons vote on: rounds, topics, the options of a ballot, and the steps from a proposal to a story.

The story that came of a topic points at it, not back.
"""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.member import Member

FEWEST_OPTIONS, MOST_OPTIONS = 2, 20


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

    def with_ballot(self) -> Self:
        """Those with something to choose between: two options at least."""
        others = Option.objects.filter(round=models.OuterRef("pk")).order_by("pk").values("pk")
        return self.filter(models.Exists(others[FEWEST_OPTIONS - 1 : FEWEST_OPTIONS]))


class Round(models.Model):
    """A vote with a question, a beginning and an end. What it asks and how it counts is frozen once it opens."""

    class Tally(models.TextChoices):
        AT_CLOSE = "at_close", _("Hidden until it closes")
        LIVE = "live", _("Shown while it runs")

    class Tie(models.TextChoices):
        EARLIEST = "earliest", _("Of equals, the topic proposed first wins.")
        ALL = "all", _("Of equals, every one wins.")

    slug = models.SlugField(max_length=80, unique=True)
    question = models.CharField(_("question"), max_length=200)
    explanation = models.TextField(_("explanation"), blank=True)
    opens_at = models.DateTimeField(_("opens at"), default=timezone.now)
    closes_at = models.DateTimeField(_("closes at"))
    choices_per_ballot = models.PositiveSmallIntegerField(_("choices per ballot"), default=3)
    winners = models.PositiveSmallIntegerField(_("how many topics win"), default=1)
    days_held = models.PositiveSmallIntegerField(
        _("a patron since, days"),
        default=14,
        help_text=_("Whoever joined after it opened votes too, if they have been a patron so long when it closes."),
    )
    tally = models.CharField(_("how it stands is"), max_length=8, choices=Tally.choices, default=Tally.AT_CLOSE)
    tie_rule = models.CharField(_("tie rule"), max_length=8, choices=Tie.choices, default=Tie.EARLIEST)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    ballots_counted = models.PositiveIntegerField(null=True, blank=True, editable=False)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        constraints = [
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="round_closes_after_opening"),
            models.CheckConstraint(condition=Q(choices_per_ballot__gte=1), name="round_one_choice_at_least"),
            models.CheckConstraint(condition=Q(winners__gte=1), name="round_one_winner_at_least"),
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
        return self.exclude(status__in=Topic.UNSEEN)

    def proposals(self) -> Self:
        """The queue: proposed and not yet decided, oldest first."""
        return self.filter(status=Topic.Status.PROPOSED).order_by("proposed_at", "pk")

    def unassigned(self, before: datetime) -> Self:
        """Those that won a round which was counted before `before`, and nobody is on it."""
        won = Option.objects.filter(topic=models.OuterRef("pk"), is_winner=True, round__closed_at__lt=before)
        return self.filter(models.Exists(won), status=Topic.Status.WON)

    def on_the_way(self) -> Self:
        """Those that won or were given to somebody, and are not out yet; most votes first."""
        waiting = self.filter(status__in=[Topic.Status.WON, Topic.Status.ASSIGNED])
        return waiting.order_by(F("votes").desc(nulls_last=True), "proposed_at", "pk")

    def with_rounds(self) -> Self:
        """Each with its options and their rounds, newest round first (`topic.options.all()`). One query more."""
        options = Option.objects.select_related("round").order_by("-round__opens_at")
        return self.prefetch_related(models.Prefetch("options", options))


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

    UNSEEN = (Status.PROPOSED, Status.MERGED)

    slug = models.SlugField(max_length=120, unique=True, allow_unicode=True)
    title = models.CharField(_("title"), max_length=160)
    case = models.TextField(_("the case for the story"), blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="topics")
    by_newsroom = models.BooleanField(_("the newsroom's own"), default=False)
    proposed_at = models.DateTimeField(default=timezone.now)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="merged"
    )
    votes = models.PositiveIntegerField(
        null=True, blank=True, editable=False, help_text=_("Of the last round it was in, once that is counted.")
    )
    assigned_to = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    decline_reason = models.CharField(max_length=300, blank=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("topic", args=[self.slug])


class OptionQuerySet(models.QuerySet["Option"]):
    """Words for options."""

    def open(self, now: datetime) -> Self:
        """Those of rounds that take votes at `now`."""
        return self.filter(round__opens_at__lte=now, round__closes_at__gt=now)

    def standing(self) -> Self:
        """Those whose topic was neither declined nor answered since: they can be chosen, and win."""
        return self.exclude(topic__status__in=[Topic.Status.DECLINED, Topic.Status.PUBLISHED])

    def undecided(self) -> Self:
        """Those whose round is not counted yet."""
        return self.filter(votes=None)

    def with_fate(self) -> Self:
        """Each with its topic, and `was_settled`: turned down, or its story out, before the close. It cannot win.

        Of a recount's stored rows: what became of the topic after the close changes nothing.
        """
        settling = [TopicStep.Kind.DECLINED, TopicStep.Kind.PUBLISHED]
        steps = TopicStep.objects.filter(topic=models.OuterRef("topic"), kind__in=settling)
        before = steps.filter(at__lt=models.OuterRef("round__closes_at"))
        return self.select_related("topic").annotate(was_settled=models.Exists(before))


class Option(models.Model):
    """A topic on the ballot of a round. `votes` and `is_winner` are written once, by the close, and stay."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="options")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="options")
    added_at = models.DateTimeField(default=timezone.now)
    votes = models.PositiveIntegerField(null=True, editable=False)
    is_winner = models.BooleanField(default=False, editable=False)

    objects = OptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")
        constraints = [
            models.UniqueConstraint(fields=["round", "topic"], name="option_once_per_round"),
            models.UniqueConstraint(fields=["topic"], condition=Q(votes=None), name="option_in_one_running_round"),
        ]

    def __str__(self) -> str:
        return str(self.topic)


class TopicStepQuerySet(models.QuerySet["TopicStep"]):
    """Words for steps."""

    def untold(self) -> Self:
        """Those nobody was told of yet, oldest first."""
        return self.filter(told_at=None).order_by("at", "pk")


class TopicStep(models.Model):
    """One step of a topic: what its page tells, and what those who asked for it hear of, once."""

    class Kind(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        IN_VOTE = "in_vote", _("Put to the vote")
        WON = "won", _("Chosen")
        NOT_CHOSEN = "not_chosen", _("Not chosen")
        ASSIGNED = "assigned", _("Assigned")
        PUBLISHED = "published", _("The story is out")
        WITHDRAWN = "withdrawn", _("The story was taken back")
        DECLINED = "declined", _("Declined")
        MERGED = "merged", _("Joined with another")

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    round = models.ForeignKey(Round, null=True, blank=True, on_delete=models.PROTECT, related_name="steps")
    story_id = models.BigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text=_("A reason, a headline: readers see it."))
    told_at = models.DateTimeField(null=True, blank=True)

    objects = TopicStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a topic")
        verbose_name_plural = _("steps of topics")
        indexes = [
            models.Index(fields=["topic", "at"], name="topic_step_in_order"),
            models.Index(fields=["at"], condition=Q(told_at=None), name="topic_step_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.topic_id}: {self.kind}"


class TopicFollow(models.Model):
    """A member's wish to hear how a topic goes on."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="follows")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="followed_topics")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("followed topic")
        verbose_name_plural = _("followed topics")
        constraints = [models.UniqueConstraint(fields=["topic", "member"], name="topic_followed_once")]

    def __str__(self) -> str:
        return f"{self.pk}"


class TopicWishes(models.Model):
    """Whether a member wants mails about topics at all. No row: yes, of those they voted for, proposed or follow."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="topic_wishes")
    wants_mail = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("wishes about topics")
        verbose_name_plural = _("wishes about topics")

    def __str__(self) -> str:
        return f"{self.pk}"
