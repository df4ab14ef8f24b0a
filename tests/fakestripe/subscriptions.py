"""The subscription endpoints: list, update (switch, cancel, pause), cancel, resume, preview."""

from tests.fakestripe import billing, cards, discounts, tax
from tests.fakestripe.events import emit
from tests.fakestripe.invoices import Line, draft, finalize, void
from tests.fakestripe.money import DECLINE, SUCCESS
from tests.fakestripe.periods import add_period
from tests.fakestripe.refusals import Refused, illegal, missing
from tests.fakestripe.render import page, within
from tests.fakestripe.shapes import listing
from tests.fakestripe.state import Json, State, merge_metadata

PLAIN = ("description", "default_payment_method", "cancel_at_period_end", "trial_settings", "collection_method")


def create_subscription(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/subscriptions: as the dashboard makes them; without a card that works: `incomplete`."""
    customer = state.named(params, "customer", "customer")
    if customer is None:
        raise missing("customer")
    wanted = [(_price_of(state, item), item.get("quantity", 1)) for item in params.get("items", [])]
    if not wanted:
        raise missing("items")
    used = [discounts.read(state, each, customer["id"]) for each in params.get("discounts") or []]
    terms = billing.Terms.asked(state, params, discounted=used, taxed=tax.wanted(params))
    outcome = SUCCESS if terms.trial_end else cards.outcome(state, cards.on_file(state, customer))
    return billing.start(state, customer, wanted, terms, outcome=outcome)


def _price_of(state: State, item: Json) -> Json:
    price = state.named(item, "price", "price")
    if price is None:
        raise missing("items[0][price]")
    return price


def list_subscriptions(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/subscriptions: without `status` the canceled are left out; `all` and `ended` as Stripe has them."""
    status = params.get("status")
    found = state.every("subscription")
    if status is None:
        found = [sub for sub in found if sub["status"] != "canceled"]
    elif status == "ended":
        found = [sub for sub in found if sub["status"] in billing.OVER]
    elif status != "all":
        found = [sub for sub in found if sub["status"] == status]
    if "customer" in params:
        found = [sub for sub in found if sub["customer"] == params["customer"]]
    if "price" in params:
        found = [sub for sub in found if any(i["price"]["id"] == params["price"] for i in sub["items"]["data"])]
    for field in ("current_period_start", "current_period_end"):
        if field in params:
            found = [sub for sub in found if within(sub["items"]["data"][0][field], params[field])]
    return page(state, found, params, "/v1/subscriptions")


def update_subscription(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/subscriptions/{id}: everything but what Stripe refuses on an ended one."""
    sub = state.get(ident["id"], "subscription")
    if sub["status"] in billing.OVER and set(params) - {"metadata", "cancellation_details", "expand"}:
        raise Refused("A canceled subscription can only update its cancellation_details and metadata.",
                      code="resource_missing")  # fmt: skip
    if "cancel_at" in params and "cancel_at_period_end" in params:
        raise illegal("You may only specify one of these parameters: cancel_at, cancel_at_period_end.", "cancel_at")
    if sub["schedule"] and {"cancel_at", "cancel_at_period_end"} & set(params):
        raise Refused(
            f"The subscription is managed by the subscription schedule `{sub['schedule']}`, and updating any "
            "cancelation behavior directly is not allowed. Please update the schedule instead."
        )
    for item in params.get("items", []):
        change_item(state, sub, item, params.get("proration_behavior", "create_prorations"),
                    params.get("payment_behavior", "allow_incomplete"))  # fmt: skip
    sub |= {field: params[field] for field in PLAIN if field in params}
    _set_ending(state, sub, params)
    if "pause_collection" in params:
        wanted = params["pause_collection"] or None
        sub["pause_collection"] = {"resumes_at": None, **wanted} if wanted else None
    if "trial_end" in params:
        sub["trial_end"] = state.now() if params["trial_end"] == "now" else params["trial_end"]
    if "discounts" in params:
        _set_discounts(state, sub, params["discounts"] or [])
    if "automatic_tax" in params:
        tax.switched(sub, on=params["automatic_tax"]["enabled"])
    if "cancellation_details" in params:
        sub["cancellation_details"] = (sub["cancellation_details"] or {"reason": None}) | params["cancellation_details"]
    merge_metadata(sub, params)
    emit(state, "customer.subscription.updated", sub)
    return sub


def _set_discounts(state: State, sub: Json, wanted: list[Json]) -> None:
    """The discounts a subscription has from now on: those named by id stay, coupons and codes are redeemed."""
    kept = [each["discount"] for each in wanted if each.get("discount") in sub["discounts"]]
    read = [discounts.read(state, each, sub["customer"]) for each in wanted if "discount" not in each]
    fresh = [discounts.redeem(state, each, sub["customer"], subscription=sub["id"])["id"] for each in read]
    sub["discounts"] = kept + fresh


def _set_ending(state: State, sub: Json, params: Json) -> None:
    if "cancel_at_period_end" in params:
        _mark_ending(state, sub, params["cancel_at_period_end"])
        if not params["cancel_at_period_end"]:
            sub["cancel_at"] = None
    if "cancel_at" in params:
        ends = params["cancel_at"] or None
        sub["cancel_at"] = period_end(sub) if ends in ("min_period_end", "max_period_end") else ends
        _mark_ending(state, sub, ends is not None)


def _mark_ending(state: State, sub: Json, ending: bool) -> None:
    sub["canceled_at"] = state.now() if ending else None
    reason = "cancellation_requested" if ending else None
    sub["cancellation_details"] = {"comment": None, "feedback": None, "reason": reason}


def period_end(sub: Json) -> int:
    """The end of the current period, which only items know."""
    return int(sub["items"]["data"][0]["current_period_end"])


def change_item(state: State, sub: Json, wanted: Json, proration: str, payment: str) -> None:
    """Add an item, drop one, or let one have another price or quantity."""
    items = sub["items"]["data"]
    if "id" not in wanted:
        price = _price_of(state, wanted)
        if any(item["price"]["id"] == price["id"] for item in items):
            raise illegal(
                f"An existing Subscription Item is already using that Price {price['id']}.", "items[0][price]"
            )
        first = items[0]
        items.append(billing.new_item(state, sub["id"], price, wanted.get("quantity", 1), first["current_period_start"],
                                      first["current_period_end"]))  # fmt: skip
        return
    item = next((each for each in items if each["id"] == wanted["id"]), None)
    if item is None:
        raise Refused(f"No such subscription item: '{wanted['id']}'", code="resource_missing", param="items[0][id]")
    if wanted.get("deleted"):
        items.remove(item)
        return
    price = state.named(wanted, "price", "price") or item["price"]
    switch(state, sub, item, price, wanted.get("quantity", item["quantity"]), proration, payment)


def proration_lines(state: State, sub: Json, item: Json, price: Json, quantity: int) -> tuple[list[Line], Json]:
    """The credit and the charge of a switch made now, and the item's period afterwards."""
    now = state.now()
    start, end = item["current_period_start"], item["current_period_end"]
    left = 0 if sub["status"] == "trialing" else (end - now) / (end - start)
    old, new = item["price"], price
    same = (old["recurring"]["interval"], old["recurring"]["interval_count"]) == (
        new["recurring"]["interval"], new["recurring"]["interval_count"])  # fmt: skip
    credit = -round(old["unit_amount"] * item["quantity"] * left)
    until = end if same else add_period(now, new["recurring"], now)
    charge = round(new["unit_amount"] * quantity * left) if same else new["unit_amount"] * quantity
    lines = [
        Line(price=old, item=item["id"], amount=credit, start=now, end=end, quantity=item["quantity"], proration=True),
        Line(price=new, item=item["id"], amount=charge, start=now, end=until, quantity=quantity, proration=same),
    ]
    return lines, {} if same else {"current_period_start": now, "current_period_end": until}


def switch(state: State, sub: Json, item: Json, price: Json, quantity: int, proration: str, payment: str) -> None:
    """Another price now; `always_invoice` charges the difference, `pending_if_incomplete` waits for that money."""
    lines, period = proration_lines(state, sub, item, price, quantity)
    charged = proration == "always_invoice" or bool(period)
    if not charged or proration == "none":
        billing.put_price(state, sub, item, price, quantity)
        item |= period
        if proration == "create_prorations":
            state.behind(sub["id"]).setdefault("prorations", []).extend(vars(line) for line in lines)
        return
    invoice = draft(state, sub, lines, "subscription_update")
    emit(state, "invoice.created", invoice)
    finalize(state, invoice)
    outcome = billing.outcome_for(state, sub)
    if outcome != SUCCESS and payment == "error_if_incomplete" and invoice["amount_due"]:
        void(state, invoice)
        raise Refused(DECLINE, status=402, kind="card_error", code="card_declined", decline_code="generic_decline")
    sub["latest_invoice"] = invoice["id"]
    waiting = {
        "invoice": invoice["id"],
        "item": item["id"],
        "price": price["id"],
        "quantity": quantity,
        "period": period,
    }
    if outcome != SUCCESS and payment == "pending_if_incomplete" and invoice["amount_due"]:
        state.behind(sub["id"])["pending_switch"] = waiting
        changed = {**item, "price": price, "quantity": quantity}
        sub["pending_update"] = {"expires_at": state.now() + billing.UNFINISHED, "subscription_items": [changed],
                                 "billing_cycle_anchor": None, "trial_end": None, "trial_from_plan": None}  # fmt: skip
    else:
        billing.put_price(state, sub, item, price, quantity)
        item |= period
    billing.charge(state, invoice, outcome)


def cancel_subscription(state: State, params: Json, ident: Json) -> Json:
    """DELETE /v1/subscriptions/{id}: over at once."""
    sub = state.get(ident["id"], "subscription")
    if sub["status"] in billing.OVER:
        raise Refused(f"No such subscription: '{sub['id']}'", status=404, code="resource_missing", param="id")
    sub["cancellation_details"] = {"comment": None, "feedback": None, "reason": "cancellation_requested"} | params.get(
        "cancellation_details", {}
    )
    billing.cancel(state, sub)
    return sub


def resume_subscription(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/subscriptions/{id}/resume: a `paused` one starts a new period, if its card pays."""
    sub = state.get(ident["id"], "subscription")
    if sub["status"] != "paused":
        raise Refused("Only subscriptions with status `paused` can be resumed.", param="status")
    now = state.now()
    for item in sub["items"]["data"]:
        item |= {"current_period_start": now,
                 "current_period_end": add_period(now, item["price"]["recurring"], now)}  # fmt: skip
    sub |= {"status": "active", "billing_cycle_anchor": now, "status_details": None}
    invoice = draft(state, sub, billing.lines_of(sub), "subscription_update")
    sub["latest_invoice"] = invoice["id"]
    finalize(state, invoice)
    if not billing.charge(state, invoice, billing.outcome_for(state, sub)):
        billing.pause(state, sub, "first_payment_failure")
        return sub
    emit(state, "customer.subscription.resumed", sub)
    return sub


def preview(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/invoices/create_preview: the next invoice, or what a switch would cost now."""
    sub = state.named(params, "subscription", "subscription")
    if sub is None:
        raise missing("subscription")
    details = params.get("subscription_details", {})
    lines: list[Line] = []
    for wanted in details.get("items", []):
        item = next((each for each in sub["items"]["data"] if each["id"] == wanted.get("id")), None)
        price = state.named(wanted, "price", "price")
        if item is not None and price is not None:
            lines += proration_lines(state, sub, item, price, wanted.get("quantity", item["quantity"]))[0]
    if details.get("proration_behavior") != "always_invoice":
        for item, line in zip(sub["items"]["data"], billing.lines_of(sub), strict=True):
            end = add_period(line.end, item["price"]["recurring"], sub["billing_cycle_anchor"])
            lines.append(Line(line.price, line.item, line.amount, line.end, end, line.quantity))
    first = sub["items"]["data"][0]
    span = first["current_period_start"], first["current_period_end"]
    return draft(state, sub, lines, "upcoming", span=span, keep=False)


def list_items(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/subscription_items?subscription=…"""
    sub = state.get(params["subscription"], "subscription", param="subscription")
    return listing(sub["items"]["data"], "/v1/subscription_items")
