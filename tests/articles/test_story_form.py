"""The story form: what it asks, what it costs, what it refuses, and what readers see of it."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Author, Byline, Correction, FrontSlot, Picture, RelatedLink, Revision, Series, Tag
from members.models import AuditEntry, SiteRules, Tier, Topic
from newsroom import furniture
from tests.articles.test_desk import TEXT, draft, form_of, signed_in, stored
from tests.factories import AuthorFactory, SectionFactory, TierFactory, make_article

pytestmark = pytest.mark.django_db
FORM_QUERIES = 11  # the form 8, its checklist 1, its notes 1, what was not saved 1
KILOBYTE = 1000


@pytest.fixture
def trusted() -> Any:
    """The furniture is kept, as in a process whose listener is connected."""
    furniture.snapshot.trusted = True
    yield
    furniture.snapshot.trusted = False


def change_path(story: Article) -> str:
    """Where the story is changed."""
    return reverse("admin:articles_article_change", args=[story.pk])


def verb_path(story: Article, verb: str) -> str:
    """Where a verb is posted."""
    return reverse(f"admin:articles_article_{verb}", args=[story.pk])


def full_story(**fields: Any) -> Article:
    """A story with something in every field and row of the form."""
    section = SectionFactory()
    topic = Topic.objects.create(slug="mud", title="Mud", status=Topic.Status.IN_VOTE)
    story = draft(
        section=section, lead_picture=Picture.objects.create(alt="A quay"), topic=topic, audience="patrons",
        series=Series.objects.create(name="Tides", slug="tides"), series_part=1, minimum_tier=Tier.objects.get(),
        republished_from="The Tide", republished_url="https://example.org/t", **fields,
    )  # fmt: skip
    for place in range(5):
        RelatedLink.objects.create(article=story, story=make_article(), position=place)
        Byline.objects.create(article=story, author=AuthorFactory(), position=place)
        story.tags.add(Tag.objects.create(name=f"Tag {place}", slug=f"tag-{place}"))
        Correction.objects.create(article=story, text=f"It was {place}.")
    return story


def queries_of(client: Client, path: str) -> list[str]:
    """What a second look at `path` asks the database."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured]


# -- What it costs ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("trusted")
def test_the_form_costs_a_fixed_number_of_queries_whatever_the_story_holds(cast: Any) -> None:
    client = signed_in(cast.editor)
    few, many = draft(), full_story()
    for story in (few, many):
        asked = queries_of(client, change_path(story))
        assert len(asked) == FORM_QUERIES, "\n".join(asked)
    out = full_story_live(many)
    asked = queries_of(client, change_path(out))
    assert len(asked) == FORM_QUERIES + 1, "\n".join(asked)  # and its corrections


def full_story_live(story: Article) -> Article:
    """The same story, out."""
    moment = timezone.now() - timedelta(hours=1)
    Article.objects.filter(pk=story.pk).update(
        status="published", published_at=moment, live_from=moment, published_on=moment.date(), slug="full"
    )
    return Article.objects.get(pk=story.pk)


@pytest.mark.usefixtures("trusted")
def test_a_new_story_costs_fewer(cast: Any) -> None:
    full_story()
    asked = queries_of(signed_in(cast.editor), reverse("admin:articles_article_add"))
    assert len(asked) <= FORM_QUERIES, "\n".join(asked)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("verb", "most"), [("", 30), ("publish", 42)])
