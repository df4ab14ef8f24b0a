"""Money: payment intents, charges, refunds, disputes."""

import secrets
from typing import Any

from tests.fakestripe.events import emit
from tests.fakestripe.refusals import Refused, missing
from tests.fakestripe.shapes import blank, part
from tests.fakestripe.state import Json, State, merge_metadata

SUCCESS = "paid"
DECLINE = "Your card was declined."
DECLINES = {"expired": ("expired_card", "expired_card", "Your card has expired.")}  # code, decline code, words


def intend(state: State, amount: int, currency: str, customer: str | None, **fields: Any) -> Json:
    """A new payment intent, nothing taken yet. `amount` in minor units."""
    intent = blank(
        "payment_intent",
        id=state.new_id("pi"),
        amount=amount,
        currency=currency,
        customer=customer,
        created=state.now(),
        status="requires_payment_method",
        capture_method="automatic_async",
        confirmation_method="automatic",
        payment_method_types=["card"],
        livemode=False,
        **fields,
    )
    intent["client_secret"] = f"{intent['id']}_secret_{state.new_id('x')[2:]}"
    state.put(intent)
    emit(state, "payment_intent.created", intent)
    return intent


def attempt(state: State, intent: Json, outcome: str, email: str | None = None) -> Json | None:
    """Try to take the money; returns the charge if one was made.

    `outcome`: `paid`, `processing` (pays later), `action` (the bank asks first), `expired`, or `declined`.
    """
    intent["last_payment_error"] = intent["next_action"] = None
    if outcome == "action":
        intent["status"] = "requires_action"
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
        emit(state, "payment_intent.requires_action", intent)
        return None
    charge = _charge(state, intent, outcome, email)
    waiting = state.objects.get(intent["latest_charge"] or "")
    if waiting is not None and waiting["status"] == "pending":  # a delayed method: the same charge is decided now
        charge = charge | {"id": waiting["id"], "billing_details": waiting["billing_details"]}
    state.put(charge)
    intent["latest_charge"] = charge["id"]
    if outcome == SUCCESS:
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        emit(state, "charge.succeeded", charge)
        emit(state, "payment_intent.succeeded", intent)
    elif outcome == "processing":
        intent["status"] = "processing"
        emit(state, "charge.pending", charge)
        emit(state, "payment_intent.processing", intent)
    else:
        code, decline_code, words = DECLINES.get(outcome, ("card_declined", "generic_decline", DECLINE))
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {
            "type": "card_error", "code": code, "decline_code": decline_code, "message": words, "charge": charge["id"],
        }  # fmt: skip
        emit(state, "charge.failed", charge)
        emit(state, "payment_intent.payment_failed", intent)
    return charge


def _charge(state: State, intent: Json, outcome: str, email: str | None) -> Json:
    paid = outcome == SUCCESS
    charge = blank(
        "charge",
        id=state.new_id("ch"),
        amount=intent["amount"],
        amount_captured=intent["amount"] if paid else 0,
        captured=paid,
        paid=paid,
        status={SUCCESS: "succeeded", "processing": "pending"}.get(outcome, "failed"),
        created=state.now(),
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        livemode=False,
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        receipt_email=intent["receipt_email"],
    )
    card = state.objects.get(intent["payment_method"] or "")
    charge["billing_details"]["email"] = email or (card["billing_details"]["email"] if card else None)
    if card is not None:
        charge["payment_method_details"] = _details_of(card)
    if paid:
        _send_receipt(state, charge)
    elif outcome != "processing":
        code, _, words = DECLINES.get(outcome, ("card_declined", "generic_decline", DECLINE))
        charge |= {"failure_code": code, "failure_message": words}
    return charge


def _details_of(card: Json) -> Json:
    """The card a charge went through, as it was at that moment."""
    seen = part("charge", "payment_method_details", "card")
    seen |= {field: value for field, value in card["card"].items() if field in seen and not isinstance(value, dict)}
    return {"type": "card", "card": seen}


def _send_receipt(state: State, charge: Json) -> None:
    """A receipt goes out, and gets its number, only where there is an address to send it to."""
    charge["receipt_url"] = f"{state.url}/r/{charge['id']}"
    if charge["receipt_email"] or charge["billing_details"]["email"]:
        digits = f"{secrets.randbelow(10**8):08d}"
        charge["receipt_number"] = f"{digits[:4]}-{digits[4:]}"


def create_refund(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/refunds for a charge or a payment intent, whole or in part."""
    intent = state.named(params, "payment_intent", "payment_intent")
    charge = state.named(params, "charge", "charge")
    if charge is None and intent is not None and intent["latest_charge"]:
        charge = state.get(intent["latest_charge"], "charge", param="payment_intent", status=400)
    if charge is None:
        raise missing("charge")
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if charge["disputed"]:
        raise Refused(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if charge["refunded"]:
        raise Refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if not 0 < amount <= left:
        raise Refused(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    refund = blank(
        "refund",
        id=state.new_id("re"),
        amount=amount,
        charge=charge["id"],
        created=state.now(),
        currency=charge["currency"],
        customer=charge["customer"],
        metadata=params.get("metadata") or {},
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        status="succeeded",
    )
    state.put(refund)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    emit(state, "refund.created", refund)
    emit(state, "charge.refunded", charge)
    emit(state, "refund.updated", refund)
    return refund


def fail_refund(state: State, refund: Json) -> None:
    """The bank sends a refund back: the charge's refunded amount goes down again."""
    refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    charge = state.get(refund["charge"], "charge")
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    emit(state, "refund.failed", refund)
    emit(state, "refund.updated", refund)


def open_dispute(state: State, charge: Json, *, inquiry: bool = False, reason: str = "fraudulent") -> Json:
    """The cardholder's bank asks (`inquiry`) or takes the money back."""
    dispute = blank(
        "dispute",
        id=state.new_id("du"),
        amount=charge["amount"],
        charge=charge["id"],
        created=state.now(),
        currency=charge["currency"],
        is_charge_refundable=inquiry,
        livemode=False,
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    dispute["evidence_details"] |= {"due_by": state.now() + 14 * 86_400, "submission_method": "not_submitted"}
    state.put(dispute)
    charge["disputed"] = True
    emit(state, "charge.dispute.created", dispute)
    if not inquiry:
        emit(state, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def move_dispute(state: State, dispute: Json, status: str) -> None:
    """To `under_review`, `won`, `lost`, `warning_closed` or any other of the SDK's states."""
    dispute["status"] = status
    if status == "won":
        emit(state, "charge.dispute.funds_reinstated", dispute)
    if status in ("won", "lost", "warning_closed", "prevented"):
        if status == "warning_closed":
            state.get(dispute["charge"], "charge")["disputed"] = False
        emit(state, "charge.dispute.closed", dispute)
    else:
        emit(state, "charge.dispute.updated", dispute)


def warn_of_fraud(state: State, charge: Json) -> Json:
    """The card network takes a payment for fraud; a dispute may follow."""
    warning = blank(
        "radar.early_fraud_warning",
        id=state.new_id("issfr"),
        actionable=True,
        charge=charge["id"],
        created=state.now(),
        fraud_type="made_with_stolen_card",
        livemode=False,
        payment_intent=charge["payment_intent"],
    )
    state.put(warning)
    emit(state, "radar.early_fraud_warning.created", warning)
    return warning


def update_refund(state: State, params: Json, ident: Json) -> Json:
    """POST /v1/refunds/{id}: metadata only."""
    refund = state.get(ident["id"], "refund")
    merge_metadata(refund, params)
    emit(state, "refund.updated", refund)
    return refund
