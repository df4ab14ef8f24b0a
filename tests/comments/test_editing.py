"""What authors do with their own replies: change them for five minutes, take them back; and recommending."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from articles.models import Article
from comments.models import Discussion, Reaction, Reply, Version
from tests.comments.conftest import SAME_ORIGIN, say
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db


def test_a_reply_can_be_changed_for_five_minutes_and_is_read_again(story: Any, signed_in: Any, open_rules: Any) -> None:
    open_rules.held_words = "harbour"
    open_rules.save()
    member = MemberFactory()
    client = signed_in(member)
    reply = say(story, "first words", by=member)
    assert client.post(f"/replies/{reply.pk}/edit/", {"comment": "better words"}).status_code == 303
    reply.refresh_from_db()
    assert (reply.comment, reply.status) == ("better words", "published")
    assert reply.edited_at is not None
    assert [version.text for version in Version.objects.all()] == ["first words"]
    client.post(f"/replies/{reply.pk}/edit/", {"comment": "the harbour"})
    reply.refresh_from_db()
    assert (reply.status, reply.rule) == ("held", "held_word")
    client.post(f"/replies/{reply.pk}/edit/", {"comment": "nothing to see"})
    reply.refresh_from_db()
    assert reply.status == "held"  # editing publishes nothing
    assert list(Version.objects.order_by("pk").values_list("text", flat=True)) == [
        "first words", "better words", "the harbour",
    ]  # fmt: skip
    assert signed_in(MemberFactory()).post(f"/replies/{reply.pk}/edit/", {"comment": "x"}).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        response = client.post(f"/replies/{reply.pk}/edit/", {"comment": "too late"})
        assert response.status_code == 422
        assert "too late" in response.content.decode()


def test_the_same_gate_stands_before_a_change(story: Any, signed_in: Any, open_rules: Any) -> None:
    member = MemberFactory()
    client, reply = signed_in(member), say(story, "first words", by=member)
    path = f"/replies/{reply.pk}/edit/"
    Discussion.objects.update(is_open=False)  # what was said before is put right for its five minutes
    assert client.post(path, {"comment": "second words"}).status_code == 303
    Discussion.objects.update(is_open=True)
    Article.objects.update(reply_right="patrons")
    refused = client.post(path, {"comment": "third words"})
    assert refused.status_code == 403
    assert "third words" in refused.content.decode()
    assert "Patrons reply here" in refused.content.decode()
    Article.objects.update(audience="patrons")
    assert client.post(path, {"comment": "third words"}).status_code == 404
    assert Reply.objects.get().comment == "second words"


def test_a_change_that_changes_nothing_or_doubles_another_reply_stores_nothing(
    story: Any, signed_in: Any, open_rules: Any, django_assert_max_num_queries: Any, warm_furniture: Any
) -> None:
    member = MemberFactory()
    client, reply = signed_in(member), say(story, "first words", by=member)
    path = f"/replies/{reply.pk}/edit/"
    say(story, "other words", by=member, at=reply.posted_at)
    assert client.post(path, {"comment": " first words "}).status_code == 303
    refused = client.post(path, {"comment": "Other  WORDS"})
    assert refused.status_code == 422
    assert "You have already said this here." in refused.content.decode()
    reply.refresh_from_db()
    assert (reply.comment, reply.edited_at, Version.objects.count()) == ("first words", None, 0)
    warm_furniture()
    with django_assert_max_num_queries(13):  # nine, session and member, and two of the test's own
        assert client.post(path, {"comment": "third words"}).status_code == 303


def test_the_page_for_a_change_says_how_long_and_how_it_will_look(story: Any, signed_in: Any) -> None:
    member = MemberFactory()
    client, reply = signed_in(member), say(story, "first words", by=member)
    path = f"/replies/{reply.pk}/edit/"
    with time_machine.travel(reply.posted_at + timedelta(minutes=3, seconds=30), tick=False):
        assert "for 2 more minutes" in client.get(path).content.decode()
        shown = client.post(path, {"comment": "> a quote\nsecond", "do": "preview"})
    assert shown.status_code == 200
    assert "<blockquote><p>a quote</p></blockquote><p>second</p>" in shown.content.decode()
    assert Reply.objects.get().comment == "first words"
    with time_machine.travel(reply.posted_at + timedelta(minutes=5), tick=False):
        late = client.get(path)
    assert late.status_code == 403
    assert "these are over" in late.content.decode()


def test_deleting_leaves_a_stub_without_the_words(story: Any, signed_in: Any) -> None:
    member = MemberFactory(name="Nadia")
    client = signed_in(member)
    reply = say(story, "regretted words", by=member)
    say(story, "an answer", under=reply)
    Version.objects.create(reply=reply, text="worse words")
    page = f"/replies/in/{reply.discussion_id}/"
    assert client.get(f"/replies/{reply.pk}/delete/").status_code == 200
    assert Reply.objects.get(pk=reply.pk).comment == "regretted words"
    assert client.post(f"/replies/{reply.pk}/delete/").status_code == 303
    reply.refresh_from_db()
    assert (reply.status, reply.comment, reply.text_digest) == ("erased", "", "")
    assert not Version.objects.exists()
    shown = Client().get(page).content.decode()
    assert "an answer" in shown
    assert "Nadia" not in shown
    assert "Deleted by whoever wrote it" in shown


def test_a_held_reply_taken_back_stays_unseen_for_good(story: Any, signed_in: Any, cast: Any) -> None:
    from comments.moderation import verbs

    reply = say(story, "held words", by=cast.member, status=Reply.Status.HELD)
    signed_in(cast.member).post(f"/replies/{reply.pk}/delete/")
    reply.refresh_from_db()
    assert (reply.status, reply.comment) == ("rejected", "")
    assert not verbs.restore(reply, by=cast.moderator, now=timezone.now())


def test_recommending_is_idempotent_and_never_for_oneself(story: Any, signed_in: Any) -> None:
    member = MemberFactory()
    reply = say(story, "well said")
    own = say(story, "praise me", by=member)
    client = signed_in(member)
    for wanted, score in (("1", 1), ("1", 1), ("0", 0), ("0", 0), ("1", 1)):
        assert client.post(f"/replies/{reply.pk}/recommend/", {"wanted": wanted}).status_code == 303
        reply.refresh_from_db()
        assert reply.score == score
    client.post(f"/replies/{own.pk}/recommend/", {"wanted": "1"})
    assert Reaction.objects.count() == 1
    assert client.get(f"/replies/{reply.pk}/recommend/").status_code == 405
    in_place = client.post(f"/replies/{reply.pk}/recommend/", {"wanted": "1"}, headers={"X-Fragment": "1"})
    assert in_place.content.decode().startswith(f'<li class="reply" id="reply-{reply.pk}"')
    assert 'aria-pressed="true"' in in_place.content.decode()
    anonymous = Client(**SAME_ORIGIN).post(f"/replies/{reply.pk}/recommend/", {"wanted": "1"})
    assert anonymous.headers["Location"].startswith("/accounts/login/")
