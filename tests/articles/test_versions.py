"""Versions: readable, comparable word by word, and brought back whole."""

from typing import Any

import pytest
from django.urls import reverse

from articles.drafts.comparing import both_texts, compare_html, compare_words, lines_of
from articles.models import Article, Author, Byline, RelatedLink, Revision, Tag
from articles.publishing import save_draft
from tests.articles.test_desk import draft, form_of, signed_in, stored
from tests.factories import AuthorFactory, make_article

LONG = "<p>The council voted on Monday.</p><h2>What next</h2><p>Nobody asked the dockers.</p>"


def said(runs: Any) -> list[tuple[str, str]]:
    """Text and change of each run."""
    return [(run.text, run.change) for run in runs]


def test_words_are_compared_one_by_one() -> None:
    assert said(compare_words("The quay closes today", "The old quay closes")) == [
        ("The", ""), (" old", "added"), (" quay closes", ""), (" today", "removed"),
    ]  # fmt: skip
    assert said(compare_words("one two end", "three four end"))[:2] == [("one two", "removed"), ("three four", "added")]
    assert said(compare_words("", "New")) == [("New", "added")]
    assert compare_words("", "") == ()


def test_texts_are_compared_paragraph_by_paragraph_with_their_headings() -> None:
    lines = compare_html(LONG, LONG.replace("Monday", "Tuesday").replace("<h2>What next</h2>", ""))
    assert [(line.tag, line.is_changed) for line in lines] == [("p", True), ("h2", True), ("p", False)]
    assert ("Monday", "removed") in said(lines[0].runs)
    assert ("Tuesday", "added") in said(lines[0].runs)
    assert said(lines[1].runs) == [("What next", "removed")]


def test_lists_quotations_links_and_nodes_are_readable() -> None:
    text = (
        '<p>See <a href="https://example.org/">the minutes</a>.</p><ul><li>One<ul><li>In one</li></ul></li></ul>'
        '<figure data-picture="7-quay"></figure><figure data-quote="block"><blockquote><p>Said.</p></blockquote>'
        '<figcaption>Ann</figcaption></figure><hr data-paywall="here">'
    )
    assert lines_of(text) == [
        ("p", "See the minutes (https://example.org/)."), ("li", "One"), ("li", "In one"),
        ("node", "[picture: 7-quay]"), ("p", "Said."), ("figcaption", "Ann"), ("node", "[paywall: here]"),
    ]  # fmt: skip


def test_both_texts_hold_every_paragraph_once_and_one_divider() -> None:
    divider = '<hr data-paywall="here">'
    theirs, mine = f"<p>One.</p>{divider}<p>Theirs.</p>", f"<p>One.</p><p>Mine.</p>{divider}"
    merged = both_texts(theirs, mine)
    assert [merged.count(part) for part in ("One.", "Theirs.", "Mine.", divider)] == [1, 1, 1, 1]


def test_an_endless_paragraph_is_compared_in_one_piece() -> None:
    before, after = "word " * 30_000, "other " * 30_000
    assert len(compare_words(before, after)) == 2


@pytest.mark.django_db
def test_any_two_versions_are_compared_field_by_field(cast: Any) -> None:
    story, client = draft(full_text=LONG), signed_in(cast.editor)
    path = reverse("admin:articles_article_change", args=[story.pk])
    stored(client.post(path, form_of(client, story, headline="First take", tag_names="Quay")))
    stored(client.post(path, form_of(client, story, headline="Second take", tag_names="Quay, Harbour")))
    stored(client.post(path, form_of(client, story, full_text=LONG.replace("Monday", "Tuesday"))))
    first, _second, last = Revision.objects.order_by("pk")
    page = client.get(
        reverse("admin:articles_article_compare", args=[story.pk]), {"from": last.pk, "to": first.pk}
    ).content.decode()
    assert '<del><span class="desk-hidden">[taken out: </span>First' in page
    assert '<ins><span class="desk-hidden">[added: </span>Second' in page
    assert "Harbour" in page
    assert '<h3 class="compare-line is-heading">What next</h3>' in page
    assert "Monday" in page
    assert "Tuesday" in page


