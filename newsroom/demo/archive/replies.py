"""The replies of an archive: threads of all sizes under its newest stories."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django_comments.models import Comment
from django_comments_xtd.models import XtdComment

from articles.models import Article
from comments.models import BUCKET_SECONDS, MAX_DEPTH, PATH_STEP, Discussion, Reply, digest_of
from members.models import Member
from newsroom.demo.archive import people, stories
from newsroom.demo.archive.rows import batch, copy, key, last_number, reserve

BATCH = 5_000
START = "archive:"
SIZES = (20, 2, 5, 1, 12, 3, 60, 4, 8, 2, 30, 250)  # of one thread after the other
HIDDEN = {31: Reply.Status.HELD, 57: Reply.Status.REJECTED, 83: Reply.Status.REMOVED}  # of each hundred
SAID = "They knew in the spring, and the minutes say so. This is what number {number} adds to it."


@dataclass(frozen=True, slots=True)
class Told:
    """One reply to come. `parent`: the number of the one it answers, 0 for the story itself."""

    number: int
    story: int
    parent: int


def make_replies(count: int, story_count: int) -> Iterator[int]:
    """Go on until there are `count`; says after each batch how many. The last story's thread takes what is left."""
    while True:
        with batch():
            begin = last_number(Reply.objects.all(), "legacy_key", START) + 1
            end = min(count, begin + BATCH - 1)
            if begin <= end:
                _make(list(told(begin, end, story_count)))
        yield max(end, begin - 1)
        if end >= count or begin > end:
            return


def told(begin: int, end: int, story_count: int) -> Iterator[Told]:
    """The replies `begin` to `end`: every third answers the one before it, as far as that is of the same batch."""
    number, story, deep = 0, 0, 0
    for size in cycle(SIZES):
        story = min(story + 1, story_count)
        for place in range(1, size + 1):
            number += 1
            if number > end:
                return
            answers = place % 3 == 0 and number > begin
            deep = number - 1 if answers else 0
            if number >= begin:
                yield Told(number, story, deep)


def _make(rows: list[Told]) -> None:
    """One row of each in the three tables, in the caller's transaction."""
    numbers = {key(stories.START, row.story): row.story for row in rows}
    found = Article.objects.filter(legacy_key__in=numbers).values_list("legacy_key", "pk", "published_at")
    out = {numbers[str(name)]: (pk, at) for name, pk, at in found}
    discussions = _discussions([pk for pk, _at in out.values()])
    members = people.there()
    authors = dict(_authors(rows, members)) if members else {}
    keys = dict(zip([row.number for row in rows], reserve(Comment, len(rows)), strict=True))
    paths = _paths(rows, keys)
    kind = ContentType.objects.get_for_model(Article).pk
    when = {row.number: _moment(row, out[row.story][1]) for row in rows}
    base = (
        (keys[r.number], kind, str(out[r.story][0]), settings.SITE_ID, SAID.format(number=r.number), when[r.number])
        for r in rows
    )
    names = ("id", "content_type_id", "object_pk", "site_id", "comment", "submit_date")
    copy(Comment, (*names, "is_public"), ((*row, False) for row in base))
    copy(XtdComment, ("comment_ptr_id",), ((keys[row.number],) for row in rows))
    copy(
        Reply,
        ("xtdcomment_ptr_id", "discussion_id", "reply_to_id", "author_id", "display_name", "posted_at", "path",
         "status", "text_digest", "posted_bucket", "announced_at", "legacy_key"),
        (
            (
                keys[r.number],
                discussions[out[r.story][0]],
                keys.get(r.parent),
                authors.get(r.number),
                "" if members else "A reader",
                when[r.number],
                paths[r.number],
                HIDDEN.get(r.number % 100, Reply.Status.PUBLISHED),
                digest_of(SAID.format(number=r.number)),
                int(when[r.number].timestamp()) // BUCKET_SECONDS,
                when[r.number],
                key(START, r.number),
            )
            for r in rows
        ),
    )  # fmt: skip


def _paths(rows: list[Told], keys: dict[int, int]) -> dict[int, str]:
    """Each reply's path by its number: its parent's and its own key, as `ReplyPath` would write it."""
    paths: dict[int, str] = {}
    for row in rows:
        above = paths[row.parent][: PATH_STEP * (MAX_DEPTH - 1)] if row.parent else ""
        paths[row.number] = f"{above}{keys[row.number]:08x}"
    return paths


def _discussions(articles: list[int]) -> dict[int, int]:
    """Each story's discussion, made where there is none."""
    Discussion.objects.bulk_create([Discussion(story_id=pk) for pk in articles], ignore_conflicts=True)
    return {
        story: pk
        for story, pk in Discussion.objects.filter(story__in=articles).values_list("story_id", "pk")
        if story is not None
    }


def _authors(rows: list[Told], members: int) -> Iterator[tuple[int, int]]:
    """Who says each: some often, most seldom."""
    chosen = {}
    for row in rows:
        chance = random.Random(f"reply {row.number}").random()
        chosen[row.number] = people.email_of(1 + int(members * chance**2))
    wanted = Member.objects.filter(email__in=set(chosen.values())).values_list("email", "pk")
    known = dict(wanted)
    yield from ((number, known[email]) for number, email in chosen.items())


def _moment(row: Told, published_at: datetime | None) -> datetime:
    """Some minutes after the story, never in the future."""
    out = published_at or timezone.now()
    return min(out + timedelta(seconds=17 * (row.number % 10_000)), timezone.now())
