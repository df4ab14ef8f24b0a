"""What Stripe told us, to look at: subscriptions, payments, the inbox, and what follows from them."""

from datetime import datetime

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.models import (
    CheckoutAttempt,
    Gift,
    Grant,
    Member,
    Payment,
    StripeCustomer,
    StripeEvent,
    Subscription,
)
from members.money.amounts import spelled
from members.money.desk.base import ModelAdmin, ReadOnly, Verb, VerbAdmin
from members.money.inbox import webhooks
from members.money.record import ledger
from members.money.record.subscriptions import sync_subscription
from members.money.stripe_api import payments


def _look_again(row: Subscription, by: Member, now: datetime) -> None:
    sync_subscription(row.stripe_id, teller=payments.in_job())


def _end(row: Subscription, by: Member, now: datetime) -> None:
    ledger.end(row, by=by, teller=payments.in_job())


def _reviewed(row: Subscription, by: Member, now: datetime) -> None:
    ledger.reviewed(row, by=by)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnly, VerbAdmin):
    """What Stripe last said."""

    list_display = ("stripe_id", "member", "price", "status", "paid_until", "ends_at", "needs_review")
    list_filter = ("status", ("needs_review", admin.EmptyFieldListFilter), "livemode")
    list_select_related = ("customer__member", "price__tier")
    search_fields = ("stripe_id", "customer__stripe_id", "customer__member__email")
    verbs = (
        Verb("look", _("Look at Stripe again"), _look_again),
        Verb("reviewed", _("Reviewed"), _reviewed, lambda row: bool(row.needs_review)),
        Verb("end", _("End at once, without refund"), _end, lambda row: row.status not in ("canceled",)),
    )

    @admin.display(description=_("member"))
    def member(self, row: Subscription) -> str:
        """Whose it is."""
        return str(row.customer.member or "")


def _refund(row: Payment, by: Member, now: datetime) -> None:
    ledger.refund(row, by=by, teller=payments.in_job())


@admin.register(Payment)
class PaymentAdmin(ReadOnly, VerbAdmin):
    """Money that came in."""

    list_display = ("paid_at", "kind", "shown", "member", "amount_refunded", "dispute_status", "livemode")
    list_filter = ("kind", "dispute_status", "livemode")
    list_select_related = ("member",)
    search_fields = ("payment_intent", "member__email", "striperef__reference")
    verbs = (
        Verb("refund", _("Refund the whole and end what it bought"), _refund, lambda row: not row.amount_refunded),
    )

    @admin.display(description=_("amount"))
    def shown(self, row: Payment) -> str:
        """As readers see it."""
        return spelled(row.amount, row.currency)


def _retry(row: StripeEvent, by: Member, now: datetime) -> None:
    webhooks.retry(row)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, VerbAdmin):
    """The inbox. A parked event says why, and can be looked at again."""

    list_display = ("received_at", "type", "object_id", "status", "attempts", "source", "error")
    list_filter = ("status", "source", "livemode")
    search_fields = ("stripe_id", "object_id", "customer_id")
    verbs = (Verb("retry", _("Look at it again"), _retry, lambda row: row.status in ("parked", "pending")),)


@admin.register(StripeCustomer)
class StripeCustomerAdmin(ModelAdmin):
    """Whom Stripe knows a member as. An orphan is linked by adding it here, then retrying its events."""

    list_display = ("stripe_id", "member", "livemode", "deleted_at")
    list_select_related = ("member",)
    search_fields = ("stripe_id", "member__email")
    raw_id_fields = ("member",)
    readonly_fields = ("deleted_at",)

    def has_change_permission(self, request: HttpRequest, obj: StripeCustomer | None = None) -> bool:
        """Whose money it is is not changed afterwards."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StripeCustomer | None = None) -> bool:
        """Money history stays."""
        return False


@admin.register(CheckoutAttempt)
class CheckoutAttemptAdmin(ReadOnly, ModelAdmin):
    """Tries to pay."""

    list_display = ("created_at", "kind", "member", "amount", "currency", "status")
    list_filter = ("kind", "status")
    list_select_related = ("member",)
    search_fields = ("session_id", "member__email", "email")
    exclude = ("url",)


@admin.register(Grant)
class GrantAdmin(ReadOnly, ModelAdmin):
    """Who may read until when, and why. Derived: nothing to change here."""

    list_display = ("member", "tier", "starts_at", "ends_at", "source", "reason")
    list_filter = ("source", "tier")
    list_select_related = ("member", "tier")
    search_fields = ("member__email", "member__name")


@admin.register(Gift)
class GiftAdmin(ReadOnly, ModelAdmin):
    """Memberships bought for somebody."""

    list_display = ("tier", "months", "recipient_email", "deliver_at", "redeemed_by", "ends_at", "voided_at")
    list_select_related = ("tier", "redeemed_by")
    search_fields = ("recipient_email", "redeemed_by__email")
    exclude = ("code_hash",)
