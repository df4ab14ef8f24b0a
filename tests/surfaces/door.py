"""The front door, in process: Django behind its real page cache, asked in raw WSGI, as a server would ask it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client

from members.models import Member
from newsroom import caching
from newsroom.pagecache import PageCache
from newsroom.pagestore import PageStore

OURS = {"Sec-Fetch-Site": "same-origin"}
FRAGMENT = {"X-Fragment": "1"}
STORE_BYTES = 8_000_000


@dataclass(frozen=True)
class Answer:
    """What was said: the status, the headers (names in small letters), and the body."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: str

    @property
    def said(self) -> str:
        """All of it, headers and cookies included."""
        return f"{self.headers} {self.cookies} {self.body.decode('utf-8', 'replace')}"


@dataclass
class Door:
    """The application as a server runs it. `renders` counts how often Django was entered."""

    store: PageStore = field(default_factory=lambda: PageStore(STORE_BYTES))
    renders: int = 0

    def __post_init__(self) -> None:
        self._django = WSGIHandler()
        self.application = PageCache(self._counted, self.store)
        self.store.trust(connected=True)

    def _counted(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        self.renders += 1
        return self._django(environ, start_response)

    def ask(self, environ: dict[str, Any]) -> Answer:
        """Send one request; read and close its answer."""
        begun: list[Any] = []
        with _the_tests_connection():
            response = self.application(environ, lambda status, headers, *rest: begun.extend([status, headers]))
            try:
                body = b"".join(response)
            finally:
                close = getattr(response, "close", None)
                if close is not None:
                    close()
        status, headers = begun
        cookies = "; ".join(value for name, value in headers if name.lower() == "set-cookie")
        return Answer(int(status[:3]), {name.lower(): value for name, value in headers}, body, cookies)

    def browser(self, member: Member | None = None) -> "Browser":
        """A browser at this door, signed in as `member`."""
        return Browser(self, _session_of(member) if member else {})


@dataclass
class Browser:
    """Asks as one reader and keeps the cookies it is given."""

    door: Door
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, body: bytes = b"", environ: dict[str, Any] | None = None,
            **headers: str) -> Answer:  # fmt: skip
        """Send one request. `path` may hold a query; headers are written `Like_This`; `environ` wins over all."""
        whole = {**environ_of(method, path, body), **_as_environ(headers)}
        if self.cookies and "Cookie" not in headers:
            whole["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.door.ask({**whole, **(environ or {})})
        self._keep(answer.cookies)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: bytes = b"", **headers: str) -> Answer:
        """POST a form from a page of ours."""
        return self.ask("POST", path, body=body, Sec_Fetch_Site="same-origin", **headers)

    def _keep(self, said: str) -> None:
        for name, morsel in SimpleCookie(said.replace("; ", ";\n")).items() if said else ():
            if morsel["max-age"] == 0 or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.coded_value


def environ_of(method: str, path: str, body: bytes = b"") -> dict[str, Any]:
    """A request as a server hands it on: the path decoded to latin-1, whatever bytes it had."""
    plain, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(plain).decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_TYPE": "application/x-www-form-urlencoded" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "testserver",
        "HTTP_ACCEPT": "text/html",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def _as_environ(headers: dict[str, str]) -> dict[str, str]:
    own = {"content_type": "CONTENT_TYPE", "content_length": "CONTENT_LENGTH"}
    return {own.get(name.lower(), f"HTTP_{name.upper()}"): value for name, value in headers.items()}


@contextmanager
def _the_tests_connection() -> Iterator[None]:
    """Django gives its connection back around a request; the test's transaction stands on it."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in ends:
            signal.connect(close_old_connections)


def _session_of(member: Member) -> dict[str, str]:
    client = Client()
    client.force_login(member)
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


@contextmanager
def listening(door: Door) -> Iterator[None]:
    """While it lasts the door's pages fall with every purge, as they do by NOTIFY (which a test never commits)."""
    caching._followers.append(door.store)  # type: ignore[arg-type]  # it answers to the same three words
    try:
        yield
    finally:
        caching._followers.remove(door.store)  # type: ignore[arg-type]  # as above
