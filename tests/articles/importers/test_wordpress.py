"""A whole WordPress site moves in with its files: every construct, the plan before, and interruptions anywhere."""

import io
import os
import random
import tracemalloc
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client

from articles.importers.wordpress import wxr
from articles.importers.wordpress.given import what_else
from articles.importers.wordpress.mending import Mended
from articles.importers.wordpress.site import WordPressImport
from articles.models import Article, Author, Document, FrontSlot, Name, Page, Picture, Redirect, Section, Tag
from comments.models import Reply
from members.gate import Audience
from members.models import MenuItem
from tests.articles.importers import lighthouse
from tests.articles.importers.making import HEAD, SITE, UPLOADS, export, item
from tests.articles.importers.oldsite import MP3, PDF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

FIELDS = ("--field", "subtitle=standfirst", "--field", "place=dateline")


def run(*arguments: Any) -> str:
    """Import; what the command said."""
    said = io.StringIO()
    call_command("import_wordpress", *map(str, arguments), stdout=said)
    return said.getvalue()


def story(number: int) -> Article:
    """The story of a post."""
    return Article.objects.get(legacy_key=f"wordpress:old.example.org:{number}")


def tables() -> dict[str, list[Any]]:
    """Every row of every table."""
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}


def site_as_read() -> dict[str, Any]:
    """What an import makes, without the keys and random names that differ from one database to the next."""
    names = {str(one.key): f"<{one.legacy_key}>" for one in [*Picture.objects.all(), *Document.objects.all()]}

    def text(html: str) -> str:
        for key, name in names.items():
            html = html.replace(key, name)
        return html

    def contents(row: Picture | Document) -> Any:
        return row.file.read() if row.file else row.fetch_trouble

    stories = Article.objects.select_related("section", "lead_picture").order_by("legacy_key")
    return {
        "stories": [
            (a.legacy_key, a.feed_id, a.headline, a.standfirst, a.dateline, text(a.full_text), text(a.teaser), a.status,
             a.published_on, a.slug, a.live_from, a.announced_at, a.section and a.section.slug, a.word_count,
             a.lead_picture and a.lead_picture.legacy_key, sorted(a.tags.values_list("slug", flat=True)),
             [by.author.slug for by in a.bylines.order_by("position")],
             sorted(picture.legacy_key or "" for picture in a.pictures.all()))
            for a in stories
        ],
        "pages": [(p.path, p.title, text(p.body), p.is_published) for p in Page.objects.order_by("path")],
        "files": [
            (row.legacy_key, row.source_url, row.fetched_at, contents(row))
            for model in (Picture, Document) for row in model._default_manager.order_by("legacy_key")
        ],
        "words": [
            sorted(model._default_manager.values_list("slug", "name")) for model in (Section, Tag, Author)
        ],
        "names": sorted(Name.objects.values_list("path", "section__slug", "page__path")),
        "old addresses": sorted(Redirect.objects.values_list("old_path", "new_path")),
        "menu": list(MenuItem.objects.order_by("place", "position").values_list("place", "label", "path")),
        "front": sorted(FrontSlot.objects.values_list("place", "position", "story__legacy_key")),
        "replies": sorted(
            (r.legacy_key or "", r.comment, r.display_name, r.status, r.reply_to.legacy_key if r.reply_to else None)
            for r in Reply.objects.select_related("reply_to")
        ),
    }  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The lighthouse's export."""
    return lighthouse.build(tmp_path)


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    """A copy of its files."""
    return lighthouse.uploads(tmp_path)


