"""The moderators' queue: what stands in it, what a row shows, deciding one and many, and every way back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from comments.desk.queue import PAGE
from comments.models import Reply, Report, Ruling, Sanction, Version
from members.models import AuditEntry, Grant, Tier
from tests.comments.conftest import say
from tests.factories import MemberFactory, make_article

pytestmark = pytest.mark.django_db
QUEUE = "/admin/comments/reply/"
FRAGMENT = {"HTTP_X_FRAGMENT": "1"}
HELD = Reply.Status.HELD


def decide(reply: Reply, verb: str) -> str:
    """The address of a verb's button."""
    return reverse("admin:comments_reply_decide", args=[reply.pk, verb])


def shown(page: str) -> list[int]:
    """The replies a page shows, in its order."""
    return [int(key) for key in re.findall(r'data-row="(\d+)"', page)]


def statuses(*replies: Reply) -> list[str]:
    """As they are stored."""
    found = dict(Reply.objects.values_list("pk", "status"))
    return [found[reply.pk] for reply in replies]


@pytest.fixture
def desk(cast: Any, signed_in: Any) -> Any:
    """A moderator's browser."""
    return signed_in(cast.moderator)


def test_saved_filters_stories_and_words_find_what_they_name(story: Any, desk: Any, cast: Any) -> None:
    now = timezone.now()
    new = say(story, "of a new account", status=HELD, rule="new_member", at=now - timedelta(hours=1))
    old = say(story, "the longest waiting", status=HELD, at=now - timedelta(hours=2))
    seen = say(story, "said and reported")
    other = say(make_article(headline="The other quay"), "elsewhere", is_featured=True)
    gone = say(story, "gone", status=Reply.Status.REJECTED, decided_at=now)
    Report.objects.create(reply=seen, member=cast.member, reason="spam")
    for query, wanted in {
        "": [old, new],
        "?queue=new": [new],
        "?queue=reported": [seen],
        "?queue=published": [other, seen],
        "?queue=refused": [gone],
        "?queue=featured": [other],
        "?queue=nonsense": [old, new],
        f"?queue=all&discussion={other.discussion_id}": [other],
        f"?queue=all&story={story.pk}": [gone, seen, old, new],
        "?q=longest": [old],
        "?q=other quay": [other],
    }.items():
        assert shown(desk.get(QUEUE + query).content.decode()) == [reply.pk for reply in wanted], query
    page = desk.get(QUEUE).content.decode()
    assert re.findall(r'desk-count">(\d+)<', page) == ["2", "1", "1"]  # waiting, reported, of new accounts


def test_a_walk_through_the_queue_meets_each_once(story: Any, desk: Any) -> None:
    now = timezone.now()
    held = [say(story, f"held {n}", status=HELD, at=now - timedelta(minutes=n % 7)) for n in range(2 * PAGE + 3)]
    for queue in ("held", "all"):
        met: list[int] = []
        address: str | None = f"?queue={queue}"
        while address:
            page = desk.get(QUEUE + address).content.decode()
            met += shown(page)
            following = re.search(r'data-following><a href="([^"]+)"', page)
            address = following[1].replace("&amp;", "&") if following else None
        assert sorted(met) == [reply.pk for reply in held]
    assert f"{PAGE + 3} more wait" in desk.get(QUEUE).content.decode()


def test_a_row_shows_all_that_helps_to_decide(story: Any, desk: Any, cast: Any) -> None:
    now = timezone.now()
    nadia = MemberFactory(name="Nadia")
    span = {"starts_at": now, "ends_at": now + timedelta(days=9)}
    Grant.objects.create(member=nadia, tier=Tier.objects.get(), source=Grant.Source.values[0], source_id=1, **span)
    parent = say(story, "What of the tides?", by=MemberFactory(name="Ola"))
    past = say(story, "what she said before", by=nadia, status=Reply.Status.REMOVED, decided_at=now)
    Report.objects.create(reply=past, member=cast.member, reason="hate", settled_at=now, outcome="remove")
    Sanction.objects.create(member=nadia, kind="hold", starts_at=now, ends_at=now + timedelta(days=3))
    reply = say(
        story, "They <b>turned</b> early", by=nadia, under=parent, status=HELD, rule="held_word", reason="A word."
    )
    Version.objects.create(reply=reply, text="They turned late")
    Report.objects.create(reply=reply, member=cast.member, reason="insult", note="She means me")
    page = desk.get(QUEUE).content.decode()
    assert "In answer to Ola" in page
    assert "What of the tides?" in page
    assert f'<a href="{reply.get_absolute_url()}">{story.headline}</a>' in page
    assert "They &lt;b&gt;turned&lt;/b&gt; early" in page
    for words in ("A word.", "Held word", "0 published", "1 refused", "1 report upheld", "Hold every reply, until"):
        assert words in page
    assert "· patron · new ·" in page
    assert page.index("The reply before") < page.index("what she said before")
    assert "Insult or harassment</strong>: She means me" in page
    assert f'{reverse("admin:comments_reply_conduct", args=[cast.member.pk])}">{cast.member}</a>' in page
    assert "late</del>" in page.replace('<span class="desk-hidden">]</span>', "")
    assert cast.member.email not in page


