"""Stripe's bell on the real server: bytes through granian, the page cache and every middleware, as production runs."""

import hashlib
import hmac
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from members.models import StripeEvent
from members.money.inbox.webhooks import LARGEST
from members.money.stripe_api.payments import API_VERSION
from tests.environment import STATIC
from tests.members.money.workers import empty_queue, our_database, until
from tests.newsroom import production

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SECRET = production.SAFE["STRIPE_WEBHOOK_SECRETS"]
OURS = {"Host": "news.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
BELL = "/stripe/webhook/"


@pytest.fixture(scope="module")
def port(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The image's own server command over the tests' database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = int(free.getsockname()[1])
    command = production.server_command()
    for option, value in (("--port", str(found)), ("--host", "127.0.0.1"), ("--workers", "1")):
        command[command.index(option) + 1] = value
    settings = {"DATABASE_URL": our_database(), "STATIC_ROOT": str(STATIC)}
    log = tmp_path_factory.mktemp("server") / "server.log"
    with log.open("w") as words:
        server = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=production.ROOT, env=production.environment(**settings),
            stdout=words, stderr=words,
        )  # fmt: skip
        try:
            until(lambda: answers(found), 60, lambda: Path(log).read_text())
            yield found
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(autouse=True)
def _empty_queue(transactional_db: None) -> Iterator[None]:
    yield
    empty_queue()


def answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers; redirects are answers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        wire.request(method, path, body, OURS | named)
        answer = wire.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        wire.close()


def body_of(number: int = 1, **more: Any) -> bytes:
    """An event, with words that are more than ASCII and spaces where nobody would put them."""
    thing = {"id": "cus_1", "object": "customer", "name": "Zoë  Ø — 东京"}
    event = {
        "id": f"evt_{number}", "object": "event", "type": "customer.updated", "api_version": API_VERSION,
        "created": int(time.time()), "livemode": True, "data": {"object": thing},
    } | more  # fmt: skip
    return json.dumps(event, ensure_ascii=False, indent=3).replace('",\n', '" ,\r\n\t').encode()


def signature(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Stripe's scheme over the bytes as they are."""
    moment = int(time.time())
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe_Signature": f"t={moment},v1={made}", "Content_Type": "application/json; charset=utf-8"}


def stored() -> list[tuple[str, str]]:
    return list(StripeEvent.objects.order_by("pk").values_list("stripe_id", "status"))


@pytest.mark.parametrize("path", [BELL, BELL.rstrip("/")])
def test_fault_49_raw_bytes_arrive_unchanged_with_and_without_the_slash(port: int, path: str) -> None:
    body = body_of()
    status, headers = ask(port, "POST", path, body, **signature(body))
    assert status == 200
    assert "location" not in headers
    assert headers["cache-control"] == "private, no-store"
    assert "set-cookie" not in headers
    assert stored() == [("evt_1", "pending")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE args->>'object_id' = 'cus_1'")
        assert cursor.fetchone()[0] == 1
    assert ask(port, "POST", path, body, **signature(body))[0] == 200  # again
    assert len(stored()) == 1


def test_fault_49_no_token_no_origin_and_another_sites_origin_are_all_the_same_to_it(port: int) -> None:
    for number, more in enumerate(
        ({}, {"Origin": "https://evil.example"}, {"Cookie": "newsroom_session=x; csrftoken=y"}, {"X_Fragment": "1"})
    ):
        body = body_of(number)
        assert ask(port, "POST", BELL, body, **signature(body), **more)[0] == 200, more
    assert len(stored()) == 4


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_fault_49_only_post_rings(port: int, method: str) -> None:
    body = body_of() if method in ("PUT", "PATCH") else None
    for path in (BELL, BELL.rstrip("/")):
        status, headers = ask(port, method, path, body, **signature(body or b""))
        assert (status, headers["allow"]) == (405, "POST"), path
    assert stored() == []


def test_fault_49_one_changed_byte_is_refused(port: int) -> None:
    body = body_of()
    header = signature(body)
    for altered in (body.replace(b"\r\n", b"\n"), body + b" ", body.replace("ë".encode(), "e\u0308".encode()), b""):
        assert ask(port, "POST", BELL, altered, **header)[0] == 400
    assert ask(port, "POST", BELL, body, **signature(body, "whsec_other"))[0] == 400
    assert stored() == []


def test_fault_49_bytes_that_are_no_text_are_refused_though_rightly_signed(port: int) -> None:
    for body in (body_of().replace("Ø".encode(), b"\xff\xfe"), b"\x00\x80", b"[]", b"null", b'"text"', b"{}", b"{"):
        assert ask(port, "POST", BELL, body, **signature(body))[0] == 400, body[:20]
    assert stored() == []


def test_fault_13_a_body_too_large_is_refused_before_it_was_sent(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        head = [f"POST {BELL} HTTP/1.1", *(f"{name}: {value}" for name, value in OURS.items())]
        head += ["Content-Length: 2097152", "Stripe-Signature: t=1,v1=x", "", ""]
        began = time.monotonic()
        wire.sendall("\r\n".join(head).encode() + b"x" * 1024)
        assert wire.recv(64).startswith(b"HTTP/1.1 413")
        assert time.monotonic() - began < 5
    assert LARGEST < 2097152


def raw(port: int, *lines: str, body: bytes = b"") -> int:
    """The status of a request written by hand, or 0 when the connection is closed without one."""
    head = [f"POST {BELL} HTTP/1.1", *(f"{name}: {value}" for name, value in OURS.items()), *lines, "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall("\r\n".join(head).encode() + body)
        wire.shutdown(socket.SHUT_WR)
        try:
            said = wire.recv(64)
        except OSError:
            return 0
    return int(said.split(b" ")[1]) if said else 0


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "", "99999999999999999999"])
def test_fault_49_a_length_that_is_none_breaks_nothing(port: int, length: str) -> None:
    body = body_of()
    line = f"Stripe-Signature: {signature(body)['Stripe_Signature']}"
    assert raw(port, line, f"Content-Length: {length}", body=body) in (0, 400, 411, 413)
    assert stored() == []


@pytest.mark.parametrize("wrong", [-1, -40])
def test_fault_49_a_length_that_cuts_the_body_stores_nothing(port: int, wrong: int) -> None:
    body = body_of()
    line = f"Stripe-Signature: {signature(body)['Stripe_Signature']}"
    assert raw(port, line, f"Content-Length: {len(body) + wrong}", body=body) in (0, 400)
    assert stored() == []


def test_fault_49_a_body_in_chunks_is_read_whole_or_refused(port: int) -> None:
    body = body_of()
    parts = [body[:100], body[100:101], body[101:]]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    line = f"Stripe-Signature: {signature(body)['Stripe_Signature']}"
    status = raw(port, line, "Transfer-Encoding: chunked", body=chunks)
    assert status in (200, 400, 411)
    assert stored() == ([("evt_1", "pending")] if status == 200 else [])


def test_fault_15_a_test_event_rings_at_the_live_site_and_is_parked(port: int) -> None:
    body = body_of(livemode=False)
    assert ask(port, "POST", BELL, body, **signature(body))[0] == 200
    assert stored() == [("evt_1", "parked")]
