"""Writes the WXR file as a stream, item by item, from one snapshot. Memory is bounded by a few stories."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from xml.sax.saxutils import quoteattr  # only writes

from django.conf import settings
from django.db.models import Model, Prefetch, QuerySet

from articles.models import Article, Author, Document, Page, Picture, Section, Series, Tag
from comments.models import Reply
from comments.models.paths import HiddenByAncestor
from members.models import SiteRules
from newsroom.leaving.packing import snapshot
from newsroom.leaving.wordpress import items
from newsroom.leaving.wordpress.items import Item
from newsroom.leaving.wordpress.texts import UNREADABLE, Named, number_of

OPENING = """<?xml version="1.0" encoding="UTF-8"?>
<!-- This is a WordPress eXtended RSS file. In WordPress: Tools, Import, WordPress, Run Importer. -->
<rss version="2.0"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:wfw="http://wellformedweb.org/CommentAPI/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
"""
CLOSING = "</channel>\n</rss>\n"
AT_ONCE = 100  # stories
Row = TypeVar("Row", bound=Model)
Progress = Callable[[str, int], None]


def write(path: Path, *, now: datetime, progress: Progress) -> Counter[str]:
    """Write every story, page, picture, file and reply to `path`; how many of each, and how many `gated`.

    Grows beside its place and takes its name in the end. Raises OSError. Effects: the file.
    """
    growing = path.with_name(f"{path.name}.partial")
    counted: Counter[str] = Counter()
    with snapshot(), growing.open("w", encoding="utf-8") as file:
        file.write(OPENING)
        rules = SiteRules.current()
        file.writelines(head(rules, now))
        for item in each_item(rules, now):
            file.write(item_of(item))
            counted[item.kind] += 1
            counted["reply"] += len(item.replies)
            counted["gated"] += items.ACCESS_FIELD in item.meta and item.status in ("publish", "future")
            progress("items", counted["post"] + counted["page"] + counted["attachment"])
        file.write(CLOSING)
    growing.rename(path)
    return counted


def head(rules: SiteRules, now: datetime) -> Iterator[str]:
    """What stands before the items: the site, its authors, categories and tags."""
    yield _element("title", words(rules.name))
    yield _element("link", settings.SITE_URL)
    yield _element("description", words(rules.tagline))
    yield _element("pubDate", format_datetime(now.astimezone(UTC)))
    yield _element("language", settings.LANGUAGE_CODE)
    yield _element("wp:wxr_version", "1.2")
    yield _element("wp:base_site_url", settings.SITE_URL)
    yield _element("wp:base_blog_url", settings.SITE_URL)
    for author in Author.objects.order_by("pk"):
        yield _group(
            "wp:author", author_id=author.pk, author_login=author.slug, author_email=author.email,
            author_display_name=words(author.name), author_first_name="", author_last_name="",
        )  # fmt: skip
    for section in Section.objects.order_by("pk"):
        yield _group(
            "wp:category", term_id=2 * section.pk, category_nicename=section.slug, category_parent="",
            cat_name=words(section.name), category_description=words(section.description),
        )  # fmt: skip
    for tag in _tags():
        yield _group("wp:tag", term_id=2 * tag.pk + 1, tag_slug=tag.slug, tag_name=words(tag.name))


def each_item(rules: SiteRules, now: datetime) -> Iterator[Item]:
    """Every item: files first, then pages, then stories, each by its number."""
    for kind in (Picture, Document):
        yield from (
            items.attachment(row) for row in kind.objects.order_by("pk").iterator() if row.file or row.source_url
        )
    numbers = {page.path: number_of(page) for page in Page.objects.only("path")}
    for pages in _batches(Page.objects.prefetch_related(_replies()).order_by("pk")):
        named = Named.in_texts(page.body for page in pages)
        yield from (items.page(page, named, numbers) for page in pages)
    stories = Article.objects.defer("search", "teaser").select_related(
        "section", "series", "lead_picture", "minimum_tier"
    )
    stories = stories.prefetch_related("bylines__author", "tags", "corrections", "live_entries", _replies())
    for batch in _batches(stories.order_by("pk")):
        texts = (text for story in batch for text in (story.full_text, *(e.text for e in story.live_entries.all())))
        named = Named.in_texts(texts)
        yield from (items.story(story, named, rules, now) for story in batch)


def item_of(item: Item) -> str:
    """One `<item>`, its parts in the order in which WordPress writes them."""
    at = format_datetime(item.published_at.astimezone(UTC))
    parts = [
        _element("title", words(item.title)), _element("link", item.link), _element("pubDate", at),
        _element("dc:creator", item.creator), _element("guid", item.guid, isPermaLink="false"),
        _element("description", ""), _element("content:encoded", item.content),
        _element("excerpt:encoded", words(item.excerpt)),
        *_elements(
            post_id=item.number, post_date=item.local, post_date_gmt=item.gmt,
            comment_status="open" if item.takes_replies else "closed", ping_status="closed", post_name=item.name,
            status=item.status, post_parent=item.parent, menu_order=0, post_type=item.kind, post_password="",
            is_sticky=int(item.is_sticky), **({"attachment_url": item.file} if item.file else {}),
        ),
        *(_element("category", words(term.name), domain=term.domain, nicename=term.slug) for term in item.terms),
        *(_group("wp:postmeta", meta_key=name, meta_value=value) for name, value in item.meta.items()),
    ]  # fmt: skip
    shown = {reply.pk for reply in item.replies}
    return f"<item>\n{''.join(parts)}{''.join(_reply(reply, shown) for reply in item.replies)}</item>\n"


def _reply(reply: Reply, shown: set[int]) -> str:
    """A reply, without its author's address or network. What a hidden one stands above waits for a moderator."""
    is_open = reply.status == Reply.Status.PUBLISHED and not reply.is_hidden  # type: ignore[attr-defined]  # annotated
    return _group(
        "wp:comment", comment_id=reply.pk, comment_author=words(reply.shown_name), comment_author_email="",
        comment_author_url="", comment_author_IP="", comment_date=items.clock(reply.posted_at),
        comment_date_gmt=f"{reply.posted_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", comment_content=words(reply.comment),
        comment_approved=int(is_open), comment_type="comment",
        comment_parent=reply.reply_to_id if reply.reply_to_id in shown else 0, comment_user_id=0,
    )  # fmt: skip