def test_storing_the_form_costs_a_bounded_number_of_queries(cast: Any, verb: str, most: int) -> None:
    story, client = full_story(), signed_in(cast.editor)
    sent = form_of(client, story, headline="Another headline")
    with CaptureQueriesContext(connection) as captured:
        answer = stored(client.post(verb_path(story, verb) if verb else change_path(story), sent))
    assert answer.status_code == 303
    asked = [query["sql"][:200] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert len(asked) <= most, "\n".join(asked)


@pytest.mark.usefixtures("trusted")
def test_rows_cost_no_query_each(cast: Any) -> None:
    client, counts = signed_in(cast.editor), []
    for rows in (1, 6):
        story = draft(section=SectionFactory())
        for place in range(rows):
            RelatedLink.objects.create(article=story, story=make_article(), position=place)
            Byline.objects.create(article=story, author=AuthorFactory(), position=place)
        sent = form_of(client, story, headline="Again")
        with CaptureQueriesContext(connection) as captured:
            stored(client.post(change_path(story), sent))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def modules_of(name: str, seen: dict[str, str]) -> None:
    """Collect the text of a module and of all it imports, by name under static/."""
    if name in seen:
        return
    found = finders.find(name)
    assert isinstance(found, str), name
    seen[name] = Path(found).read_text(encoding="utf-8")
    for other in re.findall(r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+\.js)["']""", seen[name]):
        modules_of((Path(name).parent / other).as_posix().replace("/editor/../", "/"), seen)


def test_all_that_the_form_loads_is_under_250_kilobytes(cast: Any) -> None:
    html = signed_in(cast.editor).get(change_path(full_story())).content.decode()
    named = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', html)
    named += [name.removeprefix("/static/") for name in re.findall(r'"(/static/[^"]+\.js)"', html)]
    texts: dict[str, str] = {}
    for name in named:
        modules_of(name, texts)
    assert "django_prose_editor/editor.js" in texts  # the import map counts
    sizes = {name: len(brotli.compress(text.encode(), quality=11)) for name, text in texts.items()}
    assert sum(sizes.values()) <= 250 * KILOBYTE, sizes


# -- What it asks ----------------------------------------------------------------------------------


def fields_shown(client: Client, path: str) -> set[str]:
    """The names of the story's fields on the page."""
    return set(re.findall(r'name="([a-z_]+)"', client.get(path).content.decode()))


def test_what_is_not_switched_on_or_has_no_choice_is_no_field(cast: Any) -> None:
    client, path = signed_in(cast.editor), reverse("admin:articles_article_add")
    Tier.objects.update(is_active=False)
    optional = {"series", "series_part", "topic", "minimum_tier", "legal_flag", "coverage"}
    assert not fields_shown(client, path) & optional
    SiteRules.objects.create(pk=1, legal_step=True, live_coverage=True)
    Series.objects.create(name="Tides", slug="tides")
    Topic.objects.create(slug="mud", title="Mud", status=Topic.Status.IN_VOTE)
    Tier.objects.update(is_active=True)
    assert optional <= fields_shown(client, path)


def test_a_tier_nobody_can_join_stays_with_the_story_that_has_it(cast: Any) -> None:
    closed = TierFactory(slug="old", name="Old friends", rank=9, is_active=False)
    story = draft(audience="patrons", minimum_tier=closed)
    page = signed_in(cast.editor).get(change_path(story)).content.decode()
    assert "Old friends" in page
    other = signed_in(cast.editor).get(change_path(draft())).content.decode()
    assert "Old friends" not in other


def test_word_count_and_reading_time_are_there_without_a_script(cast: Any) -> None:
    page = signed_in(cast.editor).get(change_path(draft(full_text="<p>" + "word " * 660 + "</p>"))).content.decode()
    assert "660 words" in page
    assert "3 min to read" in page


@pytest.mark.parametrize(
    ("planned", "embargo", "label"),
    [
        ("", "", "Publish now"),
        ("2026-11-04T06:00", "", "Schedule for Wed 4 Nov, 06:00 Copenhagen"),
        ("2027-01-04T06:00", "", "Schedule for Mon 4 Jan 2027, 06:00 Copenhagen"),
        ("2026-11-02T06:00", "", "Publish now, dated Mon 2 Nov, 06:00 Copenhagen"),
        ("", "2026-11-05T09:30", "Publish when the embargo ends, Thu 5 Nov, 09:30 Copenhagen"),
        ("2026-11-04T06:00", "2026-11-05T09:30", "Publish when the embargo ends, Thu 5 Nov, 09:30 Copenhagen"),
        ("2026-11-06T06:00", "2026-11-05T09:30", "Schedule for Fri 6 Nov, 06:00 Copenhagen"),
    ],
)
def test_the_one_primary_button_names_its_effect(
    cast: Any, now: datetime, planned: str, embargo: str, label: str
) -> None:
    story = draft(section=SectionFactory())
    client = signed_in(cast.editor)
    stored(client.post(change_path(story), form_of(client, story, published_at=planned, embargo_until=embargo)))
    page = client.get(change_path(story)).content.decode()
    assert re.findall(r'<button class="desk-primary"[^>]*>([^<]*)', page) == [label]


@pytest.mark.parametrize("state", ["draft", "ready", "scheduled", "live", "withdrawn"])
@pytest.mark.parametrize("who", ["writer", "editor"])
def test_there_is_one_primary_button_in_every_state(cast: Any, now: datetime, state: str, who: str) -> None:
    moment = now + timedelta(days=1 if state == "scheduled" else -1)
    out = {"status": "published", "published_at": moment, "live_from": moment, "published_on": moment.date()}
    kind = {"draft": {}, "ready": {"status": "ready"}, "withdrawn": {**out, "status": "withdrawn"}}.get(state, out)
    story = draft(created_by=cast.writer, slug="x", **kind)
    client = signed_in(getattr(cast, who))
    answer = client.get(change_path(story))
    if answer.status_code == 200:  # what is out is no writer's: they see the preview
        page = answer.content.decode()
        assert page.count('class="desk-primary"') == 1
        assert page.count("data-primary") == 1
    else:
        assert who == "writer"
        assert state not in ("draft", "ready")


def test_enter_in_a_line_saves_and_never_publishes(cast: Any) -> None:
    page = signed_in(cast.editor).get(change_path(draft())).content.decode()
    first = re.search(r"<button[^>]*>", page[page.index('id="article_form"') :])
    assert first is not None
    assert 'name="_save"' in first[0]
    assert "formaction" not in first[0]


# -- Bylines ---------------------------------------------------------------------------------------


def byline_rows(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """The rows as a browser sends them."""
    sent: dict[str, Any] = {"bylines-TOTAL_FORMS": str(len(rows)), "bylines-INITIAL_FORMS": str(initial)}
    for place, row in enumerate(rows):
        sent |= {f"bylines-{place}-{name}": value for name, value in row.items()}
    return sent


def test_a_typed_name_becomes_a_guest_when_the_story_is_saved(cast: Any) -> None:
    story, ida = draft(), AuthorFactory(name="Ida Holm")
    client = signed_in(cast.editor)
    rows = byline_rows({"guest": "  Grace   Guest ", "role": "photography", "position": "2"}, {"author": ida.pk})
    stored(client.post(change_path(story), form_of(client, story, **rows)))
    guest = Author.objects.get(name="Grace Guest")
    assert guest.is_guest
    assert guest.slug == "grace-guest"
    assert [(row.author.name, row.role) for row in story.bylines.order_by("position", "pk")] == [
        ("Grace Guest", "photography"),
        ("Ida Holm", ""),
    ]
    page = client.get(change_path(story)).content.decode()
    assert '<optgroup label="Guests">' in page


def test_a_name_somebody_has_is_theirs_and_a_refused_form_makes_nobody(cast: Any) -> None:
    story, ida = draft(), AuthorFactory(name="Ida Holm")
    client = signed_in(cast.editor)
    twice = byline_rows({"author": ida.pk}, {"guest": "ida holm"})
    refused = client.post(change_path(story), form_of(client, story, **twice))
    assert "Ida Holm stands twice in the byline" in refused.content.decode()
    wrong = form_of(client, story, headline="", **byline_rows({"guest": "Nobody Yet"}))
    assert "Nobody Yet" in client.post(change_path(story), wrong).content.decode()
    assert not Author.objects.filter(is_guest=True).exists()
    stored(client.post(change_path(story), form_of(client, story, **byline_rows({"guest": "ida holm"}))))
    assert [row.author for row in story.bylines.all()] == [ida]


def test_the_order_of_bylines_is_kept_by_number_and_agencies_are_marked(cast: Any) -> None:
    story = draft()
    first, second = AuthorFactory(name="Ada"), AuthorFactory(name="Wire", is_agency=True)
    rows = [Byline.objects.create(article=story, author=author, position=1) for author in (first, second)]
    client = signed_in(cast.editor)
    sent = form_of(client, story)
    assert '<optgroup label="Agencies">' in client.get(change_path(story)).content.decode()
    sent |= {"bylines-0-position": "5", "bylines-1-position": "2"}
    stored(client.post(change_path(story), sent))
    assert list(story.bylines.order_by("position").values_list("pk", flat=True)) == [rows[1].pk, rows[0].pk]


def test_a_spare_row_is_there_without_scripts_and_is_nothing_until_filled_in(cast: Any) -> None:
    story = make_article(full_text=TEXT)
    client = signed_in(cast.editor)
    sent = form_of(client, story)
    assert {"bylines-0-position", "related_links-0-kind", "corrections-0-made_at"} <= sent.keys()
    sent |= {"related_links-0-position": "1", "bylines-0-position": "1"}  # what a script numbers
    stored(client.post(change_path(story), sent))
    assert not story.bylines.exists()
    assert not story.related_links.exists()
    assert not story.corrections.exists()


# -- What readers see ------------------------------------------------------------------------------


def test_headlines_for_search_and_social_stand_in_the_head(client: Client) -> None:
    plain = client.get(make_article(headline="Plain & simple").get_absolute_url()).content.decode()
    assert "<title>Plain &amp; simple · " in plain
    assert 'property="og:title" content="Plain &amp; simple"' in plain
    story = make_article(headline="On the page", search_headline="To be found", social_headline="To be <shared>")
    page = client.get(story.get_absolute_url()).content.decode()
    assert "<title>To be found · " in page
    assert 'property="og:title" content="To be &lt;shared&gt;"' in page
    assert "<h1>On the page</h1>" in page


def test_a_republished_story_credits_its_first_publisher_and_names_its_canonical_address(cast: Any) -> None:
    story = make_article(full_text=TEXT)
    client = signed_in(cast.editor)
    there = {"republished_from": "The <Tide>", "republished_url": "example.org/tide"}
    sent = form_of(client, story, canonical_url="https://example.org/first", **there)
    stored(client.post(change_path(story), sent))
    page = Client().get(story.get_absolute_url()).content.decode()
    assert 'First published by <a href="https://example.org/tide" rel="external">The &lt;Tide&gt;</a>' in page
    assert '<link rel="canonical" href="https://example.org/first">' in page
    assert "First published by" not in Client().get(make_article().get_absolute_url()).content.decode()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://example.org/x", "data:text/html,x", "nonsense"])
@pytest.mark.parametrize("name", ["republished_url", "canonical_url"])
def test_only_web_addresses_are_taken_as_sources(cast: Any, name: str, address: str) -> None:
    story = draft()
    client = signed_in(cast.editor)
    sent = form_of(client, story, republished_from="The Tide", headline="Kept", **{name: address})
    refused = client.post(change_path(story), sent)
    assert refused.status_code == 200
    assert refused.context["adminform"].form.errors.keys() == {name}
    assert "Kept" in refused.content.decode()


def test_a_source_without_a_name_is_refused(cast: Any) -> None:
    story = draft()
    client = signed_in(cast.editor)
    refused = client.post(change_path(story), form_of(client, story, republished_url="https://example.org/"))
    assert "Say who published it first" in refused.content.decode()


def test_roles_stand_in_the_byline_of_the_story(client: Client) -> None:
    story = make_article()
    Byline.objects.create(article=story, author=AuthorFactory(name="Ida Holm"), role="photography")
    assert "Ida Holm</a> (photography)" in client.get(story.get_absolute_url()).content.decode()


# -- Bad input -------------------------------------------------------------------------------------


def test_a_slug_taken_that_day_gets_a_number_and_a_sentence(cast: Any, now: datetime) -> None:
    make_article(slug="quay", published_at=now - timedelta(hours=2))
    story = draft(slug="")
    client = signed_in(cast.editor)
    sent = form_of(client, story, headline="Quay")
    page = client.post(verb_path(story, "publish"), sent, follow=True).content.decode()
    story.refresh_from_db()
    assert story.slug == "quay-2"
    assert "Another story of that day has the address “quay”: this one is at “quay-2”." in page


def test_a_date_in_the_past_is_kept_and_was_announced_by_the_button(cast: Any, now: datetime) -> None:
    story = draft()
    client = signed_in(cast.editor)
    client.post(verb_path(story, "publish"), form_of(client, story, published_at="2026-11-01T07:00"))
    story.refresh_from_db()
    assert story.is_live(now)
    assert story.published_at == datetime.fromisoformat("2026-11-01T06:00+00:00")


def test_a_moment_that_passed_while_writing_is_refused_with_the_text_kept(cast: Any, now: datetime) -> None:
    story = draft()
    client = signed_in(cast.editor)
    sent = form_of(client, story, headline="Kept all the same", published_at="2026-11-03T12:59")
    page = client.post(verb_path(story, "schedule"), sent, follow=True).content.decode()
    story.refresh_from_db()
    assert "Say when" in page
    assert story.headline == "Kept all the same"
    assert story.status == Article.Status.DRAFT


def test_a_scheduled_story_is_published_at_once_by_emptying_its_time(cast: Any, now: datetime) -> None:
    story = draft(section=SectionFactory())
    client = signed_in(cast.editor)
    client.post(verb_path(story, "schedule"), {"published_at": "2026-11-04T06:00"})
    emptied = form_of(client, story, published_at="")
    assert "give a time, or take it back" in client.post(change_path(story), emptied).content.decode()
    client.post(verb_path(story, "publish"), emptied)
    story.refresh_from_db()
    assert story.is_live(now)
    assert story.published_at == now


@pytest.mark.parametrize("verb", ["", "publish"])
def test_who_may_not_store_it_gets_every_word_back(cast: Any, verb: str) -> None:
    story = make_article(created_by=cast.writer)
    words = {"headline": "My <words>", "standfirst": "Hours of work", "full_text": "<p>All of it</p>"}
    path = verb_path(story, verb) if verb else change_path(story)
    answer = signed_in(cast.writer).post(path, words)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Editors and publishers may." in page
    assert "My &lt;words&gt;" in page
    assert "Hours of work" in page
    assert "&lt;p&gt;All of it&lt;/p&gt;" in page
    story.refresh_from_db()
    assert story.standfirst == "What it is about."


# -- Switches --------------------------------------------------------------------------------------


def switch_path(story: Article, name: str) -> str:
    """Where a switch is pressed."""
    return reverse("admin:articles_article_switch", args=[story.pk, name])


def test_replies_are_closed_and_opened_at_one_press_and_it_is_in_the_record(cast: Any) -> None:
    story = make_article()
    client = signed_in(cast.editor)
    opened = form_of(client, story)
    assert client.post(switch_path(story, "close-replies")).status_code == 303
    story.refresh_from_db()
    assert story.reply_right == "closed"
    refused = client.post(change_path(story), opened)  # an older form would have opened them again
    assert "Somebody saved this story" in refused.content.decode()
    client.post(switch_path(story, "open-replies"))
    story.refresh_from_db()
    assert story.reply_right == ""
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["story.close_replies", "story.open_replies"]
    assert not Revision.objects.exists()  # no words changed


def test_the_lead_is_one_story_and_takes_the_right_to_arrange(cast: Any) -> None:
    old, new = make_article(is_lead=True), make_article(published_at=timezone.now() - timedelta(days=1))
    assert signed_in(cast.writer).post(switch_path(new, "lead")).status_code == 403
    signed_in(cast.editor).post(switch_path(new, "lead"))
    assert FrontSlot.objects.get().story == new
    front = Client().get("/").content.decode()
    assert front.index(new.headline) < front.index(old.headline)


@pytest.mark.parametrize("name", ["close-replies", "open-replies", "lead"])
def test_looking_turns_no_switch(cast: Any, name: str) -> None:
    story = make_article()
    assert signed_in(cast.editor).get(switch_path(story, name)).status_code == 405
    assert signed_in(cast.editor).post(switch_path(story, "nonsense")).status_code == 404


def test_a_draft_cannot_lead(cast: Any) -> None:
    story = draft()
    client = signed_in(cast.editor)
    client.post(switch_path(story, "lead"))
    assert not FrontSlot.objects.exists()
    assert "Make it the lead" not in client.get(change_path(story)).content.decode()


def test_old_tags_and_rows_come_back_as_they_were(cast: Any) -> None:
    story = full_story()
    client = signed_in(cast.editor)
    before = (list(story.tags.order_by("pk")), list(story.bylines.order_by("position").values_list("author", "role")))
    stored(client.post(change_path(story), form_of(client, story)))
    after = (list(story.tags.order_by("pk")), list(story.bylines.order_by("position").values_list("author", "role")))
    assert before == after
    story.refresh_from_db()
    assert story.minimum_tier is not None
    assert story.series_part == 1
