"""The desk's pages about topics: the queue and its verbs, what is late, what votes led to, and who may."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comments.models import Discussion, Reply
from members.models import AuditEntry, Ballot, Round, SiteRules, Topic, TopicStep
from members.topics.desk.effect import effect_of_votes
from members.topics.loop import following
from members.topics.loop.lateness import late
from tests.factories import Cast, MemberFactory, make_article, make_option
from tests.members.topics.test_loop import make_round, make_topic

pytestmark = pytest.mark.django_db
QUEUE, EFFECT = "/admin/members/topic/queue/", "/admin/members/topic/effect/"
Status = Topic.Status
DAY = timedelta(days=1)


def test_the_queue_shows_the_oldest_first_with_what_looks_like_it(client: Client, cast: Cast, now: datetime) -> None:
    client.force_login(cast.editor)
    assert "No proposal waits." in client.get(QUEUE).content.decode()
    alike = make_topic("Who sets the price of the ferry?", Status.WON)
    ferry = make_topic("Who sets the timetable of the ferry?", case="It leaves early.", proposed_by=cast.patron)
    make_topic("Who owns the quay?", proposed_by=cast.member, proposed_at=now - DAY)
    make_round(now, 2, 9)
    following.follow(ferry, cast.member, now=now)
    page = client.get(QUEUE).content.decode()
    shown = ["Who sets the timetable of the ferry?", cast.patron.name, "1 follows", "It leaves early."]
    places = [page.index(part) for part in shown]
    assert places == sorted(places)
    assert page.index("Who owns the quay?") > places[0]
    assert f'name="into" value="{alike.pk}"' in page
    assert "ferry, sets" in page
    assert "What next?" in page
    assert "Who sets the price" in client.get(f"{QUEUE}?state=won").content.decode()
    for odd in ("?state=nothing&after=x", "?after=99999999999999999999", "?after=-1"):
        assert client.get(QUEUE + odd).status_code == 200


def test_each_verb_is_a_post_that_says_what_it_did_or_why_not(client: Client, cast: Cast, now: datetime) -> None:
    topic, other = make_topic(proposed_by=cast.patron), make_topic("Whose quay is it?")
    make_round(now, 2, 9)

    def do(verb: str, **fields: Any) -> tuple[str, str]:
        answer = client.post(
            f"/admin/members/topic/{topic.pk}/do/{verb}/", {**fields, "state": "proposed"}, follow=True
        )
        assert answer.redirect_chain == [(f"{QUEUE}?state=proposed", 303)]
        topic.refresh_from_db()
        return topic.status, str(next(iter(answer.context["messages"])))

    client.force_login(cast.writer)
    assert client.post(f"/admin/members/topic/{topic.pk}/do/decline/", {"reason": "No."}).status_code == 403
    assert client.get(QUEUE).status_code == 403
    client.force_login(cast.editor)
    assert client.get(f"/admin/members/topic/{topic.pk}/do/decline/").status_code == 405
    assert do("merge", into=topic.pk) == ("proposed", "That is the same topic.")
    assert do("decline", reason=" ")[0] == "proposed"
    assert do("assign", to=cast.writer.email, due_on="2026-13-40") == (
        "proposed", "That is no day. Write it as 2026-11-30."
    )  # fmt: skip
    assert do("admit", round="spring") == ("in_vote", "“Who owns the quay?” is on the ballot of “What next?”.")
    assert do("merge", into=other.pk) == ("merged", "“Who owns the quay?” is joined with “Whose quay is it?”.")
    assert not topic.options.exists(), "it left the ballot"
    assert do("decline", reason="Too late.")[0] == "merged"
    steps = [step.kind for step in TopicStep.objects.order_by("pk")]
    assert steps == ["in_vote", "merged"]
    assert AuditEntry.objects.filter(verb="topic.merged", by=cast.editor).exists()
    page = client.get(f"/admin/members/topic/{other.pk}/change/").content.decode()
    assert "Put to the vote" in page
    assert "nobody was told yet" in client.get(f"/admin/members/topic/{topic.pk}/change/").content.decode()


def test_the_desk_edits_words_before_readers_see_them_and_the_address_no_more_after(
    client: Client, cast: Cast, now: datetime
) -> None:
    client.force_login(cast.editor)
    fields = {"title": "Who owns the harbour?", "slug": "harbour", "case": "Nobody says."}
    client.post("/admin/members/topic/add/", fields)
    topic = Topic.objects.get()
    assert (topic.by_newsroom, topic.steps.get().kind) == (True, "proposed")
    address = f"/admin/members/topic/{topic.pk}/change/"
    assert client.post(address, {**fields, "title": "Who owns it?", "slug": "owner"}).status_code == 302
    Topic.objects.update(status=Status.NOT_CHOSEN)
    client.post(address, {"title": "And who?", "slug": "other", "case": ""})
    topic.refresh_from_db()
    assert (topic.title, topic.slug) == ("And who?", "owner")
    make_option(make_round(now), "Open")
    frozen = Topic.objects.get(title="Open")
    client.post(f"/admin/members/topic/{frozen.pk}/change/", {"title": "Changed"})
    frozen.refresh_from_db()
    assert frozen.title == "Open"


def test_what_was_promised_and_not_done_is_on_the_desks_warnings(client: Client, cast: Cast, now: datetime) -> None:
    SiteRules.objects.create(pk=1, won_unassigned_days=10)
    for name, days in (("Long ago", 11), ("Lately", 9)):
        round_ = make_round(now, -40, -days, name.replace(" ", "-"))
        Round.objects.filter(pk=round_.pk).update(closed_at=round_.closes_at)
        make_option(round_, name, votes=9, is_winner=True, status=Status.WON)
    today = now.date()
    for name, due in (("Due yesterday", today - DAY), ("Due today", today), ("Some day", None)):
        make_topic(name, Status.ASSIGNED, assigned_to=cast.writer, due_on=due)
    assert [topic.title for topic in late(now)] == ["Long ago", "Due yesterday"]
    client.force_login(cast.editor)
    page = client.get("/admin/").content.decode()
    assert "Patrons chose “Long ago” and nobody is on it" in page
    assert "Patrons wait for “Due yesterday”: it was due on 2 November" in page
    assert "“Lately” and nobody" not in page
    client.force_login(cast.writer)
    assert "Patrons wait" not in client.get("/admin/").content.decode()
    SiteRules.objects.update(won_unassigned_days=11)
    assert [topic.title for topic in late(now)] == ["Due yesterday"]
    client.force_login(cast.publisher)
    assert 'name="won_unassigned_days"' in client.get("/admin/members/siterules/1/change/").content.decode()


def test_the_page_of_effects_counts_what_votes_led_to(client: Client, cast: Cast, now: datetime) -> None:
    client.force_login(cast.writer)
    assert "No round was counted yet." in client.get(EFFECT).content.decode()
    round_ = make_round(now, -60, -30)
    Round.objects.update(closed_at=round_.closes_at, ballots_counted=1)
    won = make_option(round_, "Who owns the quay?", votes=9, is_winner=True, status=Status.PUBLISHED)
    make_option(round_, "Lost", votes=1, status=Status.NOT_CHOSEN)
    for member in (cast.patron, cast.member):
        Ballot.objects.create(round=round_, member=member)
    make_article(topic=won.topic, headline="It is ours", published_at=round_.closes_at + 12 * DAY)
    make_article(topic=won.topic, headline="Once more", published_at=round_.closes_at + 20 * DAY)
    discussion = Discussion.objects.create(topic=won.topic)
    for member, status in ((cast.member, "published"), (cast.patron, "published"), (cast.writer, "held")):
        Reply.objects.write(
            discussion, None, author=member, text="Yes.", posted_at=now, status=status, announced_at=now
        )
    found = effect_of_votes(now)
    assert (found.winners, found.stories, found.replies, found.days) == (1, 1, 2, 12)
    page = client.get(EFFECT).content.decode()
    for part in ("1 of 2 count", "It is ours", "Who owns the quay?", "<td>12</td>"):
        assert part in page
    assert "Lost" not in page
    assert str(cast.patron) not in page


@pytest.mark.parametrize("path", [QUEUE, EFFECT, "/admin/members/topic/"])
def test_a_page_of_the_desk_costs_the_same_at_five_and_at_fifty(
    client: Client, cast: Cast, now: datetime, path: str
) -> None:
    client.force_login(cast.editor)
    counts = []
    for number in (5, 45):
        for place in range(number):
            make_topic(f"Proposal {number} {place} ferry price", proposed_by=MemberFactory(), due_on=date(2026, 1, 1))
            round_ = make_round(now, -40, -20, f"r-{number}-{place}") if path == EFFECT else None
            if round_:
                Round.objects.filter(pk=round_.pk).update(closed_at=now)
                make_article(topic=make_option(round_, f"T{number}{place}", votes=1, is_winner=True).topic)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12, counts
