"""What replies cost under a story with 50, 1,000 and 10,000 of them, beside django-comments-xtd's own rendering of
the same rows.

`measure` fills the given database and asks `python -m tests.bench.replies` in a process of its own.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from tests.bench.servers import run, say
from tests.bench.tables import table

SIZES = (50, 1_000, 10_000)
QUICK = (50, 200)
ROUNDS, LEAST, SLOW_SECONDS = 15, 2, 2.0  # a way is asked no longer than this
PAGE_TWENTY = 20
XTD = "xtd’s own tree"
Costs = dict[str, dict[str, float]]


def measure(environment: dict[str, str], sizes: tuple[int, ...] = SIZES) -> dict[str, Costs]:
    """Number of replies → way of reading → `queries`, `ms` (of the clock, database included) and `bytes`."""
    say("Measuring replies …")
    found: dict[str, Costs] = json.loads(run(environment, "-m", "tests.bench.replies", *map(str, sizes)))
    return found


def report(found: dict[str, Costs]) -> str:
    """The figures as Markdown; the last line how many times faster ours is."""
    sizes = list(found)
    ways = list(dict.fromkeys(way for costs in found.values() for way in costs))
    lines = [[way, *(_told(found[size].get(way)) for size in sizes), ""] for way in ways]
    fast = [f"{found[size][XTD]['ms'] / found[size][ways[0]]['ms']:.0f} ×" for size in sizes]
    head = ("", *(f"{int(size):,} replies: queries · ms · kB" for size in sizes), "")
    return f"## Replies\n{table(head, [*lines, ['xtd’s time to the first line’s', *fast, '']])}"


def _told(cost: dict[str, float] | None) -> str:
    return f"{cost['queries']:.0f} · {cost['ms']:.1f} · {cost['bytes'] / 1000:.0f}" if cost else ""


def fill(count: int) -> Any:
    """A story with `count` visible replies: every third answers the one before; some are recommended."""
    from django.contrib.contenttypes.models import ContentType
    from django.utils import timezone
    from django_comments.models import Comment
    from django_comments_xtd.models import XtdComment

    from articles.models import Article
    from comments.models import Discussion, Reply
    from newsroom.demo.archive.rows import copy, reserve
    from tests.factories import MemberFactory, make_article

    story, now = make_article(headline=f"A story with {count} replies"), timezone.now()
    discussion = Discussion.objects.create(story=story)
    writers = [MemberFactory(name=f"Reader {number}") for number in range(20)]
    kind, keys = ContentType.objects.get_for_model(Article).pk, reserve(Comment, count)
    rows = [(key, keys[place - 1] if place % 3 == 2 else None, place) for place, key in enumerate(keys)]
    text = "They knew in the spring, and the minutes of the harbour office say so. Number {}."
    base = ((k, kind, str(story.pk), 1, text.format(n), now, True, False, "", "", "") for k, _up, n in rows)
    names = ("id", "content_type_id", "object_pk", "site_id", "comment", "submit_date", "is_public", "is_removed")
    copy(Comment, (*names, "user_name", "user_email", "user_url"), base)
    trees = ((k, up or k, up or k, int(up is not None), n + 1, False, 0) for k, up, n in rows)
    tree = ("comment_ptr_id", "thread_id", "parent_id", "level", "order", "followup", "nested_count")
    copy(XtdComment, tree, trees)  # as the package would have written them
    copy(
        Reply,
        ("xtdcomment_ptr_id", "discussion_id", "reply_to_id", "author_id", "posted_at", "path", "status", "score",
         "announced_at"),
        (
            (k, discussion.pk, up, writers[n % 20].pk, now - timedelta(minutes=count - n),
             f"{up:08x}{k:08x}" if up else f"{k:08x}", "published", n % 7 if n % 5 == 0 else 0, now)
            for k, up, n in rows
        ),
    )  # fmt: skip
    return story


def ways(story: Any) -> Iterator[tuple[str, Callable[[], str]]]:
    """Each way of reading its replies, by name."""
    from comments.threads import counts, markup, shelved
    from comments.threads.orders import Order

    shelves = (shelved.pages, shelved.discussions, markup.blocks, counts.numbers)

    def kept(is_kept: bool, call: Callable[[], str]) -> Callable[[], str]:
        def asked() -> str:
            for shelf in shelves:
                if shelf.trusted != is_kept:
                    shelf.trust(connected=is_kept)
            return call()

        return asked

    tag = rendered("{% load replies %}{% replies story %}", story)
    yield "under the story, anew", kept(False, tag)
    yield "under the story, kept", kept(True, tag)
    for order in (Order.OLDEST, Order.NEWEST, Order.BEST, Order.ANSWERED):
        yield f"{order.value}, page 1", page(story, order, "")
        if after := cursor(story, order, PAGE_TWENTY):
            yield f"{order.value}, page {PAGE_TWENTY}", page(story, order, after)
    yield XTD, rendered("{% load comments_xtd %}{% render_xtdcomment_tree for story %}", story)


def rendered(text: str, story: Any) -> Callable[[], str]:
    """A template with the story as an anonymous reader's page has it."""
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpResponse
    from django.template import Context, Template
    from django.test import RequestFactory

    from members.readers import ReaderMiddleware
    from newsroom.furniture import FurnitureMiddleware

    template = Template(text)

    def view(request: Any) -> HttpResponse:
        request.edge_seconds = 600
        return HttpResponse(template.render(Context({"request": request, "story": story, "user": AnonymousUser()})))

    page: Any = FurnitureMiddleware(ReaderMiddleware(view))
    return lambda: page(RequestFactory().get("/")).content.decode()


