"""A Ghost site moves in: what comes, for whom it is, where it is found, and what a second run does."""

import json
import re
import zipfile
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from articles.importers.ghost.site import GhostImport
from articles.models import (
    Article,
    Author,
    Byline,
    Document,
    LinkPreview,
    Name,
    Page,
    Picture,
    Redirect,
    Section,
    Tag,
    Tagging,
)  # fmt: skip
from members.gate import Audience
from members.models import AuditEntry, Letter, Member, MenuItem, Price, SiteRules, Tier
from tests.articles.importers import ghost_exports as ghost
from tests.articles.importers.ghost_exports import SITE
from tests.articles.importers.oldsite import PDF, photograph
from tests.factories import SectionFactory, TierFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

MODELS = (
    Article, Author, Byline, Document, LinkPreview, Name, Page, Picture, Redirect, Section, Tag, Tagging, Letter,
    MenuItem, Price, SiteRules, Tier, AuditEntry,
)  # fmt: skip
ON_STORIES = "The end."


def run(path: Path, *more: str) -> str:
    """Import `path`; what the command said."""
    said = StringIO()
    call_command("import_ghost", str(path), "--site", SITE, *more, stdout=said)
    return said.getvalue()


def rows() -> dict[str, list[Any]]:
    """Every row an import may write, as it is."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in MODELS}


def story(key: str) -> Article:
    """The story of a Ghost post."""
    return Article.objects.get(legacy_key=f"ghost:{key}")


def shape(html: str) -> str:
    """A text with every key of ours as a star."""
    return re.sub(r'(data-(?:picture|gallery|file))="[^"]*"', r'\1="*"', html)


def test_ghost_6_comes_whole_for_the_same_readers_and_once(tmp_path: Path, client: Client) -> None:
    said = run(ghost.write(tmp_path / "export.json"), "--sections", "news", "nowhere")
    lamp = story(ghost.LAMP)
    assert (lamp.headline, lamp.standfirst, lamp.feed_id) == ("The lamp & the oil", "About oil.", ghost.LAMP)
    assert (lamp.search_headline, lamp.social_headline) == ("Lamp, oil", "Look at this lamp")
    assert (lamp.section and lamp.section.name, [tag.name for tag in lamp.tags.all()]) == ("News", ["Light"])
    bylines = lamp.bylines.order_by("position").select_related("author__portrait")
    assert [one.author.name for one in bylines] == ["Anna Lind", "Bene"]
    anna = bylines[0].author
    assert (anna.slug, anna.bio, anna.email) == ("anna", "Keeps the lamp.", "")
    assert anna.portrait
    assert anna.portrait.source_url == f"{SITE}/content/images/2026/01/anna.jpg"
    assert lamp.lead_picture
    assert (lamp.lead_picture.alt, lamp.lead_picture.caption) == ("A tower", "The tower")
    assert lamp.get_absolute_url() == "/2026/01/03/lamp/"  # the day here: its old address named none

    low, high = Tier.objects.order_by("rank")
    assert (low.name, low.is_active, high.name, high.is_active) == ("Low", False, "High", True)
    assert (high.perks, high.trial_days) == ("A lamp at night", 7)
    assert set(high.prices.values_list("interval", "unit_amount", "currency", "stripe_id")) == {
        ("month", 900, "USD", None), ("year", 9000, "USD", None)
    }  # fmt: skip
    given = {one.feed_id: (one.audience, one.minimum_tier) for one in Article.objects.select_related("minimum_tier")}
    assert given == {
        ghost.LAMP: (Audience.MEMBERS, None),
        ghost.FOG: (Audience.PATRONS, None),
        **dict.fromkeys((ghost.KEEP, ghost.DRAFT, ghost.LATER, ghost.MAIL), (Audience.EVERYONE, None)),
        ghost.GOLD: (Audience.PATRONS, high),
        ghost.SILVER: (Audience.PATRONS, low),
        ghost.ODD: (Audience.PATRONS, None),
    }
    assert "“For odd ones” was for “label:vip”, which has no counterpart: it is for patrons" in said
    page = client.get("/2026/01/03/fog-horn/").content.decode()
    assert "Fog horn" in page
    assert ON_STORIES not in page  # Ghost showed nothing of it either
    assert "in words" not in page
    assert "After the wall" not in client.get("/2026/01/03/lamp/").content.decode()
    assert ON_STORIES in client.get("/2026/01/03/mail/").content.decode()

    states = {one.feed_id: (one.status, one.announced_at is not None) for one in Article.objects.all()}
    assert states.pop(ghost.DRAFT) == ("draft", False)
    assert set(states.values()) == {("published", True)}
    assert client.get("/2031/01/01/later/").status_code == 404
    assert (story(ghost.FOG).canonical_url, story(ghost.KEEP).canonical_url) == ("https://elsewhere.example/fog", "")
    assert list(Page.objects.order_by("path").values_list("path", "is_published")) == [
        ("about", True),
        ("inner", False),
    ]
    assert "“For members” was not for everybody; pages have no wall here, so it is not published" in said
    assert "“nowhere” was to be a section, but the export has no such tag" in said

    rules = SiteRules.current()
    assert (rules.name, rules.tagline, rules.description) == ("The Lighthouse", "Light for all", "Light for all")
    assert list(MenuItem.objects.order_by("position").values_list("place", "label", "path")) == [
        ("menu", "Home", "/"), ("menu", "News", "/news/"), ("menu", "About", "/about/"),
        ("menu", "Elsewhere", "https://x.example/"),
    ]  # fmt: skip
    assert list(Letter.objects.values_list("slug", "name", "is_active")) == [("beam", "The beam", False)]
    for old, new in (("/lamp/", "/2026/01/03/lamp/"), ("/p/uuid-lamp/", "/2026/01/03/lamp/"), ("/tag/news/", "/news/"),
                     ("/email/uuid-mail/", "/2026/01/03/mail/")):  # fmt: skip
        answer = client.get(old)
        assert (answer.status_code, answer["Location"]) == (301, new)
    assert not Redirect.objects.filter(new_path__contains="draft").exists()

    assert not mail.outbox
    assert not Member.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    before = rows()
    assert "Nothing new." in run(tmp_path / "export.json", "--sections", "news")
    assert rows() == before


def test_every_card_of_lexical_becomes_what_a_story_holds(tmp_path: Path) -> None:
    said = run(ghost.write(tmp_path / "export.json"))
    assert shape(story(ghost.LAMP).full_text).replace("> <", "><").split("\n") == [
        "<p>The lamp is <strong>new</strong> and <em><strong>bright</strong></em><sup>²</sup>.</p>",
        "<h2>How it shines</h2>",
        "<h3>In detail</h3>",
        '<p><a href="/fog-horn/" rel="noopener">before</a></p>',
        '<ul><li>oil<ol start="3"><li>whale</li></ol></li></ul>',
        "<blockquote><p>Keep it burning.</p></blockquote>",
        '<figure data-quote="pull"><blockquote><p>Burning for all.</p></blockquote></figure>',
        '<figure data-picture="*"></figure>',
        '<figure data-gallery="*"></figure>',
        "<p>Both lamps</p>",
        '<figure data-embed="https://lamps.example/history"></figure>',
        '<figure data-embed="https://www.youtube.com/watch?v=dQw4w9WgXcQ"></figure>',
        '<aside data-box="fact"><p>💡 Oil is <strong>dear</strong></p></aside>',
        "<h3>Why?</h3>",
        "<p>Because of ships.</p>",
        '<p>Fat <strong>oil</strong><span data-footnote="">See <em>Pliny</em>.</span> here</p>',
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
        "<p>By hand</p>",
        '<p><a href="https://oil.example/" rel="noopener">Buy oil</a></p>',
        '<figure data-file="*"></figure>',
        f'<p><a href="{SITE}/content/files/2026/01/plan.zip" rel="noopener">All plans</a></p>',
        '<figure data-file="*"></figure>',
        f'<figure data-embed="{SITE}/content/media/2026/01/beam.mp4"></figure>',
        "<p>The beam</p>",
        "<h2>Set apart</h2>",
        "<p>and below</p>",
        '<p><a href="/membership/" rel="noopener">Join</a></p>',
        "<h3>A wick</h3>",
        "<p>Long</p>",
        "<p>Come and see</p>",
        "<pre><code>if x &lt; 1:",
        "    shine()</code></pre>",
        "<hr>",
        '<hr data-paywall="here">',
        "<p>After the wall.</p>",
    ]
    lamp = Picture.objects.get(source_url=f"{SITE}/content/images/2026/01/lamp.jpg")  # not a size of it
    assert (lamp.alt, lamp.caption) == ("A lamp", "The lamp")
    card = LinkPreview.objects.get(url="https://lamps.example/history")
    assert (card.title, card.description, card.fetched_at is None) == ("Lamps & oil", "Of old", False)
    files = Document.objects.order_by("source_url").values_list("source_url", "kind", "title")
    assert {(f"{SITE}/content/files/2026/01/plan.pdf", "pdf", "The plan"),
            (f"{SITE}/content/media/2026/01/horn.mp3", "audio", "The horn")} <= set(files)  # fmt: skip
    for lost in ("1 × block that only some readers saw", "1 × card “transistor”", "beam.mp4", "plan.zip",
                 "texts that only mails carried", "sign-up forms in texts"):  # fmt: skip
        assert lost in said
    assert "Only members saw this" not in story(ghost.LAMP).full_text


def test_ghosts_own_html_keeps_cards_and_footnotes(tmp_path: Path) -> None:
    run(ghost.write(tmp_path / "export.json"))
    assert shape(story(ghost.KEEP).full_text).split("\n") == [
        '<p>The keeper<span data-footnote="">Of the <a href="/lamp/" rel="noopener">lamp</a>.</span> sleeps'
        " by day.</p>",
        '<figure data-picture="*"></figure>',
        '<p><a href="https://a.example/" rel="noopener">A man</a></p>',
        '<figure data-gallery="*"></figure>',
        '<figure data-embed="http://testserver/lamp/"></figure>',
        '<figure data-embed="https://twitter.com/keeper/status/12345"></figure>',
        '<aside data-box="fact"><p>! He is &lt;asleep&gt;</p></aside>',
        "<h3>When?</h3>",
        "<p>At noon.</p>",
        '<p><a href="https://b.example/" rel="noopener">Wake him</a></p>',
        '<figure data-file="*"></figure>',
        '<figure data-file="*"></figure>',
        '<figure data-quote="pull"><blockquote><p>Sleep well.</p></blockquote></figure>',
        "<pre><code>a",
        "  b</code></pre>",
    ]


def test_ghost_1_comes_from_mobiledoc_by_dated_addresses(tmp_path: Path) -> None:
    said = run(ghost.write(tmp_path / "export.json", ghost.ghost_1(), version="1.20.0"))
    old = Article.objects.get(headline="Old")
    assert shape(old.full_text).replace("> <", "><").split("\n") == [
        "<h2>Old &amp; odd</h2>",
        '<p>An <em><strong>old</strong> lamp</em><br><a href="/other/" rel="noopener">there</a></p>',
        '<figure data-picture="*"></figure>',
        "<p>Some <em>old</em> words</p>",
        "<ul><li>one</li><li>two</li></ul>",
        "<ol><li>first</li><li>second</li></ol>",
        "<pre><code>a &lt; b</code></pre>",
        "<hr>",
        '<hr data-paywall="here">',
        '<figure data-quote="pull"><blockquote><p>Well said</p></blockquote></figure>',
        "<blockquote><p>Quoted</p></blockquote>",
    ]
    assert old.get_absolute_url() == "/2018/01/05/old/"
    assert [one.author.name for one in old.bylines.all()] == ["Ghost"]
    assert list(Redirect.objects.values_list("old_path", "new_path")) == [
        ("/p/u-1/", "/2018/01/05/old/"), ("/tag/", "/tag-page/")
    ]  # fmt: skip
    assert "1 × card “nft”" in said
    assert "“Who” lives at /tag-page/: its address was taken" in said


def test_a_zip_brings_its_files_and_the_publishers_redirects(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    wanted = [(r"^\/horn\/?$", f"{SITE}/2026/fog-horn/"), ("/x/(.*)", "/$1"), ("/a", "/a/")]
    with zipfile.ZipFile(path, "w") as box:
        box.writestr("ghost/data.json", json.dumps(ghost.export(ghost.tables())))
        box.writestr("ghost/redirects.json", json.dumps([{"from": old, "to": new} for old, new in wanted]))
        box.writestr("redirects.yaml", "301:\n  /out: https://out.example/\n302:\n  '/lamps/': /tag/light/\n")
        box.writestr("routes.yaml", "collections:\n  /:\n    permalink: /{year}/{slug}/\n")
        box.writestr("ghost/content/images/2026/01/tower.jpg", photograph())
        box.writestr("ghost/content/files/2026/01/plan.pdf", PDF)
        box.writestr("content/../../escape.jpg", photograph())
    said = run(path, "--dry-run", "--report", str(tmp_path / "dry.txt"))
    assert "This was a dry run: nothing was written." in said
    assert not Article.objects.exists()
    planned = (tmp_path / "dry.txt").read_text(encoding="utf-8")
    assert planned.startswith("Ghost, export.zip: 03 November 2026, 13:00 (dry run: nothing was written)")
    assert planned.partition("\n\n")[2] in said
    run(path, "--report", str(tmp_path / "report.txt"))
    kept = (tmp_path / "report.txt").read_text(encoding="utf-8")
    picture = story(ghost.LAMP).lead_picture
    assert picture
    assert (picture.file.size > 0, picture.width, picture.fetched_at is None) == (True, 40, False)
    assert Document.objects.get(title="The plan").file.size == len(PDF)
    assert f"{SITE}/content/images/2026/01/lamp.jpg: is not in the folder (in “The lamp & the oil”)" in kept
    led = dict(Redirect.objects.values_list("old_path", "new_path"))
    assert led["/horn/"] == led["/2026/fog-horn/"] == "/2026/01/03/fog-horn/"
    assert (led["/out/"], led["/lamps/"]) == ("https://out.example/", "/tag/light/")
    assert "/a/" not in led
    assert "“/x/(.*)” led to /$1: it is a pattern" in kept
    assert not (tmp_path / "escape.jpg").exists()


def check_that_all_came() -> None:
    """What an import broken off and taken up again has to end in."""
    lamp = story(ghost.LAMP)
    assert (lamp.section and lamp.section.name, lamp.lead_picture and lamp.lead_picture.alt) == ("News", "A tower")
    assert [one.author.name for one in lamp.bylines.order_by("position")] == ["Anna Lind", "Bene"]
    assert [tag.name for tag in lamp.tags.all()] == ["Light"]
    gold = story(ghost.GOLD)
    assert (gold.audience, gold.minimum_tier and gold.minimum_tier.name) == (Audience.PATRONS, "High")
    assert Picture.objects.filter(source_url__endswith="tower.jpg").count() == 1
    assert (Article.objects.count(), Page.objects.count(), Tier.objects.count(), Author.objects.count()) == (9, 2, 2, 2)
    assert SiteRules.current().name == "The Lighthouse"


def test_a_half_file_gives_what_it_holds_and_the_whole_one_the_rest(tmp_path: Path) -> None:
    whole, path = json.dumps(ghost.export(ghost.tables())), tmp_path / "half.json"
    for half in (0.62, 0.8, 0.97):
        path.write_text(whole[: int(len(whole) * half)], encoding="utf-8")
        with pytest.raises(CommandError, match=r"broken at line 1, character \d+: .* \(after “.*”\)\. What came"):
            run(path, "--sections", "news")
        assert Article.objects.exists()
    story(ghost.KEEP).tags.add(Tag.objects.create(name="Ours", slug="ours"))
    Article.objects.filter(legacy_key=f"ghost:{ghost.FOG}").update(edition=1)  # somebody worked on it
    run(ghost.write(tmp_path / "whole.json"), "--sections", "news")
    check_that_all_came()
    assert [tag.name for tag in story(ghost.KEEP).tags.all()] == ["Ours"]
    assert not story(ghost.FOG).bylines.exists()


def test_an_interrupted_run_is_completed_by_the_next(tmp_path: Path, now: datetime) -> None:
    path = ghost.write(tmp_path / "export.json")
    for stories in (1, 4, 8):
        stopped = GhostImport(path, now, site=SITE, sections=frozenset(["news"]))
        stopped.read()
        brought = stopped.bring()
        for _turn in range(stories):
            next(brought)
        brought.close()
    run(path, "--sections", "news")
    check_that_all_came()


def test_what_is_said_here_stays_and_a_site_named_later_moves_what_is_still_to_be_fetched(tmp_path: Path) -> None:
    SiteRules.objects.create(pk=1, name="Ours", description="By us")
    MenuItem.objects.create(place="menu", label="Mine", path="/mine/")
    SectionFactory(slug="fog-horn")
    TierFactory(slug="high", name="Ours already", rank=3)
    path = ghost.write(tmp_path / "export.json")
    said = StringIO()
    call_command("import_ghost", str(path), stdout=said)
    assert "“Tiers” do not rise with their prices" in said.getvalue()
    assert "“Fog horn” stood at /fog-horn/, where something else lives: nothing leads on" in said.getvalue()
    rules = SiteRules.current()
    assert (rules.name, rules.tagline, rules.description) == ("Ours", "Light for all", "By us")
    assert list(MenuItem.objects.values_list("label", flat=True)) == ["Mine"]
    assert list(Tier.objects.order_by("rank").values_list("name", "rank")) == [("Ours already", 3), ("Low", 4)]

    guessed = sorted(Picture.objects.values_list("source_url", flat=True))
    assert all(url.startswith("http://testserver/content/") for url in guessed)
    run(path)
    moved = sorted(Picture.objects.values_list("source_url", flat=True))
    assert moved == [url.replace("http://testserver", SITE) for url in guessed]
    assert not Document.objects.exclude(source_url__startswith=f"{SITE}/content/").exists()
