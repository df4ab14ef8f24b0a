"""The one writer of a topic's state: each change of it is a step with its moment, told to those who asked."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from members.models import AuditEntry, Member, Round, Topic, TopicStep
from newsroom.caching import purge

Kind = TopicStep.Kind
SILENT = (Kind.PROPOSED, Kind.WITHDRAWN)  # shown on the topic's page; nobody is mailed
STATUS = {
    Kind.IN_VOTE: Topic.Status.IN_VOTE,
    Kind.WON: Topic.Status.WON,
    Kind.NOT_CHOSEN: Topic.Status.NOT_CHOSEN,
    Kind.ASSIGNED: Topic.Status.ASSIGNED,
    Kind.PUBLISHED: Topic.Status.PUBLISHED,
    Kind.WITHDRAWN: Topic.Status.ASSIGNED,
    Kind.DECLINED: Topic.Status.DECLINED,
    Kind.MERGED: Topic.Status.MERGED,
}


class TopicError(Exception):
    """The step cannot be taken now; the message is fit to show."""


def take(
    topic: Topic, kind: TopicStep.Kind, allowed: set[Topic.Status], *, at: datetime, by: Member | None, **given: Any
) -> TopicStep:
    """Take the step from one of the `allowed` states. Raises TopicError where it stands elsewhere.

    `given`: `round_`, `story_id`, `note` of the step, `tells` (False: nobody is mailed); anything else is written on
    the topic. Effects: the topic, its step, the audit, its pages, a job that tells those who asked for it.
    """
    step = take_if(topic, kind, allowed, at=at, by=by, **given)
    if step is None:
        raise TopicError(_("“%(topic)s” is past that step.") % {"topic": topic.title})
    return step


def take_if(
    topic: Topic,
    kind: TopicStep.Kind,
    allowed: set[Topic.Status],
    *,
    at: datetime,
    by: Member | None = None,
    round_: Round | None = None,
    story_id: int | None = None,
    note: str = "",
    tells: bool = True,
    **fields: Any,
) -> TopicStep | None:
    """As `take`; None where the topic stands elsewhere."""
    from members.topics import jobs

    with transaction.atomic():
        locked = Topic.objects.select_for_update().get(pk=topic.pk)
        if locked.status not in allowed:
            return None
        Topic.objects.filter(pk=topic.pk).update(status=STATUS[kind], **fields)
        step = TopicStep.objects.create(
            topic=locked,
            kind=kind,
            at=at,
            by=by,
            round=round_,
            story_id=story_id,
            note=note[:300],
            told_at=None if tells and kind not in SILENT else at,
        )
        changes = {"status": [locked.status, STATUS[kind]]}
        AuditEntry.objects.note(f"topic.{kind}", by=by, subject=locked, reason=note[:300], changes=changes)
        purge("topics", f"topic-{topic.pk}")
        if step.told_at is None:
            jobs.tell_step.defer(step_id=step.pk)
    topic.refresh_from_db()
    return step
