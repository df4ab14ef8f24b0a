"""`/c/pay/<session>`: the page on which a Checkout Session is paid, declined or left."""

from html import escape

from tests.fakestripe import checkout
from tests.fakestripe.money import SUCCESS
from tests.fakestripe.pages import Page, Visit, amount, button, note, origin_of, page, per, see_other
from tests.fakestripe.state import Json

VERBS = {"pay": "Pay", "donate": "Donate", "subscribe": "Subscribe", "book": "Book"}


def show(visit: Visit, problem: str = "") -> Page:
    """What is bought, for how much, and five ways on."""
    session = _session(visit)
    if session["status"] != "open":
        return _after(visit, session)
    parts = [note(problem, "problem") if problem else "", _summary(visit, session), _form(session)]
    if session["allow_promotion_codes"] and not session["discounts"]:
        parts.append(
            '<form method="post" class="line"><label for="code">Promotion code</label>'
            '<input id="code" name="code" autocomplete="off"><button name="act" value="code">Apply</button>'
            "</form>"
        )
    if session["cancel_url"]:
        parts.append(f'<p class="back"><a href="{escape(session["cancel_url"])}">Back</a></p>')
    return _page(visit, session, "Subscribe" if session["mode"] == "subscription" else "Pay", "\n".join(parts))


def _session(visit: Visit) -> Json:
    return visit.fake.state.get(visit.ident, "checkout.session")


def _page(visit: Visit, session: Json, title: str, main: str, status: int = 200) -> Page:
    back = (origin_of(session["success_url"]), origin_of(session["cancel_url"]), visit.fake.return_origin)
    return page(title, main, back_to=back, status=status)


def _summary(visit: Visit, session: Json) -> str:
    rows = []
    for line in visit.fake.state.behind(session["id"])["line_items"]:
        times = f" × {line['quantity']}" if line["quantity"] > 1 else ""
        rows.append(f"<div><dt>{escape(line['description'])}{times}</dt><dd>{escape(per(line['price']))}</dd></div>")
    if off := session["total_details"]["amount_discount"]:
        rows.append(f"<div><dt>Discount</dt><dd>-{amount(off, session['currency'])}</dd></div>")
    total = amount(session["amount_total"], session["currency"])
    rows.append(f'<div class="total"><dt>To pay today</dt><dd>{total}</dd></div>')
    return f'<dl class="sum">{"".join(rows)}</dl>'


def _form(session: Json) -> str:
    known = (session["customer_details"] or {}).get("email")
    if known:
        email = f"<p>For <strong>{escape(known)}</strong></p>"
    else:
        email = (
            '<p><label for="email">E-mail</label>'
            '<input id="email" name="email" type="email" autocomplete="email" required></p>'
        )
    return f"""<form method="post" class="pay">
{email}
<p class="card">Your card: <strong>demo card</strong>. Choose what it does.</p>
<button name="act" value="pay" class="main">Pay</button>
<div class="choices">
<button name="act" value="decline">Decline</button>
<button name="act" value="secure">3-D Secure</button>
<button name="act" value="later">Pay later</button>
</div>
<p class="hint"><strong>Decline</strong> is a card without money. <strong>3-D Secure</strong> asks the bank first.
<strong>Pay later</strong> is a bank debit that takes days.</p>
</form>"""


def _secure(visit: Visit, session: Json) -> Page:
    email = visit.form.get("email", "")
    buttons = button("Succeed", "pay", kind="main", email=email) + button("Fail", "secure_failed", email=email)
    main = f"""<p>Your bank wants to know that it is you. What do you answer?</p>
<div class="choices">{buttons}</div>"""
    return _page(visit, session, "3-D Secure", main)


def _after(visit: Visit, session: Json) -> Page:
    if session["status"] == "expired":
        return _page(visit, session, "Too late", "<p>This payment page has expired.</p>", 410)
    waiting = session["payment_status"] == "unpaid" and not visit.fake.state.behind(session["id"]).get("settled")
    if waiting:
        main = "<p>The bank debit is on its way. In real life this takes days; here you decide.</p>"
        main += f'<div class="choices">{button("Succeed", "succeed", kind="main")}{button("Fail", "fail")}</div>'
        return _page(visit, session, "Paying later", main)
    return _page(visit, session, "Done", f"<p>This page was used. The payment is: {session['payment_status']}.</p>")


def press(visit: Visit) -> Page:
    """A button was pressed: on paying, 303 to the success address with the Session's id put in."""
    session, state = _session(visit), visit.fake.state
    if session["status"] == "complete" and visit.act in ("succeed", "fail"):
        checkout.settle(state, session, succeeds=visit.act == "succeed")
        return see_other(f"/c/pay/{session['id']}")
    if session["status"] != "open":
        return see_other(f"/c/pay/{session['id']}")
    email = visit.form.get("email", "").strip() or None
    if email is None and not (session["customer_details"] or {}).get("email") and visit.act != "code":
        return show(visit, "Please give an e-mail address.")
    match visit.act:
        case "pay" | "later":
            checkout.complete(state, session, SUCCESS if visit.act == "pay" else "processing", email)
            return see_other(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
        case "secure":
            return _secure(visit, session)
        case "secure_failed":
            return show(visit, "Your bank did not confirm that it was you. Nothing was charged; try again.")
        case "code":
            found = checkout.redeem(state, session, visit.form.get("code", "").strip())
            return show(visit, "" if found else "This code is not valid.")
    checkout.complete(state, session, "declined", email)
    return show(visit, "Your card was declined. Nothing was charged; try again.")
