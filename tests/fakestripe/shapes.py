"""Blank objects, made from the SDK's response classes, so that no field is forgotten or invented."""

import copy
import typing
from typing import Any

from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject

from tests.fakestripe.contract import annotations

# Served only when expanded, on request of a feature, or for deleted things: absent, not null.
ABSENT = {
    "applies_to", "billed_until", "cash_balance", "confirmation_secret", "currency_options", "customer_account",
    "deleted", "destination_details", "integration_identifier", "instructions_email", "invoice_credit_balance",
    "level3", "line_items", "name_collection", "optional_items", "parent_details", "payment_method_types_details",
    "payments", "pending_reason", "presentment_details", "radar_options", "refunds", "secret", "sources",
    "subscriptions", "tax", "tax_ids", "tiers", "unit_label_details", "context", "account",
}  # fmt: skip


def _template(cls: type[StripeObject]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field, (optional, hint) in annotations(cls).items():
        if field in ABSENT:
            continue
        made[field] = None if optional else _empty(field, hint, cls)
    return made


def _empty(field: str, hint: Any, cls: type[StripeObject]) -> Any:
    inner = (cls._inner_class_types or {}).get(field)
    if typing.get_origin(hint) in (list, typing.List):  # noqa: UP006 (the SDK's own types are compared)
        return []
    if inner is not None:
        return _template(inner)
    if hint in (int, float, bool, str):
        return hint()
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)[0]
    if "UntypedStripeObject" in str(hint):
        return {}
    return ""


_BLANKS: dict[str, dict[str, Any]] = {}


def blank(name: str, /, **fields: Any) -> dict[str, Any]:
    """A new object called `name` with every field of its class, nulls where allowed, and `fields` set."""
    if name not in _BLANKS:
        _BLANKS[name] = _template(get_object_class("V1", name))
    return copy.deepcopy(_BLANKS[name]) | {"object": name} | fields


def part(name: str, /, *path: str) -> dict[str, Any]:
    """A blank map inside an object: `part("subscription_schedule", "phases", "items")`."""
    cls = get_object_class("V1", name)
    for field in path:
        cls = (cls._inner_class_types or {})[field]
    return _template(cls)


def listing(data: list[Any], url: str, *, has_more: bool = False) -> dict[str, Any]:
    """Stripe's list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
