"""What the account is set up with: products, prices, webhook endpoints."""

import stripe

from tests.fakestripe.events import emit
from tests.fakestripe.refusals import Refused, illegal, missing
from tests.fakestripe.render import page
from tests.fakestripe.shapes import blank
from tests.fakestripe.state import Json, State, merge_metadata

PRODUCT_FIELDS = (
    "name",
    "description",
    "active",
    "images",
    "url",
    "unit_label",
    "statement_descriptor",
    "default_price",
)


def create_product(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/products; a chosen `id` must be free."""
    name = params.get("id") or state.new_id("prod")
    if name in state.objects:
        raise Refused(f"Product already exists: {name}", code="resource_already_exists")
    product = blank(
        "product", id=name, active=True, created=state.now(), updated=state.now(), livemode=False, type="service",
        metadata=params.get("metadata") or {},
    )  # fmt: skip
    product |= {field: params[field] for field in PRODUCT_FIELDS if field in params}
    state.put(product)
    emit(state, "product.created", product)
    if "default_price_data" in params:
        price = create_price(state, {**params["default_price_data"], "product": name}, {})
        product["default_price"] = price["id"]
    return product


def update_product(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/products/{id}."""
    product = state.get(ident["id"], "product")
    product |= {field: params[field] or None for field in PRODUCT_FIELDS if field in params and field != "active"}
    product["active"] = params.get("active", product["active"])
    product["updated"] = state.now()
    merge_metadata(product, params)
    emit(state, "product.updated", product)
    return product


def create_price(state: State, params: Json, ident: Json, *, quiet: bool = False) -> Json:
    """POST /v1/prices. Amounts in minor units; a `lookup_key` in use moves only when asked to."""
    if "product" not in params and "product_data" not in params:
        raise missing("product")
    if "unit_amount" not in params and "unit_amount_decimal" not in params:
        raise missing("unit_amount")
    if params.get("unit_amount", 0) < 0:
        raise Refused("Invalid non-negative integer", code="parameter_invalid_integer", param="unit_amount")
    product = state.named(params, "product", "product")
    if product is None:
        product = create_product(state, params["product_data"], {})
    amount = params.get("unit_amount", 0)
    price = blank(
        "price", id=state.new_id("price"), active=params.get("active", True), billing_scheme="per_unit",
        created=state.now(), currency=params["currency"].lower(), livemode=False, nickname=params.get("nickname"),
        metadata=params.get("metadata") or {}, product=product["id"], unit_amount=amount,
        tax_behavior=params.get("tax_behavior", "unspecified"),
        type="recurring" if "recurring" in params else "one_time",
        unit_amount_decimal=str(amount),
    )  # fmt: skip
    if "recurring" in params:
        price["recurring"] = {"interval_count": 1, "meter": None, "trial_period_days": None, "usage_type": "licensed"}
        price["recurring"] |= params["recurring"]
    _take_lookup_key(state, price, params)
    state.put(price)
    if not quiet:
        emit(state, "price.created", price)
    return price


def _take_lookup_key(state: State, price: Json, params: Json) -> None:
    key = params.get("lookup_key")
    holder = next((p for p in state.every("price") if key and p["lookup_key"] == key and p is not price), None)
    if holder is not None and not params.get("transfer_lookup_key"):
        raise illegal(f"A price (`{holder['id']}`) already uses that lookup key.", "lookup_key")
    if holder is not None:
        holder["lookup_key"] = None
    if "lookup_key" in params:
        price["lookup_key"] = key or None


def update_price(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/prices/{id}: the amount can never change."""
    price = state.get(ident["id"], "price")
    _take_lookup_key(state, price, params)
    price |= {field: params[field] for field in ("active", "nickname", "tax_behavior") if field in params}
    merge_metadata(price, params)
    emit(state, "price.updated", price)
    return price


def list_products(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/products by `active` and `ids`."""
    found = state.every("product")
    if "active" in params:
        found = [product for product in found if product["active"] is params["active"]]
    if "ids" in params:
        found = [product for product in found if product["id"] in params["ids"]]
    return page(state, found, params, "/v1/products")


def list_prices(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/prices by `active`, `product`, `currency`, `type`, `lookup_keys` (at most 10)."""
    found = state.every("price")
    for field in ("active", "product", "currency", "type"):
        if field in params:
            found = [price for price in found if price[field] == params[field]]
    if "lookup_keys" in params:
        if len(params["lookup_keys"]) > 10:
            raise illegal("You may pass at most 10 lookup keys.", "lookup_keys")
        found = [price for price in found if price["lookup_key"] in params["lookup_keys"]]
    return page(state, found, params, "/v1/prices")


def create_endpoint(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/webhook_endpoints. The secret is in this answer and in no later one.

    The first endpoint made for the address the fake was started with is that one, with its secret;
    a second is a duplicate, as it would be at Stripe.
    """
    started = next((e for e in state.every("webhook_endpoint") if state.behind(e["id"]).get("unclaimed")), None)
    if started is not None and started["url"] == params["url"]:
        state.behind(started["id"])["unclaimed"] = False
        _set_endpoint(started, params)
        return started | {"secret": state.behind(started["id"])["secret"]}
    endpoint = new_endpoint(state, params["url"], f"whsec_{state.new_id('x')[2:]}", unclaimed=False)
    _set_endpoint(endpoint, params)
    return endpoint | {"secret": state.behind(endpoint["id"])["secret"]}


def new_endpoint(state: State, url: str, secret: str, *, unclaimed: bool) -> Json:
    """An endpoint that hears of everything."""
    endpoint = blank(
        "webhook_endpoint", id=state.new_id("we"), created=state.now(), enabled_events=["*"], livemode=False,
        status="enabled", url=url, api_version=stripe.api_version,
    )  # fmt: skip
    return state.put(endpoint, secret=secret, unclaimed=unclaimed)


def _set_endpoint(endpoint: Json, params: Json) -> None:
    for field in ("url", "enabled_events", "description", "api_version"):
        if field in params:
            endpoint[field] = params[field] or None
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    merge_metadata(endpoint, params)


def update_endpoint(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/webhook_endpoints/{id}."""
    endpoint = state.get(ident["id"], "webhook_endpoint")
    _set_endpoint(endpoint, params)
    return endpoint


def delete_endpoint(state: State, params: Json, ident: Json) -> Json:
    """DELETE /v1/webhook_endpoints/{id}."""
    endpoint = state.get(ident["id"], "webhook_endpoint")
    del state.kinds["webhook_endpoint"][endpoint["id"]], state.objects[endpoint["id"]]
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
