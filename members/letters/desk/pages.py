"""The desk's page of issues."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from members.models import Issue


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows the product writes; the desk reads them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class IssueAdmin(ReadOnlyAdmin):
    """What went out."""

    list_display = ("subject", "letter", "state", "send_at")
    list_filter = ("letter",)
    ordering = ("-made_at",)
    fields = ("letter", "subject", "state", "send_at", "made_at", "made_by")


admin.site.register(Issue, IssueAdmin)
