"""What a story says of itself to machines: `NewsArticle` as JSON-LD. Only what everybody may read."""

import json
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article
from articles.pictures import social_url
from articles.reading import Reading
from members.models import SiteRules

ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}
TYPES = {Article.Kind.OPINION: "OpinionNewsArticle", Article.Kind.ANALYSIS: "AnalysisNewsArticle"}
GATED_PART = ".story-rest"  # the class stands on the page: on the rest, or on the wall in its place


def absolute(path: str) -> str:
    """`path` on this site as an address; an address elsewhere stays as it is."""
    return path if path.startswith(("http://", "https://")) else f"{settings.SITE_URL}{path}"


def news_article(reading: Reading, rules: SiteRules) -> SafeString:
    """The story's JSON-LD, escaped so that nothing in it can end the script element."""
    text = json.dumps(_facts(reading, rules), ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(text)  # every character with a meaning in HTML is escaped above


def _facts(reading: Reading, rules: SiteRules) -> dict[str, Any]:
    article = reading.article
    url = absolute(article.get_absolute_url())
    changed = article.updated_at or article.published_at
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": TYPES.get(Article.Kind(article.kind), "NewsArticle"),
        "headline": article.headline,
        "description": reading.description,
        "url": url,
        "mainEntityOfPage": url,
        "inLanguage": article.story_language,
        "isAccessibleForFree": not reading.is_gated,
        "publisher": _publisher(rules),
    }
    if article.published_at is not None and changed is not None:
        facts["datePublished"], facts["dateModified"] = article.published_at.isoformat(), changed.isoformat()
    if reading.is_gated:
        facts["hasPart"] = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": GATED_PART}
    if article.section is not None:
        facts["articleSection"] = article.section.name
    if reading.bylines:
        facts["author"] = [
            {
                "@type": "Organization" if byline.author.is_agency else "Person",
                "name": byline.author.name,
                "url": absolute(byline.author.get_absolute_url()),
            }
            for byline in reading.bylines
        ]
    if picture := social_url(article.lead_picture):
        facts["image"] = [absolute(picture)]
    return facts


def _publisher(rules: SiteRules) -> dict[str, Any]:
    publisher: dict[str, Any] = {
        "@type": "NewsMediaOrganization",
        "name": rules.publisher or rules.name,
        "url": f"{settings.SITE_URL}/",
    }
    if rules.logo:
        publisher["logo"] = {"@type": "ImageObject", "url": absolute(rules.logo.url)}
    return publisher
