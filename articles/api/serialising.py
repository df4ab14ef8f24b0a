"""Our rows as the content API says them. What a `Card` or `Reading` does not hold is not to be had here."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.urls import reverse
from django.utils.safestring import SafeString
from lxml import html as lxml_html

from articles import models
from articles.api import shapes
from articles.models import Article, Byline
from articles.pictures import FORMATS, version_name, widths_of
from articles.reading import Card, LinkCard, PageText, Reading, description_of
from articles.structured_data import absolute
from members.gate import Audience, Terms
from members.models import MenuItem, SiteRules

TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
ADDRESSES = ("href", "src", "poster")


def story_cards(cards: Sequence[Card], *, rules: SiteRules, now: datetime) -> list[shapes.StoryCard]:
    """Stories of a list, each with its tags and series: two queries."""
    stories = [card.story for card in cards]
    prefetch_related_objects(stories, Prefetch("tags", models.Tag.objects.order_by("name")), "series")
    return [_card(card.story, card.bylines, card.story.tags.all(), rules=rules, now=now) for card in cards]


def keys_of(cards: Iterable[Card]) -> frozenset[str]:
    """What an answer that shows these stories falls with."""
    found: set[str] = set()
    for card in cards:
        found.add(f"article-{card.story.pk}")
        found.update(f"author-{byline.author_id}" for byline in card.bylines)
        found.update(f"tag-{tag.pk}" for tag in card.story.tags.all())
        if card.story.series_id:
            found.add(f"series-{card.story.series_id}")
    return frozenset(found)


def next_closing(cards: Iterable[Card], *, rules: SiteRules, now: datetime) -> datetime | None:
    """When the archive's rule will next close one of these stories."""
    return min(filter(None, (card.story.terms(rules).changes_at(now) for card in cards)), default=None)


def whole_story(reading: Reading, *, rules: SiteRules, now: datetime) -> shapes.Story:
    """A story as far as its reader may read it. No query."""
    article = reading.article
    card = _card(article, reading.bylines, reading.tags, rules=rules, now=now)
    return {
        **card,
        "access": reading.decision.value,
        "is_cut": reading.is_cut,
        "content_html": whole_addresses(reading.body),
        "social_headline": article.social_headline or article.headline,
        "dateline": article.dateline,
        "coverage": article.coverage,
        "corrections": [_amendment(row, card["url"]) for row in reading.corrections],
        "related": [_related(link) for link in reading.related],
        "parts": [_named(part.headline, part.slug, part.get_absolute_url()) for part in reading.parts],
    }


def section(row: models.Section) -> shapes.Section:
    """A section."""
    return {
        **_named(row.name, row.slug, row.get_absolute_url()),
        "description": row.description,
        "is_opinion": row.is_opinion,
        "is_in_menu": row.is_in_menu,
    }


def author(row: models.Author) -> shapes.Author:
    """Somebody who signs; `portrait` must be loaded. Their e-mail address is not for everybody."""
    return {
        **_named(row.name, row.slug, row.get_absolute_url()),
        "role": row.role,
        "bio": row.bio,
        "is_agency": row.is_agency,
        "is_guest": row.is_guest,
        "portrait": picture(row.portrait),
    }


def tag(row: models.Tag) -> shapes.Tag:
    """A tag."""
    return {**_named(row.name, row.slug, row.get_absolute_url()), "description": row.description}


def series(row: models.Series) -> shapes.Series:
    """A series."""
    return {**_named(row.name, row.slug, row.get_absolute_url()), "description": row.description}


def page_card(row: models.Page) -> shapes.PageCard:
    """A standing page in a list."""
    address = absolute(row.get_absolute_url())
    return {"path": row.path, "title": row.title, "url": address, "updated_at": row.updated_at.isoformat()}


def page(row: models.Page, text: PageText) -> shapes.Page:
    """A standing page."""
    return {**page_card(row), "content_html": whole_addresses(text.html)}


