"""Joining: from *Join* to hosted Checkout and back. One open attempt a member, one Session an attempt.

The attempt's uuid is the idempotency key and `client_reference_id`; it is committed before Stripe hears of it.
"""

import hashlib
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from members.letters.sending import mailings
from members.models import CheckoutAttempt, Member, Price, StripeCustomer, Subscription, Terms
from members.money.joining.offers import trial_days_for
from members.money.record.ledger import sync_payment
from members.money.record.subscriptions import sync_subscription
from members.money.stripe_api import payments
from members.money.stripe_api.errors import Busy, Gone, PaymentError, Refused, Spoilt
from members.money.stripe_api.payments import Teller
from members.money.stripe_api.states import CheckoutState, OneOff

LASTS = timedelta(minutes=60)
TOO_OLD_TO_OPEN = timedelta(minutes=25)  # Stripe wants 30 minutes between now and the end
GIVEN_UP = ("incomplete_expired", "canceled")  # a subscription that waited for its first payment in vain
Kind, Status = CheckoutAttempt.Kind, CheckoutAttempt.Status


class CheckoutError(Exception):
    """Why paying cannot begin now; fit to show. `status` is the answer's, over HTTP."""

    status = 422


class NoAnswer(CheckoutError):  # noqa: N818  # reads as a word
    """Stripe cannot be reached: the same again makes sense."""

    status = 503


class AlreadyPatron(CheckoutError):  # noqa: N818  # reads as a word
    """There is a subscription: it is changed in the portal, or resumed on the account page."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(_("You already support us."))
        self.subscription = subscription


class Waiting(CheckoutError):  # noqa: N818  # reads as a word
    """A payment is under way; `attempt` says which."""

    def __init__(self, attempt: CheckoutAttempt) -> None:
        super().__init__(_("We are confirming your payment."))
        self.attempt = attempt


def later() -> NoAnswer:
    """What a person reads when Stripe cannot be reached."""
    return NoAnswer(_("Our payment service does not answer at the moment. Nothing was charged; please try again."))


def join(member: Member, price: Price, *, return_path: str, now: datetime, terms: Terms | None = None) -> str:
    """The address of the Checkout page on which `member` pays `price`; the same one however often they click.

    `terms`: what they accept by it, now. Rows: one open attempt, one customer. Raises CheckoutError,
    AlreadyPatron, Waiting.
    """
    if not price.is_active or not price.tier.is_active or not price.stripe_id or price.livemode != payments.is_live():
        raise CheckoutError(_("This price is not offered any more."))
    try:
        teller = payments.in_request()
        _refuse_patrons(member, teller)
        attempt = _open_attempt(member, price, return_path, now, teller)
        if terms is not None and attempt.terms_id != terms.pk:
            CheckoutAttempt.objects.filter(pk=attempt.pk).update(terms=terms, accepted_at=now)
        return attempt.url or _open_session(attempt, price, member, teller)
    except PaymentError as error:
        raise later() from error


def _refuse_patrons(member: Member, teller: Teller) -> None:
    """Whoever has a subscription goes to the portal; our row is checked first, it may be behind."""
    standing = Subscription.objects.standing().filter(customer__member=member, livemode=payments.is_live())
    for row in standing.filter(price__isnull=False).order_by("started_at"):
        fresh = sync_subscription(row.stripe_id, teller=teller)
        if fresh is not None and standing.filter(pk=fresh.pk).exists():
            raise AlreadyPatron(fresh)


def _open_attempt(member: Member, price: Price, return_path: str, now: datetime, teller: Teller) -> CheckoutAttempt:
    """The member's open attempt for this price; an older or other one is closed first."""
    attempt = CheckoutAttempt.objects.filter(member=member, kind=Kind.SUBSCRIBE, status=Status.OPEN).first()
    if attempt is not None:
        if attempt.details.get("waiting"):
            raise Waiting(attempt)
        usable = attempt.expires_at > now if attempt.url else attempt.created_at > now - TOO_OLD_TO_OPEN
        if attempt.price_id == price.pk and usable:
            return attempt
        close(attempt, teller=teller)
    try:
        with transaction.atomic():
            return new_attempt(
                kind=Kind.SUBSCRIBE, member=member, amount=price.unit_amount, email=member.email,
                details={"trial_days": trial_days_for(member, price.tier)},
                return_path=return_path, now=now, price=price,
            )  # fmt: skip
    except IntegrityError:  # another click was first
        return CheckoutAttempt.objects.get(member=member, kind=Kind.SUBSCRIBE, status=Status.OPEN)


