"""From an empty form to the front page, and what the newsroom changes afterwards, all of it in the browser."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.core import mail
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from articles.jobs import announce_due
from articles.models import Article, Author
from members.models import AuditEntry, Letter, LetterSubscription, Member, SiteRules
from newsroom.groups import EDITORS, PUBLISHERS, WRITERS
from tests.browser.fixtures import OpenWindow
from tests.browser.site import Site
from tests.browser.window import Window
from tests.factories import MemberFactory, SectionFactory, make_article

pytestmark = pytest.mark.browser
HEADLINE, SECRET = "The quay sinks a finger a yaer", "What only members read"
LIVE_WITHIN = 1.0  # seconds after a change


def test_story_goes_out_at_its_minute_and_is_corrected_quietly(site: Site, open_window: OpenWindow) -> None:
    older = make_article(section=SectionFactory(slug="harbour", name="Harbour"), headline="The tide tables were wrong")
    subscribe("reader@example.org")
    writer, editor = open_window(), open_window()
    writer.sign_in_as(make_journalist(WRITERS, "Wanda Writer"))
    editor.sign_in_as(make_journalist(EDITORS, "Edgar Editor"))
    writes_with_the_editor(writer, older)
    saves_previews_and_hands_in(writer)
    links_and_schedules(editor, older)
    story = Article.objects.get(headline=HEADLINE)
    goes_live_with_nothing_running(site, story)
    readers_find_it_whole(open_window(), story, older)
    is_announced_once(site)
    typo_is_put_right(editor, story)
    assert writer.complaints == editor.complaints == []


def make_journalist(group: str, name: str) -> Member:
    """Somebody of the newsroom, with a byline."""
    member: Member = MemberFactory(name=name, group=group)
    Author.objects.create(name=name, slug=name.lower().replace(" ", "-"), member=member)
    return member


def subscribe(email: str) -> None:
    """A letter that sends new stories, and one who gets it."""
    letter = Letter.objects.create(slug="morning", name="Morning", sends_new_stories=True)
    LetterSubscription.objects.create(letter=letter, email=email, confirmed_at=timezone.now())


def tool(window: Window, name: str) -> None:
    """Press a button of the editor's toolbar."""
    window.page.locator(f".editor-bar [data-name={name}]").click()


def type_at_the_end(window: Window, text: str = "") -> None:
    """Go on below everything, once the dialog gave the focus back and no node would be typed over."""
    expect(window.page.get_by_role("textbox", name="Text of the story")).to_be_focused()
    window.page.keyboard.press("Control+End")
    expect(window.page.locator(".editor-text .ProseMirror-selectednode")).to_have_count(0)
    window.page.keyboard.type(text)


def writes_with_the_editor(writer: Window, older: Article) -> None:
    """Fields, then every kind of block the editor has a button for."""
    writer.go("/admin/")
    writer.follow("New story")
    writer.page.locator("#id_headline").fill(HEADLINE)
    writer.page.locator("#id_standfirst").fill("Nobody had measured it since the war.")
    writer.page.locator("#id_section").select_option(label="Harbour")
    writer.page.locator("#id_audience").select_option("members")
    page = writer.page
    page.get_by_role("textbox", name="Text of the story").click()
    page.keyboard.type("It began with a crack.")
    page.keyboard.press("Enter")
    tool(writer, "h2")
    page.keyboard.type("What was measured")
    page.keyboard.press("Enter")
    page.keyboard.type("We never looked")
    tool(writer, "quote")
    page.locator(".editor-text figure[data-quote] figcaption").click()
    page.keyboard.type("Nora Quay, harbour master")
    type_at_the_end(writer)
    tool(writer, "bullets")
    expect(page.locator(".editor-text li")).to_have_count(1)
    page.keyboard.type("a crack")
    page.keyboard.press("Enter")
    expect(page.locator(".editor-text li")).to_have_count(2)
    page.keyboard.type("a tilt")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("See the survey")
    page.keyboard.press("Control+Shift+ArrowLeft")
    links_to(writer, "https://example.org/survey")
    inserts_a_picture(writer)
    tool(writer, "readAlso")
    page.get_by_role("dialog").get_by_role("button", name=older.headline).click()
    expect(page.locator(".editor-text .node-readAlso")).to_contain_text(older.headline)
    type_at_the_end(writer)
    tool(writer, "paywall")
    type_at_the_end(writer, SECRET)


