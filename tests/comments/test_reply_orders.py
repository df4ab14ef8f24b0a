"""The orders of a discussion, its picks and what is pinned: each reply once, wherever somebody begins."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments.models import Discussion, Mute, Reply
from comments.threads import places, reading
from comments.threads.orders import Order
from comments.threads.places import place_of
from comments.threads.reading import read_page
from members.models import Member
from tests.comments.conftest import discussion_of, say
from tests.comments.test_reading_replies import section
from tests.factories import MemberFactory, make_article, make_patron

pytestmark = pytest.mark.django_db


def counted(story: Any) -> Any:
    """Its discussion as pages load it."""
    return Discussion.objects.with_count().get(story=story)


def walk(story: Any, order: Order, between: Any = None) -> list[Reply]:
    """Every root or pick on every page of `order`. `between` is called after the first page."""
    found, after = [], ""
    while True:
        with CaptureQueriesContext(connection) as asked:
            thread = read_page(counted(story), member_id=None, now=timezone.now(), after=after, order=order)
        assert len(asked) <= 4, "the discussion, its roots (two for the most answered), what stands below them"
        shown = thread.rows if order == Order.PICKS else [row for row in thread.rows if row.reply.reply_to_id is None]
        found += [row.reply for row in shown]
        if between and not after:
            between()
        after = thread.next_cursor
        if not after:
            return found


PAGE = 10


@pytest.fixture
def large(story: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A discussion of three pages of ten: scores of five values, some branches with answers, some picks."""
    monkeypatch.setattr(reading, "PAGE", PAGE)
    monkeypatch.setattr(reading, "WHOLE", 2 * PAGE)
    monkeypatch.setattr(places, "PAGE", PAGE)
    writer = MemberFactory()
    now = timezone.now()
    roots = [
        say(story, f"root {n}", by=writer, score=n * 7 % 5, is_featured=n % 5 == 3, at=now - timedelta(days=n))
        for n in range(2 * PAGE + 8)
    ]
    for place, answers in ((5, 5), (15, 2), (26, 1)):
        for n in range(answers):
            say(story, f"answer {n} to {place}", by=writer, under=roots[place], at=now - timedelta(days=200 + n))
    say(story, "not to be seen", by=writer, under=roots[7], status=Reply.Status.HELD)
    return {"story": story, "roots": roots, "writer": writer}


def expected(order: Order, roots: list[Reply]) -> list[Reply]:
    """The roots as `order` says, worked out by hand."""
    answers = {roots[5].pk: 5, roots[15].pk: 2, roots[26].pk: 1}
    match order:
        case Order.NEWEST:
            return roots[::-1]
        case Order.BEST:
            return sorted(roots, key=lambda reply: (-reply.score, reply.path))
        case Order.ANSWERED:
            return sorted(roots, key=lambda reply: (-answers.get(reply.pk, 0), reply.path))
        case Order.PICKS:
            return [reply for reply in roots if reply.is_featured][::-1]
        case _:
            return roots


def test_a_walk_in_any_order_meets_each_reply_once_while_others_post_and_hide(large: dict[str, Any]) -> None:
    roots, story = large["roots"], large["story"]
    for order in Order:
        wanted = expected(order, roots)
        assert walk(story, order) == wanted
        with transaction.atomic():

            def meanwhile(hidden: Reply = wanted[1]) -> None:
                Reply.objects.filter(pk=hidden.pk).update(status=Reply.Status.REJECTED)
                say(story, "posted meanwhile", by=large["writer"])

            met = walk(story, order, meanwhile)
            transaction.set_rollback(True)
        assert [reply for reply in met if reply.comment != "posted meanwhile"] == wanted
        assert len(met) == len({reply.pk for reply in met})


def test_orders_are_links_that_answer_with_first_replies_and_the_rest_of_a_branch(
    large: dict[str, Any], client: Client
) -> None:
    story, roots = large["story"], large["roots"]
    html = section(story)[0]
    discussion = discussion_of(story)
    links = re.findall(r'<li><a href="([^"]+)" data-fragment', html)
    assert [link.rpartition("=")[2] for link in links[1:]] == ["newest", "best", "answered", "picks"]
    answered = client.get(links[3], HTTP_X_FRAGMENT="1").content.decode()
    assert answered.lstrip().startswith('<div class="reply-rows"')
    assert "answer 2 to 5" in answered
    assert "answer 3 to 5" not in answered
    assert f'branch={roots[5].pk}">2 more replies' in answered
    assert "after=" in answered
    assert "not to be seen" not in answered
    assert client.get(f"/replies/in/{discussion.pk}/?order=best&after=nonsense").status_code == 200
    assert client.get(f"/replies/in/{discussion.pk}/?order=nonsense").status_code == 200
    feed = client.get(f"/replies/feed/{discussion.pk}/?only=picks").content.decode()
    assert feed.count("<entry") == 5


def test_a_pinned_reply_stands_first_once_with_what_hangs_below_it_in_every_order(large: dict[str, Any]) -> None:
    story, roots = large["story"], large["roots"]
    below = Reply.objects.get(comment="answer 1 to 15")
    for pinned, first in ((roots[15], [roots[15].pk]), (below, [below.pk])):
        Discussion.objects.filter(story=story).update(pinned=pinned)
        for order in (Order.OLDEST, Order.BEST, Order.ANSWERED):
            assert [reply.pk for reply in walk(story, order)].count(roots[15].pk) == 1
            rows = read_page(counted(story), member_id=None, now=timezone.now(), order=order).rows
            assert [row.reply.pk for row in rows[:1]] == first
            assert rows[0].state == "Pinned"
            assert rows[0].more == 0
        html = section(story)[0]
        assert html.count(f'id="reply-{pinned.pk}"') == html.count("Pinned") == 1
        assert place_of(pinned, counted(story), member_id=None) == ""
    Reply.objects.filter(pk=below.pk).update(status=Reply.Status.REMOVED)
    assert "Pinned" not in section(story)[0]


