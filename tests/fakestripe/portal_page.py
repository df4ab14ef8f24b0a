"""`/p/<session>`: the Customer Portal: plan, ending, card, invoices."""

from html import escape

from tests.fakestripe import billing, cards, portal, schedules, subscriptions
from tests.fakestripe.money import SUCCESS
from tests.fakestripe.pages import Page, Visit, amount, button, day, note, origin_of, page, per, see_other, table
from tests.fakestripe.state import Json, State

CARDS = {"paid": "that works", "declined": "without money", "action": "that asks the bank first"}
NOTES = {
    "canceled": "The subscription is cancelled.",
    "resumed": "The subscription goes on.",
    "switched": "The plan was switched.",
    "planned": "The plan is switched at the end of the period.",
    "kept": "The plan stays as it is.",
    "declined": "Your card was declined; the plan stays as it was.",
    "card": "The card was replaced.",
}
PROBLEMS = ("declined",)
REASONS = {
    "too_expensive": "It is too expensive",
    "missing_features": "I miss something",
    "switched_service": "I go elsewhere",
    "unused": "I do not use it enough",
    "customer_service": "The service could be better",
    "too_complex": "It is too complicated",
    "low_quality": "The quality could be better",
    "other": "Another reason",
}


def show(visit: Visit) -> Page:
    """Everything the customer may do, as the configuration allows; with `price`: the switch, to be confirmed."""
    session = visit.fake.state.get(visit.ident, "billing_portal.session")
    sub, price = _chosen(visit, session)
    if sub is not None and price is not None:
        return _confirm(visit, session, sub, price)
    customer = visit.fake.state.objects[session["customer"]]
    said = visit.form.get("said", "")
    parts = [note(NOTES[said], "problem" if said in PROBLEMS else "note")] if said in NOTES else []
    if customer.get("email"):
        parts.append(f"<p>For <strong>{escape(customer['email'])}</strong></p>")
    running = portal.subscriptions_of(visit.fake.state, session)
    parts += [_subscription(visit, session, sub) for sub in running]
    if not running:
        parts.append("<p>There is no running subscription.</p>")
    features = visit.fake.state.objects[session["configuration"]]["features"]
    if features["payment_method_update"]["enabled"]:
        parts.append(_cards(visit, session))
    if features["invoice_history"]["enabled"]:
        parts.append(_invoices(visit, session))
    if session["return_url"]:
        parts.append(f'<p class="back"><a href="{escape(session["return_url"])}">Back to site</a></p>')
    return _page(session, "Your subscription", "\n".join(parts))


def _page(session: Json, title: str, main: str) -> Page:
    return page(title, main, back_to=(origin_of(session["return_url"]),))


def in_words(visit: Visit, sub: Json) -> str:
    """The state of a subscription in one sentence."""
    ends = sub["cancel_at"] or (subscriptions.period_end(sub) if sub["cancel_at_period_end"] else None)
    if sub["status"] == "canceled":
        return f"Ended on {day(sub['ended_at'])}."
    if ends:
        return f"Ends on {day(ends)}."
    if sub["status"] == "past_due":
        return "The last payment failed."
    if sub["status"] == "trialing":
        return f"Free until {day(sub['trial_end'])}."
    if sub["pause_collection"]:
        return f"Paused, resumes on {day(sub['pause_collection']['resumes_at'])}."
    if sub["status"] != "active":
        return f"Status: {sub['status'].replace('_', ' ')}."
    ends = subscriptions.period_end(sub)
    coming = schedules.planned(visit.fake.state, sub)
    if coming:
        return f"Changes to {_named(visit.fake.state, coming)} on {day(ends)}."
    return f"Renews on {day(ends)}."


def _named(state: State, price: Json) -> str:
    return f"{state.objects[price['product']]['name']}, {per(price)}"


