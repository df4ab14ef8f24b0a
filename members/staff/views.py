"""The page a mailed invitation opens. A GET never acts."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from members import staffing
from members.readers import NewsRequest
from members.same_origin import same_origin_post
from members.staffing import StaffError
from newsroom.caching import private


@private
@same_origin_post
def staff_invitation(request: NewsRequest, token: str) -> HttpResponse:
    """Says what is offered and to whom; its one button, pressed by the invited, opens the desk. 410 once it is over."""
    invitation = staffing.invitation_named(token, request.now)
    if invitation is None:
        return render(request, "members/staff_invitation.html", status=410)
    member, context = request.member or None, {"invitation": invitation}
    if request.method != "POST" or member is None:
        is_mine = member is not None and staffing.is_for(invitation, member)
        return render(request, "members/staff_invitation.html", {**context, "is_mine": is_mine})
    try:
        staffing.take_up(invitation, member=member, now=request.now)
    except StaffError as error:
        return render(request, "members/staff_invitation.html", {**context, "problem": str(error)}, status=403)
    messages.success(request, _("Welcome. The desk is open to you."))
    return HttpResponseRedirect(reverse("admin:index"), status=303)