def links_to(writer: Window, address: str) -> None:
    """Make the selected words a link."""
    tool(writer, "link")
    dialog = writer.page.get_by_role("dialog")
    dialog.get_by_label("Address").fill(address)
    dialog.get_by_role("button", name="Set the link").click()
    expect(writer.page.locator(f".editor-text a[href='{address}']")).to_have_text("survey")
    expect(dialog).to_have_count(0)


def inserts_a_picture(writer: Window) -> None:
    """Upload one in place, with all that is to be said about it."""
    drawn = BytesIO()
    Image.linear_gradient("L").resize((900, 600)).save(drawn, "PNG")
    type_at_the_end(writer)
    tool(writer, "picture")
    dialog = writer.page.get_by_role("dialog")
    file = {"name": "quay.png", "mimeType": "image/png", "buffer": drawn.getvalue()}
    dialog.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]  # a FilePayload
    dialog.get_by_label("Alternative text: what is to be seen").fill("A crack in a quay wall")
    dialog.get_by_label("Caption").fill("The crack in May.")
    dialog.get_by_label("Credit").fill("Ida Lens")
    dialog.get_by_role("button", name="Upload and insert").click()
    expect(dialog).to_have_count(0)
    expect(writer.page.locator(".editor-text figure img")).to_be_visible()
    type_at_the_end(writer)


def saves_previews_and_hands_in(writer: Window) -> None:
    """The draft shows in the preview as readers would see it; then it is the editors'."""
    writer.press("Save draft")
    writer.sees("Saved.")
    writer.follow("Preview")
    writer.sees("It began with a crack.")
    writer.sees("Nora Quay, harbour master", within="figcaption")
    writer.misses(SECRET)
    writer.follow("a member")
    writer.sees(SECRET)
    writer.follow("back to the story on the desk")
    writer.press("Hand in")
    writer.sees("Handed in")
    assert Article.objects.get(headline=HEADLINE).status == Article.Status.READY


def links_and_schedules(editor: Window, older: Article) -> None:
    """Two related links, one picked and one typed, and a moment seconds away."""
    editor.go("/admin/")
    editor.follow(HEADLINE)
    page = editor.page
    editor.press("Add a link")
    rows = page.locator("[data-rows=related_links] [data-row]")
    rows.nth(0).get_by_role("button", name="Choose a story of ours").click()
    page.get_by_role("dialog").get_by_role("button", name=older.headline).click()
    editor.press("Add a link")
    rows.nth(1).get_by_label("Story or address").fill("https://example.org/report")
    rows.nth(1).get_by_label("Title").fill("The surveyor’s report")
    at = timezone.localtime() + timedelta(seconds=8)
    page.locator("[name=published_at]").fill(f"{at:%Y-%m-%dT%H:%M:%S}")
    page.locator("[data-primary]").click()
    editor.sees("Scheduled.")


def soon(condition: Callable[[], bool], until: datetime) -> datetime:
    """Wait for `condition`; the moment it held. Fails when it does not by `until`."""
    while not condition():
        assert timezone.now() <= until, "it did not happen in time"
        time.sleep(0.05)
    return timezone.now()


def goes_live_with_nothing_running(site: Site, story: Article) -> None:
    """The kept front page ends at the story's moment, not before and not after."""
    assert story.live_from is not None
    assert timezone.now() < story.live_from, "scheduling took longer than planned: the machine is very busy"
    assert HEADLINE not in site.read("/")
    seen_at = soon(lambda: HEADLINE in site.read("/"), story.live_from + timedelta(seconds=2 + LIVE_WITHIN))
    assert seen_at >= story.live_from
    assert HEADLINE in site.read("/feed/")
    assert SECRET not in site.read("/feed/") + site.read(story.get_absolute_url())


def readers_find_it_whole(reader: Window, story: Article, older: Article) -> None:
    """Everything the writer put in and the editor added, in its place."""
    reader.go("/")
    reader.follow(HEADLINE, within="main")
    reader.sees("What was measured", within="h2")
    reader.sees("We never looked", within="blockquote")
    reader.sees("a tilt", within=".prose li")
    expect(reader.main(".prose a[href='https://example.org/survey']")).to_have_text("survey")
    expect(reader.main(".prose figure[data-picture] img")).to_have_attribute("alt", "A crack in a quay wall")
    reader.sees("Ida Lens", within="figcaption")
    reader.sees(older.headline, within="[data-read-also]")
    reader.sees(older.headline, within=".related")
    reader.sees("The surveyor’s report", within=".related")
    reader.sees("Wanda Writer", within=".byline")
    reader.misses(SECRET)
    assert reader.complaints == []


