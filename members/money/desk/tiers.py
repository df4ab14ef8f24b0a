"""What can be joined, and for how much: the desk's pages."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.models import (
    AuditEntry,
    Price,
    Tier,
)
from members.money.amounts import spelled
from members.money.desk.base import ModelAdmin, TabularInline
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
