"""What pages cost where there is little and where there is much: the same archive in two sizes.

`measure` fills a database of each size beside the given one; `python -m tests.bench.growth` tells the costs of the
one it runs on. Pages are rendered in the process, past the page cache, with the furniture kept.
"""

import functools
import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg

ROUNDS, LEAST = 25, 3
SLOW_SECONDS = 4.0  # a page is asked no longer than this
REPLIES_PER_STORY, STORIES_PER_MEMBER = 1, 10
Costs = dict[str, dict[str, float]]


def measure(environment: dict[str, str], sizes: tuple[int, ...]) -> dict[str, dict[int, dict[str, float]]]:
    """Page → number of stories → `queries`, `cpu_ms` (of this process) and `wall_ms`, the best of many.

    `environment`: a production process's, its database empty or not; one more is made for each size and thrown away.
    """
    found = {size: in_database_of(size, environment) for size in sizes}
    pages = next(iter(found.values()))
    return {page: {size: found[size][page] for size in sizes} for page in pages}


def table(costs: dict[str, dict[int, dict[str, float]]]) -> str:
    """The figures as Markdown, with the ratio of the largest to the smallest."""
    sizes = list(next(iter(costs.values())))
    head = " | ".join(f"{size:,} stories: queries | CPU ms | ms" for size in sizes)
    lines = [f"| Page | {head} | ratio CPU | ratio ms |", "|---|" + "--:|" * (3 * len(sizes) + 2)]
    for page, rows in costs.items():
        told = " | ".join(
            f"{rows[size]['queries']:.0f} | {rows[size]['cpu_ms']:.1f} | {rows[size]['wall_ms']:.1f}" for size in sizes
        )
        last, first = rows[sizes[-1]], rows[sizes[0]]
        ratios = " | ".join(f"{last[what] / max(first[what], 0.01):.2f}" for what in ("cpu_ms", "wall_ms"))
        lines.append(f"| {page} | {told} | {ratios} |")
    return "\n".join(lines)


def in_database_of(size: int, environment: dict[str, str]) -> Costs:
    """The costs in a database of `size` stories, made for this and dropped."""
    from tests.bench.__main__ import run

    name = f"growth_{size}"
    own = {**environment, "DATABASE_URL": _named(environment["DATABASE_URL"], name)}
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            run(own, "manage.py", "migrate", "--verbosity", "0")
            run(own, "manage.py", "createcachetable")
            sizes = {"stories": size, "members": size // STORIES_PER_MEMBER, "replies": size * REPLIES_PER_STORY}
            asked = [f"--{what}={number}" for what, number in sizes.items()]
            run(own, "manage.py", "make_archive", "--yes-fill-this-database", *asked)
            with psycopg.connect(own["DATABASE_URL"], autocommit=True) as filled:
                filled.execute("VACUUM ANALYZE")
            found: Costs = json.loads(run(own, "-m", "tests.bench.growth"))
            return found
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _named(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def pages() -> Iterator[tuple[str, str]]:
    """What is asked, by name."""
    from django.utils import timezone

    from articles.lists import Cursor
    from articles.models import Article, Section
    from newsroom.demo.archive.words import COMMON, RARE

    live = Article.objects.live(timezone.now()).newest_first()

    def behind(stories: Any, place: int) -> str:
        moment, pk = stories.values_list("published_at", "pk")[place]
        return f"?before={Cursor(moment, pk, place // 20 + 2)}"

    story = live[30]
    middle = live.values_list("published_on", flat=True)[live.count() // 2] or date.min
    section = Section.objects.order_by("position")[0]
    yield "front", "/"
    yield "section", section.get_absolute_url()
    yield "archive, first page", "/archive/"
    yield "archive, page 50", f"/archive/{behind(live, 979)}"
    yield "archive, in the middle", f"/archive/{behind(live, live.count() // 2)}"
    yield "archive of a month", f"/archive/{middle:%Y/%-m}/"
    yield "author, of many", "/author/archive-1/"
    yield "author, of thirty", "/author/archive-0/"
    yield "tag, of many", "/tag/archive-1/"
    yield "tag, of thirty", "/tag/archive-0/"
    yield "feed", "/feed/"
    yield "section's feed", f"{section.get_absolute_url()}feed/"
    yield "sitemap, index", "/sitemap.xml"
    yield "sitemap, a month", f"/sitemap-{middle:%Y-%m}.xml"
    yield "news sitemap", "/news-sitemap.xml"
    yield "story", story.get_absolute_url()
    for kind, words in (
        ("a rare word", RARE),
        ("a common word", COMMON),
        ("a word of some stories", "minister"),
        ("both", f"{COMMON} {RARE}"),
        ("two common words", f"{COMMON} council"),
        ("a phrase", '"the harbour office"'),
        ("no such word", "nothingatall"),
    ):
        yield f"search, {kind}", f"/search/?q={quote(words)}"


def cost_of(call: Callable[[], bytes]) -> dict[str, float]:
    """Queries of a call, and its CPU and wall milliseconds: the best of many, since others use this machine."""
    from tests.bench.renders import queries_of

    call()
    queries, until = queries_of(call), time.perf_counter() + SLOW_SECONDS
    cpu, wall = [], []
    while len(wall) < LEAST or (len(wall) < ROUNDS and time.perf_counter() < until):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        call()
        cpu.append(time.process_time() - begun_cpu)
        wall.append(time.perf_counter() - begun)
    return {"queries": queries, "cpu_ms": min(cpu) * 1000, "wall_ms": min(wall) * 1000}


def main() -> None:
    """Measure every page of this process's database and tell, as JSON."""
    import django

    django.setup()
    from newsroom import furniture
    from newsroom.wsgi import inner
    from tests.bench.renders import ask

    furniture.snapshot.trusted = True
    print(json.dumps({name: cost_of(functools.partial(ask, inner, path)) for name, path in pages()}))


if __name__ == "__main__":
    main()
