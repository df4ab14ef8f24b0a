"""Linking a Customer nobody is linked to with the member whose money it is: a person decides, never an e-mail."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from members.models import AuditEntry, Member, StripeCustomer, StripeEvent, Subscription
from members.money.inbox import webhooks
from members.money.record.subscriptions import sync_subscription
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Gone
from members.money.stripe_api.payments import Teller
from members.money.stripe_api.states import CustomerState


class LinkError(Exception):
    """Why this customer cannot be linked to this member; fit to show."""


def link_customer(stripe_id: str, *, member: Member, by: Member, teller: Teller) -> str:
    """Say that a Customer is this member: their waiting events are looked at, their subscriptions synced.

    Returns a sentence. Rows: the customer (superseding another without a running subscription, else itself
    superseded), an audit entry, pending events with their jobs; then what a sync writes. Safe to run again.
    Raises LinkError, TryLater, Misconfigured.
    """
    seen = confirm_customer(stripe_id.strip(), teller=teller)
    if member.erased_at is not None or member.merged_into_id is not None:
        raise LinkError(_("That account is no longer in use."))
    with transaction.atomic(durable=True):
        locked = Member.objects.select_for_update().get(pk=member.pk)
        _store(seen.id, locked)
        AuditEntry.objects.note("link customer", by=by, subject=member, changes={"stripe customer": ["", seen.id]})
        waiting = list(_waiting(seen.id))
        for event in waiting:
            webhooks.retry(event)
    found = teller.list_subscriptions(seen.id)
    for subscription_id in found:
        sync_subscription(subscription_id, teller=teller)
    known = {"customer": seen.id, "member": member.email, "n": len(found)}
    return ngettext(
        "The customer %(customer)s is now %(member)s, with %(n)d subscription.",
        "The customer %(customer)s is now %(member)s, with %(n)d subscriptions.",
        len(found),
    ) % known  # fmt: skip


def confirm_customer(stripe_id: str, *, teller: Teller) -> CustomerState:
    """The customer as Stripe knows it on our account, in our mode. Raises LinkError, TryLater, Misconfigured."""
    seen = next(iter(_seen(stripe_id, teller)), None)
    if seen is None or seen.livemode != payments.is_live():
        raise LinkError(_("Stripe knows no such customer, or deleted it."))
    return seen


def take_over(stripe_id: str, *, member: Member) -> None:
    """Say that a confirmed Customer is this member, as a table of another system does: nobody is told.

    Rows: the customer; the caller syncs, and then lets waiting events go on. Raises LinkError.
    """
    if not member.is_active:
        raise LinkError(_("That account is no longer in use."))
    with transaction.atomic(durable=True):
        _store(stripe_id, Member.objects.select_for_update().get(pk=member.pk))


def release_events(stripe_id: str) -> None:
    """Have the events looked at that waited for somebody to be linked to this customer."""
    with transaction.atomic():
        for event in _waiting(stripe_id):
            webhooks.retry(event)


def _seen(stripe_id: str, teller: Teller) -> list[CustomerState]:
    if not stripe_id.startswith("cus_"):
        raise LinkError(_("A customer’s id begins with cus_."))
    try:
        return teller.find_customers(stripe_id)
    except Gone:
        return []


def _store(stripe_id: str, member: Member) -> None:
    """The customer's row. Of two customers the one with a running subscription stays in use."""
    row = StripeCustomer.objects.select_for_update(of=("self",)).select_related("member").filter(stripe_id=stripe_id)
    held = row.first()
    if held is not None and held.member_id == member.pk:
        return
    if held is not None and held.member is not None:
        raise LinkError(_("This customer is linked to %(other)s already.") % {"other": held.member.email})
    now, live = timezone.now(), payments.is_live()
    in_use = StripeCustomer.objects.in_use().filter(member=member, livemode=live)
    pays = Subscription.objects.standing().filter(customer__in=in_use).exists()
    if not pays:
        in_use.update(superseded_at=now)
    fields = {"member": member, "livemode": live, "deleted_at": None, "superseded_at": now if pays else None}
    try:
        StripeCustomer.objects.update_or_create(stripe_id=stripe_id, defaults=fields)
    except IntegrityError as error:
        raise LinkError(_("Somebody else linked this customer just now; please look again.")) from error


def _waiting(stripe_id: str) -> "list[StripeEvent]":
    """Events that were parked or wait because nobody was linked."""
    unsettled = StripeEvent.objects.filter(status__in=[StripeEvent.Status.PARKED, StripeEvent.Status.PENDING])
    named = unsettled.filter(customer_id=stripe_id) | unsettled.filter(error__contains=f"{stripe_id}.")
    return list(named.order_by("pk"))
