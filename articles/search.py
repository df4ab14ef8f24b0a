"""Search: PostgreSQL's full text over live stories.

Reading a vector is what costs, so few are read. A word that many of the newest stories have is looked for in those
alone. Any other is found through the index; matches are taken newest first, at most 2,000, and only those are
ranked. Snippets come from the teaser as text, so nothing gated can show.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import F, Q
from django.db.models.sql import Query
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from articles.models import Article
from articles.models.article import ArticleQuerySet
from articles.reading import Card, story_card
from articles.workflow.keeping import search_config
from members.models import SiteRules

CANDIDATES = 2_000
NEWEST, COMMON = 3_000, 75  # a common word is in so many of the newest
BEST = """
    WITH near AS MATERIALIZED (
        SELECT id, ts_rank(search, {asked}) AS rank, published_at
        FROM (SELECT id, search, published_at FROM articles_article WHERE status = 'published' AND live_from <= %(now)s
              ORDER BY published_at DESC, id DESC LIMIT %(newest)s) newest
        WHERE search @@ {asked}
    ), far AS MATERIALIZED (
        SELECT id, published_at FROM articles_article
        WHERE (SELECT count(*) FROM near) < %(common)s
        AND status = 'published' AND live_from <= %(now)s AND search @@ {asked}
    )
    SELECT id, rank, published_at FROM near WHERE (SELECT count(*) FROM near) >= %(common)s
    UNION ALL
    SELECT id, (SELECT ts_rank(search, {asked}) FROM articles_article WHERE id = late.id), published_at
    FROM (SELECT id, published_at FROM far ORDER BY published_at DESC, id DESC LIMIT %(candidates)s) late
    ORDER BY rank DESC, published_at DESC, id DESC LIMIT %(shown)s
"""
SHOWN = 20
MOST_WORDS = 8
SNIPPET_CHARACTERS = 220
LONGEST_QUERY = 200
LONGEST_STEM_ENDING = 2
WITHOUT = re.compile(r'(?:(?<=\s)|^)-("[^"]+"|[^\s"]+)')
OPERATORS = ("or",)


@dataclass(frozen=True, slots=True)
class Found:
    """One story of the answer, with its marked snippet."""

    card: Card
    snippet: SafeString


def find(query: str, *, rules: SiteRules, now: datetime) -> list[Found]:
    """The best 20 live stories for `query` (words, "phrases", -without, or). Empty for nothing asked.

    Each story was filed in its own language, so the words are looked up in every language of the site, and
    as they stand. Three queries.
    """
    query = tidy(query)
    asked = search_query(query)
    if asked is None:
        return []
    best = best_of(asked, now)
    stories = Article.objects.for_lists().in_bulk(best)
    pattern = pattern_of(query)
    return [
        Found(story_card(article, rules=rules, now=now), snippet(article, pattern))
        for article in (stories[pk] for pk in best if pk in stories)
    ]


def best_of(asked: Any, now: datetime) -> list[int]:
    """The keys of the best live stories for `asked`, the best first. One query."""
    scope = Query(None)
    sql, values = scope.get_compiler(connection=connection).compile(asked.resolve_expression(scope))
    named = {f"word{place}": value for place, value in enumerate(values)}
    asked_sql = sql % tuple(f"%({name})s" for name in named)
    limits = {"newest": NEWEST, "common": COMMON, "candidates": CANDIDATES, "shown": SHOWN}
    with connection.cursor() as cursor:
        cursor.execute(BEST.format(asked=f"({asked_sql})"), {"now": now, **limits, **named})
        return [pk for pk, _rank, _moment in cursor.fetchall()]


def stories_called(query: str, *, among: ArticleQuerySet, most: int, with_address: bool = False) -> list[Article]:
    """The newest of `among`, out or not, in which every word of `query` begins a word; without words, the latest.

    For the desk's pickers. Where no word is found so, parts of headlines count.
    `with_address`: only those that have, or had, a public address. At most two queries.
    """
    stories = among.order_by(F("published_at").desc(nulls_first=True), "-pk")
    if with_address:
        stories = stories.exclude(published_on=None)
    words = re.findall(r"\w+", tidy(query))[:MOST_WORDS]
    if not words:
        return list(stories[:most])
    begun = " & ".join(f"{word}:*" for word in words)
    asked: Any = reduce(or_, [SearchQuery(begun, config=config, search_type="raw") for config in search_configs()])
    found = list(stories.filter(search=asked)[:most])
    parts = reduce(and_, [Q(headline__icontains=word) for word in words])
    return found or list(stories.filter(parts)[:most])


def search_configs() -> list[str]:
    """The configurations stories are likely to be filed in."""
    codes = [settings.LANGUAGE_CODE, *dict(settings.LANGUAGES)]
    return sorted({"simple", *map(search_config, codes)})


def tidy(query: str) -> str:
    """What was asked, on one line, without what PostgreSQL cannot read, at most 200 characters."""
    return " ".join(query.replace("\x00", " ").split())[:LONGEST_QUERY].strip()


def search_query(query: str) -> Any:
    """The query in every language stories are likely to be filed in; None where it asks for no word.

    A word that must not be there must not be there in any of them.
    """
    wanted = WITHOUT.sub(" ", query)
    if not re.search(r"\w", wanted):
        return None
    configs = search_configs()
    asked: Any = reduce(or_, [SearchQuery(wanted, config=config, search_type="websearch") for config in configs])
    for unwanted in WITHOUT.findall(query):
        for config in configs:
            asked = asked & ~SearchQuery(unwanted.strip('"'), config=config, search_type="phrase")
    return asked


def pattern_of(query: str) -> re.Pattern[str] | None:
    """Finds the words asked for, other forms of them too; None where there are none to mark."""
    words = [word for word in re.findall(r"\w{2,}", WITHOUT.sub(" ", query.lower())) if word not in OPERATORS]
    if not words:
        return None
    stems = [word[: max(4, len(word) - LONGEST_STEM_ENDING)] for word in words]
    return re.compile(r"\b(?:" + "|".join(map(re.escape, stems)) + r")\w*", re.I)


def snippet(article: Article, pattern: re.Pattern[str] | None) -> SafeString:
    """A piece of the teaser around the first word found, else the standfirst; escaped, then marked with `<mark>`."""
    text = article.teaser_text
    found = pattern.search(text) if pattern else None
    if found is None:
        text = article.standfirst or text
    start = max(0, found.start() - SNIPPET_CHARACTERS // 3) if found else 0
    start = text.rfind(" ", 0, start) + 1
    piece = text[start : start + SNIPPET_CHARACTERS]
    if start + SNIPPET_CHARACTERS < len(text):
        piece = f"{piece.rpartition(' ')[0] or piece} …"
    return marked(f"… {piece}" if start else piece, pattern)


def marked(text: str, pattern: re.Pattern[str] | None) -> SafeString:
    """`text` as HTML, the words found in `<mark>`."""
    parts, end = [], 0
    for hit in pattern.finditer(text) if pattern else ():
        parts += [escape(text[end : hit.start()]), "<mark>", escape(hit[0]), "</mark>"]
        end = hit.end()
    return mark_safe("".join([*parts, escape(text[end:])]))  # every piece is escaped above
