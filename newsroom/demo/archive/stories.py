"""The stories of an archive, with sections, bylines, tags, series, related links and corrections.

Number 1 is the newest; each next one came out a quarter of an hour or so before. Everything a verb derives is
derived: teaser, words, search vector (from its text's, made once, and its own headline's).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.text import slugify

from articles.models import Article, Author, Byline, Correction, Name, RelatedLink, Section, Series, Tag, Tagging
from articles.workflow.keeping import search_config
from members.gate import Audience
from newsroom.demo.archive.rows import batch, copy, copy_into, defaults, key, last_number, reserve
from newsroom.demo.archive.words import COMMON, RARE, Words

BATCH = 5_000
STEP = timedelta(minutes=13)
START = "archive:"
SECTIONS = ("city", "politics", "culture", "business", "science", "opinion", "sport", "region")
RARELY = 30  # how often the rare author, tag and word are met, at any size
PARTS = 12  # of a series
AUDIENCES = [Audience.EVERYONE] * 14 + [Audience.METERED] * 3 + [Audience.MEMBERS] + [Audience.PATRONS] * 2
FRESH = {
    "id": "bigint", "number": "bigint", "headline": "text", "standfirst": "text", "slug": "text", "kind": "text",
    "section_id": "bigint", "series_id": "bigint", "series_part": "int", "audience": "text",
    "published_at": "timestamptz", "published_on": "date", "body": "int", "legacy_key": "text",
}  # fmt: skip
MADE = {
    **{name: f"fresh.{name}" for name in FRESH if name not in ("number", "body")},
    "live_from": "fresh.published_at",
    "announced_at": "fresh.published_at",
    "created_at": "fresh.published_at - interval '3 hours'",
    "saved_at": "fresh.published_at",
    "full_text": "text.html",
    "teaser": "text.teaser",
    "teaser_text": "left(text.plain, 499)",
    "word_count": "text.word_count",
    "status": "'published'",
    "search": """
        setweight(to_tsvector(%(config)s::regconfig, fresh.headline), 'A')
        || setweight(to_tsvector(%(config)s::regconfig, fresh.standfirst), 'B') || text.vector
    """,
}
TEXTS = """
    CREATE TEMP TABLE IF NOT EXISTS archive_text
        (number int PRIMARY KEY, html text, teaser text, plain text, word_count int, vector tsvector);
    TRUNCATE archive_text;
"""
VECTORS = """
    UPDATE archive_text SET vector = setweight(to_tsvector(%s::regconfig, plain), 'C'),
        word_count = cardinality(regexp_split_to_array(plain, '\\s+'))
