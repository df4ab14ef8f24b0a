"""The sums of one process: counted in memory, written every few seconds by one statement, however many readers.

A read costs no query, so a story that everybody opens costs no more than any other. What a process was told since it
last wrote, at most five seconds, is lost if it is killed; one that is stopped in peace writes first.
"""

import logging
import threading
from collections import Counter
from datetime import date, datetime, timedelta
from multiprocessing.util import Finalize
from typing import Any

from django.db import Error, connection
from django.utils import timezone

from articles.models import StoryReads

FLUSH_SECONDS = 5.0
A_NETWORK = 30  # reads a minute that one network may add in one process: a house, an office, not a crowd's machine
MOST_NETWORKS, MOST_STORIES = 20_000, 20_000  # remembered at a time; an attack fills no memory
KEPT = timedelta(days=400)  # a year and what one compares it with
ADD = """
    INSERT INTO articles_storyreads (article_id, day, reads)
    SELECT story.id, told.day, told.reads
      FROM unnest(%s::date[], %s::bigint[], %s::int[]) AS told (day, story, reads)
      JOIN articles_article AS story ON story.id = told.story
     WHERE story.status = 'published' AND story.live_from <= %s
     ORDER BY story.id, told.day
    ON CONFLICT (article_id, day) DO UPDATE SET reads = articles_storyreads.reads + excluded.reads
"""  # in one order, so that two processes never wait for each other
Sums = Counter[tuple[date, int]]  # by day of the site's calendar and key of the story

log = logging.getLogger(__name__)


class Tally:
    """Reads since the last flush. Thread-safe; networks are forgotten with the minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: Sums = Counter()
        self._networks: Counter[str] = Counter()
        self._minute = 0

    def count(self, story: int, *, network: str, now: datetime) -> bool:
        """Add a read of the story with this key, which need not exist; False where the network had its share."""
        read = (timezone.localdate(now), story)
        with self._lock:
            if self._is_too_much(network, int(now.timestamp() // 60)):
                return False
            if read not in self._sums and len(self._sums) >= MOST_STORIES:
                return False
            self._networks[network] += 1
            self._sums[read] += 1
        return True

    def take(self) -> Sums:
        """What was counted, which begins anew."""
        with self._lock:
            taken, self._sums = self._sums, Counter()
        return taken

    def give_back(self, sums: Sums) -> None:
        """Add what could not be written to what was counted since; of too many stories the least read go."""
        with self._lock:
            self._sums = Counter(dict((sums + self._sums).most_common(MOST_STORIES)))

    def _is_too_much(self, network: str, minute: int) -> bool:
        if minute != self._minute:
            self._minute = minute
            self._networks.clear()
        known = self._networks.get(network)
        return len(self._networks) >= MOST_NETWORKS if known is None else known >= A_NETWORK


tally = Tally()


def flush(now: datetime) -> int:
    """Write what this process counted, for stories that are live; how many reads it took. One statement, or none.

    What the database does not take now is kept for the next time.
    """
    sums = tally.take()
    if not sums:
        return 0
    rows: list[list[Any]] = [[day for day, _story in sums], [story for _day, story in sums], list(sums.values())]
    try:
        with connection.cursor() as cursor:
            cursor.execute(ADD, [*rows, now])
    except Error as error:
        tally.give_back(sums)
        log.warning("Reads were not written and wait: %s", error)
        return 0
    return sums.total()


def begin() -> None:
    """Write every few seconds from now on, in a thread of this serving process, and once more when it ends."""
    threading.Thread(target=_run, name="reads", daemon=True).start()
    Finalize(None, _last, exitpriority=1)  # a server's forked worker never comes to what `atexit` holds


def _last() -> None:
    flush(timezone.now())


def _run() -> None:
    pause = threading.Event()
    while not pause.wait(FLUSH_SECONDS):
        flush(timezone.now())
        connection.close()  # back into the pool: five seconds are long


def forget_outdated(now: datetime) -> int:
    """Delete the days we keep no longer; how many rows."""
    deleted, _by_model = StoryReads.objects.outdated(timezone.localdate(now), kept=KEPT).delete()
    return deleted
