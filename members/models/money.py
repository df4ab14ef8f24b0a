"""Our record of what Stripe did: customers, attempts, subscriptions, payments, the inbox. Never the truth
about access: that is `Grant`."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.member import Member
from members.models.terms import Terms
from members.models.tier import Price

STANDING = ("trialing", "active", "past_due", "unpaid", "paused")  # Stripe bills these, or waits for them
NO_DISPUTE = ("", "won", "warning_closed")  # none, or one that took nothing


class StripeCustomerQuerySet(models.QuerySet["StripeCustomer"]):
    """Words for customers."""

    def in_use(self) -> Self:
        """Those that can be charged: neither deleted at Stripe nor superseded by another account's."""
        return self.filter(deleted_at=None, superseded_at=None)

    def out_of_use(self) -> Self:
        """The others: kept for the money they moved."""
        return self.exclude(deleted_at=None, superseded_at=None)


class StripeCustomer(models.Model):
    """Whom Stripe knows a member as. Outlives the account, since money history does.

    `superseded_at`: two accounts became one and this is the other's Customer: still read, never charged anew.
    """

    member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="stripe_customers"
    )
    stripe_id = models.CharField(max_length=255, unique=True)
    livemode = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = StripeCustomerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "livemode"],
                condition=Q(deleted_at=None, superseded_at=None),
                name="customer_one_in_use",
            )
        ]

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def is_forgotten(self) -> bool:
        """Whether whoever it was erased their account: money alone is recorded of it from then on."""
        return self.member_id is None and self.superseded_at is not None


class CheckoutAttempt(models.Model):
    """One try to pay. Its uuid is the idempotency key and Stripe's `client_reference_id`."""

    class Kind(models.TextChoices):
        SUBSCRIBE = "subscribe", _("Subscription")
        DONATE = "donate", _("Donation")
        GIFT = "gift", _("Gift")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        EXPIRED = "expired", _("Expired")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="attempts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    price = models.ForeignKey(Price, null=True, blank=True, on_delete=models.PROTECT)
    amount = models.PositiveIntegerField(help_text=_("Smallest unit of the currency."))
    currency = models.CharField(max_length=3)
    email = models.EmailField(blank=True)
    details = models.JSONField(default=dict, blank=True, help_text=_("What a gift or donation carries."))
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    session_id = models.CharField(max_length=255, null=True, blank=True, unique=True)
    url = models.URLField(max_length=2000, blank=True)
    return_path = models.CharField(max_length=500, blank=True, help_text=_("Where the reader left off."))
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    terms = models.ForeignKey(Terms, null=True, blank=True, on_delete=models.PROTECT, related_name="attempts")
    accepted_at = models.DateTimeField(null=True, blank=True, help_text=_("When they pressed *Join* under the terms."))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(kind="subscribe", status="open"), name="attempt_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Words for subscriptions."""

    def standing(self) -> Self:
        """Those that Stripe still bills or waits for: whoever has one goes to the portal, not to Checkout."""
        return self.filter(status__in=STANDING)


