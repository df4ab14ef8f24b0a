"""Invoices: their lines, finalising, and collecting what is due."""

from dataclasses import dataclass

from tests.fakestripe import discounts, tax
from tests.fakestripe.cards import on_file
from tests.fakestripe.events import emit
from tests.fakestripe.money import SUCCESS, attempt, intend
from tests.fakestripe.shapes import blank, listing
from tests.fakestripe.state import DAY, Json, State

RETRIES = (3 * DAY, 5 * DAY, 7 * DAY)  # after the first failure; then the account's setting decides


@dataclass(frozen=True)
class Line:
    """What one line of an invoice charges, in minor units, for a span of time."""

    price: Json
    item: str
    amount: int
    start: int
    end: int
    quantity: int = 1
    proration: bool = False


def draft(
    state: State, sub: Json, lines: list[Line], reason: str, *, span: tuple[int, int] | None = None, keep: bool = True
) -> Json:
    """A draft invoice of a subscription, discounts applied. `keep=False`: a preview, not stored.

    The invoice's own period looks back: `span` is the period that has ended, without one it is this
    moment. What is paid *for* stands on the lines.
    """
    invoice = blank(
        "invoice",
        id=state.new_id("in" if keep else "upcoming_in"),
        auto_advance=keep,
        billing_reason=reason,
        collection_method="charge_automatically",
        created=state.now(),
        currency=sub["currency"],
        customer=sub["customer"],
        customer_email=state.objects[sub["customer"]].get("email"),
        livemode=False,
        metadata={},
        period_start=span[0] if span else state.now(),
        period_end=span[1] if span else state.now(),
        status="draft",
    )
    invoice["issuer"] = {"account": None, "type": "self"}
    invoice["parent"] = {
        "type": "subscription_details",
        "quote_details": None,
        "subscription_details": {"subscription": sub["id"], "metadata": dict(sub["metadata"])},
    }
    made = [_line(state, invoice, sub, line) for line in lines]
    invoice["lines"] = listing(made, f"/v1/invoices/{invoice['id']}/lines")
    _total(state, invoice, sub)
    return state.put(invoice) if keep else invoice


def _line(state: State, invoice: Json, sub: Json, line: Line) -> Json:
    product = state.objects[line.price["product"]]
    details = {"subscription_item": line.item, "subscription": sub["id"], "invoice_item": None,
               "proration": line.proration, "proration_details": None}  # fmt: skip
    return blank(
        "line_item",
        id=state.new_id("il"),
        amount=line.amount,
        subtotal=line.amount,
        currency=sub["currency"],
        description=f"{line.quantity} × {product['name']}",
        discountable=not line.proration,
        invoice=invoice["id"],
        livemode=False,
        parent={
            "type": "subscription_item_details",
            "subscription_item_details": details,
            "invoice_item_details": None,
        },
        period={"start": line.start, "end": line.end},
        pricing={
            "type": "price_details",
            "price_details": {"price": line.price["id"], "product": product["id"]},
            "unit_amount_decimal": line.price["unit_amount_decimal"],
        },
        quantity=line.quantity,
        subscription=sub["id"],
    )


def _total(state: State, invoice: Json, sub: Json) -> None:
    """Add the lines up: less discounts, plus tax, less what the customer has to their credit."""
    lines = invoice["lines"]["data"]
    customer = state.objects[sub["customer"]]
    subtotal = sum(line["amount"] for line in lines)
    coupons = [state.objects[ident]["source"]["coupon"] for ident in sub["discounts"]]
    taken = discounts.reductions(state, coupons, max(0, subtotal))
    shares = discounts.spread(sum(taken), [line["amount"] for line in lines])
    taxes = []
    for line, off in zip(lines, shares, strict=True):
        price = state.objects[line["pricing"]["price_details"]["price"]]
        owed = tax.of(state, line["amount"] - off, price, customer) if sub["automatic_tax"]["enabled"] else None
        line["taxes"] = [owed] if owed else []
        taxes += line["taxes"]
        if off:
            line["discount_amounts"] = [{"amount": off, "discount": sub["discounts"][0]}]
    on_top, in_all = tax.amounts(taxes)
    total = subtotal - sum(taken) + on_top
    balance = customer.get("balance") or 0
    due = max(0, total + balance) if total > 0 else 0
    tax.switched(invoice, on=sub["automatic_tax"]["enabled"], status="complete" if taxes else None)
    invoice |= {
        "subtotal": subtotal, "subtotal_excluding_tax": subtotal - (in_all - on_top), "total": total,
        "total_excluding_tax": total - in_all, "amount_due": due, "amount_remaining": due,
        "starting_balance": balance, "discounts": list(sub["discounts"]), "total_taxes": tax.total(taxes),
        "total_discount_amounts": [
            {"discount": ident, "amount": off} for ident, off in zip(sub["discounts"], taken, strict=True)
        ],
        "total_pretax_credit_amounts": [],
    }  # fmt: skip


