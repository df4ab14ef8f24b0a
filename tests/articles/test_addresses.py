"""Every old form of an address answers with one redirect to where the thing lives now, or not at all."""

import re
from datetime import UTC, date, datetime
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.importers.wordpress import wxr
from articles.models import Document, MissedAddress, Name, Page, Picture, Redirect, Tag
from newsroom.management.commands import import_wordpress
from tests.factories import AuthorFactory, SectionFactory, make_article

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_furniture")]
UPLOADS = "https://old.example.org/wp-content/uploads"
EXPORT = Path(__file__).parent / "fixtures/wordpress-1.2.xml"
LINK = re.compile(r'<a [^>]*?href="([^"]+)"')
SIZED = re.compile(r"(\.\w+)$")
QUAY = "/2015/03/05/the-quay/"


def ask(client: Client, address: str, method: str = "get") -> Any:
    """The answer at an address, as a server hands it over: doubled slashes and escapes."""
    path, _mark, query = address.partition("?")
    sent = {"PATH_INFO": unquote(path).encode().decode("latin-1"), "QUERY_STRING": query}
    return getattr(client, method)("/", **sent)


@pytest.fixture
def paper() -> None:
    """A small paper that moved in: two stories of one name, one of its own, a section, a page, a tag, an author."""
    section = SectionFactory(slug="harbour", name="Harbour")
    day = datetime(2015, 3, 5, 9, tzinfo=UTC)
    for slug, when in (("the-quay", day), ("weather", day), ("weather", day.replace(year=2016)), ("επίπεδο", day)):
        make_article(slug=slug, published_on=when.date(), published_at=when, live_from=when, section=section)
    make_article(slug="tomorrow", published_on=date(2031, 1, 1), published_at=day.replace(year=2031),
                 live_from=day.replace(year=2031))  # fmt: skip
    for path, is_published in (("about", True), ("about/team", True), ("hidden", False)):
        page = Page.objects.create(title=path, path=path, is_published=is_published)
        Name.objects.create(path=path, page=page)
    Tag.objects.create(name="Water", slug="water")
    AuthorFactory(name="Maren Holt", slug="maren-holt")
    for old, new in (
        ("/?p=11", QUAY), ("/?page_id=21", "/about/"), ("/?attachment_id=31", QUAY), ("/?cat=4", "/harbour/"),
        ("/?author=3", "/author/maren-holt/"), ("/category/port/", "/harbour/"), ("/tag/sea/", "/tag/water/"),
        ("/author/maren/", "/author/maren-holt/"), ("/archives/7", QUAY), ("/notizen/über-uns.html", "/about/"),
        ("/article.php?id=9", QUAY), ("/blog/*", "/*"), ("/shop/*", "https://shop.example.org/"),
        ("/poster/", "/wp-content/uploads/2015/03/quay.jpg"),
    ):  # fmt: skip
        Redirect.objects.create(old_path=old, new_path=new)
    for name, source, more in (
        ("quay", f"{UPLOADS}/2015/03/quay-scaled.jpg", {"prepared_at": timezone.now()}),
        ("hafen", f"{UPLOADS}/2015/03/{quote('häfen')}.png", {}),
        ("lent", f"{UPLOADS}/lent.jpg", {"rights_until": date(2001, 1, 1)}),
        ("g", "https://g.example.org/content/images/2020/01/g.jpg", {}),
    ):
        Picture.objects.create(file=f"pictures/{name}.jpg", width=2400, height=1600, source_url=source, **more)
    Picture.objects.create(source_url=f"{UPLOADS}/away.jpg")
    Document.objects.create(title="Minutes", file="documents/m.pdf", kind="pdf", media_type="application/pdf",
                            source_url=f"{UPLOADS}/2015/m.pdf")  # fmt: skip


