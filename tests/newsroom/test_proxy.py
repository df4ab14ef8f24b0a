"""The proxy of compose.yaml, in front of a stand-in for the site: what it keeps, and for whom never.

Needs nginx (Debian: nginx-light); skipped with a loud line where there is none.
"""

import itertools
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.newsroom import servers

pytestmark = pytest.mark.skipif(
    servers.NGINX is None, reason="*** NO NGINX: the proxy of compose.yaml is not tried ***"
)
MEMBER = {"Cookie": "theme=dark; newsroom_session=abc"}


class Stand(ThreadingHTTPServer):
    """A site that says who asked and the how-manieth request this was, with the headers the site has."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Speaker)
        self.numbers = itertools.count(1)
        self.seen: list[dict[str, str]] = []


class Speaker(BaseHTTPRequestHandler):
    """Answers for `Stand`."""

    protocol_version = "HTTP/1.1"
    server: Stand

    def do_GET(self) -> None:
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        who = "member" if "newsroom_session=" in self.headers.get("Cookie", "") else "anybody"
        body = f"<p>for {who}, number {next(self.server.numbers)}</p>".encode() + b"." * 2000
        is_private = who == "member" or "X-Fragment" in self.headers or self.path.startswith("/account/")
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Vary", "X-Fragment, Accept-Encoding")
        if is_private:
            self.send_header("Cache-Control", "private, no-store")
        else:
            self.send_header("Cache-Control", "public, max-age=0, must-revalidate")
            self.send_header("X-Accel-Expires", "1")
        if self.path == "/sets-a-cookie/":
            self.send_header("Set-Cookie", "newsroom_session=new")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    stand = Stand()
    threading.Thread(target=stand.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield stand
    stand.shutdown()
    stand.server_close()


@pytest.fixture(scope="module")
def proxy(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """nginx with the configuration of compose.yaml before the stand-in; its port."""
    with servers.proxy(tmp_path_factory.mktemp("nginx"), int(stand.server_address[1])) as port:
        yield port


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body."""
    answer = servers.ask(port, path, **headers)
    return answer.status, answer.headers, answer.body.decode("latin-1")


def said(answer: tuple[int, dict[str, str], str]) -> str:
    assert answer[0] == 200
    return answer[2].split("</p>")[0].removeprefix("<p>")


def test_burst_of_strangers_costs_one_request_and_a_second_later_another(proxy: int) -> None:
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(said(ask(proxy, "/burst/")))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert len(set(answers)) == 1
    time.sleep(2.1)  # nginx counts whole seconds
    assert said(ask(proxy, "/burst/")) not in answers


def test_members_page_is_never_kept_and_never_given_to_strangers(proxy: int) -> None:
    first, second = (said(ask(proxy, "/story/", **MEMBER)) for _ in range(2))
    assert first != second
    stranger = said(ask(proxy, "/story/"))
    assert stranger.startswith("for anybody")
    assert said(ask(proxy, "/story/", **MEMBER)).startswith("for member")
    assert said(ask(proxy, "/story/")).startswith("for anybody")


@pytest.mark.parametrize("path", ["/account/", "/sets-a-cookie/"])
def test_private_answers_are_kept_for_nobody(proxy: int, path: str) -> None:
    assert said(ask(proxy, path)) != said(ask(proxy, path))


def test_fragment_goes_through_and_is_not_given_for_the_page(proxy: int) -> None:
    page = said(ask(proxy, "/vote/"))
    fragment = said(ask(proxy, "/vote/", X_Fragment="1"))
    assert fragment not in (page, said(ask(proxy, "/vote/")))


def test_nothing_is_served_once_the_site_says_it_is_stale(proxy: int, stand: Stand) -> None:
    said(ask(proxy, "/withdrawn/"))
    time.sleep(2.1)
    kept = Speaker.do_GET
    Speaker.do_GET = lambda handler: handler.send_error(503)  # type: ignore[method-assign]  # the site goes away
    try:
        assert ask(proxy, "/withdrawn/")[0] == 503
    finally:
        Speaker.do_GET = kept  # type: ignore[method-assign]  # and comes back


def test_right_most_address_is_the_one_the_proxy_saw(proxy: int, stand: Stand) -> None:
    ask(proxy, "/account/", X_Forwarded_For="198.51.100.1")
    assert stand.seen[-1]["x-forwarded-for"] == "198.51.100.1, 127.0.0.1"
    assert stand.seen[-1]["host"] == f"127.0.0.1:{proxy}"
    assert stand.seen[-1]["x-forwarded-proto"] == "http"
    ask(proxy, "/account/", X_Forwarded_Proto="https")
    assert stand.seen[-1]["x-forwarded-proto"] == "https"


def test_private_pages_are_compressed_on_the_way(proxy: int) -> None:
    assert ask(proxy, "/account/", Accept_Encoding="gzip")[1]["content-encoding"] == "gzip"


def test_uploads_are_shown_and_never_run(proxy: int, tmp_path: Path) -> None:
    status, headers, _body = ask(proxy, "/media/picture.svg")
    assert status == 200
    assert "sandbox" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "immutable" in headers["cache-control"]