"""


@dataclass(frozen=True)
class Shelves:
    """Where stories may stand, as keys, the most used first. The last author and tag are the rare ones."""

    sections: list[int]
    opinion: set[int]
    authors: list[int]
    tags: list[int]
    began_at: datetime
    rare_step: int

    @classmethod
    def make(cls, *, stories: int, authors: int, tags: int) -> "Shelves":
        """Sections where there are none; so many authors and tags of the archive's own."""
        if not Section.objects.exists():
            for position, slug in enumerate(SECTIONS):
                is_opinion = slug == "opinion"
                section = Section.objects.create(slug=slug, name=slug.title(), position=position, is_opinion=is_opinion)
                Name.objects.create(path=slug, section=section)
        sections = Section.objects.order_by("position", "pk")
        first = Article.objects.filter(legacy_key=key(START, 1)).values_list("published_at", flat=True).first()
        return cls(
            sections=[section.pk for section in sections],
            opinion={section.pk for section in sections if section.is_opinion},
            authors=[_author(number) for number in range(1, authors)] + [_author(0)],
            tags=[_tag(number) for number in range(1, tags)] + [_tag(0)],
            began_at=first + STEP if first else timezone.now(),
            rare_step=max(1, stories // RARELY),
        )


def make_stories(count: int, shelves: Shelves, words: Words) -> Iterator[int]:
    """Go on until there are `count`; says after each batch how many there are."""
    if _there() >= count:
        return
    _store_texts(words)
    while True:
        with batch():
            begin = _there() + 1
            end = min(count, begin + BATCH - 1)
            if begin <= end:
                _make(begin, end, shelves, words)
        yield end
        if end >= count:
            return


def _there() -> int:
    return last_number(Article.objects.all(), "legacy_key", START)


def _make(begin: int, end: int, shelves: Shelves, words: Words) -> None:
    """The stories `begin` to `end` and what hangs on them, in the caller's transaction."""
    numbers = range(begin, end + 1)
    keys = dict(zip(numbers, reserve(Article, len(numbers)), strict=True))
    series = _series(numbers)
    with connection.cursor() as cursor:
        columns = ", ".join(f"{name} {kind}" for name, kind in FRESH.items())
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS fresh ({columns})")
        cursor.execute("TRUNCATE fresh")
    copy_into("fresh", list(FRESH), (_row(number, keys[number], series, shelves, words) for number in numbers))
    _store()
    signed = ((keys[n], author, position) for n in numbers for position, author in enumerate(_authors(n, shelves)))
    copy(Byline, ("article_id", "author_id", "position"), signed)
    copy(Tagging, ("article_id", "tag_id"), ((keys[n], tag) for n in numbers for tag in _tags(n, shelves)))
    copy(RelatedLink, ("article_id", "story_id", "position", "kind"), _links(keys))
    wrong = [number for number in numbers if number % 200 == 0]
    made = [(keys[n], "correction", "A name was misspelt.", _moment(n, shelves) + timedelta(days=1)) for n in wrong]
    copy(Correction, ("article_id", "kind", "text", "made_at"), [row for row in made if row[3] <= timezone.now()])


def _row(number: int, pk: int, series: dict[int, int], shelves: Shelves, words: Words) -> tuple[Any, ...]:
    chance = _chance(number, "story")
    at = _moment(number, shelves)
    section = shelves.sections[int(len(shelves.sections) * chance.random() ** 2)]
    headline = words.headline(chance)
    headline += f" and the {RARE}" if number % shelves.rare_step == 0 else ""
    headline += f" of the {COMMON}" if number % 3 == 0 else ""
    part = number // 2 % PARTS + 1 if number % 2 == 0 and number // (2 * PARTS) in series else None
    return (
        pk,
        number,
        headline,
        chance.choice(words.sentences),
        f"{slugify(headline)[:150]}-{number}",
        Article.Kind.OPINION if section in shelves.opinion else Article.Kind.NEWS,
        section,
        series[number // (2 * PARTS)] if part else None,
        part,
        chance.choice(AUDIENCES),
        at,
        timezone.localdate(at),
        chance.randrange(len(words.bodies)),
        key(START, number),
    )


def _store() -> None:
    """From the fresh facts to stories."""
    fixed = {str(field.column): value for field, value in defaults(Article).items() if field.column not in MADE}
    columns = ", ".join(f'"{name}"' for name in (*MADE, *fixed))
    values = ", ".join([*MADE.values(), *(f"%({name})s" for name in fixed)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO articles_article ({columns}) SELECT {values} "  # noqa: S608 - names of columns, no input
            "FROM fresh JOIN archive_text text ON text.number = fresh.body ORDER BY fresh.number",
            {**fixed, "config": search_config(settings.LANGUAGE_CODE)},
        )


def _store_texts(words: Words) -> None:
    """The bodies for this session, each with its vector."""
    with connection.cursor() as cursor:
        cursor.execute(TEXTS)
    rows = ((number, body.html, body.teaser, body.plain) for number, body in enumerate(words.bodies))
    copy_into("archive_text", ("number", "html", "teaser", "plain"), rows)
    with connection.cursor() as cursor:
        cursor.execute(VECTORS, [search_config(settings.LANGUAGE_CODE)])
        cursor.execute("ANALYZE archive_text")


def _moment(number: int, shelves: Shelves) -> datetime:
    """When story `number` came out: the first a step before the archive began, each next one a step earlier."""
    return shelves.began_at - number * STEP


def _authors(number: int, shelves: Shelves) -> list[int]:
    """One or two, the first ones often; and the rare one, now and then."""
    chance = _chance(number, "signed")
    usual = len(shelves.authors) - 1
    found = [shelves.authors[int(usual * chance.random() ** 3)] for _ in range(chance.choice((1, 1, 1, 2)))]
    rare = [shelves.authors[-1]] if number % shelves.rare_step == 0 else []
    return list(dict.fromkeys([*rare, *found]))


def _tags(number: int, shelves: Shelves) -> list[int]:
    """None to four."""
    chance = _chance(number, "tagged")
    usual = len(shelves.tags) - 1
    found = [shelves.tags[int(usual * chance.random() ** 3)] for _ in range(chance.randint(0, 4))]
    rare = [shelves.tags[-1]] if number % shelves.rare_step == 0 else []
    return list(dict.fromkeys([*rare, *found]))


def _links(keys: dict[int, int]) -> Iterator[tuple[int, int, int, str]]:
    """Every third story leads to three older ones of its batch."""
    for number, pk in keys.items():
        older = [keys[number + step] for step in (2, 9, 40) if number + step in keys] if number % 3 == 0 else []
        yield from ((pk, story, position, RelatedLink.Kind.BACKGROUND) for position, story in enumerate(older))


def _series(numbers: range) -> dict[int, int]:
    """Every fiftieth dozen of every second story is a series: its place → its key."""
    places = {number // (2 * PARTS) for number in numbers}
    made = {}
    for place in sorted(place for place in places if place % 50 == 1):
        series, _is_new = Series.objects.get_or_create(slug=f"archive-{place}", defaults={"name": f"Files {place}"})
        made[place] = series.pk
    return made


def _author(number: int) -> int:
    name = f"Writer {number}" if number else "Quentin Rare"
    author, _is_new = Author.objects.get_or_create(slug=f"archive-{number}", defaults={"name": name})
    return author.pk


def _tag(number: int) -> int:
    tag, _is_new = Tag.objects.get_or_create(slug=f"archive-{number}", defaults={"name": f"Subject {number}"})
    return tag.pk


def _chance(number: int, what: str) -> random.Random:
    return random.Random(f"{what} {number}")
