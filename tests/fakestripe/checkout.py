"""Checkout Sessions: made by the API, paid on the hosted page. Only paying makes a subscription."""

from typing import Any

from tests.fakestripe import billing, cards, discounts, tax, vouchers
from tests.fakestripe.catalogue import create_price
from tests.fakestripe.customers import create_customer
from tests.fakestripe.events import emit
from tests.fakestripe.invoices import collect
from tests.fakestripe.money import SUCCESS, attempt, intend
from tests.fakestripe.periods import part_of
from tests.fakestripe.refusals import Refused, illegal, missing
from tests.fakestripe.render import page
from tests.fakestripe.shapes import blank, listing
from tests.fakestripe.state import DAY, Json, State

ONLY_IN = {
    "subscription_data": "subscription", "payment_method_collection": "subscription",
    "payment_intent_data": "payment", "customer_creation": "payment", "invoice_creation": "payment",
    "setup_intent_data": "setup",
}  # fmt: skip
COPIED = (
    "allow_promotion_codes", "allowed_payment_method_types", "billing_address_collection", "cancel_url",
    "client_reference_id", "customer_creation", "customer_email", "locale", "payment_method_collection",
    "submit_type", "success_url", "return_url", "excluded_payment_method_types",
)  # fmt: skip


def create_session(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/checkout/sessions for the modes `subscription`, `payment`, and `setup` (a card, no money)."""
    mode = _check(state, params)
    customer = state.named(params, "customer", "customer")
    chosen = [_chosen(state, line, mode, n) for n, line in enumerate(params.get("line_items", []))]
    used = [discounts.read(state, each, params.get("customer")) for each in params.get("discounts", [])]
    now, name = state.now(), state.new_id("cs_test")
    currency = chosen[0][0]["currency"] if chosen else params.get("currency")
    session = blank(
        "checkout.session", id=name, created=now, expires_at=params.get("expires_at", now + DAY), livemode=False,
        mode=mode, status="open", payment_status="unpaid", url=f"{state.url}/c/pay/{name}",
        customer=customer["id"] if customer else None, currency=currency, payment_method_types=["card"],
        metadata=params.get("metadata") or {}, ui_mode=params.get("ui_mode", "hosted_page"),
        customer_details=_details(params.get("customer_email") or (customer or {}).get("email")),
    )  # fmt: skip
    session |= {field: params[field] for field in COPIED if field in params}
    if "adaptive_pricing" in params:
        session["adaptive_pricing"] = params["adaptive_pricing"]
    if tax.wanted(params):
        tax.need_address(customer, params)
        tax.switched(session, on=True, provider="stripe")
    state.put(session, subscription_data=params.get("subscription_data", {}), line_items=[],
              payment_intent_data=params.get("payment_intent_data", {}),
              setup_intent_data=params.get("setup_intent_data", {}))  # fmt: skip
    if mode == "setup":
        session["payment_status"] = "no_payment_required"
    else:
        _price(state, session, chosen, used)
    return session


def _check(state: State, params: Json) -> str:
    mode = params.get("mode")
    hosted = params.get("ui_mode") in (None, "hosted_page")
    for needed in ("mode", "line_items" if mode != "setup" else "", "success_url" if hosted else ""):
        if needed and not params.get(needed):
            raise missing(needed)
    if mode == "setup" and "line_items" in params:
        raise illegal("You can not pass `line_items` in `setup` mode.", "line_items")
    wrong = next((param for param, right in ONLY_IN.items() if param in params and mode != right), None)
    if wrong:
        raise illegal(f"You can not pass `{wrong}` in `{mode}` mode.", wrong)
    for one, other in (("customer", "customer_email"), ("discounts", "allow_promotion_codes")):
        if one in params and other in params:
            raise illegal(f"You may only specify one of these parameters: {one}, {other}.", one)
    billing.check_anchor(state, params.get("subscription_data", {}))
    left = params.get("expires_at", state.now() + DAY) - state.now()
    if not 30 * 60 - 60 <= left <= DAY + 60:
        raise illegal("The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", "expires_at")
    for param in ("success_url", "cancel_url", "return_url"):
        if not params.get(param, "http://").startswith(("http://", "https://")):
            raise Refused("Not a valid URL", code="url_invalid", param=param)
    return str(mode)


def _chosen(state: State, line: Json, mode: str, n: int) -> tuple[Json, int]:
    where = f"line_items[{n}]"
    if ("price" in line) == ("price_data" in line):
        raise illegal("You must specify either `price` or `price_data` when creating a line item.", where)
    if line.get("quantity", 0) < 1:
        raise missing(f"{where}[quantity]")
    if "price" in line:
        price = state.get(line["price"], "price", param=f"{where}[price]", status=400)
        if not price["active"]:
            raise illegal("The price specified is inactive. This field only accepts active prices.", f"{where}[price]")
    else:
        price = create_price(state, {**line["price_data"], "active": False}, {}, quiet=True)
    if mode == "subscription" and not price["recurring"]:
        raise illegal("You must provide at least one recurring price in `subscription` mode.", "mode")
    if mode == "payment" and price["recurring"]:
        raise illegal("You specified `payment` mode but passed a recurring price.", "mode")
    return price, line["quantity"]


def _details(email: str | None, address: Json | None = None) -> Json | None:
    if email is None:
        return None
    return {"email": email, "address": address, "name": None, "phone": None, "tax_exempt": "none", "tax_ids": [],
            "business_name": None, "individual_name": None}  # fmt: skip


def _price(state: State, session: Json, chosen: list[tuple[Json, int]], used: list[Json]) -> None:
    """Put lines, discounts and tax on a Session and add up what is due today."""
    hidden = state.behind(session["id"])
    shares = [_due_today(hidden["subscription_data"], price, quantity, state.now()) for price, quantity in chosen]
    off = sum(discounts.reductions(state, [each["coupon"] for each in used], sum(shares)))
    customer = state.objects.get(session["customer"] or "")
    hidden["line_items"], taxes = [], []
    for (price, quantity), share, less in zip(chosen, shares, discounts.spread(off, shares), strict=True):
        owed = tax.of(state, share - less, price, customer) if session["automatic_tax"]["enabled"] else None
        taxes += [owed] if owed else []
        on_top, in_all = tax.amounts([owed] if owed else [])
        hidden["line_items"].append(blank(
            "item", id=state.new_id("li"), amount_subtotal=share, amount_discount=less, amount_tax=in_all,
            amount_total=share - less + on_top, currency=price["currency"], price=price, quantity=quantity,
            description=state.objects[price["product"]]["name"],
        ))  # fmt: skip
    on_top, in_all = tax.amounts(taxes)
    session["discounts"] = used or None
    session |= {"amount_subtotal": sum(shares), "amount_total": sum(shares) - off + on_top}
    session["total_details"] = {"amount_discount": off, "amount_shipping": 0, "amount_tax": in_all}
    if session["automatic_tax"]["enabled"]:
        session["automatic_tax"]["status"] = "complete"


def _due_today(data: Json, price: Json, quantity: int, now: int) -> int:
    """What a line costs today: nothing in a trial, a part of it where full periods begin later."""
    whole = int(price["unit_amount"]) * quantity
    if data.get("trial_end") or data.get("trial_period_days"):
        return 0
    anchor = data.get("billing_cycle_anchor")
    if anchor is None or not price["recurring"]:
        return whole
    return part_of(whole, price, now, anchor) if data.get("proration_behavior") != "none" else 0


def why_not(state: State, session: Json, code: str) -> str:
    """Why a promotion code typed on this Session's page does not work; empty when it does."""
    if not session["allow_promotion_codes"]:
        return "This code is not valid."
    found = discounts.coded(state, code)
    return vouchers.why_not(state, found, session["customer"], session["amount_subtotal"], session["currency"])


def redeem(state: State, session: Json, code: str) -> bool:
    """The patron types a promotion code on the hosted page; an empty one takes it off again. True if it works."""
    found = discounts.coded(state, code)
    if code and (found is None or why_not(state, session, code)):
        return False
    chosen = [(line["price"], line["quantity"]) for line in state.behind(session["id"])["line_items"]]
    used = [{"coupon": found["promotion"]["coupon"], "promotion_code": found["id"]}] if found else []
    _price(state, session, chosen, used)
    return True


def list_sessions(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/checkout/sessions by customer, status, subscription or payment intent."""
    found = state.every("checkout.session")
    for field in ("customer", "status", "subscription", "payment_intent"):
        if field in params:
            found = [session for session in found if session[field] == params[field]]
    return page(state, found, params, "/v1/checkout/sessions")


def list_lines(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/checkout/sessions/{id}/line_items."""
    session = state.get(ident["id"], "checkout.session")
    return listing(state.behind(session["id"])["line_items"], f"/v1/checkout/sessions/{session['id']}/line_items")


def expire(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/checkout/sessions/{id}/expire: only an open one."""
    session = state.get(ident["id"], "checkout.session")
    if session["status"] != "open":
        raise Refused("Only Checkout Sessions with a status in [\"open\"] can be expired. "
                      f"This Checkout Session has a status of {session['status']}.")  # fmt: skip
    billing.expire_session(state, session)
    return session


def complete(state: State, session: Json, outcome: str = SUCCESS, email: str | None = None) -> bool:
    """The patron acts on the hosted page. `outcome`: `paid`, `processing` (pays later) or `declined`.

    False when the card was declined, or the Session is no longer open; nothing exists then.
    """
    if session["status"] != "open":
        return False
    email = email or (session["customer_details"] or {}).get("email")
    if outcome not in (SUCCESS, "processing"):
        state.behind(session["id"])["declined"] = True
        return False
    session["customer_details"] = _details(email, tax.SOMEWHERE if session["automatic_tax"]["enabled"] else None)
    session |= {"status": "complete", "url": None}
    if session["mode"] == "subscription":
        _subscribe(state, session, outcome, email)
    elif session["mode"] == "setup":
        _set_up(state, session, email)
    else:
        _pay_once(state, session, outcome, email)
    emit(state, "checkout.session.completed", session)
    return True


def _customer(state: State, session: Json, email: str | None) -> Json | None:
    if session["customer"]:
        customer = state.objects[session["customer"]]
        if session["automatic_tax"]["enabled"] and not customer["address"]:
            customer["address"] = dict(tax.SOMEWHERE)  # as typed on the page
        return customer
    if session["mode"] != "subscription" and session["customer_creation"] != "always":
        return None
    customer = create_customer(state, {"email": email} if email else {}, {})
    session["customer"] = customer["id"]
    return customer


def _subscribe(state: State, session: Json, outcome: str, email: str | None) -> None:
    hidden = state.behind(session["id"])
    data: dict[str, Any] = hidden["subscription_data"]
    customer = _customer(state, session, email)
    assert customer is not None
    free = session["amount_total"] == 0
    if not (free and session["payment_method_collection"] == "if_required"):
        cards.give(state, customer, outcome if outcome != "processing" else SUCCESS)
    terms = billing.Terms.asked(
        state, data, discounted=session["discounts"] or [], taxed=session["automatic_tax"]["enabled"]
    )
    wanted = [(line["price"], line["quantity"]) for line in hidden["line_items"]]
    sub = billing.start(state, customer, wanted, terms, outcome=SUCCESS if free else outcome)
    session |= {"subscription": sub["id"], "invoice": sub["latest_invoice"]}
    session["payment_status"] = "no_payment_required" if free else "paid" if outcome == SUCCESS else "unpaid"


def _set_up(state: State, session: Json, email: str | None) -> None:
    """A card is kept for later; making it the default is the site's business."""
    customer = _customer(state, session, email)
    card = cards.issue(state, customer or {"id": None, "email": email}, SUCCESS)
    data = state.behind(session["id"])["setup_intent_data"]
    intent = blank(
        "setup_intent", id=state.new_id("seti"), created=state.now(), customer=card["customer"], livemode=False,
        description=data.get("description"), metadata=data.get("metadata") or {}, payment_method=card["id"],
        payment_method_types=["card"], status="succeeded", usage="off_session",
    )  # fmt: skip
    state.put(intent)
    session["setup_intent"] = intent["id"]
    emit(state, "payment_method.attached", card)
    emit(state, "setup_intent.succeeded", intent)


def _pay_once(state: State, session: Json, outcome: str, email: str | None) -> None:
    data = state.behind(session["id"])["payment_intent_data"]
    customer = _customer(state, session, email)
    for each in session["discounts"] or []:
        discounts.redeem(state, each, customer["id"] if customer else None, checkout_session=session["id"])
    if session["amount_total"] == 0:
        session["payment_status"] = "no_payment_required"
        return
    fields = {key: data[key] for key in ("description", "receipt_email") if key in data}
    intent = intend(state, session["amount_total"], session["currency"], customer["id"] if customer else None,
                    metadata=dict(data.get("metadata", {})), **fields)  # fmt: skip
    known = customer or {"id": None, "email": email}
    intent["payment_method"] = cards.issue(state, {**known, "id": None}, SUCCESS)["id"]
    attempt(state, intent, outcome, email)
    session |= {"payment_intent": intent["id"], "payment_status": "paid" if outcome == SUCCESS else "unpaid"}


def settle(state: State, session: Json, *, succeeds: bool) -> None:
    """What a delayed method brought, days after `complete(…, "processing")`."""
    outcome = SUCCESS if succeeds else "declined"
    if session["mode"] == "subscription":
        invoice = state.objects[session["invoice"]]
        sub = state.objects[session["subscription"]]
        if collect(state, invoice, outcome):
            sub["status"] = "active"
        else:
            sub["status"] = "incomplete_expired"
        emit(state, "customer.subscription.updated", sub)
    else:
        attempt(state, state.objects[session["payment_intent"]], outcome)
    session["payment_status"] = "paid" if succeeds else "unpaid"
    state.behind(session["id"])["settled"] = True
    emit(state, f"checkout.session.async_payment_{'succeeded' if succeeds else 'failed'}", session)
