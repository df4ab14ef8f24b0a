"""The fake as tests hold it: a server in a thread, or in process, with everything that can happen to it."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

import stripe

from tests.fakestripe import billing, cards, checkout, customers, discounts, money, portal
from tests.fakestripe.api import Api, Call
from tests.fakestripe.catalogue import new_endpoint
from tests.fakestripe.events import emit
from tests.fakestripe.faults import NO_ANSWER, Hold
from tests.fakestripe.money import SUCCESS
from tests.fakestripe.server import Server
from tests.fakestripe.state import DAY, Json, State
from tests.fakestripe.webhooks import Delivery, Receiver

DEMO_KEY = "sk_test_demo"


class Traveller(Protocol):
    """What `time_machine.travel` yields: something whose clock can be shifted."""

    def shift(self, delta: timedelta) -> None:
        """Move the test's clock."""


class FakeStripe:
    """A small Stripe. `with` starts its server on 127.0.0.1 (and automatic delivery); without, use InProcess.

    `webhook_url` is where events go, or `receiver(body, headers) -> status` for tests in process.
    `automatic=False` keeps events until `deliver()`. `state`: a file that outlives the process.
    `violations` lists every request, answer and event that did not match the SDK's own types.
    """

    def __init__(
        self,
        webhook_url: str | None = None,
        secret: str = "whsec_test",
        *,
        receiver: Receiver | None = None,
        key: str = DEMO_KEY,
        state: Path | None = None,
        automatic: bool = True,
        return_origin: str = "",
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.state = State(state, clock)
        self.state.settings["secret"] = secret
        self.key = key
        self.port = port
        self.automatic = automatic
        self.return_origin = return_origin
        self.delivery = Delivery(self.state, receiver)
        self.api = Api(self.state, key)
        self._server: Server | None = None
        if webhook_url:
            self._seed_endpoint(webhook_url, secret)

    def _seed_endpoint(self, url: str, secret: str) -> None:
        with self.state.change():
            seeded = [e for e in self.state.every("webhook_endpoint") if "unclaimed" in self.state.behind(e["id"])]
            own = next((e for e in seeded if self.state.behind(e["id"]).get("seeded")), None)
            endpoint = own or new_endpoint(self.state, url, secret, unclaimed=True)
            endpoint["url"] = url
            self.state.behind(endpoint["id"]).update({"secret": secret, "seeded": True})

    # -- running

    def __enter__(self) -> "FakeStripe":
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen on 127.0.0.1 and deliver webhooks by itself unless `automatic=False`."""
        self._server = Server(self)
        self.state.url = self._server.url
        self._move_pages()
        self._server.start()
        if self.automatic:
            self.delivery.start()

    def _move_pages(self) -> None:
        """Addresses kept from an earlier run lead to this one's port."""
        with self.state.change():
            for kind, place in (("checkout.session", "c/pay"), ("billing_portal.session", "p")):
                for session in self.state.every(kind):
                    if session["url"]:
                        session["url"] = f"{self.url}/{place}/{session['id']}"
            for invoice in self.state.every("invoice"):
                if invoice["hosted_invoice_url"]:
                    invoice["hosted_invoice_url"] = f"{self.url}/i/{invoice['id']}"

    def stop(self) -> None:
        """Stop both; calls that hang are let go."""
        self.api.faults.release_all()
        self.delivery.stop()
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        """The base address of API and hosted pages."""
        return self.state.url

    @property
    def calls(self) -> list[Call]:
        """Every API call that reached a verb, oldest first."""
        return self.api.calls

    @property
    def violations(self) -> list[str]:
        """What broke the SDK's types so far; empty at the end of a good run."""
        return self.state.violations

    def client(self, **options: Any) -> stripe.StripeClient:
        """The real SDK's client, pointed here over HTTP."""
        return stripe.StripeClient(self.key, base_addresses={"api": self.url}, **options)

    # -- what the account is set to

    @property
    def tax_rate(self) -> float:
        """Percent of tax where automatic tax is on; 0 at first."""
        return float(self.state.settings.get("tax_rate", 0))

    @tax_rate.setter
    def tax_rate(self, percent: float) -> None:
        with self.state.change():
            self.state.settings["tax_rate"] = percent

    def promote(
        self,
        code: str,
        *,
        percent_off: float | None = None,
        amount_off: int | None = None,
        currency: str = "eur",
        duration: str = "once",
        months: int | None = None,
        redeem_by: int | None = None,
        first_time: bool = False,
        **restrictions: Any,
    ) -> str:
        """Make a promotion code with its coupon; returns the code's id. `amount_off` in minor units.

        `duration`: once, repeating (for `months`) or forever. `first_time`: for first payments only.
        `restrictions` are the API's: `expires_at`, `max_redemptions`, `customer`, `active`.
        """
        terms = {"percent_off": percent_off, "amount_off": amount_off, "duration": duration, "redeem_by": redeem_by,
                 "duration_in_months": months, "currency": currency if amount_off is not None else None}  # fmt: skip
        if first_time:
            restrictions["restrictions"] = {"first_time_transaction": True}
        with self.state.change():
            given = {name: value for name, value in terms.items() if value is not None}
            return str(discounts.promote(self.state, code, given, **restrictions)["id"])

    # -- time

    def advance(self, days: float = 0, hours: float = 0, *, along: Traveller | None = None) -> int:
        """Let time pass and do everything that falls due on the way. Returns how many things happened.

        With `along` (time-machine's traveller) the test's clock is shifted, else only the fake's own.
        """
        passing = timedelta(days=days, hours=hours)
        with self.state.change():
            if along is not None:
                along.shift(passing)
            else:
                self.state.settings["skew"] += int(passing.total_seconds())
            return billing.run_due(self.state)

    def run_due(self) -> int:
        """Do what is due by now; for a test whose own clock has moved."""
        with self.state.change():
            return billing.run_due(self.state)

    def age(self, days: int) -> int:
        """Make everything `days` older instead of moving the clock, then do what is due (the demo's way)."""
        with self.state.change():
            self.state.age(days * DAY)
            self.state.ageing = True
            try:
                for sub in self.state.every("subscription"):
                    if sub["status"] not in billing.OVER:
                        emit(self.state, "customer.subscription.updated", sub)
                return billing.run_due(self.state)
            finally:
                self.state.ageing = False

    def fail_next_renewal(self, how: str = "declined") -> None:
        """The next renewal's card is `declined`, or asks for `action` (SCA), until a new card is given."""
        with self.state.change():
            self.state.settings["fail_next_renewal"] = how

    # -- webhooks

    def deliver(self, arrange: str = "order") -> list[int]:
        """Send what waits: order, duplicate, shuffle, reverse, drop or delay. Returns the statuses."""
        return self.delivery.deliver(arrange)

    def arrange_next(self, arrange: str) -> None:
        """What happens to the events of the next change, when delivery is automatic."""
        self.delivery.next_batch = arrange

    def settle(self, seconds: float = 5.0) -> bool:
        """Wait until automatic delivery has tried everything once."""
        return self.delivery.settle(seconds)

    def send(self, payload: Json, url: str | None = None, secret: str | None = None) -> int:
        """Sign and send any payload at all: a forged state, an unknown type, a thin event."""
        endpoints = self.state.every("webhook_endpoint")
        to = url or (endpoints[-1]["url"] if endpoints else "")
        return self.delivery.post(payload, to, secret or self.delivery.secret)

    def send_thin(self) -> int:
        """A thin (v2) event, as no classic endpoint should ever get."""
        thin = {"object": "v2.core.event", "id": self.state.new_id("evt"), "type": "v1.billing.meter.no_meter_found"}
        return self.send(thin)

    def emit(self, kind: str, thing: Json) -> Json:
        """Record and deliver an event of any type about `thing`."""
        with self.state.change():
            return emit(self.state, kind, thing)

    def pin_endpoints(self, version: str) -> None:
        """Let every endpoint get payloads of an older API version."""
        with self.state.change():
            for endpoint in self.state.every("webhook_endpoint"):
                endpoint["api_version"] = version

    # -- trouble

    def down(self, n: int, status: int = 503, *, after_write: bool = False) -> None:
        """The next `n` calls fail with `status` (0: no answer), before or after their work was done.

        After the work its answer is kept under the call's key (but for a 500, which is what a key keeps then).
        """
        self.api.faults.down(n, status, after_write=after_write)

    def slow(self, seconds: float) -> None:
        """Every call takes that long, until set to 0."""
        self.api.faults.seconds = seconds

    def hold(self, call: str, *, after_write: bool = False) -> Hold:
        """Calls that begin with `call` ("POST /v1/subscriptions/") hang, before or after their work was done.

        `.reached` is set when one hangs, `.release()` lets it go on (by itself after a minute).
        """
        return self.api.faults.hold(call, after_write=after_write)

    # -- what patrons and banks do

    def pay(self, session: str, outcome: str = SUCCESS, email: str | None = None) -> bool:
        """The patron pays a Checkout Session: `paid`, `processing` (pays later) or `declined`."""
        with self.state.change():
            return checkout.complete(self.state, self.state.get(session, "checkout.session"), outcome, email)

    def settle_payment(self, session: str, *, succeeds: bool) -> None:
        """What a delayed payment came to."""
        with self.state.change():
            checkout.settle(self.state, self.state.get(session, "checkout.session"), succeeds=succeeds)

    def in_portal(
        self, portal_session: str, subscription: str, act: str, *, price: str = "", reason: str = "", comment: str = ""
    ) -> bool:
        """The patron presses *cancel* (with Stripe's word for the `reason`, and a comment), *resume*, *switch*
        (to `price`) or *keep* (gives a planned switch up) in the Portal. False: card declined.
        """
        with self.state.change():
            session = self.state.get(portal_session, "billing_portal.session")
            sub = self.state.get(subscription, "subscription")
            match act:
                case "switch":
                    return portal.switch(self.state, session, sub, self.state.get(price, "price"))
                case "cancel":
                    portal.cancel(self.state, session, sub, reason=reason, comment=comment)
                case "resume":
                    portal.resume(self.state, sub)
                case "keep":
                    portal.keep(self.state, sub)
                case _:
                    raise ValueError(f"act is cancel, resume, switch or keep, not {act!r}")
            return True

    def new_card(self, customer: str, works: str = SUCCESS) -> None:
        """The customer's card is replaced: `paid`, `declined` or `action`."""
        with self.state.change():
            portal.replace_card(self.state, self.state.get(customer, "customer"), works)

    def set_card(self, customer: str, expires: str | None = None, works: str = SUCCESS) -> str:
        """The card on file is now one that `expires` ("2026-12"); nothing is charged. Returns its id.

        `works` as for `new_card`. Past its month a card is declined as expired.
        """
        with self.state.change():
            return str(cards.give(self.state, self.state.get(customer, "customer"), works, expires)["id"])

    def confirm(self, invoice: str, *, succeeds: bool = True) -> bool:
        """The patron answers the bank about an open invoice, on its hosted page. True if it is paid."""
        with self.state.change():
            found = self.state.get(invoice, "invoice")
            return billing.charge(self.state, found, SUCCESS if succeeds else "declined")

    def orphan(self, email: str = "") -> str:
        """A customer with a paid subscription, made in the dashboard; the id, empty without a price to pay."""
        with self.state.change():
            made = customers.orphan(self.state, email or f"{self.state.new_id('somebody')[:15]}@example.org")
            return str(made["id"]) if made else ""

    def drop_card(self, customer: str) -> None:
        """No card is on file any more."""
        with self.state.change():
            for card in cards.of_customer(self.state, customer):
                cards.detach(self.state, {}, {"id": card["id"]})

    def fail_refund(self, refund: str) -> None:
        """The bank sends a refund back."""
        with self.state.change():
            money.fail_refund(self.state, self.state.get(refund, "refund"))

    def dispute(self, charge: str, *, inquiry: bool = False) -> str:
        """A dispute (or inquiry) is opened; returns its id."""
        with self.state.change():
            return str(money.open_dispute(self.state, self.state.get(charge, "charge"), inquiry=inquiry)["id"])

    def warn_of_fraud(self, charge: str) -> str:
        """An early fraud warning about a charge; returns its id."""
        with self.state.change():
            return str(money.warn_of_fraud(self.state, self.state.get(charge, "charge"))["id"])

    def move_dispute(self, dispute: str, status: str) -> None:
        """A dispute goes to `under_review`, `won`, `lost`, `warning_closed`…"""
        with self.state.change():
            money.move_dispute(self.state, self.state.get(dispute, "dispute"), status)


class InProcess(stripe.HTTPClient):
    """An `http_client` for StripeClient that asks the fake without a socket.

    `timeout` in seconds: a fake made slower than that does its work and then does not answer in time.
    """

    name: ClassVar[str] = "in-process"

    def __init__(self, fake: FakeStripe, timeout: float | None = None) -> None:
        super().__init__()
        self.fake = fake
        self.timeout = timeout

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **more: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """One call. Raises APIConnectionError where a socket would time out or break."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self.fake.api.answer(method, target, headers or {}, post_data or "", patience=self.timeout)
        if answer.status == NO_ANSWER:
            message = "No answer in time, or the connection broke"
            raise stripe.APIConnectionError(message, should_retry=True)  # type: ignore[no-untyped-call]  # SDK
        return answer.body, answer.status, answer.headers

    def close(self) -> None:
        """Nothing to close."""