def _subscription(visit: Visit, session: Json, sub: Json) -> str:
    state = visit.fake.state
    price = sub["items"]["data"][0]["price"]
    name = state.objects[price["product"]]["name"]
    parts = [f"<section><h2>{escape(name)}</h2><p>{escape(per(price))}. {escape(in_words(visit, sub))}</p>"]
    coupons = [state.objects[state.objects[ident]["source"]["coupon"]] for ident in sub["discounts"]]
    parts += [f"<p>Discount: {escape(_off(coupon))}.</p>" for coupon in coupons]
    if sub["schedule"]:
        parts.append(button("Keep current plan", "keep", sub=sub["id"]))
    choices = portal.offers(state, session, sub)
    if choices and not (sub["cancel_at"] or sub["cancel_at_period_end"]):
        parts.append(_plans(visit, session, sub, choices))
    parts.append(_ending(visit, session, sub))
    return "\n".join(parts) + "</section>"


def _off(coupon: Json) -> str:
    """A coupon's terms: “20 % for 3 months”."""
    share = coupon["percent_off"]
    off = f"{share:g} %" if share is not None else amount(coupon["amount_off"], coupon["currency"])
    months = coupon["duration_in_months"]
    return off + {"once": " once", "forever": " for good"}.get(coupon["duration"], f" for {months} months")


def _plans(visit: Visit, session: Json, sub: Json, choices: list[Json]) -> str:
    parts = ['<form method="get" class="switch"><fieldset><legend>Another plan</legend>']
    for n, offer in enumerate(choices):
        later = portal.is_postponed(visit.fake.state, session, sub, offer)
        when = "at the end of the period" if later else "now"
        parts.append(
            f'<label><input type="radio" name="price" value="{offer["id"]}"{" checked" if n == 0 else ""}> '
            f"{escape(_named(visit.fake.state, offer))} <small>({when})</small></label>"
        )
    parts.append(f'</fieldset><input type="hidden" name="sub" value="{sub["id"]}">')
    parts.append("<button>Switch plan</button></form>")
    return "\n".join(parts)


def _ending(visit: Visit, session: Json, sub: Json) -> str:
    """*Cancel*, which names the last day and may ask why; or *Resume*."""
    if sub["cancel_at"] or sub["cancel_at_period_end"]:
        return button("Resume subscription", "resume", kind="main", sub=sub["id"])
    feature = visit.fake.state.objects[session["configuration"]]["features"]["subscription_cancel"]
    if not feature["enabled"]:
        return ""
    last = "It ends at once." if feature["mode"] == "immediately" else f"It goes on until {day(_last_day(sub))}."
    asked = portal.asks_reason(visit.fake.state, session)
    why = ""
    if asked:
        options = "".join(f'<option value="{word}">{escape(REASONS[word])}</option>' for word in asked)
        why = (
            f'<p><label for="reason-{sub["id"]}">Why do you leave? (You need not say.)</label>'
            f'<select id="reason-{sub["id"]}" name="reason"><option value="">No answer</option>{options}</select></p>'
            f'<p><label for="comment-{sub["id"]}">Anything else</label>'
            f'<textarea id="comment-{sub["id"]}" name="comment" rows="2" maxlength="500"></textarea></p>'
        )
    return (
        f'<form method="post" class="leave">{why}<input type="hidden" name="sub" value="{sub["id"]}">'
        f'<p class="hint">{last}</p>'
        '<button name="act" value="cancel" class="danger">Cancel subscription</button></form>'
    )


def _last_day(sub: Json) -> int:
    return int(sub["trial_end"]) if sub["status"] == "trialing" else subscriptions.period_end(sub)


def _chosen(visit: Visit, session: Json) -> tuple[Json | None, Json | None]:
    """The subscription and, if one was chosen, the plan a visit is about; only what this Portal offers."""
    state = visit.fake.state
    running = portal.subscriptions_of(state, session)
    sub = next((each for each in running if each["id"] == visit.form.get("sub")), None)
    offered = portal.offers(state, session, sub) if sub else []
    return sub, next((each for each in offered if each["id"] == visit.form.get("price")), None)


def _confirm(visit: Visit, session: Json, sub: Json, price: Json) -> Page:
    """What a switch costs now and what then, before anything is charged."""
    state, ends = visit.fake.state, subscriptions.period_end(sub)
    old = sub["items"]["data"][0]["price"]
    if portal.is_postponed(state, session, sub, price):
        words = f"You keep {_named(state, old)} until {day(ends)}. From then on: {_named(state, price)}."
        due = "Nothing to pay today"
    else:
        words = f"From now on: {_named(state, price)}. What is left of your present plan is counted in."
        due = f"To pay today: {amount(portal.quote(state, session, sub, price), sub['currency'])}"
    main = f"""<p>{escape(words)}</p>
<p class="due"><strong>{due}</strong></p>
<div class="choices">{button("Confirm", "switch", kind="main", sub=sub["id"], price=price["id"])}</div>
<p class="back"><a href="/p/{session["id"]}">Back</a></p>"""
    return _page(session, "Switch plan", main)


