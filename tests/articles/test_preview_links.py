"""Preview links: an outsider reads what is not out and says something, for a time, and nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles import publishing
from articles.drafts import preview_links
from articles.drafts.preview_links import PreviewLinkError, make_link, token_of
from articles.models import Article, PreviewLink, StoryNote
from members.gate import Audience
from members.models import AuditEntry, SiteRules
from newsroom import furniture
from tests.articles.test_desk import draft, signed_in
from tests.factories import make_article

pytestmark = pytest.mark.django_db
HERE = {"Sec-Fetch-Site": "same-origin"}
SECRET = "zqsecret"
TEXT = f'<p>Everybody reads this.</p><hr data-paywall="here"><p>Only some read {SECRET}.</p>'


@pytest.fixture
def story(cast: Any, now: datetime) -> Article:
    """A patrons' story nobody has seen."""
    return draft(full_text=TEXT, audience=Audience.PATRONS, created_by=cast.writer)


@pytest.fixture
def link(story: Article, cast: Any, now: datetime) -> PreviewLink:
    """A link to it for a lawyer."""
    return make_link(story, label="Dr Holm, counsel", days=7, by=cast.editor, now=now)


def path_of(link: PreviewLink) -> str:
    return reverse("preview", args=[token_of(link)])


def opened(link: PreviewLink, client: Client | None = None) -> Any:
    return (client or Client()).get(path_of(link))


def desk_links(story: Article) -> str:
    return reverse("admin:articles_article_links", args=[story.pk])


def test_an_outsider_reads_the_whole_story_and_nobody_keeps_it(link: PreviewLink) -> None:
    answer = opened(link)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert SECRET in page
    assert "For Dr Holm, counsel, until" in page
    assert answer["Cache-Control"] == "private, no-store"
    assert "noindex" in answer["X-Robots-Tag"]
    assert 'name="robots" content="noindex' in page
    assert answer["Referrer-Policy"] == "same-origin"  # the address is the key
    assert "og:title" not in page
    assert page.count("<h1") == 1


def test_openings_are_counted_by_get_alone(link: PreviewLink, now: datetime) -> None:
    client = Client()
    client.head(path_of(link))
    client.post(path_of(link), {"name": "Ann", "text": "Fine."}, headers=HERE)
    opened(link)
    opened(link)
    link.refresh_from_db()
    assert (link.times_opened, link.opened_at) == (2, now)


@pytest.mark.parametrize("state", ["draft", "ready", "scheduled", "embargoed"])
def test_it_works_for_everything_that_is_coming(state: str, link: PreviewLink, cast: Any, now: datetime) -> None:
    story = Article.objects.get()
    if state == "ready":
        publishing.submit(story, by=cast.writer, now=now)
    elif state == "scheduled":
        publishing.schedule(story, at=now + timedelta(hours=2), by=cast.editor, now=now)
    elif state == "embargoed":
        story.embargo_until = now + timedelta(days=1)
        story.save()
        publishing.publish(story, by=cast.editor, now=now)
    assert SECRET in opened(link).content.decode()


def test_once_it_is_out_the_link_leads_to_the_gate(link: PreviewLink, cast: Any, now: datetime) -> None:
    story = Article.objects.get()
    publishing.publish(story, by=cast.editor, now=now)
    answer = opened(link)
    assert (answer.status_code, answer["Location"]) == (302, story.get_absolute_url())
    assert SECRET not in Client().get(answer["Location"]).content.decode()
    said = Client().post(path_of(link), {"name": "Ann", "text": "Late."}, headers=HERE)
    assert said.status_code == 302
    assert not StoryNote.objects.exists()


def test_a_link_that_ran_out_or_was_revoked_says_whom_to_ask(link: PreviewLink, cast: Any, now: datetime) -> None:
    SiteRules.objects.create(pk=1, contact_email="desk@example.org")
    furniture.snapshot.drop(["site"])
    with time_machine.travel(now + timedelta(days=7), tick=False):
        late = opened(link)
    preview_links.revoke(link, by=cast.editor, now=now)
    for answer in (late, opened(link)):
        page = answer.content.decode()
        assert answer.status_code == 410
        assert SECRET not in page
        assert link.article.headline not in page
        assert "Edgar Editor" in page
        assert "desk@example.org" in page
        assert "noindex" in answer["X-Robots-Tag"]
    link.refresh_from_db()
    assert link.times_opened == 0


def test_links_of_a_withdrawn_or_deleted_story_are_dead(link: PreviewLink, cast: Any, now: datetime) -> None:
    path, story = path_of(link), Article.objects.get()
    publishing.publish(story, by=cast.editor, now=now)
    publishing.withdraw(story, reason="Wrong", by=cast.editor, now=now)
    assert Client().get(path).status_code == 410
    story.delete()
    assert Client().get(path).status_code == 410


def test_what_was_typed_when_the_link_died_is_given_back(link: PreviewLink, cast: Any, now: datetime) -> None:
    preview_links.revoke(link, by=cast.editor, now=now)
    answer = Client().post(path_of(link), {"name": "Ann", "text": "A long thought"}, headers=HERE)
    assert answer.status_code == 410
    assert "A long thought" in answer.content.decode()
    assert not StoryNote.objects.exists()


def test_a_forged_token_is_no_link(link: PreviewLink) -> None:
    other = signing.Signer(salt="another").sign(str(link.pk))
    for token in ("forged", f"{link.pk}", f"{link.pk}:x", other, f"{link.pk + 1}{token_of(link)[1:]}"):
        assert Client().get(reverse("preview", args=[token])).status_code == 404, token


