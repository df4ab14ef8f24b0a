"""Customers."""

from tests.fakestripe import billing, cards
from tests.fakestripe.events import emit
from tests.fakestripe.money import SUCCESS
from tests.fakestripe.render import page
from tests.fakestripe.shapes import blank
from tests.fakestripe.state import Json, State, merge_metadata

FIELDS = ("email", "name", "description", "phone", "address", "preferred_locales", "tax_exempt", "balance")


def create_customer(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/customers."""
    customer = blank(
        "customer", id=state.new_id("cus"), created=state.now(), balance=0, delinquent=False, livemode=False,
        metadata=params.get("metadata") or {}, preferred_locales=[], tax_exempt="none", next_invoice_sequence=1,
        invoice_prefix=state.new_id("x")[2:10].upper(),
        invoice_settings={"custom_fields": None, "default_payment_method": None, "footer": None,
                          "rendering_options": None},
    )  # fmt: skip
    customer |= {field: params[field] or None for field in FIELDS if field in params}
    state.put(customer)
    emit(state, "customer.created", customer)
    return customer


def update_customer(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/customers/{id}."""
    customer = state.get(ident["id"], "customer")
    customer |= {field: params[field] or None for field in FIELDS if field in params}
    customer["balance"] = customer["balance"] or 0
    if "default_payment_method" in params.get("invoice_settings", {}):
        card = state.named(params["invoice_settings"], "default_payment_method", "payment_method")
        customer["invoice_settings"]["default_payment_method"] = card["id"] if card else None
    merge_metadata(customer, params)
    emit(state, "customer.updated", customer)
    return customer


def delete_customer(state: State, params: Json, ident: Json) -> Json:
    """DELETE /v1/customers/{id}: cancels the subscriptions at once; the id answers `deleted: true` ever after."""
    customer = state.get(ident["id"], "customer")
    for sub in state.every("subscription"):
        if sub["customer"] == customer["id"] and sub["status"] not in billing.OVER:
            billing.cancel(state, sub)
    emit(state, "customer.deleted", customer)
    gone = {"id": customer["id"], "object": "customer", "deleted": True}
    customer.clear()
    customer |= gone
    return customer


def list_customers(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/customers, by e-mail (exact) and creation."""
    found = [c for c in state.every("customer") if not c.get("deleted")]
    if "email" in params:
        found = [c for c in found if c["email"] == params["email"]]
    return page(state, found, params, "/v1/customers")


def orphan(state: State, email: str) -> Json | None:
    """A customer with a paid subscription that the site never heard of, as somebody makes one in the dashboard."""
    price = next((p for p in reversed(state.every("price")) if p["recurring"] and p["active"]), None)
    if price is None:
        return None
    customer = create_customer(state, {"email": email, "name": "Made in the dashboard"}, {})
    cards.give(state, customer, SUCCESS)
    billing.start(state, customer, [(price, 1)], billing.Terms(), outcome=SUCCESS)
    return customer
