"""Making our record agree with Stripe's, in whatever order we hear of it.

Webhook, welcome page and reconcile call the same verbs; each can run any number of times, in any order.
Shape of each: note the time, fetch with nothing locked, then one short transaction in which the member is
locked first. Of two looks the later-started wins.
"""

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from members.models import Grant, Member, Price, SiteRules, StripeCustomer, Subscription, Tier
from members.money.record.columns import columns
from members.money.record.projection import Worth, project
from members.money.record.telling import tell
from members.money.stripe_api.errors import Gone
from members.money.stripe_api.payments import Teller
from members.money.stripe_api.states import SubscriptionState

log = logging.getLogger(__name__)


class Unmatched(Exception):  # noqa: N818  # reads as a word: `except Unmatched`
    """Stripe speaks of a customer whom no member is linked to, perhaps not yet."""


def database_clock() -> datetime:
    """The database's own time now, also inside a transaction: it orders our looks at Stripe."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def lock_customer(customer_id: str) -> tuple[StripeCustomer, Member | None]:
    """The customer and their member (None once erased), locked in this order everywhere: member, then customer.

    Raises Unmatched for a customer we do not know.
    """
    member = Member.objects.paying_as(customer_id).select_for_update(of=("self",)).first()
    customer = StripeCustomer.objects.select_for_update().filter(stripe_id=customer_id).first()
    if customer is None:
        raise Unmatched(f"No member is linked to {customer_id}.")
    return customer, member


def sync_subscription(subscription_id: str, *, teller: Teller, is_quiet: bool = False) -> Subscription | None:
    """Make our row of one subscription agree with Stripe's; None when it is no business of ours.

    Rewrites the member's grants; may queue mails (none where `is_quiet`: an import) and the settling of a
    duplicate. Raises Gone, TryLater, Misconfigured, Unmatched.
    """
    asked_at = database_clock()
    seen = teller.fetch_subscription(subscription_id)
    price, alarm, is_ours = _our_price(seen)
    known = Subscription.objects.filter(stripe_id=subscription_id).exists()
    if not is_ours and not known:
        return None
    now = timezone.now()
    worth = _worth(seen, now)
    with transaction.atomic(durable=True):
        customer, member = lock_customer(seen.customer_id)
        before = Subscription.objects.filter(stripe_id=seen.id).first()
        if before is not None and before.fetched_at >= asked_at:
            return before
        row, _made = Subscription.objects.update_or_create(
            stripe_id=seen.id,
            defaults=columns(
                seen, worth, price=price, customer=customer, asked_at=asked_at, before=before, alarm=alarm
            ),
        )
        if row.needs_review:
            log.error("Subscription %s: %s", row.stripe_id, row.needs_review)
        if member is not None:
            Grant.objects.rebuild(member, now=now)
            if not is_quiet:
                tell(member, row, before, seen, now)
            _settle_if_double(member, row)
    return row


def _worth(seen: SubscriptionState, now: datetime) -> Worth:
    return project(seen, grace=timedelta(days=SiteRules.current().grace_days), now=now)


def differences(seen: SubscriptionState) -> list[str] | None:
    """The columns in which our row is not what `seen` says, all of them where there is none. None: not ours.

    Two looks of the same thing differ in when they were made, and in nothing else.
    """
    price, alarm, is_ours = _our_price(seen)
    row = Subscription.objects.filter(stripe_id=seen.id).select_related("customer").first()
    if row is None:
        return ["row"] if is_ours else None
    now = timezone.now()
    worth = _worth(seen, now)
    wanted = columns(seen, worth, price=price, customer=row.customer, asked_at=row.fetched_at, before=row, alarm=alarm)
    return [name for name, value in wanted.items() if not _same(name, getattr(row, name), value, now)]


def _same(name: str, held: object, wanted: object, now: datetime) -> bool:
    """Whether a column agrees. Of what is over it does not matter since when; a person's look is theirs."""
    if name == "paid_until" and isinstance(held, datetime) and isinstance(wanted, datetime):
        return held == wanted or max(held, wanted) <= now
    return name == "needs_review" or held == wanted


def _our_price(seen: SubscriptionState) -> tuple[Price | None, str, bool]:
    """The highest tier's price among the items, what is odd about them, and whether they concern us at all."""
    prices = list(Price.objects.filter(stripe_id__in=[item.price_id for item in seen.items]).select_related("tier"))
    best = max(prices, key=lambda price: price.tier.rank, default=None)
    is_ours = bool(prices) or Tier.objects.filter(product_id__in=[item.product_id for item in seen.items]).exists()
    if len(seen.items) > 1 or any(item.quantity != 1 for item in seen.items):
        return best, "more than one item or quantity", is_ours
    return best, "" if best or not is_ours else "a price that is not in our table", is_ours


def _settle_if_double(member: Member, row: Subscription) -> None:
    """Two subscriptions at once: have the newer one ended and refunded."""
    from members.money import jobs

    running = list(
        Subscription.objects.standing()
        .filter(customer__member=member, customer__superseded_at=None, livemode=row.livemode, price__isnull=False)
        .order_by("started_at", "pk")
    )
    for double in running[1:]:
        log.error("Member %s pays twice: %s beside %s", member.pk, double.stripe_id, running[0].stripe_id)
        Subscription.objects.filter(pk=double.pk).update(needs_review="bought twice: ended and refunded")
        jobs.settle_double.configure(lock=row.customer.stripe_id).defer(subscription_id=double.pk)


def sync_customer(customer_id: str, *, teller: Teller) -> bool:
    """Note whether a Customer was deleted, and look at their subscriptions and card anew. False: unknown to us."""
    if not StripeCustomer.objects.filter(stripe_id=customer_id).exists():
        return False
    try:
        exists = teller.is_customer(customer_id)
    except Gone:
        exists = False
    if not exists:
        StripeCustomer.objects.filter(stripe_id=customer_id, deleted_at=None).update(deleted_at=timezone.now())
    for row in Subscription.objects.standing().filter(customer__stripe_id=customer_id):
        _sync_or_end(row, teller=teller)  # another card, or the end of everything
    return True


def _sync_or_end(row: Subscription, *, teller: Teller) -> None:
    """Sync a customer's subscription; one that Stripe forgot altogether ends now."""
    try:
        sync_subscription(row.stripe_id, teller=teller)
    except Gone:
        end_forgotten(row)


def end_forgotten(row: Subscription) -> None:
    """End a subscription of which Stripe knows nothing any more."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        _customer, member = lock_customer(row.customer.stripe_id)
        over = {"status": "canceled", "paid_until": now, "ends_at": now, "ended_at": now}
        Subscription.objects.filter(pk=row.pk).update(**over)
        if member is not None:
            Grant.objects.rebuild(member)


def end_all(member: Member, *, teller: Teller) -> int:
    """Cancel whatever Stripe still bills this member for; before an account is erased. Returns how many.

    Raises TryLater or Misconfigured when that could not be done: then do not erase.
    """
    rows = list(Subscription.objects.standing().filter(customer__member=member))
    for row in rows:
        teller.cancel(row.stripe_id)
        sync_subscription(row.stripe_id, teller=teller)
    return len(rows)
