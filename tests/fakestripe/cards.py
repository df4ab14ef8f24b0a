"""Payment methods: cards with brand, last digits and a date. Whether one pays stays unseen behind it.

No number is ever asked for or kept.
"""

from datetime import UTC, datetime

from tests.fakestripe.events import emit
from tests.fakestripe.money import SUCCESS
from tests.fakestripe.refusals import Refused, missing
from tests.fakestripe.render import page
from tests.fakestripe.state import Json, State

KINDS = {SUCCESS: ("visa", "4242"), "declined": ("visa", "0341"), "action": ("mastercard", "3184")}
GOOD_FOR = 4  # years a new card is good for
EXPIRED = "expired"


def issue(state: State, customer: Json, works: str, expires: str | None = None) -> Json:
    """A new card of a customer, not yet the one that is charged. `expires`: "2026-12", None for years ahead."""
    brand, last4 = KINDS[works]
    today = datetime.fromtimestamp(state.now(), UTC)
    year, month = (int(part) for part in expires.split("-")) if expires else (today.year + GOOD_FOR, today.month)
    card = {"brand": brand, "country": "US", "display_brand": brand, "exp_month": month, "exp_year": year,
            "fingerprint": None, "funding": "credit", "last4": last4, "checks": None, "generated_from": None,
            "networks": None, "regulated_status": None, "three_d_secure_usage": None, "wallet": None}  # fmt: skip
    method = {
        "id": state.new_id("pm"), "object": "payment_method", "type": "card", "created": state.now(),
        "customer": customer["id"], "livemode": False, "metadata": {}, "allow_redisplay": "unspecified", "card": card,
        "billing_details": {"address": None, "email": customer.get("email"), "name": customer.get("name"),
                            "phone": None, "tax_id": None},
    }  # fmt: skip
    return state.put(method, works=works)


def give(state: State, customer: Json, works: str, expires: str | None = None) -> Json:
    """Put a card on file: it pays (`paid`), is declined at every charge (`declined`) or asks for SCA (`action`).

    From now on the customer and every running subscription are charged through it; nothing is charged yet.
    """
    card = issue(state, customer, works, expires)
    emit(state, "payment_method.attached", card)
    customer["invoice_settings"]["default_payment_method"] = card["id"]
    emit(state, "customer.updated", customer)
    for sub in state.every("subscription"):
        if sub["customer"] == customer["id"] and sub["ended_at"] is None:
            sub["default_payment_method"] = card["id"]
            emit(state, "customer.subscription.updated", sub)
    return card


def on_file(state: State, customer: Json, sub: Json | None = None) -> Json | None:
    """The card that would be charged: the subscription's own, else the customer's."""
    own = sub["default_payment_method"] if sub else None
    default = own or (customer.get("invoice_settings") or {}).get("default_payment_method")
    return state.objects.get(default) if default else None


def spoil(state: State, customer: Json, works: str) -> None:
    """The card on file stops working (`declined`) or asks for SCA (`action`) at every charge from now on."""
    for card in of_customer(state, customer["id"]):
        state.behind(card["id"])["works"] = works


def of_customer(state: State, customer: str | None) -> list[Json]:
    """The cards attached to a customer, newest first."""
    return [each for each in state.every("payment_method") if customer and each["customer"] == customer]


def outcome(state: State, card: Json | None) -> str:
    """What charging this card now would bring; past its month it is declined as `expired`, none at all `declined`."""
    if card is None:
        return "declined"
    works = str(state.behind(card["id"]).get("works", SUCCESS))
    today = datetime.fromtimestamp(state.now(), UTC)
    is_past = (card["card"]["exp_year"], card["card"]["exp_month"]) < (today.year, today.month)
    return EXPIRED if works == SUCCESS and is_past else works


def list_methods(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/payment_methods?customer=… and /v1/customers/{id}/payment_methods."""
    found = of_customer(state, ident.get("id") or params.get("customer"))
    if "type" in params:
        found = [each for each in found if each["type"] == params["type"]]
    return page(state, found, params, "/v1/payment_methods")


def attach(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/payment_methods/{id}/attach."""
    card = state.get(ident["id"], "payment_method")
    customer = state.named(params, "customer", "customer")
    if customer is None:
        raise missing("customer")
    card["customer"] = customer["id"]
    emit(state, "payment_method.attached", card)
    return card


def detach(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/payment_methods/{id}/detach: nobody is charged through it any more."""
    card = state.get(ident["id"], "payment_method")
    if card["customer"] is None:
        raise Refused("The payment method you provided is not attached to a customer so detachment is impossible.")
    for thing in (*state.every("customer"), *state.every("subscription")):
        place = thing.get("invoice_settings") if thing["object"] == "customer" else thing
        if place and place.get("default_payment_method") == card["id"]:
            place["default_payment_method"] = None
    card["customer"] = None
    emit(state, "payment_method.detached", card)
    return card
