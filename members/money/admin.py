"""The desk's pages for money."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import (
    AuditEntry,
    CheckoutAttempt,
    Complimentary,
    Gift,
    Grant,
    Member,
    OfflinePayment,
    Payment,
    Price,
    StripeCustomer,
    StripeEvent,
    Subscription,
    Tier,
)
from members.money import ledger, payments, support, webhooks
from members.money.amounts import spelled
from members.money.desk import ModelAdmin, ReadOnly, TabularInline, Verb, VerbAdmin
from members.money.subscriptions import sync_subscription
from newsroom.caching import purge


class PriceInline(TabularInline):
    """A tier's prices; existing ones are changed on their own page, and only as far as nobody bought them."""

    model = Price
    extra = 0
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Amounts are immutable: a change is a new price."""
        return False


@admin.register(Tier)
class TierAdmin(ModelAdmin):
    """What can be joined."""

    list_display = ("name", "rank", "is_active", "is_recommended", "product_id")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (PriceInline,)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The membership page shows it. Written down."""
        super().save_related(request, form, formsets, change)
        _note(request, form.instance, form, change)
        purge("membership", "site")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Take it out of offer instead: grants point at it."""
        return False


@admin.register(Price)
class PriceAdmin(ModelAdmin):
    """What a tier costs."""

    list_display = ("tier", "amount", "interval", "is_active", "livemode", "stripe_id")
    list_filter = ("is_active", "interval", "tier")
    list_select_related = ("tier",)

    def get_readonly_fields(self, request: HttpRequest, obj: Price | None = None) -> tuple[str, ...]:
        """Once Stripe knows it only `is_active` can change."""
        sold = obj is not None and obj.stripe_id is not None
        return ("tier", "currency", "unit_amount", "interval") if sold else ()

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        """Store it; the membership page shows it. Written down."""
        super().save_model(request, obj, form, change)
        _note(request, obj, form, change)
        purge("membership", "site")

    @admin.display(description=_("amount"))
    def amount(self, row: Price) -> str:
        """As readers see it."""
        return spelled(row.unit_amount, row.currency)


def _note(request: HttpRequest, row: Tier | Price, form: Any, change: bool) -> None:
    """What is asked for money is asked about later: write down old and new."""
    changes = {name: [str(form.initial.get(name, "")), str(form.cleaned_data.get(name))] for name in form.changed_data}
    AuditEntry.objects.note("change" if change else "add", by=request.user, subject=row, changes=changes)  # type: ignore[arg-type]  # staff are members


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


class GivenAdmin(VerbAdmin):
    """Access that no subscription pays for: saving it rewrites grants and is written down."""

    raw_id_fields = ("member",)
    list_select_related = ["member", "tier"]
    search_fields = ("member__email", "member__name")
    author_field = ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store it with who did it; the verb rewrites the grants in the same transaction."""
        if not change:
            setattr(obj, self.author_field, request.user)
        super().save_model(request, obj, form, change)
        verb = f"{'change' if change else 'record'} {self.opts.verbose_name}"
        support.changed(obj, by=request.user, verb=verb, now=timezone.now())  # type: ignore[arg-type]  # members only

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Whose it is does not change afterwards."""
        return ("member",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It ends or is voided; it is not forgotten."""
        return False


@admin.register(Complimentary)
class ComplimentaryAdmin(GivenAdmin):
    """Complimentary and hardship access."""

    author_field = "granted_by"
    list_display = ("member", "tier", "kind", "starts_at", "ends_at", "granted_by")
    list_select_related = ["member", "tier", "granted_by"]
    list_filter = ("kind",)
    verbs = (
        Verb(
            "end", _("End now"), lambda row, by, now: support.end_complimentary(row, by=by, now=now),
            lambda row: row.ends_at > timezone.now() > row.starts_at,
        ),
    )  # fmt: skip


@admin.register(OfflinePayment)
class OfflinePaymentAdmin(GivenAdmin):
    """Support that came past Stripe."""

    author_field = "recorded_by"
    list_display = ("member", "tier", "amount", "currency", "method", "received_on", "ends_at", "voided_at")
    list_filter = ("method",)
    verbs = (
        Verb(
            "void", _("Void: the money went back"), lambda row, by, now: support.void_offline(row, by=by, now=now),
            lambda row: row.voided_at is None,
        ),
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Voiding is a button."""
        return (*super().get_readonly_fields(request, obj), "voided_at")
