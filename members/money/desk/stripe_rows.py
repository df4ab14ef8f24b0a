"""What Stripe told us, to look at: subscriptions, payments, the inbox, and what follows from them."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import CheckoutAttempt, Gift, Grant, Member, Payment, StripeCustomer, StripeEvent, Subscription
from members.money.amounts import spelled
from members.money.desk import orphans, refund_page
from members.money.desk.base import ModelAdmin, ReadOnly, Verb, VerbAdmin
from members.money.desk.pages import timeline_of
from members.money.desk.row_words import at_stripe, deal_of, event_words, payment_words, shown_day, subscription_words
from members.money.desk.watch import OPEN_DISPUTES
from members.money.giving.support import message_of
from members.money.inbox import webhooks
from members.money.leaving import reason_words
from members.money.record import ledger
from members.money.record.subscriptions import sync_subscription
from members.money.stripe_api import payments


class Told(ReadOnly, VerbAdmin):
    """A row of Stripe's as sentences, with links to the member's timeline and to Stripe's own page."""

    change_form_template = "members/desk/row.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is known of this row; empty fields say nothing."""
        names = super().get_fields(request, obj)
        return [name for name in names if obj is None or self._value(name, obj) not in (None, "")]

    def _value(self, name: Any, row: Any) -> Any:
        shown = getattr(self, str(name), None)
        return shown(row) if callable(shown) else getattr(row, str(name))

    def sentences(self, row: Any) -> list[str]:
        """What the row says, in plain sentences."""
        return []

    def whose(self, row: Any) -> int | None:
        """The key of the member whose it is."""
        found: int | None = row.member_id
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page, begun with its sentences."""
        row, more = self.get_object(request, object_id), dict(extra_context or {})
        more |= {"title": capfirst(str(self.opts.verbose_name)), "subtitle": None}
        if row is not None:
            more |= {"sentences": self.sentences(row), "timeline": timeline_of(self.whose(row))}
            more["at_stripe"] = at_stripe(row)
        return super().change_view(request, object_id, form_url, more)


def _look_again(row: Subscription, by: Member, now: datetime) -> None:
    sync_subscription(row.stripe_id, teller=payments.in_job())


def _end(row: Subscription, by: Member, now: datetime) -> None:
    ledger.end(row, by=by, teller=payments.in_job())


def _reviewed(row: Subscription, by: Member, now: datetime) -> None:
    ledger.reviewed(row, by=by)


@admin.register(Subscription)
class SubscriptionAdmin(Told):
    """What Stripe last said."""

    list_display = ("member", "deal", "state", "paid_until", "ends_at", "needs_review", "stripe_id")
    list_display_links = ("member", "stripe_id")
    list_filter = ("status", ("needs_review", admin.EmptyFieldListFilter), "livemode")
    list_select_related = ("customer__member", "price__tier")
    search_fields = ("stripe_id", "customer__stripe_id", "customer__member__email")
    ordering = ("-started_at",)
    fields = readonly_fields = (
        "stripe_id", "member", "deal", "status", "started_at", "period_end", "paid_until", "ends_at", "ended_at",
        "paused_at", "resumes_at", "trial_ends_at", "discount", "card", "why_ended", "cancel_comment",
        "needs_review", "livemode", "fetched_at",
    )  # fmt: skip
    verbs = (
        Verb("look", gettext_lazy("Look at Stripe again"), _look_again),
        Verb("reviewed", gettext_lazy("Reviewed"), _reviewed, lambda row: bool(row.needs_review)),
        Verb(
            "end", gettext_lazy("End at once, without refund"), _end,
            lambda row: row.status not in ("canceled", "incomplete_expired"),
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """With whose it is and what it costs, in the same query."""
        return super().get_queryset(request).select_related("customer__member", "price__tier", "next_price__tier")

    def sentences(self, row: Subscription) -> list[str]:
        """What it costs, where it stands."""
        return subscription_words(row)

    def whose(self, row: Subscription) -> int | None:
        """By its customer."""
        return row.customer.member_id

    @admin.display(description=gettext_lazy("member"))
    def member(self, row: Subscription) -> str:
        """Whose it is."""
        return str(row.customer.member or "")

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, row: Subscription) -> str:
        """Stripe's word, which a pause of ours does not change."""
        return _("paused") if row.paused_at else row.status.replace("_", " ")

    @admin.display(description=gettext_lazy("price"))
    def deal(self, row: Subscription) -> str:
        """As readers see it."""
        return deal_of(row.price)

    @admin.display(description=gettext_lazy("why they stopped"))
    def why_ended(self, row: Subscription) -> str:
        """What they chose in the Portal, or what Stripe says."""
        return reason_words(row.cancel_reason)

    @admin.display(description=gettext_lazy("card"))
    def card(self, row: Subscription) -> str:
        """Brand, last digits, last day."""
        expires = f"{row.card_expires_on:%m/%Y}" if row.card_expires_on else ""
        return " ".join(filter(None, [row.card_brand, row.card_last4 and f"···· {row.card_last4}", expires]))