def test_the_queue_costs_at_most_twelve_queries_at_any_size(
    story: Any, cast: Any, desk: Any, warm_furniture: Any
) -> None:
    warm_furniture()
    costs: dict[str, list[int]] = {}
    for number in (5, 45):
        for n in range(number):
            reply = say(story, f"reply {n} of {number}", status=(HELD, Reply.Status.PUBLISHED)[n % 2])
            Report.objects.create(reply=reply, member=cast.member, reason="spam")
            Version.objects.create(reply=reply, text="before")
            Sanction.objects.create(member=reply.author, kind="hold")
        for query in ("", "?queue=reported", "?queue=published", "?queue=all&q=reply", f"?story={story.pk}"):
            desk.get(QUEUE + query)
            with CaptureQueriesContext(connection) as queries:
                assert desk.get(QUEUE + query).status_code == 200
            costs.setdefault(query, []).append(len(queries))
    assert all(few == many <= 12 for few, many in costs.values()), costs


def test_a_button_decides_leads_back_and_hands_out_the_way_back(story: Any, desk: Any, cast: Any) -> None:
    reply = say(story, "held", status=HELD)
    back = QUEUE + "?queue=held"
    words = {"reason": "Off topic", "message": "Please stay with the quay."}
    response = desk.post(decide(reply, "reject"), {"next": back, **words})
    assert response.headers["Location"] == back
    ruling = Ruling.objects.get()
    assert (ruling.reason, ruling.message, ruling.by) == (*words.values(), cast.moderator)
    page = desk.get(back).content.decode()
    told = page[page.index("queue-told") : page.index("</form>", page.index("queue-told"))]
    assert f'action="{reverse("admin:comments_reply_undo")}"' in told
    assert f'name="rulings" value="{ruling.pk}"' in told
    desk.post(reverse("admin:comments_reply_undo"), {"rulings": str(ruling.pk), "next": back})
    assert statuses(reply) == ["held"]
    response = desk.post(decide(reply, "approve"), {"next": "https://evil.example/"})
    assert response.headers["Location"] == QUEUE
    assert desk.get(decide(reply, "reject")).status_code == 405
    assert desk.post(decide(reply, "explode")).status_code == 404


def test_a_script_is_answered_with_the_row_and_the_second_moderator_is_told(
    story: Any, desk: Any, cast: Any, signed_in: Any
) -> None:
    reply = say(story, "held", status=HELD)
    answer = desk.post(decide(reply, "approve"), **FRAGMENT)
    page = answer.content.decode()
    assert shown(page) == [reply.pk]
    assert f'value="{Ruling.objects.get().pk}" data-undo' in page
    assert "X-Fragment" in answer.headers["Vary"]
    late = signed_in(cast.publisher).post(decide(reply, "approve"), **FRAGMENT).content.decode()
    assert f"{cast.moderator} was faster" in late
    assert "data-wrong" in late
    assert Ruling.objects.count() == 1
    again = desk.post(reverse("admin:comments_reply_undo"), {"rulings": str(Ruling.objects.get().pk)}, **FRAGMENT)
    assert f'formaction="{decide(reply, "approve")}"' in again.content.decode()  # the row is whole again
    assert shown(desk.get(QUEUE, **FRAGMENT).content.decode()) == [reply.pk]
    assert "<html" not in desk.get(QUEUE, **FRAGMENT).content.decode()


