"""The terms of membership on the desk: a version somebody accepted stays as it is; a change is a new version."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import AuditEntry, Terms
from members.money.desk.base import ModelAdmin, changes_of, person_of
from members.money.desk.fields import MomentInput
from newsroom.caching import purge


class TermsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One version."""

    in_force_from = forms.DateTimeField(label=_("in force from"), initial=timezone.now, widget=MomentInput)

    class Meta:
        model = Terms
        fields = ("version", "in_force_from", "text")


@admin.register(Terms)
class TermsAdmin(ModelAdmin):
    """Versions of the terms, newest first."""

    form = TermsForm
    list_display = ("version", "in_force_from", "accepted")
    ordering = ("-in_force_from", "-pk")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Each with how often it was accepted."""
        return super().get_queryset(request).annotate(times=Count("attempts"))

    @admin.display(description=_("accepted, times"))
    def accepted(self, row: Any) -> int:
        """How often *Join* was pressed under it."""
        return int(row.times)

    def view_on_site(self, obj: Terms) -> str:
        """As readers see it."""
        return f"{reverse('membership_terms')}?version={obj.version}"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only as long as nobody accepted it."""
        return super().has_change_permission(request, obj) and not (obj is not None and obj.attempts.exists())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was published stays readable."""
        return False

    def save_model(self, request: HttpRequest, obj: Terms, form: Any, change: bool) -> None:
        """Store it; the pages that name it fall. Written down."""
        super().save_model(request, obj, form, change)
        verb = "change" if change else "add"
        AuditEntry.objects.note(verb, by=person_of(request), subject=obj, changes=changes_of(form))
        purge("membership")