MOVED = {
    QUAY: "/?p=11 /?p=0011&utm_source=x /?attachment_id=31 /?p=11&feed=rss2 /archives/7 /archives/7/ /ARCHIVES/7/amp/ "
    "/archives/11 /2015/03/05/11/ /2015/03/05/THE-QUAY /2015/03/05/The-Quay/ /2015/03/04/the-quay/ /2015/03/the-quay/ "
    "/2015/the-quay.html /2015/03/05/the-quay/2/ /2015/03/05/the-quay/page/2/ /2015/03/05/the-quay/amp "
    "/harbour/the-quay/ "
    "/the-quay/ /the-quay /the-quay.php /the-quay.amp /amp/the-quay/ /p/the-quay/ /index.php/2015/03/05/the-quay/ "
    "/2015/03/05/the-quay/feed/ /2015/03/05/the-quay/feed/atom/ /2015/03/05/the-quay/trackback/ /the-quay/embed/ "
    "/2015/03/05/the-quay/comment-page-3/ /2015/03/05/the-quay/attachment/crane/ /index.php?p=11 /article.php?id=9 "
    "//2015//03/05/the-quay /blog/2015/03/05/the-quay/ /blog/the-quay/ /blog/archives/7/",
    "/2016/03/05/weather/": "/2016/03/weather/ /2016/weather.html",
    "/2015/03/05/επίπεδο/": "/επίπεδο/ /2015/03/%CE%B5%CF%80%CE%AF%CF%80%CE%B5%CE%B4%CE%BF/ "
    "/2015/03/05/%ce%95%ce%a0%ce%af%cf%80%ce%b5%ce%b4%ce%bf/",
    "/about/": "/?page_id=21 /notizen/%C3%BCber-uns.html /notizen/u%CC%88ber-uns.html/ /About/ /about/amp/ "
    "/about/feed/",
    "/about/team/": "/about/Team /about/team/page/2/ /blog/about/team/",
    "/harbour/": "/?cat=4 /?cat=4,5 /category/port/ /category/harbour/ /category/news/harbour/ /category/port/page/2/ "
    "/Category/Port /rubrik/harbour/ /harbour/page/7/ /blog/category/harbour/",
    "/harbour/feed/": "/category/port/feed/ /category/harbour/feed/rss2/ /?cat=4&feed=rss2 /harbour/feed/atom/ "
    "/harbour/rss/",
    "/tag/water/": "/tag/sea/ /tag/Water/ /tag/water/page/2/ /tag/water+mud/ /category/water/ /?tag=water",
    "/author/maren-holt/": "/?author=3 /author/maren/ /author/maren/page/2/ /author/Maren-Holt/",
    "/feed/": "/feed/rss/ /feed/rss2/ /feed/atom/ /feed/rdf/ /rss/ /rss.xml /atom.xml /feed.xml /comments/feed/ "
    "/wp-rss2.php "
    "/comments/feed/atom/ /?feed=rss2 /?feed=comments-rss2 /index.php?feed=atom /page/2/feed/ /amp/feed/",
    "/feed.json": "/feed/json/",
    "/": "/page/2/ /amp/ /index.php /?m=1 /?author=somebody",
    "/archive/2015/": "/2015/ /2015/page/2/ /?m=2015",
    "/archive/2015/3/": "/2015/03/ /2015/03/05/ /?m=201503 /?m=20150305 /2015/03/feed/",
    "/search/?q=old%20quay": "/search/old%20quay/ /?s=old+quay /search/old+quay/feed/rss2/",
    "/sitemap.xml": "/wp-sitemap.xml /sitemap_index.xml /post-sitemap2.xml",
    "https://shop.example.org/": "/shop/mugs/7 /shop/",
    "/media/pictures/quay.jpg": "/wp-content/uploads/2015/03/quay.jpg /wp-content/uploads/2015/03/quay-scaled.jpg "
    "/wp-content/uploads/2015/03/quay.jpg?w=900 /poster/",
    "/media/pictures/quay.480.jpg": "/wp-content/uploads/2015/03/quay-300x200.jpg "
    "/wp-content/uploads/2015/03/quay-150x150.jpg.webp",
    "/media/pictures/quay.1440.jpg": "/wp-content/uploads/2015/03/quay-1024x683.jpg",
    "/media/pictures/hafen.jpg": "/wp-content/uploads/2015/03/h%C3%A4fen-300x200.png",
    "/media/pictures/g.jpg": "/content/images/size/w600/2020/01/g.jpg /content/images/2020/01/g.jpg",
    "/media/documents/m.pdf": "/wp-content/uploads/2015/m.pdf",
}  # fmt: skip
NOWHERE = (
    "/weather/ /2031/01/01/tomorrow/ /tomorrow/ /hidden/amp/ /?p=99 /?p=x /?page_id= /?cat=99 /category/nothing/ "
    "/tag/nothing/feed/ "
    "/author/nobody/ /1999/ /2015/13/ /2015/02/31/x/ /0000/the/ /wp-content/uploads/lent.jpg "
    "/wp-content/uploads/away.jpg "
    "/wp-content/uploads/ /membership/the-quay/ /preview/the-quay/ /account/amp/the-quay/ /blog/unheard-of/ /x/ /%00 "
    "/?p=%00 "
    "/2015/03/05/the-quay/live/"
)  # fmt: skip
GONE = (
    "/wp-login.php /blog/wp-login.php /xmlrpc.php /wp-admin/ /wp-admin/admin-ajax.php /wp-json/wp/v2/posts "
    "/wp-content/plugins/x.js /ghost/"
)


