"""The home of the desk: what waits, what is wrong, what the week brings, and for whom."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.desk.gate import facts as gate
from articles.models import Article, MissedAddress, OutgoingLink, Picture, Redirect, WorkingCopy
from members.models import Choice, Option, Round, SiteRules, Topic
from newsroom import furniture
from newsroom.home import home
from tests.factories import ArticleFactory, Cast, MemberFactory, SectionFactory, make_article, make_option, make_patron

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNSEEN = {"published_at": None, "published_on": None, "live_from": None, "announced_at": None}


@pytest.fixture(autouse=True)
def trusted() -> Iterator[None]:
    """The furniture and what is known of the gate are kept, as in a process whose listener is connected."""
    furniture.snapshot.trusted = True
    gate.shelf.trust(connected=True)
    yield
    furniture.snapshot.trusted = False
    gate.shelf.trust(connected=False)


def seen_by(member: Any) -> str:
    client = Client()
    client.force_login(member)
    return client.get("/admin/").content.decode()


def draft(**fields: Any) -> Article:
    story: Article = ArticleFactory(**{**UNSEEN, "status": "draft", **fields})
    return story


def coming(at: datetime, **fields: Any) -> Article:
    return make_article(published_at=at, live_from=at, announced_at=None, **fields)


@pytest.fixture
def troubled(now: datetime, cast: Cast) -> Cast:
    """A site with one of everything the home speaks of."""
    SectionFactory()
    draft(headline="Mine", created_by=cast.publisher)
    draft(headline="Handed in", status="ready")
    draft(headline="Forgotten", status="ready", published_at=now - HOUR)
    draft(headline="Planned for Friday", published_at=now + 3 * DAY)
    draft(headline="Nowhere yet", status="ready", section=None)
    coming(now + HOUR, headline="At one")
    coming(now + 2 * DAY, headline="On Thursday")
    silent = make_article(headline="Told nobody", announced_at=None)
    picture = Picture.objects.create(alt="", rights_until=timezone.localdate(now) + timedelta(days=3))
    silent.pictures.add(picture, Picture.objects.create(alt="A", rights_until=timezone.localdate(now) - DAY))
    Picture.objects.create(alt="")  # stands nowhere: nobody misses its words
    OutgoingLink.objects.create(article=silent, url="https://gone.example/", failing_since=now, trouble="404")
    MissedAddress.objects.create(path="/old/story", times=7)
    MissedAddress.objects.create(path="/answered", times=9)
    Redirect.objects.create(old_path="/answered", new_path="/")
    WorkingCopy.objects.create(member=cast.publisher, content={"headline": "Half a sentence"})
    WorkingCopy.objects.create(member=cast.writer, content={"headline": "Of somebody else"})
    held = Round.objects.create(slug="r", question="What next?", closes_at=now + 9 * DAY, tally="live")
    asked = Topic.objects.create(slug="quay", title="Who owns the quay", status="in_vote")
    option = Option.objects.create(round=held, topic=asked)
    make_option(held, "Mud")
    Choice.objects.create(ballot=held.ballots.create(member=make_patron(MemberFactory())), option=option)
    Topic.objects.create(slug="won", title="The empty school", status="won", votes=12)
    Topic.objects.create(slug="p", title="Proposed", status="proposed")
    make_article(headline="Last week", published_at=now - 7 * DAY, live_from=now - 7 * DAY)
    return cast


def test_everything_that_waits_or_is_wrong_is_said_once_and_links_to_its_remedy(troubled: Cast) -> None:
    page = seen_by(troubled.publisher)
    for shown in (
        "Mine", "Handed in", "At one", "Told nobody", "Half a sentence", "Who owns the quay", "1 vote",
        "The empty school", "won, nobody assigned", "1 proposal waits", "1 story is out and nobody was told",
        "No backup was ever made", "and not approved: Forgotten", "No section: Nowhere yet",
        "1 picture has no alternative text", "?alt=none", "The right to show 1 picture ends", "?rights=ending",
        "1 picture is shown though our right to it has ended", "Dead link in “Told nobody”: https://gone.example/",
        "/admin/articles/redirect/add/?old_path=/old/story", "7 times", "planned, not approved",
    ):  # fmt: skip
        assert shown in page, shown
    for hidden in ("/answered", "Of somebody else", "Last week"):
        assert hidden not in page, hidden


def test_the_week_runs_by_days_of_the_sites_zone(troubled: Cast, now: datetime) -> None:
    days = home(troubled.publisher, now).week
    assert [(day.day.isoformat(), [str(entry.story) for entry in day.entries]) for day in days] == [
        ("2026-11-03", ["At one"]),
        ("2026-11-05", ["On Thursday"]),
        ("2026-11-06", ["Planned for Friday"]),
    ]


@pytest.mark.parametrize("role", ["writer", "editor", "publisher", "moderator", "manager"])
def test_home_costs_at_most_eight_queries(troubled: Cast, role: str) -> None:
    client = Client()
    client.force_login(getattr(troubled, role))
    client.get("/admin/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/admin/").status_code == 200
    assert len(queries) <= 8, "\n".join(query["sql"][:200] for query in queries)


def test_nobody_is_shown_what_their_role_may_not_see(troubled: Cast) -> None:
    moderator = seen_by(troubled.moderator)
    for hidden in ("Mine", "At one", "Forgotten", "No backup", "/old/story", "Dead link", "alternative text", "quay"):
        assert hidden not in moderator, hidden
    writer = seen_by(troubled.writer)
    for hidden in (
        "No backup",
        "/old/story",
        "nobody was told",
        "not approved: Forgotten",
        "Dead link",
        "proposal waits",
    ):
        assert hidden not in writer, hidden
    assert "Of somebody else" in writer
    assert "No backup" not in seen_by(troubled.editor)
    assert "home-warnings" not in seen_by(troubled.manager)


def test_votes_of_a_secret_tally_are_nobodys_before_the_close(troubled: Cast) -> None:
    Round.objects.update(tally="at_close")
    furniture.snapshot.forget()
    page = seen_by(troubled.publisher)
    assert "Who owns the quay" not in page
    assert "The empty school" in page


@pytest.mark.parametrize(("age", "says"), [(timedelta(hours=23), ""), (timedelta(hours=25), "old"), (None, "never")])
def test_a_backup_older_than_a_day_or_none_is_a_warning(
    troubled: Cast, now: datetime, age: timedelta | None, says: str
) -> None:
    SiteRules.objects.update_or_create(pk=1, defaults={"backed_up_at": now - age if age else None})
    assert home(troubled.publisher, now).backup == says


def test_a_new_site_is_not_scolded_for_its_backup(cast: Cast, now: datetime) -> None:
    make_article()
    assert home(cast.publisher, now).backup == ""
    assert "home-warnings" not in seen_by(cast.publisher)


def test_an_announcement_of_this_minute_is_no_alarm(cast: Cast, now: datetime) -> None:
    coming(now - timedelta(seconds=50))
    assert home(cast.publisher, now).unannounced == 0


def test_a_desk_with_nothing_on_it_says_so_and_has_no_heading_over_nothing(cast: Cast) -> None:
    page = seen_by(cast.editor)
    assert "Nothing waits" in page
    for heading in ("Needs a look", "My drafts", "The week ahead", "What patrons ask for", "Not saved yet"):
        assert heading not in page


def test_the_desks_pages_are_listed_in_peoples_words(cast: Cast) -> None:
    page = seen_by(cast.publisher)
    assert "The paper" in page
    assert "Who did what" in page
    for word in ("<h2>Articles", "<h2>Comments", "Places on the front page"):
        assert word not in page


def test_the_way_around_the_desk_follows_the_role(cast: Cast) -> None:
    def ways(member: Any) -> set[str]:
        nav = seen_by(member).split('class="desk-nav"')[1].split("</nav>")[0]
        return {word for word in ("Stories", "Front page", "Replies", "Pictures", "Pages", "Site") if word in nav}

    assert ways(cast.writer) == {"Stories", "Pictures", "Pages"}
    assert ways(cast.editor) == {"Stories", "Front page", "Pictures", "Pages"}
    assert ways(cast.moderator) == {"Replies"}
    assert ways(cast.publisher) == {"Stories", "Front page", "Replies", "Pictures", "Pages", "Site"}
