"""Reports on the desk: by the reply they are about, what is said to be illegal first."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, Max, Min, OuterRef, Prefetch, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from comments.answers import SeeOther
from comments.desk import queue
from comments.desk.base import REASONS, ROOMS, ModeratorsAdmin, for_moderators, verb_of_moderators
from comments.models import Reply, Report
from comments.moderation import reports, verbs
from comments.parsing import moment_in, number_in
from members.same_origin import safe_next

A_PAGE = 50
TAKEN = {"remove": verbs.remove, "reject": verbs.reject}


@admin.register(Report)
class ReportAdmin(ModeratorsAdmin):
    """What readers and the word list reported. A decision about the reply settles all its reports."""

    list_select_related = ("member", "reply__author", "settled_by")
    fields = ("reference", "reason", "note", "member", "reported_at", "settled_at", "settled_by", "outcome")

    def get_urls(self) -> list[URLPattern]:
        """The page and its verbs, before Django's own."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(for_moderators(self.reported)), name="comments_report_changelist"),
            path("<int:pk>/settle/<slug:verb>/", wrap(verb_of_moderators(self.settle)), name="comments_report_settle"),
            *super().get_urls(),
        ]

    def reported(self, request: Any) -> HttpResponse:
        """The replies with open reports, or with `?state=settled` those that had some, newest first."""
        is_settled = request.GET.get("state") == "settled"
        before, after = moment_in(request.GET.get("before", "")), number_in(request.GET.get("after", ""))
        rows = settled_before(before, after) if is_settled else waiting()
        cases = list(rows[: A_PAGE + 1])
        context = {
            "title": _("Reports"),
            "cases": cases[:A_PAGE],
            "has_more": len(cases) > A_PAGE,
            "is_settled": is_settled,
            "reasons": REASONS,
            "rooms": ROOMS,
            "opts": self.opts,
        }
        return render(
            request, "admin/comments/report/reported.html", {**self.admin_site.each_context(request), **context}
        )

    def settle(self, request: Any, pk: int, verb: str) -> HttpResponse:
        """Remove or reject a reply, which settles its reports, or leave it and settle them."""
        reply = get_object_or_404(Reply, pk=pk)
        if verb not in (*TAKEN, reports.KEPT):
            raise Http404
        done = _settle(reply, verb, request)
        said = _("Its reports are settled.") if done else _("Somebody decided already; this is how it stands now.")
        messages.add_message(request, messages.SUCCESS if done else messages.WARNING, said)
        return SeeOther(safe_next(request, reverse("admin:comments_report_changelist")))


def _settle(reply: Reply, verb: str, request: Any) -> bool:
    """Do what the button says; False if there was nothing left to do."""
    words = request.POST.get("words", "").strip()
    if verb == reports.KEPT:
        return bool(reports.keep(reply, by=request.user, now=request.now, note=words))
    reason = request.POST.get("reason", "")
    return TAKEN[verb](reply, by=request.user, now=request.now, reason=reason, message=words) is not None


def waiting() -> Any:
    """The replies with open reports: what is said to be illegal first, then the longest waiting."""
    unsettled = Report.objects.unsettled()
    illegal = unsettled.filter(reply=OuterRef("pk"), reason=Report.Reason.ILLEGAL)
    rows = queue.for_moderators(Reply.objects.reported())
    first = Min("reports__reported_at", filter=Q(reports__settled_at=None))
    ordered = rows.annotate(is_illegal=Exists(illegal), moved_at=first).order_by("-is_illegal", "moved_at", "pk")
    return _with_reports(ordered, unsettled)


def settled_before(moment: datetime | None, after: int | None) -> Any:
    """The replies with settled reports, the last settled first. `moment`, `after`: when the last one of the page
    before was settled, and its key: hundreds may be settled at one moment."""
    settled = Report.objects.filter(settled_at__isnull=False)
    rows = queue.for_moderators(Reply.objects.filter(Exists(settled.filter(reply=OuterRef("pk")))))
    rows = rows.annotate(moved_at=Max("reports__settled_at")).order_by("-moved_at", "-pk")
    if moment:
        rows = rows.filter(Q(moved_at__lt=moment) | Q(moved_at=moment, pk__lt=after or 0))
    return _with_reports(rows, settled)


def _with_reports(rows: Any, found: Any) -> Any:
    told = found.select_related("member", "settled_by").order_by("pk")
    return rows.prefetch_related(Prefetch("reports", queryset=told, to_attr="told"))
