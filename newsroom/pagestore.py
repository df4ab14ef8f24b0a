"""What the page cache keeps, and the ear that tells it what fell.

`PageStore` is one process's pages: by name, by key, least recently used out. `Listener` is its thread on
PostgreSQL's NOTIFY.
"""

import functools
import gzip
import hashlib
import logging
import math
import os
import re
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import brotli
import psycopg
from django.db import connection

from newsroom import caching
from newsroom.shelf import Drops

MARK = caching.KEYS_HEADER.lower()
SECONDS = caching.SECONDS_HEADER.lower()
SPARE = caching.SPARE_HEADER.lower()
FOR_SHARED_CACHES = {"cache-control", "x-accel-expires", "surrogate-key", "cache-tag"}
STALE_FOR_SECONDS = 3600
SMALLEST_COMPRESSED = 600
LONGEST_ACCEPTED = 300  # of an Accept-Encoding header; what it says beyond is not read
PER_PAGE, PER_VARIANT, PER_HEADER, PER_KEY = 2_600, 900, 200, 400  # bytes Python needs for each, at most
LARGEST_SHARE = 4  # a page of more than a quarter of the cache would drive out the rest
UNCACHEABLE_REMEMBERED = 5_000
PING_SECONDS = 5.0
TURN_SECONDS = 0.5  # how soon a listener told to stop does so
LEASE_SECONDS = 12.0  # without an answer to a ping for so long nothing kept is trusted
RETRY_SECONDS = 1.0
SPARE_SECONDS = 10.0  # after a reconnection: how long what was kept before stands in where a render still fails
NOT_FOR_THE_EAR = ("cursor_factory", "context")  # Django's own way to run queries and read rows
Headers = list[tuple[str, str]]
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {  # the best first
    "br": functools.partial(brotli.compress, quality=4),
    "gzip": functools.partial(gzip.compress, compresslevel=1, mtime=0),
}
REFUSED = re.compile(r"0(\.0*)?")  # as a quality in Accept-Encoding
log = logging.getLogger(__name__)


class Heard(NamedTuple):
    """Where a process stands before a render: drops so far, the trusted connection (0: none), the time."""

    counter: int
    trust: int
    at: float


class Variant(NamedTuple):
    """A page in one encoding, ready to send but for its `Age`."""

    etag: str
    headers: Headers
    body: bytes


