"""What the buttons of the control page do; each answers the word of what came of it."""

from datetime import UTC, datetime

from tests.fakestripe import billing, discounts, money
from tests.fakestripe.pages import Visit
from tests.fakestripe.refusals import Refused
from tests.fakestripe.state import Json, State

SLOW = 8.0  # seconds: more than a person waits, less than a job does
CALLS = 3
CODE = "TEA20"
ARRANGE = ("drop", "delay", "duplicate", "shuffle")
TAX_RATES = (0, 7, 20)
CLOSED = ("won", "lost", "warning_closed")


def do(visit: Visit) -> str:
    """Do what was pressed; `nothing` when there was nothing to do that with."""
    fake = visit.fake
    match visit.act:
        case "age":
            fake.age(31 if visit.form.get("days") == "31" else 1)
            return "aged"
        case "fail" | "sca":
            fake.fail_next_renewal("declined" if visit.act == "fail" else "action")
            return visit.act
        case "arrange" if visit.form.get("how") in ARRANGE:
            fake.arrange_next(visit.form["how"])
            return "arranged"
        case "resend" | "resend_all":
            fake.delivery.resend(everything=visit.act == "resend_all")
            return "resent"
        case "tax" if visit.form.get("rate", "") in {str(rate) for rate in TAX_RATES}:
            fake.tax_rate = float(visit.form["rate"])
            return "taxed"
        case "promote":
            return _promote(visit)
        case "down" | "slow" | "well":
            fake.down(CALLS if visit.act == "down" else 0)
            fake.slow(SLOW if visit.act == "slow" else 0)
            return visit.act
        case "expire_card":
            return _expire_card(visit)
        case "orphan":
            return "orphan" if fake.orphan() else "nothing"
    return _money(visit)


def _promote(visit: Visit) -> str:
    """One code to try, the same at every press."""
    if discounts.coded(visit.fake.state, CODE) is None:
        visit.fake.promote(CODE, percent_off=20, duration="repeating", months=3)
    return "promoted"


def _expire_card(visit: Visit) -> str:
    """The card of the newest subscription is good for this month only."""
    state = visit.fake.state
    sub = next((each for each in state.every("subscription") if each["status"] not in billing.OVER), None)
    if sub is None:
        return "nothing"
    visit.fake.set_card(sub["customer"], expires=this_month(state))
    return "expiring"


def this_month(state: State) -> str:
    """The month it is, as cards have it: “2026-12”."""
    return datetime.fromtimestamp(state.now(), UTC).strftime("%Y-%m")


def charge_of(visit: Visit) -> Json | None:
    """The payment a button belongs to, else the last one."""
    paid = [each for each in visit.fake.state.every("charge") if each["status"] == "succeeded"]
    named = visit.form.get("charge")
    return next((each for each in paid if named in (None, "", each["id"])), None)


def _money(visit: Visit) -> str:
    state, charge = visit.fake.state, charge_of(visit)
    dispute = next((d for d in state.every("dispute") if d["status"] not in CLOSED), None)
    refund = next((r for r in state.every("refund") if r["status"] == "succeeded"), None)
    match visit.act:
        case "refund_fails" if refund is not None:
            money.fail_refund(state, refund)
            return "refund_failed"
        case "win" | "lose" if dispute is not None:
            money.move_dispute(state, dispute, "won" if visit.act == "win" else "lost")
            return "closed"
        case "dispute" if charge is not None and not charge["disputed"]:
            money.open_dispute(state, charge)
            return "disputed"
        case "refund" | "refund_half" if charge is not None:
            return _refund(state, charge, half=visit.act == "refund_half")
    return "nothing"


def _refund(state: State, charge: Json, *, half: bool) -> str:
    asked = {"charge": charge["id"]} | ({"amount": max(1, charge["amount"] // 2)} if half else {})
    try:
        money.create_refund(state, asked, {})
    except Refused:
        return "nothing"
    return "refunded_half" if half else "refunded"
