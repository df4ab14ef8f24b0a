"""The replies under a story, for whoever asks: kept once a process as everybody sees them.

Kept are the discussion with its count, and the rows of its first page but for their last line. They fall with the
discussion's key, and by themselves after some minutes, since a patron's badge ends with the grant. Never kept, but
asked in one query each time: who recommends what, and what the reader did here or muted. Whoever has a held reply,
or did something that the kept page does not show yet, gets a page of their own.
"""

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.safestring import SafeString

from comments.access import Thing, kind_of, thing_key
from comments.models import Discussion, Reply
from comments.threads import reading
from comments.threads.orders import Choice
from comments.threads.printing import Feeling, Line, Looker, html_of, lines_of
from newsroom.shelf import Kept, Shelf

KEPT_FOR = 300  # seconds; pages for everybody stand twice as long
CLOCKS_APART = timedelta(seconds=5)  # of two machines
DISCUSSION_BYTES = 2_000  # roughly


@dataclass(frozen=True, slots=True)
class Page:
    """One page of replies, rendered but for the last lines. `count`: the discussion's, when the page was loaded.
    `choices`: the orders it can be read in."""

    lines: tuple[Line, ...]
    count: int
    next_url: str
    is_later: bool
    loaded_at: datetime
    choices: tuple[Choice, ...] = ()

    @property
    def feelings(self) -> dict[int, Feeling]:
        """What each line is to whom it was loaded for."""
        return {line.pk: line.feeling for line in self.lines}


@dataclass(frozen=True, slots=True)
class Printed:
    """A page with its `rows` as one reader sees them."""

    page: Page
    rows: SafeString


@dataclass(frozen=True, slots=True)
class News:
    """What is asked each time: recommendations, and whether the reader must have the page anew or their own."""

    feelings: dict[int, Feeling]
    is_behind: bool = False
    has_held: bool = False


pages: Shelf[Page] = Shelf(max_bytes=8 * 1024 * 1024)
discussions: Shelf[Discussion | None] = Shelf(max_bytes=2 * 1024 * 1024)


def discussion_under(thing: Thing) -> Discussion | None:
    """The discussion of a story, topic or page with its `count`, if there is one. Shared: nobody may change it."""
    kind, key = kind_of(thing), thing_key(thing)

    def load() -> Kept[Discussion | None]:
        found = Discussion.objects.with_count().with_last().filter(**{kind: thing}).first()
        keys = {key, found.cache_key} if found else {key}
        return Kept(found, frozenset(keys), DISCUSSION_BYTES)

    return discussions.get(key, load)


def first_page(discussion: Discussion, looker: Looker) -> Printed:
    """The page under the story itself, as `looker` sees it: one query where the page is kept."""
    made: list[Page] = []

    def load() -> Kept[Page]:
        page = _loaded(discussion, None, looker.now)
        made.append(page)
        size = sys.getsizeof(page.lines) + sum(line.size for line in page.lines)
        return Kept(page, frozenset({discussion.cache_key}), size)

    page = pages.get((discussion.pk, int(looker.now.timestamp()) // KEPT_FOR), load)
    if made and looker.member_id is None:
        return printed(page, looker)  # made for them just now
    news = news_for(looker.member_id, page, discussion)
    if news.is_behind:
        discussion = Discussion.objects.with_count().get(pk=discussion.pk)
    if news.is_behind or news.has_held:
        return printed(_loaded(discussion, looker.member_id, looker.now), looker)
    return Printed(page, html_of(page.lines, news.feelings, looker))


def printed(page: Page, looker: Looker) -> Printed:
    """A page that was loaded for `looker`."""
    return Printed(page, html_of(page.lines, page.feelings, looker))


def page_of(thread: reading.Thread, now: datetime) -> Page:
    """What was read, rendered but for the last lines."""
    count: int = thread.discussion.count  # type: ignore[attr-defined]  # annotated by with_count
    return Page(lines_of(thread.rows), count, thread.next_url, thread.is_later, now, thread.choices)


def _loaded(discussion: Discussion, member_id: int | None, now: datetime) -> Page:
    return page_of(reading.read_page(discussion, member_id=member_id, now=now), now)


# SQL of its own, as a queryset it costs every page more than the database does. First what is shown, where it is
# recommended, the reader's own or muted; then what the reader did here that is not shown.
_NEWS = """
SELECT r.xtdcomment_ptr_id, r.score, r.status, r.edited_at, r.author_id IS NOT DISTINCT FROM %(me)s, TRUE, EXISTS (
  SELECT 1 FROM comments_reaction l WHERE l.reply_id = r.xtdcomment_ptr_id AND l.member_id = %(me)s), m.id IS NOT NULL
FROM comments_reply r LEFT JOIN comments_mute m ON m.member_id = %(me)s AND m.muted_id = r.author_id
WHERE r.xtdcomment_ptr_id = ANY(%(shown)s) AND (r.score <> 0 OR r.author_id = %(me)s OR m.id IS NOT NULL)
UNION ALL
SELECT r.xtdcomment_ptr_id, 0, r.status, r.edited_at, TRUE, FALSE, FALSE, FALSE
FROM comments_reply r
WHERE r.discussion_id = %(discussion)s AND r.author_id = %(me)s AND r.xtdcomment_ptr_id <> ALL(%(shown)s)
AND (r.status = 'held' OR (r.status IN ('published', 'erased') AND r.posted_at >= %(since)s))
"""


def news_for(member_id: int | None, page: Page, discussion: Discussion) -> News:
    """What happened to the page's replies since it was kept that this reader must see. One query.

    Everybody else's changes fall with the key; these are certain also where the word of it is still under way.
    """
    lines = {line.pk: line for line in page.lines}
    asked: dict[str, Any] = {
        "me": member_id or 0,
        "shown": list(lines),
        "discussion": discussion.pk,
        "since": page.loaded_at - CLOCKS_APART,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, asked)
        rows = cursor.fetchall()
    feelings, is_behind, has_held = {}, False, False
    for pk, score, status, edited_at, is_own, is_shown, is_liked, is_muted in rows:
        if is_shown:
            feelings[pk] = Feeling(score, is_liked, is_muted)
            line = lines[pk]
            is_behind |= is_own and (line.status != status or line.edited_at != edited_at)
        has_held |= status == Reply.Status.HELD
        is_behind |= not is_shown and status != Reply.Status.HELD
    return News(feelings, is_behind, has_held)
