"""Whether a coupon or a promotion code may be used now, and if not, in which words the patron hears it."""

from tests.fakestripe.state import Json, State


def coupon_is_valid(state: State, coupon: Json) -> bool:
    """Neither used up nor past its day."""
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    past = coupon["redeem_by"] is not None and coupon["redeem_by"] <= state.now()
    return not used_up and not past


def code_is_active(state: State, code: Json) -> bool:
    """Switched on, neither used up nor past its day, and its coupon valid too."""
    used_up = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    past = code["expires_at"] is not None and code["expires_at"] <= state.now()
    coupon = state.objects[code["promotion"]["coupon"]]
    return bool(code["active"]) and not used_up and not past and coupon_is_valid(state, coupon)


def why_not(state: State, code: Json | None, customer: str | None, amount: int, currency: str) -> str:
    """Why a code cannot be used for `amount` (minor units) by a customer; empty when it can."""
    if code is None or not code["active"]:
        return "This code is not valid."
    coupon = state.objects[code["promotion"]["coupon"]]
    if any(m is not None and m <= state.now() for m in (code["expires_at"], coupon["redeem_by"])):
        return "This code has expired."
    if not code_is_active(state, code):
        return "This code has been used as often as it may be."
    if code["customer"] and code["customer"] != customer:
        return "This code is for somebody else."
    if coupon["currency"] and coupon["currency"] != currency:
        return f"This code cannot be used in {currency.upper()}."
    wanted = code["restrictions"]
    if wanted["minimum_amount"] and amount < wanted["minimum_amount"]:
        return "This code is for larger amounts."
    if wanted["first_time_transaction"] and customer and has_paid(state, customer):
        return "This code is for first payments only."
    return ""


def has_paid(state: State, customer: str) -> bool:
    """Whether money of this customer ever arrived."""
    return any(c["customer"] == customer and c["status"] == "succeeded" for c in state.every("charge"))
