"""The moderators' desk: who gets in, what nobody can do there, reports, sanctions, discussions."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from comments.desk.base import ROOMS
from comments.models import Discussion, Reply, Sanction
from members.models import AuditEntry
from tests.comments.conftest import discussion_of, say

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
        assert client.get(reverse("admin:comments_reply_conduct", args=[cast.member.pk])).status_code == status
    writer = signed_in(cast.writer)
    for verb in ("approve", "reject", "remove", "restore", "feature"):
        assert writer.post(decide(reply, verb)).status_code == 403
    for name, args in (
        ("reply_several", ["approve"]),
        ("reply_undo", []),
        ("sanction_impose", [cast.member.pk]),
        ("discussion_steer", [reply.discussion_id, "close"]),
    ):
        data = {"reply": [reply.pk], "kind": "ban"}
        assert writer.post(reverse(f"admin:comments_{name}", args=args), data).status_code == 403
    reply.refresh_from_db()
    assert reply.status == "held"
    assert Discussion.objects.get().is_open
    assert not Sanction.objects.exists()


def test_each_room_leads_to_all_others_and_a_discussion_past_its_date_is_called_closed(
    story: Any, cast: Any, signed_in: Any
) -> None:
    say(story, "once")
    Discussion.objects.update(closes_at=timezone.now() - timedelta(days=1))
    client, pages = signed_in(cast.moderator), {}
    for _label, name in ROOMS:
        pages[name] = client.get(reverse(name)).content.decode()
        for _other, there in ROOMS:
            assert f'href="{reverse(there)}"' in pages[name], (name, there)
    assert 'class="queue-rooms"' in client.get(reverse("admin:comments_sanction_add")).content.decode()
    listed = pages["admin:comments_discussion_changelist"]
    assert ">closed</span>" in listed
    assert ">open</span>" not in listed


def test_the_packages_own_permission_opens_nothing(story: Any, cast: Any, signed_in: Any) -> None:
    from django.contrib.auth.models import Permission

    cast.writer.user_permissions.set(Permission.objects.filter(codename="can_moderate"))
    assert Permission.objects.filter(codename="can_moderate").count() >= 1
    assert signed_in(cast.writer).get(reverse("admin:comments_reply_changelist")).status_code == 403


def test_nothing_of_a_reply_can_be_typed_over(story: Any, cast: Any, signed_in: Any) -> None:
    reply = say(story, "said", status=Reply.Status.HELD)
    address = reverse("admin:comments_reply_change", args=[reply.pk])
    assert signed_in(cast.moderator).post(address, {"comment": "changed", "status": "published"}).status_code == 403
    reply.refresh_from_db()
    assert (reply.comment, reply.status) == ("said", "held")


def test_a_discussion_is_changed_on_the_desk_and_each_change_is_written_down(
    story: Any, cast: Any, signed_in: Any
) -> None:
    discussion = discussion_of(story)
    address = reverse("admin:comments_discussion_change", args=[discussion.pk])
    client = signed_in(cast.moderator)
    assert client.post(address, {"slow_seconds": 0, "note": "Stay with the quay."}).status_code == 302
    changed = Discussion.objects.get()
    assert (changed.is_open, changed.note) == (False, "Stay with the quay.")
    entry = AuditEntry.objects.about(discussion).get()
    assert entry.changes == {"is_open": [True, False], "note": ["", "Stay with the quay."]}
    page = client.get(address).content.decode()
    assert "Open again" in page
    assert "Stay with the quay." in page


@pytest.mark.parametrize(
    ("step", "name", "back"),
    [("hold", "held_until", "release"), ("close", "is_open", "open"), ("slow", "slow_seconds", "unslow")],
)
def test_a_discussion_is_steered_from_the_queue_and_back(
    story: Any, cast: Any, signed_in: Any, step: str, name: str, back: str
) -> None:
    discussion, client = discussion_of(story), signed_in(cast.moderator)
    queue = f"{reverse('admin:comments_reply_changelist')}?queue=all&discussion={discussion.pk}"
    before = getattr(discussion, name)
    for taken in (step, back):
        address = reverse("admin:comments_discussion_steer", args=[discussion.pk, taken])
        assert f'formaction="{address}"' in client.get(queue).content.decode()
        assert client.get(address).status_code == 405
        assert client.post(address, {"next": queue}).headers["Location"] == queue
        is_as_before = getattr(Discussion.objects.get(), name) == before
        assert is_as_before == (taken == back)
    assert AuditEntry.objects.about(discussion).count() == 2
    client.post(address)
    assert AuditEntry.objects.about(discussion).count() == 2  # it was so already
