"""The fake Stripe end to end with the real SDK; its parts are tested beside it, in `tests/fakestripe`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import stripe

from tests.fakestripe import FakeStripe, InProcess
from tests.fakestripe.shop import SECRET, Site, browse, path_of, site_running, stocked


@pytest.mark.parametrize("way", ["over HTTP", "in process"])
def test_a_patron_joins_renews_fails_mends_and_leaves(way: str) -> None:
    with site_running() as site, FakeStripe(site.hook, SECRET) as fake:
        client = fake.client()
        if way == "in process":
            client = stripe.StripeClient(fake.key, http_client=InProcess(fake))
        shop = stocked(fake, client, [])
        session = shop.session("attempt-1")
        assert shop.session("attempt-1").id == session.id
        assert browse(fake, path_of(session.url), {"act": "pay"})[0] == 303
        ident = shop.v1.checkout.sessions.retrieve(session.id).subscription
        assert shop.subscription(ident).status == "active"
        fake.fail_next_renewal()
        fake.advance(days=31)
        assert shop.subscription(ident).status == "past_due"
        browse(fake, path_of(shop.portal().url), {"act": "card", "works": "paid"})
        assert shop.subscription(ident).status == "active"
        browse(fake, path_of(shop.portal().url), {"act": "cancel", "sub": ident})
        leaving = shop.subscription(ident)
        assert (leaving.cancel_at is not None, leaving.cancel_at_period_end) == (True, False)
        fake.advance(days=32)
        assert shop.subscription(ident).status == "canceled"
        assert fake.settle()
        assert fake.violations == []
        assert signed_types(site)[-1] == "customer.subscription.deleted"


def signed_types(site: Site) -> list[str]:
    """The types of the events a site got, each signature verified."""
    return [stripe.Webhook.construct_event(body, signature, SECRET).type for body, signature in site.got]


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    def run() -> tuple[subprocess.Popen[str], str]:
        root = Path(__file__).parents[2]
        command = [sys.executable, "-m", "tests.fakestripe", "--state", str(tmp_path / "fake.json")]
        process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, env={**os.environ})
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    process, url = run()
    try:
        client = stripe.StripeClient("sk_test_demo", base_addresses={"api": url})
        customer = client.v1.customers.create({"email": "kept@example.org"}, {"idempotency_key": "kept"})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
    process, url = run()
    try:
        client = stripe.StripeClient("sk_test_demo", base_addresses={"api": url})
        assert client.v1.customers.retrieve(customer.id).email == "kept@example.org"
        again = client.v1.customers.create({"email": "kept@example.org"}, {"idempotency_key": "kept"})
        assert again.id == customer.id
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout is not None
        process.stdout.close()