def new_attempt(
    *,
    kind: str,
    member: Member | None,
    amount: int,
    email: str,
    details: dict[str, Any],
    return_path: str,
    now: datetime,
    price: Price | None = None,
) -> CheckoutAttempt:
    """A stored attempt, in the site's currency unless a price says otherwise."""
    return CheckoutAttempt.objects.create(
        kind=kind,
        member=member,
        price=price,
        amount=amount,
        currency=price.currency if price else settings.CURRENCY,
        email=email,
        details=details,
        return_path=return_path,
        created_at=now,
        expires_at=now + LASTS,
    )


def close(attempt: CheckoutAttempt, *, teller: Teller) -> None:
    """End an open attempt at Stripe and here. Raises Waiting or AlreadyPatron if it was paid meanwhile."""
    if attempt.session_id:
        try:
            seen = teller.expire_checkout(attempt.session_id)
        except Gone:
            seen = None
        if seen is not None and seen.status == "complete":
            record(seen, teller=teller)
            raise Waiting(attempt)
    CheckoutAttempt.objects.filter(pk=attempt.pk, status=Status.OPEN).update(status=Status.EXPIRED)


def expire(session_id: str, *, teller: Teller) -> None:
    """Close a Session at Stripe; one that was paid meanwhile is recorded like any other. Raises TryLater."""
    try:
        seen = teller.expire_checkout(session_id)
    except Gone:
        return
    record(seen, teller=teller)


def _open_session(attempt: CheckoutAttempt, price: Price, member: Member, teller: Teller) -> str:
    """Have Stripe make the Session of an attempt; of several at once one does, the others read its address."""
    try:
        customer = customer_of(member, teller=teller)
        seen = teller.open_checkout(
            str(attempt.pk),
            price_id=price.stripe_id or "",
            customer_id=customer.stripe_id,
            success_url=_welcome_url(),
            cancel_url=_back_to(attempt),
            expires_at=attempt.expires_at,
            trial_days=int(attempt.details.get("trial_days", 0)),
        )
    except Busy:
        return _address_made_by_another(attempt)
    except Gone as error:  # the Customer was deleted in the dashboard
        StripeCustomer.objects.in_use().filter(member=member).update(deleted_at=timezone.now())
        _fail(attempt)
        raise later() from error
    except (Spoilt, Refused):
        _fail(attempt)
        raise
    return _keep(attempt, seen)


def open_one_off(attempt: CheckoutAttempt) -> str:
    """The Checkout page of a donation or gift. Raises CheckoutError."""
    wanted = OneOff(
        name=attempt.details["name"],
        amount=attempt.amount,
        currency=attempt.currency,
        email=attempt.email,
        success_url=_welcome_url(),
        cancel_url=_back_to(attempt),
        expires_at=attempt.expires_at,
        is_donation=attempt.kind == Kind.DONATE,
    )
    try:
        return _keep(attempt, payments.in_request().open_one_off(str(attempt.pk), wanted))
    except PaymentError as error:
        _fail(attempt)
        raise later() from error


def _keep(attempt: CheckoutAttempt, seen: CheckoutState) -> str:
    CheckoutAttempt.objects.filter(pk=attempt.pk).update(session_id=seen.id, url=seen.url)
    return seen.url


def _fail(attempt: CheckoutAttempt) -> None:
    """Close an attempt whose key is spent: the next click gets a new row, hence a new key."""
    CheckoutAttempt.objects.filter(pk=attempt.pk, status=Status.OPEN).update(status=Status.FAILED)


def _address_made_by_another(attempt: CheckoutAttempt) -> str:
    """Wait a moment for the click that is at it. Raises Busy if it takes longer than a person waits."""
    for _turn in range(20):
        attempt.refresh_from_db(fields=["url", "status"])
        if attempt.url:
            return attempt.url
        time.sleep(0.2)
    raise Busy("Another click is still opening this Session.")