def test_a_permalink_leads_to_the_page_that_holds_the_reply_wherever_it_stands(
    large: dict[str, Any], client: Client
) -> None:
    story, roots = large["story"], large["roots"]
    for number in range(PAGE + 5):
        say(story, f"long {number}", by=large["writer"], under=roots[22])
    Discussion.objects.filter(story=story).update(pinned=roots[22])
    looked_at = [*roots[::7], roots[9], roots[10], roots[11], *Reply.objects.filter(comment__startswith="answer")]
    looked_at += Reply.objects.filter(comment__in=["long 2", "long 3", "long 9", "long 10", "long 14"])
    discussion = counted(story)
    for reply in looked_at:
        with CaptureQueriesContext(connection) as asked:
            where = place_of(reply, discussion, member_id=None)
        assert len(asked) <= 4
        html = client.get(where).content.decode() if where else section(story)[0]
        assert f'id="reply-{reply.pk}"' in html, (reply.comment, where)


def test_a_note_of_the_moderators_stands_above_and_picks_are_offered_only_where_there_are_any(story: Any) -> None:
    for number in range(4):
        said = say(story, f"said {number}")
    Discussion.objects.filter(story=story).update(note="Stay with the <ferry>.")
    html = section(story)[0]
    assert "Stay with the &lt;ferry&gt;." in html
    assert "order=best" in html
    assert "order=picks" not in html
    Reply.objects.filter(pk=said.pk).update(is_featured=True)
    assert "order=picks" in section(story)[0]


def test_patron_since_tells_the_first_year_and_ends_with_the_last_grant(story: Any) -> None:
    patron = make_patron(MemberFactory())
    grant = patron.grants.get()
    patron.grants.create(
        tier=grant.tier, starts_at=grant.starts_at.replace(year=2023, day=1), source="offline", source_id=7,
        ends_at=grant.starts_at.replace(year=2024, day=1),
    )  # fmt: skip
    say(story, "said", by=patron)
    assert "Patron since 2023" in section(story)[0]
    patron.grants.filter(pk=grant.pk).delete()
    assert "Patron" not in section(story)[0]


def test_who_is_muted_is_one_line_for_whoever_muted_them_and_for_nobody_else(
    story: Any, signed_in: Any, cast: Any
) -> None:
    muted: Member = MemberFactory(name="Loud Person")
    loud = say(story, "very loud", by=muted)
    say(story, "quiet")
    Mute.objects.create(member=cast.member, muted=muted)
    hidden = re.compile(
        rf'id="reply-{loud.pk}"><article[^>]*><details class="reply-muted">.*?very loud.*?</details>', re.S
    )
    page = f"/replies/in/{discussion_of(story).pk}/"
    for html in (section(story, cast.member)[0], signed_in(cast.member).get(page).content.decode()):
        assert hidden.search(html)
        assert html.count("You muted this person") == 1
        assert html.count("Unmute") == 1
        assert html.count("<details") == html.count("</details>")
    for html in (section(story, cast.patron)[0], section(story)[0], section(story, muted)[0]):
        assert "You muted" not in html
    assert "/mute/" not in section(story)[0]
    assert f"/replies/{loud.pk}/mute/" not in section(story, muted)[0]
    assert f"/replies/follow/story/{story.pk}/?branch={loud.pk}" in section(story, cast.patron)[0]


def test_lists_say_how_many_replies_only_to_who_may_read_them(client: Client, cast: Any, signed_in: Any) -> None:
    open_one, closed = make_article(slug="open-one"), make_article("patrons", slug="closed-one")
    silent = make_article(slug="silent-one")
    for story in (open_one, closed):
        say(story, "one")
        say(story, "two")
        say(story, "held", status=Reply.Status.HELD)
    say(silent, "held", status=Reply.Status.HELD)

    def linked(reader: Client) -> set[str]:
        html = reader.get("/archive/").content.decode()
        found = re.findall(r'class="reply-count" href="[^"]*/([\w-]+)/#replies">(\d+) repl', html)
        assert {number for _slug, number in found} <= {"2"}
        return {slug for slug, _number in found}

    assert linked(client) == {"open-one"}
    assert linked(signed_in(cast.member)) == {"open-one"}
    assert linked(signed_in(cast.patron)) == {"open-one", "closed-one"}
    assert "2 replies" in client.get("/").content.decode()


def test_machines_are_told_the_best_of_what_everybody_may_read_and_nothing_else(story: Any, cast: Any) -> None:
    from json import loads

    said = [say(story, f"said {number} </script>", score=number) for number in range(12)]
    say(story, "held words", status=Reply.Status.HELD, score=99)
    html = section(story)[0]
    text = html.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    facts = loads(text)
    assert facts["commentCount"] == 12
    assert [comment["upvoteCount"] for comment in facts["comment"]] == [11, 10, 9, 8, 7]
    assert facts["comment"][0]["text"] == "said 11 </script>"
    assert facts["comment"][0]["url"].endswith(f"/replies/{said[11].pk}/")
    assert facts["comment"][0]["author"] == {"@type": "Person", "name": said[11].author.display_name}
    assert facts["@id"].endswith(f"{story.get_absolute_url()}#story")
    assert "held words" not in text
    for private in (section(story, cast.patron)[0], section(make_article("patrons"), cast.patron)[0]):
        assert "ld+json" not in private
