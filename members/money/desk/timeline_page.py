"""The page with everything about one member's money."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from members.models import Member, SiteRules
from members.money.desk.pages import answer_of, for_managers, page
from members.money.desk.timeline import page_of
from members.money.desk.timeline_words import line_of
from members.typed import typed


@require_GET
@for_managers
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """Fifty moments, newest first; `?before=` leads to older ones."""
    member = get_object_or_404(Member, pk=pk)
    found, site_name = page_of(member, typed(request.GET, "before")), SiteRules.current().name
    return page(
        request, "timeline", _("The money of %(name)s") % {"name": member},
        member=member, lines=[line_of(moment, site_name) for moment in found.moments], cursor=found.cursor,
        answer=answer_of(member.email),
    )  # fmt: skip
