"""`/i/<invoice>`: the hosted invoice, where an open one is confirmed with the bank or paid with another card."""

from html import escape

from tests.fakestripe import billing, portal
from tests.fakestripe.invoices import payment_of
from tests.fakestripe.money import SUCCESS
from tests.fakestripe.pages import Page, Visit, amount, button, date, note, page, see_other
from tests.fakestripe.state import Json, State

REFUSED = "The bank did not confirm that it was you. Nothing was charged."


def show(visit: Visit) -> Page:
    """The lines, the total, and what can be done while money is owed."""
    invoice = visit.fake.state.get(visit.ident, "invoice")
    currency = invoice["currency"]
    rows = [(line["description"] or "", amount(line["amount"], currency)) for line in invoice["lines"]["data"]]
    rows += [
        ("Discount", f"-{amount(d['amount'], currency)}") for d in invoice["total_discount_amounts"] if d["amount"]
    ]
    rows += [("Tax", amount(tax["amount"], currency)) for tax in invoice["total_taxes"]]
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in rows)
    main = [note(REFUSED, "problem")] if visit.form.get("said") == "refused" else []
    main.append(f"<p>{escape(invoice['number'] or 'Draft')}, {date(invoice['created'])}</p>")
    main.append(f'<dl class="sum">{told}<div class="total"><dt>Total</dt>'
                f"<dd>{amount(invoice['total'], currency)}</dd></div></dl>")  # fmt: skip
    if invoice["status"] == "open":
        main.append(_ways(visit.fake.state, invoice))
    else:
        main.append(note(f"This invoice is {invoice['status']}."))
    return page("Invoice", "\n".join(main))


def asks_bank(state: State, invoice: Json) -> bool:
    """Whether the bank waits for the patron to confirm the payment."""
    payment = payment_of(state, invoice)
    return payment is not None and state.objects[payment["payment"]["payment_intent"]]["status"] == "requires_action"


def _ways(state: State, invoice: Json) -> str:
    other = '<p class="card">Another card: one that works is put on file.</p>'
    if not asks_bank(state, invoice):
        return other + button("Pay", "pay", kind="main")
    confirm = button("Confirm", "confirm", kind="main") + button("Fail to confirm", "refuse")
    words = "<p>Your bank wants to know that it is you before this is paid.</p>"
    return f'{words}<div class="choices">{confirm}</div>{other}{button("Pay with another card", "pay")}'


def press(visit: Visit) -> Page:
    """*Confirm* or not what the bank asks; or *Pay* with a new card, which also pays whatever else is open."""
    state = visit.fake.state
    invoice = state.get(visit.ident, "invoice")
    said = ""
    if invoice["status"] == "open" and visit.act == "pay":
        portal.replace_card(state, state.objects[invoice["customer"]], SUCCESS)
    elif invoice["status"] == "open" and visit.act in ("confirm", "refuse") and asks_bank(state, invoice):
        paid = billing.charge(state, invoice, SUCCESS if visit.act == "confirm" else "declined")
        said = "" if paid else "?said=refused"
    return see_other(f"/i/{invoice['id']}{said}")
