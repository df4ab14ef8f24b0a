"""What one move from WordPress knows and everybody in it uses: the export's frame, keys, titles, texts, addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from articles.importers.bodies import convert
from articles.importers.filing import Addresses, Filing
from articles.importers.media import ItemPictures, OldMedia
from articles.importers.report import ImportReport
from articles.importers.texts import MARKUP, parts_of, plain, slug_of
from articles.importers.wordpress.access import with_divider
from articles.importers.wordpress.shortcodes import page_count, with_patterns
from articles.importers.wordpress.wxr import Thing, WxrCategory, WxrItem, WxrSite
from articles.models import Article, Page

HEADLINE_WORDS = 8
LONGEST_TITLE = 200


@dataclass
class Frame:
    """What an export says before and beside its stories; read in a first pass, for a thing may stand before its own.

    `pages`: number → slug and parent. `numbers`: kind and slug of a category or tag → its number. `patterns`: texts
    that others include. `guests`: guest authors, `menus`: entries of menus, both as the export has them.
    """

    site: str = ""
    items: int = 0
    pages: dict[int, tuple[str, int]] = field(default_factory=dict)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    patterns: dict[int, str] = field(default_factory=dict)
    guests: list[WxrItem] = field(default_factory=list)
    menus: list[WxrItem] = field(default_factory=list)


class Moving:
    """One run. `fields`: a custom field's name → ours. `takes_files`: whether sounds and PDFs become ours."""

    def __init__(self, now: datetime, *, fields: Mapping[str, str], takes_files: bool) -> None:
        self.now, self.fields, self.takes_files = now, fields, takes_files
        self.report = ImportReport()
        self.addresses = Addresses(self.report)
        self.filing = Filing(self.addresses, self.report)
        self.media = OldMedia(self.report)
        self.frame = Frame()

    def note(self, thing: Thing) -> None:
        """Keep what belongs to the frame."""
        frame = self.frame
        if isinstance(thing, WxrSite):
            frame.site = frame.site or thing.url
        elif isinstance(thing, WxrCategory):
            frame.numbers[thing.domain, thing.slug] = thing.number
            if thing.domain == "category":
                self.filing.parents[thing.slug] = thing.parent
        elif isinstance(thing, WxrItem):
            frame.items += 1
            self._note_item(thing)

    def _note_item(self, item: WxrItem) -> None:
        frame = self.frame
        match item.kind:
            case "attachment":
                self.media.add(item)
            case "page":
                slug = slug_of(item.slug, item.title, f"page-{item.post_id}")
                frame.pages[item.post_id] = slug, item.parent
                if not item.parent and item.status == "publish":
                    self.filing.claimed.add(slug)
            case "wp_block":
                frame.patterns[item.post_id] = item.content
            case "guest-author":
                frame.guests.append(item)
            case "nav_menu_item" if item.status == "publish":
                frame.menus.append(item)

    def key(self, item_id: int | str) -> str:
        """The id by which a row is known again in a second run."""
        return f"wordpress:{parts_of(self.frame.site).netloc}:{item_id}"[:200]

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
        known = ItemPictures(self.media, item.post_id, title, self.frame.site, self.takes_files)
        text = with_divider(with_patterns(item.content, self.frame.patterns))
        converted = convert(text, known, self.frame.site, files=known, meta=item.meta)
        lost = [f"{number} × {what}" for what, number in converted.left_out.items()]
        if lost:
            self.report.note(title, f"lost what has no place here: {', '.join(lost)}")
        if not converted.html:
            self.report.note(title, "has no text")
        return converted.html

    def redirect(self, item: WxrItem, subject: Article | Page) -> None:
        """Its old addresses, by path, by number and, where it had several, by page; none for a draft."""
        is_out = subject.was_published if isinstance(subject, Article) else subject.is_published
        if not is_out:
            return
        new, old = subject.get_absolute_url(), item.old_path
        for page in range(2, page_count(item.content) + 1):
            self.addresses.redirect(f"{old.rstrip('/')}/{page}/", new)
        self.addresses.redirect(old, new)
        if item.slug and item.meta.get("_wp_old_slug") and old.rstrip("/").endswith(f"/{item.slug}"):
            before = old.rstrip("/").removesuffix(item.slug)
            self.addresses.redirect(f"{before}{item.meta['_wp_old_slug']}/", new)
        for name in ("p", "page_id") if item.kind == "page" else ("p",):
            self.addresses.redirect(f"/?{name}={item.post_id}", new)

    def living(self, numbers: list[int]) -> dict[int, Article | Page]:
        """Which of these items of the old site live here in public now, by their numbers there. Two queries."""
        by_key = {self.key(number): number for number in numbers}
        stories = Article.objects.without_text().filter(legacy_key__in=by_key)
        pages = Page.objects.defer("body").filter(legacy_key__in=by_key, is_published=True)
        found: list[Article | Page] = [*(story for story in stories if story.was_published), *pages]
        return {by_key[str(subject.legacy_key)]: subject for subject in found}
