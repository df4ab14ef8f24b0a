"""What becomes of subscriptions as time goes by: renewals, dunning, trials, pauses, endings.

`run_due` does everything that fell due, each thing at its own moment, in order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fakestripe import cards, discounts, schedules, tax
from tests.fakestripe.events import emit
from tests.fakestripe.invoices import Line, collect, draft, finalize, give_up, of_subscription, void
from tests.fakestripe.periods import add_period, part_of
from tests.fakestripe.refusals import illegal
from tests.fakestripe.shapes import blank, listing
from tests.fakestripe.state import DAY, Json, State

OVER = ("canceled", "incomplete_expired")
UNFINISHED = 23 * 3600


def new_item(state: State, sub_id: str, price: Json, quantity: int, start: int, end: int) -> Json:
    """A subscription item; the period lives here and nowhere else."""
    recurring = price["recurring"]
    plan = blank(
        "plan", id=price["id"], active=price["active"], amount=price["unit_amount"], billing_scheme="per_unit",
        amount_decimal=price["unit_amount_decimal"], created=price["created"], currency=price["currency"],
        interval=recurring["interval"], interval_count=recurring["interval_count"], livemode=False, metadata={},
        product=price["product"], usage_type="licensed",
    )  # fmt: skip
    return blank(
        "subscription_item", id=state.new_id("si"), created=state.now(), current_period_start=start,
        current_period_end=end, plan=plan, price=price, quantity=quantity, subscription=sub_id, tax_rates=[],
    )  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """How a subscription begins.

    `discounted`: the coupons and codes in use. `anchor`: when full periods begin; until then a part is
    charged, or nothing unless `prorated`. Moments in seconds since 1970.
    """

    metadata: Json = field(default_factory=dict)
    description: str | None = None
    trial_end: int | None = None
    trial_settings: Json | None = None
    discounted: Sequence[Json] = ()
    taxed: bool = False
    anchor: int | None = None
    prorated: bool = True

    @classmethod
    def asked(cls, state: State, params: Json, **more: Any) -> "Terms":
        """As a request's `subscription_data`, or that of a subscription itself, says."""
        days, anchor = params.get("trial_period_days"), params.get("billing_cycle_anchor")
        if anchor is not None and anchor <= state.now():  # a Session was paid after it
            anchor = None
        return cls(
            metadata=params.get("metadata") or {}, description=params.get("description"),
            trial_end=params.get("trial_end") or (state.now() + days * DAY if days else None),
            trial_settings=params.get("trial_settings"), anchor=anchor,
            prorated=params.get("proration_behavior") != "none", **more,
        )  # fmt: skip


def check_anchor(state: State, params: Json) -> None:
    """Refuse full periods that are to begin in the past."""
    if params.get("billing_cycle_anchor", state.now() + 1) <= state.now():
        raise illegal("billing_cycle_anchor must be a timestamp in the future.", "billing_cycle_anchor")


def start(state: State, customer: Json, wanted: list[tuple[Json, int]], terms: Terms, *, outcome: str) -> Json:
    """A new subscription with its first invoice, charged with `outcome` (nothing is due during a trial)."""
    sub = _begin(state, customer, wanted, terms)
    lines = lines_of(sub, free=terms.trial_end is not None or (terms.anchor is not None and not terms.prorated))
    if terms.anchor is not None:
        lines = [replace(line, amount=part_of(line.amount, line.price, line.start, line.end)) for line in lines]
    invoice = draft(state, sub, lines, "subscription_create")
    sub["latest_invoice"] = invoice["id"]
    emit(state, "invoice.created", invoice)
    finalize(state, invoice)
    if collect(state, invoice, outcome):
        sub["status"] = "trialing" if terms.trial_end else "active"
        discounts.spend(state, sub, invoice)
    emit(state, "customer.subscription.created", sub)
    return sub