def _ask_bank(session: Json, sub: Json, price: Json) -> Page:
    same = {"sub": sub["id"], "price": price["id"]}
    buttons = button("Succeed", "switch", kind="main", bank="yes", **same) + button("Fail", "switch", bank="no", **same)
    words = "<p>Your bank wants to know that it is you. What do you answer?</p>"
    return _page(session, "3-D Secure", f'{words}<div class="choices">{buttons}</div>')


def _cards(visit: Visit, session: Json) -> str:
    state = visit.fake.state
    card = cards.on_file(state, state.objects[session["customer"]])
    now = f"On file: {card_in_words(state, card)}." if card else "There is no card on file."
    buttons = "".join(button(f"New card {words}", "card", works=kind) for kind, words in CARDS.items())
    return f'<section><h2>Card</h2><p>{now}</p><div class="choices">{buttons}</div></section>'


def card_in_words(state: State, card: Json) -> str:
    """Brand, last digits, date and what it does: “Visa ending in 4242, good until 11/2030, a card that works”."""
    seen = card["card"]
    until = f"{seen['exp_month']:02d}/{seen['exp_year']}"
    does = CARDS.get(cards.outcome(state, card), "that has expired")
    return f"{seen['brand'].title()} ending in {seen['last4']}, good until {until}, a card {does}"


def _invoices(visit: Visit, session: Json) -> str:
    found = [i for i in visit.fake.state.every("invoice") if i["customer"] == session["customer"]]
    rows = [
        (day(each["created"]), f'<a href="/i/{each["id"]}">{escape(each["number"] or "Draft")}</a>',
         amount(each["total"], each["currency"]), each["status"])
        for each in found
    ]  # fmt: skip
    return table("Invoices", ("Date", "Number", "Amount", "Status"), rows)


def press(visit: Visit) -> Page:
    """A button was pressed: do it and show the page again."""
    state = visit.fake.state
    session = state.get(visit.ident, "billing_portal.session")
    sub, price = _chosen(visit, session)
    if visit.act == "switch" and sub is not None and price is not None and "bank" not in visit.form:
        asks = portal.quote(state, session, sub, price) and billing.outcome_for(state, sub) == "action"
        if asks:
            return _ask_bank(session, sub, price)
    said = _do(visit, session, sub, price)
    flow = state.behind(session["id"]).get("flow", {}).get("after_completion", {})
    if said and said not in PROBLEMS and flow.get("type") == "redirect":
        return see_other(flow["redirect"]["return_url"])
    return see_other(f"/p/{session['id']}" + (f"?said={said}" if said else ""))


def _do(visit: Visit, session: Json, sub: Json | None, price: Json | None) -> str:
    """Do what was pressed; the word for what came of it, empty when nothing did."""
    state, form = visit.fake.state, visit.form
    if visit.act == "card" and form.get("works") in CARDS:
        portal.replace_card(state, state.objects[session["customer"]], form["works"])
        return "card"
    if sub is None:
        return ""
    match visit.act:
        case "cancel":
            portal.cancel(state, session, sub, reason=form.get("reason", ""), comment=form.get("comment", "").strip())
            return "canceled"
        case "resume":
            portal.resume(state, sub)
            return "resumed"
        case "keep":
            portal.keep(state, sub)
            return "kept"
        case "switch" if price is not None:
            return _switch(visit, session, sub, price)
    return ""


def _switch(visit: Visit, session: Json, sub: Json, price: Json) -> str:
    state = visit.fake.state
    later = portal.is_postponed(state, session, sub, price)
    answered = {"yes": SUCCESS, "no": "declined"}.get(visit.form.get("bank", ""))
    if not portal.switch(state, session, sub, price, answered):
        return "declined"
    return "planned" if later else "switched"
