"""`/control`: everything that can happen to an account, at the press of a button."""

from collections.abc import Sequence
from html import escape

from tests.fakestripe import money
from tests.fakestripe.pages import Page, Visit, amount, button, date, note, page, per, see_other
from tests.fakestripe.portal_page import in_words
from tests.fakestripe.refusals import Refused
from tests.fakestripe.state import Json

ARRANGE = {
    "drop": "Lose next webhook",
    "delay": "Delay next webhook",
    "duplicate": "Duplicate next webhook",
    "shuffle": "Shuffle next webhooks",
}
NOTES = {
    "aged": "Everything is older now, and what was due was done.",
    "fail": "The next renewal’s card will be declined.",
    "sca": "The next renewal will have to be confirmed with the bank.",
    "arranged": "Noted for the webhooks of the next thing that happens.",
    "resent": "The webhooks are on their way again.",
    "refunded": "The last payment was refunded.",
    "refund_failed": "The last refund was sent back by the bank.",
    "disputed": "The last payment is disputed.",
    "closed": "The dispute was closed.",
    "nothing": "There was nothing to do that with.",
}


def show(visit: Visit) -> Page:
    """The buttons, then the objects in plain words."""
    fake = visit.fake
    said = visit.form.get("said", "")
    main = [note(NOTES[said], "problem" if said == "nothing" else "note")] if said in NOTES else []
    main.append("<p>What happens at the payment provider. The site hears of it by webhook, or when it asks.</p>")
    main.append(_group("Time", [
        button("Age everything by 1 day", "age", days="1"), button("Age everything by 31 days", "age", days="31"),
    ], "Dates move into the past; renewals, retries and endings that fall due are done."))  # fmt: skip
    pending = fake.state.settings.get("fail_next_renewal")
    main.append(_group("Next renewal", [
        button("Fail next renewal", "fail"), button("Next renewal needs the bank (3-D Secure)", "sca"),
    ], f"Set: {pending}." if pending else "Set: it will be paid, if the card works."))  # fmt: skip
    waiting = sum(1 for event in fake.state.every("event") if not fake.state.behind(event["id"])["delivered"])
    arranged = ARRANGE.get(fake.delivery.next_batch or "", "nothing special")
    main.append(_group("Webhooks", [
        *(button(label, "arrange", how=how) for how, label in ARRANGE.items()),
        button("Resend undelivered", "resend"), button("Resend all", "resend_all"),
    ], f"Next: {arranged.lower()}. Not delivered so far: {waiting}."))  # fmt: skip
    main.append(_group("Money", [
        button("Refund last payment", "refund"), button("Last refund fails", "refund_fails"),
        button("Open dispute", "dispute"), button("Win dispute", "win"), button("Lose dispute", "lose"),
    ], _last_payment(visit)))  # fmt: skip
    main += [_subscriptions(visit), _payments(visit), _sessions(visit), _events(visit)]
    return page("Payment controls", "\n".join(filter(None, main)), wide=True)


def _group(title: str, buttons: list[str], hint: str) -> str:
    return f'<section><h2>{title}</h2><p>{escape(hint)}</p><div class="choices">{"".join(buttons)}</div></section>'


def _table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    region = f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">{table}</div>'
    return f"<section><h2>{title}</h2>{region}</section>"


def _who(visit: Visit, customer: str | None, email: str | None = None) -> str:
    known = visit.fake.state.objects.get(customer or "", {})
    return escape(known.get("email") or email or "a guest")


def _subscriptions(visit: Visit) -> str:
    rows = []
    for sub in visit.fake.state.every("subscription")[:20]:
        price = sub["items"]["data"][0]["price"]
        name = visit.fake.state.objects[price["product"]]["name"]
        what = f"{escape(name)}, {escape(per(price))}"
        rows.append((_who(visit, sub["customer"]), what, escape(in_words(visit, sub)), f"<code>{sub['id']}</code>"))
    return _table("Subscriptions", ("Who", "What", "How it stands", "Id"), rows)


