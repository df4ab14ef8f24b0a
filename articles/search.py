"""Search: PostgreSQL's full text over live stories.

Matches are taken newest first, at most 2,000, and only those are ranked: ranking every match of a common
word is what costs. Snippets come from the teaser as text, so nothing gated can show.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article

CANDIDATES = 2_000
SHOWN = 20
SNIPPET_CHARACTERS = 220
LONGEST_QUERY = 200
CONFIGS = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish", "fr": "french",
    "hu": "hungarian", "it": "italian", "nb": "norwegian", "nl": "dutch", "no": "norwegian", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish", "el": "greek", "ar": "arabic",
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One story of the answer, with its marked snippet."""

    article: Article
    snippet: SafeString


def config_of(language: str) -> str:
    """PostgreSQL's text search configuration for a language code; `simple` where it has none."""
    return CONFIGS.get(language.split("-")[0].lower(), "simple")


def find(query: str, *, language: str, now: datetime) -> list[Found]:
    """The best 20 live stories for `query` (words, "phrases", -without, or). Empty for nothing asked."""
    query = query.strip()[:LONGEST_QUERY]
    if not query:
        return []
    asked = SearchQuery(query, config=config_of(language), search_type="websearch")
    newest = Article.objects.live(now).filter(search=asked).newest_first().values("pk")[:CANDIDATES]
    best = (
        Article.objects.filter(pk__in=newest)
        .annotate(rank=SearchRank(F("search"), asked))
        .order_by("-rank", "-published_at", "-pk")
    )
    words = lexemes(query)
    return [Found(article, snippet(article, words)) for article in best.for_lists()[:SHOWN]]


def lexemes(query: str) -> list[str]:
    """The words to mark: what was asked, without operators, shortened so that forms of a word match too."""
    words = re.findall(r"(?<![-\w])\w{2,}", query.casefold())
    return [word[: max(4, len(word) - 2)] for word in words if word not in ("or", "and")]


def snippet(article: Article, words: list[str]) -> SafeString:
    """A piece of the teaser around the first word found, escaped, then marked with `<mark>`."""
    text = article.teaser_text or article.standfirst
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\w*", re.I) if words else None
    found = pattern.search(text) if pattern else None
    start = max(0, found.start() - SNIPPET_CHARACTERS // 3) if found else 0
    piece = text[start : start + SNIPPET_CHARACTERS].strip()
    piece = ("… " if start else "") + piece + (" …" if start + SNIPPET_CHARACTERS < len(text) else "")
    if pattern is None:
        return mark_safe(escape(piece))
    parts, end = [], 0
    for hit in pattern.finditer(piece):
        parts += [escape(piece[end : hit.start()]), f"<mark>{escape(hit[0])}</mark>"]
        end = hit.end()
    return mark_safe("".join([*parts, escape(piece[end:])]))
