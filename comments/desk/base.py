"""What the moderators' pages share: who may open them, and the reasons they give."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

MODERATE = "comments.moderate_reply"
REASONS = (
    gettext_lazy("Insulting or harassing"),
    gettext_lazy("Off topic"),
    gettext_lazy("Advertising"),
    gettext_lazy("Illegal"),
    gettext_lazy("False and harmful"),
)


class ModeratorsAdmin(admin.ModelAdmin):
    """For who may moderate, and nobody else; nothing is deleted here."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As for every page of it."""
        return request.user.has_perm(MODERATE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Moderators."""
        return request.user.has_perm(MODERATE)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """What the bulk actions ask."""
        return request.user.has_perm(MODERATE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from readers."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is typed over; the verbs decide."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Stubs and statuses instead."""
        return False
