"""What was put right: on the story, on its own page and feed, in the record."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from articles.models import Article, Correction, Revision
from articles.publishing import withdraw
from members.models import AuditEntry
from tests.articles.test_desk import form_of, signed_in, stored
from tests.factories import Cast, make_article

pytestmark = pytest.mark.django_db
KINDS = Correction.Kind


def put_right(story: Article, kind: str, text: str = "It was 2006.", **fields: Any) -> Correction:
    """A correction that is stored."""
    return Correction.objects.create(article=story, kind=kind, text=text, **fields)


def page(path: str) -> str:
    """What an anonymous reader gets."""
    answer = Client().get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_stands_once_on_the_story_with_its_name(kind: Correction.Kind) -> None:
    story = make_article()
    row = put_right(story, kind)
    html = page(story.get_absolute_url())
    assert html.count(f'id="correction-{row.pk}"') == 1
    assert f"{kind.label}, <time" in html.replace("&#x27;", "'")


def test_retraction_stands_above_the_text_and_the_text_stays() -> None:
    story = make_article()
    taken_back, note = put_right(story, KINDS.RETRACTION), put_right(story, KINDS.CLARIFICATION)
    html = page(story.get_absolute_url())
    order = [f'id="correction-{taken_back.pk}"', "<p>What everybody may read.</p>", f'id="correction-{note.pk}"']
    assert sorted(order, key=html.index) == order
    assert "What only some may read." in html
    assert "noindex" not in html


def test_retraction_of_a_gated_story_is_told_to_those_before_the_wall() -> None:
    story = make_article("patrons")
    taken_back, note = put_right(story, KINDS.RETRACTION), put_right(story, KINDS.CORRECTION)
    html = page(story.get_absolute_url())
    assert f'id="correction-{taken_back.pk}"' in html
    assert f'id="correction-{note.pk}"' not in html


def added_rows(story: Article, client: Client, kind: str, text: str) -> dict[str, Any]:
    """The story's form with one correction more."""
    sent = form_of(client, story)
    number = int(sent["corrections-TOTAL_FORMS"])
    row = {"kind": kind, "text": text, "made_at": "2026-11-03T12:00"}
    return {
        **sent,
        **{f"corrections-{number}-{name}": value for name, value in row.items()},
        "corrections-TOTAL_FORMS": number + 1,
    }


def test_adding_one_in_the_form_renews_the_pages_and_says_who(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, client = make_article(), signed_in(cast.editor)
    sent = added_rows(story, client, "correction", "The bridge opened in 2006.")
    fell: list[str] = []
    monkeypatch.setattr("newsroom.caching._notify", fell.extend)
    stored(client.post(reverse("admin:articles_article_change", args=[story.pk]), sent))
    assert {f"article-{story.pk}", "corrections"} <= set(fell)
    entry = AuditEntry.objects.get(verb="correction.add")
    assert (entry.by, entry.subject_id, entry.reason) == (cast.editor, str(story.pk), "The bridge opened in 2006.")
    assert Correction.objects.get().made_by == cast.editor
    assert "The bridge opened in 2006." in page(story.get_absolute_url())


def test_the_words_that_were_wrong_stay_in_the_versions(cast: Cast, now: datetime) -> None:
    story, client = make_article(full_text="<p>Opened in 2005.</p>"), signed_in(cast.editor)
    path = reverse("admin:articles_article_change", args=[story.pk])
    stored(client.post(path, form_of(client, story)))
    sent = added_rows(story, client, "correction", "It was 2006.")
    stored(client.post(path, {**sent, "full_text": "<p>Opened in 2006.</p>"}))
    kept = [revision.content["full_text"] for revision in Revision.objects.filter(article=story).order_by("pk")]
    assert kept == ["<p>Opened in 2005.</p>", "<p>Opened in 2006.</p>"]


def test_changing_and_taking_away_are_written_down_too(cast: Cast, now: datetime) -> None:
    story, client = make_article(), signed_in(cast.editor)
    put_right(story, KINDS.CORRECTION)
    path = reverse("admin:articles_article_change", args=[story.pk])
    stored(client.post(path, form_of(client, story, **{"corrections-0-text": "It was 2007."})))
    stored(client.post(path, form_of(client, story, **{"corrections-0-DELETE": "on"})))
    verbs = AuditEntry.objects.filter(verb__startswith="correction.").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["correction.change", "correction.remove"]
    assert not Correction.objects.exists()


def test_corrections_come_twenty_a_page(now: datetime) -> None:
    story = make_article()
    for number in range(45):
        put_right(story, KINDS.CORRECTION, f"Number {number}.", made_at=now - timedelta(hours=number))
    seen: list[int] = []
    path = "/corrections/"
    while path:
        html = page(path)
        seen += [number for number in range(45) if f"<p>Number {number}.</p>" in html]
        older = html.partition('href="?before=')[2].partition('"')[0]
        path = f"/corrections/?before={older}" if older else ""
    assert seen == list(range(45))


def test_forged_place_in_the_list_is_not_found() -> None:
    assert Client().get("/corrections/?before=x").status_code == 404


def test_corrections_have_a_feed(now: datetime) -> None:
    story = make_article(headline="Bridge opens")
    row = put_right(story, KINDS.CLARIFICATION, "The old bridge & the new.")
    answer = Client().get("/corrections/feed/")
    said = answer.content.decode()
    assert answer["Content-Type"].startswith("application/rss+xml")
    assert "<title>Clarification: Bridge opens</title>" in said
    assert "The old bridge &amp; the new." in said
    assert f"{story.get_absolute_url()}#correction-{row.pk}" in said
    assert 'href="http://testserver/corrections/feed/"' in page("/corrections/")


def test_corrections_of_stories_readers_may_not_know_of_are_not_listed(cast: Cast, now: datetime) -> None:
    gone, waiting = make_article(), make_article(published_at=now + timedelta(hours=1), announced_at=None)
    for story in (gone, waiting):
        put_right(story, KINDS.CORRECTION, "zqhidden")
    withdraw(gone, reason="Forged.", by=cast.editor, now=now)
    for path in ("/corrections/", "/corrections/feed/"):
        assert "zqhidden" not in page(path)
    assert "corrections" in gone.cache_keys()
