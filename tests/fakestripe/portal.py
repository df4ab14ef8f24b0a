"""The Customer Portal: its configuration, its Sessions, and what a customer does there."""

from tests.fakestripe import billing, cards, schedules, subscriptions, switching
from tests.fakestripe.events import emit
from tests.fakestripe.invoices import of_subscription
from tests.fakestripe.money import SUCCESS
from tests.fakestripe.refusals import Refused, illegal, missing
from tests.fakestripe.render import page
from tests.fakestripe.shapes import blank
from tests.fakestripe.state import Json, State, merge_metadata

REASONS = ("too_expensive", "missing_features", "switched_service", "unused", "customer_service", "too_complex",
           "low_quality", "other")  # fmt: skip
MONTHS = {"day": 1 / 30, "week": 7 / 30, "month": 1, "year": 12}


def _fill(default: Json, given: Json) -> Json:
    """`given` over `default`, map by map; an empty text means an empty list or nothing."""
    made = dict(default)
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(made.get(key), dict):
            made[key] = _fill(made[key], value)
        else:
            made[key] = ([] if isinstance(made.get(key), list) else None) if value == "" else value
    return made


def _features(given: Json, before: Json | None = None) -> Json:
    reasons = {"enabled": False, "options": [], "feedback_options": None}
    default = before or {
        "customer_update": {"enabled": False, "allowed_updates": []},
        "invoice_history": {"enabled": False},
        "payment_method_update": {"enabled": False, "payment_method_configuration": None},
        "subscription_cancel": {"enabled": False, "mode": "at_period_end", "proration_behavior": "none",
                                "cancellation_reason": reasons},
        "subscription_pause": {"enabled": False, "duration": {"type": "indefinite", "interval_options": []}},
        "subscription_update": {"enabled": False, "default_allowed_updates": [], "products": None,
                                "proration_behavior": "none", "billing_cycle_anchor": None,
                                "schedule_at_period_end": {"conditions": []},
                                "trial_update_behavior": "end_trial"},
    }  # fmt: skip
    made = _fill(default, given)
    for product in made["subscription_update"]["products"] or []:
        product.setdefault("adjustable_quantity", {"enabled": False, "maximum": None, "minimum": 1})
    return made


