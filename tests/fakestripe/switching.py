"""Other plans for a running subscription: what a switch costs now, making it, and quoting it beforehand."""

from tests.fakestripe import billing, discounts
from tests.fakestripe.events import emit
from tests.fakestripe.invoices import Line, draft, finalize, void
from tests.fakestripe.money import DECLINE, DECLINES, SUCCESS
from tests.fakestripe.periods import add_period
from tests.fakestripe.refusals import Refused, illegal, missing
from tests.fakestripe.state import Json, State


def price_of(state: State, item: Json) -> Json:
    """The price an entry of `items` names. Raises Refused."""
    price = state.named(item, "price", "price")
    if price is None:
        raise missing("items[0][price]")
    return price


def change_item(state: State, sub: Json, wanted: Json, proration: str, payment: str) -> None:
    """Add an item, drop one, or let one have another price or quantity."""
    items = sub["items"]["data"]
    if "id" not in wanted:
        price = price_of(state, wanted)
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


def _credit(state: State, sub: Json, item: Json) -> Line:
    """What of an item's period is paid for and not used up."""
    left = _left(state, sub, item)
    amount = -round(item["price"]["unit_amount"] * item["quantity"] * left)
    end = item["current_period_end"]
    return Line(item["price"], item["id"], amount, state.now(), end, item["quantity"], proration=True)


def _left(state: State, sub: Json, item: Json) -> float:
    start, end = item["current_period_start"], item["current_period_end"]
    return 0 if sub["status"] == "trialing" else max(0, end - state.now()) / (end - start)


def _rhythm(price: Json) -> tuple[str, int]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def proration_lines(
    state: State, sub: Json, item: Json, price: Json, quantity: int, *, credited: bool = True
) -> tuple[list[Line], Json]:
    """The credit and the charge of a switch made now, and the item's period where another begins with it."""
    now, end = state.now(), item["current_period_end"]
    whole = price["unit_amount"] * quantity
    same = _rhythm(item["price"]) == _rhythm(price)
    until = end if same else add_period(now, price["recurring"], now)
    amount = round(whole * _left(state, sub, item)) if same else whole
    charge = Line(price, item["id"], amount, now, until, quantity, proration=same)
    lines = [_credit(state, sub, item), charge] if credited else [charge]
    return lines, {} if same else {"current_period_start": now, "current_period_end": until}


def switch(
    state: State,
    sub: Json,
    item: Json,
    price: Json,
    quantity: int,
    proration: str,
    payment: str,
    outcome: str | None = None,
) -> None:
    """Another price now. During a trial nothing is due; another rhythm starts a new period and is charged at once.

    `always_invoice` charges the difference, `create_prorations` puts it on the next invoice. When the
    card fails: `error_if_incomplete` refuses, `pending_if_incomplete` waits for the money, else it is owed.
    """  # fmt: skip
    lines, period = proration_lines(state, sub, item, price, quantity, credited=proration != "none")
    is_free = sub["status"] == "trialing"
    if is_free or not (period or proration == "always_invoice"):
        billing.put_price(state, sub, item, price, quantity)
        if proration == "create_prorations" and not is_free:
            state.behind(sub["id"]).setdefault("prorations", []).extend(vars(line) for line in lines)
        return
    outcome = outcome or billing.outcome_for(state, sub)
    invoice = _invoiced(state, sub, lines)
    fails = outcome != SUCCESS and bool(invoice["amount_due"])
    if fails and payment == "error_if_incomplete":
        void(state, invoice)
        raise declined(outcome)
    discounts.spend(state, sub, invoice)
    sub["latest_invoice"] = invoice["id"]
    if fails and payment == "pending_if_incomplete":
        _wait(state, sub, item, price, quantity, invoice, period)
    else:
        put(state, sub, item, price, quantity, period)
    billing.charge(state, invoice, outcome)


def put(state: State, sub: Json, item: Json, price: Json, quantity: int, period: Json) -> None:
    """Let an item have another price, and its new period if one begins."""
    billing.put_price(state, sub, item, price, quantity)
    if period:
        item |= period
        sub["billing_cycle_anchor"] = period["current_period_start"]


def _invoiced(state: State, sub: Json, lines: list[Line]) -> Json:
    invoice = draft(state, sub, lines, "subscription_update")
    emit(state, "invoice.created", invoice)
    finalize(state, invoice)
    return invoice


