"""What a tier costs: a new price is a new row. The old one is offered to nobody new; who pays it keeps it."""

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from members.models import AuditEntry, Member, Price, Subscription, Tier
from members.money.amounts import spelled
from members.money.stripe_api import payments
from newsroom.caching import purge


class PriceError(Exception):
    """Why a price cannot be so; fit to show."""


def with_patrons(prices: "QuerySet[Price]") -> "QuerySet[Price]":
    """Each with `patrons`: how many running subscriptions pay it, in the same query."""
    running = Q(subscription__in=Subscription.objects.standing())
    return prices.annotate(patrons=Count("subscription", filter=running, distinct=True))


def set_price(tier: Tier, *, amount: int, currency: str, interval: str, by: Member) -> Price:
    """Offer `tier` at `amount` minor units from now on. Retires the price it had; audited; the pages fall.

    It can be joined once it is made at Stripe. Raises PriceError when it costs that already.
    """
    with transaction.atomic():
        Tier.objects.select_for_update().get(pk=tier.pk)
        before = Price.objects.filter(
            tier=tier, currency=currency, interval=interval, livemode=payments.is_live(), is_active=True
        ).first()
        if before is not None and before.unit_amount == amount:
            raise PriceError(_("It costs that already."))
        if before is not None:
            Price.objects.filter(pk=before.pk).update(is_active=False)
        made = Price.objects.create(
            tier=tier, unit_amount=amount, currency=currency, interval=interval, livemode=payments.is_live()
        )
        old = spelled(before.unit_amount, currency) if before else ""
        changes = {f"{currency} {interval}": [old, spelled(amount, currency)]}
        AuditEntry.objects.note("set price", by=by, subject=tier, changes=changes)
        purge("membership", "site")
    return made


def retire(price: Price, *, by: Member) -> bool:
    """Offer `price` to nobody new; who pays it keeps it. Audited. False when it was retired before."""
    with transaction.atomic():
        if not Price.objects.filter(pk=price.pk, is_active=True).update(is_active=False):
            return False
        AuditEntry.objects.note("retire price", by=by, subject=price.tier, reason=str(price))
        purge("membership", "site")
    return True
