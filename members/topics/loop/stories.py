"""What came of a topic: a story that answers it goes out, or is taken back. Called by whoever publishes."""

from datetime import datetime
from typing import Any

from django.db import transaction

from members.models import Topic, TopicStep
from members.topics.loop import steps

Status = Topic.Status


def published(topic_id: int, *, story_id: int, headline: str, tells: bool, now: datetime) -> bool:
    """A story that answers the topic is out; False where another one did before.

    `tells`: whether those who asked for it hear so (not of what is imported or backdated). One joined with another
    speaks for that one. Effects: a step; a topic on the ballot of a round still to open leaves it.
    """
    with transaction.atomic():
        topic = Topic.objects.select_related("merged_into").get(pk=topic_id)
        topic = topic.merged_into or topic
        allowed = set(Status) - {Status.PUBLISHED, Status.MERGED}
        step = steps.take_if(
            topic, TopicStep.Kind.PUBLISHED, allowed, at=now, story_id=story_id, note=headline, tells=tells
        )
        if step is not None:
            topic.options.undecided().filter(round__opens_at__gt=now).delete()
    return step is not None


def withdrawn(topic_id: int, *, story_id: int, now: datetime) -> bool:
    """The story that answered the topic is gone: it is with its colleague again. False where another answers it."""
    with transaction.atomic():
        topic = Topic.objects.select_related("merged_into").get(pk=topic_id)
        topic = topic.merged_into or topic
        stories: Any = Topic._meta.get_field("stories").related_model  # stories point at us; we name no other app
        answers = stories.objects.live(now).filter(topic__in=[topic_id, topic.pk]).exclude(pk=story_id)
        if answers.exists():
            return False
        step = steps.take_if(topic, TopicStep.Kind.WITHDRAWN, {Status.PUBLISHED}, at=now, story_id=story_id)
    return step is not None