def declined(outcome: str) -> Refused:
    """The refusal of a charge that brought `outcome`."""
    if outcome == "action":
        return Refused("This payment requires additional user action before it can be completed successfully.",
                       status=402, kind="card_error", code="subscription_payment_intent_requires_action")  # fmt: skip
    code, decline_code, words = DECLINES.get(outcome, ("card_declined", "generic_decline", DECLINE))
    return Refused(words, status=402, kind="card_error", code=code, decline_code=decline_code)


def _wait(
    state: State, sub: Json, item: Json, price: Json, quantity: int, invoice: Json, period: Json
) -> None:  # fmt: skip
    """The switch happens when its invoice is paid, or is forgotten after 23 hours."""
    state.behind(sub["id"])["pending_switch"] = {
        "invoice": invoice["id"], "item": item["id"], "price": price["id"], "quantity": quantity, "period": period,
    }  # fmt: skip
    changed = {**item, "price": price, "quantity": quantity}
    sub["pending_update"] = {"expires_at": state.now() + billing.UNFINISHED, "subscription_items": [changed],
                             "billing_cycle_anchor": None, "trial_end": None, "trial_from_plan": None}  # fmt: skip


def restart(state: State, sub: Json, proration: str) -> None:
    """`billing_cycle_anchor=now`: a whole new period begins, what is left of the old one is given back."""
    items = sub["items"]["data"]
    unused = [_credit(state, sub, item) for item in items] if proration != "none" else []
    billing.begin_period(state, sub)
    invoice = _invoiced(state, sub, unused + billing.lines_of(sub))
    discounts.spend(state, sub, invoice)
    sub["latest_invoice"] = invoice["id"]
    billing.charge(state, invoice, billing.outcome_for(state, sub))


def preview(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/invoices/create_preview: the next invoice, or what a switch would cost now. Keeps nothing."""
    sub = state.named(params, "subscription", "subscription")
    if sub is None:
        raise missing("subscription")
    details = params.get("subscription_details", {})
    proration = details.get("proration_behavior", "create_prorations")
    lines: list[Line] = []
    then = {item["id"]: (item, item["price"], item["quantity"] or 1) for item in sub["items"]["data"]}
    for wanted in details.get("items", []):
        if wanted.get("id") not in then:
            raise Refused(f"No such subscription item: '{wanted.get('id')}'", code="resource_missing",
                          param="subscription_details[items][0][id]")  # fmt: skip
        item, old, count = then[wanted["id"]]
        price, quantity = state.named(wanted, "price", "price") or old, wanted.get("quantity", count)
        then[item["id"]] = (item, price, quantity)
        lines += _difference(state, sub, item, price, quantity, proration)
    if proration != "always_invoice":
        for item, price, quantity in then.values():
            start = item["current_period_end"]
            end = add_period(start, price["recurring"], sub["billing_cycle_anchor"])
            lines.append(Line(price, item["id"], price["unit_amount"] * quantity, start, end, quantity))
    first = sub["items"]["data"][0]
    span = first["current_period_start"], first["current_period_end"]
    return draft(state, sub, lines, "upcoming", span=span, keep=False)


def _difference(state: State, sub: Json, item: Json, price: Json, quantity: int, proration: str) -> list[Line]:
    lines, period = proration_lines(state, sub, item, price, quantity, credited=proration != "none")
    return lines if sub["status"] != "trialing" and (period or proration != "none") else []


def quote(state: State, sub: Json, price: Json, proration: str) -> int:
    """What switching to `price` now would cost at once, tax and discounts counted, in minor units.

    During a trial: what it costs when the switch ends the trial.
    """
    item = sub["items"]["data"][0]
    if sub["status"] == "trialing":
        end = add_period(state.now(), price["recurring"], state.now())
        whole = Line(price, item["id"], price["unit_amount"] * item["quantity"], state.now(), end, item["quantity"])
        return int(draft(state, sub, [whole], "upcoming", keep=False)["amount_due"])
    lines = _difference(state, sub, item, price, item["quantity"], proration)
    period = _rhythm(item["price"]) != _rhythm(price)
    if not lines or not (period or proration == "always_invoice"):
        return 0
    return int(draft(state, sub, lines, "upcoming", keep=False)["amount_due"])
