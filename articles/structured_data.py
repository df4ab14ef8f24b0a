"""What a story says of itself to machines: `NewsArticle` and its kin as JSON-LD. Only what everybody may read.

Types and properties: https://schema.org/NewsArticle, https://schema.org/LiveBlogPosting and
https://schema.org/correction.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from articles.live.stream import Entry, Stream
from articles.models import Article, Byline, Correction, Page, Picture
from articles.pictures import social_url
from articles.reading import Reading
from members.models import SiteRules

if TYPE_CHECKING:
    from newsroom.furniture import Furniture

ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}
TYPES = {
    Article.Kind.OPINION: "OpinionNewsArticle",
    Article.Kind.ANALYSIS: "AnalysisNewsArticle",
    Article.Kind.INTERVIEW: "ReportageNewsArticle",
    Article.Kind.SPONSORED: "AdvertiserContentArticle",
}
GATED_PART = ".story-rest"  # the class stands on the page: on the rest, or on the wall in its place
HEADLINE = 110  # characters of an entry without a headline of its own


def absolute(path: str) -> str:
    """`path` on this site as an address; an address elsewhere stays as it is."""
    return path if path.startswith(("http://", "https://")) else f"{settings.SITE_URL}{path}"


def news_article(reading: Reading, furniture: "Furniture", stream: Stream | None = None) -> SafeString:
    """The story's JSON-LD, escaped so that nothing in it can end the script element.

    `stream`: the live entries on the page, which make it a `LiveBlogPosting`. A gated story's are no more in here
    than the rest of its text, and without them it is a `NewsArticle`.
    """
    facts = _facts(reading, furniture)
    if stream is not None and stream.entries and not reading.is_gated:
        facts |= _live_facts(reading, stream)
    return script_text(facts)


def script_text(facts: dict[str, Any]) -> SafeString:
    """`facts` as JSON that can stand in a script element."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(text)  # every character with a meaning in HTML is escaped above


def publisher(rules: SiteRules, policies: Sequence[Page]) -> dict[str, Any]:
    """Who publishes, with the pages that state its promises. https://schema.org/NewsMediaOrganization

    Where no page says how mistakes are corrected, the list of what was corrected does.
    """
    facts: dict[str, Any] = {
        "@type": "NewsMediaOrganization",
        "@id": f"{settings.SITE_URL}/#publisher",
        "name": rules.publisher or rules.name,
        "url": f"{settings.SITE_URL}/",
        "correctionsPolicy": absolute(reverse("corrections")),
    }
    if rules.logo:
        facts["logo"] = {"@type": "ImageObject", "url": absolute(rules.logo.url)}
    if rules.contact_email:
        facts["email"] = rules.contact_email
    return facts | {page.policy: absolute(page.get_absolute_url()) for page in policies}


def image(picture: Picture | None) -> dict[str, Any]:
    """A picture with caption and credit; nothing without one."""
    url = social_url(picture)
    if picture is None or not url:
        return {}
    said = {"caption": picture.caption or picture.alt, "creditText": picture.credit}
    return {"@type": "ImageObject", "url": absolute(url), **{name: text for name, text in said.items() if text}}


def story_id(path: str) -> str:
    """What other blocks on the page call the story at `path`."""
    return f"{absolute(path)}#story"


def _facts(reading: Reading, furniture: "Furniture") -> dict[str, Any]:
    article = reading.article
    url = absolute(article.get_absolute_url())
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": TYPES.get(Article.Kind(article.kind), "NewsArticle"),
        "@id": story_id(article.get_absolute_url()),
        "headline": article.headline,
        "description": reading.description,
        "url": url,
        "mainEntityOfPage": url,
        "inLanguage": article.story_language,
        "isAccessibleForFree": not reading.is_gated,
        "publisher": publisher(furniture.rules, furniture.policies),
        **_times(reading),
    }
    if reading.is_gated:
        facts["hasPart"] = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": GATED_PART}
    if article.section is not None:
        facts["articleSection"] = article.section.name
    if article.dateline:
        facts["dateline"] = article.dateline
    if reading.tags:
        facts["keywords"] = [tag.name for tag in reading.tags]
    if reading.bylines:
        facts["author"] = [_author(byline) for byline in reading.bylines]
    if picture := image(article.lead_picture):
        facts["image"] = [picture]
    if reading.corrections:
        facts["correction"] = [_correction(correction, url) for correction in reading.corrections]
    return facts | _origin(article) | _translations(reading)


def _times(reading: Reading) -> dict[str, Any]:
    """Publication and last change; a correction is a change."""
    article = reading.article
    if article.published_at is None:
        return {}
    changes = [article.published_at, article.updated_at, *(correction.made_at for correction in reading.corrections)]
    changed = max(filter(None, changes))
    return {"datePublished": article.published_at.isoformat(), "dateModified": changed.isoformat()}


def _author(byline: Byline) -> dict[str, Any]:
    author = byline.author
    kind = "Organization" if author.is_agency else "Person"
    return {"@type": kind, "name": author.name, "url": absolute(author.get_absolute_url())}


def _correction(correction: Correction, url: str) -> dict[str, Any]:
    """Its words are no secret of a gated story: they stand on `/corrections/` for everybody."""
    return {
        "@type": "CorrectionComment",
        "name": str(correction.get_kind_display()),
        "text": correction.text,
        "datePublished": correction.made_at.isoformat(),
        "url": f"{url}#correction-{correction.pk}",
    }


def _origin(article: Article) -> dict[str, Any]:
    """Where a republished story stood first."""
    address = article.republished_url or article.canonical_url
    if not address and not article.republished_from:
        return {}
    origin: dict[str, Any] = {"@type": "CreativeWork"}
    if address:
        origin["url"] = address
    if article.republished_from:
        origin["publisher"] = {"@type": "Organization", "name": article.republished_from}
    return {"isBasedOn": origin}


def _live_facts(reading: Reading, stream: Stream) -> dict[str, Any]:
    """What makes it a `LiveBlogPosting`; it ended with its newest entry."""
    updates = [_update(entry) for entry in stream.entries]
    facts: dict[str, Any] = {"@type": "LiveBlogPosting", "liveBlogUpdate": updates}
    if reading.article.published_at is not None:
        facts["coverageStartTime"] = reading.article.published_at.isoformat()
    if not stream.is_running:
        facts["coverageEndTime"] = stream.entries[0].made_at.isoformat()
    return facts


def _update(entry: Entry) -> dict[str, Any]:
    update = {
        "@type": "BlogPosting",
        "headline": entry.headline or entry.plain[:HEADLINE],
        "articleBody": entry.plain,
        "datePublished": entry.made_at.isoformat(),
        "url": absolute(entry.path),
    }
    return update | ({"dateModified": entry.changed_at.isoformat()} if entry.changed_at else {})


def _translations(reading: Reading) -> dict[str, Any]:
    """The same story in other languages: what it was translated from, or what was made of it."""
    first = reading.article.original_id
    ids = {other.pk: (story_id(other.get_absolute_url()), other.story_language) for other in reading.translations}
    works = {pk: {"@type": "NewsArticle", "@id": at, "inLanguage": language} for pk, (at, language) in ids.items()}
    if first is None:
        return {"workTranslation": list(works.values())} if works else {}
    return {"translationOfWork": works[first]} if first in works else {}