def _begin(state: State, customer: Json, wanted: list[tuple[Json, int]], terms: Terms) -> Json:
    now, ident = state.now(), state.new_id("sub")
    end = terms.trial_end or terms.anchor or add_period(now, wanted[0][0]["recurring"], now)
    items = [new_item(state, ident, price, quantity, now, end) for price, quantity in wanted]
    sub = blank(
        "subscription", id=ident, created=now, start_date=now,
        billing_cycle_anchor=terms.anchor or terms.trial_end or now,
        billing_mode={"type": "flexible", "flexible": {"proration_discounts": "included"}},
        collection_method="charge_automatically", currency=wanted[0][0]["currency"], customer=customer["id"],
        description=terms.description, items=listing(items, f"/v1/subscription_items?subscription={ident}"),
        livemode=False, metadata=dict(terms.metadata), status="incomplete", trial_end=terms.trial_end,
        trial_start=now if terms.trial_end else None, trial_settings=_trial_settings(terms.trial_settings),
        default_payment_method=(customer.get("invoice_settings") or {}).get("default_payment_method"),
    )  # fmt: skip
    sub["invoice_settings"]["issuer"] = {"account": None, "type": "self"}
    tax.switched(sub, on=terms.taxed)
    state.put(sub)
    used = [discounts.redeem(state, each, customer["id"], subscription=ident) for each in terms.discounted]
    sub["discounts"] = [each["id"] for each in used]
    return sub


def _trial_settings(given: Json | None) -> Json:
    asked = (given or {}).get("end_behavior", {})
    missing = asked.get("missing_payment_method", "create_invoice")
    return {"end_behavior": {"missing_payment_method": missing, "billing_cycle_anchor": None}}


def lines_of(sub: Json, *, free: bool = False) -> list[Line]:
    """What the current period of a subscription costs, item by item."""
    return [
        Line(
            price=item["price"],
            item=item["id"],
            amount=0 if free else item["price"]["unit_amount"] * (item["quantity"] or 1),
            start=item["current_period_start"],
            end=item["current_period_end"],
            quantity=item["quantity"] or 1,
        )
        for item in sub["items"]["data"]
    ]


def outcome_for(state: State, sub: Json) -> str:
    """What charging this subscription's card now would bring."""
    return cards.outcome(state, cards.on_file(state, state.objects[sub["customer"]], sub))


def due(state: State, sub: Json) -> Iterator[tuple[int, str]]:
    """The moments at which something happens to a subscription, with what."""
    if sub["status"] in OVER:
        return
    item = sub["items"]["data"][0]
    if sub["cancel_at"]:
        yield sub["cancel_at"], "end"
    if sub["pause_collection"] and sub["pause_collection"]["resumes_at"]:
        yield sub["pause_collection"]["resumes_at"], "unpause"
    if sub["pending_update"]:
        yield sub["pending_update"]["expires_at"], "drop_update"
    if sub["status"] == "incomplete":
        yield sub["created"] + UNFINISHED, "expire"
    elif sub["status"] == "trialing":
        yield sub["trial_end"], "end_trial"
        if not state.behind(sub["id"]).get("warned"):
            yield sub["trial_end"] - 3 * DAY, "warn_of_trial_end"
    elif sub["status"] != "paused":
        yield item["current_period_end"], "end" if sub["cancel_at_period_end"] else "renew"


def run_due(state: State, until: int | None = None) -> int:
    """Do all that falls due up to `until` (default: now), each at its moment. Returns how many things."""
    until = state.now() if until is None else until
    done = 0
    while (step := min(_agenda(state), key=lambda each: each[0], default=None)) and step[0] <= until:
        moment, what, thing = step
        with state.at(moment):
            STEPS[what](state, thing)
        done += 1
    return done


def _agenda(state: State) -> Iterator[tuple[int, str, Json]]:
    for sub in state.every("subscription"):
        for moment, what in due(state, sub):
            yield moment, what, sub
    for invoice in state.every("invoice"):
        if invoice["status"] == "open" and invoice["next_payment_attempt"]:
            yield invoice["next_payment_attempt"], "retry", invoice
        if invoice["status"] == "draft" and invoice["automatically_finalizes_at"]:
            yield invoice["automatically_finalizes_at"], "close", invoice
    for session in state.every("checkout.session"):
        if session["status"] == "open":
            yield session["expires_at"], "expire_session", session


