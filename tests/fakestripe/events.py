"""Events: the log of what happened, as the API lists it and as webhooks carry it."""

import stripe

from tests.fakestripe.contract import faults_of
from tests.fakestripe.refusals import Refused
from tests.fakestripe.render import page, serve
from tests.fakestripe.shapes import blank
from tests.fakestripe.state import DAY, Json, State


def emit(state: State, kind: str, thing: Json) -> Json:
    """Record that `kind` happened to `thing`; it leaves with the batch of the current change."""
    asked = state.in_request or {"id": None, "idempotency_key": None}
    event = blank(
        "event",
        id=state.new_id("evt"),
        created=state.event_time(),
        type=kind,
        api_version=stripe.api_version,
        livemode=False,
        data={"object": serve(state, thing)},
        request=dict(asked),
    )
    state.violations += [f"event {kind}: {fault}" for fault in faults_of(event)]
    state.put(event, pending=[], delivered=False, lost=False)
    state.batch.append(event["id"])
    return event


def list_events(state: State, params: Json, ident: Json) -> Json:
    """GET /v1/events: 30 days back, by type or at most 20 types, delivery, created, both cursors."""
    types = params.get("types") or ([params["type"]] if "type" in params else None)
    if types and len(types) > 20:
        raise Refused("You may pass at most 20 types.", param="types")
    if "types" in params and "type" in params:
        raise Refused("You may only specify one of these parameters: type, types.", param="types")
    since = state.now() - 30 * DAY
    found = [e for e in state.every("event") if e["created"] >= since and (not types or e["type"] in types)]
    if "delivery_success" in params:
        found = [e for e in found if state.behind(e["id"])["delivered"] is params["delivery_success"]]
    return page(state, found, params, "/v1/events")
