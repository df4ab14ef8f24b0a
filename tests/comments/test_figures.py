"""The desk's figures of the replies: what is counted, and what is not."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from comments.models import Appeal, Reply, Report, Ruling
from comments.moderation import verbs
from tests.comments.conftest import say
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db


def decided(story: Any, verb: Any, by: Any, rule: str, hours: float, ago: timedelta = timedelta(0)) -> Ruling:
    """A ruling on a reply that this rule held, `hours` after it was posted."""
    at = timezone.now() - ago
    posted = at - timedelta(hours=hours)
    reply = say(story, f"{rule} {hours} {ago}", status=Reply.Status.HELD, rule=rule, at=posted)
    made = verb(reply, by=by, now=at)
    Ruling.objects.filter(pk=made.pk).update(at=at)
    ruling: Ruling = made
    return ruling


def test_the_figures_count_thirty_days_of_standing_decisions(story: Any, cast: Any, signed_in: Any) -> None:
    by, now = cast.moderator, timezone.now()
    for hours in range(1, 11):
        verb = verbs.approve if hours % 2 else verbs.reject
        decided(story, verb, by, "held_word", hours, timedelta(days=hours % 3))
    decided(story, verbs.approve, by, "links", 5)
    undone = decided(story, verbs.reject, by, "links", 500)
    verbs.undo(undone, by=by, now=now)
    decided(story, verbs.reject, by, "links", 500, timedelta(days=31))
    gone, stays = say(story, "reported, gone"), say(story, "reported, stays")
    for reply in (gone, stays):
        Report.objects.create(reply=reply, member=MemberFactory(), reason="hate")
    removed = verbs.remove(gone, by=by, now=now)
    Report.objects.filter(reply=stays).update(settled_at=now)
    Report.objects.create(reply=stays, reason="word")
    Report.objects.create(reply=stays, member=by, reason="spam", reported_at=now - timedelta(days=31))
    Appeal.objects.create(member=gone.author, ruling=removed, text="Why?", made_at=now, outcome="granted")
    shown = signed_in(by).get(reverse("admin:comments_figures")).context
    assert shown["times"] == {"number": 11, "half": "5\xa0hours", "most": "9\xa0hours"}
    assert [(str(rule.name), rule.decided, rule.approved, rule.share) for rule in shown["rules"]] == [
        ("Many links", 1, 1, 100),
        ("Held word", 10, 5, 50),
    ]
    assert [(str(row.name), row.open, row.upheld, row.kept) for row in shown["reports"]] == [
        ("Hate speech", 0, 1, 1),
        ("A word of the list", 1, 0, 0),
    ]
    days = shown["days"]
    assert (sum(day.approved for day in days), sum(day.refused for day in days)) == (6, 6)
    assert [day.day for day in days] == sorted({day.day for day in days}, reverse=True)
    assert shown["appeals"] == {"made": 1, "granted": 1, "dismissed": 0}
    assert shown["waiting"]["number"] == 1  # what was undone waits again


def test_an_empty_month_has_no_table_over_nothing_and_figures_only_look(cast: Any, signed_in: Any) -> None:
    client = signed_in(cast.moderator)
    page = client.get(reverse("admin:comments_figures")).content.decode()
    assert "Nothing was decided or reported in this time." in page
    assert "<table" not in page
    assert client.post(reverse("admin:comments_figures")).status_code == 405
