"""Coupons, the codes people type for them, and the discounts they become on subscriptions and invoices."""

from typing import Any

from tests.fakestripe.events import emit
from tests.fakestripe.periods import add_period
from tests.fakestripe.refusals import Refused, illegal, missing
from tests.fakestripe.shapes import blank
from tests.fakestripe.state import Json, State, merge_metadata
from tests.fakestripe.vouchers import coupon_is_valid, why_not


def create_coupon(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/coupons: a percentage, or an amount in a currency."""
    if ("percent_off" in params) == ("amount_off" in params):
        raise illegal("You must pass exactly one of `percent_off` and `amount_off`.", "percent_off")
    if "percent_off" in params and not 0 < params["percent_off"] <= 100:
        raise illegal("Invalid value for percent_off: must be greater than 0 and at most 100.", "percent_off")
    if "amount_off" in params and "currency" not in params:
        raise missing("currency")
    duration = params.get("duration", "once")
    if duration == "repeating" and "duration_in_months" not in params:
        raise missing("duration_in_months")
    name = params.get("id") or state.new_id("co")[3:11]
    if name in state.objects:
        raise Refused(f"Coupon already exists: {name}.", code="resource_already_exists")
    coupon = blank(
        "coupon", id=name, created=state.now(), livemode=False, valid=True, metadata=params.get("metadata") or {},
        duration=duration,
    )  # fmt: skip
    fields = ("percent_off", "amount_off", "currency", "duration_in_months", "name", "max_redemptions", "redeem_by")
    coupon |= {field: params[field] for field in fields if field in params}
    state.put(coupon)
    emit(state, "coupon.created", coupon)
    return coupon


def create_promotion_code(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/promotion_codes: a code people can type, for a coupon; one active code of a spelling at a time."""
    coupon = state.named(params["promotion"], "coupon", "coupon")
    if coupon is None:
        raise missing("promotion[coupon]")
    spelled = params.get("code") or state.new_id("x")[2:10].upper()
    if any(each["active"] and each["code"].lower() == spelled.lower() for each in state.every("promotion_code")):
        raise Refused(f"An active promotion code with `code: {spelled}` already exists.", param="code")
    wanted = params.get("restrictions", {})
    code = blank(
        "promotion_code", id=state.new_id("promo"), active=params.get("active", True), created=state.now(),
        code=spelled, livemode=False, metadata=params.get("metadata") or {}, customer=params.get("customer"),
        promotion={"type": "coupon", "coupon": coupon["id"]}, expires_at=params.get("expires_at"),
        max_redemptions=params.get("max_redemptions"),
        restrictions={"first_time_transaction": wanted.get("first_time_transaction", False),
                      "minimum_amount": wanted.get("minimum_amount"),
                      "minimum_amount_currency": wanted.get("minimum_amount_currency")},
    )  # fmt: skip
    state.put(code)
    emit(state, "promotion_code.created", code)
    return code


def update_promotion_code(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/promotion_codes/{id}: on, off, metadata."""
    code = state.get(ident["id"], "promotion_code")
    code["active"] = params.get("active", code["active"])
    merge_metadata(code, params)
    emit(state, "promotion_code.updated", code)
    return code


def promote(state: State, code: str, coupon: Json, **restrictions: Any) -> Json:
    """A coupon with these terms and a code for it, as somebody makes them in the dashboard."""
    made = create_coupon(state, coupon, {})
    wanted = {"promotion": {"type": "coupon", "coupon": made["id"]}, "code": code}
    return create_promotion_code(state, wanted | restrictions, {})


def coded(state: State, spelled: str) -> Json | None:
    """The promotion code people mean by what they typed; an active one first."""
    found = [each for each in state.every("promotion_code") if each["code"].lower() == spelled.lower()]
    return next((each for each in found if each["active"]), found[0] if found else None)


def read(state: State, given: Json, customer: str | None = None) -> Json:
    """A `discounts[]` entry of a request as `{"coupon", "promotion_code"}`. Raises Refused for one out of use."""
    code = state.named(given, "promotion_code", "promotion_code")
    ident = code["promotion"]["coupon"] if code else given.get("coupon")
    if not ident:
        raise missing("discounts[0][coupon]")
    coupon = state.get(ident, "coupon", param="discounts[0][coupon]", status=400)
    if code is not None:
        refusal = why_not(state, code, customer, 10**12, coupon["currency"] or "")
    else:
        refusal = "" if coupon_is_valid(state, coupon) else f"Coupon expired: {ident}"
    if refusal:
        raise Refused(refusal, code="coupon_expired", param="discounts[0]")
    return {"coupon": coupon["id"], "promotion_code": code["id"] if code else None}


def reductions(state: State, coupons: list[str], amount: int) -> list[int]:
    """What each coupon takes off an amount, one after the other, in minor units; never more than there is."""
    taken: list[int] = []
    for ident in coupons:
        coupon, left = state.objects[ident], max(0, amount - sum(taken))
        share = coupon["percent_off"]
        taken.append(round(left * float(share) / 100) if share is not None else min(left, int(coupon["amount_off"])))
    return taken


def spread(off: int, amounts: list[int]) -> list[int]:
    """A reduction over the positive amounts it applies to, exact to the last minor unit."""
    whole, left, shares = sum(amount for amount in amounts if amount > 0), off, []
    rest = whole
    for amount in amounts:
        share = round(left * amount / rest) if amount > 0 and rest else 0
        left, rest = left - share, rest - max(0, amount)
        shares.append(share)
    return shares


def redeem(state: State, used: Json, customer: str | None, **onto: str) -> Json:
    """A coupon put to use on a subscription or a Checkout Session; it and its code count one more redemption."""
    coupon = state.objects[used["coupon"]]
    coupon["times_redeemed"] += 1
    if used["promotion_code"]:
        state.objects[used["promotion_code"]]["times_redeemed"] += 1
    end = None
    if coupon["duration"] == "repeating":
        months = {"interval": "month", "interval_count": coupon["duration_in_months"]}
        end = add_period(state.now(), months, state.now())
    made = blank(
        "discount", id=state.new_id("di"), source={"type": "coupon", "coupon": coupon["id"]}, start=state.now(),
        end=end, promotion_code=used["promotion_code"], customer=customer,
    )  # fmt: skip
    discount = state.put(made | onto)
    if "subscription" in onto:
        emit(state, "customer.discount.created", discount)
    return discount


def drop_ended(state: State, sub: Json) -> None:
    """Discounts whose months are over leave a subscription."""
    _drop(state, sub, {d for d in sub["discounts"] if (end := state.objects[d]["end"]) and end <= state.now()})


def spend(state: State, sub: Json, invoice: Json) -> None:
    """Discounts for one payment leave a subscription once they took something off an invoice."""
    useful = {each["discount"] for each in invoice["total_discount_amounts"] if each["amount"]}
    once = {d for d in useful if state.objects[state.objects[d]["source"]["coupon"]]["duration"] == "once"}
    _drop(state, sub, once)


def _drop(state: State, sub: Json, gone: set[str]) -> None:
    for ident in [each for each in sub["discounts"] if each in gone]:
        sub["discounts"].remove(ident)
        emit(state, "customer.discount.deleted", state.objects[ident])
