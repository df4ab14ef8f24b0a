"""The nodes of a story: what the sanitiser lets in, what readers see of each, and what the gate keeps."""

from datetime import date, datetime
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from articles import publishing, search
from articles.attachments import documents
from articles.attachments.documents import MEGABYTE, DocumentError, form_of
from articles.editor import clean_story
from articles.models import Article, Document, LinkPreview, Picture
from articles.nodes import Body, Shown, StoryLink, plain_text, render
from members.gate import Audience
from newsroom import furniture
from tests.factories import Cast, make_article

NOTE = '<span data-footnote="">See <em>the</em> minutes.</span>'


def shown(html: str, what: Shown | None = None) -> str:
    """What readers see of a text, sanitised as it is when it is stored."""
    return str(render(Body(clean_story(html)).blocks, what or Shown()))


def picture(key: str, **fields: object) -> Picture:
    return Picture(**{"key": key, "file": f"pictures/{key}.jpg", "width": 1200, "height": 800, "alt": key, **fields})


# -- What comes in -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ('<figure data-gallery="a b"></figure>', '<figure data-gallery="a b"></figure>'),
        ('<figure data-gallery="a <b>"></figure>', "<figure></figure>"),
        (f'<figure data-gallery="{" ".join("x" * 21)}"></figure>', "<figure></figure>"),
        ('<figure data-file="../x"></figure>', "<figure></figure>"),
        ('<p>a<span data-footnote="">b</span></p>', '<p>a<span data-footnote="">b</span></p>'),
        ('<p>a<span data-footnote="x">b</span></p>', "<p>ab</p>"),
        ('<p><span class="x">a<span style="y">b</span></span></p>', "<p>ab</p>"),
        ('<p><span>a<span data-footnote="">b</span>c</span></p>', '<p>a<span data-footnote="">b</span>c</p>'),
        (
            '<p><a href="/x" title="<span>">a</a><span>b</span></p>',
            '<p><a href="/x" title="<span>" rel="noopener">a</a>b</p>',
        ),
        ("</span><p>a</span>", "<p>a</p>"),
        ('<figure data-embed="javascript:alert(1)"></figure>', "<figure></figure>"),
    ],
)
def test_sanitiser_keeps_what_a_node_is_made_of_and_nothing_more(pasted: str, kept: str) -> None:
    assert clean_story(pasted).replace("&lt;", "<").replace("&gt;", ">") == kept


# -- Galleries -----------------------------------------------------------------------------------


def test_gallery_is_a_strip_reached_by_keyboard_whose_places_are_known() -> None:
    pictures = {"a": picture("a", caption="Low & high"), "b": picture("b", credit="Amira")}
    html = shown('<figure data-gallery="b a gone"></figure>', Shown(pictures))
    assert '<div class="gallery" role="region" tabindex="0" aria-label="Gallery: 2 pictures">' in html
    assert html.index('alt="b"') < html.index('alt="a"')
    assert html.count('width="1200" height="800"') == 2
    assert "Low &amp; high" in html
    assert '<span class="credit">Amira</span>' in html


def test_gallery_of_which_one_picture_is_left_is_that_picture() -> None:
    html = shown('<figure data-gallery="a gone"></figure>', Shown({"a": picture("a")}))
    assert html.startswith("<figure data-picture>")
    assert shown('<p>x</p><figure data-gallery="gone lost"></figure>') == "<p>x</p>"


@pytest.mark.django_db
def test_pictures_of_a_gallery_are_the_storys_and_cost_no_query_more(now: datetime) -> None:
    keys = []
    for name in ("a", "b", "c"):
        row, data = Picture(alt=name), BytesIO()
        Image.new("RGB", (8, 6)).save(data, "JPEG")
        row.file.save(f"{name}.jpg", ContentFile(data.getvalue()), save=False)
        row.save()
        keys.append(row.key)
    story = make_article(full_text=f'<p>x</p><figure data-gallery="{" ".join(keys)}"></figure>')
    assert story.pictures.count() == 3
    furniture.snapshot.trusted = True
    Client().get("/nothing/")
    with CaptureQueriesContext(connection) as queries:
        page = Client().get(story.get_absolute_url()).content.decode()
    furniture.snapshot.trusted = False
    assert page.count("<li><figure>") == 3
    assert len([query for query in queries if '"articles_picture"."key" IN' in query["sql"]]) == 1
    assert not [query for query in queries if "articles_document" in query["sql"]]


