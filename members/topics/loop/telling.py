"""Each of those who asked for a topic hears of a step once: its kind and round, and who they are, name the mail.

People are written down page by page, each page, its mails and their jobs in one transaction that holds the step:
killed anywhere, the next run goes on where this one stopped, and of two at once one steps aside. What a round
led to is one mail a person, whatever they chose.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from procrastinate.types import JSONDict

from members.models import Choice, Mailing, Member, Topic, TopicFollow, TopicStep
from members.topics.loop import following, mails
from members.topics.loop.steps import STATUS

PAGE = 1000
Kind = TopicStep.Kind
RESULTS = (Kind.WON, Kind.NOT_CHOSEN)
BY_ROUND = (Kind.IN_VOTE, *RESULTS)
TOO_LATE = timedelta(days=7)  # a worker that stood still so long tells old news to nobody


def tell_due(now: datetime) -> None:
    """Tell every step that waits. Effects: mails, jobs, `told_at`."""
    for step in due(now):
        tell(step, now=now)


def due(now: datetime) -> QuerySet[TopicStep]:
    """Steps to be told of at `now`: a topic on a ballot once its round is open."""
    return TopicStep.objects.untold().exclude(kind=Kind.IN_VOTE, round__opens_at__gt=now)


def tell(step: TopicStep, *, now: datetime, page: int = PAGE) -> None:
    """Mail everybody who asked for the step's topic, or who voted in the round it ends. Asking again adds nothing."""
    after: int | None = 0
    step = _one_for_all(step)
    while after is not None:
        after = tell_page(step, after=after, now=now, page=page)


def tell_page(step: TopicStep, *, after: int, now: datetime, page: int = PAGE) -> int | None:
    """Mail the next `page` members, those with a key past `after`. Returns the last one's key, None at the end."""
    with transaction.atomic():
        locked = due(now).select_for_update(of=("self",), skip_locked=True).filter(pk=step.pk)
        found = locked.select_related("topic", "round", "topic__merged_into").first()
        if found is None:
            return None
        people = list(_hearing(found).filter(pk__gt=after).order_by("pk")[:page]) if _is_so(found, now) else []
        _queue(_copies(found, people))
        if len(people) == page:
            return people[-1].pk
        _settle(found, now)
    return None


def _one_for_all(step: TopicStep) -> TopicStep:
    """The step that is held while a round's result is told: the first of them, whichever was asked for."""
    if step.kind not in RESULTS:
        return step
    return TopicStep.objects.filter(round=step.round_id, kind__in=RESULTS).order_by("pk").first() or step


def _is_so(step: TopicStep, now: datetime) -> bool:
    """Whether what the step says is still true, and news."""
    if step.at < now - TOO_LATE and step.kind != Kind.IN_VOTE:
        return False
    if step.kind in RESULTS:
        return step.round is not None and step.round.closed_at is not None
    if step.kind == Kind.IN_VOTE:
        return (
            step.topic.status == Topic.Status.IN_VOTE
            and step.round is not None
            and step.round.closes_at > now
            and step.topic.options.filter(round=step.round).exists()
        )
    return step.topic.status == STATUS[Kind(step.kind)]


def _hearing(step: TopicStep) -> QuerySet[Member]:
    """Whom the step concerns, but for whoever took it."""
    if step.kind in RESULTS and step.round is not None:
        voted = Q(pk__in=Choice.objects.filter(ballot__round=step.round).values("ballot__member"))
        topics = step.round.options.values_list("topic_id", flat=True)
        return following.mailable(Member.objects.filter(voted)) | following.asked_for(topics)
    people = following.asked_for([step.topic_id])
    return people.exclude(pk=step.by_id) if step.by_id else people


def _copies(step: TopicStep, people: Sequence[Member]) -> list[Mailing]:
    letter = mails.Letter.of(step)
    if step.kind not in RESULTS:
        return [_copy(step, member, "members/topic_step", letter.context(member)) for member in people]
    voted, followed = _theirs(step, people)
    rows = (
        (member, letter.result(member, voted.get(member.pk, set()), followed.get(member.pk, set())))
        for member in people
    )
    return [_copy(step, member, "members/topic_result", context) for member, context in rows]


def _copy(step: TopicStep, member: Member, template: str, context: dict[str, Any]) -> Mailing:
    return Mailing(key=key_of(step, member.pk), template=template, context=context, member=member, email=member.email)


def key_of(step: TopicStep, member_id: int) -> str:
    """The name of the member's mail: never twice for a kind and round, and one for all a round led to."""
    if step.kind in RESULTS:
        return f"topics-result-{step.round_id}-{member_id}"
    return f"topic-{step.topic_id}-{step.kind}-{step.round_id if step.kind in BY_ROUND else 0}-{member_id}"


def _theirs(step: TopicStep, people: Sequence[Member]) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Of each member, the round's topics they voted for, and those they proposed or follow."""
    keys = [member.pk for member in people]
    options = Topic.objects.filter(options__round=step.round_id)
    voted: dict[int, set[int]] = {}
    followed: dict[int, set[int]] = {}
    chosen = Choice.objects.filter(ballot__round=step.round_id, ballot__member__in=keys)
    for pk, topic in chosen.values_list("ballot__member", "option__topic"):
        voted.setdefault(pk, set()).add(topic)
    follows = TopicFollow.objects.filter(topic__in=options, member__in=keys).values_list("member", "topic")
    proposed = options.filter(proposed_by__in=keys).values_list("proposed_by", "pk")
    for member_id, topic in [*follows, *proposed]:
        followed.setdefault(member_id or 0, set()).add(topic)
    return voted, followed


def _queue(copies: Sequence[Mailing]) -> None:
    """Put those that were not queued before into the outbox, with a job for each."""
    from members.letters.jobs import send_mailing

    had = set(Mailing.objects.filter(key__in=[copy.key for copy in copies]).values_list("key", flat=True))
    new = [copy for copy in copies if copy.key not in had]
    if not new:
        return
    Mailing.objects.bulk_create(new, ignore_conflicts=True)
    keys = [copy.key for copy in new]
    queued = Mailing.objects.filter(key__in=keys, status=Mailing.Status.QUEUED).values_list("pk", flat=True)
    jobs: list[JSONDict] = [{"mailing_id": pk} for pk in queued]
    send_mailing.batch_defer(*jobs)


def _settle(step: TopicStep, now: datetime) -> None:
    """All are told: of a round's result, for all its topics at once."""
    same = TopicStep.objects.filter(round=step.round_id, kind__in=RESULTS) if step.kind in RESULTS else None
    (same if same is not None else TopicStep.objects.filter(pk=step.pk)).untold().update(told_at=now)
