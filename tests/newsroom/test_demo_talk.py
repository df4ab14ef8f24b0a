"""The demo's conversation is whole: it parses, answers come after what they answer, and loading it mails nobody."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from comments.models import Appeal, Discussion, Follow, Mute, Notice, Reply, Report, Ruling, Sanction
from comments.moderation import rules
from members.models import Mailing, Member, SiteRules
from newsroom.demo import talk
from newsroom.demo.community import REASONS
from newsroom.demo.paper import read_paper, read_story, read_talk
from newsroom.demo.people import COLLEAGUES, PEOPLE
from tests.factories import make_article
from tests.newsroom.test_demo_paper import PAPER

STAFF = {person.email for person in (*PEOPLE, *COLLEAGUES) if person.email}


def test_the_conversation_names_only_what_exists_and_nobody_speaks_before_they_are_there() -> None:
    since = {row["key"]: row["since_days"] * 24 * 60 for row in read_paper()["members"]}
    for discussion in read_talk()["discussions"]:
        age = read_story(PAPER / "stories" / f"{discussion['story']}.html").facts["minutes_ago"]
        seen: dict[str, dict[str, Any]] = {}
        for row in sorted(discussion["replies"], key=lambda row: int(row["at"])):
            assert row["at"] < age
            assert row["by"] in STAFF or age - row["at"] < since[row["by"]], row["id"]
            assert not {'"', "'"} & set(row["text"]), row["id"]
            assert "to" not in row or "held" not in seen[row["to"]], row["id"]
            assert row.get("held", "links") in {rule.__name__ for rule in rules.RULES} & {*REASONS}
            assert row["id"] not in seen
            seen[row["id"]] = row
        assert len(seen) == len(discussion["replies"])


@pytest.mark.django_db
def test_the_conversation_shows_everything_and_mails_nobody(now: datetime) -> None:
    found = read_talk()
    for row in found["discussions"]:
        make_article(slug=row["story"], published_at=now - timedelta(days=60))
    SiteRules(pk=1).save()
    people = {row["key"]: Member(email=row["email"], name=row["name"]) for row in read_paper()["members"]}
    Member.objects.bulk_create([*people.values(), *(Member(email=email) for email in sorted(STAFF))])
    talk.load_talk(people, now)
    lively = Discussion.objects.with_count().get(story__slug="opinion-a-quay-is-not-a-view")
    assert lively.count >= 60  # type: ignore[attr-defined]  # annotated
    assert lively.pinned is not None
    assert lively.note
    assert {*lively.replies.values_list("status", flat=True)} == {"published", "held", "removed", "erased"}
    assert {*lively.replies.values_list("badge", flat=True)} == {"", "staff", "author"}
    assert Discussion.objects.filter(slow_seconds__gt=0).count() == 1
    assert sum(one.is_closed(now) for one in Discussion.objects.all()) == 1
    assert Reply.objects.held().values("rule").distinct().count() == 5
    assert {*Report.objects.unsettled().values_list("reason", flat=True)} == {"illegal", "spam", "insult", "word"}
    assert {*Sanction.objects.in_force(now).values_list("kind", flat=True)} == {"warn", "mute"}
    assert Appeal.objects.open().get().ruling in Ruling.objects.standing()
    assert (Follow.objects.count(), Mute.objects.count()) == (3, 1)
    for quiet in (Mailing, Notice, ProcrastinateJob):
        assert not quiet._default_manager.exists(), quiet
    assert not Reply.objects.visible().published().filter(announced_at=None).exists()