def _replies() -> "Prefetch[Any]":
    rows = Reply.objects.filter(status__in=[Reply.Status.PUBLISHED, Reply.Status.HELD]).select_related("author")
    rows = rows.annotate(is_hidden=HiddenByAncestor("discussion_id", "path")).order_by("path")
    return Prefetch("discussion__replies", queryset=rows)


def _tags() -> Iterable[Tag]:
    """Every tag, and every series as one; of a series whose slug a tag has, the tag."""
    taken = set(Tag.objects.values_list("slug", flat=True))
    last = Tag.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    yield from Tag.objects.order_by("pk").iterator()
    for series in Series.objects.exclude(slug__in=taken).order_by("pk"):
        yield Tag(pk=last + series.pk, slug=series.slug, name=series.name)


def _batches(rows: "QuerySet[Row]") -> Iterator[list[Row]]:
    found = rows.iterator(chunk_size=AT_ONCE)
    return iter(lambda: list(islice(found, AT_ONCE)), [])


def words(text: str) -> str:
    """Plain text as WordPress keeps titles, names and comments: as HTML."""
    return escape(text, quote=False)


def _group(name: str, **parts: Any) -> str:
    return f"<{name}>{''.join(_elements(**parts))}</{name}>\n"


def _elements(**parts: Any) -> Iterator[str]:
    return (_element(f"wp:{name}", value) for name, value in parts.items())


def _element(name: str, value: Any, **attributes: str) -> str:
    """An element with a text; as CDATA where it holds markup, as WordPress has it."""
    text = UNREADABLE.sub("", str(value))
    if "<" in text or "&" in text or "]]>" in text:
        text = f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
    said = "".join(f" {key}={quoteattr(UNREADABLE.sub('', told))}" for key, told in attributes.items())
    return f"<{name}{said}>{text}</{name}>\n"
