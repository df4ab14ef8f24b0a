"""`/i/<invoice>`: the hosted invoice, where a failed or confirmed-by-the-bank renewal can be paid."""

from html import escape

from tests.fakestripe import portal
from tests.fakestripe.money import SUCCESS
from tests.fakestripe.pages import Page, Visit, amount, button, date, note, page, see_other


def show(visit: Visit) -> Page:
    """The lines, the total, and a button if money is still owed."""
    invoice = visit.fake.state.get(visit.ident, "invoice")
    rows = "".join(
        f"<div><dt>{escape(line['description'] or '')}</dt><dd>{amount(line['amount'], line['currency'])}</dd></div>"
        for line in invoice["lines"]["data"]
    )
    main = [f"<p>{escape(invoice['number'] or 'Draft')}, {date(invoice['created'])}</p>"]
    main.append(f'<dl class="sum">{rows}<div class="total"><dt>Total</dt>'
                f"<dd>{amount(invoice['total'], invoice['currency'])}</dd></div></dl>")  # fmt: skip
    if invoice["status"] == "open":
        main.append('<p class="card">Paying puts a card that works on file.</p>' + button("Pay", "pay", kind="main"))
    else:
        main.append(note(f"This invoice is {invoice['status']}."))
    return page("Invoice", "\n".join(main))


def press(visit: Visit) -> Page:
    """*Pay*: the customer gets a card that works, and what is open is charged."""
    state = visit.fake.state
    invoice = state.get(visit.ident, "invoice")
    if invoice["status"] == "open" and visit.act == "pay":
        portal.replace_card(state, state.objects[invoice["customer"]], SUCCESS)
    return see_other(f"/i/{invoice['id']}")
