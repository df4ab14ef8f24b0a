"""The front page: what an editor puts there, what fills by itself, brief and banner."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import arranging, moments
from articles.arranging import ArrangingError
from articles.front import Front, front_page
from articles.models import Article, FrontSlot, Picture, RelatedLink, Section
from members.models import AuditEntry, SiteRules
from newsroom import caching, furniture
from tests.factories import Cast, SectionFactory, make_article

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DESK = "/admin/articles/frontslot/"


@pytest.fixture
def trusted() -> Iterator[None]:
    """The furniture is kept, as in a process whose listener is connected."""
    furniture.snapshot.trusted = True
    yield
    furniture.snapshot.trusted = False


@pytest.fixture
def city() -> Section:
    section: Section = SectionFactory(slug="city")
    return section


@pytest.fixture
def stories(now: datetime, city: Section) -> list[Article]:
    """Nine live stories, the newest first."""
    return [
        make_article(headline=f"Number {age}", section=city, published_at=now - age * HOUR, live_from=now - age * HOUR)
        for age in range(1, 10)
    ]


def later(now: datetime, section: Section, **fields: Any) -> Article:
    """An approved story of an hour from now."""
    return make_article(section=section, published_at=now + HOUR, live_from=now + HOUR, announced_at=None, **fields)


def page(now: datetime) -> Front:
    sections = list(Section.objects.order_by("position", "pk"))
    return front_page(sections=sections, vote=None, rules=SiteRules.current(), now=now)


def top(now: datetime) -> list[str]:
    """Lead and seconds."""
    front = page(now)
    return [place.card.story.headline for place in [*filter(None, [front.lead]), *front.seconds]]


def strip(now: datetime) -> list[str]:
    return [place.card.story.headline for place in page(now).strips[0].places]


def as_(member: Any) -> Client:
    client = Client()
    client.force_login(member)
    return client


def test_what_no_slot_holds_fills_by_itself(now: datetime, stories: list[Article]) -> None:
    assert top(now) == ["Number 1", "Number 2", "Number 3", "Number 4"]
    assert strip(now) == ["Number 5", "Number 6", "Number 7", "Number 8"]


def test_a_slot_takes_its_place_and_the_rest_fills_around_it(now: datetime, stories: list[Article], cast: Cast) -> None:
    arranging.place(stories[7], at="lead", by=cast.editor, now=now)
    arranging.place(stories[8], at="second", position=2, by=cast.editor, now=now)
    arranging.place(stories[0], at="strip", position=1, by=cast.editor, now=now)
    assert top(now) == ["Number 8", "Number 2", "Number 9", "Number 3"]
    assert strip(now) == ["Number 1", "Number 4", "Number 5", "Number 6"]


def test_who_stood_there_moves_down_and_the_last_falls_out(now: datetime, stories: list[Article], cast: Cast) -> None:
    for story in (stories[5], stories[6], stories[7], stories[8]):
        arranging.place(story, at="second", position=1, by=cast.editor, now=now)
    assert top(now)[1:] == ["Number 9", "Number 8", "Number 7"]
    assert not FrontSlot.objects.filter(story=stories[5]).exists()
    arranging.move(stories[6], at="second", position=1, by=cast.editor, now=now)
    assert top(now)[1:] == ["Number 7", "Number 9", "Number 8"]


def test_a_pin_runs_out_at_its_moment_and_cached_pages_end_there(
    now: datetime, stories: list[Article], cast: Cast
) -> None:
    arranging.place(stories[8], at="lead", until=now + HOUR, by=cast.editor, now=now)
    assert top(now)[0] == "Number 9"
    assert top(now + HOUR)[0] == "Number 1"
    assert caching.next_change({"front"}, moments.upcoming(now), now) == now + HOUR


@pytest.mark.parametrize("state", ["withdrawn", "draft", "embargoed"])
def test_what_is_not_live_never_stands_there(now: datetime, stories: list[Article], cast: Cast, state: str) -> None:
    arranging.place(stories[8], at="lead", by=cast.editor, now=now)
    away = {"live_from": now + HOUR} if state == "embargoed" else {"status": state}
    Article.objects.filter(pk=stories[8].pk).update(**away)
    assert "Number 9" not in Client().get("/").content.decode()
    assert top(now)[0] == "Number 1"


def test_a_story_to_come_takes_the_lead_at_its_time_and_not_before(
    now: datetime, stories: list[Article], cast: Cast, city: Section
) -> None:
    arranging.place(stories[4], at="lead", by=cast.editor, now=now)
    arranging.lead(later(now, city, headline="At one"), by=cast.editor, now=now)
    assert top(now)[0] == "Number 5"
    assert top(now + HOUR)[0] == "At one"


def test_marked_on_its_form_a_story_leads_unless_a_pin_or_a_later_word_says_otherwise(
    now: datetime, stories: list[Article], cast: Cast
) -> None:
    Article.objects.filter(pk=stories[2].pk).update(is_lead=True)
    assert top(now)[0] == "Number 3"
    arranging.place(stories[4], at="lead", by=cast.editor, now=now)
    assert top(now)[0] == "Number 5"
    newer = make_article(headline="Newer", is_lead=True, published_at=now + HOUR, live_from=now + HOUR)
    assert top(now + 2 * HOUR)[0] == "Newer"
    arranging.place(stories[4], at="lead", until=now + 3 * HOUR, by=cast.editor, now=now)
    assert top(now + 2 * HOUR)[0] == "Number 5"
    arranging.clear(stories[4], by=cast.editor, now=now)
    arranging.clear(newer, by=cast.editor, now=now)
    newer.refresh_from_db()
    assert not newer.is_lead


def test_the_mark_of_a_live_story_takes_and_leaves_the_lead(now: datetime, stories: list[Article], cast: Cast) -> None:
    stories[6].is_lead = True
    arranging.follow_mark(stories[6], by=cast.editor, now=now)
    assert top(now)[0] == "Number 7"
    stories[6].is_lead = False
    arranging.follow_mark(stories[6], by=cast.editor, now=now)
    assert top(now)[0] == "Number 1"


def test_a_package_carries_its_live_related_stories_within_the_same_queries(
    now: datetime, stories: list[Article], cast: Cast, city: Section
) -> None:
    picture = Picture.objects.create(file="pictures/a.jpg", width=1200, height=800)
    Article.objects.filter(pk=stories[0].pk).update(lead_picture=picture)
    Article.objects.exclude(pk__in=[stories[0].pk, stories[8].pk]).update(status="draft")  # so it would fill a place
    for story in (stories[8], later(now, city, headline="Under embargo")):
        RelatedLink.objects.create(article=stories[0], story=story)
    arranging.place(stories[0], at="lead", shape="package", by=cast.editor, now=now)
    with CaptureQueriesContext(connection) as queries:
        front = front_page(sections=[city], vote=None, rules=SiteRules(), now=now)
    assert len(queries) == 5  # the round's topics are the sixth
    assert front.lead is not None
    assert [card.story.headline for card in front.lead.lines] == ["Number 9"]
    assert (front.seconds, front.strips) == ([], [])
    html = Client().get("/").content.decode()
    assert 'class="package-lines"' in html
    assert "Under embargo" not in html


@pytest.mark.parametrize(
    ("shape", "marks"), [("beside", "is-lead is-split"), ("above", 'teaser is-lead"'), ("words", "is-lead is-words")]
)
def test_a_place_takes_several_shapes(
    now: datetime, stories: list[Article], cast: Cast, shape: str, marks: str
) -> None:
    picture = Picture.objects.create(file="pictures/a.jpg", width=1200, height=800)
    Article.objects.filter(pk=stories[0].pk).update(lead_picture=picture)
    arranging.place(stories[0], at="lead", shape=shape, by=cast.editor, now=now)
    assert marks in Client().get("/").content.decode()


def test_what_cannot_stand_is_refused_with_a_sentence(
    now: datetime, stories: list[Article], cast: Cast, city: Section
) -> None:
    Article.objects.filter(pk=stories[0].pk).update(status="draft")
    stories[0].refresh_from_db()
    nowhere = make_article(section=None)
    for story, where in (
        (stories[0], {"at": "lead"}),
        (nowhere, {"at": "strip"}),
        (stories[1], {"at": "second", "position": 4}),
        (stories[1], {"at": "roof"}),
        (stories[1], {"at": "lead", "until": now}),
    ):
        with pytest.raises(ArrangingError):
            arranging.place(story, by=cast.editor, now=now, **where)  # type: ignore[arg-type]  # the table's values
    assert not FrontSlot.objects.exists()


def test_the_desks_page_places_moves_and_clears(now: datetime, stories: list[Article], cast: Cast) -> None:
    client = as_(cast.editor)
    post = {"story": stories[5].pk, "where": "second-2", "shape": "words", "until": "2026-11-03T18:00"}
    answer = client.post(reverse("admin:articles_frontslot_place"), post)
    assert (answer.status_code, answer.headers["Location"]) == (303, DESK)
    assert top(now)[2] == "Number 6"
    client.post(reverse("admin:articles_frontslot_move"), {"story": stories[5].pk, "where": "lead-1"})
    slot = FrontSlot.objects.get()
    assert (slot.place, slot.shape, slot.placed_by) == ("lead", "words", cast.editor)
    assert slot.pinned_until is not None
    shown = client.get(DESK).content.decode()
    assert "Held until Tue 3 Nov, 18:00" in shown
    client.post(reverse("admin:articles_frontslot_clear"), {"story": stories[5].pk})
    assert not FrontSlot.objects.exists()
    assert AuditEntry.objects.filter(verb="front.place").count() == 2
    assert AuditEntry.objects.get(verb="front.clear").changes["place"][1] == ""


def test_looking_changes_nothing_and_only_who_arranges_may(now: datetime, stories: list[Article], cast: Cast) -> None:
    names = ("place", "move", "clear", "brief", "banner")
    for name in names:
        assert as_(cast.editor).get(reverse(f"admin:articles_frontslot_{name}")).status_code == 405
    for member in (cast.writer, cast.moderator, cast.manager):
        client = as_(member)
        assert client.get(DESK).status_code == 403
        assert client.get(f"{DESK}preview/").status_code == 403
        for name in names:
            post = {"story": stories[0].pk, "where": "lead-1", f"{name}-text": "No"}
            assert client.post(reverse(f"admin:articles_frontslot_{name}"), post).status_code == 403
    assert not FrontSlot.objects.exists()
    assert as_(cast.publisher).get(DESK).status_code == 200


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01T10:00"])
def test_a_moment_that_is_none_is_refused(now: datetime, stories: list[Article], cast: Cast, until: str) -> None:
    post = {"story": stories[0].pk, "where": "lead-1", "until": until}
    answer = as_(cast.editor).post(reverse("admin:articles_frontslot_place"), post, follow=True)
    assert "messagelist" in answer.content.decode()
    assert not FrontSlot.objects.exists()


def test_the_desks_page_costs_at_most_twelve_queries(
    now: datetime, stories: list[Article], cast: Cast, trusted: None
) -> None:
    for place, story in enumerate(stories[3:6], start=1):
        arranging.place(story, at="second", position=place, by=cast.editor, now=now)
    client = as_(cast.editor)
    client.get(DESK)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(DESK).status_code == 200
    assert len(queries) <= 12, "\n".join(query["sql"][:200] for query in queries)


def test_the_preview_shows_the_page_of_a_later_hour(
    now: datetime, stories: list[Article], cast: Cast, city: Section
) -> None:
    later(now, city, headline="At one")
    arranging.place(stories[8], at="lead", until=now + HOUR / 2, by=cast.editor, now=now)
    ends = now + HOUR / 4
    arranging.set_brief("Only now", until=ends, by=cast.editor, now=now)
    client = as_(cast.editor)
    soon = client.get(f"{DESK}preview/?at=2026-11-03T18:00")
    assert "no-store" in soon.headers["Cache-Control"]
    html = soon.content.decode()
    assert "At one" in html
    assert "Only now" not in html
    assert "Edgar Editor" not in html
    at_once = client.get(f"{DESK}preview/?at=nonsense").content.decode()
    assert "At one" not in at_once
    assert "Only now" in at_once
    assert "At one" not in Client().get("/").content.decode()


def test_brief_and_banner_are_set_audited_and_never_both(now: datetime, stories: list[Article], cast: Cast) -> None:
    client = as_(cast.editor)
    brief = {"brief-text": "The bridge is <em>open</em>.<script>x</script>", "brief-until": "2026-11-04T00:00"}
    assert client.post(reverse("admin:articles_frontslot_brief"), brief).status_code == 303
    front = Client().get("/").content.decode()
    assert "The bridge is <em>open</em>." in front
    assert "<script>x" not in front
    banner = {"banner-text": "Flood warning", "banner-level": "breaking", "banner-until": "2026-11-03T20:00"}
    client.post(reverse("admin:articles_frontslot_banner"), banner)
    for path in ("/", stories[0].get_absolute_url(), "/archive/"):
        html = Client().get(path).content.decode()
        assert "Flood warning" in html
        assert "banner is-breaking" in html
        assert "The bridge is" not in html
    entry = AuditEntry.objects.get(verb="site.banner")
    assert entry.changes["banner"] == ["", "Flood warning"]
    assert entry.by == cast.editor
    client.post(reverse("admin:articles_frontslot_banner"), {**banner, "down": "1"})
    html = Client().get("/").content.decode()
    assert "Flood warning" not in html
    assert "The bridge is" in html


def test_a_banner_with_no_end_or_a_brief_gone_by_is_refused_and_the_text_kept(now: datetime, cast: Cast) -> None:
    client = as_(cast.editor)
    for name, fields in (
        ("brief", {"until": "2026-11-03T10:00"}),
        ("brief", {}),
        ("banner", {"level": "breaking"}),
        ("banner", {"level": "notice", "starts": "2026-11-03T19:00", "until": "2026-11-03T18:00"}),
        ("banner", {"level": "notice", "until": "2026-11-03T18:00", "url": "javascript:alert(1)"}),
    ):
        post = {f"{name}-{key}": value for key, value in {"text": "Typed with care", **fields}.items()}
        answer = client.post(reverse(f"admin:articles_frontslot_{name}"), post)
        assert answer.status_code == 422
        assert "Typed with care" in answer.content.decode()
        assert "errorlist" in answer.content.decode()
    assert not AuditEntry.objects.exists()
