"""The steps that help somebody who paid and cannot read. Each is written down; none runs inside a transaction."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.letters.sending import mailings
from members.models import (
    AuditEntry,
    CheckoutAttempt,
    Complimentary,
    Gift,
    Grant,
    Mailing,
    Member,
    Payment,
    StripeCustomer,
    StripeEvent,
    Subscription,
    Tier,
)
from members.money.amounts import spelled
from members.money.desk.facts import facts_of
from members.money.desk.pages import StepError
from members.money.desk.search import known
from members.money.giving import gifts, support
from members.money.inbox import webhooks
from members.money.joining import checkout
from members.money.keeping.standing import day
from members.money.record import ledger
from members.money.record.subscriptions import Unmatched, sync_subscription
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Gone, PaymentError
from members.money.stripe_api.payments import Teller

NEWEST, LONGEST = 5, timedelta(days=366 * 2)
GIVEN_BY_DESK = "money desk"


def mend(member: Member, *, by: Member, teller: Teller) -> str:
    """Ask Stripe about everything of theirs and follow what it says; what was looked at, as a sentence.

    Subscriptions of their customers, Checkouts not settled, their newest payments, waiting events. Rewrites
    grants; may queue mails. Audited. Raises PaymentError when Stripe cannot be asked.
    """
    AuditEntry.objects.note("look at Stripe", by=by, subject=member)
    mine = StripeCustomer.objects.filter(member=member, livemode=payments.is_live(), deleted_at=None)
    customers = list(mine.values_list("stripe_id", flat=True))
    looked = sum(_look_at_customer(stripe_id, teller) for stripe_id in customers)
    tries = CheckoutAttempt.objects.filter(member=member).exclude(session_id=None).exclude(status="done")
    for attempt in tries.order_by("-created_at")[:NEWEST]:
        _leniently(checkout.sync_checkout, attempt.session_id or "", teller)
    paid = Payment.objects.filter(member=member).order_by("-paid_at")
    for intent in paid.values_list("payment_intent", flat=True)[:NEWEST]:
        _leniently(ledger.sync_payment, intent, teller)
    retry(member)
    Grant.objects.rebuild(member)
    known = {"customers": len(customers), "subscriptions": looked}
    return _("Looked at Stripe: %(customers)d customers, %(subscriptions)d subscriptions.") % known


def _look_at_customer(stripe_id: str, teller: Teller) -> int:
    """Sync every subscription of a customer with its payments; how many there are."""
    try:
        found = teller.list_subscriptions(stripe_id)
    except Gone:
        return 0
    for subscription_id in found:
        sync_subscription(subscription_id, teller=teller)
        for invoice in teller.fetch_subscription(subscription_id).invoices:
            if invoice.status == "paid" and invoice.payment_intent:
                ledger.sync_payment(invoice.payment_intent, teller=teller)
    return len(found)


def _leniently(verb: Any, stripe_id: str, teller: Teller) -> None:
    """Sync one thing; that Stripe or we do not know it is no reason to stop."""
    try:
        verb(stripe_id, teller=teller)
    except (Gone, Unmatched):
        return


def retry(member: Member) -> str:
    """Look at the member's waiting events now; what became of them, as a sentence."""
    waiting = facts_of([known(member, timezone.now())])[0].events
    return look_at(waiting)


def look_at(events: "tuple[StripeEvent, ...] | list[StripeEvent]") -> str:
    """Look at events again, now; what became of them, as a sentence. What fails is tried later by its job."""
    for event in events:
        webhooks.retry(event)
    for object_id in dict.fromkeys(event.object_id for event in events):
        try:
            webhooks.process(object_id)
        except (PaymentError, Unmatched):
            continue  # its reason is on the event; the job goes on
    left = StripeEvent.objects.filter(pk__in=[event.pk for event in events])
    left = left.filter(status__in=[StripeEvent.Status.PENDING, StripeEvent.Status.PARKED])
    known = {"n": len(events), "left": left.count()}
    return _("Looked at %(n)d events again; %(left)d still wait.") % known


class GiveForm(forms.Form):
    """Access until a day. `until` is cleaned to the end of that day in the site's zone."""

    tier = forms.ModelChoiceField(Tier.objects.filter(is_active=True))
    until = forms.DateField(error_messages={"invalid": gettext_lazy("Please choose a day.")})
    words = forms.CharField(required=False, max_length=250)

    def clean_until(self) -> datetime:
        """A day to come, within two years."""
        chosen = self.cleaned_data["until"]
        if not timezone.localdate() <= chosen <= timezone.localdate() + LONGEST:
            raise forms.ValidationError(_("Please choose a day within the next two years."))
        return timezone.make_aware(datetime.combine(chosen + timedelta(days=1), time()))


def give(member: Member, typed: Any, *, by: Member, now: datetime) -> str:
    """Give access until the day typed, as the money desk's own; a sentence. Audited. Raises StepError."""
    form = GiveForm(typed)
    if not form.is_valid():
        raise StepError(" ".join(str(error) for errors in form.errors.values() for error in errors))
    until, words = form.cleaned_data["until"], form.cleaned_data["words"]
    with transaction.atomic():
        row = Complimentary.objects.create(
            member=member, tier=form.cleaned_data["tier"], starts_at=now, ends_at=until, granted_by=by,
            reason=f"{GIVEN_BY_DESK}: {words}" if words else GIVEN_BY_DESK,
        )  # fmt: skip
        support.changed(row, by=by, verb="give access", now=now)
    last = day(until - timedelta(seconds=1))
    return _("They can read %(tier)s until %(day)s.") % {"tier": row.tier.name, "day": last}


def send_code(gift: Gift, *, by: Member, now: datetime) -> str:
    """Mail the code of a gift once more, at most once an hour; a sentence. Audited. Raises StepError."""
    if gift.redeemed_at or gift.voided_at or gift.payment.is_void or gift.expires_at <= now:
        raise StepError(_("This gift was used, paid back or is too old: its code opens nothing."))
    name = f"gift-{gift.pk}" if gift.recipient_email else f"receipt-gift-{gift.pk}"
    first = Mailing.objects.filter(key=name).first()
    to = gift.recipient_email or (first.email if first else "")
    with transaction.atomic():
        if not to or (first is None and not gifts.deliver(gift, now=now)):
            raise StepError(_("This gift has no code to send yet."))
        if first is not None:
            told = {"template": first.template, "context": first.context, "email": to}
            if not mailings.queue(f"{name}-again-{now:%Y%m%d%H}", **told):
                raise StepError(_("The code was sent again within this hour already."))
        AuditEntry.objects.note("send gift code", by=by, subject=gift)
    return _("The code is on its way to %(to)s.") % {"to": to}


def mail_invoice(row: Subscription, *, by: Member, now: datetime) -> str:
    """Mail the member the page on which the open invoice is paid or confirmed; once a day. Raises StepError."""
    member = row.customer.member
    if member is None or not row.open_invoice_url or row.price is None:
        raise StepError(_("There is no open invoice to send."))
    amount = row.next_amount if row.next_amount is not None else row.price.unit_amount
    context = {"amount": spelled(amount, row.price.currency), "url": row.open_invoice_url, "name": member.name}
    with transaction.atomic():
        key = f"invoice-{row.stripe_id}-{now:%Y%m%d}"
        if not mailings.queue(key, template="members/invoice_link", context=context, member=member):
            raise StepError(_("The link was sent today already."))
        AuditEntry.objects.note("mail invoice", by=by, subject=row)
    return _("The link is on its way to %(to)s.") % {"to": member.email}
