"""Webhook delivery: signed with the SDK's own helper, over HTTP, sent again until it is accepted.

`t=` in the signature is real time even when the fake's clock was moved. The events of one change are
one batch; what befalls the next batch (lost, late, doubled, shuffled) can be arranged beforehand.
"""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import stripe

from tests.fakestripe.render import serve
from tests.fakestripe.state import Json, State

Receiver = Callable[[bytes, dict[str, str]], int]
ARRANGEMENTS = ("order", "duplicate", "shuffle", "reverse", "drop", "delay")
PAUSES = (2.0, 5.0, 10.0, 30.0, 60.0, 60.0, 60.0)  # seconds before each further try, while automatic
LATE = 20.0
# What Stripe also tells when a site merely prepares something: no batch to arrange.
BOOKKEEPING = ("customer.created", "customer.updated", "price.", "product.", "coupon.", "promotion_code.")
TIMEOUT = 10.0


@dataclass(frozen=True)
class Parcel:
    """One event on its way to one endpoint, not before `due` (monotonic seconds)."""

    event: str
    endpoint: str
    due: float = 0.0
    tries: int = 0


class Delivery:
    """The queue to the endpoints. Automatic: a thread empties it. Otherwise `deliver` does."""

    def __init__(self, state: State, receiver: Receiver | None = None) -> None:
        self.state = state
        self.receiver = receiver
        self.automatic = False
        self.next_batch: str | None = None
        self.sent: list[tuple[str, int]] = []
        self._waiting: list[Parcel] = []
        self._under_way = 0
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        state.hand_over = self.take
        for event in reversed(state.every("event")):  # what a restart interrupted
            behind = state.behind(event["id"])
            self._waiting += [Parcel(event["id"], e) for e in behind.get("pending", []) if not behind["lost"]]

    def take(self, batch: list[str]) -> None:
        """Queue the events of one change, as arranged."""
        arrange, late = "order", 0.0
        if self.next_batch and any(not self.state.objects[i]["type"].startswith(BOOKKEEPING) for i in batch):
            arrange, self.next_batch = self.next_batch, None
        if arrange == "delay":
            late = time.monotonic() + LATE
        parcels = []
        for ident in batch:
            behind = self.state.behind(ident)
            behind["pending"] = [e["id"] for e in self._listening(self.state.objects[ident])]
            behind["delivered"], behind["lost"] = not behind["pending"], arrange == "drop"
            parcels += [Parcel(ident, endpoint, late) for endpoint in behind["pending"]]
        with self._wake:
            self._waiting += arranged(parcels, arrange)
            self._wake.notify_all()

    def _listening(self, event: Json) -> list[Json]:
        if self.receiver is not None:
            return [{"id": "receiver"}]
        return [
            endpoint for endpoint in reversed(self.state.every("webhook_endpoint"))
            if endpoint["status"] == "enabled" and {"*", event["type"]} & set(endpoint["enabled_events"])
        ]  # fmt: skip

    def deliver(self, arrange: str = "order") -> list[int]:
        """Send all that waits, now and in this thread; the HTTP statuses in the order sent (0: no answer).

        `drop` loses it for good, `delay` leaves it for the next call.
        """
        if arrange == "delay":
            return []
        with self._wake:
            parcels, self._waiting = self._waiting, []
        if arrange == "drop":
            for parcel in parcels:
                self.state.behind(parcel.event)["lost"] = True
            return []
        return [self._attempt(parcel) for parcel in arranged(parcels, arrange)]

    def resend(self, *, everything: bool = False) -> int:
        """Queue again what never arrived, or all events of the log, lost ones too. Returns how many."""
        with self.state.lock:
            events = [
                event for event in reversed(self.state.every("event"))
                if everything or not self.state.behind(event["id"])["delivered"]
            ]  # fmt: skip
            for event in events:
                self.state.behind(event["id"]).update({"lost": False})
            parcels = [Parcel(e["id"], endpoint["id"]) for e in events for endpoint in self._listening(e)]
        with self._wake:
            again = {(parcel.event, parcel.endpoint) for parcel in parcels}
            self._waiting = [p for p in self._waiting if (p.event, p.endpoint) not in again] + parcels
            self._wake.notify_all()
        return len(parcels)

    def settle(self, seconds: float = 5.0) -> bool:
        """Wait until every event was tried at least once (automatic delivery). False if time ran out."""
        end = time.monotonic() + seconds
        with self._wake:
            while self._under_way or any(parcel.tries == 0 for parcel in self._waiting):
                if not self._wake.wait(min(0.5, max(0.0, end - time.monotonic()))) and time.monotonic() >= end:
                    return False
        return True

    def start(self) -> None:
        """Deliver automatically, in a thread of its own."""
        self.automatic = True
        self._thread = threading.Thread(target=self._run, name="fakestripe-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End automatic delivery; what waits goes on waiting."""
        self.automatic = False
        with self._wake:
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(TIMEOUT)
            self._thread = None

    def _run(self) -> None:
        while self.automatic:
            with self._wake:
                now = time.monotonic()
                parcel = next((p for p in self._waiting if p.due <= now), None)
                if parcel is None:
                    soonest = min((p.due for p in self._waiting), default=now + 60)
                    self._wake.wait(max(0.01, soonest - now))
                    continue
                self._waiting.remove(parcel)
                self._under_way += 1
            try:
                self._attempt(parcel)
            finally:
                with self._wake:
                    self._under_way -= 1
                    self._wake.notify_all()

    def _attempt(self, parcel: Parcel) -> int:
        status = self._send(parcel)
        self.sent.append((parcel.event, status))
        with self.state.change():
            behind = self.state.behind(parcel.event)
            if 200 <= status < 300:
                behind["pending"] = [e for e in behind["pending"] if e != parcel.endpoint]
                behind["delivered"] = not behind["pending"]
                return status
        if parcel.tries < len(PAUSES):
            again = replace(parcel, due=time.monotonic() + PAUSES[parcel.tries], tries=parcel.tries + 1)
            with self._wake:
                self._waiting.append(again)
        return status

    def _send(self, parcel: Parcel) -> int:
        with self.state.lock:
            endpoint = self.state.objects.get(parcel.endpoint)
            if endpoint is None and parcel.endpoint != "receiver":
                return 200  # deleted meanwhile: nobody waits for it any more
            payload = serve(self.state, self.state.objects[parcel.event])
            if endpoint is not None and endpoint["api_version"] not in (None, stripe.api_version):
                payload = as_of_old(payload, endpoint["api_version"])
            secret = self.secret if endpoint is None else self.state.behind(endpoint["id"])["secret"]
        return self.post(payload, endpoint["url"] if endpoint else "", secret)

    @property
    def secret(self) -> str:
        """The secret the receiver of a test checks with."""
        return str(self.state.settings["secret"])

    def post(self, payload: Json, url: str, secret: str) -> int:
        """Sign and send one payload. Returns the status, 0 when nobody answers; redirects are not followed."""
        body = json.dumps(payload, indent=2)
        headers = signed(body, secret)
        if self.receiver is not None:
            return self.receiver(body.encode(), headers)
        parts = urlsplit(url)
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = make(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), body.encode(), headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def signed(body: str, secret: str) -> dict[str, str]:
    """The headers of a webhook with that body."""
    header = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=int(time.time()))
    return {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0", "Stripe-Signature": header}


def arranged(parcels: list[Parcel], arrange: str) -> list[Parcel]:
    """The parcels in the order (and number) in which they are to arrive."""
    if arrange not in ARRANGEMENTS:
        raise ValueError(f"arrange is one of {', '.join(ARRANGEMENTS)}, not {arrange!r}")
    if arrange == "duplicate":
        return [parcel for parcel in parcels for _ in range(2)]
    if arrange == "shuffle":
        return random.sample(parcels, len(parcels))
    if arrange == "reverse":
        return parcels[::-1]
    return [] if arrange == "drop" else parcels


def as_of_old(payload: Json, version: str) -> Json:
    """The event as an endpoint pinned to an old API version gets it: dates and references where they were."""
    thing = payload["data"]["object"]
    if thing.get("object") == "subscription":
        item = thing["items"]["data"][0]
        thing |= {field: item.pop(field) for field in ("current_period_start", "current_period_end")}
    if thing.get("object") == "invoice":
        thing["subscription"] = thing.pop("parent")["subscription_details"]["subscription"]
    return payload | {"api_version": version}
