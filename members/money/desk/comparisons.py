"""The nightly comparisons with Stripe: when, what differed, what could not be looked at."""

from typing import Any

from django.contrib import admin
from django.db.models import Func, IntegerField
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from members.models import ReconcileRun
from members.money.desk.base import ModelAdmin, ReadOnly

SHOWN = 500


@admin.register(ReconcileRun)
class ReconcileRunAdmin(ReadOnly, ModelAdmin):
    """Comparisons, newest first; what differed was healed."""

    list_display = ("started_at", "ended_at", "differed", "failed")
    ordering = ("-started_at",)
    fields = readonly_fields = ("started_at", "ended_at", "drift_lines", "failure_lines")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Lists show numbers; the lines stay in the database."""
        rows = super().get_queryset(request)
        return rows.annotate(
            drift_count=_length("drifts"), failure_count=_length("failures")
        )  # fmt: skip

    @admin.display(description=_("differed"), ordering="drift_count")
    def differed(self, row: Any) -> int:
        """How many things."""
        return int(row.drift_count)

    @admin.display(description=_("could not be looked at"), ordering="failure_count")
    def failed(self, row: Any) -> int:
        """How many parts."""
        return int(row.failure_count)

    @admin.display(description=_("what differed, and was healed"))
    def drift_lines(self, row: ReconcileRun) -> str:
        """A line each."""
        return _lines(row.drifts)

    @admin.display(description=_("what could not be looked at"))
    def failure_lines(self, row: ReconcileRun) -> str:
        """A line each."""
        return _lines(row.failures)


def _length(field: str) -> Func:
    return Func(field, function="jsonb_array_length", output_field=IntegerField())


def _lines(lines: list[str]) -> str:
    return format_html_join("", "{}<br>", ((line,) for line in lines[:SHOWN]))
