"""What the page cache keeps, and the ear that tells it what fell.

`PageStore` is one process's pages: by name, by key, least recently used out. `Listener` is its thread on
PostgreSQL's NOTIFY.
"""

import gzip
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import brotli
import psycopg
from django.db import connection

from newsroom import caching

MARK = caching.KEYS_HEADER.lower()
SECONDS = caching.SECONDS_HEADER.lower()
STALE_FOR_SECONDS = 3600
SMALLEST_COMPRESSED = 600
DROPS_REMEMBERED = 10_000
UNCACHEABLE_REMEMBERED = 5_000
PING_SECONDS = 5.0
RETRY_SECONDS = 1.0
KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2, "tcp_user_timeout": 10_000}
NOT_OURS = ("cursor_factory", "context", "pool")
log = logging.getLogger(__name__)


@dataclass
class Page:
    """A kept page: plain body, other encodings made when first asked for."""

    headers: list[tuple[str, str]]
    body: bytes
    keys: frozenset[str]
    ends: float
    trust: int
    stored: float = field(default_factory=time.time)
    encodings: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tag = hashlib.blake2b(self.body, digest_size=12).hexdigest()
        compressible = any(
            name.lower() == "content-type" and ("text" in value or "xml" in value or "json" in value)
            for name, value in self.headers
        )
        self.is_compressible = compressible and len(self.body) >= SMALLEST_COMPRESSED

    @property
    def size(self) -> int:
        """Bytes it holds in memory, roughly."""
        return len(self.body) + sum(map(len, self.encodings.values())) + 1024

    def age(self) -> int:
        """Whole seconds since it was made; shared caches take them off `s-maxage`."""
        return max(0, int(time.time() - self.stored))

    def encoded(self, accepted: str) -> tuple[str, bytes, str]:
        """(encoding or "", body, ETag) in the best encoding of `accepted`."""
        encoding = ""
        if self.is_compressible:
            encoding = "br" if "br" in accepted else "gzip" if "gzip" in accepted else ""
        if encoding and encoding not in self.encodings:
            compress = _brotli if encoding == "br" else _gzip
            self.encodings[encoding] = compress(self.body)
        return encoding, self.encodings.get(encoding, self.body), f'"{self.tag}{encoding and "-" + encoding}"'


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1, mtime=0)


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=4))


class PageStore:
    """One process's pages. Thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._by_key: dict[str, set[str]] = {}
        self._bytes = 0
        self._lock = threading.Lock()
        self._counter = 0
        self._fell: OrderedDict[str, int] = OrderedDict()
        self._forgotten_before = 0
        self._uncacheable: OrderedDict[str, None] = OrderedDict()
        self._trust = 0  # 0 while nothing is heard; else the number of this connection
        self._connections = 0

    def heard(self) -> tuple[int, int]:
        """Where we stand before a render: the invalidation counter and the trust of the moment."""
        return self._counter, self._trust

    def fresh(self, name: str) -> Page | None:
        """The page, if it may be served without asking anybody."""
        with self._lock:
            page = self._pages.get(name)
            if page is None or page.trust == 0 or page.trust != self._trust or page.ends <= time.time():
                return None
            self._pages.move_to_end(name)
            return page

    def stale(self, name: str) -> Page | None:
        """The page however old, up to an hour: for when the database is away."""
        with self._lock:
            page = self._pages.get(name)
        return page if page is not None and page.age() <= STALE_FOR_SECONDS else None

    def is_uncacheable(self, name: str) -> bool:
        """Whether its last answer could not be kept, so that nobody should wait for a renderer."""
        return name in self._uncacheable

    def keep(
        self, name: str, headers: list[tuple[str, str]], body: bytes, marks: dict[str, str], heard: tuple[int, int]
    ) -> Page | None:
        """Store what the marks allow; the page, or None. Not stored if one of its keys fell since `heard`."""
        seconds = int(marks.get(SECONDS, "0"))
        with self._lock:
            if seconds <= 0:
                self._uncacheable[name] = None
                if len(self._uncacheable) > UNCACHEABLE_REMEMBERED:
                    self._uncacheable.popitem(last=False)
                return None
            self._uncacheable.pop(name, None)
            keys = frozenset(marks.get(MARK, "").split())
            counter, trust = heard
            page = Page(headers, body, keys, time.time() + seconds, trust if trust == self._trust else 0)
            if counter < self._forgotten_before or any(self._fell.get(key, 0) > counter for key in keys):
                return page  # good for who asked, not for anybody later
            self._forget(name)
            self._pages[name] = page
            self._bytes += page.size + len(page.body)  # room for the encodings to come
            for key in keys:
                self._by_key.setdefault(key, set()).add(name)
            while self._bytes > self._max_bytes and self._pages:
                self._forget(next(iter(self._pages)))
            return page

    def drop(self, keys: list[str]) -> None:
        """Forget every page with one of `keys`."""
        with self._lock:
            self._counter += 1
            for key in keys:
                self._fell[key] = self._counter
                self._fell.move_to_end(key)
                for name in list(self._by_key.get(key, ())):
                    self._forget(name)
            while len(self._fell) > DROPS_REMEMBERED:
                _key, at = self._fell.popitem(last=False)
                self._forgotten_before = max(self._forgotten_before, at)

    def trust(self, connected: bool) -> None:
        """On reconnection everything is dropped; on loss everything kept becomes suspect."""
        with self._lock:
            if connected:
                self._connections += 1
                self._trust = self._connections
                for name in list(self._pages):
                    self._forget(name)
            else:
                self._trust = 0

    def _forget(self, name: str) -> None:
        page = self._pages.pop(name, None)
        if page is None:
            return
        self._bytes -= len(page.body) * 2 + 1024
        for key in page.keys:
            names = self._by_key.get(key)
            if names is not None:
                names.discard(name)
                if not names:
                    del self._by_key[key]


class Listener:
    """The thread that hears which keys fell, on a connection of its own."""

    def __init__(self, store: PageStore) -> None:
        self._store = store
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin listening in this process."""
        self._thread = threading.Thread(target=self._run, name="page-listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; everything kept becomes suspect."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=PING_SECONDS * 2)

    def _run(self) -> None:
        params = connection.get_connection_params()
        wanted: dict[str, Any] = {
            key: value for key, value in params.items() if key not in ("cursor_factory", "context")
        }
        while not self._stopped.is_set():
            try:
                with psycopg.connect(**{**KEEPALIVE, **wanted}, autocommit=True) as ear:
                    self._listen(ear)
            except psycopg.Error as error:
                log.warning("The page cache hears nothing from the database: %s", error)
            self._tell(connected=False)
            self._stopped.wait(RETRY_SECONDS)

    def _listen(self, ear: psycopg.Connection[Any]) -> None:
        ear.execute(f"LISTEN {caching.CHANNEL}")
        self._tell(connected=True)
        while not self._stopped.is_set():
            for notice in ear.notifies(timeout=PING_SECONDS if not self._stopped.is_set() else 0):
                keys = notice.payload.split()
                caching.tell_followers(keys)
                self._store.drop(keys)
            ear.execute("SELECT 1")

    def _tell(self, *, connected: bool) -> None:
        caching.trust_followers(connected)
        self._store.trust(connected)
