"""Setting the account up and looking it over: products, prices, portal, endpoint, clocks. For commands only.

Everything is made once and found again: a second run changes nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from members.money.stripe_api import translate
from members.money.stripe_api.payments import API_VERSION, Teller, calling, patient_client
from members.money.stripe_api.states import CatalogPrice

VERSION: Any = API_VERSION  # the SDK spells the versions out as literals


def fitter() -> "Fitter":
    """A fitter with the patience of a job."""
    return Fitter(patient_client(), None)


class Fitter(Teller):
    """A teller who may also change the account's catalogue. May raise the errors of `errors`."""

    def ensure_product(self, product_id: str, *, name: str, slug: str) -> str:
        """The product of a tier, made or renamed as needed; its id."""
        with calling(self._slots):
            if product_id:
                self._v1.products.update(product_id, {"name": name, "active": True})
                return product_id
            return self._v1.products.create({"name": name, "metadata": {"tier": slug}}).id

    def ensure_price(self, wanted: CatalogPrice, *, product_id: str) -> str:
        """The price with this lookup key, made if there is none; its id."""
        with calling(self._slots):
            found = self._v1.prices.list({"lookup_keys": [wanted.lookup_key], "limit": 1}).data
            if found:
                return found[0].id
            made = self._v1.prices.create(
                {
                    "product": product_id,
                    "currency": wanted.currency.lower(),
                    "unit_amount": wanted.amount,
                    "recurring": {"interval": wanted.interval},
                    "lookup_key": wanted.lookup_key,
                }
            )
            return made.id

    def fetch_price(self, price_id: str) -> CatalogPrice:
        """A price as Stripe has it."""
        with calling(self._slots):
            return translate.price(self._v1.prices.retrieve(price_id))

    def ensure_portal(self, prices: dict[str, list[str]], *, return_url: str) -> str:
        """Our portal configuration with these prices (product → price ids), made or brought up to date; its id."""
        before = self.find_portal()
        shorter: list[Any] = [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}]
        features: Any = {
            "payment_method_update": {"enabled": True},
            "invoice_history": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {
                "enabled": bool(prices),
                "default_allowed_updates": ["price"],
                "products": [{"product": product, "prices": ids} for product, ids in prices.items()],
                "proration_behavior": "always_invoice",
                "schedule_at_period_end": {"conditions": shorter},
            },
        }
        with calling(self._slots):
            portal = self._v1.billing_portal.configurations
            if before:
                return portal.update(before, {"features": features, "default_return_url": return_url}).id
            told = {"newsroom": "portal"}
            return portal.create({"features": features, "default_return_url": return_url, "metadata": told}).id

    def ensure_endpoint(self, url: str, types: Sequence[str]) -> tuple[str, str]:
        """The webhook endpoint at `url` (id, secret); the secret only when it was made just now."""
        wanted: Any = list(types)
        with calling(self._slots):
            found = [e for e in self._v1.webhook_endpoints.list({"limit": 100}).data if e.url == url]
            if found and found[0].api_version == API_VERSION:
                self._v1.webhook_endpoints.update(found[0].id, {"enabled_events": wanted})
                return found[0].id, ""
            made = self._v1.webhook_endpoints.create({"url": url, "enabled_events": wanted, "api_version": VERSION})
            return made.id, made.secret or ""

    def endpoints(self) -> list[tuple[str, str, str]]:
        """Every webhook endpoint: url, API version, status."""
        with calling(self._slots):
            found = self._v1.webhook_endpoints.list({"limit": 100}).data
        return [(each.url, each.api_version or "", each.status) for each in found]

    def clock_skew(self) -> float:
        """Seconds by which this host's clock is ahead of Stripe's; 0 when Stripe names no time."""
        with calling(self._slots):
            answer = self._v1.products.list({"limit": 1}).last_response
        date = answer.headers.get("Date") if answer else None
        return (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds() if date else 0.0
