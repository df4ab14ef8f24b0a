"""The desk through its doors: who may do what to a story, and what readers see afterwards."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Byline, RelatedLink, Revision
from members.models import AuditEntry, Mailing
from newsroom import furniture
from tests.factories import ArticleFactory, AuthorFactory, MemberFactory, SectionFactory, make_article

pytestmark = pytest.mark.django_db
TEXT = "<p>The council voted.</p><p>Nobody asked the dockers.</p><p>They read it in the paper.</p>"


def signed_in(member: Any) -> Client:
    """A browser with this member's session."""
    client = Client()
    client.force_login(member)
    return client


def draft(**fields: Any) -> Article:
    """A story nobody has seen."""
    unseen = {"status": "draft", "published_at": None, "published_on": None, "live_from": None, "announced_at": None}
    story: Article = ArticleFactory(**{**unseen, "full_text": TEXT, **fields})
    return story


def form_of(client: Client, story: Article | None = None, **changes: Any) -> dict[str, Any]:
    """What the browser would send: the form as it is, with `changes`."""
    path = reverse("admin:articles_article_change", args=[story.pk]) if story else reverse("admin:articles_article_add")
    context = client.get(path).context
    sent: dict[str, Any] = {}
    forms = [context["adminform"].form]
    for rows in context["inline_admin_formsets"]:
        forms += [rows.formset.management_form, *rows.formset.forms]
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                widget = field.field.widget
                shown = widget.format_value(value) if hasattr(widget, "format_value") else value
                sent[field.html_name] = shown[0] if isinstance(shown, list) else shown
    return {**{key: value for key, value in sent.items() if value is not None}, **changes}


def stored(answer: Any) -> Any:
    """The answer to a form that was taken; else what was wrong with it."""
    if answer.status_code == 200 and answer.context and "adminform" in answer.context:
        rows = [form.errors for part in answer.context["inline_admin_formsets"] for form in part.formset.forms]
        pytest.fail(f"{answer.context['adminform'].form.errors} {rows}")
    return answer


@pytest.fixture(autouse=True)
def _furniture_is_not_kept() -> Iterator[None]:
    yield
    furniture.snapshot.trusted = False


def trust_furniture() -> None:
    """Keep the furniture as a process does whose listener is connected."""
    furniture.snapshot.trusted = True
    furniture.snapshot.get()


def test_a_writer_writes_saves_and_hands_in(cast: Any) -> None:
    section = SectionFactory()
    author = AuthorFactory(name="Wanda Writer", member=cast.writer)
    client = signed_in(cast.writer)
    sent = form_of(client, headline="The quay closes", full_text=TEXT, section=section.pk, tag_names="Harbour, Port")
    answer = stored(client.post(reverse("admin:articles_article_add"), sent))
    story = Article.objects.get()
    assert answer.status_code == 303
    assert story.status == Article.Status.DRAFT
    assert story.created_by == cast.writer
    assert story.word_count == 13  # the verbs derived it
    assert [tag.name for tag in story.tags.order_by("pk")] == ["Harbour", "Port"]
    assert [byline.author for byline in story.bylines.all()] == [author]
    client.post(reverse("admin:articles_article_submit", args=[story.pk]))
    story.refresh_from_db()
    assert story.status == Article.Status.READY


@pytest.mark.parametrize("verb", ["publish", "schedule"])
def test_a_writer_may_not_publish(cast: Any, verb: str) -> None:
    story = draft(created_by=cast.writer)
    later = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    sent = {"published_at": later} if verb == "schedule" else {}
    path = reverse(f"admin:articles_article_{verb}", args=[story.pk])
    assert signed_in(cast.writer).post(path, sent).status_code == 403
    story.refresh_from_db()
    assert story.status == Article.Status.DRAFT
    assert signed_in(cast.editor).post(path, sent).status_code == 303
    story.refresh_from_db()
    assert story.status == Article.Status.PUBLISHED


