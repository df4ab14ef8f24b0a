"""One member as moderators see them: what they wrote, what was decided, who reported whom."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from comments.desk.base import REASONS, ROOMS, for_moderators
from comments.desk.beside import records_of
from comments.desk.forms import SanctionForm
from comments.models import Reply, Report, Ruling, Sanction
from comments.parsing import number_in
from members.models import Member
from members.same_origin import safe_next

PAGE, LAST = 50, 20  # replies on a page; reports


@for_moderators
def conduct(request: Any, pk: int) -> HttpResponse:
    """The page of one member."""
    return page(request, get_object_or_404(Member, pk=pk), SanctionForm())


def page(request: Any, member: Member, form: SanctionForm, status: int = 200) -> HttpResponse:
    """All that is known of the member, with the form by which something is decided, as it was typed."""
    replies, next_after = page_of(member, number_in(request.GET.get("after", "")))
    context = {
        **admin.site.each_context(request),
        "title": _("Conduct of %s") % member,
        "member": member,
        "record": records_of([member.pk], request.now)[member.pk],
        "replies": replies,
        "next_after": next_after,
        "sanctions": sanctions_of(member),
        **reports_around(member),
        "form": form,
        "reasons": REASONS,
        "rooms": ROOMS,
        "next": safe_next(request, reverse("admin:comments_reply_conduct", args=[member.pk])),
    }
    return render(request, "admin/comments/conduct.html", context, status=status)


def page_of(member: Member, after: int | None) -> tuple[list[Reply], int | None]:
    """Fifty of the member's replies, newest first, each with its rulings; and where the next page begins."""
    rulings = Prefetch("rulings", Ruling.objects.select_related("by").order_by("-pk"))
    rows: QuerySet[Reply] = Reply.objects.filter(author=member).select_related(
        "discussion__story", "discussion__topic", "discussion__page"
    )
    if after:
        moment = Subquery(Reply.objects.filter(pk=after).values("posted_at"))
        rows = rows.filter(Q(posted_at__lt=moment) | Q(posted_at=moment, pk__lt=after))
    found = list(rows.order_by("-posted_at", "-pk").prefetch_related(rulings)[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def sanctions_of(member: Member) -> list[Sanction]:
    """All there ever were, newest first."""
    return list(Sanction.objects.filter(member=member).select_related("decided_by", "lifted_by").order_by("-pk"))


def reports_around(member: Member) -> dict[str, list[Report]]:
    """The last reports the member `made`, and those the member's replies `met`."""
    rows = Report.objects.select_related("member", "reply__author").order_by("-pk")
    return {"made": list(rows.filter(member=member)[:LAST]), "met": list(rows.filter(reply__author=member)[:LAST])}


def urls() -> list[URLPattern]:
    """The page's address, to stand before the admin's own."""
    return [path("conduct/<int:pk>/", admin.site.admin_view(conduct), name="comments_reply_conduct")]