# -- Footnotes -----------------------------------------------------------------------------------


def test_footnote_is_a_number_that_leads_to_its_text_and_back() -> None:
    html = shown(f"<p>One{NOTE} and two<span data-footnote>Second</span>.</p>")
    assert '<p>One<sup><a id="fnref-1" href="#fn-1" role="doc-noteref" aria-label="Footnote 1">1</a></sup> and' in html
    assert '<section class="footnotes" role="doc-endnotes" aria-label="Footnotes"><ol>' in html
    assert '<li id="fn-1">See <em>the</em> minutes. <a href="#fnref-1" role="doc-backlink"' in html
    assert html.index('id="fn-1"') < html.index('id="fn-2"')


@pytest.mark.parametrize(
    ("inside", "listed"),
    [
        (
            '<a href="https://example.org/">out</a>',
            '<a href="https://example.org/" rel="external noopener">out</a>',
        ),
        ("a <b>bold</b> &lt;script&gt;", "a bold &lt;script&gt;"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        (NOTE, "See <em>the</em> minutes."),
    ],
)
def test_footnote_holds_marks_and_nothing_else(inside: str, listed: str) -> None:
    html = shown(f"<blockquote>x<span data-footnote>{inside}</span></blockquote>")
    assert " ".join(html.partition('id="fn-1">')[2].partition(' <a href="#fnref-1"')[0].split()) == listed


def test_empty_footnote_leaves_no_number() -> None:
    assert shown("<p>One<span data-footnote> </span>.</p>") == "<p>One.</p>"


def test_what_a_footnote_says_counts_after_the_text() -> None:
    assert plain_text(Body(f"<p>One{NOTE} two.</p><p>Three.</p>").blocks) == "One two. Three. See the minutes."


TWO_NOTES = (
    '<p>Open<span data-footnote="">NOTE-ONE</span>.</p><hr data-paywall="here">'
    '<p>Hidden<span data-footnote="">NOTE-TWO</span>.</p>'
)


@pytest.mark.django_db
def test_notes_of_the_hidden_text_never_appear(cast: Cast) -> None:
    story = make_article(audience=Audience.PATRONS, full_text=TWO_NOTES)
    page = Client().get(story.get_absolute_url()).content.decode()
    assert page.count("NOTE-ONE") == 1
    assert "NOTE-TWO" not in page
    patron = Client()
    patron.force_login(cast.patron)
    page = patron.get(story.get_absolute_url()).content.decode()
    assert page.count("NOTE-ONE") == page.count("NOTE-TWO") == 1
    assert page.count("doc-endnotes") == 1
    rest = reverse("rest", args=[story.published_on, story.slug])
    part = patron.get(rest, headers={"X-Fragment": "1"}).content.decode()
    assert "NOTE-ONE" not in part  # the page it goes into lists that one
    assert '<ol start="2"><li id="fn-2">NOTE-TWO' in part


# -- Read also -----------------------------------------------------------------------------------


def test_read_also_says_headline_and_standfirst() -> None:
    link = StoryLink("/a/", "Fish & ships", "Who <pays>?")
    html = shown('<aside data-read-also="5"></aside>', Shown(stories={5: link}))
    assert '<a href="/a/">Fish &amp; ships</a><p>Who &lt;pays&gt;?</p></aside>' in html


@pytest.mark.django_db
def test_read_also_follows_the_headline_and_goes_with_its_story(now: datetime, cast: Cast) -> None:
    other = make_article(headline="Old name", standfirst="In short.", full_text="<p>SECRET</p>", audience="patrons")
    story = make_article(full_text=f'<p>x</p><aside data-read-also="{other.pk}"></aside>')
    Article.objects.filter(pk=other.pk).update(headline="New name")
    page = Client().get(story.get_absolute_url()).content.decode()
    assert "New name</a><p>In short.</p>" in page
    assert "SECRET" not in page
    other.refresh_from_db()
    publishing.withdraw(other, reason="Wrong.", by=cast.editor, now=now)
    assert "New name" not in Client().get(story.get_absolute_url()).content.decode()


# -- Files of ours -------------------------------------------------------------------------------

SOUNDS = {
    "mp3": b"ID3\x04" + b"\0" * 60,
    "bare.mp3": b"\xff\xfb\x90\x00" + b"\0" * 60,
    "m4a": b"\0\0\0\x20ftypM4A " + b"\0" * 60,
    "ogg": b"OggS" + b"\0" * 60,
    "wav": b"RIFF\0\0\0\0WAVEfmt " + b"\0" * 60,
}
PDF = b"%PDF-1.7\n" + b"\0" * 60


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_is_known_by_what_is_in_it(name: str) -> None:
    found = documents.checked(SimpleUploadedFile("../Our talk.exe", SOUNDS[name]))
    assert found.kind == Document.Kind.AUDIO
    assert found.file.name == f"Our_talk.{name.rpartition('.')[2]}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00",
        b"<html><script>",
        b"\xff\xd8\xff\xe0JFIF",
        b"\xff\xff\xff\xff",
        b"RIFF\0\0\0\0AVI ",
        b"\0\0\0\x20ftypheic",
        b" %PDF-1.4",
    ],
)
def test_file_that_is_neither_sound_nor_pdf_is_refused_with_a_sentence(data: bytes) -> None:
    assert form_of(data) is None
    with pytest.raises(DocumentError, match="neither"):
        documents.checked(SimpleUploadedFile("talk.mp3", data))


