"""A load generator in processes of its own: few system calls a request, so that the server is what is measured.

`python -m tests.bench.load PORT PATH SECONDS CONNECTIONS` prints `{"requests": …, "latencies": […]}`.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import quantiles

PROCESSES = 2
CONNECTIONS = 8  # a process
HEADERS = (
    "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.5\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
)
SAMPLED = 20  # of so many requests one latency is kept


@dataclass(frozen=True)
class Load:
    """What a server bore: requests a second, and how long the middle and the slowest hundredth took."""

    rate: float
    median_ms: float
    slow_ms: float


def asked(port: int, path: str, extra: str = "") -> bytes:
    """The bytes of one request; `extra` are further header lines, each with its line end."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{HEADERS}{extra}\r\n".encode()


def answer_of(port: int, path: str, extra: str = "") -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body as sent. Raises OSError or ValueError where nothing sensible came."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        sock.sendall(asked(port, path, extra))
        data = b""
        while b"\r\n\r\n" not in data:
            data += _more(sock)
        head, _, body = data.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        length = int({name.lower(): value for name, value in headers}["content-length"])
        while len(body) < length:
            body += _more(sock)
    return int(status.split()[1]), headers, body


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 18)
    if not data:
        raise ConnectionError("The server hung up.")
    return data


def bear(port: int, path: str, seconds: float) -> Load:
    """Ask `path` for `seconds` from every process at once."""
    command = [sys.executable, "-m", "tests.bench.load", str(port), path, str(seconds), str(CONNECTIONS)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    answers = [json.loads(process.communicate()[0]) for process in running]
    latencies = [latency for answer in answers for latency in answer["latencies"]]
    cuts = quantiles(latencies, n=100)
    rate = sum(answer["requests"] / answer["seconds"] for answer in answers)
    return Load(rate, cuts[49] * 1000, cuts[98] * 1000)


class Connection:
    """One keep-alive connection with one request under way."""

    def __init__(self, port: int, request: bytes, body_length: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
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
            if not data.startswith(b"HTTP/1.1 200"):
                raise ValueError(data[:200])
            self.left = data.index(b"\r\n\r\n") + 4 + self.body_length
        self.left -= len(data)
        return self.left == 0


def run(port: int, path: str, seconds: float, connections: int) -> dict[str, object]:
    """Keep `connections` requests under way for `seconds`."""
    request = asked(port, path)
    body_length = len(answer_of(port, path)[2])
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        connection = Connection(port, request, body_length)
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
    print(json.dumps(run(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))))
