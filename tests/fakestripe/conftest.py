"""Fixtures of the fake's own tests: in process, and over HTTP with a site that takes webhooks."""

from collections.abc import Iterator

import pytest
import stripe

from tests.fakestripe import FakeStripe, InProcess
from tests.fakestripe.shop import SECRET, Shop, Site, site_running, stocked


@pytest.fixture
def shop() -> Iterator[Shop]:
    """In process, webhooks kept until `deliver()`; at the end nothing may have broken the SDK's types."""
    heard: list[stripe.Event] = []

    def receive(body: bytes, headers: dict[str, str]) -> int:
        heard.append(stripe.Webhook.construct_event(body, headers["Stripe-Signature"], SECRET))
        return 200

    fake = FakeStripe(secret=SECRET, receiver=receive, automatic=False)
    made = stocked(fake, stripe.StripeClient(fake.key, http_client=InProcess(fake)), heard)
    fake.deliver()
    heard.clear()
    yield made
    assert fake.violations == []


@pytest.fixture
def site() -> Iterator[Site]:
    with site_running() as server:
        yield server


@pytest.fixture
def served(site: Site) -> Iterator[Shop]:
    """Over HTTP, webhooks delivered by itself to a site."""
    with FakeStripe(site.hook, SECRET, return_origin="http://127.0.0.1:8000") as fake:
        yield stocked(fake, fake.client(), [])
        assert fake.violations == []