def test_whole_site_comes_with_its_files_and_a_report_to_keep(
    files: list[Path], uploads: Path, tmp_path: Path, client: Client
) -> None:
    before, kept = tables(), tmp_path / "report.txt"
    planned = run(*files, "--media", uploads, *FIELDS, "--dry-run")
    assert tables() == before
    said = run(*files, "--media", uploads, *FIELDS, "--report", kept)
    assert planned.replace("This was a dry run: nothing was written.\n", "") == said
    heading, report = kept.read_text().split("\n\n", 1)
    assert heading == "WordPress, one.xml, two.xml: 03 November 2026, 13:00"
    assert said.endswith(report)

    quay, moves = story(11), story(12)
    crane, at_tide = (
        Picture.objects.filter(source_url__endswith=name).first() for name in ("crane.jpg", "quay-scaled.jpg")
    )
    survey, horn = (Document.objects.get(source_url__endswith=name) for name in ("survey.pdf", "horn.mp3"))
    assert crane is not None
    assert at_tide is not None
    assert quay.lead_picture is not None
    assert (quay.lead_picture.caption, quay.lead_picture.alt) == ("At low tide", "The quay at low tide")
    assert (crane.caption, crane.alt, bool(crane.file)) == ("Crane four", "A crane at dusk", True)
    assert (survey.title, survey.file.read(), horn.kind, horn.file.read()) == ("The survey", PDF, "audio", MP3)
    second = Picture.objects.get(source_url=quay.lead_picture.source_url, caption="")
    assert quay.full_text.split("\n") == [
        '<p>The quay sinks.<span data-footnote="">In <em>May</em>.</span></p>',
        '<hr data-paywall="here">',
        f'<figure data-gallery="{crane.key} {second.key}"></figure>',
        "<p>Both of them</p>",
        f'<figure data-file="{survey.key}"></figure>',
        f'<figure data-file="{horn.key}"></figure>',
        '<p>See <a href="/wp-content/uploads/2024/05/survey.pdf" rel="noopener">page two</a> of it.</p>',
        "<p>Write to us.</p>",
    ]
    assert [by.author.name for by in quay.bylines.order_by("position")] == ["Olga Vint", "Maren Holt"]
    assert Author.objects.get(name="Olga Vint").bio == "Reads tides."
    assert (quay.standfirst, quay.dateline, quay.feed_id) == ("It sinks.", "Varnholm", f"{SITE}/?p=11")
    assert (quay.section and quay.section.slug, [tag.slug for tag in quay.tags.all()]) == ("harbour", ["cranes"])

    drawing, film = Picture.objects.get(source_url__endswith="drawing.svg"), f"{UPLOADS}/2024/05/film.mp4"
    assert moves.full_text.split("\n")[:2] == [
        '<p>It moves<span data-footnote="">Eleven millimetres, <a href="https://example.com/" rel="noopener">says the '
        'survey</a>.</span> every year<span data-footnote="">and nobody knows (yet) why</span>. Code is '
        "<code>f((a b))</code>.</p>",
        f'<figure data-picture="{drawing.key}"></figure>',
    ]
    bare = Picture.objects.get(source_url=crane.source_url, caption="")
    assert f'<figure data-gallery="{quay.lead_picture.key} {bare.key}"></figure>' in story(14).full_text
    assert f'data-file="{horn.key}"' in moves.full_text
    assert "ways" in moves.full_text
    assert moves.get_absolute_url() == "/2024/05/02/the-quay-12/"
    assert (moves.section, [by.author.name for by in moves.bylines.all()]) == (quay.section, ["Maren Holt"])

    assert [story(number).status for number in (14, 15, 16, 17)] == ["published", "ready", "draft", "draft"]
    gated = [story(number) for number in (19, 20, 21)]
    assert [one.audience for one in gated] == [Audience.MEMBERS, Audience.PATRONS, Audience.PATRONS]
    assert {one.teaser for one in gated[:2]} == {"<p>Open words.</p>"}
    assert "Log in" not in gated[1].full_text
    assert list(Page.objects.order_by("path").values_list("path", "is_published")) == [
        ("about", True), ("about/team", True), ("patrons", False)
    ]  # fmt: skip
    assert list(MenuItem.objects.order_by("place", "position").values_list("place", "label", "path")) == [
        ("footer", "By number", "/about/"),
        ("menu", "About", "/about/"),
        ("menu", "The team", "/about/team/"),
        ("menu", "Harbour", "/harbour/"),
        ("menu", "Map", "https://example.com/map"),
    ]
    assert [slot.story for slot in FrontSlot.objects.order_by("place")] == [story(18), quay]
    for old, new in {
        "/2024/05/02/quay-first/": "/2024/05/02/the-quay/",
        "/?page_id=9": "/about/team/",
        "/about/": None,
        "/category/about/": "/about-section/",
        "/category/harbour/cranes/": "/tag/cranes/",
        "/author/mholt/": "/author/maren-holt/",
        "/?attachment_id=31": "/2024/05/02/the-quay/",
        "/2024/05/02/the-quay/2/": "/2024/05/02/the-quay-12/",
        "/?cat=5": "/harbour/",
    }.items():
        assert Redirect.objects.filter(old_path=old).values_list("new_path", flat=True).first() == new, old
    for line in (
        "1  entries of the footer",
        "4  entries of the menu",
        "4  pictures whose files are ours now",
        "2  sounds and PDFs whose files are ours now",
        "1  custom fields called “mood” (--field mood=… brings them)",
        "“A pitch” was “pitch”: it is a draft",
        "“Between us” was private: it is a draft",
        "“Missed” was to go out on 01 June 2024, which has passed",
        "“Main menu” has an entry “Nothing” that leads nowhere here",
        "“Social links” is a menu of 1 entries that was left",
        "“It moves” lives at /2024/05/02/the-quay-12/: another story of that day is called “the-quay”",
        "“maren holt” signs under more than one account (“mholt” is another name): they are one author",
        "“HARBOUR” is the name of two words (“harbour” and “harbour-2”): one section here",
        "“About” is a section at /about-section/: the address /about/ was taken",
        f"“It moves” shows a film that stays on the old site: {film}",
        "drawing.svg: is a page or a drawing in markup (HTML, SVG), which may hold a script: it was refused (in “It m",
        "“Sticky too” was sticky: it leads the front page",
    ):
        assert line in said, line
    page = client.get(quay.get_absolute_url()).content.decode()
    assert all(
        part in page for part in (quay.lead_picture.file.url, crane.file.url, survey.file.url, "In <em>May</em>.")
    )
    assert "Nothing new." in run(*files, "--media", uploads, *FIELDS)


