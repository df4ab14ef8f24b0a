"""Other ways to support on the desk: what readers copy, in its order."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse

from members.models import AuditEntry, SupportWay
from members.money.desk.base import ModelAdmin, changes_of, person_of
from newsroom.caching import purge


@admin.register(SupportWay)
class SupportWayAdmin(ModelAdmin):
    """A bank account, PayPal, Patreon … Position and whether it shows can be set in the list."""

    list_display = ("label", "value", "position", "is_active")
    list_editable = ("position", "is_active")
    ordering = ("position", "pk")
    fields = ("label", "value", "url", "note", "position", "is_active")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """An address without a scheme is https."""
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def view_on_site(self, obj: SupportWay) -> str:
        """Where readers see it."""
        return f"{reverse('membership_support')}#other"

    def save_model(self, request: HttpRequest, obj: SupportWay, form: Any, change: bool) -> None:
        """Store it; the page falls. Written down."""
        super().save_model(request, obj, form, change)
        verb = "change" if change else "add"
        AuditEntry.objects.note(verb, by=person_of(request), subject=obj, changes=changes_of(form))
        purge("membership")

    def delete_model(self, request: HttpRequest, obj: SupportWay) -> None:
        """Write down what goes; the page falls."""
        AuditEntry.objects.note("delete", by=person_of(request), subject=obj)
        super().delete_model(request, obj)
        purge("membership")

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """The same for several."""
        for row in queryset:
            self.delete_model(request, row)
