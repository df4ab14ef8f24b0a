"""What leaves for WordPress is what WordPress reads: judged by a schema, by a parser and by our own way in."""

import io
import json
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import etree
from lxml import html as lxml_html

from articles.models import Article, Author, Byline, Correction, LiveEntry, Name, Page, Picture, Series, Tag
from articles.nodes import plain_text
from comments.models import Discussion, Reply
from members.gate import Audience, ReplyRight
from members.models import SiteRules
from tests import database
from tests.factories import AuthorFactory, MemberFactory, SectionFactory, make_article
from tests.newsroom.one_of_each import PNG

pytestmark = pytest.mark.django_db(transaction=True)
SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("wxr12.rng")))
WP = {"wp": "http://wordpress.org/export/1.2/", "content": "http://purl.org/rss/1.0/modules/content/"}
TEXT = """<p>It said “5.88” &amp; fell<span data-footnote="">At <em>ten</em>.</span>.</p><hr data-paywall="here">
<h2 id="night">The night</h2><figure data-picture="{0}"></figure><figure data-gallery="{0} {1}"></figure>
<figure data-quote="pull"><blockquote><p>Rowed home.</p></blockquote><figcaption>A ferryman</figcaption></figure>
<aside data-read-also="{2}"></aside><aside data-box="fact"><p>Four sluices.</p></aside>
<figure data-embed="https://www.youtube.com/watch?v=abcdefghijk"></figure><p>]]&gt; ends nothing.</p>
<ul><li><p>One</p></li></ul>"""


def export(path: Path) -> str:
    """What the command says."""
    out = io.StringIO()
    call_command("export_wordpress", str(path), stdout=out)
    return out.getvalue()


def pictures() -> list[Picture]:
    """One with its file, one whose file still lies on an older site."""
    here = Picture.objects.create(alt="A boat & a buoy", caption="The Widow & the bar", credit="A. Ink")
    here.file.save("boat.png", ContentFile(PNG))
    return [here, Picture.objects.create(alt="A quay", source_url="https://example.org/quay.jpg")]


def paper() -> Article:
    """Stories of every state and one with everything in its text; pages that nest; replies that answer and wait."""
    now, (first, second) = timezone.now(), pictures()
    authors = [AuthorFactory(name="Ada Ink", slug="ada-ink"), AuthorFactory(name="Bo Reed", slug="bo-reed")]
    section = SectionFactory(slug="harbour", name="Harbour & trade")
    SiteRules.objects.create(pk=1, name="The Paper & co", archive_days=300, archive_audience=Audience.MEMBERS)
    before = make_article(
        headline="Before", slug="before", section=section, reply_right=ReplyRight.CLOSED,
        published_at=now - timedelta(days=400),
    )  # fmt: skip
    story = make_article(
        Audience.PATRONS, headline="The night <the Varn> came", slug="the-night", section=section, lead_picture=first,
        full_text=TEXT.format(first.key, second.key, before.pk),
        series=Series.objects.create(name="Tides", slug="tides"), is_lead=True,
        published_at=now - timedelta(days=40),
    )  # fmt: skip
    for place, author in enumerate(authors):
        Byline.objects.create(article=story, author=author, position=place)
    story.tags.add(Tag.objects.create(name="Water\x0b & mud", slug="water"))
    Correction.objects.create(article=story, text="It was 5.89 <metres>.")
    LiveEntry.objects.create(article=story, headline="Ebb & flow", text="<p>It falls.</p>")
    make_article(headline="To come", slug="to-come", published_at=now + timedelta(days=2), section=section)
    make_article(headline="Unfinished", slug="", status="draft", published_at=None, published_on=None, section=section)
    above = Page.objects.create(title="About", path="about", body="<p>Us.</p>", is_published=True)
    below = Page.objects.create(title="Team", path="about/team", body="<p>Six.</p>", is_published=True)
    Name.objects.bulk_create(Name(path=page.path, page=page) for page in (above, below))
    talk(story, now)
    return story


def talk(story: Article, now: Any) -> None:
    """A thread, a reply that waits, one under it, and one that was taken away."""
    discussion = Discussion.objects.create(story=story)
    talker = MemberFactory(name="Tess Talker", email="tess@example.org")
    said: dict[str, Reply] = {}
    for text, parent, status in (
        ("I saw it, 3 < 4.", "", "published"), ("So did I.", "I saw it, 3 < 4.", "published"), ("Hm.", "", "held"),
        ("Under one that waits.", "Hm.", "published"), ("Rude.", "", "removed"),
    ):  # fmt: skip
        said[text] = Reply.objects.write(
            discussion, said.get(parent), text=text, posted_at=now - timedelta(hours=9), author=talker, status=status
        )


def items(path: Path) -> dict[str, Any]:
    """Title → item, as an independent parser reads the file; it follows the schema."""
    tree = etree.parse(path)
    SCHEMA.assertValid(tree)
    return {unescape(item.findtext("title") or ""): item for item in tree.iter("item")}


