"""Whom we spare, on the desk: found by address, added with a reason (one or a pasted list), lifted with a reason."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from members.letters.desk.mailings import CountedSoFar
from members.letters.sending import suppression
from members.models import Suppression
from members.money.desk.base import MAY_ACT, ModelAdmin, ReadOnly, person_of, shown_again
from members.money.desk.pages import back_to, page

ADD = "members.add_suppression"
SHOWN_WRONG = 5


class AddressesForm(forms.Form):
    """One address or many, and why."""

    addresses = forms.CharField(
        label=gettext_lazy("Addresses"), widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off"}),
        help_text=gettext_lazy("One on each line, at most 10,000. A list from your last provider, for instance."),
    )  # fmt: skip
    why = forms.CharField(label=gettext_lazy("Why"), max_length=300, help_text=gettext_lazy("Stays in the record."))


class LiftForm(forms.Form):
    """Why somebody is written to again."""

    why = forms.CharField(label=gettext_lazy("Why"), max_length=300, help_text=gettext_lazy("Stays in the record."))


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly, ModelAdmin):
    """Addresses no letter and no notice goes to."""

    list_display = ("address", "reason", "at", "detail", "by")
    list_filter = ("reason",)
    list_select_related = ("by",)
    list_per_page = 50
    search_fields = ("email",)
    search_help_text = gettext_lazy("An address, or a part of one")
    ordering = ("-pk",)
    sortable_by = ()
    show_full_result_count = False
    paginator = CountedSoFar
    fields = ("address", "reason", "detail", "at", "by")
    change_form_template = "members/desk/suppression.html"

    def get_urls(self) -> list[URLPattern]:
        """Adding is a page of its own, lifting a button."""
        wrap = self.admin_site.admin_view
        return [
            path("add/", wrap(add), name="members_suppression_add"),
            path("<int:pk>/lift/", wrap(self.lift), name="members_suppression_lift"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may add one."""
        return request.user.has_perm(ADD)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        """Also somebody erased, by their whole address: only a digest of it is kept."""
        found, twice = super().get_search_results(request, queryset, search_term)
        if not search_term:
            return found, twice
        sealed = queryset.alias(lowered=Lower("email")).filter(lowered__in=suppression.names_of(search_term))
        return queryset.filter(Q(pk__in=found.values("pk")) | Q(pk__in=sealed.values("pk"))), twice

    @admin.display(description=gettext_lazy("address"))
    def address(self, row: Suppression) -> str:
        """The address; of somebody erased nothing is kept that could be read."""
        return _("somebody who was erased") if suppression.is_of_erased(row) else row.email

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One address, why it is spared, and the way back."""
        row, more = self.get_object(request, object_id), dict(extra_context or {})
        if row is not None:
            more = {"title": self.address(row), "subtitle": None, "row": row, "form": LiftForm(), **more}
            more["may_lift"] = request.user.has_perm(MAY_ACT)
        return super().change_view(request, object_id, form_url, more)

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let letters go to the address again. Effects: the row, the record."""
        return require_POST(self._lift)(request, pk)

    def _lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(MAY_ACT):
            raise PermissionDenied(MAY_ACT)
        row, form = get_object_or_404(Suppression, pk=pk), LiftForm(request.POST)
        if not form.is_valid():
            return shown_again(self.change_view, request, pk, form=form)
        suppression.lift(row.email, because=form.cleaned_data["why"], by=person_of(request), now=timezone.now())
        messages.success(request, _("Letters may go to %(address)s again.") % {"address": self.address(row)})
        return back_to(reverse("admin:members_suppression_changelist"))


def add(request: HttpRequest) -> HttpResponse:
    """One address or a pasted list. Effects: rows, stopped letters, the record."""
    if not request.user.has_perm(ADD):
        raise PermissionDenied(ADD)
    form = AddressesForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (answer := _take_over(request, form)):
        return answer
    return page(
        request, "suppress", _("Send no letter to"), status=422 if form.is_bound else 200, form=form,
        opts=Suppression._meta,
    )  # fmt: skip


def _take_over(request: HttpRequest, form: AddressesForm) -> HttpResponse | None:
    try:
        done = suppression.suppress_all(
            form.cleaned_data["addresses"], detail=form.cleaned_data["why"], by=person_of(request), now=timezone.now()
        )
    except suppression.SuppressionError as error:
        form.add_error("addresses", str(error))
        return None
    if not done.added and not done.known:
        form.add_error("addresses", _("There is no address in it."))
        return None
    said = ngettext(
        "%(number)d address is spared from now on.", "%(number)d addresses are spared from now on.", done.added
    )
    messages.success(request, said % {"number": done.added})
    if done.known:
        messages.info(request, _("%(number)d stood there already.") % {"number": done.known})
    if done.wrong:
        named = ", ".join(word[:60] for word in done.wrong[:SHOWN_WRONG])
        told = {"number": len(done.wrong), "words": named}
        messages.warning(request, _("%(number)d are no addresses and were left out: %(words)s.") % told)
    return back_to(reverse("admin:members_suppression_changelist"))
