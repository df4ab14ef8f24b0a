"""A Stripe that accepts and never answers, members who press *join* all the same, and its bell rung a thousand times.

Production takes no other Stripe than Stripe; what stands between can still be silent: here a proxy, which a
site's environment may name, takes every connection and says nothing.
"""

import hashlib
import hmac
import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from members.money.stripe_api.payments import API_VERSION
from tests.bench.servers import WEBHOOK_SECRET

EVENTS, REPEATS, BELLS = 1000, 300, 8
AGAIN_SECONDS = 1.0  # until somebody who was refused presses again


class SilentProxy:
    """Listens, takes, never answers. `most`: connections it held at once at most; `taken`: in all."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._door.getsockname()[1])
        self._lock = threading.Lock()
        self._held = self.most = self.taken = 0

    def _open(self) -> None:
        while True:
            try:
                guest, _address = self._door.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._hold, args=(guest,), daemon=True).start()

    def _hold(self, guest: socket.socket) -> None:
        self._count(1)
        with guest:
            try:
                while guest.recv(4096):
                    continue
            except OSError:  # they left without a word
                pass
        self._count(-1)

    def _count(self, step: int) -> None:
        with self._lock:
            self._held += step
            self.taken += max(0, step)
            self.most = max(self.most, self._held)

    def __enter__(self) -> "SilentProxy":
        threading.Thread(target=self._open, daemon=True).start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._door.close()


def stripe_settings(proxy: SilentProxy) -> dict[str, str]:
    """What a staging site says: a test key; and the way to Stripe, which is silent."""
    return {
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_ALLOW_TEST_KEY": "1",
        "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}",
    }


@contextmanager
def joining(port: int, told: dict[str, Any], begins: float, seconds: float) -> Iterator[list[tuple[int, float]]]:
    """Members press *join* at once and, a second after each answer, again: (status, seconds it took)."""
    answers: list[tuple[int, float]] = []

    def press(number: int, session: str) -> None:
        time.sleep(max(0.0, begins - time.monotonic()))
        while (begun := time.monotonic()) < begins + seconds:
            answers.append((_press(port, number, session, told["price"]), time.monotonic() - begun))
            time.sleep(AGAIN_SECONDS)

    pressing = [threading.Thread(target=press, args=pair, daemon=True) for pair in enumerate(told["sessions"])]
    for thread in pressing:
        thread.start()
    yield answers
    for thread in pressing:
        thread.join()


def _press(port: int, number: int, session: str, price: int) -> int:
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        wire.request(
            "POST",
            "/membership/join/",
            urlencode({"price": price}),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"newsroom_session={session}",
                "Sec-Fetch-Site": "same-origin",
                "X-Forwarded-For": f"10.99.{number}.1",
            },
        )
        answer = wire.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        wire.close()


def ring(ports: list[int]) -> dict[str, Any]:
    """A thousand events in any order, some of them again, over eight connections."""
    bodies = [_event(number) for number in range(EVENTS)]
    dice = random.Random(5)
    bodies += dice.sample(bodies, REPEATS)
    dice.shuffle(bodies)
    answers: list[tuple[int, float]] = []

    def deliver(number: int) -> None:
        wire = http.client.HTTPConnection("127.0.0.1", ports[number % len(ports)], timeout=30)
        for body in bodies[number::BELLS]:
            begun = time.monotonic()
            wire.request("POST", "/stripe/webhook/", body, _signed(body))
            answer = wire.getresponse()
            answer.read()
            answers.append((answer.status, time.monotonic() - begun))
        wire.close()

    begun = time.monotonic()
    bells = [threading.Thread(target=deliver, args=(number,), daemon=True) for number in range(BELLS)]
    for bell in bells:
        bell.start()
    for bell in bells:
        bell.join()
    return {"sent": len(bodies), "events": EVENTS, "seconds": time.monotonic() - begun, "answers": answers}


def _event(number: int) -> bytes:
    thing = {"id": f"cus_bench{number % 100}", "object": "customer"}
    event = {
        "id": f"evt_bench{number}", "object": "event", "type": "customer.updated", "api_version": API_VERSION,
        "created": int(time.time()), "livemode": False, "data": {"object": thing},
    }  # fmt: skip
    return json.dumps(event).encode()


def _signed(body: bytes) -> dict[str, str]:
    moment = int(time.time())
    made = hmac.new(WEBHOOK_SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={made}", "Content-Type": "application/json"}