def test_a_pick_of_what_waits_approves_it_and_both_are_taken_back(story: Any, desk: Any) -> None:
    reply = say(story, "worth it", status=HELD)
    desk.post(decide(reply, "feature"), **FRAGMENT)
    assert Reply.objects.filter(status="published", is_featured=True).exists()
    desk.post(reverse("admin:comments_reply_undo"), {"rulings": str(Ruling.objects.get().pk)})
    assert Reply.objects.filter(status="held", is_featured=False).exists()
    assert AuditEntry.objects.filter(verb="unfeature").exists()
    seen = say(story, "seen")
    page = desk.post(decide(seen, "feature"), **FRAGMENT).content.decode()
    assert f'formaction="{decide(seen, "unfeature")}"' in page
    page = desk.post(decide(seen, "unfeature"), {"back": "1"}, **FRAGMENT).content.decode()
    assert f'formaction="{decide(seen, "feature")}"' in page
    assert not Reply.objects.filter(is_featured=True).exists()


def test_a_pick_stands_where_its_approval_can_no_longer_be_taken_back(story: Any, desk: Any) -> None:
    reply = say(story, "worth it", status=HELD)
    desk.post(decide(reply, "feature"))
    approval = Ruling.objects.get()
    for verb in ("remove", "restore"):
        desk.post(decide(reply, verb))
    page = desk.post(reverse("admin:comments_reply_undo"), {"rulings": str(approval.pk)}, follow=True)
    assert "What somebody decided since stays." in page.content.decode()
    assert Reply.objects.filter(status="published", is_featured=True).exists()


def test_what_a_rule_said_stands_in_the_history_and_is_not_taken_back(story: Any, desk: Any) -> None:
    reply = say(story, "held", status=HELD, rule="links", reason="It has many links.")
    address = reverse("admin:comments_reply_change", args=[reply.pk])
    desk.post(decide(reply, "approve"))
    by_rule, approval = Ruling.objects.order_by("pk")
    page = desk.get(address).content.decode()
    assert "A rule of the site</strong>: It has many links." in page
    assert set(re.findall(r'name="rulings" value="(\d+)"', page)) == {str(approval.pk)}
    for each in (approval, by_rule):
        desk.post(reverse("admin:comments_reply_undo"), {"rulings": str(each.pk)})
    assert Reply.objects.filter(status="held", reason="It has many links.").exists()


def test_several_are_decided_with_one_reason_and_taken_back_in_one_go(story: Any, desk: Any) -> None:
    held = [say(story, f"held {number}", status=HELD) for number in range(3)]
    gone = say(story, "gone", status=Reply.Status.REMOVED)
    address = reverse("admin:comments_reply_several", args=["reject"])
    data = {"reply": [reply.pk for reply in [*held, gone]], "reason": "Advertising"}
    page = desk.post(address, data, follow=True).content.decode()
    assert "Rejected: 3 replies." in page
    assert statuses(*held, gone) == ["rejected"] * 3 + ["removed"]
    assert set(Ruling.objects.values_list("reason", flat=True)) == {"Advertising"}
    rulings = re.search(r'name="rulings" value="([\d,]+)"', page)
    assert rulings
    page = desk.post(reverse("admin:comments_reply_undo"), {"rulings": rulings[1]}, follow=True).content.decode()
    assert "Taken back: 3 decisions." in page
    assert statuses(*held, gone) == ["held"] * 3 + ["removed"]
    assert "Select some replies first." in desk.post(address, follow=True).content.decode()
    assert desk.post(reverse("admin:comments_reply_several", args=["restore"]), data).status_code == 404


def test_what_its_author_changed_meanwhile_is_looked_at_again(story: Any, desk: Any) -> None:
    first, second = say(story, "harmless", status=HELD), say(story, "harmless too", status=HELD)
    page = desk.get(QUEUE).content.decode()
    seen = re.findall(r'name="seen" value="([^"]+)" data-key="a"', page)
    Reply.objects.filter(pk=first.pk).update(comment="poison", edited_at=timezone.now())
    answer = desk.post(decide(first, "approve"), {"seen": seen[0]}, **FRAGMENT).content.decode()
    assert "changed the text" in answer
    assert "poison" in answer
    desk.post(decide(second, "approve"), {"seen": seen[1]})
    assert statuses(first, second) == ["held", "published"]


