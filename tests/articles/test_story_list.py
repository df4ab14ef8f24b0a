"""The list of stories: saved filters, search, and several stories at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from articles import publishing
from articles.models import Article, Byline, Picture
from members.models import AuditEntry, SiteRules
from tests.articles.test_desk import draft, signed_in, trust_furniture
from tests.factories import AuthorFactory, Cast, SectionFactory, make_article

pytestmark = pytest.mark.django_db
LIST = "admin:articles_article_changelist"


def listed(client: Any, **query: Any) -> set[str]:
    """The headlines the list shows."""
    answer = client.get(reverse(LIST), query)
    assert answer.status_code == 200
    return {story.headline for story in answer.context["cl"].result_list}


def test_saved_filters_find_what_they_name(now: datetime, cast: Cast) -> None:
    SiteRules.objects.create(pk=1, review_step=True, legal_step=True)
    draft(headline="Mine", created_by=cast.editor)
    signed = draft(headline="Signed by me", legal_flag=True)
    Byline.objects.create(article=signed, author=AuthorFactory(member=cast.editor))
    draft(headline="Ready", status="ready")
    draft(headline="Approved words", status="ready", reviewed_at=now)
    draft(headline="Late", published_at=now - timedelta(hours=1))
    make_article(headline="Scheduled", published_at=now + timedelta(hours=1))
    make_article(headline="Silent", lead_picture=Picture.objects.create(alt="IMG_1.jpg"))
    make_article(headline="Withdrawn", status="withdrawn")
    old = draft(headline="Old")
    Article.objects.filter(pk=old.pk).update(saved_at=now - timedelta(days=31))
    client = signed_in(cast.editor)
    wanted = {
        "mine": {"Mine", "Signed by me"},
        "ready": {"Ready", "Approved words"},
        "review": {"Ready"},
        "legal": {"Signed by me"},
        "scheduled": {"Scheduled"},
        "late": {"Late"},
        "live": {"Silent"},
        "withdrawn": {"Withdrawn"},
        "aging": {"Old"},
        "alt": {"Silent"},
        "draft": {"Mine", "Signed by me", "Late", "Old"},
    }
    assert {name: listed(client, state=name) for name in wanted} == wanted


def test_steps_that_are_off_have_no_filter(cast: Cast) -> None:
    make_article()
    page = signed_in(cast.editor).get(reverse(LIST)).content.decode()
    assert "state=late" in page
    assert "state=review" not in page
    assert "state=legal" not in page


def test_section_author_and_audience_narrow_the_list(cast: Cast) -> None:
    author = AuthorFactory()
    for number, audience in enumerate(("everyone", "patrons")):
        story = make_article(audience, headline=audience, section=SectionFactory(slug=f"part-{number}"))
        if number:
            Byline.objects.create(article=story, author=author)
    draft(headline="Nowhere", section=None)
    client = signed_in(cast.editor)
    assert listed(client, author=author.pk) == {"patrons"}
    assert listed(client, audience="patrons") == {"patrons"}
    assert listed(client, section=SectionFactory(slug="part-0").pk) == {"everyone"}
    assert listed(client, section="none") == {"Nowhere"}
    assert listed(client, author="x'", section="y", audience="z") == {"everyone", "patrons", "Nowhere"}


@pytest.mark.parametrize(
    ("words", "found"),
    [("harb", {"The harbour wakes", "An unharboured draft"}), ("harbours wak", {"The harbour wakes"}),
     ("кримськ", {"Кримський міст"}),
     ("arbou", {"An unharboured draft"}), ("hidden", set()), ("'; drop:*", set()), ("", {"all"})],
)  # fmt: skip
def test_search_finds_headlines_by_the_beginnings_of_words(words: str, found: set[str], cast: Cast) -> None:
    make_article(headline="The harbour wakes", full_text="<p>hidden</p>")
    make_article(headline="Кримський міст")
    draft(headline="An unharboured draft")
    seen = listed(signed_in(cast.editor), q=words)
    assert seen == found if found != {"all"} else len(seen) == 3


def test_every_saved_filter_costs_twelve_queries_at_most(cast: Cast, django_assert_max_num_queries: Any) -> None:
    SiteRules.objects.create(pk=1, review_step=True, legal_step=True)
    for place in range(4):
        Byline.objects.create(article=make_article(), author=AuthorFactory(member=cast.editor if not place else None))
        draft(status="ready")
    client = signed_in(cast.editor)
    trust_furniture()
    for query in ({}, {"state": "mine"}, {"state": "alt"}, {"state": "late", "q": "story"}, {"state": "review"}):
        with django_assert_max_num_queries(12):
            client.get(reverse(LIST), query)


def ask(client: Any, name: str, *stories: Article) -> Any:
    """Tick the stories, press the button, look at the question."""
    sent = {"action": name, "index": 0, "_selected_action": [story.pk for story in stories]}
    led = client.post(reverse(LIST), sent)
    assert led.status_code == 303
    return client.get(led.headers["Location"])


def test_several_are_published_each_by_itself_and_the_refused_are_named(now: datetime, cast: Cast) -> None:
    fine = draft(headline="Fine")
    planned = draft(headline="Planned", published_at=now + timedelta(hours=2))
    empty = draft(headline="Empty", full_text="")
    out = make_article(headline="Out")
    client = signed_in(cast.editor)
    question = ask(client, "publish", fine, planned, empty, out).content.decode()
    assert "Goes out now" in question
    assert "15:00" in question  # planned, in Copenhagen
    assert "Stays as it is" in question
    assert not Article.objects.live(now).filter(headline="Fine").exists()  # nothing happened yet
    path = reverse("admin:articles_article_several", args=["publish"])
    keys = [story.pk for story in (fine, planned, empty, out)]
    said = client.post(path, {"story": keys}, follow=True).content.decode()
    assert set(Article.objects.live(now).values_list("headline", flat=True)) == {"Fine", "Out"}
    assert Article.objects.get(headline="Planned").live_from == now + timedelta(hours=2)
    assert "Empty: It cannot go out yet. Write the story" in said
    assert "done for 2 stories" in said
    assert AuditEntry.objects.filter(verb="story.publish", by=cast.editor).count() == 1


def test_several_are_withdrawn_with_one_reason(cast: Cast) -> None:
    stories = [make_article(), make_article()]
    client = signed_in(cast.editor)
    assert "Reason, shown at its address" in ask(client, "withdraw", *stories).content.decode()
    path = reverse("admin:articles_article_several", args=["withdraw"])
    keys = {"story": [story.pk for story in stories]}
    assert "Say why" in client.post(path, {**keys, "reason": " "}, follow=True).content.decode()
    client.post(path, {**keys, "reason": "One forged source."})
    assert set(Article.objects.values_list("status", "withdrawal_reason")) == {("withdrawn", "One forged source.")}


def test_several_move_to_a_section_live_or_not(now: datetime, cast: Cast) -> None:
    live, other = make_article(), draft()
    sport = SectionFactory(slug="sport")
    path = reverse("admin:articles_article_several", args=["move"])
    signed_in(cast.editor).post(path, {"story": [live.pk, other.pk], "section": sport.pk})
    assert set(Article.objects.values_list("section", flat=True)) == {sport.pk}
    assert Article.objects.live(now).count() == 1


def test_only_drafts_nobody_saw_are_deleted(cast: Cast) -> None:
    own, ready, out = draft(headline="Draft"), draft(headline="Ready", status="ready"), make_article(headline="Out")
    path = reverse("admin:articles_article_several", args=["discard"])
    signed_in(cast.editor).post(path, {"story": [own.pk, ready.pk, out.pk]})
    assert set(Article.objects.values_list("headline", flat=True)) == {"Ready", "Out"}
    assert AuditEntry.objects.get(verb="story.discard").subject_name == "Draft"
    with pytest.raises(publishing.PublishError):
        publishing.discard(out, by=cast.editor, now=out.saved_at)


def test_the_question_costs_twelve_queries_at_most(cast: Cast, django_assert_max_num_queries: Any) -> None:
    keys = [make_article().pk for _ in range(6)]
    client = signed_in(cast.editor)
    trust_furniture()
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:articles_article_several", args=["move"]), {"story": keys})


def test_a_writer_is_offered_only_what_a_writer_may_do(cast: Cast) -> None:
    draft(created_by=cast.writer)
    page = signed_in(cast.writer).get(reverse(LIST)).content.decode()
    assert 'value="move"' in page
    assert 'value="publish"' not in page
    assert 'value="discard"' not in page
