"""Whom Stripe knows a member as: the address it writes to, and that it forgets who asked us to."""

import hashlib
import logging
from datetime import datetime

from members.models import AuditEntry, Member, StripeCustomer
from members.money.stripe_api.errors import Gone, TryLater
from members.money.stripe_api.payments import Teller

log = logging.getLogger(__name__)


def follow_address(member: Member, entry: AuditEntry) -> None:
    """The member has another address: have Stripe told. Effects: a job for each Customer of theirs.

    `entry` is the record of the change, in the caller's transaction: its key makes the request's own.
    """
    from members.money import jobs

    for customer in StripeCustomer.objects.filter(member=member, deleted_at=None):
        jobs.tell_address.configure(lock=customer.stripe_id).defer(customer_id=customer.pk, entry_id=entry.pk)


def tell_address(customer: StripeCustomer, entry_id: int, *, teller: Teller) -> None:
    """Write the member's address of today to Stripe. Nothing for a Customer without member. Raises TryLater."""
    if customer.member is None or customer.deleted_at:
        return
    email = customer.member.email
    told = hashlib.sha256(email.encode()).hexdigest()[:12]  # another address under the same key would be refused
    try:
        teller.update_customer(customer.stripe_id, email=email, key=f"address-{entry_id}-{customer.pk}-{told}")
    except Gone:
        log.warning("Customer %s is gone; its new address was not told.", customer.stripe_id)


def let_go(member: Member, now: datetime) -> None:
    """The member is being erased: their Customers are nobody's from now on, and Stripe shall forget them.

    Runs in the caller's transaction. What Stripe still tells of them is recorded without a person.
    """
    from members.money import jobs

    for customer in StripeCustomer.objects.select_for_update().filter(member=member):
        customer.member = None
        customer.superseded_at = customer.superseded_at or now
        customer.save(update_fields=["member", "superseded_at"])
        if customer.deleted_at is None:
            jobs.forget_customer.configure(lock=customer.stripe_id).defer(customer_id=customer.pk)


def forget(customer: StripeCustomer, *, teller: Teller, now: datetime) -> None:
    """Have Stripe delete a Customer that is nobody's any more. Raises TryLater, Misconfigured."""
    if customer.member_id is not None or customer.superseded_at is None or customer.deleted_at:
        return
    teller.delete_customer(customer.stripe_id)
    StripeCustomer.objects.filter(pk=customer.pk, deleted_at=None).update(deleted_at=now)


def forget_due(*, teller: Teller, now: datetime) -> int:
    """Every Customer let go and not forgotten yet. Returns how many; stops when Stripe does not answer."""
    due = StripeCustomer.objects.filter(member=None, superseded_at__isnull=False, deleted_at=None)
    done = 0
    for customer in due.order_by("pk"):
        try:
            forget(customer, teller=teller, now=now)
        except TryLater as error:
            log.warning("Stripe did not forget %s yet: %s", customer.stripe_id, error)
            break
        done += 1
    return done
