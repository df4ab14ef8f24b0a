"""Access that no subscription pays for: the desk's pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import (
    Complimentary,
    OfflinePayment,
)
from members.money.desk.base import Verb, VerbAdmin
from members.money.giving import support


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
