"""`/control`: everything that can happen to an account, at the press of a button."""

from html import escape

from tests.fakestripe.control_acts import CALLS, CODE, SLOW, TAX_RATES, do
from tests.fakestripe.pages import Page, Visit, amount, button, date, note, page, per, see_other, table
from tests.fakestripe.portal_page import in_words
from tests.fakestripe.state import Json
from tests.fakestripe.vouchers import code_is_active

ARRANGED = {
    "drop": "Lose next webhook",
    "delay": "Delay next webhook",
    "duplicate": "Duplicate next webhook",
    "shuffle": "Shuffle next webhooks",
}
NOTES = {
    "aged": "Everything is older now, and what was due was done.",
    "fail": "The next renewal’s card will be declined.",
    "sca": "The next renewal will have to be confirmed with the bank.",
    "expiring": "The newest subscription’s card is good for this month only.",
    "arranged": "Noted for the webhooks of the next thing that happens.",
    "resent": "The webhooks are on their way again.",
    "refunded": "The payment was refunded.",
    "refunded_half": "Half of the payment was refunded.",
    "refund_failed": "The last refund was sent back by the bank.",
    "disputed": "The payment is disputed.",
    "closed": "The dispute was closed.",
    "taxed": "The tax rate is set.",
    "promoted": f"The code {CODE} takes 20 % off for three months.",
    "orphan": "There is a customer now of whom the site knows nothing.",
    "down": f"The next {CALLS} calls of the site will fail.",
    "slow": f"Every call of the site takes {SLOW:g} seconds now.",
    "well": "Calls are answered at once again.",
    "nothing": "There was nothing to do that with.",
}


def show(visit: Visit) -> Page:
    """The buttons, then the objects in plain words."""
    said = visit.form.get("said", "")
    main = [note(NOTES[said], "problem" if said == "nothing" else "note")] if said in NOTES else []
    main.append("<p>What happens at the payment provider. The site hears of it by webhook, or when it asks.</p>")
    main += [_time(visit), _webhooks(visit), _payment_buttons(visit), _account(visit), _trouble(visit)]
    main += [_subscriptions(visit), _payments(visit), _sessions(visit), _events(visit)]
    return page("Payment controls", "\n".join(filter(None, main)), wide=True)


def _time(visit: Visit) -> str:
    pending = visit.fake.state.settings.get("fail_next_renewal", "")
    hint = {"declined": "The next renewal will be declined.", "action": "The next renewal will need the bank."}
    return _group("Time and renewals", [
        button("Age everything by 1 day", "age", days="1"), button("Age everything by 31 days", "age", days="31"),
        button("Fail next renewal", "fail"), button("Next renewal needs the bank (3-D Secure)", "sca"),
        button("Card about to expire", "expire_card"),
    ], "Ageing moves dates into the past; renewals, retries and endings that fall due are done. "
       + hint.get(pending, "The next renewal will be paid, if the card works."))  # fmt: skip


def _webhooks(visit: Visit) -> str:
    fake = visit.fake
    waiting = sum(1 for event in fake.state.every("event") if not fake.state.behind(event["id"])["delivered"])
    arranged = ARRANGED.get(fake.delivery.next_batch or "", "nothing special")
    return _group("Webhooks", [
        *(button(label, "arrange", how=how) for how, label in ARRANGED.items()),
        button("Resend undelivered", "resend"), button("Resend all", "resend_all"),
    ], f"Next: {arranged.lower()}. Not delivered so far: {waiting}.")  # fmt: skip


def _payment_buttons(visit: Visit) -> str:
    return _group("Money", [
        button("Refund last payment", "refund"), button("Refund half of it", "refund_half"),
        button("Last refund fails", "refund_fails"), button("Open dispute", "dispute"),
        button("Win dispute", "win"), button("Lose dispute", "lose"),
    ], _last_payment(visit))  # fmt: skip


