"""The subscription endpoints: list, update (switch, cancel, pause), cancel, resume, preview."""

from tests.fakestripe import billing, cards, discounts, switching, tax
from tests.fakestripe.events import emit
from tests.fakestripe.invoices import draft, finalize
from tests.fakestripe.money import SUCCESS
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
    wanted = [(switching.price_of(state, item), item.get("quantity", 1)) for item in params.get("items", [])]
    if not wanted:
        raise missing("items")
    billing.check_anchor(state, params)
    used = [discounts.read(state, each, customer["id"]) for each in params.get("discounts") or []]
    terms = billing.Terms.asked(state, params, discounted=used, taxed=tax.wanted(params))
    outcome = SUCCESS if terms.trial_end else cards.outcome(state, cards.on_file(state, customer))
    return billing.start(state, customer, wanted, terms, outcome=outcome)


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
    _change_plan(state, sub, params)
    sub |= {field: params[field] for field in PLAIN if field in params}
    _set_ending(state, sub, params)
    if "pause_collection" in params:
        wanted = params["pause_collection"] or None
        sub["pause_collection"] = {"resumes_at": None, **wanted} if wanted else None
    if "trial_end" in params:
        billing.move_trial_end(state, sub, params["trial_end"])
    if "discounts" in params:
        _set_discounts(state, sub, params["discounts"] or [])
    if "automatic_tax" in params:
        tax.switched(sub, on=params["automatic_tax"]["enabled"])
    if "cancellation_details" in params:
        sub["cancellation_details"] = (sub["cancellation_details"] or {"reason": None}) | params["cancellation_details"]
    merge_metadata(sub, params)
    emit(state, "customer.subscription.updated", sub)
    return sub


def _change_plan(state: State, sub: Json, params: Json) -> None:
    ways = params.get("proration_behavior", "create_prorations"), params.get("payment_behavior", "allow_incomplete")
    for item in params.get("items", []):
        switching.change_item(state, sub, item, *ways)
    if params.get("billing_cycle_anchor", {}).get("type") == "now":
        switching.restart(state, sub, ways[0])


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
    billing.begin_period(state, sub)
    sub |= {"status": "active", "status_details": None}
    invoice = draft(state, sub, billing.lines_of(sub), "subscription_update")
    sub["latest_invoice"] = invoice["id"]
    finalize(state, invoice)
    if not billing.charge(state, invoice, billing.outcome_for(state, sub)):
        billing.pause(state, sub, "first_payment_failure")
        return sub
    discounts.spend(state, sub, invoice)
    emit(state, "customer.subscription.resumed", sub)
    return sub


def list_items(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/subscription_items?subscription=…"""
    sub = state.get(params["subscription"], "subscription", param="subscription")
    return listing(sub["items"]["data"], "/v1/subscription_items")
