"""The record on the desk: a searchable list, one entry in full, and the find as a file. Read-only."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext as _

from members.audit.searching import SearchForm, page_of, rows_of
from members.audit.words import line_of
from members.models import AuditEntry

VIEW = "members.view_auditentry"
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something else


class Echo:
    """What the csv writer writes to: hands each line back."""

    def write(self, line: str) -> str:
        """The line."""
        return line


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """Who did what, when and why."""

    def get_urls(self) -> list[Any]:
        """List, file, and one entry where Django would have its form."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.entries), name="members_auditentry_changelist"),
            path("export/", wrap(self.export), name="members_auditentry_export"),
            path("<int:pk>/change/", wrap(self.entry), name="members_auditentry_change"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    has_delete_permission = has_change_permission

    def entries(self, request: HttpRequest) -> HttpResponse:
        """The find, newest first, fifty a page."""
        _must_view(request)
        form = SearchForm(request.GET)
        found = page_of(form.found(), request.GET.get("before", ""))
        asked = request.GET.copy()
        asked.pop("before", None)
        context = {"title": _("Who did what"), "form": form, "page": found, "asked": asked.urlencode()}
        return self._page(request, "list", context)

    def entry(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One entry in full."""
        _must_view(request)
        entry = get_object_or_404(AuditEntry.objects.with_people(), pk=pk)
        context = {"title": _("Who did what"), "line": line_of(entry), "entry": entry}
        return self._page(request, "entry", context)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The same find as a file, however long, written while it is read."""
        _must_view(request)
        answer = StreamingHttpResponse(_lines(SearchForm(request.GET)), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="record.csv"'
        return answer

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), **context, "opts": self.opts}
        return render(request, f"admin/members/audit/{name}.html", context)


def _must_view(request: HttpRequest) -> None:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied(VIEW)
    if request.method not in ("GET", "HEAD"):
        raise PermissionDenied(_("Nobody changes the record."))


def _lines(form: SearchForm) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield BYTE_ORDER_MARK
    yield from (writer.writerow(cells) for cells in rows_of(form.found()))
