"""How many replies stand under the stories of a list: one query for a page of them, kept for a minute.

No page falls for a number: a list follows when it ends, and so does what is kept here.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from articles.models import Article
from comments.access import is_for_everybody
from comments.models import Discussion
from members.gate import ANONYMOUS, Allowance, Decision, Reader, decide
from members.models import SiteRules
from newsroom.shelf import Kept, Shelf

KEPT_FOR = 60  # seconds
NUMBER_BYTES = 200  # of a story's number, roughly

numbers: Shelf[Mapping[int, int]] = Shelf(max_bytes=1024 * 1024)


def counts_of(stories: Iterable[Article], now: datetime) -> Mapping[int, int]:
    """Readable replies by the key of their story; nothing for those that have none. One query, or none if kept."""
    keys = frozenset(story.pk for story in stories)
    if not keys:
        return {}

    def load() -> Kept[Mapping[int, int]]:
        counted: Any = Discussion.objects.with_count()  # an annotation is no field to the type checker
        rows = counted.filter(story__in=keys).values_list("story", "count")
        found = {story: count for story, count in rows if count}
        return Kept(found, frozenset({"site"}), NUMBER_BYTES * len(keys))

    return numbers.get((keys, int(now.timestamp()) // KEPT_FOR), load)


def reader_of(request: Any) -> Reader:
    """Who looks at a list: on a page kept for everybody an anonymous reader is nobody in particular."""
    found: Reader = ANONYMOUS if is_for_everybody(request) else request.reader
    return found


def shows_count(story: Article, reader: Reader, rules: SiteRules, now: datetime) -> bool:
    """Whether the reader sees the replies of a story (of `for_lists`). No view is counted or looked up: where the
    meter decides, a list says nothing."""
    return decide(story.terms(rules), reader, Allowance(switched_on=rules.meter_is_on), now) is Decision.READ
