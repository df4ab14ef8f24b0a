"""From a proposal to a story: proposed, put to the vote, assigned, or declined with a reason."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from members.models import Member, Option, Round, Topic, TopicStep
from members.models.topic import MOST_OPTIONS
from members.topics.loop import steps
from members.topics.loop.steps import TopicError
from members.topics.loop.wording import folded
from newsroom.caching import purge

RESERVED = ("propose", "vote", "past", "mine", "mails")
Status = Topic.Status
RUNNING = {Status.PROPOSED, Status.IN_VOTE, Status.WON, Status.NOT_CHOSEN, Status.ASSIGNED}


class TwinError(TopicError):
    """The same is proposed, and runs: `topic`."""

    def __init__(self, topic: Topic, message: str) -> None:
        super().__init__(message)
        self.topic = topic


def propose(member: Member, *, title: str, case: str, now: datetime, by_newsroom: bool = False) -> Topic:
    """Keep a proposal for the newsroom to look at; readers do not see it before. Raises TwinError.

    Of a proposal of somebody else that readers do not see nothing is said: the desk joins the two.
    """
    with transaction.atomic():
        Member.objects.select_for_update(of=("self",)).get(pk=member.pk)  # pressed twice at once, kept once
        _refuse_twins(member, title, now)
        topic = Topic.objects.create(
            slug=free_slug(title),
            title=title,
            case=case,
            proposed_by=member,
            by_newsroom=by_newsroom,
            proposed_at=now,
            status=Status.PROPOSED,
        )
        begin(topic, at=now)
    return topic


def begin(topic: Topic, *, at: datetime) -> None:
    """Keep the first step of a topic."""
    TopicStep.objects.create(topic=topic, kind=TopicStep.Kind.PROPOSED, at=at, told_at=at)


def seen_by_readers(now: datetime) -> QuerySet[Topic]:
    """Topics that have a page for everybody: decided on by the desk, and not merely on a ballot still to open."""
    coming = Option.objects.filter(topic=OuterRef("pk"), round__opens_at__gt=now)
    before = Option.objects.filter(topic=OuterRef("pk"), round__opens_at__lte=now)
    return Topic.objects.public().exclude(Exists(coming) & ~Exists(before), status=Status.IN_VOTE)


def _refuse_twins(member: Member, title: str, now: datetime) -> None:
    wanted = folded(title)
    own = Topic.objects.filter(proposed_by=member, status=Status.PROPOSED)
    known = seen_by_readers(now).filter(status__in=RUNNING)
    for twin in [*own.only("title", "slug", "status"), *known.only("title", "slug", "status")]:
        if folded(twin.title) != wanted:
            continue
        if twin.status == Status.PROPOSED:
            raise TwinError(twin, _("You proposed that already. We read it, and tell you what comes of it."))
        raise TwinError(twin, _("That is proposed already. Follow it, and you hear how it goes on."))


def free_slug(title: str) -> str:
    """A slug nobody has, in the letters of the title; one without letters gets a plain one."""
    slug = slugify(title, allow_unicode=True)[:100].strip("-_") or "topic"
    if slug in RESERVED or Topic.objects.filter(slug=slug).exists():
        slug = f"{slug}-{get_random_string(6, 'abcdefghjkmnpqrstuvwxyz23456789')}"
    return slug


def admit(topic: Topic, round_: Round, *, by: Member, now: datetime) -> None:
    """Put the topic on the ballot of a round that has not opened; it leaves that of another. Raises TopicError.

    Those who asked for it hear once the round opens.
    """
    with transaction.atomic():
        locked = Round.objects.select_for_update().get(pk=round_.pk)
        if locked.opens_at <= now:
            raise TopicError(_("This round is open or over: its options are frozen."))
        if locked.options.count() >= MOST_OPTIONS:
            raise TopicError(_("Twenty options are the most a ballot can hold."))
        running = topic.options.undecided().select_related("round").exclude(round=locked).first()
        if running is not None and running.round.opens_at <= now:
            raise TopicError(_("It is in a vote that is open."))
        if running is not None:
            running.delete()
        steps.take(
            topic,
            TopicStep.Kind.IN_VOTE,
            {Status.PROPOSED, Status.IN_VOTE, Status.NOT_CHOSEN},
            at=now,
            by=by,
            round_=locked,
        )
        Option.objects.get_or_create(round=locked, topic=topic, defaults={"added_at": now})


def decline(topic: Topic, *, reason: str, by: Member, now: datetime) -> None:
    """Turn it down and say why; the reason is public. Raises TopicError.

    It leaves the ballot of a round still to open; on an open one it stays, with the reason, and cannot win.
    """
    if not reason.strip():
        raise TopicError(_("Say why: whoever proposed it reads the reason."))
    settled = {Status.PUBLISHED, Status.DECLINED, Status.MERGED}
    with transaction.atomic():
        topic.options.undecided().filter(round__opens_at__gt=now).delete()
        if topic.options.open(now).exists():
            purge("site")  # the appeal on every page shows what leads
        words = reason.strip()[:300]
        allowed = set(Status) - settled
        steps.take(topic, TopicStep.Kind.DECLINED, allowed, at=now, by=by, note=words, decline_reason=words)


def assign(topic: Topic, *, to: Member, due_on: date | None, by: Member, now: datetime) -> None:
    """Give it to a colleague, with a day. Raises TopicError.

    Asking for the same again changes nothing; given to another, nobody is mailed anew.
    """
    if topic.status == Status.ASSIGNED and (topic.assigned_to_id, topic.due_on) == (to.pk, due_on):
        return
    allowed = {Status.PROPOSED, Status.WON, Status.NOT_CHOSEN, Status.ASSIGNED}
    steps.take(topic, TopicStep.Kind.ASSIGNED, allowed, at=now, by=by, assigned_to=to, due_on=due_on)


def of(member: Member) -> QuerySet[Topic]:
    """The member's proposals, newest first, each with the one it was joined with."""
    return Topic.objects.filter(proposed_by=member).select_related("merged_into").order_by("-proposed_at", "-pk")
