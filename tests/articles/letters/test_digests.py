"""Digests: when their hour is, what is new in them, and that none is made twice."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from articles import jobs
from articles.letters import digests, issuing
from articles.models import Article, FrontSlot
from members.models import Issue, Letter
from tests.articles.letters.making import make_letter
from tests.factories import Cast, SectionFactory, make_article

pytestmark = pytest.mark.django_db
BERLIN = "Europe/Berlin"


@pytest.fixture(autouse=True)
def _in_berlin(settings: Any) -> None:
    settings.TIME_ZONE = BERLIN


def digest(now: datetime, **fields: Any) -> Letter:
    """A daily letter of seven o'clock."""
    return make_letter(now, **{"digest": "daily", "digest_at": time(7), **fields})


def at(text: str) -> datetime:
    """A moment in Berlin, as UTC."""
    local = datetime.fromisoformat(text).replace(tzinfo=timezone.get_default_timezone())
    return local.astimezone(UTC)


def story(told: datetime, headline: str, **fields: Any) -> Article:
    """A story that went out and was told of at `told`."""
    return make_article(headline=headline, published_at=told, announced_at=told, **fields)


def headlines(issue: Issue | None) -> list[str]:
    """What it holds."""
    assert issue is not None
    return [Article.objects.get(pk=row["story_id"]).headline for row in issue.content["stories"]]


HOURS = [  # digest, hour, weekday, now in Berlin → its hour in UTC, its period
    ("daily", "07:00", 1, "2026-11-23 12:00", "2026-11-23T06:00", "2026-11-23"),
    ("daily", "07:00", 1, "2026-07-23 00:30", "2026-07-23T05:00", "2026-07-23"),
    ("daily", "02:30", 1, "2026-03-29 12:00", "2026-03-29T01:30", "2026-03-29"),  # the hour is skipped: half past three
    ("daily", "02:30", 1, "2026-10-25 12:00", "2026-10-25T00:30", "2026-10-25"),  # it comes twice: the first
    ("workdays", "07:00", 1, "2026-11-21 12:00", None, ""),  # a Saturday
    ("workdays", "07:00", 1, "2026-11-20 12:00", "2026-11-20T06:00", "2026-11-20"),
    ("weekly", "18:00", 5, "2026-11-20 12:00", "2026-11-20T17:00", "2026-W47"),
    ("weekly", "18:00", 5, "2026-11-21 12:00", None, ""),
    ("weekly", "07:00", 5, "2027-01-01 12:00", "2027-01-01T06:00", "2026-W53"),
]


@pytest.mark.parametrize(("kind", "hour", "weekday", "moment", "wanted", "period"), HOURS)
def test_the_hour_is_the_sites_whatever_the_clock_does(
    kind: str, hour: str, weekday: int, moment: str, wanted: str | None, period: str
) -> None:
    letter = Letter(digest=kind, digest_at=time.fromisoformat(hour), digest_weekday=weekday)
    found = digests.hour_of(letter, at(moment))
    assert found == (datetime.fromisoformat(wanted).replace(tzinfo=UTC) if wanted else None)
    assert found is None or digests.period_of(letter, found) == period