class Subscription(models.Model):
    """What Stripe last said of one subscription, and until when it is paid."""

    stripe_id = models.CharField(max_length=255, unique=True)
    customer = models.ForeignKey(StripeCustomer, on_delete=models.PROTECT, related_name="subscriptions")
    item_id = models.CharField(max_length=255, blank=True)
    price = models.ForeignKey(Price, null=True, blank=True, on_delete=models.PROTECT)
    status = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    period_end = models.DateTimeField(null=True, blank=True)
    paid_until = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    resumes_at = models.DateTimeField(null=True, blank=True)
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    next_amount = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("What the next payment takes, after discounts, in the smallest unit.")
    )
    discount = models.CharField(max_length=120, blank=True)
    next_price = models.ForeignKey(Price, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    changes_at = models.DateTimeField(null=True, blank=True, help_text=_("When `next_price` takes over."))
    cancel_reason = models.CharField(max_length=40, blank=True)
    cancel_comment = models.TextField(blank=True)
    card_brand = models.CharField(max_length=30, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    card_expires_on = models.DateField(null=True, blank=True, help_text=_("The card's last day."))
    needs_action = models.BooleanField(default=False, help_text=_("The bank wants the patron to confirm a payment."))
    open_invoice_url = models.URLField(max_length=2000, blank=True)
    livemode = models.BooleanField(default=False)
    needs_review = models.CharField(max_length=200, blank=True)
    fetched_at = models.DateTimeField()

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")

    def __str__(self) -> str:
        return self.stripe_id

    @property
    def is_standing(self) -> bool:
        """Whether Stripe still bills it or waits for it; the same as `standing()`."""
        return self.status in STANDING


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Words for payments."""

    def disputed(self) -> Self:
        """Those whose money a bank holds or took: a dispute is open or was lost."""
        return self.exclude(dispute_status__in=NO_DISPUTE)


class Payment(models.Model):
    """Money that came in; `amount_refunded` is absolute, as Stripe states it."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Subscription")
        DONATION = "donation", _("Donation")
        GIFT = "gift", _("Gift")

    payment_intent = models.CharField(max_length=255, unique=True)
    attempt = models.ForeignKey(CheckoutAttempt, null=True, blank=True, on_delete=models.SET_NULL)
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="payments")
    subscription = models.ForeignKey(
        Subscription, null=True, blank=True, on_delete=models.SET_NULL, related_name="payments"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    amount = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    amount_refunded = models.PositiveIntegerField(default=0)
    dispute_status = models.CharField(max_length=40, blank=True)
    tax = models.PositiveIntegerField(default=0, help_text=_("Part of the amount; passed on, no revenue."))
    receipt_number = models.CharField(max_length=60, blank=True, db_index=True)
    invoice_number = models.CharField(max_length=60, blank=True, db_index=True)
    billing_email = models.EmailField(blank=True, help_text=_("What was typed at Stripe; matches nobody."))
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    livemode = models.BooleanField(default=False)
    paid_at = models.DateTimeField()
    fetched_at = models.DateTimeField()

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        indexes = [models.Index(fields=["-paid_at"], name="payment_newest")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} ({self.payment_intent})"

    @property
    def is_disputed(self) -> bool:
        """Whether a dispute is open or was lost; the same as `disputed()`."""
        return self.dispute_status not in NO_DISPUTE

    @property
    def is_void(self) -> bool:
        """Whether what it bought is gone: wholly refunded, or disputed and not won."""
        return self.is_disputed or (self.amount > 0 and self.amount_refunded >= self.amount)


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    """Words for the inbox."""

    def pending(self) -> Self:
        """Those still to be done."""
        return self.filter(status=StripeEvent.Status.PENDING)

    def overdue(self, since: datetime) -> Self:
        """Pending and received before `since`: the sweep defers them again."""
        return self.pending().filter(received_at__lt=since)


class StripeEvent(models.Model):
    """The inbox: one row per event id, no payload. A parked one waits for a person, with its reason."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Ignored")
        PARKED = "parked", _("Parked")

    stripe_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=255, blank=True)
    customer_id = models.CharField(max_length=255, blank=True)
    api_version = models.CharField(max_length=40, blank=True)
    livemode = models.BooleanField(default=False)
    created = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=10, default="webhook")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("Stripe event")
        verbose_name_plural = _("Stripe events")
        indexes = [
            models.Index(fields=["received_at"], condition=Q(status="pending"), name="event_pending"),
            models.Index(fields=["object_id"], condition=Q(status="pending"), name="event_pending_object"),
        ]

    def __str__(self) -> str:
        return f"{self.type} ({self.stripe_id})"


class StripeRef(models.Model):
    """Which local row an id belongs to that reaches us without context (a charge, an invoice)."""

    reference = models.CharField(max_length=255, unique=True)
    subscription = models.ForeignKey(Subscription, null=True, blank=True, on_delete=models.CASCADE)
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.reference
