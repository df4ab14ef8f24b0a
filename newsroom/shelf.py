"""What a process keeps of the database between two purges: the one way to keep anything but a page.

A `Follower` hears every purge (`caching.follow`) and trusts itself only while the page cache's listener does
hear. A `Shelf` is a follower that keeps many values by name, at most so many bytes, least recently used out.
"""

import math
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, NamedTuple, TypeVar

DROPS_REMEMBERED = 10_000

Value = TypeVar("Value")


class Drops:
    """Which keys fell, and when: tells whether something loaded meanwhile is stale already."""

    def __init__(self) -> None:
        self.counter = 0
        self._fell: OrderedDict[str, int] = OrderedDict()
        self._forgotten_before = 0

    def note(self, keys: Iterable[str]) -> None:
        """Remember that `keys` fell now."""
        self.counter += 1
        for key in keys:
            self._fell[key] = self.counter
            self._fell.move_to_end(key)
        while len(self._fell) > DROPS_REMEMBERED:
            _key, at = self._fell.popitem(last=False)
            self._forgotten_before = max(self._forgotten_before, at)

    def note_all(self) -> None:
        """Remember that every key fell now."""
        self.counter += 1
        self._fell.clear()
        self._forgotten_before = self.counter

    def fell_since(self, counter: int, keys: Iterable[str]) -> bool:
        """Whether one of `keys` fell after `counter`, or may have: of what is long past nothing is known."""
        return counter < self._forgotten_before or any(self._fell.get(key, 0) > counter for key in keys)


class Follower(ABC):
    """Something kept in this process that falls with keys. Thread-safe; `trusted` while changes are heard of."""

    def __init__(self) -> None:
        self.trusted = False
        self._lease_until = math.inf
        self._lock = threading.Lock()

    @property
    def hears(self) -> bool:
        """Whether what is kept may be believed: the listener is connected and was answered lately."""
        return self.trusted and time.monotonic() <= self._lease_until

    def lease(self, until: float) -> None:
        """Believe what is kept until `until` (of the monotonic clock) and no longer without a word."""
        self._lease_until = until

    def trust(self, connected: bool) -> None:
        """Whether changes are heard of from now on. Either way all that was kept is forgotten."""
        self._lease_until = math.inf
        self.trusted = connected
        self.forget()

    @abstractmethod
    def drop(self, keys: list[str]) -> None:
        """Forget what has one of `keys`."""

    @abstractmethod
    def forget(self) -> None:
        """Forget everything."""


class Kept(NamedTuple, Generic[Value]):
    """A value with the keys it falls with and the bytes it holds, roughly."""

    value: Value
    keys: frozenset[str]
    size: int


class Shelf(Follower, Generic[Value]):
    """Values by name. What stands here is shared by all threads: nobody may change it."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Hashable, Kept[Value]] = OrderedDict()
        self._names: dict[str, set[Hashable]] = {}
        self._bytes = 0
        self._drops = Drops()

    def get(self, name: Hashable, load: Callable[[], Kept[Value]]) -> Value:
        """What stands under `name`, else what `load` brings; that is kept if none of its keys fell meanwhile."""
        with self._lock:
            kept = self._kept.get(name) if self.hears else None
            if kept is not None:
                self._kept.move_to_end(name)
                return kept.value
            counter = self._drops.counter
        loaded = load()
        with self._lock:
            if self.hears and not self._drops.fell_since(counter, loaded.keys):
                self._put(name, loaded)
        return loaded.value

    def drop(self, keys: list[str]) -> None:
        """Forget what has one of `keys`."""
        with self._lock:
            self._drops.note(keys)
            for key in keys:
                for name in list(self._names.get(key, ())):
                    self._take(name)

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._drops.note_all()
            self._kept.clear()
            self._names.clear()
            self._bytes = 0

    def _put(self, name: Hashable, kept: Kept[Value]) -> None:
        self._take(name)
        self._kept[name] = kept
        self._bytes += kept.size
        for key in kept.keys:
            self._names.setdefault(key, set()).add(name)
        while self._bytes > self._max_bytes and self._kept:
            self._take(next(iter(self._kept)))

    def _take(self, name: Hashable) -> None:
        kept = self._kept.pop(name, None)
        if kept is None:
            return
        self._bytes -= kept.size
        for key in kept.keys:
            names = self._names.get(key, set())
            names.discard(name)
            if not names:
                self._names.pop(key, None)