def test_file_that_is_too_large_is_refused_with_both_sizes() -> None:
    upload = SimpleUploadedFile("report.pdf", PDF)
    upload.size = 31 * MEGABYTE
    with pytest.raises(DocumentError, match=r"31\.0.MB; 30\.0.MB"):
        documents.checked(upload)


@pytest.mark.django_db
def test_writer_uploads_a_sound_and_readers_get_a_player_that_loads_nothing_unasked(cast: Cast) -> None:
    desk = Client()
    desk.force_login(cast.writer)
    address = reverse("admin:articles_document_upload")
    refused = desk.post(address, {"title": "Talk", "file": SimpleUploadedFile("talk.mp3", b"MZ")})
    assert refused.status_code == 400
    assert "neither" in refused.json()["error"]
    assert "Title" not in refused.json()
    key = desk.post(address, {"title": "The <talk>", "file": SimpleUploadedFile("talk.mp3", SOUNDS["mp3"])}).json()[
        "key"
    ]
    pdf = desk.post(address, {"title": "The report", "file": SimpleUploadedFile("r.pdf", PDF)}).json()["key"]
    story = make_article(full_text=f'<p>x</p><figure data-file="{key}"></figure><figure data-file="{pdf}"></figure>')
    page = Client().get(story.get_absolute_url())
    html = page.content.decode()
    assert '<audio controls preload="none" aria-label="The &lt;talk&gt;" src="/media/documents/' in html
    assert ">The report</a> <small>PDF, 69\xa0bytes</small>" in html
    assert "frame-src" in page["Content-Security-Policy"]


@pytest.mark.django_db
def test_upload_needs_its_permission_and_a_post(cast: Cast) -> None:
    address = reverse("admin:articles_document_upload")
    desk = Client()
    desk.force_login(cast.editor)
    assert desk.get(address).status_code == 405
    desk.force_login(cast.moderator)
    assert desk.post(address, {"title": "x", "file": SimpleUploadedFile("r.pdf", PDF)}).status_code == 403
    assert not Document.objects.exists()