def finalize(state: State, invoice: Json) -> None:
    """Draft → open, with a number, a hosted page and a payment intent if money is due."""
    customer = state.objects[invoice["customer"]]
    invoice |= {
        "status": "open",
        "number": f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}",
        "hosted_invoice_url": f"{state.url}/i/{invoice['id']}",
        "effective_at": state.now(),
        "automatically_finalizes_at": None,
        "ending_balance": min(0, invoice["starting_balance"] + invoice["total"]),
    }
    invoice["status_transitions"]["finalized_at"] = state.now()
    customer["balance"] = invoice["ending_balance"]
    customer["next_invoice_sequence"] += 1
    if invoice["amount_due"]:
        intent = intend(
            state, invoice["amount_due"], invoice["currency"], invoice["customer"], description="Subscription",
            setup_future_usage="off_session",
        )  # fmt: skip
        payment = blank(
            "invoice_payment",
            id=state.new_id("inpay"),
            amount_requested=invoice["amount_due"],
            created=state.now(),
            currency=invoice["currency"],
            invoice=invoice["id"],
            is_default=True,
            livemode=False,
            payment={"type": "payment_intent", "payment_intent": intent["id"]},
            status="open",
        )
        state.put(payment)
    emit(state, "invoice.finalized", invoice)


def payment_of(state: State, invoice: Json) -> Json | None:
    """The invoice payment through which an invoice is paid, if money was due."""
    return next((p for p in state.every("invoice_payment") if p["invoice"] == invoice["id"]), None)


def collect(state: State, invoice: Json, outcome: str) -> bool:
    """Try to be paid. True if the invoice is paid afterwards. Emits what Stripe would."""
    payment = payment_of(state, invoice)
    if payment is not None:
        intent = state.objects[payment["payment"]["payment_intent"]]
        sub = state.objects[invoice["parent"]["subscription_details"]["subscription"]]
        card = on_file(state, state.objects[invoice["customer"]], sub)
        intent["payment_method"] = card["id"] if card else None
        attempt(state, intent, outcome, invoice["customer_email"])
        if outcome == "processing":
            return False
        invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
        if outcome != SUCCESS:
            _unpaid(state, invoice, outcome)
            return False
        payment |= {"status": "paid", "amount_paid": invoice["amount_due"]}
        payment["status_transitions"]["paid_at"] = state.now()
        emit(state, "invoice_payment.paid", payment)
    invoice |= {
        "status": "paid", "amount_paid": invoice["amount_due"], "amount_remaining": 0, "next_payment_attempt": None,
        "attempted": True, "auto_advance": False,
    }  # fmt: skip
    invoice["status_transitions"]["paid_at"] = state.now()
    emit(state, "invoice.paid", invoice)
    emit(state, "invoice.payment_succeeded", invoice)
    return True


def _unpaid(state: State, invoice: Json, outcome: str) -> None:
    tries = invoice["attempt_count"]
    again = tries <= len(RETRIES) and invoice["billing_reason"] == "subscription_cycle"
    invoice["next_payment_attempt"] = state.now() + RETRIES[tries - 1] if again else None
    emit(state, "invoice.payment_failed", invoice)
    if outcome == "action":
        emit(state, "invoice.payment_action_required", invoice)


def give_up(state: State, invoice: Json) -> None:
    """Open → uncollectible: still owed, no longer asked for."""
    invoice |= {"status": "uncollectible", "next_payment_attempt": None, "auto_advance": False}
    invoice["status_transitions"]["marked_uncollectible_at"] = state.now()
    emit(state, "invoice.marked_uncollectible", invoice)


def void(state: State, invoice: Json) -> None:
    """Open or draft → void: nothing is owed any more."""
    invoice |= {"status": "void", "next_payment_attempt": None, "auto_advance": False}
    invoice["status_transitions"]["voided_at"] = state.now()
    emit(state, "invoice.voided", invoice)


def of_subscription(state: State, sub: Json) -> list[Json]:
    """The invoices of a subscription, newest first."""
    return [
        invoice
        for invoice in state.every("invoice")
        if invoice["parent"] and invoice["parent"]["subscription_details"]["subscription"] == sub["id"]
    ]