def _payments(visit: Visit) -> str:
    rows = []
    for charge in visit.fake.state.every("charge")[:20]:
        words = charge["status"]
        if charge["amount_refunded"]:
            words = f"refunded {amount(charge['amount_refunded'], charge['currency'])}"
        dispute = next((d for d in visit.fake.state.every("dispute") if d["charge"] == charge["id"]), None)
        if dispute:
            words += f", dispute: {dispute['status'].replace('_', ' ')}"
        rows.append((_who(visit, charge["customer"], charge["billing_details"]["email"]),
                     amount(charge["amount"], charge["currency"]), date(charge["created"]), words))  # fmt: skip
    return _table("Payments", ("Who", "Amount", "When", "How it stands"), rows)


def _sessions(visit: Visit) -> str:
    rows = []
    for session in visit.fake.state.every("checkout.session")[:20]:
        email = (session["customer_details"] or {}).get("email")
        link = f'<a href="/c/pay/{session["id"]}">Open page</a>'
        words = f"{session['status']}, {session['payment_status'].replace('_', ' ')}"
        rows.append((_who(visit, session["customer"], email),
                     amount(session["amount_total"], session["currency"]), words, link))  # fmt: skip
    return _table("Checkout pages", ("Who", "Amount", "How it stands", "Page"), rows)


def _events(visit: Visit) -> str:
    rows = []
    for event in visit.fake.state.every("event")[:30]:
        behind = visit.fake.state.behind(event["id"])
        words = "delivered" if behind["delivered"] else "lost" if behind["lost"] else "waiting"
        rows.append((f"<code>{escape(event['type'])}</code>", date(event["created"]), words))
    return _table("Last events", ("Event", "When", "Webhook"), rows)


def _last_charge(visit: Visit) -> Json | None:
    return next((c for c in visit.fake.state.every("charge") if c["status"] == "succeeded"), None)


def _last_payment(visit: Visit) -> str:
    charge = _last_charge(visit)
    if charge is None:
        return "Nothing has been paid yet."
    return f"Last payment: {amount(charge['amount'], charge['currency'])}."


def press(visit: Visit) -> Page:
    """A button was pressed: do it and show the page again."""
    return see_other(f"/control?said={_do(visit)}")


def _do(visit: Visit) -> str:
    fake = visit.fake
    match visit.act:
        case "age":
            fake.age(31 if visit.form.get("days") == "31" else 1)
            return "aged"
        case "fail" | "sca":
            fake.fail_next_renewal("declined" if visit.act == "fail" else "action")
            return visit.act
        case "arrange" if visit.form.get("how") in ARRANGE:
            fake.arrange_next(visit.form["how"])
            return "arranged"
        case "resend" | "resend_all":
            fake.delivery.resend(everything=visit.act == "resend_all")
            return "resent"
        case "refund" | "refund_fails" | "dispute" | "win" | "lose":
            return _money(visit)
    return "nothing"


def _money(visit: Visit) -> str:
    state, charge = visit.fake.state, _last_charge(visit)
    dispute = next((d for d in state.every("dispute") if d["status"] not in ("won", "lost")), None)
    refund = next((r for r in state.every("refund") if r["status"] == "succeeded"), None)
    if visit.act == "refund_fails" and refund is not None:
        money.fail_refund(state, refund)
        return "refund_failed"
    if visit.act in ("win", "lose") and dispute is not None:
        money.move_dispute(state, dispute, "won" if visit.act == "win" else "lost")
        return "closed"
    if charge is None or visit.act not in ("refund", "dispute") or (visit.act == "dispute" and charge["disputed"]):
        return "nothing"
    if visit.act == "dispute":
        money.open_dispute(state, charge)
        return "disputed"
    try:
        money.create_refund(state, {"charge": charge["id"]}, {})
    except Refused:
        return "nothing"
    return "refunded"