def test_interrupted_anywhere_and_run_again_it_is_the_same_site(
    files: list[Path], uploads: Path, settings: Any, tmp_path: Path
) -> None:
    arguments = (*files, "--media", uploads, *FIELDS)
    queries = 0

    def counted(execute: Any, *given: Any) -> Any:
        nonlocal queries
        queries += 1
        if queries == stop_at:
            raise KeyboardInterrupt
        return execute(*given)

    stop_at = 0
    with transaction.atomic():
        with connection.execute_wrapper(counted):
            run(*arguments)
        whole, total = site_as_read(), queries
        transaction.set_rollback(True)
    luck = random.Random(8)
    for _turn in range(60 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 2):
        settings.MEDIA_ROOT = tmp_path / f"media-{_turn}"
        with transaction.atomic():
            for _interruption in range(2):
                queries, stop_at = 0, luck.randrange(1, total)
                with connection.execute_wrapper(counted), pytest.raises(KeyboardInterrupt):
                    run(*arguments)
                    raise KeyboardInterrupt  # a run that had less to do than that came to its end
            run(*arguments)
            assert site_as_read() == whole, stop_at
            transaction.set_rollback(True)


def test_half_an_export_is_completed_by_the_whole_one(files: list[Path], uploads: Path) -> None:
    """The second half names the pictures and the parents of pages."""
    arguments = ("--media", uploads, *FIELDS)
    half = files[0].with_name("half.xml")
    text = files[0].read_text()
    half.write_text(text[: text.index("<item><title><![CDATA[Missed")] + "<item><title>")
    with pytest.raises(CommandError, match=r"broken at line \d+, column \d+, after “Later”.*Mend the file"):
        run(half, *arguments)
    assert (story(11).lead_picture, Page.objects.count()) == (None, 0)
    run(*files, *arguments)
    quay = story(11)
    assert quay.lead_picture is not None
    assert quay.lead_picture.source_url.endswith("quay-scaled.jpg")
    assert story(14).full_text.count("data-gallery") == 1
    assert set(Page.objects.values_list("title", "path")) >= {("Team", "about/team"), ("Patrons", "patrons")}


