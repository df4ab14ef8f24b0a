"""Rows of ours as items of WordPress: stories as posts, pages, pictures and files as attachments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any

from django.utils import timezone

from articles.feeds.items import guid_of
from articles.models import Article, Author, Document, Page, Picture
from comments.models import Reply
from members.gate import Audience, ReplyRight
from members.models import SiteRules
from newsroom.leaving.wordpress.texts import Named, Text, address_of, as_wordpress, file_address, number_of

ACCESS: dict[str, str] = {  # Jetpack's field of who may read a post, and what it calls our audiences
    Audience.EVERYONE: "",
    Audience.METERED: "",
    Audience.MEMBERS: "subscribers",
    Audience.PATRONS: "paid_subscribers",
}
ACCESS_FIELD, NOTES_FIELD, FACE_FIELD = "_jetpack_newsletter_access", "footnotes", "_thumbnail_id"
UNDATED = "0000-00-00 00:00:00"


@dataclass(frozen=True)
class Term:
    """A word an item is filed under."""

    domain: str
    slug: str
    name: str


@dataclass(frozen=True)
class Item:
    """One item. `local` and `gmt`: its time as WordPress writes it, on the site's clock and in UTC."""

    number: int
    kind: str
    title: str
    link: str
    guid: str
    published_at: datetime
    local: str
    gmt: str
    creator: str = ""
    content: str = ""
    excerpt: str = ""
    name: str = ""
    status: str = "publish"
    parent: int = 0
    is_sticky: bool = False
    takes_replies: bool = False
    file: str = ""
    terms: list[Term] = field(default_factory=list)
    meta: Mapping[str, str] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)


def story(article: Article, named: Named, rules: SiteRules, now: datetime) -> Item:
    """A story with its bylines, section, tier, tags, corrections, live entries and replies (all loaded)."""
    status = status_of(article, now)
    at = article.live_from if status == "future" and article.live_from else article.published_at or article.created_at
    link = address_of(article.get_absolute_url() if article.was_published else f"/?p={number_of(article)}")
    access = access_of(article, rules, now)
    text = text_of(article, named, link, is_gated=bool(access))
    authors = [byline.author for byline in article.bylines.all()]
    return Item(
        number=number_of(article),
        kind="post",
        title=article.headline,
        link=link,
        guid=guid_of(article) if article.was_published else link,
        published_at=at,
        local=_local(article, at, status),
        gmt=UNDATED if status in ("draft", "pending") else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        creator=authors[0].slug if authors else "",
        content=text.html,
        excerpt=article.standfirst,
        name=article.slug,
        status=status,
        is_sticky=article.is_lead,
        takes_replies=_takes_replies(article),
        terms=terms_of(article, authors),
        meta=meta_of(article, text, access),
        replies=_replies(article),
    )


def status_of(article: Article, now: datetime) -> str:
    """What WordPress calls it. What was withdrawn is a draft there."""
    if article.status == Article.Status.PUBLISHED:
        return "publish" if article.is_live(now) else "future"
    return "pending" if article.status == Article.Status.READY else "draft"


def access_of(article: Article, rules: SiteRules, now: datetime) -> str:
    """Who may read it whole, in Jetpack's words; "" for everybody. An archive that closed is closed there, too."""
    terms = article.terms(rules)
    return "" if terms.public_interest else ACCESS.get(terms.audience_at(now), "paid_subscribers")


def text_of(article: Article, named: Named, link: str, *, is_gated: bool) -> Text:
    """The text; behind it, and so behind its divider, live entries in their order, then corrections."""
    entries = [
        f"<h3>{timezone.localtime(entry.made_at):%H:%M} {escape(entry.headline)}</h3>{entry.text}"
        for entry in sorted(article.live_entries.all(), key=lambda entry: (entry.made_at, entry.pk))
        if entry.removed_at is None
    ]
    said = [f"<p><strong>{_of(each)}</strong> {escape(each.text)}</p>" for each in article.corrections.all()]
    return as_wordpress("\n".join([article.full_text, *entries, *said]), named, at=link, is_gated=is_gated)


def terms_of(article: Article, authors: list[Author]) -> list[Term]:
    """Its section as category, its tags and its series as tags; several authors as Co-Authors Plus has them."""
    terms = [Term("category", article.section.slug, article.section.name)] if article.section else []
    terms += [Term("post_tag", tag.slug, tag.name) for tag in article.tags.all()]
    if article.series and article.series.slug not in [term.slug for term in terms[1:]]:
        terms.append(Term("post_tag", article.series.slug, article.series.name))
    return terms + [Term("author", f"cap-{author.slug}", author.name) for author in authors if len(authors) > 1]


def meta_of(article: Article, text: Text, access: str) -> dict[str, str]:
    """The fields by which WordPress and Jetpack know its picture, its footnotes and who may read it."""
    fields = {
        FACE_FIELD: str(number_of(article.lead_picture)) if article.lead_picture else "",
        NOTES_FIELD: text.notes,
        ACCESS_FIELD: access,
    }
    return {name: value for name, value in fields.items() if value}


def page(row: Page, named: Named, numbers: Mapping[str, int]) -> Item:
    """A standing page. `numbers`: path → number of every page, for the one it stands under."""
    above, _slash, name = row.path.rpartition("/")
    link = address_of(row.get_absolute_url())
    text = as_wordpress(row.body, named, at=link, is_gated=False)
    return Item(
        number=number_of(row),
        kind="page",
        title=row.title,
        link=link,
        guid=link,
        published_at=row.updated_at,
        local=clock(row.updated_at),
        gmt=f"{row.updated_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        content=text.html,
        name=name,
        status="publish" if row.is_published else "draft",
        parent=numbers.get(above, 0),
        takes_replies=row.replies_open,
        meta={NOTES_FIELD: text.notes} if text.notes else {},
        replies=_replies(row),
    )


def attachment(row: Picture | Document) -> Item:
    """A picture or a file. WordPress fetches it from its address while it imports."""
    address, alt, words = file_address(row), "", ""
    if isinstance(row, Picture):
        alt, words = row.alt, " ".join(filter(None, [row.caption, row.credit]))
    return Item(
        number=number_of(row),
        kind="attachment",
        title=str(row),
        link=address_of(f"/?attachment_id={number_of(row)}"),
        guid=address,
        published_at=row.added_at,
        local=clock(row.added_at),
        gmt=f"{row.added_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        excerpt=words,
        name=row.key,
        status="inherit",
        file=address,
        meta={"_wp_attachment_image_alt": alt} if alt else {},
    )


def _local(article: Article, at: datetime, status: str) -> str:
    """On the day its address names, which WordPress makes addresses of."""
    clock = timezone.localtime(at)
    is_out = status == "publish" and article.published_on is not None
    return f"{article.published_on if is_out else clock.date():%Y-%m-%d} {clock:%H:%M:%S}"


def clock(at: datetime) -> str:
    """A moment on the site's clock, as WordPress writes it."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def _of(correction: Any) -> str:
    return f"{correction.get_kind_display()}, {timezone.localtime(correction.made_at):%Y-%m-%d}:"


def _takes_replies(article: Article) -> bool:
    discussion = getattr(article, "discussion", None)
    return article.reply_right != ReplyRight.CLOSED and (discussion is None or discussion.is_open)


def _replies(row: Article | Page) -> list[Reply]:
    discussion = getattr(row, "discussion", None)
    return list(discussion.replies.all()) if discussion is not None else []