def site(rules: SiteRules, *, menu: Iterable[MenuItem], footer: Iterable[MenuItem]) -> shapes.Site:
    """What the site says of itself."""
    return {
        "name": rules.name,
        "tagline": rules.tagline,
        "description": rules.description,
        "publisher": rules.publisher or rules.name,
        "url": absolute("/"),
        "language": settings.LANGUAGE_CODE,
        "time_zone": settings.TIME_ZONE,
        "logo": absolute(rules.logo.url) if rules.logo else None,
        "menu": [{"label": item.label, "url": absolute(item.path)} for item in menu],
        "footer": [{"label": item.label, "url": absolute(item.path)} for item in footer],
        "feeds": [
            {"label": "RSS", "url": absolute(reverse("feed"))},
            {"label": "JSON Feed", "url": absolute(reverse("json_feed"))},
        ],
    }


def picture(row: models.Picture | None) -> shapes.Picture | None:
    """A picture with its versions; None for one whose file is not ours yet. No query."""
    if row is None or not row.file:
        return None
    storage, widths = row.file.storage, widths_of(row) if row.prepared_at else []
    return {
        "url": absolute(row.file.url),
        "width": row.width,
        "height": row.height,
        "alt": row.alt,
        "caption": row.caption,
        "credit": row.credit,
        "versions": [
            {"url": absolute(storage.url(version_name(row, width, kind))), "width": width, "type": TYPES[kind]}
            for kind in FORMATS
            for width in widths
        ],
    }


def whole_addresses(text: SafeString) -> str:
    """Our own markup with every address in it whole, so that it can stand on any site."""
    if not text:
        return ""
    holder = lxml_html.fragment_fromstring(text, create_parent="div")
    for node in holder.iter():
        for name in ADDRESSES:
            if (address := node.get(name, "")).startswith("/"):
                node.set(name, absolute(address))
        if sources := node.get("srcset"):
            node.set("srcset", ", ".join(absolute(part.strip()) for part in sources.split(",")))
    found: str = lxml_html.tostring(holder, encoding="unicode")
    return found.removeprefix("<div>").removesuffix("</div>")


def _card(
    article: Article, bylines: Iterable[Byline], tags: Iterable[models.Tag], *, rules: SiteRules, now: datetime
) -> shapes.StoryCard:
    """A live story without its text; section, picture, tier and series must be loaded."""
    address = absolute(article.get_absolute_url())
    place = f"{article.published_on:%Y/%m/%d}/{article.slug}/"
    return {
        "id": article.pk,
        "url": address,
        "api_url": absolute(reverse("api_stories") + place),
        "headline": article.headline,
        "kicker": article.kicker,
        "standfirst": article.standfirst,
        "description": description_of(article),
        "kind": article.kind,
        "language": article.story_language,
        "section": _of(article.section),
        "authors": [{**_of_author(byline.author), "role": byline.role} for byline in bylines],
        "tags": [_named(tag.name, tag.slug, tag.get_absolute_url()) for tag in tags],
        "series": {**named, "part": article.series_part} if (named := _of(article.series)) else None,
        "picture": picture(article.lead_picture),
        "published_at": article.published_at.isoformat() if article.published_at else "",
        "updated_at": article.updated_at.isoformat() if article.updated_at else None,
        "audience": _audience(article.terms(rules), now),
        "minutes_to_read": article.minutes_to_read,
        "canonical_url": article.canonical_url or address,
    }


def _audience(terms: Terms, now: datetime) -> str:
    """Whom it is for now; what is of public interest is for everyone."""
    return Audience.EVERYONE.value if terms.public_interest else str(terms.audience_at(now))


def _named(name: str, slug: str, path: str) -> shapes.Named:
    return {"slug": slug, "name": name, "url": absolute(path)}


def _of(row: Any) -> shapes.Named | None:
    """A section or series, if there is one."""
    return _named(row.name, row.slug, row.get_absolute_url()) if row is not None else None


def _of_author(row: models.Author) -> shapes.Named:
    return _named(row.name, row.slug, row.get_absolute_url())


def _amendment(row: models.Correction, address: str) -> shapes.Amendment:
    url = f"{address}#correction-{row.pk}"
    return {"kind": row.kind, "text": row.text, "made_at": row.made_at.isoformat(), "url": url}


def _related(link: LinkCard) -> shapes.Related:
    if link.card is not None:
        story = link.card.story
        return {"url": absolute(story.get_absolute_url()), "title": story.headline, "publisher": ""}
    return {"url": link.url, "title": link.title, "publisher": link.publisher}
