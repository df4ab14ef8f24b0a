"""An old site on the loopback interface: what it holds, and what it was asked for."""

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from PIL import Image

from newsroom.fetch import Network

PDF = b"%PDF-1.4 a survey"
MP3 = b"ID3\x04 a foghorn"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def photograph(colour: str = "teal", *, width: int = 40, height: int = 30) -> bytes:
    """A small JPEG."""
    out = BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


def bomb() -> bytes:
    """A picture of few bytes and very many pixels."""
    out = BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    return out.getvalue()


class OldSite:
    """A web server, and a network in which every name is its. `asked`: paths, and how often."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.network = Network(resolve=lambda host, port: ["127.0.0.1"], is_allowed=lambda address, port: True)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """A file, or 404."""
        with self.lock:
            self.asked[request.path] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        body = self.files.get(request.path)
        request.send_response(404 if body is None else 200)
        request.send_header("Content-Length", str(len(body or b"")))
        request.end_headers()
        with self.lock:
            self.at_once -= 1
        request.wfile.write(body or b"")

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://old.example.org:{self.port}{path}"

    def close(self) -> None:
        """No longer there."""
        self.server.shutdown()
        self.server.server_close()
