"""Our tiers and prices at Stripe: set up once, compared ever after. Drift is reported, never followed."""

from collections.abc import Iterator

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from members.models import Price, Tier
from members.money.inbox import webhooks
from members.money.keeping import portal
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Gone
from members.money.stripe_api.fitting import Fitter
from members.money.stripe_api.payments import API_VERSION
from members.money.stripe_api.states import CatalogPrice, Endpoint, SubscriptionState
from newsroom.caching import purge

TAX = "inclusive"  # the price that was shown is the price that is paid


def set_up(fitter: Fitter) -> list[str]:
    """Make products, prices, portal configuration and webhook endpoint; a line for each thing done.

    Safe to run again. A new endpoint's secret is in the last line.
    """
    told = offer(fitter)
    endpoint, secret = fitter.ensure_endpoint(endpoint_url(), sorted(webhooks.VERBS))
    told.append(f"webhook endpoint {endpoint}")
    if secret:
        told.append(f"STRIPE_WEBHOOK_SECRETS={secret}")
    return told


def offer(fitter: Fitter) -> list[str]:
    """Make products, prices and the portal configuration: all that joining needs; a line for each thing done.

    Safe to run again. Stores ids on tiers and prices. Prices we archived are offered to nobody new; who has
    one keeps it. The endpoint stays with `set_up`: its secret is told once, to whoever keeps the settings.
    """
    told: list[str] = []
    offered: dict[str, list[str]] = {}
    for tier in Tier.objects.filter(is_active=True).order_by("rank"):
        product = fitter.ensure_product(
            tier.product_id or "", name=tier.name, slug=tier.slug, description=tier.description[:500]
        )
        if product != tier.product_id:
            Tier.objects.filter(pk=tier.pk).update(product_id=product)
            told.append(f"product {product} for {tier.name}")
        for price in Price.objects.filter(tier=tier, is_active=True):
            stripe_id, is_new = _set_up_price(price, product, fitter)
            offered.setdefault(product, []).append(stripe_id)
            told += [f"price {stripe_id} for {price}"] if is_new else []
    told += _retire_archived(fitter)
    configuration = fitter.ensure_portal(offered, return_url=f"{settings.SITE_URL}{settings.LOGIN_REDIRECT_URL}")
    cache.set(portal.PORTAL_KEY, configuration, portal.PORTAL_KEPT)
    told.append(f"portal configuration {configuration}")
    purge("membership", "site")
    return told


def endpoint_url() -> str:
    """Where Stripe sends its events."""
    return f"{settings.SITE_URL}{reverse('stripe_webhook')}"


def lookup_key(price: Price) -> str:
    """The name under which Stripe finds a price again; another amount is another price."""
    return f"{price.tier.slug}-{price.interval}-{price.currency.lower()}-{price.unit_amount}"


def _tax_behavior() -> str:
    return TAX if settings.STRIPE_TAX else "unspecified"


def make_price(price: Price, fitter: Fitter) -> str:
    """Have a price of a tier that Stripe knows, stored or not yet; its id there. Raises PaymentError."""
    return fitter.ensure_price(_wanted(price), product_id=price.tier.product_id or "")


def adopt_price(seen: SubscriptionState, tier: Tier | None, fitter: Fitter) -> bool:
    """Take the price of a subscription sold elsewhere on this account for one of `tier`'s, offered to nobody new.

    False without a tier, for several items, and for what is neither a month's nor a year's. Raises PaymentError.
    """
    if tier is None or len(seen.items) != 1:
        return False
    theirs = fitter.fetch_price(seen.items[0].price_id)
    if theirs.interval not in Price.Interval.values:
        return False
    fields = {"tier": tier, "currency": theirs.currency, "unit_amount": theirs.amount, "interval": theirs.interval}
    Price.objects.get_or_create(
        stripe_id=seen.items[0].price_id, defaults={**fields, "livemode": seen.livemode, "is_active": False}
    )
    return True


def _wanted(price: Price) -> CatalogPrice:
    return CatalogPrice(
        lookup_key(price), price.currency, price.unit_amount, price.interval, tax_behavior=_tax_behavior()
    )


def _set_up_price(price: Price, product: str, fitter: Fitter) -> tuple[str, bool]:
    """The Stripe id of a price, made if needed. One of the other mode or of another amount stands anew."""
    live = payments.is_live()
    sold_for = price.unit_amount
    if price.stripe_id and price.livemode == live:
        theirs = fitter.fetch_price(price.stripe_id)
        if theirs.amount == price.unit_amount:
            if settings.STRIPE_TAX:
                fitter.settle_tax(price.stripe_id, tax_behavior=TAX)
            return price.stripe_id, False
        sold_for = theirs.amount
    stripe_id = fitter.ensure_price(_wanted(price), product_id=product)
    if price.stripe_id:
        _stand_anew(price, stripe_id, sold_for=sold_for, live=live)
    else:
        Price.objects.filter(pk=price.pk).update(stripe_id=stripe_id, livemode=live)
    return stripe_id, True


