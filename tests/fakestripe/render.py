"""From what is stored to what is served: fresh copies, expansion, pages of lists."""

from collections.abc import Callable
from typing import Any

from tests.fakestripe.refusals import Refused
from tests.fakestripe.shapes import listing
from tests.fakestripe.state import Json, State, copied
from tests.fakestripe.vouchers import code_is_active, coupon_is_valid

OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def _line_items(state: State, session: Json) -> Json:
    return listing(
        copied(state.behind(session["id"])["line_items"]), f"/v1/checkout/sessions/{session['id']}/line_items"
    )


def _payments(state: State, invoice: Json) -> Json:
    found = [p for p in state.every("invoice_payment") if p["invoice"] == invoice["id"]]
    return listing([serve(state, payment) for payment in found], "/v1/invoice_payments")


def _refunds(state: State, charge: Json) -> Json:
    found = [r for r in state.every("refund") if r["charge"] == charge["id"]]
    return listing([serve(state, refund) for refund in found], f"/v1/charges/{charge['id']}/refunds")


def _billed_until(state: State, item: Json) -> int:
    return int(item["current_period_end"])


# Fields that appear only when asked for.
INCLUDED: dict[tuple[str, str], Callable[[State, Json], Any]] = {
    ("checkout.session", "line_items"): _line_items,
    ("invoice", "payments"): _payments,
    ("charge", "refunds"): _refunds,
    ("subscription_item", "billed_until"): _billed_until,
}


def serve(state: State, thing: Json, expand: list[str] | None = None) -> Json:
    """A copy of `thing` as the API answers it, with the named fields expanded."""
    served: Json = copied(thing)
    if served.get("object") == "subscription":
        for item in served["items"]["data"]:
            item["price"] = copied(state.objects[item["price"]["id"]])
    elif served.get("object") == "coupon":
        served["valid"] = coupon_is_valid(state, served)
    elif served.get("object") == "promotion_code":
        served["active"] = code_is_active(state, served)
    if served.get("object") == "event":
        served["pending_webhooks"] = len(state.behind(served["id"]).get("pending", []))
    for path in expand or []:
        _expand(state, served, path.split("."), path)
    return served


def _expand(state: State, served: Any, path: list[str], whole: str) -> None:
    if len(whole.split(".")) > 4 + (whole.split(".")[0] == "data"):
        raise Refused(f"You cannot expand more than 4 levels of a property. ({whole})", param="expand")
    if isinstance(served, list):
        for each in served:
            _expand(state, each, path, whole)
        return
    if not path or not isinstance(served, dict):
        return
    head, rest = path[0], path[1:]
    include = INCLUDED.get((served.get("object", ""), head))
    if include and head not in served:
        served[head] = include(state, served)
    elif head not in served:
        raise Refused(f"This property cannot be expanded ({whole}).", param="expand")
    else:
        served[head] = _fetched(state, served[head], whole, last=not rest)
    _expand(state, served[head], rest, whole)


def _fetched(state: State, value: Any, whole: str, *, last: bool) -> Any:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [_fetched(state, each, whole, last=last) for each in value]
    if isinstance(value, str):
        if value not in state.objects:
            raise Refused(f"This property cannot be expanded ({whole}).", param="expand")
        return serve(state, state.objects[value])
    return value


def within(moment: int, wanted: Any) -> bool:
    """Whether a moment satisfies a `created`-like filter: a number or a map of gt, gte, lt, lte."""
    if isinstance(wanted, int):
        return moment == wanted
    return all(OPERATORS[word](moment, bound) for word, bound in wanted.items())


def page(state: State, found: list[Json], params: Json, url: str) -> Json:
    """One page of `found` (newest first) by `limit` and the two cursors, filtered by `created`."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise Refused("Invalid integer: limit must be between 1 and 100", param="limit")
    if params.get("created") is not None:
        found = [thing for thing in found if within(thing["created"], params["created"])]
    places = {thing["id"]: place for place, thing in enumerate(found)}
    if after := params.get("starting_after"):
        found = found[_place(places, after, "starting_after") + 1 :]
        chosen = found[:limit]
    elif before := params.get("ending_before"):
        found = found[: _place(places, before, "ending_before")]
        chosen = found[-limit:]
    else:
        chosen = found[:limit]
    served = listing([serve(state, thing) for thing in chosen], url, has_more=len(found) > limit)
    for path in params.get("expand") or []:
        _expand(state, served, path.split("."), path)
    return served


def _place(places: dict[str, int], ident: str, param: str) -> int:
    if ident not in places:
        raise Refused(f"No such object: '{ident}'", code="resource_missing", param=param)
    return places[ident]
