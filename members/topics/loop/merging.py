"""Joining two topics that ask for the same: by hand, by the desk."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Member, Topic, TopicFollow, TopicStep
from members.topics.loop import steps
from members.topics.loop.proposals import seen_by_readers
from members.topics.loop.steps import TopicError
from newsroom.caching import purge

Status = Topic.Status
MAY_BE_JOINED = {Status.PROPOSED, Status.IN_VOTE, Status.NOT_CHOSEN}
MAY_NOT_TAKE = {Status.MERGED, Status.DECLINED}


def merge(topic: Topic, *, into: Topic, by: Member, now: datetime) -> None:
    """Join `topic` with `into`, which goes on for both. Raises TopicError.

    Effects: its address leads to the other's, its followers and proposer follow that and hear so once, its replies
    move along, it leaves the ballot of a round still to open. Votes of counted rounds stay where they were cast.
    """
    if topic.pk == into.pk:
        raise TopicError(_("That is the same topic."))
    with transaction.atomic():
        rows = Topic.objects.select_for_update().filter(pk__in=[topic.pk, into.pk]).order_by("pk").in_bulk()
        source, target = rows[topic.pk], rows[into.pk]
        _check(source, target, now)
        source.options.undecided().filter(round__opens_at__gt=now).delete()
        _move_replies(source, target)
        steps.take(source, TopicStep.Kind.MERGED, MAY_BE_JOINED, at=now, by=by, note=target.title, merged_into=target)
        Topic.objects.filter(merged_into=source).update(merged_into=target)
        who = {row.member_id: row.at for row in source.follows.all()}
        if source.proposed_by_id:
            who.setdefault(source.proposed_by_id, now)
        follows = [TopicFollow(topic=target, member_id=pk, at=at) for pk, at in who.items()]
        TopicFollow.objects.bulk_create(follows, ignore_conflicts=True)
        purge(f"topic-{target.pk}")
    topic.refresh_from_db()


def _check(source: Topic, target: Topic, now: datetime) -> None:
    if target.status in MAY_NOT_TAKE:
        raise TopicError(_("“%(topic)s” was declined or joined with another itself.") % {"topic": target.title})
    seen = set(seen_by_readers(now).filter(pk__in=[source.pk, target.pk]).values_list("pk", flat=True))
    if source.pk in seen and target.pk not in seen:
        raise TopicError(_("Readers see this one and not the other: join the other with this one."))
    if source.options.undecided().filter(round__opens_at__lte=now).exists():
        raise TopicError(_("It is in a vote that is open. Wait for its result."))


def _move_replies(source: Topic, target: Topic) -> None:
    """What was said under the one stands under the other. Raises TopicError where both have replies."""
    discussions: Any = Topic._meta.get_field("discussion").related_model  # they point at us; we name no other app
    rows = discussions.objects.select_for_update().filter(topic__in=[source, target])
    found = {row.topic_id: row for row in rows}
    if source.pk not in found:
        return
    if target.pk in found and found[source.pk].replies.exists():
        raise TopicError(_("Readers discuss both. Decline one with a reason, so that nobody’s words are lost."))
    if target.pk not in found:
        discussions.objects.filter(pk=found[source.pk].pk).update(topic=target)
        purge(f"replies-{found[source.pk].pk}")
