"""Addresses that people typed: what is asked, what is refused, and that a slow or huge answer ends."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from newsroom.fetch import Fetched, FetchError, Network, fetch, is_public

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A web server on the loopback interface, and a network in which every name is its."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.looked_up: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                site.pages[self.path.partition("?")[0]](self)

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def resolve(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        return ["127.0.0.1"]

    @property
    def network(self) -> Network:
        return Network(resolve=self.resolve, is_allowed=lambda address, port: address == "127.0.0.1")

    def get(self, path: str, host: str = "news.example", **how: Any) -> Fetched:
        return fetch(f"http://{host}:{self.port}{path}", network=self.network, **how)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


def give(body: bytes = b"<p>hello</p>", status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        sent = {"content-type": "text/html; charset=utf-8", "content-length": str(len(body))}
        for name, value in {**sent, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_page_is_had_without_cookies_and_under_its_own_name(site: Site) -> None:
    site.pages["/a%20b/%C3%BC"] = give()
    found = site.get("/a b/ü?x=1#part", host="Bücher.example")
    assert (found.media_type, found.charset, found.body) == ("text/html", "utf-8", b"<p>hello</p>")
    path, headers = site.asked[0]
    assert path == "/a%20b/%C3%BC?x=1"
    assert headers["host"] == f"xn--bcher-kva.example:{site.port}"
    assert not {"cookie", "referer", "authorization"} & set(headers)


def test_redirects_are_followed_three_times_and_each_is_looked_up_anew(site: Site) -> None:
    for number in range(5):
        site.pages[f"/{number}"] = give(status=302, location=f"//host{number}.example:{site.port}/{number + 1}")
    site.pages["/3"] = give()
    assert site.get("/0").url == f"http://host2.example:{site.port}/3"
    assert site.looked_up == ["news.example", "host0.example", "host1.example", "host2.example"]
    site.pages["/3"] = give(status=301, location="/4")
    with pytest.raises(FetchError, match="without end"):
        site.get("/0")


@pytest.mark.parametrize("target", ["http://inside.example/", "file:///etc/passwd", "gopher://x/", "http://u:p@x/"])
def test_redirect_to_where_nobody_may_go_is_not_followed(site: Site, target: str) -> None:
    site.pages["/"] = give(status=302, location=target)
    network = Network(
        resolve=lambda host, port: ["10.0.0.1" if host == "inside.example" else "127.0.0.1"],
        is_allowed=lambda address, port: address == "127.0.0.1",
    )
    with pytest.raises(FetchError):
        fetch(f"http://news.example:{site.port}/", network=network)
    assert len(site.asked) == 1


def test_name_with_one_private_address_among_public_ones_is_refused() -> None:
    with pytest.raises(FetchError, match="public internet"):
        fetch("http://two-faced.example/", network=Network(resolve=lambda host, port: ["93.184.215.14", "10.0.0.1"]))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0.0.0.0/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "//example.org/",
        "example.org",
        "",
        "http://",
        "http://[::1",
        "http://example.org:99999/",
        "http://user:secret@example.org/",
        "http://" + "a" * 70 + ".example/",
        "http://exa\x00mple.org/",
    ],
)
def test_address_that_is_not_the_open_internets_is_refused(url: str) -> None:
    with pytest.raises(FetchError):
        fetch(url, seconds=2)


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0"),
        *(
            "fc00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
        ),
        *("2001:0:7f00:1::", "::ffff:0:127.0.0.1", "::127.0.0.1"),
    ],
)
def test_special_address_is_not_public(address: str) -> None:
    assert not is_public(address, 443)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_public_address_is_public_on_a_web_servers_port_alone(address: str) -> None:
    assert is_public(address, 80)
    assert is_public(address, 443)
    assert not is_public(address, 5432)


def test_too_much_is_refused_whether_announced_or_not(site: Site) -> None:
    site.pages["/announced"] = give(b"x" * 2000)
    site.pages["/silent"] = give(b"x" * 2000, content_length="")
    site.pages["/fits"] = give(b"x" * 1000)
    assert len(site.get("/fits", max_bytes=1000).body) == 1000
    for path in ("/announced", "/silent"):
        with pytest.raises(FetchError, match="too large"):
            site.get(path, max_bytes=1000)


@pytest.mark.parametrize("part", ["head", "body"])
def test_answer_that_drips_is_cut(site: Site, part: str) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        if part == "body":
            handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n")
        with suppress(OSError):
            for _ in range(100):
                handler.wfile.write(b"H")
                time.sleep(0.05)

    site.pages["/"] = drip
    begun = time.monotonic()
    with pytest.raises(FetchError, match="too long"):
        site.get("/", seconds=0.4)
    assert time.monotonic() - begun < 2


def test_answer_that_breaks_off_is_not_taken_for_whole(site: Site) -> None:
    site.pages["/"] = give(b"half", content_length="8")
    with pytest.raises(FetchError, match="cannot be reached"):
        site.get("/")


@pytest.mark.parametrize(
    ("answer", "said"), [(give(status=404), "error \\(404\\)"), (give(content_encoding="gzip"), "cannot be read")]
)
def test_answer_of_no_use_says_so(site: Site, answer: Answer, said: str) -> None:
    site.pages["/"] = answer
    with pytest.raises(FetchError, match=said):
        site.get("/")


def test_what_is_not_http_and_who_does_not_listen_are_errors_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        threading.Thread(target=lambda: mute.accept()[0].close(), daemon=True).start()
        network = Network(resolve=lambda host, port: ["127.0.0.1"], is_allowed=lambda address, port: True)
        with pytest.raises(FetchError, match="cannot be reached"):
            fetch(f"http://mute.example:{port}/", network=network)
    with pytest.raises(FetchError, match="cannot be reached"):
        fetch(f"http://mute.example:{port}/", network=network)


def own_certificate(host: str, folder: Path) -> Path:
    """A key and the certificate it signed for itself, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "both.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(pem))
    return path


def test_https_names_the_host_and_refuses_a_certificate_nobody_vouches_for(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate("news.example", tmp_path))
    named: list[str | None] = []
    context.sni_callback = lambda tls, name, own: named.append(name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def shake() -> None:
            with pytest.raises(OSError), server.accept()[0] as plain:
                context.wrap_socket(plain, server_side=True)

        threading.Thread(target=shake, daemon=True).start()
        network = Network(resolve=lambda host, port: ["127.0.0.1"], is_allowed=lambda address, port: True)
        with pytest.raises(FetchError, match="cannot be reached"):
            fetch(f"https://news.example:{port}/", network=network)
    assert named == ["news.example"]
