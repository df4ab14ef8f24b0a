"""`/c/pay/<session>`: the page on which a Checkout Session is paid, declined or left."""

from html import escape

from tests.fakestripe import checkout
from tests.fakestripe.money import SUCCESS
from tests.fakestripe.pages import Page, Visit, amount, button, day, note, origin_of, page, per, see_other
from tests.fakestripe.periods import add_period
from tests.fakestripe.state import DAY, Json, State

TITLES = {"subscription": "Subscribe", "payment": "Pay", "setup": "Save a card"}


def show(visit: Visit, problem: str = "", refused: str = "") -> Page:
    """What is bought, for how much, what renews when, and five ways on. `refused`: the code that did not work."""
    session = _session(visit)
    if session["status"] != "open":
        return _after(visit, session)
    parts = [note(problem, "problem") if problem and not refused else ""]
    if session["mode"] != "setup":
        parts += [_summary(visit, session), _renewal(visit.fake.state, session)]
    parts.append(_form(session))
    if session["allow_promotion_codes"]:
        parts.append(_code(visit.fake.state, session, problem if refused else "", refused))
    if session["cancel_url"]:
        parts.append(f'<p class="back"><a href="{escape(session["cancel_url"])}">Back</a></p>')
    return _page(visit, session, TITLES[session["mode"]], "\n".join(filter(None, parts)))


def _session(visit: Visit) -> Json:
    return visit.fake.state.get(visit.ident, "checkout.session")


def _page(visit: Visit, session: Json, title: str, main: str, status: int = 200) -> Page:
    back = (origin_of(session["success_url"]), origin_of(session["cancel_url"]), visit.fake.return_origin)
    return page(title, main, back_to=back, status=status)


def _row(name: str, value: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f"<div{style}><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"


def _summary(visit: Visit, session: Json) -> str:
    rows = []
    for line in visit.fake.state.behind(session["id"])["line_items"]:
        times = f" × {line['quantity']}" if line["quantity"] > 1 else ""
        rows.append(_row(f"{line['description']}{times}", per(line["price"])))
    details, currency = session["total_details"], session["currency"]
    if details["amount_discount"]:
        rows.append(_row("Discount", f"-{amount(details['amount_discount'], currency)}"))
    if details["amount_tax"]:
        rows.append(_row("Tax" if _tax_on_top(session) else "Tax (included)", amount(details["amount_tax"], currency)))
    rows.append(_row("To pay today", amount(session["amount_total"], currency), "total"))
    return f'<dl class="sum">{"".join(rows)}</dl>'


def _renewal(state: State, session: Json) -> str:
    """When the next payment is and how much it will be, before anybody pays."""
    lines = [line for line in state.behind(session["id"])["line_items"] if line["price"]["recurring"]]
    if not lines:
        return ""
    data, price = state.behind(session["id"])["subscription_data"], lines[0]["price"]
    days = data.get("trial_period_days")
    free = data.get("trial_end") or (state.now() + days * DAY if days else None)
    then = free or data.get("billing_cycle_anchor") or add_period(state.now(), price["recurring"], state.now())
    begins = f"Free until {day(free)}. " if free else ""
    if free and session["payment_method_collection"] == "if_required":
        begins += "No card is needed now. "
    lasts = any(state.objects[each["coupon"]]["duration"] != "once" for each in session["discounts"] or [])
    also = [words for words, holds in (("less your discount", lasts), ("plus tax", _tax_on_top(session))) if holds]
    rhythm = " ".join([per(price), *also])
    return f"<p>{begins}Then {escape(rhythm)}, first on {day(then)}, until you cancel.</p>"


def _tax_on_top(session: Json) -> bool:
    details = session["total_details"]
    net = session["amount_subtotal"] - details["amount_discount"]
    return bool(details["amount_tax"]) and session["amount_total"] > net


def _form(session: Json) -> str:
    known = (session["customer_details"] or {}).get("email")
    if known:
        email = f"<p>For <strong>{escape(known)}</strong></p>"
    else:
        email = (
            '<p><label for="email">E-mail</label>'
            '<input id="email" name="email" type="email" autocomplete="email" required></p>'
        )
    if session["mode"] == "setup":
        return f"""<form method="post" class="pay">
{email}
<p class="card">Your card: <strong>demo card</strong>.</p>
<button name="act" value="pay" class="main">Save card</button>
</form>"""
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


def _code(state: State, session: Json, problem: str, typed: str) -> str:
    """The field for a promotion code, with the reason beside it when one does not work; or the code in use."""
    used = next((each["promotion_code"] for each in session["discounts"] or [] if each["promotion_code"]), None)
    if used:
        spelled = escape(state.objects[used]["code"])
        words = f"<p>Code <strong>{spelled}</strong> is used.</p>"
        return f'<div class="line">{words}{button("Remove code", "code", code="")}</div>'
    if session["discounts"]:
        return ""
    said = f'<p id="code-problem" class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    tied = ' aria-invalid="true" aria-describedby="code-problem"' if problem else ""
    return (
        '<form method="post" class="line"><label for="code">Promotion code</label>'
        f'<input id="code" name="code" autocomplete="off" value="{escape(typed)}"{tied}>'
        f'<button name="act" value="code">Apply</button>{said}</form>'
    )


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
    words = session["payment_status"].replace("_", " ")
    return _page(visit, session, "Done", f"<p>This page was used. The payment is: {words}.</p>")


def press(visit: Visit) -> Page:
    """A button was pressed: on paying, 303 to the success address with the Session's id put in."""
    session, state = _session(visit), visit.fake.state
    if session["status"] == "complete" and visit.act in ("succeed", "fail"):
        checkout.settle(state, session, succeeds=visit.act == "succeed")
        return see_other(f"/c/pay/{session['id']}")
    if session["status"] != "open":
        return see_other(f"/c/pay/{session['id']}")
    if visit.act == "code":
        return _apply(visit, session)
    email = visit.form.get("email", "").strip() or None
    if email is None and not (session["customer_details"] or {}).get("email"):
        return show(visit, "Please give an e-mail address.")
    match visit.act:
        case "pay" | "later":
            checkout.complete(state, session, SUCCESS if visit.act == "pay" else "processing", email)
            return see_other(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
        case "secure":
            return _secure(visit, session)
        case "secure_failed":
            return show(visit, "Your bank did not confirm that it was you. Nothing was charged; try again.")
    checkout.complete(state, session, "declined", email)
    return show(visit, "Your card was declined. Nothing was charged; try again.")


def _apply(visit: Visit, session: Json) -> Page:
    code = visit.form.get("code", "").strip()
    refusal = checkout.why_not(visit.fake.state, session, code) if code else ""
    if refusal:
        return show(visit, refusal, code)
    checkout.redeem(visit.fake.state, session, code)
    return show(visit)
