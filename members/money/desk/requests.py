"""Who cannot pay and asked: read, then given or declined with a button each."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from members.models import AccessRequest, Tier
from members.money.desk.base import MAY_ACT, ModelAdmin, ReadOnly, person_of, shown_again
from members.money.desk.fields import DayField
from members.money.giving import hardship


class GiveForm(forms.Form):
    """Which tier, until which day."""

    tier = forms.ModelChoiceField(
        label=gettext_lazy("Tier"), queryset=Tier.objects.filter(is_active=True).order_by("rank"), empty_label=None
    )
    until = DayField(label=gettext_lazy("Until"), is_last=True)


class DeclineForm(forms.Form):
    """The line they read."""

    text = forms.CharField(
        label=gettext_lazy("What you write to them"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class SettledFilter(admin.SimpleListFilter):
    """Open ones unless asked otherwise."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """What else there is."""
        return [("settled", gettext_lazy("Answered")), ("all", gettext_lazy("All"))]

    def choices(self, changelist: Any) -> Any:
        """The first is what still waits."""
        first, *others = super().choices(changelist)
        yield {**first, "display": gettext_lazy("Waiting")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The rows of that state."""
        if self.value() == "all":
            return queryset
        return queryset.filter(settled_at__isnull=self.value() != "settled")


@admin.register(AccessRequest)
class AccessRequestAdmin(ReadOnly, ModelAdmin):
    """Requests for access, the longest waiting first."""

    change_form_template = "members/desk/request.html"
    list_display = ("member", "said", "asked_at", "outcome", "settled_by")
    list_select_related = ("member", "settled_by", "given")
    list_filter = (SettledFilter,)
    search_fields = ("member__email", "member__name")
    ordering = ("asked_at", "pk")

    def get_fields(self, request: HttpRequest, obj: AccessRequest | None = None) -> tuple[str, ...]:
        """What they asked, and once it is answered by whom and with what."""
        asked = ("member", "message", "asked_at")
        return (*asked, "settled_at", "settled_by", "given") if obj is None or obj.settled_at else asked

    @admin.display(description=gettext_lazy("what they wrote"))
    def said(self, row: AccessRequest) -> str:
        """The beginning of it."""
        return row.message[:80] or "—"

    @admin.display(description=gettext_lazy("answer"))
    def outcome(self, row: AccessRequest) -> str:
        """Given, declined, or still to come."""
        if row.settled_at is None:
            return _("waits")
        return _("given") if row.given_id else _("declined")

    def get_urls(self) -> list[URLPattern]:
        """`<pk>/give/` and `<pk>/decline/`: POST only."""
        of = self.admin_site.admin_view
        return [
            path("<int:pk>/give/", of(self.give), name="members_accessrequest_give"),
            path("<int:pk>/decline/", of(self.decline), name="members_accessrequest_decline"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What they wrote, and the two answers while it waits."""
        row = self.get_object(request, object_id)
        more: dict[str, Any] = {"may_act": row is not None and not row.settled_at and request.user.has_perm(MAY_ACT)}
        if more["may_act"]:
            more |= {"give_form": _fresh(), "decline_form": DeclineForm()}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @method_decorator(require_POST)
    def give(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give access until a day."""
        row, form = _to_settle(request, pk), GiveForm(request.POST)
        if form.is_valid():
            try:
                given = hardship.give(row, by=person_of(request), now=timezone.now(), **form.cleaned_data)
                told = {"who": row.member, "day": timezone.localtime(given.ends_at).date()}
                messages.success(request, _("%(who)s reads on until %(day)s, and is told by mail.") % told)
                return _to_list()
            except hardship.HardshipError as error:
                form.add_error(None, str(error))
        return shown_again(self.change_view, request, pk, give_form=form)

    @method_decorator(require_POST)
    def decline(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say no, in words."""
        row, form = _to_settle(request, pk), DeclineForm(request.POST)
        if form.is_valid():
            try:
                hardship.decline(row, by=person_of(request), now=timezone.now(), **form.cleaned_data)
                messages.success(request, _("They are told by mail."))
                return _to_list()
            except hardship.HardshipError as error:
                form.add_error(None, str(error))
        return shown_again(self.change_view, request, pk, decline_form=form)


def _fresh() -> GiveForm:
    """The lowest tier, for as many months as the rules say."""
    lowest = Tier.objects.filter(is_active=True).order_by("rank").first()
    return GiveForm(initial={"tier": lowest, "until": hardship.usual_end(timezone.now())})


def _to_settle(request: HttpRequest, pk: int) -> AccessRequest:
    if not request.user.has_perm(MAY_ACT):
        raise PermissionDenied(MAY_ACT)
    return get_object_or_404(AccessRequest.objects.select_related("member"), pk=pk)


def _to_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:members_accessrequest_changelist"), status=303)