def test_buttons_stand_only_where_they_work(cast: Any) -> None:
    story = draft(created_by=cast.writer)
    path = reverse("admin:articles_article_change", args=[story.pk])
    writers, editors = signed_in(cast.writer).get(path), signed_in(cast.editor).get(path)
    assert "/publish/" not in writers.content.decode()
    assert "Hand in" in writers.content.decode()
    assert "Publish now" in editors.content.decode()


def test_a_live_story_is_the_editors(cast: Any) -> None:
    story = make_article(created_by=cast.writer)
    path = reverse("admin:articles_article_change", args=[story.pk])
    shown = signed_in(cast.writer).get(path)
    assert shown.headers["Location"] == reverse("admin:articles_article_preview", args=[story.pk])
    assert signed_in(cast.writer).post(path, {"headline": "Mine"}).status_code == 403
    assert signed_in(cast.editor).get(path).status_code == 200


def test_only_the_newsroom_enters(cast: Any) -> None:
    path = reverse("admin:articles_article_changelist")
    assert signed_in(cast.member).get(path).status_code == 302
    assert Client().get(path).headers["Location"].startswith("/admin/login/")


def test_publishing_with_the_form_stores_the_words_first(cast: Any) -> None:
    story = draft(section=SectionFactory())
    client = signed_in(cast.editor)
    sent = form_of(client, story, headline="The last word")
    client.post(reverse("admin:articles_article_publish", args=[story.pk]), sent)
    story.refresh_from_db()
    assert story.headline == "The last word"
    assert story.is_live(timezone.now())
    assert client.get(story.get_absolute_url()).status_code == 200


def test_a_new_story_can_go_out_in_one_press(cast: Any) -> None:
    client = signed_in(cast.editor)
    sent = form_of(client, headline="Straight out", full_text=TEXT, section=SectionFactory().pk)
    client.post(reverse("admin:articles_article_add_and", args=["publish"]), sent)
    assert Article.objects.get().is_live(timezone.now())


def test_a_refused_verb_keeps_the_words_and_says_why(cast: Any) -> None:
    story = draft()
    client = signed_in(cast.editor)
    sent = form_of(client, story, headline="Kept", full_text="")
    answer = client.post(reverse("admin:articles_article_publish", args=[story.pk]), sent, follow=True)
    story.refresh_from_db()
    assert story.headline == "Kept"
    assert story.status == Article.Status.DRAFT
    assert "Write the story before it goes out" in answer.content.decode()


def test_scheduling_needs_a_time_to_come_and_keeps_it(cast: Any, now: datetime) -> None:
    story = draft()
    client = signed_in(cast.editor)
    path = reverse("admin:articles_article_schedule", args=[story.pk])
    assert "Say when" in client.post(path, follow=True).content.decode()
    client.post(path, {"published_at": "2026-11-04T06:00"})
    story.refresh_from_db()
    assert story.live_from == datetime.fromisoformat("2026-11-04T05:00+00:00")  # six in Copenhagen
    page = client.get(reverse("admin:articles_article_change", args=[story.pk])).content.decode()
    assert "Schedule for Wed 4 Nov, 06:00 Copenhagen" in page
    client.post(reverse("admin:articles_article_unschedule", args=[story.pk]))
    story.refresh_from_db()
    assert story.status == Article.Status.READY


def test_a_scheduled_story_follows_a_changed_time(cast: Any, now: datetime) -> None:
    story = draft()
    client = signed_in(cast.editor)
    client.post(reverse("admin:articles_article_schedule", args=[story.pk]), {"published_at": "2026-11-04T06:00"})
    path = reverse("admin:articles_article_change", args=[story.pk])
    stored(client.post(path, form_of(client, story, published_at="2026-11-05T07:00")))
    story.refresh_from_db()
    assert story.live_from == datetime.fromisoformat("2026-11-05T06:00+00:00")
    refused = client.post(path, form_of(client, story, published_at="2026-11-01T07:00", headline="Lost?"))
    assert "That moment has passed" in refused.content.decode()
    assert "Lost?" in refused.content.decode()  # nothing typed is lost
    story.refresh_from_db()
    assert story.headline != "Lost?"  # and nothing was stored by halves


