"""`python -m tests.bench.hammer`: anonymous readers of one page, as many as there are connections.

Each asks again as soon as it was answered, from the planned moment on (of the machine's monotonic clock, which
all processes share), and looks at which correction the page shows. One answer in `SAMPLED` leaves its latency.
"""

import gzip
import json
import re
import selectors
import socket
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import brotli

from tests.bench.crowd import Span, told
from tests.bench.load import Ask

NUMBER = re.compile(rb"correction number (\d+)")
SAMPLED = 5
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
RECONNECT_SECONDS = 0.05


@dataclass(frozen=True)
class Plan:
    """Who asks for what: `connections` over all `ports`, for `seconds`."""

    ports: list[int]
    path: str
    connections: int
    seconds: float


@dataclass
class Log:
    """What was seen. Moments are of the monotonic clock."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    each_second: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    latencies: list[float] = field(default_factory=list)
    worst: float = 0.0
    last_begun: dict[int, float] = field(default_factory=dict)
    first_seen: dict[int, float] = field(default_factory=dict)
    renders: set[tuple[int, str]] = field(default_factory=set)
    given_once: int = 0
    unnumbered: int = 0
    begins: float = 0.0
    path: str = ""
    broken: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the process that asked."""
        return {**vars(self), "renders": sorted(self.renders), "each_second": dict(self.each_second)}


class Reader:
    """One connection with one request under way."""

    def __init__(self, port: int, path: str, selector: selectors.BaseSelector, log: Log) -> None:
        self._ask = Ask(port, path)
        self._port = port
        self._selector = selector
        self._log = log
        self._seen: dict[str, int] = {}
        self._data = b""
        self._begun = 0.0
        self._connect()

    def _connect(self) -> None:
        self._sock = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._sock, selectors.EVENT_READ, self)

    def ask(self) -> None:
        """Send the request."""
        self._data = b""
        self._begun = time.monotonic()
        self._sock.sendall(self._ask.sent)

    def hear(self) -> None:
        """Take what came; note a whole answer, and ask again."""
        try:
            data = self._sock.recv(1 << 18)
            if not data:
                raise ConnectionError("The server hung up.")
            self._data += data
            if self._is_whole():
                self.ask()
        except OSError as error:
            self._log.broken.append(f"{time.monotonic() - self._log.begins:.2f} s: {error}")
            self._selector.unregister(self._sock)
            self._sock.close()
            time.sleep(RECONNECT_SECONDS)
            self._connect()
            self.ask()

    def _is_whole(self) -> bool:
        head, mark, body = self._data.partition(b"\r\n\r\n")
        if not mark:
            return False
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").lower().split("\r\n")[1:])
        if len(body) < int(headers["content-length"]):
            return False
        self._note(int(head[9:12]), headers, body)
        return True

    def _note(self, status: int, headers: dict[str, str], body: bytes) -> None:
        now, log = time.monotonic(), self._log
        log.requests += 1
        log.statuses[status] += 1
        log.each_second[int(now - log.begins)][status] += 1
        log.worst = max(log.worst, now - self._begun)
        if log.requests % SAMPLED == 0:
            log.latencies.append(round(now - self._begun, 6))
        if status != 200:
            return
        number = self._number(headers, body)
        if number < 0:
            log.unnumbered += 1
            return
        log.last_begun[number] = max(log.last_begun.get(number, 0), self._begun)
        log.first_seen.setdefault(number, now)

    def _number(self, headers: dict[str, str], body: bytes) -> int:
        """The correction that the page shows. A page given to one reader was a render for that reader."""
        etag = headers.get("etag", "")
        if "no-store" in headers.get("cache-control", ""):
            self._log.given_once += 1
        elif etag in self._seen:
            return self._seen[etag]
        else:
            self._log.renders.add((self._port, etag))
        found = NUMBER.search(UNPACK[headers.get("content-encoding", "")](body))
        number = int(found[1]) if found else -1
        self._seen[etag] = number
        return number


def main(plan: Plan) -> None:
    """Read until the time is over, and tell."""
    selector, log = selectors.DefaultSelector(), Log(path=plan.path)
    readers = [
        Reader(plan.ports[number % len(plan.ports)], plan.path, selector, log) for number in range(plan.connections)
    ]
    span = Span(plan.seconds)
    log.begins = span.begins
    span.wait()
    for reader in readers:
        reader.ask()
    while not span.is_over:
        for key, _events in selector.select(0.2):
            key.data.hear()
    print(json.dumps(log.as_json()))


if __name__ == "__main__":
    main(Plan(**told()))