@dataclass
class Page:
    """A kept page: plain body, other encodings made when first asked for. Times are seconds of the epoch.

    `spare`: how long after `made` it may be served while the database is away. `grown` is told when it got larger.
    """

    headers: Headers
    body: bytes
    keys: frozenset[str]
    made: float
    ends: float
    trust: int
    spare: float = STALE_FOR_SECONDS
    grown: "Callable[[Page], None]" = lambda page: None
    counted: int = 0  # the bytes its store counts for it
    variants: dict[str, Variant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tag = hashlib.blake2b(self.body, digest_size=12).hexdigest()
        types = [value for name, value in self.headers if name.lower() == "content-type"]
        is_text = any(word in kind for kind in types for word in ("text", "xml", "json"))
        self.is_compressible = is_text and len(self.body) >= SMALLEST_COMPRESSED
        self._making = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes it holds in memory, roughly: texts, encodings made so far, and what Python needs around them."""
        texts = len(self.body) + sum(len(name) + len(value) + PER_HEADER for name, value in self.headers)
        encoded = sum(len(made.body) for made in tuple(self.variants.values()) if made.body is not self.body)
        return PER_PAGE + texts + encoded + len(self.variants) * PER_VARIANT + len(self.keys) * PER_KEY

    def age(self) -> int:
        """Whole seconds since its render began; shared caches take them off `s-maxage`."""
        return max(0, int(time.time() - self.made))

    def accepted_as(self, accepted: str) -> Variant:
        """The page in the best encoding of an Accept-Encoding header; whoever comes while it is made waits."""
        encoding = best_encoding(accepted[:LONGEST_ACCEPTED]) if self.is_compressible else ""
        variant = self.variants.get(encoding)
        if variant is not None:
            return variant
        with self._making:
            variant = self.variants.get(encoding) or self._make(encoding)
        self.grown(self)
        return variant

    def _make(self, encoding: str) -> Variant:
        body = COMPRESSORS[encoding](self.body) if encoding else self.body
        etag = f'"{self.tag}{encoding and "-" + encoding}"'
        own = [("ETag", etag), ("Content-Length", str(len(body)))]
        if encoding:
            own.append(("Content-Encoding", encoding))
        headers = [pair for pair in self.headers if pair[0].lower() != "content-length"]
        if self.is_compressible:
            headers = _varying(headers)
        self.variants[encoding] = Variant(etag, [*headers, *own], body)
        return self.variants[encoding]


def _varying(headers: Headers) -> Headers:
    """With `Accept-Encoding` among what `Vary` names."""
    named = [part.strip() for name, value in headers if name.lower() == "vary" for part in value.split(",")]
    if "accept-encoding" not in (part.lower() for part in named):
        named.append("Accept-Encoding")
    return [*(pair for pair in headers if pair[0].lower() != "vary"), ("Vary", ", ".join(named))]


@functools.lru_cache(maxsize=512)
def best_encoding(accepted: str) -> str:
    """`br`, `gzip` or nothing: the best of ours that an Accept-Encoding header does not refuse with q=0."""
    taken = set()
    for part in accepted.lower().split(","):
        name, _, quality = part.replace(" ", "").partition(";q=")
        if not REFUSED.fullmatch(quality):
            taken.add(name)
    return next((ours for ours in COMPRESSORS if ours in taken), "")


class PageStore:
    """One process's pages. Thread-safe; a hit takes no lock (each look at the dictionary is one step for Python)."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pages: OrderedDict[str, Page] = OrderedDict()  # the longest unused first
        self._by_key: dict[str, set[str]] = {}
        self._bytes = 0
        self._lock = threading.Lock()
        self._drops = Drops()
        self._uncacheable: OrderedDict[str, None] = OrderedDict()
        self._trust = 0  # 0 while nothing is heard; else the number of this connection
        self._connections = 0
        self._lease_until = math.inf
        self._spare_until = math.inf

    @property
    def held(self) -> int:
        """Bytes it holds, as it counts them."""
        return self._bytes

    @property
    def hears(self) -> bool:
        """Whether changes are heard of: the listener is connected and was answered lately."""
        return self._trust > 0 and time.monotonic() <= self._lease_until

    def heard(self) -> Heard:
        """Where we stand before a render. Notices a listener that hangs: then followers lose their trust, too."""
        if self._trust and not self.hears:
            log.warning("The page cache has heard nothing from the database for %s s.", LEASE_SECONDS)
            caching.trust_followers(False)
            self.trust(connected=False)
        return Heard(self._drops.counter, self._trust, time.time())

    def fresh(self, name: str) -> Page | None:
        """The page, if it may be served without asking anybody."""
        page = self._pages.get(name)
        if page is None or page.trust != self._trust or page.ends <= time.time() or not self.hears:
            return None
        try:
            self._pages.move_to_end(name)
        except KeyError:  # dropped this instant, after who asks came
            return None
        return page

    def stale(self, name: str) -> Page | None:
        """The page however old, up to an hour or its moment: for when the database is away."""
        page = self._pages.get(name)
        return page if page is not None and time.time() < page.made + page.spare else None

    def is_uncacheable(self, name: str) -> bool:
        """Whether its last answer could not be kept, so that nobody should wait for a renderer."""
        return name in self._uncacheable

    def keep(self, name: str, headers: Headers, body: bytes, marks: dict[str, str], heard: Heard) -> Page | None:
        """Store what the marks allow and give it back; None if they do not.

        A page of which a key fell since `heard` is not stored, here or anywhere: it is only for who asked.
        """
        seconds, spare = int(marks.get(SECONDS, "0")), int(marks.get(SPARE, STALE_FOR_SECONDS))
        keys = frozenset(marks.get(MARK, "").split())
        with self._lock:
            self._uncacheable.pop(name, None)
            if seconds <= 0:
                self._note_uncacheable(name)
                return None
            if self._drops.fell_since(heard.counter, keys):
                return Page(_for_nobody_else(headers), body, keys, heard.at, heard.at, 0)
            trust = heard.trust if heard.trust == self._trust else 0
            page = Page(headers, body, keys, heard.at, heard.at + seconds, trust, min(spare, STALE_FOR_SECONDS))
            self._insert(name, page)
            return page

    def _note_uncacheable(self, name: str) -> None:
        self._uncacheable[name] = None
        if len(self._uncacheable) > UNCACHEABLE_REMEMBERED:
            self._uncacheable.popitem(last=False)

    def _insert(self, name: str, page: Page) -> None:
        self._forget(name)
        if page.size * LARGEST_SHARE > self._max_bytes:
            self._note_uncacheable(name)
            return
        page.grown = functools.partial(self._recount, name)
        self._pages[name] = page
        for key in page.keys:
            self._by_key.setdefault(key, set()).add(name)
        self._count(name, page)

    def _recount(self, name: str, page: Page) -> None:
        """An encoding was made."""
        with self._lock:
            if self._pages.get(name) is page:
                self._count(name, page)

    def _count(self, name: str, page: Page) -> None:
        size = page.size + 2 * len(name)
        self._bytes += size - page.counted
        page.counted = size
        while self._bytes > self._max_bytes and self._pages:
            self._let_go(*self._pages.popitem(last=False))

    def drop(self, keys: list[str]) -> None:
        """Forget every page with one of `keys`."""
        with self._lock:
            self._drops.note(keys)
            for key in keys:
                for name in list(self._by_key.get(key, ())):
                    self._forget(name)

    def trust(self, connected: bool) -> None:
        """On loss everything kept becomes suspect. On reconnection it stays so and is dropped after `SPARE_SECONDS`:

        whoever listens is connected before the pool is, and readers must not see that.
        """
        with self._lock:
            self._lease_until = math.inf
            self._spare_until = time.monotonic() + SPARE_SECONDS
            self._trust = 0
            if connected:
                self._connections += 1
                self._trust = self._connections

    def lease(self, until: float) -> bool:
        """Trust what is kept until `until` (of the monotonic clock); False if trust was lost meanwhile."""
        with self._lock:
            self._lease_until = until
            if self._trust and time.monotonic() > self._spare_until:
                self._spare_until = math.inf
                for name in [name for name, page in self._pages.items() if page.trust != self._trust]:
                    self._forget(name)
            return self._trust > 0

    def _forget(self, name: str) -> None:
        page = self._pages.pop(name, None)
        if page is not None:
            self._let_go(name, page)

    def _let_go(self, name: str, page: Page) -> None:
        self._bytes -= page.counted
        for key in page.keys:
            names = self._by_key.get(key)
            if names is not None:
                names.discard(name)
                if not names:
                    del self._by_key[key]


def _for_nobody_else(headers: Headers) -> Headers:
    kept = [pair for pair in headers if pair[0].lower() not in FOR_SHARED_CACHES]
    return [*kept, ("Cache-Control", "private, no-store")]


def mend_pool() -> None:
    """Have the pool make its connections anew: those of before an outage may be broken, and a reader would find out."""
    pool = getattr(connection, "pool", None)  # Django has one for PostgreSQL alone
    if pool is not None and not pool.closed:
        pool.drain()


@contextmanager
def hanging_up(ear: psycopg.Connection[Any]) -> Iterator[None]:
    """Hang up on a server that has not answered when the lease ends: the call then fails, and another is made.

    The network tells when nobody is there; of one who takes what is sent and says nothing it does not.
    """
    timer = threading.Timer(LEASE_SECONDS, _hang_up, [ear])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(ear: psycopg.Connection[Any]) -> None:
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(ear.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


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
        own = {key: value for key, value in connection.get_connection_params().items() if key not in NOT_FOR_THE_EAR}
        while not self._stopped.is_set():
            try:
                with psycopg.connect(**own, autocommit=True) as ear:
                    self._listen(ear)
            except psycopg.Error as error:
                log.warning("The page cache hears nothing from the database: %s", error)
            finally:  # whatever ends this thread: without it nothing may be trusted
                self._tell(connected=False)
            self._stopped.wait(RETRY_SECONDS)

    def _listen(self, ear: psycopg.Connection[Any]) -> None:
        mend_pool()
        ear.execute(f"LISTEN {caching.CHANNEL}")
        while not self._stopped.is_set():
            asked_at = time.monotonic()
            with hanging_up(ear):
                ear.execute("SELECT 1")  # PostgreSQL sends what it has to notify before the answer
            self._drop(ear.notifies(timeout=0))
            self._renew(asked_at + LEASE_SECONDS)
            while not self._stopped.is_set() and time.monotonic() < asked_at + PING_SECONDS:
                self._drop(ear.notifies(timeout=TURN_SECONDS))

    def _renew(self, until: float) -> None:
        if not self._store.lease(until):  # a new connection, or one that hung until trust was lost
            self._tell(connected=True)
            self._store.lease(until)
        caching.lease_followers(until)

    def _drop(self, notices: Iterable[psycopg.Notify]) -> None:
        for notice in notices:
            keys = notice.payload.split()
            caching.tell_followers(keys)
            self._store.drop(keys)

    def _tell(self, *, connected: bool) -> None:
        caching.trust_followers(connected)
        self._store.trust(connected)
