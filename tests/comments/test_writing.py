"""The page for writing: preview, quotations, the form in place, warnings read once, and muting somebody."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from comments.models import Discussion, Mute, Reply, Sanction
from comments.moderation import verbs
from comments.writing import drafts
from tests.comments.conftest import SAME_ORIGIN, say
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db
IN_PLACE = {"X-Fragment": "1"}


def test_a_preview_shows_the_text_stores_nothing_and_needs_no_account(story: Any) -> None:
    text = "> they said\nSee https://a.example/ <b>"
    page = Client(**SAME_ORIGIN).post(f"/replies/to/story/{story.pk}/", {"comment": text, "do": "preview"})
    shown = page.content.decode()
    assert page.status_code == 200
    assert '<blockquote><p>they said</p></blockquote><p>See <a href="https://a.example/" rel="ugc nofollow">' in shown
    assert shown.index("they said</p>") < shown.index("<textarea")
    assert not Discussion.objects.exists()


def test_a_quotation_stands_in_the_box_once_it_is_asked_for(story: Any, signed_in: Any) -> None:
    reply = say(story, "> older\nI say so", by=MemberFactory(name="Nadia"))
    client, path = signed_in(MemberFactory()), f"/replies/to/story/{story.pk}/"
    asked = client.get(f"{path}?to={reply.pk}&quote=1").content.decode()
    assert "&gt; I say so\n\n</textarea>" in asked
    pressed = client.post(path, {"comment": "But no.", "reply_to": reply.pk, "do": "quote"}, headers=IN_PLACE)
    assert "&gt; I say so\n\nBut no.</textarea>" in pressed.content.decode()
    assert "Your answer to Nadia" in pressed.content.decode()
    gone = client.get(f"{path}?to={reply.pk + 999}&quote=1").content.decode()
    assert "no longer there" in gone
    assert 'name="reply_to"' not in gone
    assert Reply.objects.count() == 1


def test_in_place_only_the_form_travels_and_the_reply_comes_back(story: Any, signed_in: Any, open_rules: Any) -> None:
    reply = say(story, "what do you say?")
    client, path = signed_in(MemberFactory()), f"/replies/to/story/{story.pk}/"
    form = client.get(f"{path}?to={reply.pk}", headers=IN_PLACE)
    assert form.content.decode().lstrip().startswith('<div class="reply-writing" data-reply-box>')
    assert f'id="reply-text-{reply.pk}"' in form.content.decode()
    assert "X-Fragment" in form.headers["Vary"]
    posted = client.post(path, {"comment": "I say <i>this</i>", "reply_to": reply.pk}, headers=IN_PLACE)
    made = Reply.objects.get(reply_to=reply)
    assert posted.status_code == 201
    assert posted.headers["Location"] == f"/replies/{made.pk}/#reply-{made.pk}"
    assert posted.content.decode().startswith(f'<li class="reply" id="reply-{made.pk}"')
    assert "I say &lt;i&gt;this&lt;/i&gt;" in posted.content.decode()
    again = client.post(path, {"comment": "I say <i>this</i>", "reply_to": reply.pk}, headers=IN_PLACE)
    assert again.headers["Location"] == posted.headers["Location"]
    assert Reply.objects.count() == 2


def test_the_text_stays_in_the_box_where_no_session_can_keep_it(story: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "KEPT_AN_HOUR", 1)
    client, path = Client(**SAME_ORIGIN, REMOTE_ADDR="203.0.113.7"), f"/replies/to/story/{story.pk}/"
    assert client.post(path, {"comment": "first"}).status_code == 303
    response = client.post(path, {"comment": "second"})
    assert response.status_code == 429
    assert "second</textarea>" in response.content.decode()


def test_the_same_words_after_a_moderators_no_are_told_so(
    story: Any, signed_in: Any, open_rules: Any, cast: Any
) -> None:
    client, path = signed_in(MemberFactory()), f"/replies/to/story/{story.pk}/"
    client.post(path, {"comment": "again and again"})
    verbs.reject(Reply.objects.get(), by=cast.moderator, now=timezone.now())
    refused = client.post(path, {"comment": "again and again"})
    assert refused.status_code == 422
    assert "You have already said this here." in refused.content.decode()
    assert Reply.objects.count() == 1


def test_a_warning_is_shown_once_before_the_next_reply(story: Any, signed_in: Any, open_rules: Any) -> None:
    member = MemberFactory()
    other = Sanction.objects.create(member=MemberFactory(), kind="warn", reason="Somebody else's.")
    warning = Sanction.objects.create(member=member, kind="warn", reason="No names, please.")
    client, path = signed_in(member), f"/replies/to/story/{story.pk}/"
    assert "No names, please." in client.get(path).content.decode()
    unread = client.post(path, {"comment": "my words"})  # from the story's own page, which shows no warning
    assert unread.status_code == 409
    assert "No names, please." in unread.content.decode()
    assert "my words</textarea>" in unread.content.decode()
    assert not Reply.objects.exists()
    warning.refresh_from_db()
    assert warning.seen_at is None
    read = client.post(path, {"comment": "my words", "warning": warning.pk, "do": "read"})
    assert "No names, please." not in read.content.decode()
    assert "my words</textarea>" in read.content.decode()
    warning.refresh_from_db()
    other.refresh_from_db()
    assert (warning.seen_at is not None, other.seen_at) == (True, None)
    second = Sanction.objects.create(member=member, kind="warn", reason="And no shouting.")
    assert client.post(path, {"comment": "my words", "warning": second.pk}).status_code == 303
    assert Reply.objects.get().comment == "my words"
    assert client.post(path, {"comment": "more words"}).status_code == 303


def test_somebody_is_muted_and_read_again_by_a_button_alone(story: Any, signed_in: Any) -> None:
    member, other = MemberFactory(), MemberFactory(name="Nadia")
    reply, own, nobodys = say(story, "loud"), say(story, "mine", by=member), say(story, "old")
    Reply.objects.filter(pk=reply.pk).update(author=other)
    Reply.objects.filter(pk=nobodys.pk).update(author=None, display_name="Imported")
    client, path = signed_in(member), f"/replies/{reply.pk}/mute/"
    assert "Mute Nadia?" in client.get(path).content.decode()
    assert not Mute.objects.exists()
    for wanted, rows in (("1", 1), ("1", 1), ("0", 0), ("0", 0), ("1", 1)):
        response = client.post(path, {"wanted": wanted})
        assert response.headers["Location"] == f"/replies/{reply.pk}/#reply-{reply.pk}"
        assert Mute.objects.filter(member=member, muted=other).count() == Mute.objects.count() == rows
    assert "Unmute Nadia?" in client.get(path).content.decode()
    for unfit in (own, nobodys):
        assert client.post(f"/replies/{unfit.pk}/mute/").status_code == 404
    anonymous = Client(**SAME_ORIGIN).post(path)
    assert anonymous.headers["Location"].startswith("/accounts/login/")
    assert Client(HTTP_SEC_FETCH_SITE="cross-site").post(path).status_code == 403
