"""Brings a WordPress site in: authors, sections, tags, stories, pages, pictures by reference, redirects.

Idempotent: what came before (by `legacy_key`) is left alone. Every story is open to everyone; nothing is
announced. Replies are the caller's, since articles know nothing of them.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from articles.importers import wxr
from articles.importers.bodies import FoundPicture, is_file_name, plain, story_html
from articles.importers.wxr import BrokenExportError, WxrAuthor, WxrItem, WxrTerm
from articles.models import Article, Author, Byline, Name, Page, Picture, Redirect, Section, Tag
from articles.models.section import RESERVED_NAMES
from articles.publishing import derive
from members.gate import Audience

HEADLINE_WORDS = 8
IGNORED_KINDS = ("attachment", "nav_menu_item", "revision", "custom_css", "customize_changeset", "wp_global_styles")


@dataclass
class ImportReport:
    """What came, what was skipped and why."""

    came: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    pictures_without_alt: list[str] = field(default_factory=list)
    broken: BrokenExportError | None = None

    def note(self, item: WxrItem, what: str) -> None:
        """Remember something about an item that a person should look at."""
        self.notes.append(f"{item.title or f'post {item.post_id}'}: {what}")


@dataclass(frozen=True)
class Brought:
    """An item as it is with us now. `is_hidden`: it was protected by a password, so its replies are hidden."""

    item: WxrItem
    subject: Article | Page
    is_hidden: bool


class WordPressImport:
    """One run over one export. `skeleton` is read first: pages may come before their parents."""

    def __init__(self, path: Path, now: datetime) -> None:
        self.path, self.now = path, now
        self.report = ImportReport()
        self.site = ""
        self.authors: dict[str, Author] = {}
        self.attachments: dict[int, WxrItem] = {}
        self.pages: dict[int, tuple[str, int]] = {}
        self.item_count = 0

    def read_skeleton(self) -> None:
        """First pass: addresses of attachments and the pages' tree. Stops quietly where the file breaks."""
        try:
            for thing in wxr.read(self.path):
                if isinstance(thing, str):
                    self.site = self.site or urlsplit(thing).netloc
                elif isinstance(thing, WxrItem):
                    self.item_count += 1
                    if thing.kind == "attachment":
                        self.attachments[thing.post_id] = thing
                    elif thing.kind == "page":
                        self.pages[thing.post_id] = (thing.slug or slugify(plain(thing.title)), thing.parent)
        except BrokenExportError as broken:
            self.report.broken = broken

    def __iter__(self) -> "WordPressImport":
        self._things = wxr.read(self.path)
        return self

    def __next__(self) -> Brought | None:
        """The next item, brought in within its own transaction; None for what is no story or page."""
        try:
            thing = next(self._things)
        except BrokenExportError as broken:
            self.report.broken = broken
            raise StopIteration from None
        if isinstance(thing, WxrAuthor):
            self.bring_author(thing)
        elif isinstance(thing, WxrItem):
            with transaction.atomic():
                return self.bring_item(thing)
        return None

    def key(self, item_id: int | str) -> str:
        """The id by which a row is known again in a second run."""
        return f"wordpress:{self.site}:{item_id}"

    def bring_author(self, row: WxrAuthor) -> None:
        """An author; one of the same export and login is the same person."""
        author, is_new = Author.objects.get_or_create(
            legacy_key=self.key(f"author-{row.login}"),
            defaults={"name": row.name or row.login, "slug": free_slug(Author, row.name or row.login)},
        )
        self.authors[row.login] = author
        self.report.came["authors"] += is_new

    def bring_item(self, item: WxrItem) -> Brought | None:
        """A post or a page; other kinds are counted as skipped."""
        if item.status in ("trash", "auto-draft"):
            self.report.skipped[f"in the {item.status}"] += 1
        elif item.kind == "post":
            return Brought(item, self.bring_story(item), bool(item.password))
        elif item.kind == "page":
            return Brought(item, self.bring_page(item), bool(item.password))
        elif item.kind == "attachment":
            self.report.skipped["attachments (come with the stories that show them)"] += 1
        else:
            self.report.skipped[f"of the kind {item.kind}"] += 1
        return None

    # -- stories -------------------------------------------------------------------------------------

    def bring_story(self, item: WxrItem) -> Article:
        """A story: published and scheduled as they were; protected, private and pending ones as drafts."""
        known = Article.objects.filter(legacy_key=self.key(item.post_id)).first()
        if known is not None:
            self.report.skipped["stories that were here already"] += 1
            return known
        section, tags = self.place(item)
        article = Article(
            legacy_key=self.key(item.post_id),
            headline=self.headline(item),
            standfirst=plain(item.excerpt),
            full_text=self.body(item),
            section=section,
            audience=Audience.EVERYONE,
            lead_picture=self.featured(item),
            created_at=item.published_at or self.now,
            status=Article.Status.DRAFT,
        )
        if item.status in ("publish", "future") and not item.password and item.published_at:
            self.date(article, item, item.published_at)
        elif item.password:
            self.report.note(item, "was protected by a password: came as a draft, its replies hidden")
        elif item.status == "private":
            self.report.note(item, "was private: came as a draft")
        article.save()
        article.tags.set(tags)
        if item.creator in self.authors:
            Byline.objects.create(article=article, author=self.authors[item.creator])
        derive(article)
        self.redirect_story(article, item)
        self.report.came[f"stories, {self.kind_of(article)}"] += 1
        return article

    def date(self, article: Article, item: WxrItem, published_at: datetime) -> None:
        """Its time and address; announced already, whatever its age."""
        day = timezone.localdate(published_at)
        article.slug = item.slug or slugify(article.headline, allow_unicode=True) or f"post-{item.post_id}"
        if Article.objects.filter(published_on=day, slug=article.slug).exists():
            article.slug = f"{article.slug}-{item.post_id}"
        article.published_on = day
        article.published_at = article.live_from = published_at
        article.status = Article.Status.PUBLISHED
        article.announced_at = self.now

    def kind_of(self, article: Article) -> str:
        """How the report counts it."""
        if article.status != Article.Status.PUBLISHED:
            return "drafts"
        return "published" if article.is_live(self.now) else "scheduled"

    def headline(self, item: WxrItem) -> str:
        """The title as plain text; the first words of the text, or the date, where there is none."""
        title = plain(item.title)
        if title != item.title:
            self.report.note(item, "its title held markup, which was taken out")
        if title:
            return title[:200]
        words = plain(item.content).split()[:HEADLINE_WORDS]
        self.report.note(item, "had no title: its first words stand in")
        return " ".join(words)[:200] + "…" if words else f"{item.published_at or self.now:%d %B %Y}"

    def place(self, item: WxrItem) -> tuple[Section | None, list[Tag]]:
        """The first category is the section, the others and the tags are tags."""
        categories = [term for term in item.terms if term.domain == "category"]
        section = self.section_named(categories[0]) if categories else None
        rest = [*categories[1:], *(term for term in item.terms if term.domain == "post_tag")]
        if len(categories) > 20:
            self.report.note(item, f"had {len(categories)} categories: the first is its section, the rest are tags")
        return section, [self.tag_named(term) for term in rest]

    def section_named(self, term: WxrTerm) -> Section:
        """The section of a category; its old address redirects."""
        slug = term.slug or slugify(term.name, allow_unicode=True)
        if slug in RESERVED_NAMES or slug.isdigit():
            slug = f"{slug}-section"
        section = Section.objects.filter(slug=slug).first()
        if section is None:
            if Name.objects.filter(path=slug).exists():
                slug = free_slug(Section, f"{slug}-section")
            section = Section.objects.create(slug=slug, name=plain(term.name)[:80], is_in_menu=False)
            Name.objects.create(path=slug, section=section)
            self.report.came["sections"] += 1
        self.redirect(f"/category/{term.slug}/", section.get_absolute_url())
        return section

    def tag_named(self, term: WxrTerm) -> Tag:
        """The tag of a term."""
        slug = (term.slug or slugify(term.name, allow_unicode=True))[:120]
        tag, is_new = Tag.objects.get_or_create(slug=slug, defaults={"name": plain(term.name)[:80]})
        self.report.came["tags"] += is_new
        if term.domain == "category":
            self.redirect(f"/category/{term.slug}/", tag.get_absolute_url())
        return tag

    # -- pages ---------------------------------------------------------------------------------------

    def bring_page(self, item: WxrItem) -> Page:
        """A page under its parents' path; one whose name a section holds gets `-page`."""
        known = Page.objects.filter(legacy_key=self.key(item.post_id)).first()
        if known is not None:
            self.report.skipped["pages that were here already"] += 1
            return known
        path = self.page_path(item.post_id)
        if Name.objects.filter(path=path).exists() or path.split("/")[0] in RESERVED_NAMES:
            path = f"{path}-page"
            self.report.note(item, f"its address was taken: it lives at /{path}/")
        page = Page.objects.create(
            legacy_key=self.key(item.post_id),
            title=self.headline(item),
            path=path,
            body=self.body(item),
            is_published=item.status == "publish" and not item.password,
            updated_at=item.published_at or self.now,
        )
        Name.objects.create(path=path, page=page)
        self.redirect(item.old_path, page.get_absolute_url())
        self.redirect(f"/?page_id={item.post_id}", page.get_absolute_url())
        self.report.came["pages"] += 1
        return page

    def page_path(self, post_id: int, depth: int = 0) -> str:
        """`level-1/level-2/…`; a loop in a broken export ends at ten."""
        slug, parent = self.pages[post_id]
        slug = slug or f"page-{post_id}"
        if parent in self.pages and depth < 10:
            return f"{self.page_path(parent, depth + 1)}/{slug}"
        return slug

    # -- texts, pictures, addresses --------------------------------------------------------------------

    def body(self, item: WxrItem) -> str:
        """The text as story HTML; an empty one is noted."""
        html = story_html(item.content, lambda found: self.picture(found, item).key)
        if not html:
            self.report.note(item, "has no text")
        return html

    def featured(self, item: WxrItem) -> Picture | None:
        """The featured picture, by reference."""
        attachment = self.attachments.get(wxr.number(item.meta.get("_thumbnail_id", "")))
        if attachment is None or not attachment.attachment_url:
            return None
        alt = attachment.meta.get("_wp_attachment_image_alt", "")
        return self.picture(FoundPicture(attachment.attachment_url, alt, plain(attachment.excerpt)), item)

    def picture(self, found: FoundPicture, item: WxrItem) -> Picture:
        """A picture known by its old address. Its file is fetched when media are brought over."""
        alt = "" if is_file_name(found.alt, found.url) else plain(found.alt)[:300]
        picture, is_new = Picture.objects.get_or_create(
            legacy_key=f"wordpress:{found.url}"[:200],
            defaults={"source_url": found.url[:1000], "alt": alt, "caption": found.caption[:400]},
        )
        self.report.came["pictures, by reference"] += is_new
        if is_new and not alt:
            self.report.pictures_without_alt.append(f"{found.url} (in “{item.title}”)")
        return picture

    def redirect_story(self, article: Article, item: WxrItem) -> None:
        """Its old addresses, once it has a new one."""
        if article.was_published:
            self.redirect(item.old_path, article.get_absolute_url())
            self.redirect(f"/?p={item.post_id}", article.get_absolute_url())

    def redirect(self, old: str, new: str) -> None:
        """One redirect; none where the address stays the same."""
        if old.strip("/") and old != new:
            _row, is_new = Redirect.objects.get_or_create(old_path=old[:700], defaults={"new_path": new})
            self.report.came["redirects"] += is_new


def free_slug(model: type[Author] | type[Section], name: str) -> str:
    """A slug of `name` that no other row has."""
    base = slugify(name, allow_unicode=True) or "unnamed"
    slug, number = base, 2
    while model._default_manager.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug
