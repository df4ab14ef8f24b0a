"""Asks a server for one page as fast as it answers, over keep-alive connections, and says how that went.

    bear(Ask(8000, "/2026/11/03/somewhere/"), seconds=3.0) -> Load

A process of this file asks over some connections, one request under way on each; two such processes leave no
core idle. What they cost is the same for every server, and near nothing: they only count bytes.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from statistics import quantiles

PROCESSES = 2
CONNECTIONS = 8  # a process
LINES = (
    "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.5\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
)
ENCODINGS = "gzip, deflate, br"
SAMPLED = 20  # of so many requests one latency is kept


@dataclass(frozen=True)
class Ask:
    """One request. `extra`: further header lines, each with its line end; `expects`: the status of the answer."""

    port: int
    path: str
    method: str = "GET"
    encodings: str = ENCODINGS
    extra: str = ""
    expects: int = 200

    @property
    def sent(self) -> bytes:
        """Its bytes."""
        encodings = f"Accept-Encoding: {self.encodings}\r\n" if self.encodings else ""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        return f"{head}{LINES}{encodings}{self.extra}\r\n".encode()


@dataclass(frozen=True)
class Load:
    """What a server bore: requests a second, and how long the middle and the slowest hundredth took."""

    rate: float
    median_ms: float
    slow_ms: float


def answer_of(port: int, path: str, extra: str = "") -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body as sent. Raises OSError or ValueError where nothing sensible came."""
    return answered(Ask(port, path, extra=extra))


def answered(ask: Ask) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of one request on a connection of its own. Raises as `answer_of`."""
    with socket.create_connection(("127.0.0.1", ask.port), timeout=30) as sock:
        sock.sendall(ask.sent)
        data = b""
        while b"\r\n\r\n" not in data:
            data += _more(sock)
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        status = int(first.split()[1])
        told = int({name.lower(): value for name, value in headers}.get("content-length", "0"))
        length = 0 if ask.method == "HEAD" or status == 304 else told
        while len(body) < length:
            body += _more(sock)
    return status, headers, body


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 18)
    if not data:
        raise ConnectionError("The server hung up.")
    return data


def bear(ask: Ask, seconds: float) -> Load:
    """Send `ask` for `seconds` from every process at once."""
    command = [sys.executable, "-m", "tests.bench.load", json.dumps(asdict(ask)), str(seconds), str(CONNECTIONS)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    answers = [json.loads(process.communicate()[0]) for process in running]
    latencies = [latency for answer in answers for latency in answer["latencies"]]
    cuts = quantiles(latencies, n=100)
    rate = sum(answer["requests"] / answer["seconds"] for answer in answers)
    return Load(rate, cuts[49] * 1000, cuts[98] * 1000)


class Connection:
    """One keep-alive connection with one request under way."""

    def __init__(self, ask: Ask, body_length: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", ask.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = ask.sent
        self.begins = f"HTTP/1.1 {ask.expects}".encode()
        self.body_length = body_length
        self.left = -1
        self.begun = 0.0

    def ask(self) -> None:
        """Send the request."""
        self.left = -1
        self.begun = time.perf_counter()
        self.sock.sendall(self.request)

    def hear(self) -> bool:
        """Take what came; whether the answer is whole. Its head must come in one piece, as from a loopback it does."""
        data = _more(self.sock)
        if self.left < 0:
            if not data.startswith(self.begins):
                raise ValueError(data[:200])
            self.left = data.index(b"\r\n\r\n") + 4 + self.body_length
        self.left -= len(data)
        return self.left == 0


def run(ask: Ask, seconds: float, connections: int) -> dict[str, object]:
    """Keep `connections` requests under way for `seconds`."""
    body_length = len(answered(ask)[2])
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        connection = Connection(ask, body_length)
        selector.register(connection.sock, selectors.EVENT_READ, connection)
        connection.ask()
    begun = time.perf_counter()
    requests, latencies = 0, []
    while (now := time.perf_counter()) < begun + seconds:
        for key, _events in selector.select(1):
            if key.data.hear():
                requests += 1
                if requests % SAMPLED == 0:
                    latencies.append(time.perf_counter() - key.data.begun)
                key.data.ask()
    return {"requests": requests, "seconds": now - begun, "latencies": latencies}


if __name__ == "__main__":
    print(json.dumps(run(Ask(**json.loads(sys.argv[1])), float(sys.argv[2]), int(sys.argv[3]))))