def page(story: Any, order: Any, after: str) -> Callable[[], str]:
    """The rows of a page in that order, read and rendered."""
    from django.utils import timezone

    from comments.models import Discussion
    from comments.threads.printing import lines_of
    from comments.threads.reading import read_page

    def read() -> str:
        discussion = Discussion.objects.with_count().get(story=story)
        thread = read_page(discussion, member_id=None, now=timezone.now(), after=after, order=order)
        return "".join(line.opening + line.before + line.after for line in lines_of(thread.rows))

    return read


def cursor(story: Any, order: Any, number: int) -> str:
    """Where page `number` begins; empty where there is none."""
    from django.utils import timezone

    from comments.models import Discussion
    from comments.threads.reading import read_page

    discussion, after = Discussion.objects.with_count().get(story=story), ""
    for _page in range(number - 1):
        thread = read_page(discussion, member_id=None, now=timezone.now(), after=after, order=order)
        after = thread.next_cursor
        if not after:
            return ""
    return after


def cost_of(call: Callable[[], str]) -> dict[str, float]:
    """Of the best of some calls, since others use this machine; of the only one where that takes its time."""
    from tests.bench.renders import queries_of

    said: list[str] = []
    begun = time.perf_counter()
    queries = queries_of(lambda: said.append(call()))
    times = [time.perf_counter() - begun]
    until = time.perf_counter() + SLOW_SECONDS
    while times[0] < SLOW_SECONDS and (len(times) <= LEAST or (len(times) < ROUNDS and time.perf_counter() < until)):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return {"queries": queries, "ms": min(times) * 1000, "bytes": len(said[0].encode())}


def main(sizes: list[int]) -> None:
    """Fill, measure and tell."""
    import django

    django.setup()
    from django.db import connection, transaction
    from django.urls import include, path, set_urlconf

    from newsroom import furniture
    from newsroom.urls import urlpatterns

    globals()["urlpatterns"] = [*urlpatterns, path("xtd/", include("django_comments_xtd.urls"))]  # for its templates
    set_urlconf(__name__)
    furniture.snapshot.trusted = True
    found: dict[str, Costs] = {}
    for size in sizes:
        with transaction.atomic():
            story = fill(size)
        with connection.cursor() as database:
            database.execute("VACUUM ANALYZE")
        found[str(size)] = {}
        for name, call in ways(story):
            call() if name != XTD else None
            found[str(size)][name] = cost_of(call)
    print(json.dumps(found))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
