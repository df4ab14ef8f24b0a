"""Subscription schedules: the Portal's switches that wait for the end of the period.

Two phases: what runs now, to the end of its period, then the other plan. When the second begins the
schedule has done its work and is released.
"""

from tests.fakestripe import billing
from tests.fakestripe.events import emit
from tests.fakestripe.periods import add_period
from tests.fakestripe.refusals import Refused
from tests.fakestripe.render import page, within
from tests.fakestripe.shapes import blank, part
from tests.fakestripe.state import Json, State


def plan(state: State, sub: Json, price: Json) -> Json:
    """Let a subscription have another price from the end of its period on; an earlier plan is replaced."""
    item = sub["items"]["data"][0]
    start, end = item["current_period_start"], item["current_period_end"]
    until = add_period(end, price["recurring"], end)
    phases = [_phase(sub, item["price"], start, end), _phase(sub, price, end, until)]
    schedule = state.objects.get(sub["schedule"] or "")
    if schedule is not None:
        schedule["phases"] = phases
        emit(state, "subscription_schedule.updated", schedule)
        return schedule
    schedule = blank(
        "subscription_schedule", id=state.new_id("sub_sched"), created=state.now(), customer=sub["customer"],
        current_phase={"start_date": start, "end_date": end}, end_behavior="release", livemode=False, metadata={},
        phases=phases, status="active", subscription=sub["id"], billing_mode=sub["billing_mode"],
    )  # fmt: skip
    schedule["default_settings"] |= {"billing_cycle_anchor": "automatic", "collection_method": "charge_automatically"}
    schedule["default_settings"]["invoice_settings"]["issuer"] = {"account": None, "type": "self"}
    state.put(schedule)
    sub["schedule"] = schedule["id"]
    emit(state, "subscription_schedule.created", schedule)
    emit(state, "customer.subscription.updated", sub)
    return schedule


def _phase(sub: Json, price: Json, start: int, end: int) -> Json:
    quantity = sub["items"]["data"][0]["quantity"]
    item = part("subscription_schedule", "phases", "items")
    item |= {"price": price["id"], "plan": price["id"], "quantity": quantity, "metadata": {}, "tax_rates": []}
    phase = part("subscription_schedule", "phases")
    return phase | {
        "currency": sub["currency"], "start_date": start, "end_date": end, "items": [item], "metadata": {},
        "proration_behavior": "none", "default_tax_rates": [],
    }  # fmt: skip


def planned(state: State, sub: Json) -> Json | None:
    """The price a subscription will have from the end of its period on, if that is planned."""
    schedule = state.objects.get(sub["schedule"] or "")
    ahead = [each for each in schedule["phases"] if each["start_date"] > state.now()] if schedule else []
    return state.objects[ahead[0]["items"][0]["price"]] if ahead else None


def take_effect(state: State, sub: Json) -> None:
    """At a renewal: the planned price is the price now, and the schedule lets go."""
    schedule = state.objects.get(sub["schedule"] or "")
    if schedule is None:
        return
    coming = schedule["phases"][-1]
    billing.put_price(state, sub, sub["items"]["data"][0], state.objects[coming["items"][0]["price"]])
    schedule["current_phase"] = {"start_date": coming["start_date"], "end_date": coming["end_date"]}
    emit(state, "subscription_schedule.updated", schedule)
    _let_go(state, schedule, "released")


def give_up(state: State, sub: Json) -> None:
    """What was planned will not happen; the subscription goes on as it is."""
    schedule = state.objects.get(sub["schedule"] or "")
    if schedule is not None:
        _let_go(state, schedule, "released")


def end_with(state: State, sub: Json) -> None:
    """The subscription is over, and its schedule with it."""
    schedule = state.objects.get(sub["schedule"] or "")
    if schedule is not None:
        _let_go(state, schedule, "canceled")


def _let_go(state: State, schedule: Json, status: str) -> None:
    sub = state.objects[schedule["subscription"]]
    sub["schedule"] = None
    schedule |= {"status": status, "current_phase": None}
    if status == "released":
        schedule |= {"released_at": state.now(), "released_subscription": sub["id"], "subscription": None}
    else:
        schedule["canceled_at"] = state.now()
    emit(state, f"subscription_schedule.{status}", schedule)


def release(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/subscription_schedules/{id}/release: the subscription goes on without it."""
    schedule = state.get(ident["id"], "subscription_schedule")
    if schedule["status"] not in ("active", "not_started"):
        raise Refused(f"You cannot release a subscription schedule that is currently in the `{schedule['status']}` "
                      "status.")  # fmt: skip
    sub = state.objects[schedule["subscription"]]
    _let_go(state, schedule, "released")
    emit(state, "customer.subscription.updated", sub)
    return schedule


def list_schedules(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/subscription_schedules by customer and by when they were released, canceled or completed."""
    found = state.every("subscription_schedule")
    if "customer" in params:
        found = [each for each in found if each["customer"] == params["customer"]]
    for field in ("canceled_at", "completed_at", "released_at"):
        if field in params:
            found = [each for each in found if each[field] is not None and within(each[field], params[field])]
    return page(state, found, params, "/v1/subscription_schedules")