def is_announced_once(site: Site) -> None:
    """The worker's periodic job mails the letter's readers."""
    announce_due(timestamp=0)
    site.work()
    assert [letter.to for letter in mail.outbox] == [["reader@example.org"]]


def typo_is_put_right(editor: Window, story: Article) -> None:
    """*Edit* on the public page; readers see it within a second, and nothing else tells of it."""
    site, path = editor.site, story.get_absolute_url()
    feed_before, right = site.read("/feed/").count("<item>"), HEADLINE.replace("yaer", "year")
    editor.go(path)
    editor.follow("Edit")
    editor.page.locator("#id_headline").fill(right)
    editor.press("Save, live at once")
    editor.sees("Readers see it now.")
    soon(lambda: right in site.read(path) and right in site.read("/"), timezone.now() + timedelta(seconds=LIVE_WITHIN))
    assert "Updated" not in site.read(path)
    announce_due(timestamp=0)
    site.work()
    assert len(mail.outbox) == 1
    assert site.read("/feed/").count("<item>") == feed_before
    assert Article.objects.get(pk=story.pk).updated_at is None


def test_rules_changed_on_the_desk_are_live_at_once_and_audited(site: Site, open_window: OpenWindow) -> None:
    story = make_article()
    assert "Bring a coat" not in site.read("/") + site.read(story.get_absolute_url())
    publisher = open_window()
    publisher.sign_in_as(make_journalist(PUBLISHERS, "Paula Publisher"))
    publisher.go("/admin/")
    publisher.follow("Site", within="header")
    publisher.page.get_by_label("name of the site").fill("The Morning Quay")
    publisher.page.get_by_label("today in brief").fill("Bring a coat.")
    publisher.page.locator("[name=_save], [name=_continue]").first.click()
    publisher.sees("Saved. It is live.")
    for path in ("/", story.get_absolute_url()):
        now = timezone.now()
        soon(lambda path=path: "Bring a coat." in site.read(path), now + timedelta(seconds=LIVE_WITHIN))
        assert "The Morning Quay" in site.read(path)
    entry = AuditEntry.objects.get(subject_type=SiteRules._meta.label)
    assert entry.changes["brief"] == ["", "Bring a coat."]
    assert publisher.complaints == []


def test_page_is_live_in_menu_footer_and_sitemap_and_in_no_feed(site: Site, open_window: OpenWindow) -> None:
    make_article()
    assert "The people behind it" not in site.read("/sitemap.xml") + site.read("/about/")
    publisher = open_window()
    publisher.sign_in_as(make_journalist(PUBLISHERS, "Paula Publisher"))
    publisher.go("/admin/articles/page/add/")
    publisher.page.locator("#id_title").fill("The people behind it")
    publisher.page.locator("#id_path").fill("about")
    publisher.page.locator("#id_is_published").check()
    publisher.page.get_by_role("textbox", name="Text of the story").click()
    publisher.page.keyboard.type("We are five people and a kettle.")
    publisher.press("Save, live at once")
    publisher.sees("The people behind it")
    for place in ("menu", "footer"):
        publisher.go("/admin/members/menuitem/add/")
        publisher.page.locator("#id_place").select_option(place)
        publisher.page.locator("#id_label").fill("About us")
        publisher.page.locator("#id_path").fill("/about/")
        publisher.page.locator("[name=_save]").click()
        publisher.sees("About us")
    reader = open_window()
    reader.go("/")
    reader.follow("About us", within="header")
    reader.sees("We are five people and a kettle.")
    expect(reader.page.locator("footer").get_by_role("link", name="About us")).to_be_visible()
    assert f"{site.url}/about/" in site.read("/sitemap-site.xml") + site.read("/sitemap.xml")
    assert all(
        "kettle" not in site.read(feed) and "/about/" not in site.read(feed) for feed in ("/feed/", "/feed.json")
    )
    assert publisher.complaints == reader.complaints == []
