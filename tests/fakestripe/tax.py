"""Stripe Tax in one rate: `settings["tax_rate"]` percent wherever automatic tax is on."""

from typing import Any

from tests.fakestripe.refusals import Refused
from tests.fakestripe.shapes import blank
from tests.fakestripe.state import Json, State

SELF: Json = {"account": None, "type": "self"}
SOMEWHERE: Json = {"city": None, "country": "DE", "line1": None, "line2": None, "postal_code": "10115", "state": None}


def wanted(params: Json) -> bool:
    """Whether a request asks for automatic tax."""
    return bool(params.get("automatic_tax", {}).get("enabled"))


def need_address(customer: Json | None, params: Json) -> None:
    """Refuse a Session that wants tax for a customer without address, unless the page may ask for one."""
    asks = params.get("customer_update", {})
    if customer is None or customer.get("address") or "auto" in (asks.get("address"), asks.get("shipping")):
        return
    raise Refused(
        "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the "
        "Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' to save "
        "the address entered in Checkout to the Customer.",
        code="customer_tax_location_invalid",
    )  # fmt: skip


def of(state: State, net: int, price: Json, customer: Json | None) -> Json | None:
    """The tax on `net` minor units of a price as an entry of `taxes`; None at a rate of 0."""
    rate = float(state.settings.get("tax_rate", 0))
    if not rate:
        return None
    inclusive = price["tax_behavior"] == "inclusive"
    exempt = (customer or {}).get("tax_exempt") in ("exempt", "reverse")
    amount = round(net * rate / (100 + rate)) if inclusive else round(net * rate / 100)
    return {
        "amount": 0 if exempt else amount,
        "tax_behavior": "inclusive" if inclusive else "exclusive",
        "tax_rate_details": {"tax_rate": _rate(state, rate, inclusive=inclusive)},
        "taxability_reason": "customer_exempt" if exempt else "standard_rated",
        "taxable_amount": 0 if exempt else net - amount if inclusive else net,
        "type": "tax_rate_details",
    }


def _rate(state: State, rate: float, *, inclusive: bool) -> str:
    name = f"txr_{'in' if inclusive else 'ex'}_{str(rate).replace('.', '_')}"
    if name not in state.objects:
        state.put(blank(
            "tax_rate", id=name, active=True, created=state.now(), display_name="VAT", inclusive=inclusive,
            livemode=False, metadata={}, percentage=rate, effective_percentage=rate, rate_type="percentage",
            country="DE", jurisdiction="Germany", jurisdiction_level="country", tax_type="vat",
        ))  # fmt: skip
    return name


def total(taxes: list[Json]) -> list[Json]:
    """The taxes of all lines, added up by rate."""
    sums: dict[str, Json] = {}
    for tax in taxes:
        name = tax["tax_rate_details"]["tax_rate"]
        if name in sums:
            for field in ("amount", "taxable_amount"):
                sums[name][field] += tax[field]
        else:
            sums[name] = dict(tax)
    return list(sums.values())


def amounts(taxes: list[Json]) -> tuple[int, int]:
    """What comes on top (exclusive), and all of it, in minor units."""
    on_top = sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "exclusive")
    return on_top, sum(tax["amount"] for tax in taxes)


def switched(thing: Json, *, on: bool, **more: Any) -> None:
    """Turn a Session's, subscription's or invoice's automatic tax on or off."""
    thing["automatic_tax"] |= {"enabled": on, "liability": dict(SELF) if on else None} | more
