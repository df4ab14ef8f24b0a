"""The desk's pages for rounds, frozen once they open."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from members.models import AuditEntry, Member, Option, Round
from newsroom.caching import purge


class RoundAdmin(admin.ModelAdmin):
    """Rounds. Question and rules are frozen once the round opens; ballots are shown to nobody."""

    list_display = ("question", "opens_at", "closes_at", "options", "ballots_counted")
    prepopulated_fields = {"slug": ("question",)}
    ordering = ("-opens_at",)
    fields = (
        "question", "slug", "explanation", "opens_at", "closes_at", "choices_per_ballot", "winners", "days_held",
        "tally", "tie_rule",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("options"))
    def options(self, round_: Round) -> int:
        """How many topics are on the ballot."""
        return int(round_.choosable)  # type: ignore[attr-defined]  # of `get_queryset`

    def get_queryset(self, request: HttpRequest) -> Any:
        """Each with how many topics are on its ballot, in the same query."""
        options = Option.objects.filter(round=OuterRef("pk"))
        number = options.order_by().values("round").annotate(number=Count("pk")).values("number")
        return super().get_queryset(request).annotate(choosable=Coalesce(Subquery(number), 0))

    def get_readonly_fields(self, request: HttpRequest, obj: Round | None = None) -> tuple[str, ...]:
        """Everything once it is open; the tie rule is the product's."""
        return self.fields if obj is not None and obj.opens_at <= timezone.now() else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Round | None = None) -> Any:
        """The slug while it can be typed."""
        return {} if "slug" in self.get_readonly_fields(request, obj) else self.prepopulated_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A vote is not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Round, form: Any, change: bool) -> None:
        """Store the fields; furniture and the page of topics show them."""
        super().save_model(request, obj, form, change)
        AuditEntry.objects.note("change" if change else "add", by=_by(request), subject=obj)
        purge("topics", "site")


def _by(request: HttpRequest) -> Member:
    if not isinstance(request.user, Member):
        raise PermissionDenied  # the desk is for members only
    return request.user


admin.site.register(Round, RoundAdmin)
