"""Which topics look like one another: words they share. A hint for the desk, which decides by hand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from members.models import Topic
from members.topics.loop.wording import folded

SHORTEST_WORD, MOST, COMMON = 4, 3, 0.2  # a word in every fifth topic says nothing


@dataclass(frozen=True, slots=True)
class Alike:
    """Another topic, and the words it shares."""

    topic: Topic
    words: list[str]


def look_alikes(topics: Sequence[Topic], others: Iterable[Topic]) -> dict[int, list[Alike]]:
    """For each topic (by key) those of `others` that share words with it, the most first. No queries."""
    rows = [(other, words_of(other)) for other in others]
    seen = Counter(word for _other, words in rows for word in words)
    dull = {word for word, times in seen.items() if times > max(5, COMMON * len(rows))}
    found: dict[int, list[Alike]] = {}
    for topic in topics:
        own = words_of(topic) - dull
        shared = [Alike(other, sorted(own & words)) for other, words in rows if other.pk != topic.pk and own & words]
        enough = [each for each in shared if len(each.words) >= min(2, len(own))]
        found[topic.pk] = sorted(enough, key=lambda each: (-len(each.words), each.topic.pk))[:MOST]
    return found


def words_of(topic: Topic) -> set[str]:
    """The words of its title that are long enough to say something."""
    return {word for word in folded(topic.title).split() if len(word) >= SHORTEST_WORD or not word.isascii()}
