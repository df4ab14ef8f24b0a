"""A small CDN: keeps what `s-maxage` lets it, by address and encoding, until a key of it is purged.

It passes requests with the session's cookie or `X-Fragment`, and does nothing cleverer than a real one would.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connections

Origin = Callable[[str, dict[str, str]], tuple[str, dict[str, str], bytes]]
LARGEST_HEADER = 16_000


@dataclass
class Kept:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    ends: float
    keys: set[str]


@dataclass
class Purge:
    """One request for a purge, as it came."""

    keys: list[str]
    headers: dict[str, str] = field(default_factory=dict)


class FakeCdn(ThreadingHTTPServer):
    """Listens on a port of this machine; `refuses`: how many purges it will answer with an error."""

    daemon_threads = True

    def __init__(self, origin: Origin) -> None:
        super().__init__(("127.0.0.1", 0), Edge)
        self.origin, self.kept, self.purges, self.refuses = origin, dict[str, Kept](), list[Purge](), 0
        self.on_its_way: Callable[[], None] = lambda: None  # what happens between the origin's answer and keeping it

    def __enter__(self) -> "FakeCdn":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def keep(self, name: str, status: str, headers: dict[str, str], body: bytes) -> Kept:
        """Keep an answer of the origin if its headers allow; it is given back either way."""
        control = headers.get("cache-control", "")
        seconds = re.search(r"s-maxage=(\d+)", control)
        keys = set(headers.get("surrogate-key", "").split())
        left = int(seconds[1]) - int(headers.get("age", 0)) if seconds else 0
        assert sum(len(part) for pair in headers.items() for part in pair) < LARGEST_HEADER
        made = Kept(int(status.split()[0]), headers, body, time.time() + left, keys)
        if left > 0 and "private" not in control and "no-store" not in control and "set-cookie" not in headers:
            self.kept[name] = made
        return made


class Edge(BaseHTTPRequestHandler):
    """Answers for `FakeCdn`."""

    protocol_version = "HTTP/1.1"
    server: FakeCdn

    def do_GET(self) -> None:
        cdn, asked = self.server, {name.lower(): value for name, value in self.headers.items()}
        passes = "newsroom_session=" in asked.get("cookie", "") or "x-fragment" in asked
        name = f"{self.path} {asked.get('accept-encoding', '')}"
        found = None if passes else cdn.kept.get(name)
        is_hit = found is not None and found.ends > time.time()
        if found is None or not is_hit:
            try:
                answer = cdn.origin(self.path, asked)
            finally:
                connections.close_all()
            cdn.on_its_way()
            found = cdn.keep(f"{name}{' passed' if passes else ''}", *answer)
        self._say(found.status, {**found.headers, "x-cache": "hit" if is_hit else "miss"}, found.body)

    def do_POST(self) -> None:
        brought: dict[str, list[str]] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        (keys,) = brought.values()
        self.server.purges.append(Purge(keys, {name.lower(): value for name, value in self.headers.items()}))
        if self.server.refuses:
            self.server.refuses -= 1
            self._say(503, {}, b"")
            return
        self.server.kept = {name: kept for name, kept in self.server.kept.items() if kept.keys.isdisjoint(keys)}
        self._say(200, {}, b"{}")

    def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name not in ("content-length", "surrogate-key", "cache-tag"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""
