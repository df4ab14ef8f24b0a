"""The member's own feed on their account page: made, made anew, taken back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from members import own_feed
from members.readers import NewsRequest
from newsroom.account import member_of
from newsroom.caching import private


@private
@login_required
@require_POST
def account_feed(request: NewsRequest) -> HttpResponse:
    """Make the member an address of their own; the one before stops."""
    own_feed.make(member_of(request), now=request.now)
    messages.success(request, _("Your feed has an address. Nobody else has it."))
    return HttpResponseRedirect(reverse("account") + "#feed", status=303)


@private
@login_required
@require_POST
def account_feed_stop(request: NewsRequest) -> HttpResponse:
    """Take the member's address back."""
    own_feed.revoke(member_of(request), now=request.now)
    messages.success(request, _("Your feed is stopped. Whoever has its address reads nothing more."))
    return HttpResponseRedirect(reverse("account") + "#feed", status=303)