def test_wordpress_reads_what_leaves(tmp_path: Path, client: Client) -> None:
    story = paper()
    said = export(tmp_path / "out.xml")
    assert "stories 4, pages 2, pictures and files 2, replies 4." in said
    assert "not for everybody: 2." in said, "one by its audience, one by its age"
    found = items(tmp_path / "out.xml")
    statuses = {title: item.findtext("wp:status", namespaces=WP) for title, item in found.items()}
    assert statuses == {
        "A boat & a buoy": "inherit", "A quay": "inherit", "About": "publish", "Team": "publish",
        "Before": "publish", "The night <the Varn> came": "publish", "To come": "future", "Unfinished": "draft",
    }  # fmt: skip
    item = found["The night <the Varn> came"]
    fed = {
        one.findtext("link"): one.findtext("guid")
        for one in etree.fromstring(client.get("/feed/").content).iter("item")
    }
    assert item.findtext("guid") == fed[item.findtext("link")], "readers' apps see nothing twice"
    assert item.findtext("link") == f"http://testserver{story.get_absolute_url()}"
    assert item.findtext("wp:post_date", namespaces=WP)[:10] == f"{story.published_on}"
    terms = [(term.get("domain"), term.get("nicename")) for term in item.findall("category")]
    assert terms == [
        ("category", "harbour"), ("post_tag", "water"), ("post_tag", "tides"), ("author", "cap-ada-ink"),
        ("author", "cap-bo-reed"),
    ]  # fmt: skip
    fields = {one[0].text: one[1].text for one in item.findall("wp:postmeta", WP)}
    assert fields["_jetpack_newsletter_access"] == "paid_subscribers"
    assert found["Before"].findtext("wp:postmeta/wp:meta_value", namespaces=WP) == "subscribers"
    assert found["To come"].find("wp:postmeta", WP) is None
    face = found["A boat & a buoy"].findtext("wp:post_id", namespaces=WP)
    assert fields["_thumbnail_id"] == face
    reads_as_wordpress_text(item.findtext("content:encoded", namespaces=WP), json.loads(fields["footnotes"]), face)
    numbers = [one.findtext("wp:post_id", namespaces=WP) for one in found.values()]
    assert len(set(numbers)) == len(numbers)
    above = found["About"].findtext("wp:post_id", namespaces=WP)
    assert found["Team"].findtext("wp:post_parent", namespaces=WP) == above
    assert "tess@example.org" not in (tmp_path / "out.xml").read_text()
    with pytest.raises(CommandError, match="already"):
        export(tmp_path / "out.xml")


def reads_as_wordpress_text(text: str, notes: list[dict[str, str]], face: str) -> None:
    """Divider, Jetpack's paywall, pictures, gallery, quotation, footnote and address stand as WordPress has them."""
    root = lxml_html.fragment_fromstring(text, create_parent="div")
    assert text.index("<!--more-->") < text.index("<!-- wp:jetpack/paywall /-->") < text.index("The night")
    image = root.find(".//figure/img")
    assert image.get("src").startswith("http://testserver/media/pictures/")
    assert (image.get("alt"), image.get("class")) == ("A boat & a buoy", f"wp-image-{face}")
    assert image.getparent().findtext("figcaption") == "The Widow & the bar A. Ink"
    assert f'[gallery ids="{face},' in text
    assert root.findtext(".//figure[@class='wp-block-pullquote']/blockquote/cite") == "A ferryman"
    (mark,) = root.findall(".//sup[@class='fn']")
    assert [mark.get("data-fn")] == [note["id"] for note in notes]
    assert notes[0]["content"] == "At <em>ten</em>."
    assert "<p>https://www.youtube.com/watch?v=abcdefghijk</p>" in text
    assert "It was 5.89 &lt;metres&gt;." in text
    assert "Ebb &amp; flow</h3><p>It falls.</p>" in text
    assert root.xpath("string(.//p/a[contains(@href, '/before/')])") == "Before"
    assert "data-" not in text.replace("data-fn", "")


def test_our_own_way_in_brings_it_back(tmp_path: Path, settings: Any) -> None:
    settings.SITE_URL = "http://127.0.0.1:9"
    paper()
    export(tmp_path / "out.xml")
    before = remembered()
    replies = set(Reply.objects.exclude(status="removed").values_list("comment", "reply_to__comment", "posted_at"))
    with connection.cursor() as cursor:
        cursor.execute(database.EMPTY.format(kept=str(database.KEPT)[1:-1]))
    call_command("import_wordpress", str(tmp_path / "out.xml"), stdout=io.StringIO())
    after = remembered()
    assert {key: after[key] for key in before} == before
    assert Article.objects.get(headline="The night <the Varn> came").lead_picture.alt == "A boat & a buoy"
    assert Author.objects.filter(bylines__article__slug="the-night", name="Ada Ink").exists()
    held = Reply.objects.filter(status="held").values_list("comment", flat=True)
    assert set(held) == {"Hm.", "Under one that waits."}
    seconds = {(text, parent, at.replace(microsecond=0)) for text, parent, at in replies}
    assert set(Reply.objects.values_list("comment", "reply_to__comment", "posted_at")) == seconds


def remembered() -> dict[str, Any]:
    """What a reader knows the site by: addresses, words, places, dates."""
    found: dict[str, Any] = {}
    for story in Article.objects.exclude(published_on=None).select_related("section").prefetch_related("tags"):
        root = lxml_html.fragment_fromstring(story.teaser, create_parent="div")
        tags = sorted(tag.slug for tag in story.tags.all() if tag.slug != "tides")
        found[story.get_absolute_url()] = (
            story.headline, story.section and story.section.slug, story.published_at.replace(microsecond=0), tags,
            story.reply_right, story.status, plain_text([root])[:14],
        )  # fmt: skip
    found |= {page.get_absolute_url(): (page.title, page.is_published, page.body) for page in Page.objects.all()}
    return found
