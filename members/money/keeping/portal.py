"""What a patron changes: card, plan and end in Stripe's Portal; a pause with a resume date is ours."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import AuditEntry, Member, Price, StripeCustomer, Subscription
from members.models.grant import add_months
from members.money.joining.checkout import CheckoutError, later
from members.money.record.subscriptions import sync_subscription
from members.money.stripe_api import payments
from members.money.stripe_api.errors import PaymentError

PORTAL_KEY, PORTAL_KEPT = "stripe-portal", 24 * 3600


def portal_address(member: Member) -> str:
    """The address of a new Portal Session: redirect at once, keep it nowhere. Raises CheckoutError."""
    customer = StripeCustomer.objects.in_use().filter(member=member, livemode=payments.is_live()).first()
    if customer is None:
        raise CheckoutError(_("There is nothing to manage yet."))
    try:
        teller = payments.in_request()
        configuration = cache.get(PORTAL_KEY)
        if configuration is None:
            configuration = teller.find_portal()
            cache.set(PORTAL_KEY, configuration, PORTAL_KEPT if configuration else 60)
        back = f"{settings.SITE_URL}{settings.LOGIN_REDIRECT_URL}"
        return teller.open_portal(customer.stripe_id, configuration=configuration, return_url=back)
    except PaymentError as error:
        raise later() from error


def pause_days(row: Subscription) -> list[date]:
    """The renewal days on which a pause may end: by the month the next but one and the two after it, by the year one.

    On any other day nothing would be paid, and so nothing opened, until the renewal that follows it.
    """
    return [timezone.localdate(moment) for moment in _renewals(row)]


def _renewals(row: Subscription) -> list[datetime]:
    """After the next renewal, which a pause skips."""
    if row.period_end is None or row.price is None:
        return []
    months = (12,) if row.price.interval == Price.Interval.YEAR else (1, 2, 3)
    return [add_months(row.period_end, each) for each in months]


def pause(member: Member, *, resumes_on: str) -> Subscription:
    """Stop billing until just before the renewal of `resumes_on` (an ISO day out of `pause_days`).

    What was paid stays open. Audited. Raises CheckoutError.
    """
    row = _running(member)
    if row.status != "active" or row.ends_at is not None:
        raise CheckoutError(_("Your membership cannot be paused as it stands now."))
    for renewal in _renewals(row):
        if timezone.localdate(renewal).isoformat() == resumes_on:
            return _tell_stripe(member, row, verb="pause", resumes_at=renewal - timedelta(hours=1))
    raise CheckoutError(_("Please choose one of the days."))


def resume(member: Member) -> Subscription:
    """End the pause now; what rests since its trial ended begins anew. Audited. Raises CheckoutError."""
    row = _running(member)
    return _tell_stripe(member, row, verb="restart" if row.status == "paused" else "resume", resumes_at=None)


def _running(member: Member) -> Subscription:
    rows = Subscription.objects.standing().filter(customer__member=member, price__isnull=False)
    row = rows.select_related("price").order_by("started_at").first()
    if row is None:
        raise CheckoutError(_("You have no membership to pause."))
    return row


def _tell_stripe(member: Member, row: Subscription, *, verb: str, resumes_at: datetime | None) -> Subscription:
    """Write down the wish (its row is the idempotency key), tell Stripe, look again."""
    entry = AuditEntry.objects.create(
        by=member, verb=verb, subject_type=row._meta.label, subject_id=str(row.pk), subject_name=row.stripe_id,
        changes={"resumes_at": [row.resumes_at, resumes_at]},
    )  # fmt: skip
    try:
        teller = payments.in_request()
        if resumes_at is not None:
            teller.pause(row.stripe_id, resumes_at=resumes_at, key=f"pause-{entry.pk}")
        elif verb == "restart":
            teller.restart(row.stripe_id, key=f"restart-{entry.pk}")
        else:
            teller.resume(row.stripe_id, key=f"resume-{entry.pk}")
        return sync_subscription(row.stripe_id, teller=teller) or row
    except PaymentError as error:
        raise later() from error