class Disputed(admin.SimpleListFilter):
    """Payments whose dispute is open."""

    title, parameter_name = gettext_lazy("dispute"), "disputed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Open or any."""
        return [("open", _("Open")), ("any", _("Any"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Those asked for."""
        if self.value() == "open":
            return queryset.filter(dispute_status__in=OPEN_DISPUTES)
        return queryset.exclude(dispute_status="") if self.value() == "any" else queryset


@admin.register(Payment)
class PaymentAdmin(Told):
    """Money that came in."""

    list_display = ("paid_at", "kind", "shown", "member", "refunded", "dispute_status", "receipt_number", "livemode")
    list_filter = ("kind", Disputed, "livemode")
    list_select_related = ("member",)
    search_fields = (
        "payment_intent", "member__email", "striperef__reference", "receipt_number", "invoice_number", "billing_email",
    )  # fmt: skip
    ordering = ("-paid_at",)
    fields = readonly_fields = (
        "shown", "kind", "member", "message", "billing_email", "paid_at", "period_start", "period_end", "refunded",
        "taxed", "dispute_status", "receipt_number", "invoice_number", "payment_intent", "subscription", "livemode",
        "fetched_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """With whose it is, in the same query."""
        return super().get_queryset(request).select_related("member", "subscription", "attempt")

    @admin.display(description=gettext_lazy("what they wrote"))
    def message(self, row: Payment) -> str:
        """What came with a gift or a one-off payment."""
        return message_of(row)

    def get_urls(self) -> list[URLPattern]:
        """`<pk>/refund/`: asks, then gives back."""
        view = self.admin_site.admin_view(refund_page.refund)
        return [path("<int:pk>/refund/", view, name="members_payment_refund"), *super().get_urls()]

    def buttons(self, request: HttpRequest, row: Payment) -> list[dict[str, Any]]:
        """Refunding asks on a page of its own."""
        if row.amount_refunded >= row.amount:
            return []
        where = reverse("admin:members_payment_refund", args=[row.pk])
        return [{"label": _("Refund …"), "address": where, "is_link": True}]

    def sentences(self, row: Payment) -> list[str]:
        """What came, for what, and what went back."""
        return payment_words(row)

    @admin.display(description=gettext_lazy("amount"), ordering="amount")
    def shown(self, row: Payment) -> str:
        """As readers see it."""
        return spelled(row.amount, row.currency)

    @admin.display(description=gettext_lazy("refunded"), ordering="amount_refunded")
    def refunded(self, row: Payment) -> str:
        """As readers see it."""
        return spelled(row.amount_refunded, row.currency) if row.amount_refunded else ""

    @admin.display(description=gettext_lazy("tax"))
    def taxed(self, row: Payment) -> str:
        """As readers see it."""
        return spelled(row.tax, row.currency) if row.tax else ""


def _retry(row: StripeEvent, by: Member, now: datetime) -> None:
    webhooks.retry(row)


@admin.register(StripeEvent)
class StripeEventAdmin(Told):
    """The inbox. A parked event says why, and can be looked at again."""

    change_list_template = "members/desk/stripe_events.html"
    list_display = ("received_at", "type", "object_id", "status", "attempts", "source", "error")
    list_filter = ("status", "source", "livemode")
    search_fields = ("stripe_id", "object_id", "customer_id")
    ordering = ("-received_at",)
    verbs = (
        Verb("retry", gettext_lazy("Look at it again"), _retry, lambda row: row.status in ("parked", "pending")),
    )  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with the button for all that is parked."""
        return super().changelist_view(request, {**(extra_context or {}), "may_act": self.may_act(request)})

    def sentences(self, row: StripeEvent) -> list[str]:
        """What it told and what became of it."""
        return [event_words(row)]

    def whose(self, row: StripeEvent) -> int | None:
        """The member its customer is linked to."""
        found = StripeCustomer.objects.filter(stripe_id=row.customer_id).exclude(stripe_id="")
        return found.values_list("member_id", flat=True).first()


@admin.register(StripeCustomer)
class StripeCustomerAdmin(Told):
    """Whom Stripe knows a member as. One nobody is linked to is linked on its own page, which asks Stripe first."""

    list_display = ("stripe_id", "member", "livemode", "superseded_at", "deleted_at")
    list_select_related = ("member",)
    search_fields = ("stripe_id", "member__email")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may act: a customer made in the dashboard is linked by hand."""
        return self.may_act(request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page on which customers are linked."""
        return orphans.show(request)

    def sentences(self, row: StripeCustomer) -> list[str]:
        """Whose, and whether it can be charged."""
        if row.deleted_at:
            return [_("Deleted at Stripe on %(day)s.") % {"day": shown_day(row.deleted_at)}]
        if row.superseded_at:
            return [_("Another customer of the same member is charged since %(day)s.") % {
                "day": shown_day(row.superseded_at)
            }]  # fmt: skip
        return []


@admin.register(CheckoutAttempt)
class CheckoutAttemptAdmin(ReadOnly, ModelAdmin):
    """Tries to pay."""

    list_display = ("created_at", "kind", "member", "shown", "status", "terms")
    list_filter = ("kind", "status")
    list_select_related = ("member", "terms")
    search_fields = ("session_id", "member__email", "email")
    ordering = ("-created_at",)
    exclude = ("url", "details", "amount", "currency")
    readonly_fields = ("shown",)

    @admin.display(description=gettext_lazy("amount"), ordering="amount")
    def shown(self, row: CheckoutAttempt) -> str:
        """As readers see it."""
        return spelled(row.amount, row.currency)


@admin.register(Grant)
class GrantAdmin(ReadOnly, ModelAdmin):
    """Who may read until when, and why. Derived: nothing to change here."""

    list_display = ("member", "tier", "starts_at", "ends_at", "source", "reason")
    list_filter = ("source", "tier")
    list_select_related = ("member", "tier")
    search_fields = ("member__email", "member__name")
    ordering = ("-ends_at",)


@admin.register(Gift)
class GiftAdmin(ReadOnly, ModelAdmin):
    """Memberships bought for somebody."""

    list_display = ("tier", "months", "recipient_email", "deliver_at", "redeemed_by", "ends_at", "voided_at")
    list_select_related = ("tier", "redeemed_by")
    search_fields = ("recipient_email", "redeemed_by__email")
    exclude = ("code_hash",)
    ordering = ("-pk",)
