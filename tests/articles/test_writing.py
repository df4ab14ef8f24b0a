"""What somebody writes is kept without being saved, offered again, and never put into the wrong hands."""

import json
import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.drafts import writing
from articles.models import Article, Presence, Revision, WorkingCopy
from newsroom import furniture
from newsroom.groups import EDITORS
from tests.articles.test_desk import TEXT, draft, form_of, signed_in, stored
from tests.factories import AuthorFactory, MemberFactory, make_article

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
OURS = {"Sec-Fetch-Site": "same-origin"}


def change(story: Article) -> str:
    """The address of the story's form."""
    return reverse("admin:articles_article_change", args=[story.pk])


def keep(client: Client, story: Article | None, sent: dict[str, Any]) -> Any:
    """What the script does every few seconds."""
    name = "articles_article_working_copy" if story else "articles_article_new_working_copy"
    return client.post(reverse(f"admin:{name}", args=[story.pk] if story else []), sent, headers=JSON)


def opened(client: Client, story: Article | None = None, **changes: Any) -> dict[str, Any]:
    """The form as a browser holds it, its own key included."""
    path = change(story) if story else reverse("admin:articles_article_add")
    about = json.loads(client.get(path).context["writing"]["about"])
    return form_of(client, story, **{"working_key": about["key"], "written_by": about["member"], **changes})


def test_a_hundred_autosaves_leave_one_copy_and_no_version(cast: Any) -> None:
    story, client = draft(created_by=cast.writer), signed_in(cast.writer)
    sent = opened(client, story)
    for number in range(100):
        assert keep(client, story, {**sent, "headline": f"Take {number}"}).status_code == 200
    assert WorkingCopy.objects.get().content["headline"] == "Take 99"
    assert not Revision.objects.exists()
    assert Article.objects.get().headline == story.headline


def test_a_hundred_autosaves_with_saves_between_leave_three_versions(cast: Any) -> None:
    story, client = draft(created_by=cast.writer), signed_in(cast.writer)
    for turn in range(3):
        sent = opened(client, story)
        for number in range(33):
            keep(client, story, {**sent, "headline": f"Take {turn}.{number}"})
        stored(client.post(change(story), {**sent, "headline": f"Saved {turn}"}))
    assert Revision.objects.count() == 3
    assert not WorkingCopy.objects.exists()


def test_publishing_drops_the_copy_and_a_refusal_keeps_it(cast: Any) -> None:
    story, client = draft(), signed_in(cast.editor)
    sent = opened(client, story)
    keep(client, story, sent)
    client.post(change(story), {**sent, "headline": ""})
    assert WorkingCopy.objects.exists()
    client.post(reverse("admin:articles_article_publish", args=[story.pk]), sent)
    assert Article.objects.get().status == Article.Status.PUBLISHED
    assert not WorkingCopy.objects.exists()


def test_a_new_story_is_kept_before_it_is_a_row_and_saved_once(cast: Any) -> None:
    client = signed_in(cast.writer)
    sent = opened(client, headline="Not yet", full_text=TEXT)
    keep(client, None, sent)
    assert [(found.headline, found.article_id) for found in writing.unsaved_by(cast.writer)] == [("Not yet", None)]
    assert "Bring back what you had not saved" in client.get(reverse("admin:articles_article_add")).content.decode()
    stored(client.post(reverse("admin:articles_article_add"), sent))
    assert Article.objects.get().headline == "Not yet"
    assert writing.unsaved_by(cast.writer) == []


def test_what_was_not_saved_comes_back_whole(cast: Any) -> None:
    story, author = draft(), AuthorFactory(name="Ida Holm")
    client = signed_in(cast.editor)
    rows = {"bylines-TOTAL_FORMS": "1", "bylines-0-author": author.pk, "bylines-0-role": "photography"}
    sent = opened(client, story, headline="Unsaved", full_text="<p>New words.</p>", tag_names="Quay", **rows)
    sent.pop("shows_appeal", None)
    keep(client, story, sent)
    page = client.get(change(story))
    assert "Bring back what you had not saved" in page.content.decode()
    assert page.context["adminform"].form["headline"].value() == story.headline  # looking changes nothing
    back = client.get(page.context["writing"]["offered"].back)
    form = back.context["adminform"].form
    assert form["headline"].value() == "Unsaved"
    assert form["full_text"].value() == "<p>New words.</p>"
    assert form["tag_names"].value() == "Quay"
    assert not form["shows_appeal"].value()
    assert "photography" in back.content.decode()
    assert json.loads(back.context["writing"]["about"])["key"] == sent["working_key"]
    assert Article.objects.get().headline == story.headline


