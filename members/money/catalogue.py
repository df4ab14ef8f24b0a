"""Our tiers and prices at Stripe: set up once, compared ever after. Drift is reported, never followed."""

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from members.models import Price, Tier
from members.money.inbox import webhooks
from members.money.keeping import portal
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Gone
from members.money.stripe_api.fitting import Fitter
from members.money.stripe_api.states import CatalogPrice
from newsroom.caching import purge


def set_up(fitter: Fitter) -> list[str]:
    """Make products, prices, portal configuration and webhook endpoint; a line for each thing done.

    Safe to run again. Stores ids on tiers and prices. A new endpoint's secret is in the last line.
    """
    told: list[str] = []
    offered: dict[str, list[str]] = {}
    for tier in Tier.objects.filter(is_active=True).order_by("rank"):
        product = fitter.ensure_product(tier.product_id or "", name=tier.name, slug=tier.slug)
        if product != tier.product_id:
            Tier.objects.filter(pk=tier.pk).update(product_id=product)
            told.append(f"product {product} for {tier.name}")
        for price in Price.objects.filter(tier=tier, is_active=True):
            stripe_id, is_new = _set_up_price(price, product, fitter)
            offered.setdefault(product, []).append(stripe_id)
            told += [f"price {stripe_id} for {price}"] if is_new else []
    configuration = fitter.ensure_portal(offered, return_url=f"{settings.SITE_URL}{settings.LOGIN_REDIRECT_URL}")
    cache.set(portal.PORTAL_KEY, configuration, portal.PORTAL_KEPT)
    told.append(f"portal configuration {configuration}")
    endpoint, secret = fitter.ensure_endpoint(endpoint_url(), sorted(webhooks.VERBS))
    told.append(f"webhook endpoint {endpoint}")
    if secret:
        told.append(f"STRIPE_WEBHOOK_SECRETS={secret}")
    purge("membership", "site")
    return told


def endpoint_url() -> str:
    """Where Stripe sends its events."""
    return f"{settings.SITE_URL}{reverse('stripe_webhook')}"


def lookup_key(price: Price) -> str:
    """The name under which Stripe finds a price again; another amount is another price."""
    return f"{price.tier.slug}-{price.interval}-{price.currency.lower()}-{price.unit_amount}"


def _set_up_price(price: Price, product: str, fitter: Fitter) -> tuple[str, bool]:
    """The Stripe id of a price, made if needed. One of the other mode is retired and stands anew."""
    live = payments.is_live()
    if price.stripe_id and price.livemode == live:
        return price.stripe_id, False
    wanted = CatalogPrice(lookup_key(price), price.currency, price.unit_amount, price.interval)
    stripe_id = fitter.ensure_price(wanted, product_id=product)
    if price.stripe_id:
        Price.objects.filter(pk=price.pk).update(is_active=False)
        Price.objects.create(
            tier=price.tier, currency=price.currency, unit_amount=price.unit_amount, interval=price.interval,
            stripe_id=stripe_id, livemode=live,
        )  # fmt: skip
    else:
        Price.objects.filter(pk=price.pk).update(stripe_id=stripe_id, livemode=live)
    return stripe_id, True


def drift(teller: Fitter) -> list[str]:
    """What differs between our offered prices and Stripe's; a line each."""
    found: list[str] = []
    for price in Price.objects.offered().select_related("tier"):
        if not price.stripe_id:
            found.append(f"{price} is not at Stripe: run stripe_setup")
            continue
        try:
            theirs = teller.fetch_price(price.stripe_id)
        except Gone:
            found.append(f"{price}: Stripe knows no {price.stripe_id}")
            continue
        ours = (price.unit_amount, price.currency, price.interval, True)
        if ours != (theirs.amount, theirs.currency, theirs.interval, theirs.active):
            found.append(f"{price} differs at Stripe: {theirs}")
    return found
