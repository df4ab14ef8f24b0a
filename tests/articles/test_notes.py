"""The thread of notes: who says what, what blocks, who may settle it, and that the form carries it cheaply."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.drafts import notes
from articles.models import Article, StoryNote
from members.models import AuditEntry
from tests.articles.test_desk import draft, signed_in

pytestmark = pytest.mark.django_db
FRAGMENT = {"X-Fragment": "1"}


def thread(story: Article) -> str:
    return reverse("admin:articles_article_notes", args=[story.pk])


def settle(note: StoryNote, verb: str = "resolve") -> str:
    return reverse(f"admin:articles_article_note_{verb}", args=[note.article_id, note.pk])


def form(story: Article) -> str:
    return reverse("admin:articles_article_change", args=[story.pk])


def test_a_note_is_kept_with_who_and_when_and_leads_back_to_the_form(cast: Any, now: datetime) -> None:
    story = draft(created_by=cast.writer)
    answer = signed_in(cast.writer).post(thread(story), {"text": " Who counted\r\nthe boats? "})
    note = StoryNote.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{form(story)}#notes")
    assert (note.text, note.by, note.made_at, note.blocks) == ("Who counted\nthe boats?", cast.writer, now, False)
    assert "Who counted" in signed_in(cast.editor).get(form(story)).content.decode()


@pytest.mark.parametrize(("text", "said"), [("  ", "few words"), ("x" * 4001, "1 characters too long")])
def test_a_refused_note_says_why_and_keeps_its_words(cast: Any, text: str, said: str) -> None:
    story = draft()
    answer = signed_in(cast.editor).post(thread(story), {"text": text}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert text.strip() in answer.content.decode()
    assert not StoryNote.objects.exists()


def test_only_who_may_publish_can_block(cast: Any) -> None:
    story = draft(created_by=cast.writer)
    signed_in(cast.writer).post(thread(story), {"text": "Wait", "blocks": "on"})
    assert not StoryNote.objects.blocking().exists()
    signed_in(cast.editor).post(thread(story), {"text": "Wait", "blocks": "on"})
    note = StoryNote.objects.blocking().get()
    assert signed_in(cast.writer).post(settle(note)).status_code == 403
    assert StoryNote.objects.blocking().exists()
    assert signed_in(cast.publisher).post(settle(note)).status_code == 303
    assert not StoryNote.objects.blocking().exists()
    assert set(AuditEntry.objects.values_list("verb", "by")) == {
        ("story.block", cast.editor.pk),
        ("story.unblock", cast.publisher.pk),
    }


def test_settling_is_taken_back_and_asking_twice_changes_nothing(cast: Any, now: datetime) -> None:
    story = draft()
    note = notes.add(story, by=cast.editor, text="Check", blocks=True, now=now)
    for _twice in range(2):
        notes.resolve(note, by=cast.editor, now=now)
    for _twice in range(2):
        notes.reopen(note, by=cast.publisher)
    note.refresh_from_db()
    assert (note.resolved_at, note.resolved_by) == (None, None)
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "story.block",
        "story.unblock",
        "story.block",
    ]


def test_reading_the_thread_changes_nothing_and_settling_is_no_get(cast: Any, now: datetime) -> None:
    note = notes.add(draft(), by=cast.editor, text="Check", blocks=False, now=now)
    assert signed_in(cast.editor).get(settle(note)).status_code == 405
    assert signed_in(cast.editor).get(thread(note.article)).status_code == 200
    note.refresh_from_db()
    assert note.resolved_at is None


def test_a_note_of_another_story_is_not_settled_through_this_one(cast: Any, now: datetime) -> None:
    note = notes.add(draft(), by=cast.editor, text="Check", blocks=False, now=now)
    path = reverse("admin:articles_article_note_resolve", args=[draft().pk, note.pk])
    assert signed_in(cast.editor).post(path).status_code == 404


def test_what_people_write_is_shown_as_text(cast: Any, now: datetime) -> None:
    note = notes.add(draft(), by=cast.editor, text='<script>x</script> https://e.example/"onx', blocks=False, now=now)
    page = signed_in(cast.editor).get(thread(note.article)).content.decode()
    assert "<script>x" not in page
    assert 'href="https://e.example/' in page


def test_a_fragment_is_the_thread_alone(cast: Any) -> None:
    story = draft()
    answer = signed_in(cast.editor).post(thread(story), {"text": "Quick"}, headers=FRAGMENT)
    said = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="notes"' in said
    assert "Quick" in said
    assert "<html" not in said


def test_from_its_own_page_one_comes_back_to_it(cast: Any) -> None:
    story = draft()
    answer = signed_in(cast.editor).post(thread(story), {"text": "Here", "from": "page"})
    assert answer["Location"] == f"{thread(story)}#notes"


def test_the_newsroom_alone_reads_notes(cast: Any) -> None:
    story = draft()
    for nobody in (signed_in(cast.member), Client()):
        assert nobody.get(thread(story)).status_code == 302
        assert nobody.post(thread(story), {"text": "Hi"}).status_code == 302
    assert signed_in(cast.manager).get(thread(story)).status_code == 403
    assert not StoryNote.objects.exists()


def test_the_desks_preview_shows_the_thread(cast: Any, now: datetime) -> None:
    story = draft()
    notes.add(story, by=cast.editor, text="Who counted the boats?", blocks=True, now=now)
    path = reverse("admin:articles_article_preview", args=[story.pk])
    assert "Who counted the boats?" in signed_in(cast.editor).get(path).content.decode()


def test_fifty_notes_cost_the_form_one_query(cast: Any, now: datetime) -> None:
    story = draft()
    client = signed_in(cast.editor)
    client.get(form(story))
    notes.add(story, by=cast.editor, text="First", blocks=False, now=now)
    with CaptureQueriesContext(connection) as few:
        client.get(form(story))
    for number in range(50):
        note = notes.add(story, by=cast.writer, text=f"Note {number}", blocks=False, now=now)
        notes.resolve(note, by=cast.publisher, now=now)
    with CaptureQueriesContext(connection) as many:
        client.get(form(story))
    assert len(many) == len(few)
    assert len([query for query in many if query["sql"].startswith('SELECT "articles_storynote"')]) == 1


def test_no_form_stands_within_the_storys(cast: Any) -> None:
    page = signed_in(cast.editor).get(form(draft())).content.decode()
    start = page.index('id="article_form"')
    assert "<form" not in page[start : page.index("</form>", start)]
    for name in ("notes-form", "links-form", "suggestions-form"):
        assert f'<form id="{name}"' in page


@pytest.mark.parametrize("part", ["notes", "links", "suggestions"])
def test_a_part_on_its_own_page_is_a_page_of_the_desk(cast: Any, part: str) -> None:
    path = reverse(f"admin:articles_article_{part}", args=[draft().pk])
    assert 'class="desk-nav"' in signed_in(cast.editor).get(path).content.decode()
    assert 'class="desk-nav"' not in signed_in(cast.editor).get(path, headers=FRAGMENT).content.decode()