def _welcome_url() -> str:
    return f"{settings.SITE_URL}{reverse('welcome')}?session_id={{CHECKOUT_SESSION_ID}}"


def _back_to(attempt: CheckoutAttempt) -> str:
    """Where *Back* on Stripe's page leads: to the choice made. Of the stored row alone: a key wants the same again."""
    if attempt.kind == Kind.SUBSCRIBE:
        chosen = {"price": attempt.price_id, "next": attempt.return_path}
        return f"{settings.SITE_URL}{reverse('membership')}?{urlencode({k: v for k, v in chosen.items() if v})}"
    page = "membership_gift" if attempt.kind == Kind.GIFT else "membership_support"
    return f"{settings.SITE_URL}{reverse(page)}"


def customer_of(member: Member, *, teller: Teller) -> StripeCustomer:
    """The member's Customer in the mode of our key, made if there is none. Never found by e-mail."""
    live = payments.is_live()
    known = StripeCustomer.objects.in_use().filter(member=member, livemode=live).first()
    if known is not None:
        return known
    gone = StripeCustomer.objects.filter(member=member, livemode=live).out_of_use().count()
    gone += CheckoutAttempt.objects.filter(member=member, status=Status.FAILED).count()  # each may have spent a key
    told = hashlib.sha256(f"{settings.SITE_URL} {member.email}".encode()).hexdigest()[:12]
    made = teller.create_customer(email=member.email, member_id=member.pk, key=f"cus-{member.pk}-{gone}-{told}")
    row, _new = StripeCustomer.objects.get_or_create(stripe_id=made, defaults={"member": member, "livemode": live})
    return row


def sync_checkout(session_id: str, *, teller: Teller, has_failed: bool = False) -> CheckoutAttempt | None:
    """Bring what a Checkout Session led to into our tables; None when the Session is not ours.

    `has_failed`: an event said that the bank of a delayed method refused. Raises Gone, TryLater, Unmatched.
    """
    return record(teller.fetch_checkout(session_id), teller=teller, has_failed=has_failed)


def record(seen: CheckoutState, *, teller: Teller, has_failed: bool = False) -> CheckoutAttempt | None:
    """The same for a Session just seen. Complete is not paid: a delayed method gives nothing yet."""
    attempt = attempt_of(seen)
    if attempt is None or seen.livemode != payments.is_live():
        return None
    if seen.status == "complete" and seen.subscription_id:
        row = sync_subscription(seen.subscription_id, teller=teller)
        has_failed = has_failed or (row is not None and row.status in GIVEN_UP)  # its event may never come
    elif seen.is_paid and seen.payment_intent:
        sync_payment(seen.payment_intent, teller=teller, email=seen.email)
    _settle(attempt, seen, has_failed=has_failed)
    attempt.refresh_from_db()
    return attempt


def attempt_of(seen: CheckoutState) -> CheckoutAttempt | None:
    """The attempt a Session belongs to, by its id or ours."""
    by_session = CheckoutAttempt.objects.filter(session_id=seen.id).first()
    if by_session is not None or not seen.attempt_id:
        return by_session
    try:
        return CheckoutAttempt.objects.filter(pk=seen.attempt_id).first()
    except ValueError:
        return None


def _settle(attempt: CheckoutAttempt, seen: CheckoutState, *, has_failed: bool) -> None:
    """Write down what became of the attempt; a mail when a delayed payment failed."""
    mine = CheckoutAttempt.objects.filter(pk=attempt.pk).exclude(status=Status.DONE)
    with transaction.atomic():
        if seen.is_paid:
            mine.update(status=Status.DONE, session_id=seen.id)
        elif seen.status == "expired":
            mine.filter(status=Status.OPEN).update(status=Status.EXPIRED, session_id=seen.id)
        elif seen.is_waiting and has_failed:
            mine.update(status=Status.FAILED)
            member, email = attempt.member, attempt.email or seen.email
            if member or email:
                mailings.queue(
                    f"unpaid-{attempt.pk}", template="members/checkout_failed", context={}, member=member, email=email
                )
        elif seen.is_waiting:
            mine.update(details={**attempt.details, "waiting": True}, session_id=seen.id)