class Trickle(io.BytesIO):
    """A file that gives its head, and then a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        """What a slow disk gives."""
        return super().read(1500 if self.tell() == 0 else 7)


def test_what_xml_forbids_and_wordpress_writes_is_mended(tmp_path: Path) -> None:
    """Of whatever size the pieces are that come from the disk."""
    path = export(tmp_path / "x.xml", item(1, "T", "WORDS", terms=[("category", "a", "A")]))
    whole, head = path.read_bytes(), HEAD.encode()
    for dirty, title, words in (
        (whole.replace(b"WORDS", b"a ]]> b <b>]]> c"), "T", "a ]]> b <b>]]> c"),
        (whole.replace(b"WORDS", b"a <![CDATA[ b ]]> c"), "T", "a <![CDATA[ b ]]> c"),
        (whole.replace(b"WORDS", b"a ]]]]><![CDATA[> b]]><![CDATA[ c"), "T", "a ]]> b c"),
        (whole.replace(b"WORDS", b"caf\xe9 \x93so\x94 \x00\x0b."), "T", "café “so”   ."),
        (whole.replace(b"<![CDATA[T]]>", b"A & B &nbsp;&LT;c &#8;&#233; &bogus;"), "A & B \xa0<c  é &bogus;", "WORDS"),
        (b"\n<br />Warning: x\n" + whole, "T", "WORDS"),
        (whole.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"').replace(b"WORDS", b"caf\xe9"), "T", "café"),
        (whole.decode().replace("WORDS", "café").encode("utf-16"), "T", "café"),
        (whole.replace(b"wp:", b"export:").replace(b":wp=", b":export=").replace(b"/1.2/", b"/1.1"), "T", "WORDS"),
        (whole.replace(head, head.replace(b"http://", b"https://")), "T", "WORDS"),
    ):
        path.write_bytes(dirty)
        found = [thing for thing in wxr.read(path) if isinstance(thing, wxr.WxrItem)]
        assert [(one.title, one.content, one.terms[0].slug) for one in found] == [(title, words, "a")], dirty
        assert all_of(Trickle(dirty)) == all_of(io.BytesIO(dirty)), dirty


def all_of(file: io.BytesIO) -> bytes:
    """The file, mended."""
    mended = Mended(file)
    return b"".join(iter(lambda: mended.read(1), b""))


@pytest.mark.parametrize(
    "declared", ['<!ENTITY a "b">', '<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY % a "b">']
)
def test_entities_of_its_own_are_refused(declared: str, tmp_path: Path) -> None:
    path = export(tmp_path / "x.xml", item(1, "T &a;", "W"))
    path.write_text(path.read_text().replace("<rss", f"<!DOCTYPE rss [{declared}]>\n<rss", 1))
    with pytest.raises(CommandError, match="it declares entities"):
        run(path)
    assert not Article.objects.exists()


def test_what_else_a_file_may_be_has_a_sentence() -> None:
    said = {
        b"\x1f\x8b": "gzip", b"<html>": "page", b'{"a": 1}': "JSON", b"<?xml?><disqus>": "import_replies",
        b"-- MySQL": "database", b"Dear": "no XML", b" \n": "empty",
    }  # fmt: skip
    assert [head for head, what in said.items() if what not in what_else(head)] == []
    assert what_else(HEAD.encode()) == ""


def test_export_of_any_size_is_read_in_the_memory_of_its_longest_item(tmp_path: Path, now: datetime) -> None:
    """Twenty megabytes in a hundred long stories."""
    path = tmp_path / "large.xml"
    words = "<p>The quay sinks, and nobody asks why. </p>\n" * 4500
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number in range(1, 101):
            file.write(item(number, f"Story {number}", words))
        file.write("</channel></rss>")
    assert path.stat().st_size > 20_000_000
    tracemalloc.start()
    try:
        WordPressImport([path], now).read_skeleton()
        _size, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_mapping_to_no_field_of_ours_and_a_folder_that_is_none_are_a_sentence(
    files: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=r"“title” is no field that can be filled.*standfirst"):
        run(*files, "--no-media", "--field", "x=title")
    with pytest.raises(CommandError, match="There is no folder"):
        run(*files, "--media", tmp_path / "nowhere")