def create_configuration(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/billing_portal/configurations. The first one is the default."""
    made = blank(
        "billing_portal.configuration", id=state.new_id("bpc"), active=True, created=state.now(), updated=state.now(),
        default_return_url=params.get("default_return_url"), features=_features(params["features"]), livemode=False,
        is_default=not state.every("billing_portal.configuration"), metadata=params.get("metadata") or {},
        name=params.get("name"),
    )  # fmt: skip
    made["business_profile"] |= params.get("business_profile", {})
    return state.put(made)


def update_configuration(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/billing_portal/configurations/{id}."""
    made = state.get(ident["id"], "billing_portal.configuration")
    made["features"] = _features(params.get("features", {}), made["features"])
    made |= {f: params[f] or None for f in ("default_return_url", "name") if f in params}
    made["active"] = params.get("active", made["active"])
    made["business_profile"] |= params.get("business_profile", {})
    made["updated"] = state.now()
    merge_metadata(made, params)
    return made


def list_configurations(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/billing_portal/configurations by `active` and `is_default`."""
    found = state.every("billing_portal.configuration")
    for field in ("active", "is_default"):
        if field in params:
            found = [each for each in found if each[field] is params[field]]
    return page(state, found, params, "/v1/billing_portal/configurations")


def create_session(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/billing_portal/sessions: the address signs its holder in."""
    customer = state.named(params, "customer", "customer")
    if customer is None:
        raise missing("customer")
    chosen = state.named(params, "configuration", "billing_portal.configuration")
    if chosen is None:
        defaults = [c for c in state.every("billing_portal.configuration") if c["is_default"]]
        if not defaults:
            raise Refused("No configuration provided and your test mode default configuration has not been created.")
        chosen = defaults[0]
    name = state.new_id("bps")
    session = blank(
        "billing_portal.session", id=name, configuration=chosen["id"], created=state.now(), customer=customer["id"],
        livemode=False, locale=params.get("locale"), url=f"{state.url}/p/{name}",
        return_url=params.get("return_url") or chosen["default_return_url"],
    )  # fmt: skip
    state.put(session)
    if "flow_data" in params:
        state.behind(name)["flow"] = params["flow_data"]
    return session


def subscriptions_of(state: State, session: Json) -> list[Json]:
    """The running subscriptions of the customer a Portal Session belongs to, newest first."""
    return subscriptions_of_customer(state, session["customer"])


def subscriptions_of_customer(state: State, customer: str) -> list[Json]:
    """Those that are not over, newest first."""
    return [s for s in state.every("subscription") if s["customer"] == customer and s["status"] not in billing.OVER]


def offers(state: State, session: Json, sub: Json) -> list[Json]:
    """The prices a subscription may be switched to in this Portal."""
    feature = state.objects[session["configuration"]]["features"]["subscription_update"]
    if not feature["enabled"]:
        return []
    idents = [ident for product in feature["products"] or [] for ident in product["prices"]]
    current = sub["items"]["data"][0]["price"]["id"]
    found = [state.objects[ident] for ident in idents if ident in state.objects]
    return [
        price for price in found if price["id"] != current and price["active"] and price["currency"] == sub["currency"]
    ]


def asks_reason(state: State, session: Json) -> list[str]:
    """The reasons this Portal offers when somebody cancels; empty when it does not ask."""
    asked = state.objects[session["configuration"]]["features"]["subscription_cancel"]["cancellation_reason"]
    return list(asked["options"] or REASONS) if asked["enabled"] else []


def cancel(state: State, session: Json, sub: Json, *, reason: str = "", comment: str = "") -> None:
    """*Cancel* in the Portal. At the period's end: `cancel_at` is set and the flag stays false.

    `reason` is one of Stripe's feedback words, `comment` free text; a planned switch is given up.
    """
    if reason and reason not in REASONS:
        raise illegal(f"Invalid feedback: must be one of {', '.join(REASONS)}", "feedback")
    details = {"comment": comment or None, "feedback": reason or None, "reason": "cancellation_requested"}
    sub["cancellation_details"] = details
    schedules.give_up(state, sub)
    if state.objects[session["configuration"]]["features"]["subscription_cancel"]["mode"] == "immediately":
        billing.cancel(state, sub)
        return
    sub |= {"cancel_at": subscriptions.period_end(sub), "cancel_at_period_end": False, "canceled_at": state.now()}
    emit(state, "customer.subscription.updated", sub)


def resume(state: State, sub: Json) -> None:
    """*Don't cancel* in the Portal."""
    sub |= {"cancel_at": None, "cancel_at_period_end": False, "canceled_at": None}
    sub["cancellation_details"] = {"comment": None, "feedback": None, "reason": None}
    emit(state, "customer.subscription.updated", sub)


def keep(state: State, sub: Json) -> None:
    """*Keep current plan* in the Portal: a planned switch is given up."""
    if sub["schedule"]:
        schedules.release(state, {}, {"id": sub["schedule"]})


def is_postponed(state: State, session: Json, sub: Json, price: Json) -> bool:
    """Whether this Portal makes that switch only at the end of the period."""
    feature = state.objects[session["configuration"]]["features"]["subscription_update"]
    conditions = {each["type"] for each in feature["schedule_at_period_end"]["conditions"]}
    old, new = sub["items"]["data"][0]["price"], price
    months = [MONTHS[p["recurring"]["interval"]] * p["recurring"]["interval_count"] for p in (old, new)]
    cheaper = new["unit_amount"] / months[1] < old["unit_amount"] / months[0]
    return ("decreasing_item_amount" in conditions and cheaper) or (
        "shortening_interval" in conditions and months[1] < months[0]
    )


def quote(state: State, session: Json, sub: Json, price: Json) -> int:
    """What this Portal would charge now for a switch, in minor units; 0 where it waits for the period's end."""
    if is_postponed(state, session, sub, price):
        return 0
    feature = state.objects[session["configuration"]]["features"]["subscription_update"]
    if sub["status"] == "trialing" and feature["trial_update_behavior"] != "end_trial":
        return 0
    return switching.quote(state, sub, price, feature["proration_behavior"])


def switch(state: State, session: Json, sub: Json, price: Json, outcome: str | None = None) -> bool:
    """*Switch plan* in the Portal: now and charged, or at the period's end. False if the card was declined.

    `outcome`: what the charge brings, where the patron has answered the bank; None asks the card.
    """
    feature = state.objects[session["configuration"]]["features"]["subscription_update"]
    if is_postponed(state, session, sub, price):
        schedules.plan(state, sub, price)
        return True
    item = sub["items"]["data"][0]
    ends_trial = sub["status"] == "trialing" and feature["trial_update_behavior"] == "end_trial"
    if ends_trial and (outcome or billing.outcome_for(state, sub)) != SUCCESS:
        return False
    try:
        switching.switch(
            state, sub, item, price, item["quantity"], feature["proration_behavior"], "error_if_incomplete", outcome
        )
    except Refused:
        return False
    if ends_trial:
        billing.move_trial_end(state, sub, "now")
    schedules.give_up(state, sub)
    emit(state, "customer.subscription.updated", sub)
    return True


def replace_card(state: State, customer: Json, works: str, expires: str | None = None) -> None:
    """*New card*: what is open is charged again at once if the card works."""
    cards.give(state, customer, works, expires)
    for sub in subscriptions_of_customer(state, customer["id"]):
        for invoice in of_subscription(state, sub) if works == SUCCESS else []:
            if invoice["status"] == "open":
                billing.charge(state, invoice, billing.outcome_for(state, sub))
