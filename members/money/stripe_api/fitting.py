"""Setting the account up and looking it over: products, prices, portal, endpoint, clocks. For commands only.

Everything is made once and found again: a second run changes nothing.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from members.money.stripe_api import translate
from members.money.stripe_api.errors import Forbidden
from members.money.stripe_api.payments import API_VERSION, Teller, calling, patient_client
from members.money.stripe_api.states import CatalogPrice, CatalogProduct, Endpoint, PortalState

REASONS = (
    "too_expensive", "missing_features", "switched_service", "unused",
    "customer_service", "too_complex", "low_quality", "other",
)  # fmt: skip  # Stripe's own list; its Portal asks in the patron's language
VERSION: Any = API_VERSION  # the SDK spells the versions out as literals


def fitter() -> "Fitter":
    """A fitter with the patience of a job."""
    return Fitter(patient_client(), None)


class Fitter(Teller):
    """A teller who may also change the account's catalogue. May raise the errors of `errors`."""

    def ensure_product(self, product_id: str, *, name: str, slug: str, description: str) -> str:
        """The product of a tier, made, found again by its slug, or brought up to date; its id."""
        with calling(self._slots):
            known = product_id or self._product_of(slug)
            if known:
                self._v1.products.update(known, {"name": name, "description": description, "active": True})
                return known
            params: Any = {"name": name, "metadata": {"tier": slug}}
            if description:
                params["description"] = description
            return self._v1.products.create(params).id

    def _product_of(self, slug: str) -> str:
        """The product that an interrupted run made."""
        pages = self._v1.products.list({"limit": 100}).auto_paging_iter()
        return next((each.id for each in pages if translate.field(each.metadata, "tier") == slug), "")

    def ensure_price(self, wanted: CatalogPrice, *, product_id: str) -> str:
        """The price with this lookup key, made if there is none; its id."""
        with calling(self._slots):
            found = self._v1.prices.list({"lookup_keys": [wanted.lookup_key], "limit": 1}).data
            if found:
                if not found[0].active:
                    self._v1.prices.update(found[0].id, {"active": True})
                return found[0].id
            params: Any = {
                "product": product_id,
                "currency": wanted.currency.lower(),
                "unit_amount": wanted.amount,
                "recurring": {"interval": wanted.interval},
                "lookup_key": wanted.lookup_key,
            }
            if wanted.tax_behavior != "unspecified":
                params["tax_behavior"] = wanted.tax_behavior
            return self._v1.prices.create(params).id

    def settle_tax(self, price_id: str, *, tax_behavior: str) -> bool:
        """Say how a price stands to tax; at Stripe that can be said once. False when it was said before."""
        behaviour: Any = tax_behavior
        with calling(self._slots):
            found = self._v1.prices.retrieve(price_id)
            if translate.price(found).tax_behavior != "unspecified":
                return False
            self._v1.prices.update(price_id, {"tax_behavior": behaviour})
            return True

    def retire_price(self, price_id: str) -> bool:
        """Offer a price to nobody new; who has it keeps it. False when it was retired before."""
        with calling(self._slots):
            if not self._v1.prices.retrieve(price_id).active:
                return False
            self._v1.prices.update(price_id, {"active": False})
            return True

    def fetch_price(self, price_id: str) -> CatalogPrice:
        """A price as Stripe has it."""
        with calling(self._slots):
            return translate.price(self._v1.prices.retrieve(price_id))

    def fetch_product(self, product_id: str) -> CatalogProduct:
        """A product as Stripe has it."""
        with calling(self._slots):
            return translate.product(self._v1.products.retrieve(product_id))

    def fetch_portal(self) -> PortalState | None:
        """Our portal configuration; None when `stripe_setup` made none."""
        known = self.find_portal()
        if not known:
            return None
        with calling(self._slots):
            expand = ["features.subscription_update.products"]  # left out of the answer otherwise
            return translate.portal(self._v1.billing_portal.configurations.retrieve(known, {"expand": expand}))

    def ensure_portal(self, prices: dict[str, list[str]], *, return_url: str) -> str:
        """Our portal configuration with these prices (product → price ids), made or brought up to date; its id."""
        before = self.find_portal()
        features = _features(prices)
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
            ours = next((each for each in found if each.api_version == API_VERSION), None)
            if ours is not None:
                self._v1.webhook_endpoints.update(ours.id, {"enabled_events": wanted, "disabled": False})
                return ours.id, ""
            made = self._v1.webhook_endpoints.create({"url": url, "enabled_events": wanted, "api_version": VERSION})
            return made.id, made.secret or ""

    def endpoints(self) -> list[Endpoint]:
        """Every webhook endpoint of the account."""
        with calling(self._slots):
            return [translate.endpoint(each) for each in self._v1.webhook_endpoints.list({"limit": 100}).data]

    def refused_reads(self) -> list[str]:
        """What the key may not even read, of all that we need, by the names of Stripe's page of keys."""
        v1 = self._v1
        needed: dict[str, Callable[[], object]] = {
            "Checkout Sessions": lambda: v1.checkout.sessions.list({"limit": 1}),
            "Customers": lambda: v1.customers.list({"limit": 1}),
            "Subscriptions": lambda: v1.subscriptions.list({"limit": 1}),
            "Invoices": lambda: v1.invoices.list({"limit": 1}),
            "PaymentIntents": lambda: v1.payment_intents.list({"limit": 1}),
            "Refunds": lambda: v1.refunds.list({"limit": 1}),
            "Disputes": lambda: v1.disputes.list({"limit": 1}),
            "Events": lambda: v1.events.list({"limit": 1}),
            "Products": lambda: v1.products.list({"limit": 1}),
            "Prices": lambda: v1.prices.list({"limit": 1}),
            "Customer portal": lambda: v1.billing_portal.configurations.list({"limit": 1}),
            "Webhook Endpoints": lambda: v1.webhook_endpoints.list({"limit": 1}),
        }
        return [name for name, read in needed.items() if self._is_refused(read)]

    def _is_refused(self, read: Callable[[], object]) -> bool:
        """Raises what is no matter of permission."""
        try:
            with calling(self._slots):
                read()
        except Forbidden:
            return True
        return False

    def clock_skew(self) -> float:
        """Seconds by which this host's clock is ahead of Stripe's; 0 when Stripe names no time."""
        with calling(self._slots):
            answer = self._v1.products.list({"limit": 1}).last_response
        date = answer.headers.get("Date") if answer else None
        return (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds() if date else 0.0


def _features(prices: dict[str, list[str]]) -> Any:
    """What our Portal lets people do: upgrade at once, downgrade and end with the period, saying why."""
    later: list[Any] = [{"type": "decreasing_item_amount"}, {"type": "shortening_interval"}]
    return {
        "payment_method_update": {"enabled": True},
        "invoice_history": {"enabled": True},
        "customer_update": {"enabled": True, "allowed_updates": ["address", "tax_id"]},
        "subscription_cancel": {
            "enabled": True,
            "mode": "at_period_end",
            "cancellation_reason": {"enabled": True, "options": list(REASONS)},
        },
        "subscription_update": {
            "enabled": bool(prices),
            "default_allowed_updates": ["price"],
            "products": [{"product": product, "prices": ids} for product, ids in prices.items()],
            "proration_behavior": "always_invoice",
            "schedule_at_period_end": {"conditions": later},
        },
    }
