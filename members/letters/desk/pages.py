"""The desk's pages for letters: what exists is edited, what was sent is only read."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.models import AuditEntry, Letter, LetterSubscription
from newsroom.caching import purge


class LetterAdmin(admin.ModelAdmin):
    """Letters readers can ask for."""

    list_display = ("name", "sends_new_stories", "is_default", "is_active", "receiving")
    prepopulated_fields = {"slug": ("name",)}

    @admin.display(description=_("gets it"))
    def receiving(self, letter: Letter) -> int:
        """How many confirmed and did not leave."""
        return int(letter.receivers)  # type: ignore[attr-defined]  # of `get_queryset`

    def get_queryset(self, request: HttpRequest) -> Any:
        """Each with how many receive it, in the same query."""
        receiving = LetterSubscription.objects.receiving().filter(letter=OuterRef("pk"))
        number = receiving.order_by().values("letter").annotate(number=Count("pk")).values("number")
        return super().get_queryset(request).annotate(receivers=Coalesce(Subquery(number), 0))

    def save_model(self, request: HttpRequest, obj: Letter, form: Any, change: bool) -> None:
        """Store the fields; the page of letters and the furniture show them."""
        super().save_model(request, obj, form, change)
        AuditEntry.objects.note("change" if change else "add", by=request.user, subject=obj)  # type: ignore[arg-type]  # staff are members
        purge("letters", "site")


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


class LetterSubscriptionAdmin(ReadOnlyAdmin):
    """Who gets what, with the proof of consent."""

    list_display = ("email", "letter", "asked_at", "confirmed_at", "left_at")
    list_filter = ("letter",)
    search_fields = ("email",)
    show_full_result_count = False
    fields = ("email", "letter", "member", "asked_at", "asked_on", "wording", "confirmed_at", "left_at")


admin.site.register(Letter, LetterAdmin)
admin.site.register(LetterSubscription, LetterSubscriptionAdmin)