def test_every_old_form_leads_to_the_thing_with_one_redirect(paper: None, client: Client) -> None:
    wrong = []
    for new, addresses in MOVED.items():
        for address in addresses.split():
            for method in ("get", "head"):
                answer = ask(client, address, method)
                found = unquote(answer.get("Location", ""))
                if (answer.status_code, found) != (301, unquote(new)):
                    wrong.append(f"{method} {address}: {answer.status_code} {found}, not {new}")
        if new.startswith("/") and not new.startswith("/media/"):
            assert ask(client, new).status_code == 200, new
    assert not wrong, "\n".join(wrong)


def test_what_nobody_knows_is_missed_and_the_old_doors_are_gone(paper: None, client: Client) -> None:
    odd = {path: status for path in NOWHERE.split() if (status := ask(client, path).status_code) != 404}
    assert not odd
    for path in GONE.split():
        with CaptureQueriesContext(connection) as queries:
            assert {ask(client, path).status_code, client.post(path).status_code} == {410}, path
        assert not queries.captured_queries
    assert not MissedAddress.objects.filter(path__startswith="/wp-").exists()


def test_an_address_nobody_knows_costs_no_more_than_its_page(paper: None, client: Client) -> None:
    """What lives there, who missed it, the latest and their authors: four; the redirects, and what bears its name."""
    ask(client, "/")  # the furniture
    for path, most in (("/nowhere-at-all/", 6), ("/category/none/", 6), ("/old/none.html", 5), ("/?p=99", 3)):
        with CaptureQueriesContext(connection) as queries:
            assert ask(client, path).status_code == 404
        assert len(queries) <= most, (path, [query["sql"][:90] for query in queries])


# -- A site that moved in --------------------------------------------------------------------------


def bring_in() -> None:
    """The old site as its export has it, and a file for each of its pictures."""
    command = import_wordpress.Command(stdout=StringIO())
    command.handle(file=EXPORT, files=[EXPORT], media=None, no_media=True, dry_run=False, report=None, field=[])
    Picture.objects.update(file="pictures/old.jpg", width=1200, height=800)


def old_addresses() -> set[str]:
    """Every address the export names or implies of what is public, in every form WordPress answered."""
    tails = ("", "feed/", "feed/atom/", "amp/", "embed/", "page/2/", "comment-page-1/", "?amp", "?replytocom=5", "2/")
    forms = ("", "page/2/", "feed/", "feed/rss/", "comments/feed/", "2024/", "2024/05/", "?s=quay")
    found = {f"/{form}" for form in forms}
    for thing in wxr.read(EXPORT):
        if isinstance(thing, wxr.WxrAuthor):
            found |= {f"/author/{thing.login}/{tail}" for tail in ("", "feed/", "page/2/")}
        if not isinstance(thing, wxr.WxrItem) or thing.status not in ("publish", "inherit") or thing.password:
            continue
        if thing.kind in ("post", "page"):
            found |= {f"{thing.old_path}{tail}" for tail in tails}
            found |= {f"/?p={thing.post_id}", thing.old_path.rstrip("/"), thing.old_path.upper()}
            for term in thing.terms:
                kind = {"post_tag": "tag", "category": "category"}.get(term.domain)
                found |= {f"/{kind}/{term.slug}/{tail}" for tail in ("", "feed/", "page/3/")} if kind else set()
        elif thing.kind == "attachment":
            at = urlsplit(thing.attachment_url).path
            found |= {at, SIZED.sub(r"-300x200\1", at), SIZED.sub(r"-1024x683\1", at)}
            found |= {thing.old_path, f"/?attachment_id={thing.post_id}"} if thing.parent else set()
    return found


def test_no_link_of_a_site_that_moved_in_is_dead_and_every_old_address_is_answered(client: Client) -> None:
    bring_in()
    wrong = []
    for address in sorted(old_addresses()):
        answer = ask(client, address)
        if answer.status_code == 301 and not answer["Location"].startswith("/media/"):
            answer = ask(client, answer["Location"])
        if answer.status_code not in ((200, 301) if "uploads" in address else (200,)):
            wrong.append(f"{address}: {answer.status_code} {answer.get('Location', '')}")
    seen, waiting = set(), ["/"]
    while waiting:
        page = waiting.pop()
        answer = ask(client, page)
        seen.add(page)
        if answer.status_code not in (200, 302, 303):  # some doors are for who has signed in
            wrong.append(f"{page}: {answer.status_code}")
        if answer.get("Content-Type", "").startswith("text/html"):
            links = {unescape(link).split("#")[0] for link in LINK.findall(answer.content.decode())}
            waiting += [link for link in links if link.startswith("/") and link not in {*seen, *waiting}]
        waiting = [link for link in waiting if not link.startswith(("/static/", "/media/"))]
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 25