def _account(visit: Visit) -> str:
    codes = [c["code"] for c in visit.fake.state.every("promotion_code") if code_is_active(visit.fake.state, c)]
    told = f"Promotion codes: {', '.join(codes[:8])}." if codes else "There is no promotion code."
    return _group("Account", [
        *(button(f"Tax {rate} %", "tax", rate=str(rate)) for rate in TAX_RATES),
        button("Make a promotion code", "promote"), button("Make an orphan customer", "orphan"),
    ], f"Tax now: {visit.fake.tax_rate:g} % where automatic tax is on. {told} An orphan is a customer with a "
       "subscription that the site knows nothing of.")  # fmt: skip


def _trouble(visit: Visit) -> str:
    faults = visit.fake.api.faults
    now = f"the next {faults.calls} calls fail" if faults.calls else "calls are answered"
    if faults.seconds:
        now += f" after {faults.seconds:g} seconds"
    return _group("Trouble", [
        button(f"Down for {CALLS} calls", "down"), button("Slow", "slow"), button("All is well", "well"),
    ], f"Now {now}.")  # fmt: skip


def _group(title: str, buttons: list[str], hint: str) -> str:
    return f'<section><h2>{title}</h2><p>{escape(hint)}</p><div class="choices">{"".join(buttons)}</div></section>'


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
    return table("Subscriptions", ("Who", "What", "How it stands", "Id"), rows)


def _payments(visit: Visit) -> str:
    rows = []
    for charge in visit.fake.state.every("charge")[:20]:
        words = charge["status"]
        if charge["amount_refunded"]:
            words = f"refunded {amount(charge['amount_refunded'], charge['currency'])}"
        dispute = next((d for d in visit.fake.state.every("dispute") if d["charge"] == charge["id"]), None)
        if dispute:
            words += f", dispute: {dispute['status'].replace('_', ' ')}"
        who = _who(visit, charge["customer"], charge["billing_details"]["email"])
        rows.append((who, amount(charge["amount"], charge["currency"]), date(charge["created"]),
                     charge["receipt_number"] or "–", words, _buttons_of(charge, who)))  # fmt: skip
    return table("Payments", ("Who", "Amount", "When", "Receipt", "How it stands", "Act"), rows)


def _buttons_of(charge: Json, who: str) -> str:
    if charge["status"] != "succeeded" or charge["refunded"] or charge["disputed"]:
        return ""
    acts = (("Refund", "refund"), ("Dispute", "dispute"))
    unseen = f'<span class="unseen"> the payment of {who}</span>'
    forms = "".join(
        f'<form method="post"><input type="hidden" name="charge" value="{charge["id"]}">'
        f'<button name="act" value="{act}">{label}{unseen}</button></form>'
        for label, act in acts
    )
    return f'<div class="small">{forms}</div>'


def _sessions(visit: Visit) -> str:
    rows = []
    for session in visit.fake.state.every("checkout.session")[:20]:
        email = (session["customer_details"] or {}).get("email")
        link = f'<a href="/c/pay/{session["id"]}">Open page</a>'
        words = f"{session['status']}, {session['payment_status'].replace('_', ' ')}"
        rows.append((_who(visit, session["customer"], email),
                     _due(session), words, link))  # fmt: skip
    return table("Checkout pages", ("Who", "Amount", "How it stands", "Page"), rows)


def _due(session: Json) -> str:
    return "–" if session["amount_total"] is None else amount(session["amount_total"], session["currency"])


def _events(visit: Visit) -> str:
    rows = []
    for event in visit.fake.state.every("event")[:30]:
        behind = visit.fake.state.behind(event["id"])
        words = "delivered" if behind["delivered"] else "lost" if behind["lost"] else "waiting"
        rows.append((f"<code>{escape(event['type'])}</code>", date(event["created"]), words))
    return table("Last events", ("Event", "When", "Webhook"), rows)


def _last_payment(visit: Visit) -> str:
    charge = next((c for c in visit.fake.state.every("charge") if c["status"] == "succeeded"), None)
    if charge is None:
        return "Nothing has been paid yet."
    return f"Last payment: {amount(charge['amount'], charge['currency'])}."


def press(visit: Visit) -> Page:
    """A button was pressed: do it and show the page again."""
    return see_other(f"/control?said={do(visit)}")
