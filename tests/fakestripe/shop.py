"""What the fake's own tests stand on: a shop with a catalogue, a site that takes webhooks, a browser."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urlsplit

import stripe

from tests.fakestripe import FakeStripe

SECRET = "whsec_of_this_test"


@dataclass
class Shop:
    """A fake with a catalogue, a customer and a portal, and the SDK's client on it."""

    fake: FakeStripe
    client: stripe.StripeClient
    heard: list[stripe.Event]
    month: stripe.Price
    year: stripe.Price
    dear: stripe.Price
    customer: stripe.Customer

    @property
    def v1(self) -> Any:
        """The SDK's v1 services."""
        return self.client.v1

    def kinds(self) -> list[str]:
        """The types of the events heard so far."""
        return [event.type for event in self.heard]

    def session(self, key: str | None = None, **params: Any) -> stripe.checkout.Session:
        """An open Checkout Session for the monthly price."""
        wanted: dict[str, Any] = {
            "mode": "subscription",
            "customer": self.customer.id,
            "line_items": [{"price": self.month.id, "quantity": 1}],
            "success_url": "http://127.0.0.1:8000/membership/welcome/?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://127.0.0.1:8000/membership/",
            "client_reference_id": "attempt-1",
            "adaptive_pricing": {"enabled": False},
            "metadata": {"attempt": "attempt-1"},
            "subscription_data": {"metadata": {"attempt": "attempt-1"}},
        }
        wanted |= params
        wanted = {name: value for name, value in wanted.items() if value is not None}
        options = {"idempotency_key": key} if key else {}
        return self.v1.checkout.sessions.create(wanted, options)  # type: ignore[no-any-return]  # services are Any

    def joined(self, **params: Any) -> stripe.Subscription:
        """A subscription that was just paid for."""
        session = self.session(**params)
        assert self.fake.pay(session.id)
        return self.subscription(self.v1.checkout.sessions.retrieve(session.id).subscription)

    def subscription(self, ident: str) -> stripe.Subscription:
        """It, as it is now."""
        return self.v1.subscriptions.retrieve(ident)  # type: ignore[no-any-return]  # services are Any

    def portal(self) -> stripe.billing_portal.Session:
        """A Portal Session with switch, cancel, card and invoices."""
        products = [
            {"product": self.month.product, "prices": [self.month.id, self.year.id]},
            {"product": self.dear.product, "prices": [self.dear.id]},
        ]
        features = {
            "payment_method_update": {"enabled": True},
            "invoice_history": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price"],
                "products": products,
                "proration_behavior": "always_invoice",
                "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
            },
        }
        made = self.v1.billing_portal.configurations.create({"features": features})
        return self.v1.billing_portal.sessions.create(  # type: ignore[no-any-return]  # services are Any
            {"customer": self.customer.id, "configuration": made.id, "return_url": "http://127.0.0.1:8000/account/"}
        )


def stocked(fake: FakeStripe, client: stripe.StripeClient, heard: list[stripe.Event]) -> Shop:
    """A shop with two products and three prices."""
    patron = client.v1.products.create({"name": "Patron", "id": "patron"})
    friend = client.v1.products.create({"name": "Benefactor"})

    def price(product: stripe.Product, amount: int, interval: Any) -> stripe.Price:
        return client.v1.prices.create(
            {
                "product": product.id,
                "currency": "eur",
                "unit_amount": amount,
                "recurring": {"interval": interval},
                "lookup_key": f"{product.name}-{interval}".lower(),
            }
        )

    return Shop(
        fake, client, heard, price(patron, 500, "month"), price(patron, 5000, "year"), price(friend, 1500, "month"),
        client.v1.customers.create({"email": "ada@example.org", "metadata": {"member": "7"}}),
    )  # fmt: skip


class Site(ThreadingHTTPServer):
    """A site that takes webhooks: remembers bodies and headers, answers `status`."""

    daemon_threads = True

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Doorbell)

    @property
    def hook(self) -> str:
        """Where it takes them."""
        return f"http://127.0.0.1:{self.server_address[1]}/stripe/webhook/"


class _Doorbell(BaseHTTPRequestHandler):
    server: Site

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((body, self.headers["Stripe-Signature"]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def site_running() -> Iterator[Site]:
    """A site in a thread."""
    server = Site()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def browse(fake: FakeStripe, path: str, form: dict[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers of one request of a browser; redirects are not followed."""
    parts = urlsplit(fake.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    body = urlencode(form) if form is not None else None
    connection.request("POST" if body is not None else "GET", path, body, {"Origin": fake.url} if body else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, dict(answer.headers.items())


def path_of(address: str | None) -> str:
    """The path of one of the fake's pages."""
    assert address is not None
    return urlsplit(address).path
