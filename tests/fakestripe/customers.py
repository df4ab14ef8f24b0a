"""Customers, and whether their card works."""

from tests.fakestripe import billing
from tests.fakestripe.events import emit
from tests.fakestripe.money import new_card
from tests.fakestripe.render import page
from tests.fakestripe.shapes import blank
from tests.fakestripe.state import Json, State, merge_metadata

FIELDS = ("email", "name", "description", "phone", "address", "preferred_locales", "tax_exempt", "balance")
LAST4 = {"paid": "4242", "declined": "0341", "action": "3184"}


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


def give_card(state: State, customer: Json, works: str) -> Json:
    """Put a card on file that pays (`paid`), is declined at every charge (`declined`) or asks for SCA (`action`)."""
    card = new_card(state, customer.get("email"), customer["id"], LAST4[works])
    state.behind(customer["id"])["card"] = works
    customer["invoice_settings"]["default_payment_method"] = card["id"]
    emit(state, "payment_method.attached", card)
    emit(state, "customer.updated", customer)
    return card
