"""Sanctions on the desk."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from comments.desk.base import MODERATE, ModeratorsAdmin
from comments.models import Sanction
from members.models import AuditEntry


@admin.register(Sanction)
class SanctionAdmin(ModeratorsAdmin):
    """Who may not reply, or only after a look, and until when."""

    list_display = ("member", "kind", "reason", "starts_at", "ends_at", "decided_by")
    list_filter = ("kind",)
    list_select_related = ("member", "decided_by")
    raw_id_fields = ("member",)
    ordering = ("-starts_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Moderators."""
        return request.user.has_perm(MODERATE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Moderators: ending one early is a date."""
        return request.user.has_perm(MODERATE)

    def save_model(self, request: Any, obj: Sanction, form: Any, change: bool) -> None:
        """Store it, with who decided, and write it down."""
        obj.decided_by = request.user
        super().save_model(request, obj, form, change)
        AuditEntry.objects.note("sanction", by=request.user, subject=obj, reason=obj.reason)
