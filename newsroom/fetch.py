"""The only outgoing client for addresses that people typed. Such an address may point anywhere, so:

http and https alone, on their own ports; the name is resolved once and every address it has must be a
public one; the connection goes to the address that was checked (a second answer of the DNS changes
nothing); at most three redirects, each checked the same way; size and time are capped; no cookies, no
proxies from the environment, nothing compressed.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

REDIRECTS = 3
MAX_BYTES = 2_000_000
SECONDS = 10.0
PORTS = {"http": 80, "https": 443}
MOVED = (301, 302, 303, 307, 308)
KEPT_IN_PATH = "/%:@!$&'()*+,;=~-._"
SMUGGLE_V4 = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


Found = TypeVar("Found")
Reader = Callable[[http.client.HTTPResponse, str], Found]


class FetchError(Exception):
    """Nothing usable is there; the message is fit to show to whoever typed the address."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave: the address after redirects, the media type without parameters, the bytes."""

    url: str
    media_type: str
    charset: str
    body: bytes


def is_public(address: str, port: int) -> bool:
    """Whether a numeric address is one of the open internet's, and the port a web server's."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in SMUGGLE_V4):
            return False
    special = ip.is_private or ip.is_multicast or ip.is_reserved or ip.is_link_local or ip.is_unspecified
    return port in PORTS.values() and ip.is_global and not special


def resolve(host: str, port: int) -> list[str]:
    """Every numeric address of a name, as the system's resolver says. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Network:
    """How names become addresses, and which of those may be asked. Tests bring their own."""

    resolve: Callable[[str, int], list[str]] = resolve
    is_allowed: Callable[[str, int], bool] = is_public


PUBLIC = Network()


def fetch(
    url: str, *, accept: str = "*/*", max_bytes: int = MAX_BYTES, seconds: float = SECONDS, network: Network = PUBLIC
) -> Fetched:
    """GET `url`. Raises FetchError for whatever keeps it from being had whole.

    `seconds` hold for everything but the system's resolver, which has a limit of its own.
    Effects: up to four requests to machines of the public internet; no cookie, no referrer, no body.
    """
    until = time.monotonic() + seconds
    return _follow("GET", url, accept, until, network, lambda answer, had: _read(answer, had, max_bytes))


def status_of(url: str, *, seconds: float = SECONDS, network: Network = PUBLIC) -> int:
    """The status `url` answers with in the end, without what it holds: by HEAD, and by GET where HEAD gets an error.

    Raises FetchError where nobody answers. Effects: as `fetch`, at most twice.
    """
    until = time.monotonic() + seconds
    status = _follow("HEAD", url, "*/*", until, network, lambda answer, had: answer.status)
    return status if status < 400 else _follow("GET", url, "*/*", until, network, lambda answer, had: answer.status)


def _follow(method: str, url: str, accept: str, until: float, network: Network, read: Reader[Found]) -> Found:
    """What `read` makes of the answer at the end of at most three redirects."""
    for _turn in range(REDIRECTS + 1):
        parts = _checked(url)
        answer = _ask(method, parts, accept, until, network, read)
        if not isinstance(answer, _Elsewhere):
            return answer
        url = urljoin(parts.geturl(), answer.address)
    raise FetchError(_("This address leads from one to another without end."))


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """Where an answer sends us."""

    address: str


def _checked(url: str) -> SplitResult:
    """`url` in its parts, with an ASCII host. Raises FetchError."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        raise FetchError(_("This is not a complete web address.")) from None
    if parts.scheme not in PORTS or not host:
        raise FetchError(_("Only addresses that begin with http:// or https:// can be asked."))
    if parts.username is not None or parts.password is not None:
        raise FetchError(_("An address with a user name or password in it is not asked."))
    name = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=f"{name}:{port}" if port is not None else name, fragment="")


def _ask(
    method: str, parts: SplitResult, accept: str, until: float, network: Network, read: Reader[Found]
) -> Found | _Elsewhere:
    """One request: what `read` makes of the answer, or where it sends us."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    path = quote(parts.path or "/", safe=KEPT_IN_PATH)
    target = f"{path}?{quote(parts.query, safe=KEPT_IN_PATH + '/?')}" if parts.query else path
    headers = {
        "Host": parts.netloc,
        "Accept": accept,
        "Accept-Encoding": "identity",
        "User-Agent": f"Newsroom (+{settings.SITE_URL})",
        "Connection": "close",
    }
    try:
        with _connected(host, port, parts.scheme, until, network) as wire:
            wire.request(method, target, headers=headers)
            with wire.getresponse() as response:
                if response.status in MOVED and response.headers["Location"]:
                    return _Elsewhere(str(response.headers["Location"]))
                found = read(response, parts.geturl())
            if time.monotonic() >= until:  # cut short, which without a length looks like its end
                raise TimeoutError
            return found
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= until:
            raise FetchError(_("%(host)s took too long to answer.") % {"host": host}) from error
        raise FetchError(_("%(host)s cannot be reached.") % {"host": host}) from error


def _read(response: http.client.HTTPResponse, url: str, max_bytes: int) -> Fetched:
    if response.status != 200:
        raise FetchError(_("This address answers with an error (%(status)d).") % {"status": response.status})
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchError(_("This address gives something that cannot be read."))
    length = response.length
    body = response.read(max_bytes + 1) if length is None or length <= max_bytes else None
    if body is None or len(body) > max_bytes:
        raise FetchError(_("What is at this address is too large."))
    if length is not None and len(body) < length:
        raise ConnectionError("It hung up in the middle.")
    return Fetched(url, response.headers.get_content_type(), response.headers.get_content_charset() or "", body)


@contextmanager
def _connected(
    host: str, port: int, scheme: str, until: float, network: Network
) -> Iterator[http.client.HTTPConnection]:
    """A connection to a checked address of `host`, cut at `until` however slowly the other side drips."""
    addresses = network.resolve(host, port)
    if not addresses or not all(network.is_allowed(address, port) for address in addresses):
        raise FetchError(_("%(host)s is not an address of the public internet.") % {"host": host})
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock = socket.create_connection((addresses[0], port), timeout=left)
    guard = None
    try:
        if scheme == "https":
            context = ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        guard = threading.Timer(max(0.0, until - time.monotonic()), _cut, (sock,))
        guard.daemon = True
        guard.start()
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        wire = http.client.HTTPConnection(host, port)
        wire.sock = sock
        yield wire
    finally:
        if guard is not None:
            guard.cancel()
        sock.close()


def _cut(sock: socket.socket) -> None:
    """End a connection from another thread, which wakes whoever waits on it."""
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # the plain one: TLS's own would change its state meanwhile
    except OSError:
        return  # it ended by itself