def test_an_unsaved_text_is_never_written_over_by_another_form(cast: Any) -> None:
    story, client = draft(), signed_in(cast.editor)
    first, second = opened(client, story, headline="The long one"), opened(client, story, headline="A letter")
    keep(client, story, first)
    refused = keep(client, story, second)
    assert refused.status_code == 409
    assert "decide about that one first" in refused.json()["said"]
    stored(client.post(change(story), second))  # saving the second leaves the first where it was
    assert WorkingCopy.objects.get().content["headline"] == "The long one"


def test_what_nobody_wants_is_thrown_away_by_its_owner_alone(cast: Any) -> None:
    story, client = draft(), signed_in(cast.editor)
    sent = opened(client, story, headline="Nonsense")
    keep(client, story, sent)
    path = reverse("admin:articles_article_drop_working_copy")
    assert client.get(path).status_code == 405
    assert signed_in(cast.publisher).post(path, {"copy": sent["working_key"]}).status_code == 404
    assert client.post(path, {"copy": sent["working_key"]}).status_code == 303
    assert not WorkingCopy.objects.exists()


def test_a_live_story_has_a_working_copy_that_readers_do_not_see(cast: Any) -> None:
    story, client = make_article(headline="As it is"), signed_in(cast.editor)
    sent = opened(client, story, headline="As it will be")
    path = reverse("admin:articles_article_working_copy", args=[story.pk])
    answer = client.post(path, {**sent, "later": "1"}, follow=True)
    assert "You have changes readers do not see" in answer.content.decode()
    assert answer.context["adminform"].form["headline"].value() == "As it will be"
    assert "You have changes readers do not see" in client.get(change(story)).content.decode()
    public = Client().get(story.get_absolute_url()).content.decode()
    assert "As it is" in public
    assert "As it will be" not in public
    assert not Revision.objects.exists()


def test_a_copy_goes_into_its_writers_account_alone(cast: Any) -> None:
    story = draft(created_by=cast.writer)
    sent = opened(signed_in(cast.writer), story, headline="Wanda's")
    refused = keep(signed_in(cast.editor), story, sent)
    assert refused.status_code == 409
    assert "did not write this" in refused.json()["said"]
    sent["written_by"] = cast.editor.pk
    keep(signed_in(cast.editor), None, {**sent, "headline": "Edgar's"})
    taken = keep(signed_in(cast.writer), None, {**sent, "written_by": cast.writer.pk})
    assert taken.status_code == 409
    assert WorkingCopy.objects.get().member == cast.editor


def test_keeping_needs_the_right_to_write(cast: Any) -> None:
    live = make_article()
    assert keep(signed_in(cast.writer), live, {"headline": "Mine"}).status_code == 403
    assert keep(signed_in(cast.moderator), None, {"headline": "Mine"}).status_code == 403
    assert signed_in(cast.editor).get(reverse("admin:articles_article_working_copy", args=[live.pk])).status_code == 405
    assert not WorkingCopy.objects.exists()


def test_a_copy_with_any_character_is_kept(cast: Any) -> None:
    story, client = draft(), signed_in(cast.editor)
    assert keep(client, story, opened(client, story, headline="Nul \x00 and 🦊")).status_code == 200
    assert WorkingCopy.objects.get().content["headline"] == "Nul  and 🦊"


def test_a_text_left_in_a_browser_after_saving_is_no_unsaved_text(cast: Any) -> None:
    story, client = draft(), signed_in(cast.editor)
    sent = opened(client, story, headline="Saved ", full_text="<p>Here.</p>")
    stored(client.post(change(story), sent))
    assert keep(client, story, {**sent, "leftover": "1"}).json() == {"said": ""}
    assert not WorkingCopy.objects.exists()
    keep(client, story, {**sent, "full_text": "<p>Here and there.</p>", "leftover": "1"})
    assert WorkingCopy.objects.exists()


def beat(member: Any, story: Article, **fields: Any) -> Any:
    """One heartbeat of an open form."""
    path = reverse("admin:articles_article_heartbeat", args=[story.pk])
    return signed_in(member).post(path, {"seen": story.edition, **fields}, headers=JSON)


def test_who_is_here_is_seen_by_the_others_alone_and_goes_after_a_minute(cast: Any, now: datetime) -> None:
    import time_machine

    story = draft()
    assert beat(cast.writer, story, writing="1").json()["present"] == ""
    assert beat(cast.writer, story, writing="1").json()["present"] == ""  # no alarm against oneself
    assert beat(cast.editor, story).json()["present"] == "Wanda Writer is writing here."
    assert beat(cast.writer, story).json()["present"] == "Edgar Editor has it open."
    beat(cast.editor, story, leaving="1")
    assert beat(cast.writer, story).json()["present"] == ""
    with time_machine.travel(now + timedelta(seconds=61), tick=False):
        assert beat(cast.editor, story).json()["present"] == ""
        assert Presence.objects.count() == 1