def test_an_outsiders_comment_lands_in_the_thread_and_blocks_nothing(link: PreviewLink, cast: Any) -> None:
    answer = Client().post(
        path_of(link), {"name": " Ann\nHolm ", "text": "Page two is <b>wrong</b>.", "blocks": "on"}, headers=HERE
    )
    note = StoryNote.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{path_of(link)}#said")
    assert (note.said_by, note.by, note.preview_link, note.blocks) == ("Ann Holm", None, link, False)
    page = opened(link).content.decode()
    assert "Page two is &lt;b&gt;wrong&lt;/b&gt;." in page
    desk = signed_in(cast.editor).get(reverse("admin:articles_article_notes", args=[link.article_id]))
    assert "from outside, by the link for Dr Holm, counsel" in desk.content.decode()


def test_an_outsider_sees_neither_the_newsrooms_notes_nor_another_outsiders(link: PreviewLink, cast: Any) -> None:
    other = make_link(link.article, label="The agency", days=1, by=cast.editor, now=link.made_at)
    StoryNote.objects.create(article=link.article, by=cast.editor, text="Our lawyer sleeps")
    StoryNote.objects.create(article=link.article, preview_link=other, said_by="Bo", text="The agency objects")
    page = opened(link).content.decode()
    assert "Our lawyer sleeps" not in page
    assert "The agency objects" not in page


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"name": "", "text": "Mine"}, 422),
        ({"name": "Ann", "text": ""}, 422),
        ({"name": "Ann", "text": "x" * 4001}, 422),
        ({"name": "Ann\x00", "text": "Fi\x00ne"}, 303),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_words_still_there(
    sent: dict[str, str], status: int, link: PreviewLink
) -> None:
    answer = Client().post(path_of(link), sent, headers=HERE)
    assert answer.status_code == status
    if status == 422:
        assert 'role="alert"' in answer.content.decode()
        assert sent["text"] in answer.content.decode()
    assert StoryNote.objects.count() == (status == 303)


def test_machines_and_other_sites_say_nothing(link: PreviewLink) -> None:
    sent = {"name": "Ann", "text": "Buy"}
    assert Client().post(path_of(link), sent).status_code == 403
    assert Client().post(path_of(link), sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert Client().post(path_of(link), {**sent, "honeypot": "x"}, headers=HERE).status_code == 303
    assert not StoryNote.objects.exists()


def test_the_eleventh_comment_of_an_hour_waits_and_is_kept_on_the_page(link: PreviewLink) -> None:
    client = Client()
    for number in range(10):
        assert client.post(path_of(link), {"name": "Ann", "text": f"{number}"}, headers=HERE).status_code == 303
    answer = client.post(path_of(link), {"name": "Ann", "text": "One more thought"}, headers=HERE)
    assert answer.status_code == 429
    assert "One more thought" in answer.content.decode()
    assert StoryNote.objects.count() == 10


def test_nothing_of_a_preview_can_be_approved(link: PreviewLink) -> None:
    client = Client()
    client.post(path_of(link), {"name": "Ann", "text": "Yes", "_publish": "1", "status": "published"}, headers=HERE)
    for method in ("put", "patch", "delete"):
        assert getattr(client, method)(path_of(link), headers=HERE).status_code == 405
    assert Article.objects.get().status == Article.Status.DRAFT


def test_the_desk_makes_lists_and_revokes(story: Article, cast: Any) -> None:
    writer = signed_in(cast.writer)
    answer = writer.post(desk_links(story), {"label": "Dr Holm", "days": "30"})
    link = PreviewLink.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, desk_links(story))
    assert (link.label, link.made_by, link.expires_at - link.made_at) == ("Dr Holm", cast.writer, timedelta(days=30))
    opened(link)
    page = writer.get(desk_links(story)).content.decode()
    assert f"http://testserver{path_of(link)}" in page or path_of(link) in page
    assert "opened once" in page
    path = reverse("admin:articles_article_link_revoke", args=[story.pk, link.pk])
    assert writer.get(path).status_code == 405
    assert writer.post(path).status_code == 303
    assert opened(link).status_code == 410
    assert "revoked" in writer.get(desk_links(story)).content.decode()
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", "by", "reason")
    assert list(verbs) == [
        ("story.preview_link", cast.writer.pk, "Dr Holm"),
        ("story.preview_revoke", cast.writer.pk, "Dr Holm"),
    ]


@pytest.mark.parametrize(("label", "days"), [("", "7"), ("Ann", "8"), ("Ann", "x"), ("Ann", "")])
def test_a_link_without_a_name_or_an_end_is_not_made(story: Article, cast: Any, label: str, days: str) -> None:
    answer = signed_in(cast.editor).post(desk_links(story), {"label": label, "days": days}, headers={"X-Fragment": "1"})
    assert answer.status_code == 422
    assert not PreviewLink.objects.exists()


def test_what_is_out_needs_no_preview(cast: Any, now: datetime) -> None:
    with pytest.raises(PreviewLinkError):
        make_link(make_article(), label="Ann", days=7, by=cast.editor, now=now)


def test_only_who_may_change_the_story_lends_it(cast: Any, now: datetime) -> None:
    scheduled = draft()
    publishing.schedule(scheduled, at=now + timedelta(days=1), by=cast.editor, now=now)
    for nobody in (cast.writer, cast.moderator):
        assert signed_in(nobody).post(desk_links(scheduled), {"label": "A", "days": "7"}).status_code == 403
        assert signed_in(nobody).get(desk_links(scheduled)).status_code == 403
    assert not PreviewLink.objects.exists()


def test_the_page_costs_six_queries(link: PreviewLink) -> None:
    furniture.snapshot.trust(True)
    opened(link)
    with CaptureQueriesContext(connection) as queries:
        opened(link)
    furniture.snapshot.trust(False)
    assert len(queries) == 6, "\n".join(
        query["sql"][:120] for query in queries
    )  # link, story, bylines, count, links, said
