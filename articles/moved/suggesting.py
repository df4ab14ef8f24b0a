"""What readers may have meant by an address nobody answers: things whose names are like its last word."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse

from articles.models import Name
from articles.moved.asked import asked
from articles.workflow.keeping import search_config

OFFERED, NAMES, LIKE = 3, 500, 0.6
OF_ITS_WORDS = 0.3  # how much likelier a story is that has every word of the name
BY_WORDS = """
    SELECT wanted.name, found.headline, found.slug, found.published_on
    FROM unnest(%(names)s::text[], %(words)s::text[]) AS wanted(name, words)
    CROSS JOIN LATERAL (
        SELECT headline, slug, published_on, published_at FROM (
            SELECT headline, slug, published_on, published_at FROM articles_article
            WHERE slug = wanted.name AND status = 'published' AND live_from <= %(now)s LIMIT %(offered)s
        ) AS same
        UNION
        SELECT headline, slug, published_on, published_at FROM (
            SELECT headline, slug, published_on, published_at FROM articles_article
            WHERE search @@ plainto_tsquery(%(config)s::regconfig, wanted.words)
            AND status = 'published' AND live_from <= %(now)s LIMIT %(offered)s
        ) AS alike
    ) AS found
    ORDER BY found.published_at DESC
"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that may have been meant: its address and what it is called."""

    address: str
    title: str


def suggestions(paths: Sequence[str], now: datetime) -> dict[str, list[Suggestion]]:
    """For each missed path at most three things, the likeliest first. Two queries, and none for no paths."""
    names = {path: name for path in paths if (name := asked(path, {}).name)}
    if not names:
        return {}
    stories, places = _stories(set(names.values()), now), _places()
    found = {}
    for path, name in names.items():
        likely = [(likeness, one) for word, one in places if (likeness := _likeness(name, word)) >= LIKE]
        likely += [(_likeness(name, word) + OF_ITS_WORDS, one) for word, one in stories[name]]
        likely.sort(key=lambda pair: -pair[0])
        found[path] = list(dict.fromkeys(one for _likely, one in likely))[:OFFERED]
    return found


def _stories(names: Iterable[str], now: datetime) -> dict[str, list[tuple[str, Suggestion]]]:
    """By name, the live stories of that slug or with all its words."""
    asked_for = sorted(names)
    values: dict[str, Any] = {
        "names": asked_for,
        "words": [name.replace("-", " ") for name in asked_for],
        "now": now,
        "offered": OFFERED,
        "config": search_config(settings.LANGUAGE_CODE),
    }
    found: dict[str, list[tuple[str, Suggestion]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(BY_WORDS, values)
        for name, headline, slug, day in cursor.fetchall():
            found[name].append((slug, Suggestion(reverse("story", args=[day, slug]), headline)))
    return found


def _places() -> list[tuple[str, Suggestion]]:
    """The last words of sections' and pages' addresses, and what lives there."""
    rows = Name.objects.exclude(page__is_published=False).order_by("path")
    named = rows.values_list("path", "section__name", "page__title")[:NAMES]
    return [
        (path.rsplit("/", 1)[-1], Suggestion(reverse("place", args=[path]), section or page))
        for path, section, page in named
    ]


def _likeness(name: str, word: str) -> float:
    """How alike two slugs are, 0 to 1."""
    return SequenceMatcher(None, name, word).ratio()
