"""Brings a WordPress site in: authors, sections, tags, stories, pages, pictures by reference, redirects.

Idempotent: what came before (by `legacy_key`) is left alone. Every story is open to everyone; nothing is
announced. Replies are the caller's, since articles know nothing of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from articles.importers.bodies import convert
from articles.importers.filing import Addresses, Filing, free_author_slug, free_name, is_used
from articles.importers.media import ItemPictures, OldMedia
from articles.importers.report import ImportReport
from articles.importers.texts import MARKUP, plain, slug_of
from articles.importers.wordpress import wxr
from articles.importers.wordpress.shortcodes import page_count
from articles.importers.wordpress.wxr import BrokenExportError, WxrAuthor, WxrCategory, WxrItem, WxrSite
from articles.models import Article, Author, Byline, Name, Page, Tag
from articles.publishing import derive
from members.gate import Audience, ReplyRight

HEADLINE_WORDS = 8
LONGEST_TITLE, LONGEST_SLUG = 200, 180
MANY_CATEGORIES = 20
DEEPEST = 10
DATED = re.compile(r"/(\d{4})/(\d{1,2})/(\d{1,2})/([^/]+)/?")
DRAFTS = {"draft": "", "pending": "waited for review: it is ready to publish", "private": "was private: it is a draft"}


@dataclass(frozen=True)
class Brought:
    """An item as it is with us now. `is_hidden`: it was protected by a password, so its replies are hidden."""

    item: WxrItem
    subject: Article | Page
    is_hidden: bool


class WordPressImport:
    """One run over one export. `read_skeleton` comes first: pages may stand before their parents."""

    def __init__(self, path: Path, now: datetime) -> None:
        self.path, self.now = path, now
        self.report = ImportReport()
        self.addresses = Addresses(self.report)
        self.filing = Filing(self.addresses, self.report)
        self.media = OldMedia(self.report)
        self.site = ""
        self.authors: dict[str, Author] = {}
        self.page_tree: dict[int, tuple[str, int]] = {}
        self.lives_at: dict[int, str] = {}
        self.item_count = 0

    def read_skeleton(self) -> None:
        """First pass: attachments, the trees of pages and categories. Stops quietly where the file breaks."""
        try:
            for thing in wxr.read(self.path):
                if isinstance(thing, WxrSite):
                    self.site = thing.url
                elif isinstance(thing, WxrCategory):
                    self.filing.parents[thing.slug] = thing.parent
                elif isinstance(thing, WxrItem):
                    self.item_count += 1
                    if thing.kind == "attachment":
                        self.media.add(thing)
                    elif thing.kind == "page":
                        slug = slug_of(thing.slug, thing.title, f"page-{thing.post_id}")
                        self.page_tree[thing.post_id] = slug, thing.parent
        except BrokenExportError as broken:
            self.report.broken = str(broken)

    def bring(self) -> Iterator[Brought | None]:
        """Bring every item in, each in its own transaction; None for what is no story or page."""
        try:
            for thing in wxr.read(self.path):
                if isinstance(thing, WxrAuthor):
                    self.authors[thing.login] = self.author(thing.login, thing.name)
                elif isinstance(thing, WxrItem):
                    with transaction.atomic():
                        brought = self.bring_item(thing)
                    yield brought
        except BrokenExportError as broken:
            self.report.broken = str(broken)
        self.redirect_attachments()

    def key(self, item_id: int | str) -> str:
        """The id by which a row is known again in a second run."""
        return f"wordpress:{urlsplit(self.site).netloc}:{item_id}"[:200]

    def author(self, login: str, name: str) -> Author:
        """An author; one of the same export and login is the same person."""
        name = plain(name)[:120] or login
        found = Author.objects.filter(legacy_key=self.key(f"author-{login}")).first()
        if found is None:
            found = Author.objects.create(
                legacy_key=self.key(f"author-{login}"), name=name, slug=free_author_slug(name)
            )
            self.report.came["authors"] += 1
        self.addresses.redirect(f"/author/{login}/", found.get_absolute_url())
        return found

    def bring_item(self, item: WxrItem) -> Brought | None:
        """A post or a page; other kinds are counted as skipped."""
        if item.status in ("trash", "auto-draft"):
            self.report.skipped[f"{item.kind}s in the {item.status}"] += 1
        elif item.kind in ("post", "page"):
            subject = self.bring_story(item) if item.kind == "post" else self.bring_page(item)
            return Brought(item, subject, bool(item.password))
        elif item.kind != "attachment":
            self.report.skipped[f"items of the kind {item.kind}"] += 1
        elif item.attachment_url:
            self.report.skipped["attachments (each comes with the stories that show it)"] += 1
        else:
            self.report.skipped["attachments without a file"] += 1
        return None

    # Stories

    def bring_story(self, item: WxrItem) -> Article:
        """A story: published and scheduled as they were; protected and private ones as drafts."""
        known = Article.objects.filter(legacy_key=self.key(item.post_id)).first()
        if known is not None:
            self.report.skipped["stories that were here already"] += 1
            self.remember(item, known)
            return known
        headline = self.headline(item)
        article = Article(
            legacy_key=self.key(item.post_id),
            headline=headline,
            standfirst=plain(item.excerpt),
            full_text=self.body(item, headline),
            slug=slug_of(item.slug, headline, f"post-{item.post_id}")[:LONGEST_SLUG] if item.slug else "",
            audience=Audience.EVERYONE,
            reply_right="" if item.takes_replies else ReplyRight.CLOSED,
            lead_picture=self.media.featured(wxr.number(item.meta.get("_thumbnail_id", "")), headline),
            created_at=item.published_at or self.now,
        )
        self.set_status(article, item)
        tags = self.file(article, item)
        article.save()
        article.tags.set(tags)
        if item.creator:
            if item.creator not in self.authors:
                self.authors[item.creator] = self.author(item.creator, item.creator)
            Byline.objects.create(article=article, author=self.authors[item.creator])
        derive(article)
        self.redirect(item, article)
        if item.is_sticky:
            self.report.note(headline, "was sticky: say on the desk if it is to lead the front page")
        return article

    def set_status(self, article: Article, item: WxrItem) -> None:
        """Whether and when it is out. What was published or scheduled counts as announced, whatever its age."""
        if item.status in DRAFTS:
            article.status = Article.Status.READY if item.status == "pending" else Article.Status.DRAFT
            kind = "stories, drafts"
            if DRAFTS[item.status]:
                self.report.note(article.headline, DRAFTS[item.status])
        elif item.published_at is None:
            kind = "stories without a date, drafts now"
            self.report.note(article.headline, "has no date: it is a draft")
        elif item.password:
            article.published_at = item.published_at
            kind = "stories protected by a password, drafts now, their replies hidden"
            self.report.note(article.headline, "was protected by a password: it is a draft, its replies are hidden")
        else:
            self.publish(article, item, item.published_at)
            kind = (
                "stories, published" if article.is_live(self.now) else "stories, scheduled (they go live by themselves)"
            )
        self.report.came[kind] += 1

    def publish(self, article: Article, item: WxrItem, published_at: datetime) -> None:
        """Its time, and the address it had, if that named a day; else the day on the old site's calendar."""
        article.slug = article.slug or slug_of("", article.headline, f"post-{item.post_id}")[:LONGEST_SLUG]
        article.published_on = item.day or timezone.localdate(published_at)
        dated = DATED.fullmatch(item.old_path)
        if dated is not None and item.status == "publish":
            article.published_on = day_of(dated) or article.published_on
            article.slug = slug_of(dated[4], article.headline, article.slug)[:LONGEST_SLUG]
        if Article.objects.filter(published_on=article.published_on, slug=article.slug).exists():
            article.slug = f"{article.slug}-{item.post_id}"
        article.published_at = article.live_from = published_at
        article.status = Article.Status.PUBLISHED
        article.announced_at = self.now

    def file(self, article: Article, item: WxrItem) -> list[Tag]:
        """Give it its section, the first category; the others and its tags are returned, each once."""
        categories = [term for term in item.terms if term.domain == "category"]
        others = [term for term in item.terms if term.domain == "post_tag"]
        for term in item.terms:
            if term.domain not in ("category", "post_tag"):
                self.report.skipped[f"words of the kind {term.domain}"] += 1
        if categories:
            article.section = self.filing.section(categories[0])
        if len(categories) > MANY_CATEGORIES:
            text = f"had {len(categories)} categories: the first is its section, the others are tags"
            self.report.note(article.headline, text)
        tags = [self.filing.tag(term) for term in [*categories[1:], *others]]
        return list({tag.pk: tag for tag in tags}.values())

    # Pages

    def bring_page(self, item: WxrItem) -> Page:
        """A page under its parents' path. Protected and unpublished ones are not shown."""
        known = Page.objects.filter(legacy_key=self.key(item.post_id)).first()
        if known is not None:
            self.report.skipped["pages that were here already"] += 1
            self.remember(item, known)
            return known
        wanted = self.page_path(item.post_id)
        title, path = self.headline(item), free_name(wanted, "page")
        page = Page.objects.create(
            legacy_key=self.key(item.post_id),
            title=title,
            path=path,
            body=self.body(item, title),
            is_published=item.status == "publish" and not item.password,
            replies_open=any(not comment.is_ping for comment in item.comments),
            updated_at=item.published_at or self.now,
        )
        Name.objects.create(path=path, page=page)
        if path != wanted:
            self.report.note(title, f"lives at /{path}/: its address was taken")
        self.redirect(item, page)
        self.report.came["pages" if page.is_published else "pages, not published"] += 1
        return page

    def page_path(self, post_id: int, depth: int = 0) -> str:
        """`level-1/level-2/…`, its first part none the site itself uses; a loop in a broken export ends at ten."""
        slug, parent = self.page_tree[post_id]
        if parent in self.page_tree and depth < DEEPEST:
            return f"{self.page_path(parent, depth + 1)}/{slug}"
        return f"{slug}-page" if is_used(slug) else slug

    # Texts and addresses

    def headline(self, item: WxrItem) -> str:
        """The title as plain text; the first words of the text, or the date, where there is none."""
        title = plain(item.title)
        if MARKUP.search(item.title):
            self.report.note(title, "had markup in its title, which was taken out")
        if len(title) > LONGEST_TITLE:
            self.report.note(title[:60], f"had a title longer than {LONGEST_TITLE} characters, which was cut")
        if title:
            return title[:LONGEST_TITLE]
        words = plain(item.content).split()
        stand_in = " ".join(words[:HEADLINE_WORDS])[: LONGEST_TITLE - 1] + ("…" if words[HEADLINE_WORDS:] else "")
        stand_in = stand_in or f"{item.published_at or self.now:%d %B %Y}"
        self.report.note(stand_in, "had no title: its first words, or its date, stand in")
        return stand_in

    def body(self, item: WxrItem, title: str) -> str:
        """The text as story HTML; what is lost, and an empty one, are noted."""
        converted = convert(item.content, ItemPictures(self.media, item.post_id, title), self.site)
        lost = [f"{number} × {what}" for what, number in converted.left_out.items()]
        if lost:
            self.report.note(title, f"lost what has no place here: {', '.join(lost)}")
        if not converted.html:
            self.report.note(title, "has no text")
        return converted.html

    def redirect(self, item: WxrItem, subject: Article | Page) -> None:
        """Its old addresses, by path, by number and, where it had several, by page; none for a draft."""
        new = self.remember(item, subject)
        if new:
            for page in range(2, page_count(item.content) + 1):
                self.addresses.redirect(f"{item.old_path.rstrip('/')}/{page}/", new)
            self.addresses.redirect(item.old_path, new)
            for name in ("p", "page_id") if item.kind == "page" else ("p",):
                self.addresses.redirect(f"/?{name}={item.post_id}", new)

    def remember(self, item: WxrItem, subject: Article | Page) -> str:
        """Where it lives now; "" for a draft."""
        is_out = subject.was_published if isinstance(subject, Article) else subject.is_published
        if is_out:
            self.lives_at[item.post_id] = subject.get_absolute_url()
        return self.lives_at.get(item.post_id, "")

    def redirect_attachments(self) -> None:
        """The pages WordPress made for files lead to the story or page they were added to."""
        for number, attachment in self.media.attachments.items():
            new = self.lives_at.get(attachment.parent)
            if new:
                self.addresses.redirect(f"/?attachment_id={number}", new)
                self.addresses.redirect(attachment.old_path, new)


def day_of(dated: re.Match[str]) -> date | None:
    """The day an old address names, if there was such a day."""
    try:
        return date(int(dated[1]), int(dated[2]), int(dated[3]))
    except ValueError:
        return None
