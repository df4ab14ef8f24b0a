"""Topics named the one round they were in; each is an option of it now. Consents and issues get their new shape."""

from datetime import timedelta

from django.db import migrations
from django.db.models import Exists, OuterRef
from django.utils import timezone

LATER = timedelta(seconds=1)


def move(apps, schema_editor):
    now = timezone.now()
    of = {name: apps.get_model("members", name) for name in ("Topic", "Option", "Choice", "Ballot", "Round", "Issue")}
    for topic in of["Topic"].objects.select_related("round"):
        topic.by_newsroom = topic.proposed_by_id is None
        topic.save(update_fields=["by_newsroom"])
        steps = [("proposed", topic.proposed_at, None)]
        if topic.round is not None and topic.status not in ("proposed", "merged"):
            counted = topic.round.closed_at is not None
            won = counted and topic.status in ("won", "assigned", "published")
            option = of["Option"].objects.create(
                round=topic.round,
                topic=topic,
                added_at=topic.round.opens_at,
                votes=(topic.votes or 0) if counted else None,
                is_winner=won,
            )
            of["Choice"].objects.filter(topic=topic).update(option=option)
            steps.append(("in_vote", topic.round.opens_at, topic.round))
            if counted:
                steps.append(("won" if won else "not_chosen", topic.round.closes_at, topic.round))
        if topic.status in ("assigned", "published", "declined"):
            steps.append((topic.status, steps[-1][1] + LATER, None))
        for kind, at, held in steps:
            note = topic.decline_reason if kind == "declined" else ""
            topic.steps.create(kind=kind, at=at, round=held, note=note, told_at=now)
    grants = apps.get_model("members", "Grant").objects.filter(member=OuterRef("member"))
    covered = Exists(grants.filter(starts_at__lte=OuterRef("round__closes_at"), ends_at__gt=OuterRef("round__closes_at")))
    closed = of["Ballot"].objects.filter(round__closed_at__isnull=False).annotate(covered=covered)
    for standing, is_covered in (("counted", True), ("no_grant", False)):
        found = list(closed.filter(covered=is_covered).values_list("pk", flat=True))
        of["Ballot"].objects.filter(pk__in=found).update(standing=standing)
    of["Round"].objects.update(tie_rule="earliest")
    for issue in of["Issue"].objects.all():
        issue.content = {"intro_html": "", "stories": [issue.content] if issue.content else []}
        issue.state, issue.send_at, issue.done_at, issue.is_written = "sent", issue.made_at, issue.made_at, True
        issue.save(update_fields=["content", "state", "send_at", "done_at", "is_written"])
    _prove(apps)


def _prove(apps):
    """What we know of earlier consents, as lines of the proof."""
    consents = apps.get_model("members", "Consent")
    for row in apps.get_model("members", "LetterSubscription").objects.iterator():
        known = [("asked", row.asked_at), ("confirmed", row.confirmed_at), ("left", row.left_at)]
        consents.objects.bulk_create(
            consents(
                subscription=row,
                act=act,
                at=at,
                where=row.asked_on if act == "asked" else "",
                wording=row.wording if act == "asked" else "",
            )
            for act, at in known
            if at is not None
        )


def back(apps, schema_editor):
    topics = apps.get_model("members", "Topic")
    for option in apps.get_model("members", "Option").objects.order_by("round__opens_at"):
        topics.objects.filter(pk=option.topic_id).update(round=option.round_id)
        option.choices.update(topic=option.topic_id)
    apps.get_model("members", "Round").objects.update(tie_rule="The topic proposed first wins a tie.")
    for issue in apps.get_model("members", "Issue").objects.all():
        issue.content = next(iter(issue.content.get("stories", [])), {})
        issue.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [("members", "0007_rounds_options_steps_and_letters")]

    operations = [migrations.RunPython(move, back)]