@pytest.mark.django_db
def test_a_version_comes_back_whole_as_far_as_it_still_exists(cast: Any) -> None:
    story, client = draft(full_text=LONG, headline="As it was", search_headline="Find it"), signed_in(cast.editor)
    ann, gone, link = AuthorFactory(name="Ann"), AuthorFactory(name="Gone"), make_article()
    lost = make_article()
    Byline.objects.create(article=story, author=ann, role="text", position=1)
    Byline.objects.create(article=story, author=gone, position=2)
    RelatedLink.objects.create(article=story, story=link, position=1)
    RelatedLink.objects.create(article=story, story=lost, position=2)
    RelatedLink.objects.create(article=story, url="https://example.org/", title="Out", position=3)
    story.tags.add(Tag.objects.create(name="Quay", slug="quay"))
    save_draft(story, by=cast.editor, now=story.saved_at)
    version = Revision.objects.get()
    Byline.objects.all().delete()
    RelatedLink.objects.all().delete()
    story.tags.clear()
    Author.objects.filter(pk=gone.pk).delete()
    lost.delete()
    Article.objects.filter(pk=story.pk).update(headline="Other", search_headline="", full_text="<p>Other.</p>")
    path = reverse("admin:articles_article_restore_version", args=[story.pk, version.pk])
    assert client.get(path).status_code == 405
    assert client.post(path).status_code == 303
    story.refresh_from_db()
    assert (story.headline, story.search_headline, story.full_text) == ("As it was", "Find it", LONG)
    assert [(byline.author.name, byline.role) for byline in story.bylines.all()] == [("Ann", "text")]
    assert [tag.name for tag in story.tags.all()] == ["Quay"]
    assert list(story.related_links.order_by("position").values_list("story", "url")) == [
        (link.pk, ""),
        (None, "https://example.org/"),
    ]
    assert Revision.objects.count() == 2  # coming back is a version of its own


@pytest.mark.django_db
def test_versions_of_a_live_story_are_brought_back_by_those_who_may_publish(cast: Any) -> None:
    story = make_article(headline="Now", created_by=cast.writer)
    client = signed_in(cast.editor)
    path = reverse("admin:articles_article_change", args=[story.pk])
    stored(client.post(path, form_of(client, story, headline="Then")))
    stored(client.post(path, form_of(client, story, headline="Now")))
    restore = reverse("admin:articles_article_restore_version", args=[story.pk, Revision.objects.order_by("pk")[0].pk])
    assert signed_in(cast.writer).post(restore).status_code == 403
    assert signed_in(cast.moderator).post(restore).status_code == 403
    client.post(restore)
    assert Article.objects.get().headline == "Then"
    assert "Then" in client.get(story.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_a_hundred_versions_are_listed_without_their_texts(cast: Any, django_assert_max_num_queries: Any) -> None:
    story, client = draft(), signed_in(cast.editor)
    Revision.objects.bulk_create(
        Revision(article=story, verb="save", made_by=cast.writer, content={"headline": f"No {n}", "word_count": n * n,
                 "full_text": f"<p>TEXT-{n}</p>"})
        for n in range(100)
    )  # fmt: skip
    path = reverse("admin:articles_article_versions", args=[story.pk])
    with django_assert_max_num_queries(12) as queries:
        page = client.get(path).content.decode()
    assert page.count('name="from"') == 100
    assert "TEXT-" not in page
    assert "+197" in page  # words more than in the version before
    assert not [query for query in queries.captured_queries if '"content",' in query["sql"]]
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:articles_article_compare", args=[story.pk]))


@pytest.mark.django_db
def test_a_story_without_versions_says_so(cast: Any) -> None:
    story, client = draft(), signed_in(cast.editor)
    assert "No version yet" in client.get(reverse("admin:articles_article_versions", args=[story.pk])).content.decode()
    assert client.get(reverse("admin:articles_article_compare", args=[story.pk])).status_code == 302
