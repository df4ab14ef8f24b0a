"""`/p/<session>`: the Customer Portal: plan, ending, card, invoices."""

from html import escape

from tests.fakestripe import cards, portal, schedules, subscriptions
from tests.fakestripe.pages import Page, Visit, amount, button, day, note, origin_of, page, per, see_other
from tests.fakestripe.state import Json, State

CARDS = {"paid": "that works", "declined": "without money", "action": "that asks the bank first"}
NOTES = {
    "canceled": "The subscription ends at the end of the period.",
    "resumed": "The subscription goes on.",
    "switched": "The plan was switched.",
    "planned": "The plan is switched at the end of the period.",
    "declined": "Your card was declined; the plan stays as it was.",
    "card": "The card was replaced.",
}
PROBLEMS = ("declined",)


def show(visit: Visit) -> Page:
    """Everything the customer may do, as the Portal's configuration allows."""
    session = visit.fake.state.get(visit.ident, "billing_portal.session")
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
    return page("Your subscription", "\n".join(parts), back_to=(origin_of(session["return_url"]),))


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
        name = visit.fake.state.objects[coming["product"]]["name"]
        return f"Changes to {name}, {per(coming)}, on {day(ends)}."
    return f"Renews on {day(ends)}."


def _subscription(visit: Visit, session: Json, sub: Json) -> str:
    price = sub["items"]["data"][0]["price"]
    name = visit.fake.state.objects[price["product"]]["name"]
    parts = [f"<section><h2>{escape(name)}</h2><p>{escape(per(price))}. {escape(in_words(visit, sub))}</p>"]
    choices = portal.offers(visit.fake.state, session, sub)
    if choices:
        parts.append('<form method="post" class="switch"><fieldset><legend>Switch plan</legend>')
        for n, offer in enumerate(choices):
            label = f"{visit.fake.state.objects[offer['product']]['name']}, {per(offer)}"
            later = portal.is_postponed(visit.fake.state, session, sub, offer)
            when = "at the end of the period" if later else "now, the difference is charged"
            parts.append(
                f'<label><input type="radio" name="price" value="{offer["id"]}"{" checked" if n == 0 else ""}> '
                f"{escape(label)} <small>({when})</small></label>"
            )
        parts.append(f'</fieldset><input type="hidden" name="sub" value="{sub["id"]}">')
        parts.append('<button name="act" value="switch">Switch plan</button></form>')
    features = visit.fake.state.objects[session["configuration"]]["features"]
    if sub["cancel_at"] or sub["cancel_at_period_end"]:
        parts.append(button("Resume subscription", "resume", kind="main", sub=sub["id"]))
    elif features["subscription_cancel"]["enabled"]:
        parts.append(button("Cancel subscription", "cancel", kind="danger", sub=sub["id"]))
    return "\n".join(parts) + "</section>"


def _cards(visit: Visit, session: Json) -> str:
    state = visit.fake.state
    card = cards.on_file(state, state.objects[session["customer"]])
    now = f"On file: {card_in_words(state, card)}." if card else "There is no card on file."
    buttons = "".join(button(f"New card {words}", "card", works=kind) for kind, words in CARDS.items())
    return f'<section><h2>Card</h2><p>{now}</p><div class="choices">{buttons}</div></section>'


def card_in_words(state: State, card: Json) -> str:
    """Brand, last digits, date, and what it does: “Visa ending in 4242, good until 11/2030, that works”."""
    seen = card["card"]
    until = f"{seen['exp_month']:02d}/{seen['exp_year']}"
    does = CARDS.get(cards.outcome(state, card), "that has expired")
    return f"{seen['brand'].title()} ending in {seen['last4']}, good until {until}, a card {does}"


def _invoices(visit: Visit, session: Json) -> str:
    found = [i for i in visit.fake.state.every("invoice") if i["customer"] == session["customer"]]
    rows = "".join(
        f"<tr><td>{day(i['created'])}</td><td>{escape(i['number'] or 'Draft')}</td>"
        f"<td>{amount(i['total'], i['currency'])}</td><td>{i['status']}</td>"
        f'<td><a href="/i/{i["id"]}">View<span class="unseen"> {escape(i["number"] or "")}</span></a></td></tr>'
        for i in found
    )
    if not rows:
        return ""
    return (
        "<section><h2>Invoices</h2><table><thead><tr><th>Date</th><th>Number</th><th>Amount</th><th>Status</th>"
        f'<th><span class="unseen">Link</span></th></tr></thead><tbody>{rows}</tbody></table></section>'
    )


def press(visit: Visit) -> Page:
    """A button was pressed: do it and show the page again."""
    state = visit.fake.state
    session = state.get(visit.ident, "billing_portal.session")
    said = ""
    if visit.act == "card" and visit.form.get("works") in CARDS:
        portal.replace_card(state, state.objects[session["customer"]], visit.form["works"])
        said = "card"
    sub = next((s for s in portal.subscriptions_of(state, session) if s["id"] == visit.form.get("sub")), None)
    if sub is not None and visit.act == "cancel":
        portal.cancel(state, session, sub)
        said = "canceled"
    elif sub is not None and visit.act == "resume":
        portal.resume(state, sub)
        said = "resumed"
    elif sub is not None and visit.act == "switch":
        said = _switch(visit, session, sub)
    flow = state.behind(session["id"]).get("flow", {}).get("after_completion", {})
    if said and said not in PROBLEMS and flow.get("type") == "redirect":
        return see_other(flow["redirect"]["return_url"])
    return see_other(f"/p/{session['id']}" + (f"?said={said}" if said else ""))


def _switch(visit: Visit, session: Json, sub: Json) -> str:
    state = visit.fake.state
    price = next((p for p in portal.offers(state, session, sub) if p["id"] == visit.form.get("price")), None)
    if price is None:
        return ""
    later = portal.is_postponed(state, session, sub, price)
    if not portal.switch(state, session, sub, price):
        return "declined"
    return "planned" if later else "switched"
