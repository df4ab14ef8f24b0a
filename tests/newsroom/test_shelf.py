"""What a process keeps between two purges: dropped by key, bounded, believed only while changes are heard of."""

import threading
import time

import pytest
from django.db import transaction

from newsroom import caching
from newsroom.shelf import Kept, Shelf


@pytest.fixture
def shelf() -> Shelf[str]:
    """A shelf that hears, with room for three of the values below."""
    made: Shelf[str] = Shelf(max_bytes=30)
    made.trust(connected=True)
    return made


class Source:
    """Brings a value and counts how often it was asked to."""

    def __init__(self, value: str = "text", *keys: str) -> None:
        self.value, self.keys, self.asked = value, frozenset(keys), 0

    def __call__(self) -> Kept[str]:
        """The value, ten bytes."""
        self.asked += 1
        return Kept(self.value, self.keys, 10)


def test_second_look_loads_nothing_until_a_key_falls(shelf: Shelf[str]) -> None:
    story = Source("story", "article-1")
    assert [shelf.get("a", story), shelf.get("a", story)] == ["story", "story"]
    assert story.asked == 1
    shelf.drop(["article-2"])
    shelf.get("a", story)
    assert story.asked == 1
    shelf.drop(["article-1"])
    shelf.get("a", story)
    assert story.asked == 2


def test_nothing_is_kept_while_nothing_is_heard(shelf: Shelf[str]) -> None:
    story = Source()
    shelf.get("a", story)
    shelf.trust(connected=False)
    shelf.get("a", story)
    shelf.get("a", story)
    assert story.asked == 3
    shelf.trust(connected=True)
    shelf.get("a", story)
    assert story.asked == 4, "What was kept before the silence is gone."


def test_listener_that_says_nothing_is_not_believed_past_its_lease(shelf: Shelf[str]) -> None:
    story = Source()
    shelf.get("a", story)
    shelf.lease(time.monotonic() - 1)
    shelf.get("a", story)
    assert story.asked == 2
    shelf.lease(time.monotonic() + 60)
    shelf.get("a", story)
    shelf.get("a", story)
    assert story.asked == 2, "The lease was renewed: nothing fell meanwhile."


@pytest.mark.parametrize("falls", ["key", "everything"])
def test_value_whose_key_fell_while_it_was_loaded_is_not_kept(falls: str, shelf: Shelf[str]) -> None:
    loading, fallen = threading.Event(), threading.Event()

    def slow() -> Kept[str]:
        loading.set()
        assert fallen.wait(5)
        return Kept("old", frozenset({"article-1"}), 10)

    thread = threading.Thread(target=shelf.get, args=("a", slow))
    thread.start()
    assert loading.wait(5)
    shelf.drop(["article-1"]) if falls == "key" else shelf.trust(connected=True)
    fallen.set()
    thread.join()
    assert shelf.get("a", Source("new", "article-1")) == "new"


def test_least_recently_used_leaves_when_there_are_too_many_bytes(shelf: Shelf[str]) -> None:
    sources = {name: Source(name) for name in "abcd"}
    for name in "abcad":
        shelf.get(name, sources[name])
    for name in "acd":
        shelf.get(name, sources[name])
    assert [sources[name].asked for name in "abcd"] == [1, 1, 1, 1]
    shelf.get("b", sources["b"])
    assert sources["b"].asked == 2


@pytest.mark.django_db(transaction=True)
def test_who_wrote_sees_it_at_once_and_a_rollback_drops_nothing(
    shelf: Shelf[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "_followers", [shelf])
    story = Source("story", "article-1")
    shelf.get("a", story)
    with pytest.raises(RuntimeError), transaction.atomic():
        caching.purge("article-1")
        raise RuntimeError
    shelf.get("a", story)
    assert story.asked == 1
    with transaction.atomic():
        caching.purge("article-1")
        shelf.get("a", story)
        assert story.asked == 1
    shelf.get("a", story)
    assert story.asked == 2
