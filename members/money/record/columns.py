"""Which of what Stripe said goes into which column of our row of a subscription."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from members.models import Price, StripeCustomer, Subscription
from members.money.amounts import spelled
from members.money.keeping.standing import day
from members.money.record.projection import Worth
from members.money.stripe_api.states import Discount, SubscriptionState

# What says something of a person; of one who erased their account it is not written down again.
NOBODYS: dict[str, Any] = {
    "cancel_comment": "",
    "open_invoice_url": "",
    "needs_action": False,
    "card_brand": "",
    "card_last4": "",
    "card_expires_on": None,
}


def columns(
    seen: SubscriptionState,
    worth: Worth,
    *,
    price: Price | None,
    customer: StripeCustomer,
    asked_at: datetime,
    before: Subscription | None,
    alarm: str,
) -> dict[str, Any]:
    """The row's fields. `before`: the row as it was, whose pause and flag are kept until they are settled."""
    item = next((each for each in seen.items if price and each.price_id == price.stripe_id), None)
    paused_before = before.paused_at if before else None
    return {
        "customer": customer,
        "item_id": item.id if item else "",
        "price": price,
        "status": seen.status,
        "started_at": seen.started_at,
        "period_end": seen.period_end,
        "paid_until": worth.paid_until,
        "ends_at": worth.ends_at,
        "ended_at": seen.ended_at,
        "trial_ends_at": seen.trial_ends_at,
        "paused_at": (paused_before or asked_at) if seen.is_pause or seen.status == "paused" else None,
        "resumes_at": seen.resumes_at,
        "cancel_reason": seen.cancel_reason[:40],
        "cancel_comment": seen.cancel_comment,
        "needs_action": seen.needs_action,
        "open_invoice_url": seen.open_invoice.hosted_url if seen.open_invoice else "",
        "livemode": seen.livemode,
        "needs_review": (alarm or worth.alarm or (before.needs_review if before else ""))[:200],
        "fetched_at": asked_at,
        **_card(seen),
        **_what_comes(seen),
        **(NOBODYS if customer.is_forgotten else {}),
    }


def _card(seen: SubscriptionState) -> dict[str, Any]:
    card = seen.card
    return {
        "card_brand": card.brand if card else "",
        "card_last4": card.last4 if card else "",
        "card_expires_on": card.expires_on if card else None,
    }


def _what_comes(seen: SubscriptionState) -> dict[str, Any]:
    """The next payment, what is taken off it, and the price that takes over then."""
    following = Price.objects.filter(stripe_id=seen.change.price_id).first() if seen.change else None
    amount = seen.next_amount
    if amount is not None and following is not None and seen.change and seen.change.at <= seen.period_end:
        amount = None if seen.discounts else following.unit_amount
    return {
        "next_amount": amount,
        "discount": discount_words(seen.discounts),
        "next_price": following,
        "changes_at": seen.change.at if seen.change and following else None,
    }


def discount_words(discounts: tuple[Discount, ...]) -> str:
    """`SPRING: 20 % off until 3 March`, in the site's language; several with a comma."""
    with translation.override(settings.LANGUAGE_CODE):
        return ", ".join(_words(each) for each in discounts)[:120]


def _words(discount: Discount) -> str:
    off = f"{discount.percent_off:f} %" if discount.percent_off is not None else ""
    told = {"name": discount.name, "off": off or spelled(discount.amount_off or 0, discount.currency)}
    if discount.lasts == "once":
        return _("%(name)s: %(off)s off once") % told
    if discount.ends_at is not None:
        return _("%(name)s: %(off)s off until %(day)s") % {**told, "day": day(discount.ends_at)}
    return _("%(name)s: %(off)s off") % told