def test_withdrawing_needs_a_reason_and_restoring_undoes_it(cast: Any) -> None:
    story = make_article()
    client = signed_in(cast.editor)
    path = reverse("admin:articles_article_withdraw", args=[story.pk])
    assert "Say why" in client.post(path, follow=True).content.decode()
    client.post(path, {"reason": "The source recanted."})
    assert Client().get(story.get_absolute_url()).status_code == 410
    client.post(reverse("admin:articles_article_restore", args=[story.pk]))
    assert Client().get(story.get_absolute_url()).status_code == 200


def test_a_typo_is_fixed_at_once_without_stamp_or_mail(cast: Any) -> None:
    story = make_article(full_text=TEXT)
    client = signed_in(cast.editor)
    path = reverse("admin:articles_article_change", args=[story.pk])
    stored(client.post(path, form_of(client, story, headline="Without the typo")))
    story.refresh_from_db()
    assert "Without the typo" in Client().get(story.get_absolute_url()).content.decode()
    assert story.updated_at is None
    assert not Mailing.objects.exists()
    stored(client.post(path, form_of(client, story, mark_updated="on")))
    story.refresh_from_db()
    assert story.updated_at is not None


def test_no_silent_overwrite(cast: Any) -> None:
    story = draft(created_by=cast.writer)
    mine, theirs = signed_in(cast.editor), signed_in(cast.writer)
    path = reverse("admin:articles_article_change", args=[story.pk])
    opened = form_of(mine, story, headline="Mine")
    theirs.post(path, form_of(theirs, story, headline="Theirs"))
    refused = mine.post(path, opened)
    assert "Somebody saved this story" in refused.content.decode()
    assert "Mine" in refused.content.decode()
    assert Article.objects.get().headline == "Theirs"
    mine.post(path, {**opened, "seen": Article.objects.get().edition})
    assert Article.objects.get().headline == "Mine"


def test_versions_show_who_saved_what_and_come_back(cast: Any) -> None:
    story = draft()
    client = signed_in(cast.editor)
    path = reverse("admin:articles_article_change", args=[story.pk])
    stored(client.post(path, form_of(client, story, headline="First")))
    stored(client.post(path, form_of(client, story, headline="Second")))
    first = Revision.objects.order_by("pk")[0]
    page = client.get(reverse("admin:articles_article_versions", args=[story.pk]), {"version": first.pk})
    assert "First" in page.content.decode()
    restore = reverse("admin:articles_article_restore_version", args=[story.pk, first.pk])
    assert client.get(restore).status_code == 405
    client.post(restore)
    assert Article.objects.get().headline == "First"


def test_related_links_are_stories_or_addresses(cast: Any) -> None:
    story, other = draft(), make_article(headline="The other one")
    client = signed_in(cast.editor)
    rows = {"related_links-TOTAL_FORMS": "2", "related_links-INITIAL_FORMS": "0"}
    rows |= {"related_links-0-target": f"http://testserver{other.get_absolute_url()}"}
    rows |= {"related_links-0-kind": "background", "related_links-1-kind": "document"}
    rows |= {"related_links-1-target": "https://example.org/report.pdf", "related_links-1-title": "The report"}
    path = reverse("admin:articles_article_change", args=[story.pk])
    assert stored(client.post(path, form_of(client, story, **rows))).status_code == 303
    links = list(RelatedLink.objects.order_by("position").values_list("story", "url", "kind"))
    assert links == [(other.pk, "", "background"), (None, "https://example.org/report.pdf", "document")]
    wrong = client.post(path, form_of(client, story, **{"related_links-0-target": "javascript:alert(1)"}))
    assert wrong.status_code == 200
    found = client.get(reverse("admin:articles_article_lookup"), {"q": "other one"}).json()["results"]
    assert [row["key"] for row in found] == [other.pk]


