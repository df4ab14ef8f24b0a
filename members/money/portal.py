"""What a patron changes: card, plan and end in Stripe's Portal; a pause with a resume date is ours."""

from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _

from members.models import AuditEntry, Member, StripeCustomer, Subscription
from members.money import payments
from members.money.checkout import CheckoutError, later
from members.money.errors import PaymentError
from members.money.subscriptions import sync_subscription

PORTAL_KEY, PORTAL_KEPT = "stripe-portal", 24 * 3600


def portal_address(member: Member) -> str:
    """The address of a new Portal Session: redirect at once, keep it nowhere. Raises CheckoutError."""
    customer = StripeCustomer.objects.filter(member=member, livemode=payments.is_live(), deleted_at=None).first()
    if customer is None:
        raise CheckoutError(_("There is nothing to manage yet."))
    try:
        teller = payments.in_request()
        configuration = cache.get(PORTAL_KEY)
        if configuration is None:
            configuration = teller.find_portal()
            cache.set(PORTAL_KEY, configuration, PORTAL_KEPT if configuration else 60)
        back = f"{settings.SITE_URL}{reverse('account')}"
        return teller.open_portal(customer.stripe_id, configuration=configuration, return_url=back)
    except PaymentError as error:
        raise later() from error


def pause(member: Member, *, resumes_at: datetime) -> Subscription:
    """Stop billing until `resumes_at`; what was paid stays open. Audited. Raises CheckoutError."""
    return _paused_or_resumed(member, verb="pause", resumes_at=resumes_at)


def resume(member: Member) -> Subscription:
    """End the pause now. Audited. Raises CheckoutError."""
    return _paused_or_resumed(member, verb="resume", resumes_at=None)


def _paused_or_resumed(member: Member, *, verb: str, resumes_at: datetime | None) -> Subscription:
    row = Subscription.objects.standing().filter(customer__member=member, price__isnull=False).first()
    if row is None:
        raise CheckoutError(_("You have no membership to pause."))
    entry = AuditEntry.objects.create(
        by=member, verb=verb, subject_type=row._meta.label, subject_id=str(row.pk), subject_name=row.stripe_id,
        changes={"resumes_at": [row.resumes_at, resumes_at]},
    )  # fmt: skip
    try:
        teller = payments.in_request()
        if resumes_at is not None:
            teller.pause(row.stripe_id, resumes_at=resumes_at, key=f"pause-{entry.pk}")
        else:
            teller.resume(row.stripe_id, key=f"resume-{entry.pk}")
        return sync_subscription(row.stripe_id, teller=teller) or row
    except PaymentError as error:
        raise later() from error