def test_a_digest_holds_what_is_new_and_nothing_else() -> None:
    seven = at("2026-11-24 07:00")
    city, sea = SectionFactory(slug="city"), SectionFactory(slug="sea")
    letter = digest(seven, section_ids=[city.pk], digest_most=3)
    hour = timedelta(hours=1)
    for ago, name in ((1, "Newest"), (3, "Older"), (4, "In front"), (5, "Too many"), (25, "Yesterday")):
        story(seven - ago * hour, name, section=city)
    FrontSlot.objects.create(place="lead", position=1, story=Article.objects.get(headline="In front"))
    story(seven - hour, "Elsewhere", section=sea)
    story(seven - hour, "Paid", section=city, kind="sponsored")
    story(seven - hour, "Imported", section=city, legacy_key="wp-1")
    story(seven - hour, "Withdrawn", section=city, status="withdrawn")
    story(seven + timedelta(seconds=5), "Next time", section=city)
    make_article(headline="Backdated", published_at=seven - 30 * hour, announced_at=seven - hour, section=city)
    make_article(headline="Untold", published_at=seven - hour, announced_at=None, section=city)
    assert digests.put_together(letter.pk, now=seven - timedelta(seconds=1)) is None
    issue = digests.put_together(letter.pk, now=seven + timedelta(seconds=20))
    assert headlines(issue) == ["In front", "Newest", "Older"]
    assert issue is not None
    assert (issue.subject, issue.preheader) == ("In front, and 2 more", "Newest · Older")
    assert (issue.period, issue.made_by, issue.content["stories"][0]["terms"]["audience"]) == (
        "2026-11-24", None, "everyone",
    )  # fmt: skip
    assert Issue.objects.get().state in (Issue.State.SCHEDULED, Issue.State.SENDING)


def test_it_is_made_once_late_the_same_day_and_what_a_day_missed_comes_next() -> None:
    letter, seven = digest(at("2026-11-24 07:00")), at("2026-11-24 07:00")
    first = story(seven - timedelta(hours=2), "First")
    with time_machine.travel(seven + timedelta(hours=9), tick=False):  # the worker was down
        jobs.digests_due(timestamp=0)
        jobs.digests_due(timestamp=0)
        for _turn in range(2):
            jobs.make_digest(letter.pk)
    assert Issue.objects.get().content["stories"][0]["story_id"] == first.pk
    story(seven + timedelta(hours=10), "Second")
    assert digests.due(at("2026-11-24 23:59")) == []
    assert digests.due(at("2026-11-26 07:01")) == [letter.pk]  # nothing ran on the 25th
    assert headlines(digests.put_together(letter.pk, now=at("2026-11-26 07:01"))) == ["Second"]


def test_an_hour_with_nothing_new_makes_no_issue_not_even_later() -> None:
    seven = at("2026-11-24 07:00")
    letter = digest(seven)
    assert digests.put_together(letter.pk, now=seven) is None
    story(seven + timedelta(hours=2), "At nine")
    assert digests.put_together(letter.pk, now=seven + timedelta(hours=3)) is None
    assert headlines(digests.put_together(letter.pk, now=at("2026-11-25 07:00"))) == ["At nine"]


def test_nobody_to_read_it_or_a_letter_switched_off_makes_none() -> None:
    seven = at("2026-11-24 07:00")
    story(seven - timedelta(hours=2), "First")
    lonely, off = digest(seven, readers=0, slug="lonely"), digest(seven, slug="off", is_active=False)
    assert digests.due(seven) == [lonely.pk]
    assert [digests.put_together(letter.pk, now=seven) for letter in (lonely, off)] == [None, None]


def test_one_that_waits_is_a_draft_with_keys_and_is_not_made_again_when_thrown_away(cast: Cast) -> None:
    seven = at("2026-11-24 07:00")
    letter = digest(seven, digest="weekly", digest_weekday=2, digest_waits=True, carries="lines")
    only = story(seven - timedelta(days=6), "Only one")
    issue = digests.put_together(letter.pk, now=seven)
    assert issue is not None
    assert (issue.state, issue.subject, issue.period) == (Issue.State.DRAFT, "Only one", "2026-W48")
    assert issue.content["stories"] == [{"story_id": only.pk, "carries": "lines", "note": ""}]
    issuing.drop(issue, by=cast.editor, now=seven)
    assert digests.put_together(letter.pk, now=seven + timedelta(hours=1)) is None
    assert Issue.objects.get().state == Issue.State.STOPPED


def test_long_headlines_still_fit_a_subject() -> None:
    stories = [Article(headline="A" * 200), Article(headline="B" * 200)]
    words = digests.words(stories)
    assert len(words.subject) <= 200
    assert words.subject.endswith("…, and 1 more")
    assert len(words.preheader) <= 200
