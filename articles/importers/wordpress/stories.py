"""WordPress posts as stories: published and scheduled as they were; whatever was not in public is a draft."""

import re
from datetime import date, datetime

from django.utils import timezone

from articles.importers.texts import plain, slug_of
from articles.importers.wordpress import wxr
from articles.importers.wordpress.access import audience_of
from articles.importers.wordpress.fields import fill
from articles.importers.wordpress.moving import Moving
from articles.importers.wordpress.people import People
from articles.importers.wordpress.wxr import WxrItem, WxrTerm
from articles.models import Article, Byline, Tag
from articles.publishing import derive
from members.gate import Audience, ReplyRight

LONGEST_SLUG, LONGEST_FEED_ID = 180, 300
MANY_CATEGORIES = 20
DATED = re.compile(r"/(\d{4})/(\d{1,2})/(\d{1,2})/([^/]+)/?")
DRAFTS = {"draft": "", "pending": "waited for review: it is ready to publish", "private": "was private: it is a draft"}
PRIMARY = ("_yoast_wpseo_primary_category", "rank_math_primary_category", "_primary_term_category")
SHOWS = re.compile(r"data-(?:gallery|picture)=")
UNSORTED = "uncategorized"


class Stories:
    """The stories of one move."""

    def __init__(self, moving: Moving, people: People) -> None:
        self.moving, self.people, self.report = moving, people, moving.report

    def bring(self, item: WxrItem) -> Article:
        """One story; one that is here is left alone, but for what an earlier, broken file could not bring."""
        moving = self.moving
        known = Article.objects.filter(legacy_key=moving.key(item.post_id)).first()
        if known is not None:
            self.report.skipped["stories that were here already"] += 1
            self.complete(known, item)
            return known
        headline = moving.headline(item)
        article = Article(
            legacy_key=moving.key(item.post_id),
            feed_id=item.guid[:LONGEST_FEED_ID],
            headline=headline,
            standfirst=plain(item.excerpt),
            full_text=moving.body(item, headline),
            slug=slug_of(item.slug, headline, f"post-{item.post_id}")[:LONGEST_SLUG] if item.slug else "",
            audience=audience_of(item),
            reply_right="" if item.takes_replies else ReplyRight.CLOSED,
            lead_picture=moving.media.featured(thumbnail(item), headline),
            created_at=item.published_at or moving.now,
        )
        fill(article, item.meta, moving.fields, self.report)
        self.set_status(article, item)
        if article.audience != Audience.EVERYONE:
            self.report.came[f"stories for {article.get_audience_display()} only, as before (counted above)"] += 1
        tags = self.file(article, item)
        article.save()
        article.tags.set(tags)
        for position, author in enumerate(self.people.of(item)):
            Byline.objects.create(article=article, author=author, position=position)
        derive(article)
        moving.redirect(item, article)
        return article

    def complete(self, article: Article, item: WxrItem) -> None:
        """The pictures of a story that came from half an export, as long as nobody has worked on it here."""
        if article.edition or self.report.broken:
            return
        is_bare = article.lead_picture_id is None and thumbnail(item)
        lead = self.moving.media.featured(thumbnail(item), article.headline) if is_bare else None
        is_empty = "[gallery" in item.content and not SHOWS.search(article.full_text)
        text = self.moving.body(item, article.headline) if is_empty else article.full_text
        if lead is not None or text != article.full_text:
            article.lead_picture = lead or article.lead_picture
            article.full_text = text
            derive(article)
            self.report.came["stories whose pictures were missing, completed"] += 1

    def set_status(self, article: Article, item: WxrItem) -> None:
        """Whether and when it is out. What was published or scheduled counts as announced, whatever its age."""
        is_out, why = item.status in ("publish", "future"), ""
        if not is_out:
            article.status = Article.Status.READY if item.status == "pending" else Article.Status.DRAFT
            kind, why = "stories, drafts", DRAFTS.get(item.status, f"was “{item.status}”: it is a draft")
        elif item.published_at is None:
            kind, why = "stories without a date, drafts now", "has no date: it is a draft"
        elif item.password:
            article.published_at = item.published_at
            kind = "stories protected by a password, drafts now, their replies hidden"
            why = "was protected by a password: it is a draft, its replies are hidden"
        elif item.status == "future" and item.published_at <= self.moving.now:
            article.status, article.published_at = Article.Status.READY, item.published_at
            kind = "stories whose scheduled time has passed, ready to publish"
            why = f"was to go out on {item.published_at:%d %B %Y}, which has passed: publish it if it did"
        else:
            self.publish(article, item, item.published_at)
            is_live = article.is_live(self.moving.now)
            kind = "stories, published" if is_live else "stories, scheduled (they go live by themselves)"
        if why:
            self.report.note(article.headline, why)
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
            taken, article.slug = article.slug, f"{article.slug}-{item.post_id}"
            text = f"lives at {article.get_absolute_url()}: another story of that day is called “{taken}”"
            self.report.note(article.headline, text)
        article.published_at = article.live_from = published_at
        article.status = Article.Status.PUBLISHED
        article.announced_at = self.moving.now

    def file(self, article: Article, item: WxrItem) -> list[Tag]:
        """Give it its section, the main or first category; the others and its tags are returned, each once."""
        categories = self._categories(item)
        for term in item.terms:
            if term.domain not in ("category", "post_tag", "author"):
                self.report.skipped[f"words of the kind {term.domain}"] += 1
        if categories:
            article.section = self.moving.filing.section(categories[0])
            self._redirect_number("cat", categories[0], article.section.get_absolute_url())
        if len(categories) > MANY_CATEGORIES:
            text = f"had {len(categories)} categories: the first is its section, the others are tags"
            self.report.note(article.headline, text)
        tags = []
        for term in [*categories[1:], *(term for term in item.terms if term.domain == "post_tag")]:
            tags.append(self.moving.filing.tag(term))
            if term.domain == "category":
                self._redirect_number("cat", term, tags[-1].get_absolute_url())
        return list({tag.pk: tag for tag in tags}.values())

    def _categories(self, item: WxrItem) -> list[WxrTerm]:
        """The one its editors called the main one first; “uncategorized” says nothing beside others."""
        found = [term for term in item.terms if term.domain == "category"]
        found = [term for term in found if term.slug != UNSORTED] or found
        main = next((number for name in PRIMARY if (number := wxr.number(item.meta.get(name, "")))), 0)
        numbers = self.moving.frame.numbers
        return sorted(found, key=lambda term: not main or numbers.get(("category", term.slug)) != main)

    def _redirect_number(self, name: str, term: WxrTerm, new: str) -> None:
        number = self.moving.frame.numbers.get((term.domain, term.slug))
        if number:
            self.moving.addresses.redirect(f"/?{name}={number}", new)


def thumbnail(item: WxrItem) -> int:
    """The number of its featured picture; 0 for none."""
    return wxr.number(item.meta.get("_thumbnail_id", ""))


def day_of(dated: re.Match[str]) -> date | None:
    """The day an old address names, if there was such a day."""
    try:
        return date(int(dated[1]), int(dated[2]), int(dated[3]))
    except ValueError:
        return None
