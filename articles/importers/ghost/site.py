"""Brings a Ghost site in: tiers, authors, tags, stories, pages, pictures by reference, redirects.

Idempotent: what came before (by `legacy_key`) is left alone, save that a story nobody touched here gets what an
export that broke could not give it. Nothing is announced, nobody is mailed, nothing opens that was closed.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Replace

from articles.importers.bodies import FoundPicture
from articles.importers.filing import Addresses, free_name, is_used
from articles.importers.ghost.cards import PAYWALL
from articles.importers.ghost.contents import Contents, is_on, moment, text
from articles.importers.ghost.export import BrokenExportError, GhostExport, Row
from articles.importers.ghost.files import OldFiles
from articles.importers.ghost.furnishing import furnish
from articles.importers.ghost.moving import Permalinks, bring_redirects
from articles.importers.ghost.offers import Shown, Tiers, bring_letters
from articles.importers.ghost.shelves import Shelves
from articles.importers.ghost.writing import LONGEST_ADDRESS, OldSite, Writer
from articles.importers.media import OldMedia
from articles.importers.report import ImportReport
from articles.importers.texts import plain, slug_of
from articles.models import Article, Byline, Document, Name, Page, Picture
from articles.publishing import derive
from members.gate import Audience
from newsroom.caching import purge

LONGEST_TITLE, LONGEST_SLUG, LONGEST_FEED_ID = 200, 180, 300
HEADLINE_WORDS = 8
OBJECT_ID = re.compile(r"[0-9a-f]{24}")
LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_]\w{2,8})?")
OUT = ("published", "sent", "scheduled")


class GhostImport:
    """One run over one export. `read` comes first. `site`: where the old one was, this site's address if not said."""

    def __init__(
        self, path: Path, now: datetime, *, site: str = "", sections: frozenset[str] = frozenset(), permalink: str = ""
    ) -> None:
        self.export, self.now = GhostExport(path), now
        self.report = ImportReport()
        self.addresses = Addresses(self.report)
        self.given, self.wanted, self.permalink = site.rstrip("/"), sections, permalink
        self.site = OldSite(self.given or settings.SITE_URL, OldMedia(self.report), OldFiles(self.report, self.now))
        self.contents = Contents()

    def read(self) -> None:
        """First pass: all but the texts."""
        self.contents = Contents.of(self.export)
        self.tiers = Tiers(self.contents, self.report)
        self.shelves = Shelves(self.contents, self.site, self.addresses, self.wanted)
        self.permalinks = Permalinks(self.contents, self.export, self.permalink)
        self.taken = set(Name.objects.values_list("path", flat=True))
        known = {text(row, "slug") for row in self.contents.tags.values()}
        for slug in sorted(self.wanted - known):
            self.report.note(slug, "was to be a section, but the export has no such tag")

    def bring(self) -> Iterator[None]:
        """Bring every post in, each in its own transaction, yielding after each; then what leads to them."""
        if self.given and self.given != settings.SITE_URL:
            move_sources(settings.SITE_URL, self.given)
        self.tiers.bring()
        bring_letters(self.contents, self.report)
        try:
            for _table, row in self.export.rows(("posts",)):
                with transaction.atomic():
                    bring = self.bring_page if is_page(row) else self.bring_story
                    bring(row)
                yield
        except BrokenExportError as broken:
            self.report.broken = str(broken)
        self.report.broken = self.report.broken or self.contents.broken
        with transaction.atomic():
            bring_redirects(self.export, self.addresses, self.report, self.site.url)
            furnish(self.contents, self.site, self.report)

    # Stories

    def bring_story(self, row: Row) -> Article:
        """A story, in the state, for the readers and at the time it had."""
        known = Article.objects.filter(legacy_key=key_of(row)).select_related("lead_picture").first()
        if known is not None:
            self.report.skipped["stories that were here already"] += 1
            self.complete(known, row)
            return known
        headline = self.headline(row)
        shown = self.tiers.shown_to(row)
        meta = self.contents.meta.get(text(row, "id"), {})
        article = Article(
            legacy_key=key_of(row),
            feed_id=text(row, "id")[:LONGEST_FEED_ID],
            headline=headline,
            search_headline=plain(text(meta, "meta_title") or text(row, "meta_title"))[:120],
            social_headline=plain(text(meta, "og_title") or text(row, "og_title"))[:120],
            standfirst=plain(text(row, "custom_excerpt")),
            full_text=self.gated(self.body(row, headline), shown),
            slug=slug_of(text(row, "slug"), headline, f"post-{text(row, 'id')[-6:]}")[:LONGEST_SLUG],
            audience=shown.audience,
            minimum_tier=shown.tier,
            language=text(row, "locale") if LANGUAGE.fullmatch(text(row, "locale")) else "",
            canonical_url=self.canonical(row),
            lead_picture=self.lead(row, headline),
            created_at=moment(row.get("created_at")) or self.now,
        )
        self.set_status(article, row)
        article.section, tags = self.shelves.file(text(row, "id"))
        article.save()
        article.tags.set(tags)
        self.sign(article, row)
        derive(article)
        self.redirect(row, article)
        self.remark(row, headline, shown)
        return article

    def complete(self, article: Article, row: Row) -> None:
        """Give a story what an export that broke did not say of it, unless somebody worked on it here."""
        if article.edition:
            return
        shown = self.tiers.shown_to(row)
        section, tags = self.shelves.file(text(row, "id"))
        changed = []
        if article.section_id is None and section is not None:
            article.section = section
            changed.append("section")
        if article.audience == Audience.PATRONS == shown.audience and article.minimum_tier_id is None and shown.tier:
            article.minimum_tier = shown.tier
            changed.append("minimum_tier")
        if changed:
            article.save(update_fields=changed)
        has_more = [self.lead_again(article, row), not article.bylines.exists() and self.sign(article, row)]
        if tags and not article.tags.exists():
            article.tags.set(tags)
            has_more.append(True)
        if changed or any(has_more):
            purge(*article.cache_keys())

    def lead_again(self, article: Article, row: Row) -> bool:
        """Lead with the same file under the caption that was not known before; whether that is another picture."""
        picture, before = self.lead(row, article.headline), article.lead_picture
        if picture is None or before is None or picture == before or picture.source_url != before.source_url:
            return False
        article.lead_picture = picture
        article.save(update_fields=["lead_picture"])
        if not before.file and not seen(before):
            before.delete()
        return True

    def sign(self, article: Article, row: Row) -> bool:
        """Its bylines, in their order; whether there are any."""
        authors = self.shelves.bylines(row)
        Byline.objects.bulk_create(
            Byline(article=article, author=author, position=position) for position, author in enumerate(authors)
        )
        return bool(authors)

    def set_status(self, article: Article, row: Row) -> None:
        """Whether and when it is out. What was out or scheduled counts as announced, whatever its age."""
        published_at = moment(row.get("published_at")) or moment(row.get("created_at"))
        if text(row, "status") not in OUT or published_at is None:
            kind = "stories, drafts" if text(row, "status") not in OUT else "stories without a date, drafts now"
            self.report.came[kind] += 1
            return
        article.published_on = self.permalinks.day(published_at).date()
        if Article.objects.filter(published_on=article.published_on, slug=article.slug).exists():
            article.slug = f"{article.slug}-{text(row, 'id')[-6:]}"
        article.published_at = article.live_from = published_at
        article.status = Article.Status.PUBLISHED
        article.announced_at = self.now
        is_live = article.is_live(self.now)
        self.report.came["stories, published" if is_live else "stories, scheduled (they go live by themselves)"] += 1
        self.report.came["stories that only mails carried, on the site now (counted above)"] += self.was_mail_only(row)

    def was_mail_only(self, row: Row) -> bool:
        """Whether it was sent and never stood on the site."""
        return text(row, "status") == "sent" or is_on(self.contents.meta.get(text(row, "id"), {}).get("email_only"))

    def gated(self, body: str, shown: Shown) -> str:
        """The text with its divider. Where Ghost showed nothing before the wall, neither do we: it stands first."""
        if shown.audience == Audience.EVERYONE or PAYWALL in body or not body:
            return body
        self.report.came["stories closed from their first line, as they were (counted above)"] += 1
        return f"{PAYWALL}{body}"

    def remark(self, row: Row, headline: str, shown: Shown) -> None:
        """What a person should look at."""
        if shown.remark:
            self.report.note(headline, shown.remark)
        if is_on(row.get("featured")):
            self.report.note(headline, "was featured: say on the desk if it is to lead the front page")
        if text(row, "codeinjection_head") or text(row, "codeinjection_foot"):
            self.report.note(headline, "had code of its own in its page, which stayed behind")

    # Pages

    def bring_page(self, row: Row) -> Page:
        """A page. Pages have no wall here, so one that was not for everybody is not shown."""
        known = Page.objects.filter(legacy_key=key_of(row)).first()
        if known is not None:
            self.report.skipped["pages that were here already"] += 1
            return known
        title = self.headline(row)
        slug = slug_of(text(row, "slug"), title, f"page-{text(row, 'id')[-6:]}")[:LONGEST_SLUG]
        wanted = f"{slug}-page" if is_used(slug) else slug
        path = free_name(wanted, "page")
        picture = self.lead(row, title)
        is_closed = self.tiers.shown_to(row).audience != Audience.EVERYONE
        page = Page.objects.create(
            legacy_key=key_of(row),
            title=title,
            path=path,
            body=(f'<figure data-picture="{picture.key}"></figure>' if picture else "") + self.body(row, title),
            is_published=text(row, "status") == "published" and not is_closed,
            updated_at=moment(row.get("updated_at")) or moment(row.get("published_at")) or self.now,
        )
        Name.objects.create(path=path, page=page)
        if is_closed:
            self.report.note(title, "was not for everybody; pages have no wall here, so it is not published")
        if path != slug:
            self.report.note(title, f"lives at /{path}/: its address was taken")
        self.redirect(row, page)
        self.report.came["pages" if page.is_published else "pages, not published"] += 1
        return page

    # Texts, pictures, addresses

    def headline(self, row: Row) -> str:
        """The title as plain text; the first words, or the date, where there is none."""
        title = plain(text(row, "title"))
        if len(title) > LONGEST_TITLE:
            self.report.note(title[:60], f"had a title longer than {LONGEST_TITLE} characters, which was cut")
        if title:
            return title[:LONGEST_TITLE]
        words = plain(text(row, "plaintext") or text(row, "html")).split()
        stand_in = " ".join(words[:HEADLINE_WORDS])[: LONGEST_TITLE - 1] + ("…" if words[HEADLINE_WORDS:] else "")
        stand_in = stand_in or f"{moment(row.get('published_at')) or self.now:%d %B %Y}"
        self.report.note(stand_in, "had no title: its first words, or its date, stand in")
        return stand_in

    def body(self, row: Row, title: str) -> str:
        """The text as story HTML; what is lost, and an empty one, are noted."""
        writer = Writer(self.site, title)
        body = writer.body(row)
        self.report.skipped.update(writer.dropped)
        lost = [f"{times} × {what}" for what, times in (+writer.left_out).items()]
        if lost:
            self.report.note(title, f"lost what has no place here: {', '.join(lost)}")
        if writer.stays:
            self.report.note(title, f"links to files that stay where they are: {', '.join(writer.stays)}")
        if not body:
            self.report.note(title, "has no text")
        return body

    def lead(self, row: Row, title: str) -> Picture | None:
        """Its feature image with what it shows and says, or None."""
        url = self.site.address(text(row, "feature_image") or text(row, "image"))
        if not url:
            return None
        said: dict[str, Any] = {**row, **self.contents.meta.get(text(row, "id"), {})}
        alt, caption = text(said, "feature_image_alt"), plain(text(said, "feature_image_caption"))
        return self.site.media.bring(FoundPicture(url, alt, caption), title)

    def canonical(self, row: Row) -> str:
        """The address search engines should know it by, if that is elsewhere."""
        url = self.site.address(text(row, "canonical_url"))
        is_elsewhere = urlsplit(url).netloc != urlsplit(self.site.url).netloc
        return url if is_elsewhere and len(url) <= LONGEST_ADDRESS else ""

    def redirect(self, row: Row, subject: Article | Page) -> None:
        """Its old addresses; none for a draft."""
        published_at = moment(row.get("published_at")) or moment(row.get("created_at")) or self.now
        if not (subject.was_published if isinstance(subject, Article) else subject.is_published):
            return
        new = subject.get_absolute_url()
        if isinstance(subject, Page):
            self.addresses.redirect(f"/{text(row, 'slug')}/", new)
            return
        for path in self.permalinks.paths(row, published_at):
            if path.strip("/") in self.taken:
                self.report.note(subject.headline, f"stood at {path}, where something else lives: nothing leads on")
            else:
                self.addresses.redirect(path, new)
        if self.was_mail_only(row) and text(row, "uuid"):
            self.addresses.redirect(f"/email/{text(row, 'uuid')}/", new)


def key_of(row: Row) -> str:
    """What a post is known by in a second run: Ghost's id is unique in the world, older tools' numbers are not."""
    key = text(row, "id")
    if not OBJECT_ID.fullmatch(key):
        key = text(row, "uuid") or f"{key}:{text(row, 'slug')}"
    return f"ghost:{key}"[:200]


def is_page(row: Row) -> bool:
    """Whether a post is a page: Ghost 3 and later name the kind, earlier ones set a flag."""
    return text(row, "type") == "page" or is_on(row.get("page"))


def seen(picture: Picture) -> bool:
    """Whether anything shows a picture."""
    return Article.objects.showing(picture).exists() or Page.objects.filter(body__contains=picture.key).exists()


def move_sources(old: str, new: str) -> None:
    """Files still to be fetched are at the site now named; a run before this one could only guess it was `old`."""
    for model in (Picture, Document):
        waiting = model.objects.unfetched().filter(source_url__startswith=f"{old}/content/")
        here, there = Value(f"{old}/content/"), Value(f"{new}/content/")
        waiting.update(**{name: Replace(F(name), here, there) for name in ("source_url", "legacy_key")})