def renew(state: State, sub: Json) -> None:
    """The next period begins: the item moves on first, then the invoice is made and charged."""
    failure = state.settings.pop("fail_next_renewal", None)
    if failure:
        cards.spoil(state, state.objects[sub["customer"]], failure)
    schedules.take_effect(state, sub)
    first = sub["items"]["data"][0]
    ended = first["current_period_start"], first["current_period_end"]
    for item in sub["items"]["data"]:
        item["current_period_start"] = item["current_period_end"]
        item["current_period_end"] = add_period(
            item["current_period_start"], item["price"]["recurring"], sub["billing_cycle_anchor"]
        )
    discounts.drop_ended(state, sub)
    extra = [Line(**each) for each in state.behind(sub["id"]).pop("prorations", [])]
    invoice = draft(state, sub, lines_of(sub) + extra, "subscription_cycle", span=ended)
    discounts.spend(state, sub, invoice)
    sub["latest_invoice"] = invoice["id"]
    emit(state, "customer.subscription.updated", sub)
    emit(state, "invoice.created", invoice)
    if wait := state.settings["draft_seconds"]:
        invoice["automatically_finalizes_at"] = state.now() + wait
    else:
        close(state, invoice)


def put_price(state: State, sub: Json, item: Json, price: Json, quantity: int | None = None) -> None:
    """Let an item have another price; its period stays."""
    fresh = new_item(state, sub["id"], price, quantity or item["quantity"], 0, 0)
    item |= {"price": price, "plan": fresh["plan"], "quantity": fresh["quantity"]}


def owner(state: State, invoice: Json) -> Json:
    """The subscription an invoice belongs to."""
    return state.objects[invoice["parent"]["subscription_details"]["subscription"]]


def close(state: State, invoice: Json) -> None:
    """A renewal's draft is finalised and charged, or set aside while collection is paused."""
    sub = owner(state, invoice)
    paused = sub["pause_collection"]
    if paused and paused["behavior"] == "keep_as_draft":
        invoice |= {"auto_advance": False, "automatically_finalizes_at": None}
    elif paused and paused["behavior"] == "void":
        finalize(state, invoice)
        void(state, invoice)
    elif paused:
        finalize(state, invoice)
        give_up(state, invoice)
    else:
        finalize(state, invoice)
        charge(state, invoice, outcome_for(state, sub))


def charge(state: State, invoice: Json, outcome: str) -> bool:
    """Charge an open invoice and let its subscription follow. True if paid."""
    sub = owner(state, invoice)
    before = sub["status"]
    paid = collect(state, invoice, outcome)
    if paid:
        others = [i for i in of_subscription(state, sub) if i["status"] == "open"]
        if sub["status"] in ("past_due", "unpaid", "incomplete") and not others:
            sub["status"] = "active"
        apply_pending(state, sub, invoice)
    elif outcome != "processing" and sub["status"] in ("active", "trialing") and not sub["pending_update"]:
        sub["status"] = "past_due"
    if sub["status"] != before or paid:
        emit(state, "customer.subscription.updated", sub)
    if not paid and invoice["attempt_count"] > 1 and invoice["next_payment_attempt"] is None:
        _end_dunning(state, sub)
    return paid


def apply_pending(state: State, sub: Json, invoice: Json) -> None:
    """A switch that waited for its payment happens now."""
    waiting = state.behind(sub["id"]).get("pending_switch")
    if waiting and waiting["invoice"] == invoice["id"]:
        del state.behind(sub["id"])["pending_switch"]
        sub["pending_update"] = None
        item = next(item for item in sub["items"]["data"] if item["id"] == waiting["item"])
        put_price(state, sub, item, state.objects[waiting["price"]], waiting["quantity"])
        item |= waiting["period"]
        sub["billing_cycle_anchor"] = waiting["period"].get("current_period_start", sub["billing_cycle_anchor"])
        emit(state, "customer.subscription.pending_update_applied", sub)


def _end_dunning(state: State, sub: Json) -> None:
    setting = state.settings["dunning_end"]
    if setting == "cancel":
        cancel(state, sub, reason="payment_failed")
    elif setting == "unpaid":
        sub["status"] = "unpaid"
        emit(state, "customer.subscription.updated", sub)