@pytest.mark.parametrize(("kind", "sees"), [("anonymous", False), ("member", False), ("patron", True)])
def test_the_preview_cuts_a_draft_as_the_gate_would(cast: Any, kind: str, sees: bool) -> None:
    story = draft(audience="patrons", full_text='<p>Open.</p><hr data-paywall="here"><p>HIDDEN-REST</p>')
    path = reverse("admin:articles_article_preview", args=[story.pk])
    page = signed_in(cast.writer).get(path, {"as": kind})
    assert page.status_code == 200
    assert "Open." in page.content.decode()
    assert ("HIDDEN-REST" in page.content.decode()) is sees
    assert "no-store" in page.headers["Cache-Control"]
    assert signed_in(cast.member).get(path).status_code == 302


def test_markup_is_cleaned_where_it_enters(cast: Any) -> None:
    story = draft(created_by=cast.writer)
    client = signed_in(cast.writer)
    dirty = '<p onclick="x()">Kept</p><script>alert(1)</script><img src="data:x">'
    path = reverse("admin:articles_article_change", args=[story.pk])
    stored(client.post(path, form_of(client, story, full_text=dirty)))
    assert Article.objects.get().full_text == "<p>Kept</p>"


def test_the_sections_audience_is_the_default_of_its_new_stories(cast: Any) -> None:
    section = SectionFactory(slug="club", audience="members")
    client = signed_in(cast.editor)
    client.post(reverse("admin:articles_article_add"), form_of(client, headline="One", section=section.pk))
    chosen = form_of(client, headline="Two", section=section.pk, audience="patrons")
    client.post(reverse("admin:articles_article_add"), chosen)
    assert dict(Article.objects.values_list("headline", "audience")) == {"One": "members", "Two": "patrons"}


def test_every_verb_is_in_the_record(cast: Any) -> None:
    story = draft()
    client = signed_in(cast.editor)
    client.post(reverse("admin:articles_article_publish", args=[story.pk]))
    client.post(reverse("admin:articles_article_withdraw", args=[story.pk]), {"reason": "Wrong."})
    noted = list(AuditEntry.objects.filter(by=cast.editor).order_by("pk").values_list("verb", "reason"))
    assert noted == [("story.publish", ""), ("story.withdraw", "Wrong.")]


def test_looking_never_acts(cast: Any) -> None:
    story = draft()
    client = signed_in(cast.editor)
    for verb in ("submit", "publish", "schedule", "unschedule", "withdraw", "restore"):
        assert client.get(reverse(f"admin:articles_article_{verb}", args=[story.pk])).status_code == 405
    story.refresh_from_db()
    assert story.status == Article.Status.DRAFT


def test_the_list_costs_twelve_queries_at_most(cast: Any, django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        Byline.objects.create(article=make_article(), author=AuthorFactory())
    client = signed_in(cast.editor)
    trust_furniture()
    with django_assert_max_num_queries(12):
        assert client.get(reverse("admin:articles_article_changelist"), {"state": "live"}).status_code == 200


def test_a_member_without_a_role_sees_no_story(cast: Any) -> None:
    helper = MemberFactory(email="clerk@example.org", is_staff=True)
    story = draft()
    client = signed_in(helper)
    for name in ("change", "preview", "versions"):
        answer = client.get(reverse(f"admin:articles_article_{name}", args=[story.pk]))
        assert answer.status_code == 403
    assert client.get(reverse("admin:articles_article_lookup")).status_code == 403


def test_five_megabytes_of_word_come_in_clean_and_more_than_we_take_is_refused_in_words(cast: Any) -> None:
    client = signed_in(cast.editor)
    word = '<p class="MsoNormal" style="mso-ansi-language:EN-GB"><span style="color:red">Tide</span></p>' * 50_000
    client.post(reverse("admin:articles_article_add"), form_of(client, headline="Long", full_text=word))
    stored_text = Article.objects.get(headline="Long").full_text
    assert stored_text.startswith("<p>Tide</p>")
    assert "mso" not in stored_text.lower()
    refused = client.post(reverse("admin:articles_article_add"), {"headline": "Huge", "full_text": "a" * 13_000_000})
    assert refused.status_code == 400
    assert "still in the form" in refused.content.decode()