def test_the_heartbeat_says_who_saved_meanwhile(cast: Any, now: datetime) -> None:
    story = draft()
    assert beat(cast.writer, story).json()["newer"] == ""
    client = signed_in(cast.editor)
    stored(client.post(change(story), form_of(client, story, headline="Newer")))
    assert beat(cast.writer, story).json()["newer"] == "Edgar Editor saved a newer version 13:00."
    assert beat(cast.editor, story).json()["newer"] == "You, in another window, saved a newer version 13:00."


def test_a_heartbeat_costs_few_queries(cast: Any, django_assert_max_num_queries: Any) -> None:
    story, client = draft(), signed_in(cast.editor)
    path = reverse("admin:articles_article_heartbeat", args=[story.pk])
    client.post(path, {"seen": 0}, headers=JSON)
    with django_assert_max_num_queries(12):
        client.post(path, {"seen": 0}, headers=JSON)


def test_the_form_costs_fifteen_queries_with_a_copy_waiting(
    cast: Any, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(furniture.snapshot, "trusted", True)  # kept, as in a process whose listener is connected
    story, client = draft(), signed_in(cast.editor)
    keep(client, story, opened(client, story, headline="Waiting"))
    client.get(change(story))
    with django_assert_max_num_queries(15):
        client.get(change(story))


def test_a_member_with_a_large_key_keeps_what_they_write(cast: Any) -> None:
    member = MemberFactory(pk=123_456, group=EDITORS)
    story, client = draft(), signed_in(member)
    page = client.get(change(story)).content.decode()
    assert "123,456" not in page  # a key is no number to be read
    assert re.search(r'name="written_by" value="123456"', page)
    answer = keep(client, story, opened(client, story, headline="Kept"))
    assert answer.status_code == 200
    assert WorkingCopy.objects.get().member == member


# -- The session is gone -----------------------------------------------------------------------------


def test_the_session_says_whose_it_is_and_brings_a_token(cast: Any) -> None:
    path = reverse("desk_session")
    assert Client().get(path).json()["member"] is None
    assert signed_in(cast.member).get(path).json()["member"] is None
    answer = signed_in(cast.writer).get(path)
    assert answer.json()["member"] == cast.writer.pk
    assert answer.json()["token"]
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/?staff", "/accounts/login/?staff&next=/admin/"])
def test_sign_in_is_framed_only_where_it_leads_back_to_the_form(path: str) -> None:
    plain = Client().get(path)
    assert plain.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in plain.headers["Content-Security-Policy"]
    framed = Client().get("/accounts/login/?staff&next=/admin/signed-in/")
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in framed.headers["Content-Security-Policy"]


def test_only_the_storys_form_may_hold_a_frame_of_ours(cast: Any) -> None:
    client = signed_in(cast.editor)
    assert "frame-src 'self'" in client.get(change(draft())).headers["Content-Security-Policy"]
    assert "frame-src 'none'" in client.get(reverse("admin:index")).headers["Content-Security-Policy"]


def test_a_save_without_a_session_hands_the_text_back(cast: Any) -> None:
    story, client = draft(), signed_in(cast.editor)
    sent = opened(client, story, headline='Kept "here"', full_text="<p>Long & dear.</p>")
    gone = Client().post(change(story), sent, headers=OURS)
    assert gone.status_code == 401
    page = gone.content.decode()
    assert 'value="Kept &quot;here&quot;"' in page
    assert "&lt;p&gt;Long &amp; dear.&lt;/p&gt;" in page
    assert "Sign in in another tab" in page
    assert keep(Client(), story, sent).status_code in (302, 401)
    assert Client().post(change(story), sent).status_code == 302  # another site's form gets nothing back


def test_a_stale_token_hands_the_text_back_with_a_fresh_one(cast: Any) -> None:
    story = draft()
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.editor)
    sent = opened(client, story, headline="Dear words")
    sent["csrfmiddlewaretoken"] = "x" * 64
    refused = client.post(change(story), sent, headers=OURS)
    assert refused.status_code == 403
    assert "Dear words" in refused.content.decode()
    assert "Send it once more" in refused.content.decode()
    again = {**sent, "csrfmiddlewaretoken": str(refused.context["csrf_token"])}
    assert client.post(change(story), again, headers=OURS).status_code == 303
    assert Article.objects.get().headline == "Dear words"
    strange = client.post(change(story), sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert "Dear words" not in strange.content.decode()


def test_unsaved_texts_are_listed_latest_first_in_one_query(cast: Any, django_assert_num_queries: Any) -> None:
    now = timezone.now()
    for number in range(3):
        writing.keep_copy(
            cast.writer, article=None, key=uuid.uuid4(), edition=0, content={"headline": f"No {number}"},
            now=now + timedelta(minutes=number),
        )  # fmt: skip
    with django_assert_num_queries(1):
        assert [found.headline for found in writing.unsaved_by(cast.writer)] == ["No 2", "No 1", "No 0"]
