"""Reports on the desk."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from comments.desk.base import MODERATE, ModeratorsAdmin
from comments.models import Report
from comments.moderation import reports, verbs
from members.same_origin import safe_next


@admin.register(Report)
class ReportAdmin(ModeratorsAdmin):
    """What readers reported, open ones first. A decision about the reply settles all its reports."""

    list_display = ("reference", "reason", "note", "said", "member", "reported_at", "outcome", "decide")
    list_display_links = None
    list_filter = (("settled_at", admin.EmptyFieldListFilter), "reason")
    list_select_related = ("member", "reply__author")
    list_per_page = 50

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Open ones first, the oldest of them on top."""
        return [F("settled_at").asc(nulls_first=True), "reported_at"]

    @admin.display(description=gettext_lazy("reply"))
    def said(self, report: Report) -> SafeString:
        """What was reported."""
        address = reverse("admin:comments_reply_change", args=[report.reply_id])
        name, text = report.reply.shown_name, Truncator(report.reply.comment).chars(300)
        return format_html('<strong>{}</strong><p><a href="{}">{}</a></p>', name, address, text)

    @admin.display(description=gettext_lazy("decide"))
    def decide(self, report: Report) -> SafeString | str:
        """Remove the reply, or leave it."""
        if report.settled_at is not None:
            return "–"
        button = '<button class="desk-second" formmethod="post" formaction="{}">{}</button>'
        remove = format_html(
            button, reverse("admin:comments_report_settle", args=[report.pk, "remove"]), _("Remove it")
        )
        keep = format_html(button, reverse("admin:comments_report_settle", args=[report.pk, "keep"]), _("Leave it"))
        return format_html("{} {}", remove, keep)

    def get_urls(self) -> list[URLPattern]:
        """The verbs' addresses, before Django's own."""
        settle = self.admin_site.admin_view(require_POST(self.settle_view))
        return [path("<int:pk>/settle/<slug:verb>/", settle, name="comments_report_settle"), *super().get_urls()]

    def settle_view(self, request: Any, pk: int, verb: str) -> HttpResponse:
        """Remove the reported reply, which settles its reports, or leave it and settle this one."""
        if not request.user.has_perm(MODERATE):
            raise PermissionDenied(MODERATE)
        report = self.get_object(request, str(pk))
        if report is None:
            raise Http404
        if verb == "remove":
            verbs.remove(report.reply, by=request.user, now=request.now, reason=report.get_reason_display())
        reports.settle(report, outcome=verb, by=request.user, now=request.now)
        messages.success(request, _("The report is settled."))
        return HttpResponseRedirect(safe_next(request, reverse("admin:comments_report_changelist")))