@pytest.mark.django_db
def test_everything_attached_costs_one_query(now: datetime) -> None:
    document = Document.objects.create(title="Report", kind="pdf", file="documents/r.pdf", size=5)
    text = f'<p>x</p><figure data-file="{document.key}"></figure><figure data-embed="https://example.org/a"></figure>'
    story = make_article(full_text=text)
    LinkPreview.objects.update(title="A page")
    furniture.snapshot.trusted = True
    Client().get("/nothing/")
    with CaptureQueriesContext(connection) as queries:
        page = Client().get(story.get_absolute_url()).content.decode()
    furniture.snapshot.trusted = False
    assert "A page" in page
    assert "Report" in page
    attached = [query["sql"] for query in queries if "articles_document" in query["sql"]]
    assert len(attached) == 1
    assert not [query for query in queries if "articles_linkpreview" in query["sql"] and query["sql"] != attached[0]]


# -- The picture's dialog ------------------------------------------------------------------------


@pytest.mark.django_db
def test_dialog_asks_for_alternative_text_and_keeps_what_it_does_not_show(cast: Cast) -> None:
    desk = Client()
    desk.force_login(cast.writer)
    address = reverse("admin:articles_picture_upload")
    row = Picture.objects.create(alt="A quay", source_url="https://example.org/1.jpg")
    refused = desk.post(address, {"key": row.key, "alt": "", "focus_x": "20", "focus_y": "80"})
    assert refused.status_code == 400
    assert "Say what is to be seen" in refused.json()["error"]
    answer = desk.post(address, {"key": row.key, "alt": "A wet quay", "focus_x": "20", "focus_y": "80"}).json()
    assert answer["focus"] == [20.0, 80.0]
    row.refresh_from_db()
    assert row.source_url == "https://example.org/1.jpg"
    assert str(row.focus) == "0.200x0.800"


# -- Finding our own older story -----------------------------------------------------------------


def called(words: str, *, most: int, with_address: bool = False) -> list[Article]:
    """What a picker of the desk finds."""
    return search.stories_called(words, among=Article.objects.all(), most=most, with_address=with_address)


@pytest.mark.django_db
def test_three_words_find_our_own_older_story_newest_first(now: datetime) -> None:
    old = make_article(headline="The ferry to Sund stops in winter", slug="old", published_on=date(2020, 1, 2))
    new = make_article(headline="Ferries: winter stop for Sund is back", slug="new")
    make_article(headline="The harbour in summer")
    named = [story.pk for story in called("wint sund stop", most=12)]
    assert set(named) == {old.pk, new.pk}
    assert [story.headline for story in called("harb summ", most=12)] == ["The harbour in summer"]
    assert [story.headline for story in called("arbou", most=12)] == ["The harbour in summer"]
    assert len(called("", most=2)) == 2
    Article.objects.filter(pk=new.pk).update(published_on=None, published_at=None, live_from=None, status="draft")
    assert [story.pk for story in called("sund", most=9)] == [
        new.pk,
        old.pk,
    ]
    assert [story.pk for story in called("sund", most=9, with_address=True)] == [old.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["' & | !", "a:* & b", "(((", "\x00", "-x", "📰", "<->", "a" * 400])
def test_whatever_is_typed_finds_something_or_nothing(typed: str) -> None:
    make_article(headline="The harbour")
    assert isinstance(called(typed, most=3), list)


@pytest.mark.django_db
def test_link_finder_asks_twice_at_most_and_shows_no_text(cast: Cast) -> None:
    make_article(headline="The harbour", full_text="<p>SECRET</p>")
    desk = Client()
    desk.force_login(cast.writer)
    desk.get(reverse("admin:articles_article_lookup"))
    with CaptureQueriesContext(connection) as queries:
        answer = desk.get(reverse("admin:articles_article_lookup"), {"q": "harb"})
    assert "SECRET" not in answer.content.decode()
    assert answer.json()["results"][0]["headline"] == "The harbour"
    assert len([query for query in queries if 'FROM "articles_article"' in query["sql"]]) <= 2
