"""Suggestions: what our own archive has on the subject of a story.

The story's most telling words, as its search vector keeps them, are looked for in the live stories of its
language; what most stories say (PostgreSQL's own statistics know) tells nothing. Matches are
taken newest first, at most 500, and only those are ranked: by words, and by what was filed together.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, models
from django.db.models import Case, Count, ExpressionWrapper, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Least

from articles.models import Article, RelatedLink, Tag

CANDIDATES = 500
SHOWN = 8
WORDS = 16
COMMON = 0.3  # a word of every third story tells nothing
WORTH_WORDS, WORTH_TAG, WORTH_SERIES, WORTH_TOPIC, WORTH_SECTION = 10.0, 0.3, 0.6, 0.6, 0.05
ENOUGH = 0.2
MOST_TAGS = 3

LINE = ("headline", "slug", "published_on", "published_at", "section__name")

TELLING = """
    WITH common AS MATERIALIZED (
        SELECT unnest(most_common_elems::text::text[]) AS word, unnest(most_common_elem_freqs) AS part
        FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'articles_article' AND attname = 'search'
    )
    SELECT said.lexeme
    FROM articles_article AS story, unnest(story.search) AS said
    LEFT JOIN common ON common.word = said.lexeme
    WHERE story.id = %s AND said.lexeme ~ '^[[:alpha:]]{3,}$' AND coalesce(common.part, 0) < %s
    ORDER BY
        (1 + 3 * ('A' = ANY(said.weights))::int + 2 * ('B' = ANY(said.weights))::int)
            * (1 + ln(cardinality(said.positions))) * (1 - 4 * coalesce(common.part, 0)) DESC,
        said.lexeme
    LIMIT %s
"""


def suggestions(article: Article, *, now: datetime) -> list[Article]:
    """Up to eight live stories near `article` (as it is saved), the nearest first; without those it links.

    Each carries `shared_tags`, `is_same_series` and `is_same_topic`. Two queries, one for a story without words.
    """
    words = telling_words(article)
    if not words:
        return []
    asked: Any = SearchQuery(" | ".join(words), config="simple", search_type="raw")
    linked = RelatedLink.objects.filter(article=article, story__isnull=False).values("story")
    newest = (
        Article.objects.live(now)
        .filter(_in_language(article.story_language), search=asked)
        .exclude(pk=article.pk)
        .newest_first()
        .values("pk")[:CANDIDATES]
    )
    near: Any = Article.objects.filter(pk__in=newest).exclude(pk__in=linked).annotate(**_nearness(article, asked))
    best = near.select_related("section").only(*LINE).order_by("-score", "-published_at", "-pk")[:SHOWN]
    return [story for story in best if story.score >= ENOUGH]  # in SQL the score would be reckoned twice


def telling_words(article: Article) -> list[str]:
    """The words (as lexemes) that tell most of what the story is about, at most sixteen. One query."""
    with connection.cursor() as cursor:
        cursor.execute(TELLING, [article.pk, COMMON, WORDS])
        return [lexeme for (lexeme,) in cursor.fetchall()]


def _in_language(language: str) -> Q:
    """Stories in `language`; an empty one means the site's."""
    return Q(language__in=["", language] if language == settings.LANGUAGE_CODE else [language])


def _nearness(article: Article, asked: Any) -> dict[str, Any]:
    """What each candidate has in common with `article`, and the score made of it."""
    tags: Any = Tag.articles.through.objects
    mine = tags.filter(article=article.pk).values("tag")
    shared = tags.filter(article=OuterRef("pk"), tag__in=mine).values("article").annotate(n=Count("*")).values("n")
    score = (
        Value(WORTH_WORDS) * SearchRank(F("search"), asked)
        + Value(WORTH_TAG) * Least(F("shared_tags"), MOST_TAGS)
        + _worth(WORTH_SERIES, "series", article.series_id)
        + _worth(WORTH_TOPIC, "topic", article.topic_id)
        + _worth(WORTH_SECTION, "section", article.section_id)
    )
    return {
        "shared_tags": Coalesce(Subquery(shared), 0),
        "is_same_series": _same("series", article.series_id),
        "is_same_topic": _same("topic", article.topic_id),
        "score": ExpressionWrapper(score, output_field=models.FloatField()),
    }


def _same(name: str, key: int | None) -> Any:
    if key is None:
        return Value(False)
    return Case(When(**{f"{name}_id": key}, then=Value(True)), default=Value(False))


def _worth(worth: float, name: str, key: int | None) -> Any:
    if key is None:
        return Value(0.0)
    return Case(When(**{f"{name}_id": key}, then=Value(worth)), default=Value(0.0))
