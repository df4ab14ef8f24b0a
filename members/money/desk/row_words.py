"""Rows of Stripe's in plain sentences, and where Stripe shows them."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from members.models import Payment, Price, StripeCustomer, StripeEvent, Subscription
from members.money.amounts import spelled
from members.money.keeping.standing import day

DASHBOARD = "https://dashboard.stripe.com"
PATHS: dict[type, tuple[str, str]] = {
    Subscription: ("subscriptions", "stripe_id"),
    Payment: ("payments", "payment_intent"),
    StripeCustomer: ("customers", "stripe_id"),
    StripeEvent: ("events", "stripe_id"),
}


def at_stripe(row: Any) -> str:
    """The row's page in Stripe's dashboard; whoever opens it signs in there."""
    place, field = PATHS[type(row)]
    return f"{DASHBOARD}/{'' if row.livemode else 'test/'}{place}/{getattr(row, field)}"


def shown_day(moment: datetime | None) -> str:
    """A moment as a day."""
    return day(moment)


def deal_of(price: Price | None) -> str:
    """`Friend, 5 € a month`."""
    if price is None:
        return _("a price that is not in our table")
    return f"{price.tier.name}, {spelled(price.unit_amount, price.currency)} {price.get_interval_display()}"


def subscription_words(row: Subscription) -> list[str]:
    """What it costs, where it stands, what comes next."""
    who = row.customer.member
    known = {"who": who or _("Nobody we know"), "deal": deal_of(row.price), "day": day(row.started_at)}
    words = [_("%(who)s: %(deal)s, since %(day)s.") % known, *_standing(row)]
    if row.discount:
        words.append(_("Discount: %(discount)s.") % {"discount": row.discount})
    if row.next_price is not None and row.changes_at:
        words.append(_("From %(day)s: %(deal)s.") % {"day": day(row.changes_at), "deal": deal_of(row.next_price)})
    if row.needs_review:
        words.append(_("To be looked through: %(why)s.") % {"why": row.needs_review})
    return words


def _standing(row: Subscription) -> list[str]:
    known = {"until": day(row.paid_until), "ends": day(row.ended_at or row.ends_at), "next": day(row.period_end)}
    if row.status == "canceled":
        return [_("It ended on %(ends)s.") % known]
    if row.status in ("past_due", "unpaid"):
        return [_("The last payment failed; access goes on until %(until)s.") % known]
    if row.resumes_at or row.paused_at:
        words = _("It is paused until %(day)s.") % {"day": day(row.resumes_at)} if row.resumes_at else _("It rests.")
        return [words]
    if row.ends_at is not None:
        return [_("It was cancelled and ends on %(ends)s.") % known]
    if row.status == "trialing":
        return [_("On trial; the first payment is on %(next)s.") % known]
    if row.status == "active":
        amount = spelled(row.next_amount, row.price.currency) if row.next_amount is not None and row.price else ""
        words = _("The next payment is on %(next)s: %(amount)s.") if amount else _("The next payment is on %(next)s.")
        return [words % {**known, "amount": amount}]
    return [_("Stripe calls it “%(status)s”.") % {"status": row.status}]


def payment_words(row: Payment) -> list[str]:
    """What came, for which time, and what went back."""
    known = {
        "who": row.member or row.billing_email or _("Somebody"), "amount": spelled(row.amount, row.currency),
        "day": day(row.paid_at), "what": row.get_kind_display().lower(), "start": day(row.period_start),
        "end": day(row.period_end), "back": spelled(row.amount_refunded, row.currency),
        "tax": spelled(row.tax, row.currency), "state": row.dispute_status.replace("_", " "),
    }  # fmt: skip
    words = [_("%(who)s paid %(amount)s on %(day)s (%(what)s).") % known]
    if row.period_start and row.period_end:
        words.append(_("It pays for %(start)s to %(end)s.") % known)
    if row.tax:
        words.append(_("%(tax)s of it are tax.") % known)
    if row.amount_refunded >= row.amount > 0:
        words.append(_("All of it was given back."))
    elif row.amount_refunded:
        words.append(_("%(back)s of it were given back.") % known)
    if row.dispute_status:
        words.append(_("The dispute at the bank: %(state)s.") % known)
    return words


def event_words(event: StripeEvent) -> str:
    """What it told and what became of it."""
    known = {"type": event.type, "day": day(event.created), "state": event.get_status_display(), "said": event.error}
    if event.error:
        return _("Stripe’s event of %(day)s (%(type)s) is %(state)s: %(said)s") % known
    return _("Stripe’s event of %(day)s (%(type)s) is %(state)s.") % known
