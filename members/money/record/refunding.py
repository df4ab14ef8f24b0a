"""Giving a payment back, in whole or in part, on the desk's word."""

from django.utils.translation import gettext as _

from members.models import Member, Payment
from members.money.amounts import spelled
from members.money.record import ledger
from members.money.stripe_api.payments import Teller


class RefundError(Exception):
    """Why this cannot be given back; fit to show."""


def left_of(payment: Payment) -> int:
    """What of it can still be given back, in minor units."""
    return max(payment.amount - payment.amount_refunded, 0)


def give_back(payment: Payment, *, amount: int, already: int, by: Member, teller: Teller) -> str:
    """Give `amount` minor units back; a sentence. `already`: what had been refunded on the page that was pressed.

    The same press twice is one refund, and the whole of it ends what it bought: see the ledger, whose refund this
    is. Audited. Raises RefundError, PaymentError.
    """
    if payment.amount_refunded != already:
        raise RefundError(_("Meanwhile more was given back; please look at the amount again."))
    if not 0 < amount <= left_of(payment):
        left = spelled(left_of(payment), payment.currency)
        raise RefundError(_("Between nothing and %(left)s can be given back.") % {"left": left})
    ledger.refund(payment, by=by, teller=teller, amount=amount)
    return _("%(amount)s are on their way back.") % {"amount": spelled(amount, payment.currency)}
