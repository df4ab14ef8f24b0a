"""A WordPress site moves in: what comes, what does not, and what a second run does."""

import shutil
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from articles.importers.wordpress import wxr
from articles.models import Article, Author, FrontSlot, Name, Page, Picture, Redirect, Section, Tag
from comments.models import Discussion, Reply
from members.gate import Audience, ReplyRight
from members.models import Member, MenuItem
from tests.factories import SectionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

FIXTURES = Path(__file__).parent / "fixtures"
EXPORT = FIXTURES / "wordpress-1.2.xml"
ABOVE = Path(__file__).resolve().parents[3:]
REAL = next((path for path in (one / "shared/data/wordpress-export.xml" for one in ABOVE) if path.is_file()), None)
MODELS = (Article, Author, FrontSlot, MenuItem, Name, Page, Picture, Redirect, Section, Tag, Discussion, Reply)


def run(path: Path) -> str:
    """Import `path`; what the command said."""
    said = StringIO()
    call_command("import_wordpress", str(path), "--no-media", stdout=said)
    return said.getvalue()


def rows() -> dict[str, list[Any]]:
    """Every row an import may write, as it is."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in MODELS}


def ask(client: Client, address: str) -> Any:
    """The answer at an address, doubled slashes and all."""
    path, _question, query = address.partition("?")
    return client.get("/", PATH_INFO=unquote(path).encode().decode("latin-1"), QUERY_STRING=query)


def story(number: int) -> Article:
    """The story of a WordPress post of the fixture."""
    return Article.objects.get(legacy_key=f"wordpress:old.example.org:{number}")


@pytest.fixture
def site() -> str:
    """The fixture, imported; what the command said."""
    return run(EXPORT)


def test_published_story_keeps_its_address_time_words_and_people(site: str) -> None:
    found = story(11)
    assert found.get_absolute_url() == "/2024/05/02/the-quay/"
    assert (found.headline, found.standfirst) == ("The quay & the tide", "A survey nobody asked for.")
    assert f"{found.published_at:%Y-%m-%d %H:%M}" == "2024-05-01 23:30"
    assert [byline.author.name for byline in found.bylines.all()] == ["Maren Holt"]
    assert found.section is not None
    assert found.section.name == "Harbour"
    assert sorted(found.tags.values_list("name", flat=True)) == ["Cranes", "Water"]
    assert found.status == Article.Status.PUBLISHED
    assert found.word_count > 0
    assert found.search is not None


def test_text_is_story_html_with_divider_quotes_and_our_pictures(site: str) -> None:
    text = story(11).full_text
    picture = Picture.objects.get(caption="The second survey, in March.")
    assert '<hr data-paywall="here">' in text
    assert 'data-quote="block"' in text
    assert 'data-quote="pull"' in text
    assert f'<figure data-picture="{picture.key}"></figure>' in text
    assert 'href="/2024/05/03/plain/"' in text
    assert list(story(11).pictures.all()) == [picture]


def test_pictures_come_by_reference_and_a_file_name_is_no_alternative_text(site: str) -> None:
    lead = story(11).lead_picture
    assert lead is not None
    assert lead.source_url == "https://old.example.org/wp-content/uploads/quay.jpg"
    assert (lead.file.name, lead.alt) == ("", "")
    assert "quay.jpg, which said only “Quay.jpg” (in “The quay & the tide”)" in site
    crane = Picture.objects.get(source_url__endswith="IMG_0032.jpg")
    assert (crane.alt, crane.caption) == ("A crane at dusk", "Number four.")


def test_every_story_is_open_to_everyone_and_announced(site: str) -> None:
    assert set(Article.objects.values_list("audience", flat=True)) == {Audience.EVERYONE}
    assert not Article.objects.filter(status=Article.Status.PUBLISHED, announced_at=None).exists()


def test_nobody_is_mailed_and_nobody_gets_an_account(site: str) -> None:
    assert not mail.outbox
    assert not ProcrastinateJob.objects.exists()
    assert not Member.objects.exists()


def test_story_without_title_takes_its_first_words(site: str) -> None:
    assert story(12).headline == "First of all, a story that has no…"
    assert "had no title" in site


def test_author_the_export_does_not_name_comes_by_login(site: str) -> None:
    assert [byline.author.name for byline in story(12).bylines.all()] == ["guest"]


def test_closed_comments_stay_closed(site: str) -> None:
    assert (story(11).reply_right, story(12).reply_right) == ("", ReplyRight.CLOSED)


def test_protected_story_is_a_draft_with_hidden_replies(site: str, client: Client) -> None:
    found = story(13)
    assert (found.status, found.published_on, found.headline) == (Article.Status.DRAFT, None, "Only for friends")
    reply = Reply.objects.get(display_name="Cleo")
    assert reply.status == Reply.Status.HELD
    assert client.get("/2024/05/04/friends/").status_code == 404
    assert "replies hidden, for their story was protected" in site


def test_scheduled_story_waits_and_a_draft_is_a_draft(site: str) -> None:
    waiting, draft = story(14), story(15)
    assert waiting.get_absolute_url() == "/2031/01/01/tomorrow/"
    assert waiting.live_from == waiting.published_at
    assert waiting in Article.objects.filter(status=Article.Status.PUBLISHED)
    assert draft.status == Article.Status.DRAFT
    assert (draft.published_at, draft.slug, draft.full_text) == (None, "", "")
    assert "“Half a thought” has no text" in site


def test_pages_nest_even_when_the_child_comes_first_and_in_greek(site: str, client: Client) -> None:
    assert set(Page.objects.values_list("path", flat=True)) == {"about", "about/επίπεδο", "search-page"}
    assert set(Name.objects.exclude(page=None).values_list("path", flat=True)) == {
        "about", "about/επίπεδο", "search-page"
    }  # fmt: skip
    assert client.get("/about/επίπεδο/").status_code == 200


def test_section_whose_name_the_site_uses_gets_another_and_is_made_once(site: str) -> None:
    section = story(12).section
    assert section is not None
    assert (section.slug, section.name) == ("account-section", "Account")
    assert Section.objects.filter(name="Account").count() == 1


def test_section_that_was_here_is_used(now: Any) -> None:
    ours = SectionFactory(slug="harbour", name="Our harbour")
    run(EXPORT)
    assert story(11).section == ours


def test_replies_keep_threads_names_dates_and_words(site: str) -> None:
    ann, ben = (Reply.objects.get(display_name=name) for name in ("Ann", "Ben"))
    assert (ben.reply_to_id, ann.reply_to_id) == (ann.pk, None)
    assert f"{ben.posted_at:%Y-%m-%d %H:%M}" == "2024-05-02 07:00"
    assert ben.comment == "So it does. See the map (https://example.com/map)."
    assert ann.status == ben.status == Reply.Status.PUBLISHED
    assert not Reply.objects.exclude(author=None).exists()
    assert not Reply.objects.filter(announced_at=None).exists()
    assert not Reply.objects.exclude(user_email="").exists()


def test_held_reply_stays_held_and_pings_and_spam_are_left(site: str) -> None:
    assert Reply.objects.get(display_name="Anonymous").status == Reply.Status.HELD
    assert not Reply.objects.filter(display_name__in=["Another site", "Robot"]).exists()
    assert "1  pings" in site
    assert "1  replies marked spam" in site


def test_reply_under_a_page_comes_and_one_whose_parent_is_gone_stands_by_itself(site: str, client: Client) -> None:
    dora = Reply.objects.get(display_name="Dora")
    assert (dora.reply_to, dora.discussion.page) == (None, Page.objects.get(path="about/επίπεδο"))
    assert "Under a page." in client.get("/about/επίπεδο/").content.decode()


def test_report_names_what_came_what_was_skipped_and_why(site: str) -> None:
    for line in (
        "2  stories, published",
        "1  stories protected by a password, drafts now, their replies hidden",
        "1  stories, scheduled",
        "1  stories, drafts",
        "3  pages",
        "1  words of the kind post_format",
        "“The quay & the tide” lost what has no place here: 1 × block “latest-posts”",
        "“The quay & the tide” was sticky",
        "“Only for friends” had markup in its title, which was taken out",
        "4  replies that were approved",
        "1  replies that were held",
        "1  replies under pages",
    ):
        assert line in site, line


def test_second_run_changes_nothing(site: str) -> None:
    before = rows()
    said = run(EXPORT)
    assert rows() == before
    assert "Nothing new." in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/?p=11", "/2024/05/02/the-quay/"),
        ("/?p=12&utm_source=x", "/2024/05/03/plain/"),
        ("/?page_id=21", "/about/"),
        ("/?attachment_id=31", "/2024/05/02/the-quay/"),
        ("/2024/05/02/the-quay/quay", "/2024/05/02/the-quay/"),
        ("/2024/05/03/plain/2/", "/2024/05/03/plain/"),
        ("/search-page", "/search-page/"),
        ("/category/harbour/", "/harbour/"),
        ("/category/harbour/cranes/", "/tag/cranes/"),
        ("/author/maren/", "/author/maren-holt/"),
        ("//about//", "/about/"),
    ],
)
def test_old_address_answers_with_one_redirect(old: str, new: str, site: str, client: Client) -> None:
    answer = ask(client, old)
    assert answer.status_code == 301, old
    assert answer["Location"] == new
    assert client.get(new).status_code == 200


def test_old_address_that_did_not_change_needs_no_redirect(site: str, client: Client) -> None:
    assert client.get("/2024/05/02/the-quay/").status_code == 200
    assert not Redirect.objects.filter(old_path="/2024/05/02/the-quay/").exists()


def test_number_of_nothing_is_the_page_that_helps(site: str, client: Client) -> None:
    assert client.get("/?p=999").status_code == 404
    assert client.get("/?p=13").status_code == 404


@pytest.mark.parametrize(("https", "http"), [("https://wordpress.org/export/1.2/", "http://wordpress.org/export/1.1/")])
def test_other_namespaces_say_the_same(https: str, http: str, site: str, tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    text = EXPORT.read_text(encoding="utf-8").replace(https, http)
    other.write_text(text.replace("<wp:wxr_version>1.2<", "<wp:wxr_version>1.1<"), encoding="utf-8")
    before = list(wxr.read(EXPORT))
    assert list(wxr.read(other)) == before
    assert "Nothing new." in run(other)


def test_export_of_2010_comes_in(client: Client) -> None:
    said = run(FIXTURES / "wordpress-1.0.xml")
    found = Article.objects.get()
    assert found.get_absolute_url() == "/2010/02/03/foghorn/"
    assert [byline.author.name for byline in found.bylines.all()] == ["olga"]
    assert (found.section and found.section.name, list(found.tags.values_list("name", flat=True))) == ("Sound", ["fog"])
    assert Picture.objects.get().caption == "The horn, painted red"
    assert client.get("/archives/7")["Location"] == found.get_absolute_url()
    assert "1  stories, published" in said


@pytest.mark.parametrize("share", [0.5, 0.75])
def test_of_a_truncated_file_comes_what_stands_before_the_break(share: float, tmp_path: Path) -> None:
    text, half = EXPORT.read_bytes(), tmp_path / "half.xml"
    half.write_bytes(text[: int(len(text) * share)])
    with pytest.raises(CommandError, match=r"broken at line \d+, column \d+, after “[^”]+”: .*run this again"):
        run(half)
    assert story(11).is_live(story(11).published_at)  # type: ignore[arg-type]  # it is out
    run(EXPORT)
    whole = rows()
    assert len(whole["Article"]) == 5
    assert len(whole["Page"]) == 3
    assert len(whole["Reply"]) == 5


def test_broken_file_gives_an_exit_code(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text(EXPORT.read_text(encoding="utf-8").replace("<wp:post_id>13<", "<wp:post_id>13<<"))
    with pytest.raises(CommandError) as error:
        run(broken)
    assert error.value.returncode != 0
    assert story(12).headline
    assert not Article.objects.filter(legacy_key__endswith=":13").exists()


def test_entity_bomb_is_refused() -> None:
    with pytest.raises(CommandError, match="it declares entities, which an export never does"):
        run(FIXTURES / "entity-bomb.xml")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04 a zip", "is a zip archive: unpack it and give the XML file in it"),
        (b"", "is empty. Give the XML file that WordPress writes under Tools"),
        (b"\n<!DOCTYPE html><html><head>", "is a web page .* Give the XML file"),
        (b'{"db": [{"meta": {}}]}', "is an export of Ghost: use import_ghost"),
        (b"<rss><channel><title>A feed</title><item><title>x</title></item></channel></rss>", "no WordPress export"),
    ],
)
def test_file_that_is_no_export_is_named_as_such(content: bytes, why: str, tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    other.write_bytes(content)
    with pytest.raises(CommandError, match=why):
        run(other)
    assert not Article.objects.exists()


def test_missing_file_is_one_sentence() -> None:
    with pytest.raises(CommandError, match=r"There is no file /nowhere/x\.xml\."):
        run(Path("/nowhere/x.xml"))


def test_control_characters_do_not_break_the_file(tmp_path: Path) -> None:
    dirty = tmp_path / "dirty.xml"
    dirty.write_bytes(EXPORT.read_bytes().replace(b"The quay sinks.", b"The\x0bquay\x08 sinks."))
    run(dirty)
    assert "The quay  sinks." in story(11).full_text


def test_interrupted_run_is_completed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after a story came and before its replies did."""
    from newsroom.management.commands import import_wordpress

    def stop(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(import_wordpress, "import_replies", stop)
        with pytest.raises(KeyboardInterrupt):
            run(EXPORT)
    assert (Article.objects.count(), Reply.objects.count()) == (1, 0)
    run(EXPORT)
    assert (Article.objects.count(), Reply.objects.count()) == (5, 5)


@pytest.mark.skipif(REAL is None, reason="the real export is not part of the project")
@pytest.mark.slow
def test_real_export_comes_in_whole(client: Client) -> None:
    assert REAL is not None
    said = run(REAL)
    for line in (
        "48  stories, published",
        "1  stories protected by a password, drafts now",
        "1  stories, scheduled",
        "1  stories, drafts",
        "21  pages",
        "2  authors",
        "25  replies that were approved",
        "3  replies that were held",
        "5  replies under pages",
        "4  pings",
        "had 63 categories",
        "had no title",
        "had markup in its title",
        "“Edge Case: No Content” has no text",
    ):
        assert line in said, line
    assert max(path.count("/") for path in Page.objects.values_list("path", flat=True)) == 2
    assert Page.objects.filter(path="greek/επίπεδο-2/επίπεδο-3").exists()
    before = rows()
    assert "Nothing new." in run(REAL)
    assert rows() == before
    unanswered = [path for path in old_addresses() if not arrives(client, path)]
    assert not unanswered


def old_addresses() -> list[str]:
    """Every address the real export names for what is public, by path and by number."""
    assert REAL is not None
    found = []
    for item in wxr.read(REAL):
        if isinstance(item, wxr.WxrItem) and item.kind in ("post", "page") and item.status == "publish":
            path = item.link.replace("https://wpthemetestdata.wordpress.com", "")
            found += [] if item.password else [path, f"/?p={item.post_id}"]
    return found


def arrives(client: Client, path: str) -> bool:
    """Whether an address is a page, or leads to one with a single redirect."""
    answer = ask(client, path)
    if answer.status_code == 301:
        answer = ask(client, answer["Location"])
    return answer.status_code == 200


def test_copy_of_an_export_elsewhere_is_the_same_site(site: str, tmp_path: Path) -> None:
    shutil.copy(EXPORT, tmp_path / "again.xml")
    assert "Nothing new." in run(tmp_path / "again.xml")