def cancel(state: State, sub: Json, *, reason: str = "cancellation_requested") -> None:
    """Over now: no further invoice, no further try."""
    sub |= {"status": "canceled", "ended_at": state.now(), "canceled_at": sub["canceled_at"] or state.now()}
    details = sub["cancellation_details"] or {"comment": None, "feedback": None}
    sub["cancellation_details"] = {**details, "reason": details.get("reason") or reason}
    schedules.end_with(state, sub)
    for invoice in of_subscription(state, sub):
        if invoice["status"] in ("open", "draft"):
            invoice |= {"auto_advance": False, "next_payment_attempt": None, "automatically_finalizes_at": None}
    emit(state, "customer.subscription.deleted", sub)


def begin_period(state: State, sub: Json) -> None:
    """Every item's period begins now, and the rhythm counts from now on."""
    now = state.now()
    for item in sub["items"]["data"]:
        end = add_period(now, item["price"]["recurring"], now)
        item |= {"current_period_start": now, "current_period_end": end}
    sub["billing_cycle_anchor"] = now


def move_trial_end(state: State, sub: Json, until: int | str) -> None:
    """The trial ends `until` then, or `now`; nothing is due before."""
    now = state.now()
    sub["trial_end"] = now if until == "now" else until
    if until == "now" and sub["status"] == "trialing":
        for item in sub["items"]["data"]:
            item["current_period_end"] = now
        sub["billing_cycle_anchor"] = now
        _end_trial(state, sub)
    elif until != "now":
        for item in sub["items"]["data"]:
            item["current_period_end"] = until
        sub |= {"status": "trialing", "billing_cycle_anchor": until, "trial_start": sub["trial_start"] or now}


def _end_trial(state: State, sub: Json) -> None:
    if cards.on_file(state, state.objects[sub["customer"]], sub) is None:
        behaviour = sub["trial_settings"]["end_behavior"]["missing_payment_method"]
        if behaviour == "cancel":
            cancel(state, sub, reason="payment_failed")
            return
        if behaviour == "pause":
            pause(state, sub, "trial_end_without_payment_method")
            return
    sub["status"] = "active"
    renew(state, sub)


def _warn_of_trial_end(state: State, sub: Json) -> None:
    state.behind(sub["id"])["warned"] = True
    emit(state, "customer.subscription.trial_will_end", sub)


def pause(state: State, sub: Json, why: str) -> None:
    """The status `paused`: no new period begins until it is resumed."""
    sub["status"] = "paused"
    paused = {"type": "subscription", "transitioned_at": state.now(), "subscription": {"type": why}}
    sub["status_details"] = {"paused": paused}
    emit(state, "customer.subscription.paused", sub)


def _unpause(state: State, sub: Json) -> None:
    sub["pause_collection"] = None
    emit(state, "customer.subscription.updated", sub)


def _drop_update(state: State, sub: Json) -> None:
    waiting = state.behind(sub["id"]).pop("pending_switch")
    sub["pending_update"] = None
    void(state, state.objects[waiting["invoice"]])
    emit(state, "customer.subscription.pending_update_expired", sub)


def _expire(state: State, sub: Json) -> None:
    sub["status"] = "incomplete_expired"
    for invoice in of_subscription(state, sub):
        if invoice["status"] == "open":
            void(state, invoice)
    emit(state, "customer.subscription.updated", sub)


def _retry(state: State, invoice: Json) -> None:
    charge(state, invoice, outcome_for(state, owner(state, invoice)))


def expire_session(state: State, session: Json) -> None:
    """An open Checkout Session can no longer be paid."""
    session |= {"status": "expired", "url": None}
    emit(state, "checkout.session.expired", session)


STEPS = {
    "renew": renew,
    "end": cancel,
    "end_trial": _end_trial,
    "warn_of_trial_end": _warn_of_trial_end,
    "unpause": _unpause,
    "drop_update": _drop_update,
    "expire": _expire,
    "retry": _retry,
    "close": close,
    "expire_session": expire_session,
}
