"""The moderators' desk: who gets in, what a row shows, buttons, bulk."""

from typing import Any

import pytest
from django.urls import reverse

from comments.models import Discussion, Reply
from tests.comments.conftest import discussion_of, say
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db
LISTS = ("reply", "report", "sanction", "discussion")


def decide(reply: Reply, verb: str) -> str:
    """The address of a verb's button."""
    return reverse("admin:comments_reply_decide", args=[reply.pk, verb])


def test_moderators_who_are_no_superusers_reach_every_list_and_writers_none(
    story: Any, cast: Any, signed_in: Any
) -> None:
    reply = say(story, "held", status=Reply.Status.HELD)
    for member, status in ((cast.moderator, 200), (cast.publisher, 200), (cast.writer, 403), (cast.editor, 403)):
        client = signed_in(member)
        for name in LISTS:
            assert client.get(reverse(f"admin:comments_{name}_changelist")).status_code == status
        assert client.get(reverse("admin:comments_reply_change", args=[reply.pk])).status_code == status
    for verb in ("approve", "reject", "remove", "restore", "feature"):
        assert signed_in(cast.writer).post(decide(reply, verb)).status_code == 403
    reply.refresh_from_db()
    assert reply.status == "held"


def test_the_packages_own_permission_opens_nothing(story: Any, cast: Any, signed_in: Any) -> None:
    from django.contrib.auth.models import Permission

    cast.writer.user_permissions.set(Permission.objects.filter(codename="can_moderate"))
    assert Permission.objects.filter(codename="can_moderate").count() >= 1
    assert signed_in(cast.writer).get(reverse("admin:comments_reply_changelist")).status_code == 403


def test_the_queue_shows_held_ones_first_with_parent_story_and_record(story: Any, cast: Any, signed_in: Any) -> None:
    member = MemberFactory(name="Nadia")
    parent = say(story, "the question", by=member)
    say(story, "the waiting answer", by=member, under=parent, status=Reply.Status.HELD)
    page = signed_in(cast.moderator).get(reverse("admin:comments_reply_changelist")).content.decode()
    assert page.index("the waiting answer") < page.rindex("the question")
    assert "1 published, 0 refused" in page
    assert story.headline in page
    held = signed_in(cast.moderator).get(reverse("admin:comments_reply_changelist") + "?queue=held").content.decode()
    assert held.count("<tr>") == 2  # the head and one row


@pytest.mark.parametrize("question", ["held", "reported", "new", "published", "refused", "featured", ""])
def test_the_queue_costs_at_most_twelve_queries_at_any_size(
    story: Any, cast: Any, signed_in: Any, question: str, django_assert_max_num_queries: Any, warm_furniture: Any
) -> None:
    for number in range(60):
        status = (Reply.Status.HELD, Reply.Status.PUBLISHED)[number % 2]
        say(story, f"reply {number}", status=status)
    client = signed_in(cast.moderator)
    warm_furniture()
    with django_assert_max_num_queries(12):
        assert client.get(reverse("admin:comments_reply_changelist") + f"?queue={question}").status_code == 200


def test_a_button_decides_and_leads_back_to_the_list_as_it_was(story: Any, cast: Any, signed_in: Any) -> None:
    reply = say(story, "held", status=Reply.Status.HELD)
    client = signed_in(cast.moderator)
    back = reverse("admin:comments_reply_changelist") + "?queue=held"
    response = client.post(decide(reply, "approve"), {"next": back})
    assert response.headers["Location"] == back
    response = client.post(decide(reply, "reject"), {"next": "https://evil.example/", "reason": "Off topic"})
    assert response.headers["Location"] == reverse("admin:comments_reply_changelist")
    reply.refresh_from_db()
    assert (reply.status, reply.reason, reply.decided_by) == ("rejected", "Off topic", cast.moderator)
    assert client.get(decide(reply, "restore")).status_code == 405
    assert client.post(decide(reply, "explode")).status_code == 404


def test_the_list_holds_a_button_with_an_address_for_each_verb(story: Any, cast: Any, signed_in: Any) -> None:
    reply = say(story, "held", status=Reply.Status.HELD)
    page = signed_in(cast.moderator).get(reverse("admin:comments_reply_changelist")).content.decode()
    form = page[page.index('id="changelist-form"') :]
    assert f'formaction="{decide(reply, "approve")}"' in form
    assert f'formaction="{decide(reply, "reject")}"' in form
    assert f'formaction="{decide(reply, "restore")}"' not in form
    assert 'name="csrfmiddlewaretoken"' in form


def test_bulk_decisions_call_the_same_verbs(story: Any, cast: Any, signed_in: Any) -> None:
    held = [say(story, f"held {number}", status=Reply.Status.HELD) for number in range(3)]
    seen = say(story, "seen")
    data = {"action": "approve_selected", "_selected_action": [reply.pk for reply in [*held, seen]]}
    response = signed_in(cast.moderator).post(reverse("admin:comments_reply_changelist"), data, follow=True)
    assert "3 replies changed" in response.content.decode()
    assert set(Reply.objects.values_list("status", flat=True)) == {"published"}


def test_nothing_of_a_reply_can_be_typed_over(story: Any, cast: Any, signed_in: Any) -> None:
    reply = say(story, "said", status=Reply.Status.HELD)
    address = reverse("admin:comments_reply_change", args=[reply.pk])
    assert signed_in(cast.moderator).post(address, {"comment": "changed", "status": "published"}).status_code == 403
    reply.refresh_from_db()
    assert (reply.comment, reply.status) == ("said", "held")


def test_a_discussion_is_closed_on_the_desk(story: Any, cast: Any, signed_in: Any) -> None:
    discussion = discussion_of(story)
    address = reverse("admin:comments_discussion_change", args=[discussion.pk])
    assert signed_in(cast.moderator).post(address, {"slow_seconds": 0}).status_code == 302
    assert not Discussion.objects.get().is_open
