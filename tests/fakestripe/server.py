"""HTTP on 127.0.0.1: the API under `/v1/`, hosted pages elsewhere."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.fakestripe import pages
from tests.fakestripe.faults import NO_ANSWER

if TYPE_CHECKING:
    from tests.fakestripe.fake import FakeStripe

LARGEST = 1_000_000  # bytes of a request's body


class Server:
    """A threading HTTP server around one fake."""

    def __init__(self, fake: "FakeStripe") -> None:
        handler = type("Handler", (_Handler,), {"fake": fake})
        self._http = _Quiet(("127.0.0.1", fake.port), handler)
        self._http.fake = fake
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.1,), name="fakestripe", daemon=True)

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    fake: "FakeStripe"
    _ticks = 0

    def service_actions(self) -> None:
        """Ten times a second; every ten seconds time is let do its work (Sessions expire, renewals)."""
        self._ticks += 1
        if self._ticks % 100 == 0:
            self.fake.run_due()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout = 30
    fake: "FakeStripe"

    def do_GET(self) -> None:
        """Any GET."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Any POST."""
        self._answer("POST")

    def do_DELETE(self) -> None:
        """Any DELETE."""
        self._answer("DELETE")

    def do_HEAD(self) -> None:
        """HEAD of a page."""
        self._answer("HEAD")

    def _answer(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST:
            return self._send(413, "", {"Connection": "close"})
        body = self.rfile.read(length).decode("utf-8", "replace")
        if self.path.startswith("/v1/"):
            answer = self.fake.api.answer(method, self.path, dict(self.headers.items()), body)
            if answer.status == NO_ANSWER:
                self.close_connection = True
                return None
            return self._send(answer.status, answer.body, dict(answer.headers))
        page = pages.answer(self.fake, method, self.path, dict(self.headers.items()), body)
        return self._send(page.status, page.body, page.headers)

    def _send(self, status: int, body: str, headers: dict[str, str]) -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        """Say nothing: addresses of Portal Sessions sign their holders in."""
