"""Filters of the list of stories that the census leads to: to whom a live story is open now, and when it came out."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.desk.gate.census import COLUMNS, SPANS, periods_at, span_label
from articles.desk.gate.standing import OLD_INTEREST, first_out_in, long_of_interest, open_to

MONTHS_OFFERED = 12


class OpenToFilter(admin.SimpleListFilter):
    """For whom live stories are at this moment, whatever their forms say."""

    title = gettext_lazy("Open now to")
    parameter_name = "opens"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The census's columns, and what was opened for public interest long ago."""
        return [*COLUMNS.items(), (OLD_INTEREST, _("All, of public interest for a year"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The live ones of them."""
        wanted, now = self.value(), request.now
        if wanted == OLD_INTEREST:
            return queryset.live(now).filter(long_of_interest(now))
        if wanted not in COLUMNS:
            return queryset
        return queryset.live(now).alias(opens=open_to(request.furniture.rules, now)).filter(opens=wanted)


class FirstOutFilter(admin.SimpleListFilter):
    """The month or year of the first publication."""

    title = gettext_lazy("First out in")
    parameter_name = "month"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The latest months, spans of them, and what was asked for."""
        latest = [(period.name, period.label) for period in reversed(periods_at(request.now)[-MONTHS_OFFERED:])]
        spans = [(f"last-{n}", span_label(n)) for n in SPANS]
        asked, offered = self.value() or "", [*latest, *spans]
        is_other = first_out_in(asked, request.now) is not None and asked not in dict(offered)
        return [*offered, (asked, asked)] if is_other else offered

    def queryset(self, request: Any, queryset: Any) -> Any:
        """What came out then."""
        within = first_out_in(self.value() or "", request.now)
        return queryset if within is None else queryset.filter(within)
