"""Keys of the content API on the desk: made (shown once), listed with the last day they were used, taken back."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from members.api import keys
from members.models import ApiKey
from members.money.desk.base import ModelAdmin, ReadOnly, person_of
from members.money.desk.pages import back_to, page

ADD, REVOKE = "members.add_apikey", "members.change_apikey"


class KeyForm(forms.ModelForm):
    """Who will use it, and what it may read."""

    class Meta:
        model = ApiKey
        fields = ("name", "tier")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].empty_label = _("of no tier")  # type: ignore[attr-defined]  # chooses a row


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, ModelAdmin):
    """Keys of the content API. What was made is never changed: another one is made, and the old one taken back."""

    list_display = ("name", "begins", "reads", "made_at", "used_on", "state")
    list_select_related = ("tier",)
    list_per_page = 50
    ordering = ("-pk",)
    sortable_by = ()
    show_full_result_count = False
    fields = ("name", "begins", "reads", "made_by", "made_at", "used_on", "state")
    change_form_template = "members/desk/api_key.html"

    def get_urls(self) -> list[URLPattern]:
        """Making is a page of its own, taking back a button."""
        wrap = self.admin_site.admin_view
        return [
            path("add/", wrap(add), name="members_apikey_add"),
            path("<int:pk>/revoke/", wrap(require_POST(revoke)), name="members_apikey_revoke"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may make one."""
        return request.user.has_perm(ADD)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One key, and the button that takes it back."""
        row, more = self.get_object(request, object_id), dict(extra_context or {})
        if row is not None:
            may = request.user.has_perm(REVOKE) and row.revoked_at is None
            more = {"title": str(row), "subtitle": None, "row": row, "may_revoke": may, **more}
        return super().change_view(request, object_id, form_url, more)

    @admin.display(description=gettext_lazy("begins with"))
    def begins(self, row: ApiKey) -> str:
        """All that anybody can know it by."""
        return f"{row.prefix}…"

    @admin.display(description=gettext_lazy("reads"))
    def reads(self, row: ApiKey) -> str:
        """Its right."""
        return _("as a patron of %(tier)s") % {"tier": row.tier} if row.tier else _("what everybody may read")

    @admin.display(description=gettext_lazy("state"))
    def state(self, row: ApiKey) -> str:
        """Whether it still opens anything."""
        return _("taken back") if row.revoked_at else _("valid")


def add(request: HttpRequest) -> HttpResponse:
    """Make a key. Effects: the row, the record. The answer to the form is the only page that ever shows the key."""
    if not request.user.has_perm(ADD):
        raise PermissionDenied(ADD)
    form = KeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        key = form.save(commit=False)
        secret = keys.make(key, by=person_of(request), now=timezone.now())
        return page(request, "api_key_made", _("Your new key"), key=key, secret=secret, opts=ApiKey._meta)
    status = 422 if form.is_bound else 200
    return page(request, "api_key_make", _("Make an API key"), status=status, form=form, opts=ApiKey._meta)


def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a key back: what it opened is closed with the next request. Effects: the row, the record."""
    if not request.user.has_perm(REVOKE):
        raise PermissionDenied(REVOKE)
    key = get_object_or_404(ApiKey, pk=pk)
    if keys.revoke(key, by=person_of(request), now=timezone.now()):
        messages.success(request, _("“%(key)s” opens nothing any more.") % {"key": key})
    return back_to(reverse("admin:members_apikey_changelist"))
