"""From a proposal to a story: proposed, put to the vote, assigned, or declined with a reason."""

from datetime import date, datetime

from django.db import transaction
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext as _

from members.models import AuditEntry, Member, Round, Topic
from newsroom.caching import purge

RESERVED = ("propose", "vote")


class TopicError(Exception):
    """The step cannot be taken now; the message is fit to show."""


def propose(member: Member, *, title: str, case: str, now: datetime) -> Topic:
    """Keep a proposal for the newsroom to look at; readers do not see it before."""
    return Topic.objects.create(
        slug=free_slug(title), title=title, case=case, proposed_by=member, proposed_at=now, status=Topic.Status.PROPOSED
    )


def free_slug(title: str) -> str:
    """A slug nobody has; titles in other scripts get a plain one."""
    slug = slugify(title)[:100].strip("-") or "topic"
    if slug in RESERVED or Topic.objects.filter(slug=slug).exists():
        slug = f"{slug}-{get_random_string(6, 'abcdefghjkmnpqrstuvwxyz23456789')}"
    return slug


def admit(topic: Topic, round_: Round, *, by: Member, now: datetime) -> None:
    """Put the topic on the ballot of a round that has not opened. Raises TopicError."""
    with transaction.atomic():
        locked = Round.objects.select_for_update().get(pk=round_.pk)
        if locked.opens_at <= now:
            raise TopicError(_("This round is open or over: its options are frozen."))
        _step(
            topic,
            Topic.Status.IN_VOTE,
            {Topic.Status.PROPOSED, Topic.Status.IN_VOTE, Topic.Status.NOT_CHOSEN},
            by=by,
            verb="put to the vote",
            round=locked,
            votes=None,
        )


def decline(topic: Topic, *, reason: str, by: Member, now: datetime) -> None:
    """Turn it down and say why; the reason is public. Raises TopicError.

    It leaves the ballot of a round still to open; on an open one it stays, with the reason, and cannot win.
    """
    if not reason.strip():
        raise TopicError(_("Say why: whoever proposed it reads the reason."))
    in_coming_round = topic.round is not None and topic.round.opens_at > now
    settled = {Topic.Status.PUBLISHED, Topic.Status.DECLINED}
    _step(
        topic,
        Topic.Status.DECLINED,
        set(Topic.Status) - settled,
        by=by,
        verb="decline",
        decline_reason=reason.strip()[:300],
        round=None if in_coming_round else topic.round,
    )


def assign(topic: Topic, *, to: Member, due_on: date | None, by: Member) -> None:
    """Give it to a colleague, with a day. Raises TopicError."""
    open_states = {Topic.Status.PROPOSED, Topic.Status.WON, Topic.Status.NOT_CHOSEN, Topic.Status.ASSIGNED}
    _step(topic, Topic.Status.ASSIGNED, open_states, by=by, verb="assign", assigned_to=to, due_on=due_on)


def _step(
    topic: Topic, status: Topic.Status, allowed: "set[Topic.Status]", *, by: Member, verb: str, **fields: object
) -> None:
    with transaction.atomic():
        locked = Topic.objects.select_for_update().get(pk=topic.pk)
        if locked.status not in allowed:
            raise TopicError(_("“%(topic)s” is past that step.") % {"topic": locked.title})
        before = locked.status
        Topic.objects.filter(pk=topic.pk).update(status=status, **fields)
        AuditEntry.objects.note(verb, by=by, subject=locked, changes={"status": [before, status]})
        purge("topics", f"topic-{topic.pk}")
    topic.refresh_from_db()