def _stand_anew(price: Price, stripe_id: str, *, sold_for: int, live: bool) -> None:
    """Retire a row as it was sold, and put another in its place."""
    with transaction.atomic():
        Price.objects.filter(pk=price.pk).update(is_active=False, unit_amount=sold_for)
        Price.objects.update_or_create(
            stripe_id=stripe_id,
            defaults={
                "tier": price.tier, "currency": price.currency, "unit_amount": price.unit_amount,
                "interval": price.interval, "livemode": live, "is_active": True,
            },
        )  # fmt: skip


def _retire_archived(fitter: Fitter) -> list[str]:
    """Offer at Stripe, too, what we archived to nobody new."""
    archived = Price.objects.filter(is_active=False, stripe_id__isnull=False, livemode=payments.is_live())
    told: list[str] = []
    for price in archived.select_related("tier"):
        try:
            told += [f"price {price.stripe_id} retired"] if fitter.retire_price(price.stripe_id or "") else []
        except Gone:
            told.append(f"price {price.stripe_id} is unknown to Stripe")
    return told


def drift(fitter: Fitter) -> list[str]:
    """What differs between our catalogue and Stripe's, a line each: products, prices, portal, endpoint."""
    return [*_product_drift(fitter), *_price_drift(fitter), *_portal_drift(fitter), *_endpoint_drift(fitter)]


def _product_drift(fitter: Fitter) -> Iterator[str]:
    for tier in Tier.objects.filter(is_active=True, product_id__isnull=False).order_by("rank"):
        try:
            theirs = fitter.fetch_product(tier.product_id or "")
        except Gone:
            yield f"{tier}: Stripe knows no {tier.product_id}"
            continue
        if theirs.name != tier.name:
            yield f"{tier} is called {theirs.name} at Stripe: run stripe_setup"
        if not theirs.active:
            yield f"{tier} is archived at Stripe: run stripe_setup"


def _price_drift(fitter: Fitter) -> Iterator[str]:
    for price in Price.objects.offered().select_related("tier"):
        if not price.stripe_id:
            yield f"{price} is not at Stripe: run stripe_setup"
            continue
        try:
            theirs = fitter.fetch_price(price.stripe_id)
        except Gone:
            yield f"{price}: Stripe knows no {price.stripe_id}"
            continue
        ours = (price.unit_amount, price.currency, price.interval, True)
        if ours != (theirs.amount, theirs.currency, theirs.interval, theirs.active):
            yield f"{price} differs at Stripe: {theirs}"
        elif settings.STRIPE_TAX and theirs.tax_behavior == "unspecified":
            yield f"{price} does not say at Stripe how it stands to tax: run stripe_setup"


def _portal_drift(fitter: Fitter) -> Iterator[str]:
    theirs = fitter.fetch_portal()
    if theirs is None:
        yield "No portal configuration of ours: run stripe_setup."
        return
    offered = Price.objects.offered().filter(livemode=payments.is_live(), stripe_id__isnull=False)
    ours = set(offered.values_list("stripe_id", flat=True))
    if theirs.prices != ours:
        yield f"The portal offers {len(theirs.prices)} prices, we {len(ours)}, or others: run stripe_setup"
    if theirs.cancel_mode != "at_period_end" or not theirs.asks_why:
        yield f"The portal cancels {theirs.cancel_mode}, or does not ask why: run stripe_setup"
    if theirs.later != {"decreasing_item_amount", "shortening_interval"}:
        yield "The portal makes downgrades at once: run stripe_setup"


def _endpoint_drift(fitter: Fitter) -> Iterator[str]:
    ours = [each for each in fitter.endpoints() if each.url == endpoint_url()]
    if not ours:
        yield f"No webhook endpoint at {endpoint_url()}: run stripe_setup."
    if len(ours) > 1:
        yield f"{len(ours)} webhook endpoints at {endpoint_url()}: remove all but one."
    for each in ours:
        yield from _complaints_about(each)


def _complaints_about(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.status != "enabled":
        yield "The webhook endpoint is disabled at Stripe: run stripe_setup"
    if endpoint.api_version != API_VERSION:
        yield f"The webhook endpoint speaks {endpoint.api_version or 'the account default'}, not {API_VERSION}."
    missing = set(webhooks.VERBS) - endpoint.types
    if missing and "*" not in endpoint.types:
        yield f"The webhook endpoint does not hear of {', '.join(sorted(missing))}: run stripe_setup"