def test_a_reply_is_pinned_and_no_longer(story: Any, desk: Any) -> None:
    reply = say(story, "read this first")
    assert f'formaction="{decide(reply, "unpin")}"' in desk.post(decide(reply, "pin"), **FRAGMENT).content.decode()
    assert f'formaction="{decide(reply, "unpin")}"' in desk.get(QUEUE + "?queue=published").content.decode()
    reply.discussion.refresh_from_db()
    assert reply.discussion.pinned == reply
    desk.post(decide(reply, "unpin"))
    assert f'formaction="{decide(reply, "pin")}"' in desk.get(QUEUE + "?queue=published").content.decode()


def test_a_report_is_settled_by_leaving_the_reply(story: Any, desk: Any, cast: Any) -> None:
    reply = say(story, "sharp but fair")
    assert decide(reply, "keep") not in desk.get(QUEUE + "?queue=all").content.decode()
    Report.objects.create(reply=reply, member=cast.member, reason="insult")
    assert decide(reply, "keep") in desk.get(QUEUE + "?queue=reported").content.decode()
    desk.post(decide(reply, "keep"))
    assert not Report.objects.unsettled().exists()
    assert statuses(reply) == ["published"]


def test_a_ban_takes_all_they_wrote_along_and_gives_it_back(story: Any, desk: Any, cast: Any) -> None:
    nadia = MemberFactory(name="Nadia")
    own = [say(story, f"of Nadia {n}", by=nadia, status=status) for n, status in enumerate(["held", "published"])]
    other = say(story, "of somebody else")
    address = reverse("admin:comments_sanction_impose", args=[nadia.pk])
    data = {"kind": "ban", "reason": "Advertising", "note": "a farm", "rejects_all": "on"}
    page = desk.post(address, {**data, "shown": [reply.pk for reply in own]}, **FRAGMENT).content.decode()
    made = Sanction.objects.get()
    assert (made.kind, made.ends_at, made.reason, made.note, made.decided_by) == (
        "ban", None, "Advertising", "a farm", cast.moderator,
    )  # fmt: skip
    assert shown(page) == [reply.pk for reply in own]
    assert statuses(*own, other) == ["rejected", "rejected", "published"]
    lifting = reverse("admin:comments_sanction_lift", args=[made.pk])
    assert lifting in page
    desk.post(lifting)
    assert statuses(*own, other) == ["held", "published", "published"]
    desk.post(address, {"kind": "mute", "days": 7})
    muted = Sanction.objects.latest("pk")
    assert muted.ends_at == muted.starts_at + timedelta(days=7)
    assert "Choose what follows." in desk.post(address, {"kind": "exile"}, **FRAGMENT).content.decode()
    itself = reverse("admin:comments_sanction_impose", args=[cast.moderator.pk])
    assert "sanction" in desk.post(itself, data, **FRAGMENT).content.decode().casefold()
    assert Sanction.objects.count() == 2


def test_the_conduct_page_tells_all_about_one_member(
    story: Any, desk: Any, cast: Any, django_assert_max_num_queries: Any, warm_furniture: Any
) -> None:
    nadia, other = MemberFactory(name="Nadia"), say(story, "of somebody else")
    own = [say(story, f"of Nadia {n}", by=nadia) for n in range(53)]
    Report.objects.create(reply=own[0], member=cast.member, reason="spam", note="met this one")
    Report.objects.create(reply=other, member=nadia, reason="hate")
    desk.post(decide(own[-1], "remove"), {"reason": "Advertising"})
    desk.post(reverse("admin:comments_sanction_impose", args=[nadia.pk]), {"kind": "warn", "note": "seen before"})
    address = reverse("admin:comments_reply_conduct", args=[nadia.pk])
    warm_furniture()
    with django_assert_max_num_queries(12):
        page = desk.get(address).content.decode()
    for words in ("52 published", "1 refused", "met this one", "Hate speech", "Advertising", "seen before", "Lift"):
        assert words in page
    assert "of Nadia 52" in page
    assert "of Nadia 2<" not in page
    following = re.search(r'href="[^"?]+(\?after=\d+)"', page)
    assert following
    assert "of Nadia 2<" in desk.get(address + following[1]).content.decode()
    assert desk.get(reverse("admin:comments_reply_conduct", args=[999999])).status_code == 404
